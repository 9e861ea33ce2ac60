/* SPDX-License-Identifier: ISC */
/* The courier from inside: its parts, and what each look does. Inside the room only. */
#pragma once

#include <sys/types.h>

#include "act/measure_duty.h"
#include "base/loop.h"
#include "base/steady.h"
#include "courier/cases.h"
#include "courier/courier.h"
#include "courier/door.h"
#include "courier/feed.h"
#include "courier/heartbeat.h"
#include "courier/ledger.h"
#include "courier/look.h"
#include "courier/memory.h"
#include "courier/outbox.h"
#include "courier/reports.h"
#include "courier/trouble.h"
#include "desk/calendar.h"

#define SEE_US	      (5 * INT64_C(1000000)) /* between looks at the watch */
#define OPEN_AGAIN_US (10 * INT64_C(1000000))

struct courier {
	const struct courier_options *o;
	struct conf *conf;
	struct calendar *calendar;
	char dir[CONF_TEXT_MAX];
	int lock;
	struct door *door;
	struct loop *loop;
	int64_t until_us; /* monotonic; 0 no end */

	struct store *watch; /* NULL: there is none to read */
	ino_t watch_file;
	int watch_answer;     /* of the last try to read it; told when it changes */
	struct desk_db *desk; /* NULL: it cannot be opened now */
	int64_t desk_again_us;
	bool drill;

	struct duty *duty;
	struct duty_measure_list measures; /* as the duty knows them */
	unsigned forged;		   /* rows of them that are not ours, when last told */
	struct feed *feed;
	struct cases *cases;
	struct reports *reports;
	struct ledger *ledger;
	struct memory *memory;
	struct outbox *outbox; /* NULL while there is no desk */
	struct trouble *trouble;
	struct sight *sight;
	struct heartbeat *heartbeat; /* NULL none */
	struct conf_heartbeat heartbeat_conf;
	int64_t see_us; /* monotonic; when to look at the watch next */
	uint64_t taken; /* last act of people that the duty was told */
	bool failing;	/* desk.db or the spool could not be written at the last try */
	int fatal;	/* of a callback that could not pass it up */
};

/** courier_conf() - load the configuration and its calendars. Return: enum courier_answer or a
 * negative errno, with the reasons in @why. */
int courier_conf(struct courier *c, struct text *why);

/** courier_open_desk() - desk.db, the spool, and a duty that knows what is in it. Return: 0, an
 * answer of desk.h, or a negative errno; COURIER_LATER where time may heal it. */
#define COURIER_LATER 1000
int courier_open_desk(struct courier *c, int64_t now_us);

/** courier_note_watch() - what reading the watch's store answered; logged where that is new. */
void courier_note_watch(struct courier *c, int answer);

/** courier_open_watch() - watch.db, again where it is another file. */
void courier_open_watch(struct courier *c);

/** courier_see() - a look at the watch, where it is time for one, and a beat. Return: 0 or a
 * negative errno. courier_faults_again(): tell a new duty what is in force. */
int courier_see(struct courier *c);
int courier_faults_again(struct courier *c);

/** courier_open_heartbeat() - as the configuration has it now. Return: 0 or -ENOMEM. */
int courier_open_heartbeat(struct courier *c);

/** courier_look() - once through everything. Return: 0 or a negative errno that ends the role. */
int courier_look(struct courier *c);

/** courier_hand_over() - only the outbox, for when a carrier has ended. */
int courier_hand_over(struct courier *c);

/** courier_reap() - children that ended. Return: is there a result to take in? */
bool courier_reap(struct courier *c);
