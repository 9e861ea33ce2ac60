-- SPDX-License-Identifier: ISC
-- What can be done about an incident, and what is done. A plan never changes. A measure is one row
-- from the first word to its end. `mac` is over the row, by the key of the log
-- (src/store/desk_mac.c), and the line that wrote the row says the same one: a row without it is
-- nobody's wish.
CREATE TABLE plans (
	number INTEGER PRIMARY KEY,	-- order of writing
	id TEXT NOT NULL UNIQUE,
	incident TEXT NOT NULL,
	hash TEXT NOT NULL UNIQUE,
	made_us INTEGER NOT NULL,
	body TEXT NOT NULL,		-- JSON
	mac TEXT NOT NULL,		-- hexadecimal
	data_class TEXT NOT NULL DEFAULT 'header'
) STRICT;
CREATE INDEX plans_incident ON plans (incident, number);

CREATE TABLE measures (
	number INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	plan TEXT NOT NULL,
	incident TEXT NOT NULL,
	neighbor TEXT NOT NULL,		-- point of operation
	stage TEXT NOT NULL,		-- planned, approved, applied, ..., gone
	over INTEGER NOT NULL,		-- 1: nothing is left to be done
	until_us INTEGER NOT NULL,
	changed_us INTEGER NOT NULL,
	body TEXT NOT NULL,		-- JSON
	mac TEXT NOT NULL,
	data_class TEXT NOT NULL DEFAULT 'header'
) STRICT;
CREATE INDEX measures_standing ON measures (number) WHERE over = 0;

CREATE TABLE freezes (
	kind TEXT PRIMARY KEY,		-- all, automatic
	frozen INTEGER NOT NULL,
	actor TEXT NOT NULL,
	why TEXT NOT NULL,
	at_us INTEGER NOT NULL,
	mac TEXT NOT NULL
) STRICT, WITHOUT ROWID;
