-- SPDX-License-Identifier: ISC
-- Erasing that can be proved, and what a restart needs: roll-ups, learnt sampling, the last status.
ALTER TABLE incidents ADD COLUMN erase_by_us INTEGER;
ALTER TABLE incidents ADD COLUMN erased_us INTEGER;
UPDATE incidents SET erase_by_us =
	(SELECT erase_by_us FROM evidence WHERE evidence.incident = incidents.id);
CREATE INDEX incidents_erase ON incidents (erase_by_us) WHERE erased_us IS NULL;

-- One row per act of erasing: what it was, when it fell due, when it was done.
CREATE TABLE erasures (
	number INTEGER PRIMARY KEY,
	at_us INTEGER NOT NULL,
	what TEXT NOT NULL,	-- evidence, incidents, rollups
	data_class TEXT NOT NULL,
	incident TEXT,
	records INTEGER NOT NULL,
	due_us INTEGER NOT NULL
) STRICT;

CREATE TABLE rollups (
	minute_us INTEGER NOT NULL,
	exporter TEXT NOT NULL,
	records INTEGER NOT NULL,
	packets INTEGER NOT NULL,
	bytes INTEGER NOT NULL,
	refused INTEGER NOT NULL,
	data_class TEXT NOT NULL DEFAULT 'volume',
	PRIMARY KEY (minute_us, exporter)
) STRICT, WITHOUT ROWID;

CREATE TABLE sampling (
	exporter TEXT NOT NULL,	-- address
	domain INTEGER NOT NULL,
	sampler INTEGER NOT NULL,
	factor INTEGER NOT NULL,
	learnt_us INTEGER NOT NULL,
	PRIMARY KEY (exporter, domain, sampler)
) STRICT, WITHOUT ROWID;

CREATE TABLE status (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	at_us INTEGER NOT NULL,
	json TEXT NOT NULL
) STRICT;
