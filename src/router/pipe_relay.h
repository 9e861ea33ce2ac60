/* SPDX-License-Identifier: ISC */
/*
 * The relay without its loop: what it makes of the lines of ExaBGP and of the role, and what it
 * says to each. Inside the room only.
 *
 * One command is with ExaBGP at a time: its answers carry no name, so only their order says what
 * they answer. A relay begins by having ExaBGP forget whatever it announces: where ExaBGP itself is
 * new that is nothing; where only the relay died, nobody knows the ends of what stands there, and
 * nothing may stand without an end.
 */
#pragma once

#include <jansson.h>

#include "base/clock.h"
#include "router/pipe_book.h"
#include "router/talk.h"

#define RELAY_QUEUE_MAX	    16384
#define RELAY_GRACE_US	    (500 * US_PER_MS) /* for a role that is there to take it back itself */
#define RELAY_NEIGHBORS_MAX 64
#define RELAY_WORDS_MAX	    4096 /* of one command */

enum relay_from {
	FROM_ROLE,
	FROM_NOBODY, /* a role that is gone */
	FROM_WATCHDOG,
	FROM_START,
};

struct relay_command {
	struct relay_command *next;
	enum relay_from from;
	json_int_t seq;
	int64_t until_us;
	char measure[MEASURE_ID_MAX];
	char *say, *undo; /* owned; undo NULL: it takes back */
};

struct relay_neighbor {
	char address[48];
	bool up;
};

struct relay {
	struct talk exabgp, role;
	struct relay_command *first, *last; /* owned; n of them, RELAY_QUEUE_MAX at most */
	size_t n;
	bool asked; /* the first one is with ExaBGP, since asked_us (monotonic) */
	int64_t asked_us;
	bool begun;   /* ExaBGP answered the first words */
	bool greeted; /* the role was told what stands */
	struct book book;
	struct relay_neighbor neighbors[RELAY_NEIGHBORS_MAX];
	unsigned n_neighbors;
};

/** relay_begin() - the first words to ExaBGP, over p->exabgp, which is open. Return: 0 or a
 * negative errno; relay_deinit() in either case, which leaves both talks to the caller. */
int relay_begin(struct relay *p);
void relay_deinit(struct relay *p);

/** relay_hear_exabgp() - a line of ExaBGP, and the next command where that was an answer. Return:
 * 0, -ENOMEM, or an errno of the talk with ExaBGP. */
int relay_hear_exabgp(struct relay *p, const char *line);

/** relay_hear_role() - a line of the role. Return: 0, -ENOMEM, or an errno of the talk with it. */
int relay_hear_role(struct relay *p, const char *line);

/** relay_next() - the next command to ExaBGP, where none is there. Return: as relay_hear_exabgp().
 */
int relay_next(struct relay *p);

/** relay_greet() - once the role is there and the beginning is over: all that stands. Return: 0 or
 * a negative errno. */
int relay_greet(struct relay *p);

/** relay_role_gone() - what it asked and ExaBGP was not told yet goes with it. */
void relay_role_gone(struct relay *p);

/** relay_watchdog() - has what came to its end taken back. Return: as relay_hear_exabgp(). */
int relay_watchdog(struct relay *p);

/** relay_left_us() - until the watchdog is wanted, @most_us at most; 0 now. */
int64_t relay_left_us(const struct relay *p, int64_t most_us);
