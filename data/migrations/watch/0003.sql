-- SPDX-License-Identifier: ISC
-- A second sample beside the attack's: the protected object's good traffic of the hour before.
CREATE TABLE evidence_of (
	incident TEXT NOT NULL REFERENCES incidents (id) ON DELETE CASCADE,
	sample TEXT NOT NULL,	-- attack, good
	records INTEGER NOT NULL,
	erase_by_us INTEGER NOT NULL,
	data_class TEXT NOT NULL DEFAULT 'header',
	packed BLOB NOT NULL,
	PRIMARY KEY (incident, sample)
) STRICT;
INSERT INTO evidence_of SELECT incident, 'attack', records, erase_by_us, data_class, packed
	FROM evidence;
DROP TABLE evidence;
ALTER TABLE evidence_of RENAME TO evidence;
