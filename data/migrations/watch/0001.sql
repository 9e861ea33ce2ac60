-- SPDX-License-Identifier: ISC
-- Incidents and their evidence. data_class says how sensitive a row is: header (addresses of single
-- communications), volume (counts only).
CREATE TABLE meta (
	key TEXT PRIMARY KEY,
	value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE incidents (
	id TEXT PRIMARY KEY,
	revision INTEGER NOT NULL,
	kind TEXT NOT NULL,
	class TEXT,
	state TEXT NOT NULL,
	level TEXT NOT NULL,
	target TEXT NOT NULL,
	target_low BLOB,	-- 16 bytes, IPv4 mapped; NULL for links and the network
	target_high BLOB,
	object TEXT,
	first_us INTEGER NOT NULL,
	last_us INTEGER NOT NULL,
	data_class TEXT NOT NULL DEFAULT 'header',
	json TEXT NOT NULL
) STRICT;
CREATE INDEX incidents_first ON incidents (first_us, id);
CREATE INDEX incidents_state ON incidents (state);

CREATE TABLE evidence (
	incident TEXT PRIMARY KEY REFERENCES incidents (id) ON DELETE CASCADE,
	records INTEGER NOT NULL,
	erase_by_us INTEGER NOT NULL,
	data_class TEXT NOT NULL DEFAULT 'header',
	packed BLOB NOT NULL
) STRICT;
