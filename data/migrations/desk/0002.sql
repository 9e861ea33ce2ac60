-- SPDX-License-Identifier: ISC
-- What the one on duty knows and does. An alarm is one thing that people are woken for; the outbox
-- holds what goes out for it, one row for each message; acts are what people said (acknowledged,
-- snoozed, marked, suppressed), in order.
CREATE TABLE alarms (
	id TEXT PRIMARY KEY,
	kind TEXT NOT NULL,		-- incident, fault, storm
	ref TEXT NOT NULL,		-- incident, fault, or the storm's first alarm
	state TEXT NOT NULL,
	opened_us INTEGER NOT NULL,
	changed_us INTEGER NOT NULL,
	body TEXT NOT NULL,		-- JSON
	data_class TEXT NOT NULL DEFAULT 'header'
) STRICT, WITHOUT ROWID;
CREATE INDEX alarms_open ON alarms (opened_us) WHERE state <> 'ended';
CREATE INDEX alarms_changed ON alarms (changed_us);

CREATE TABLE outbox (
	number INTEGER PRIMARY KEY,	-- order of writing
	id TEXT NOT NULL UNIQUE,	-- the same message has the same id
	kind TEXT NOT NULL,		-- page, notice
	alarm TEXT NOT NULL,
	state TEXT NOT NULL,		-- due, handed, sent, failed
	attempts INTEGER NOT NULL DEFAULT 0,
	due_us INTEGER NOT NULL,
	changed_us INTEGER NOT NULL,
	why TEXT NOT NULL DEFAULT '',
	body TEXT NOT NULL,		-- JSON
	data_class TEXT NOT NULL DEFAULT 'header'
) STRICT;
CREATE INDEX outbox_waiting ON outbox (state, due_us) WHERE state IN ('due', 'handed');
CREATE INDEX outbox_alarm ON outbox (alarm, number);

CREATE TABLE acts (
	number INTEGER PRIMARY KEY,
	act TEXT NOT NULL,		-- acknowledge, snooze, mark, suppress, lift
	subject TEXT NOT NULL,
	actor TEXT NOT NULL,
	at_us INTEGER NOT NULL,
	body TEXT NOT NULL		-- JSON
) STRICT;
CREATE INDEX acts_subject ON acts (subject, number);
