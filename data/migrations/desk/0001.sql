-- SPDX-License-Identifier: ISC
-- Cases. An entry is what a case is made of; it belongs to one case, or to none after an undo. Its
-- circle says who may see it; data_class `notice` ends with erase_by_us. audit is the chain of
-- every change, a MAC on each line (src/store/desk_mac.c states the form).
CREATE TABLE meta (
	key TEXT PRIMARY KEY,
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE cases (
	id TEXT PRIMARY KEY,
	state TEXT NOT NULL,		-- open, closed
	merged_into TEXT		-- the case that took its entries; NULL none
) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
	number INTEGER PRIMARY KEY,	-- order of writing, never shown
	id TEXT NOT NULL UNIQUE,
	case_id TEXT,			-- NULL: taken back
	home TEXT NOT NULL,		-- the case it was written into
	kind TEXT NOT NULL,		-- incident, notice, note, event
	ref TEXT NOT NULL,		-- id of the incident or event; "" none
	circle TEXT NOT NULL,
	at_us INTEGER NOT NULL,
	actor TEXT NOT NULL,
	body TEXT NOT NULL,		-- JSON
	erase_by_us INTEGER,		-- NULL: kept
	erased_us INTEGER,
	data_class TEXT NOT NULL DEFAULT 'notice'
) STRICT;
CREATE INDEX entries_case ON entries (case_id, number);
CREATE INDEX entries_ref ON entries (ref);
CREATE INDEX entries_due ON entries (erase_by_us) WHERE erased_us IS NULL;

CREATE TABLE audit (
	seq INTEGER PRIMARY KEY,	-- from 1, without a hole
	id TEXT NOT NULL UNIQUE,
	at_us INTEGER NOT NULL,
	actor TEXT NOT NULL,
	act TEXT NOT NULL,
	body TEXT NOT NULL,		-- JSON: entries moved, states set, what is undone
	mac BLOB NOT NULL		-- 32 bytes, over this line and the mac before it
) STRICT;
