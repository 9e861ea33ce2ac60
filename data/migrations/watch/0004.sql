-- SPDX-License-Identifier: ISC
-- What ordinary days look like, for who sets thresholds: of each protected object and vector ("any":
-- all packets, "any_bits": all bits) the largest one-second rate of any single host, by minute.
-- minutes: 60 bytes of one hour of UTC, each a step of detect/roll.h's scale, 0 where less than
-- `floor` was seen or nothing is known. The rows of object "" and vector "seen" tell which of the
-- two: 1 where the minute was seen whole.
CREATE TABLE rolls (
	object TEXT NOT NULL,
	vector TEXT NOT NULL,
	hour_us INTEGER NOT NULL,
	floor INTEGER NOT NULL,	-- pps or bps
	sampling INTEGER NOT NULL,	-- largest factor seen; 1 every packet
	data_class TEXT NOT NULL DEFAULT 'volume',
	minutes BLOB NOT NULL,
	PRIMARY KEY (object, vector, hour_us)
) STRICT, WITHOUT ROWID;
CREATE INDEX rolls_hour ON rolls (hour_us);
