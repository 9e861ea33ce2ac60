-- SPDX-License-Identifier: ISC
-- What detection learnt of whence prefixes are heard (detect/heard.h), so that a restart does not
-- forget a day: one row, replaced every few minutes, with checksum and version of its own. It holds
-- hashes of /24 and /48 prefixes that completed a connection within a day, links and distances, no
-- single address; but whoever tries all prefixes finds them again, so its class is that of headers.
CREATE TABLE heard (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	at_us INTEGER NOT NULL,
	data_class TEXT NOT NULL DEFAULT 'header',
	packed BLOB NOT NULL
) STRICT;
