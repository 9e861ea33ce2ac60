/* SPDX-License-Identifier: ISC */
/* What the cross checks share. Inside the room only. */
#pragma once

#include "base/map.h"
#include "conf/read.h"

#define KEY_BYTES (CONF_NAME_MAX + 8)

/* What may stand only once: of each tag, one with the same bytes. */
struct once {
	uint32_t tag;
	uint8_t bytes[KEY_BYTES];
};

struct first {
	uint32_t line, item; /* where it stood first, and in which item of the outer list */
};

struct checker {
	const struct conf *c;
	const struct marks *marks;
	struct mistakes *mistakes;
	struct map *seen; /* struct once -> struct first */
	bool whole;
	bool clean; /* every value could be read: one that is not there was not given */
	bool prefix_lengths[TAG_COUNT][129];
};

/* check_names.c */

/** marked_text() - the value of a mark that is a name or a text. */
const char *marked_text(const struct conf *c, const struct mark *m);

/** relate_named() - there must be something of the name that is given. */
void relate_named(struct checker *k, const struct mark *m);

/* check_duty.c: one for each kind of value, see the table in check.c. */
void relate_until(struct checker *k, const struct mark *m);
void relate_zone(struct checker *k, const struct mark *m);
void relate_program(struct checker *k, const struct mark *m);
void relate_mail_server(struct checker *k, const struct mark *m);
void relate_heartbeat(struct checker *k, const struct mark *m);
void relate_person(struct checker *k, const struct mark *m);
void relate_shift_person(struct checker *k, const struct mark *m);
void relate_heightened(struct checker *k, const struct mark *m);

/* check_act.c: points of operation, paths, the override. */
void relate_legal(struct checker *k, const struct mark *m);
void relate_override(struct checker *k, const struct mark *m);
void relate_neighbor(struct checker *k, const struct mark *m);
void relate_takes(struct checker *k, const struct mark *m);
void relate_router_id(struct checker *k, const struct mark *m);
void relate_next_hop(struct checker *k, const struct mark *m);
void relate_community(struct checker *k, const struct mark *m);
void relate_table(struct checker *k, const struct mark *m);
void relate_inside(struct checker *k, const struct mark *m);
void relate_socket(struct checker *k, const struct mark *m);
void relate_head_file(struct checker *k, const struct mark *m);
void relate_head_mail(struct checker *k, const struct mark *m);
void relate_act_prometheus(struct checker *k, const struct mark *m);

/* check_act_people.c: approvers and what they ordered. */
void relate_approver(struct checker *k, const struct mark *m);
void relate_user(struct checker *k, const struct mark *m);
void relate_key_file(struct checker *k, const struct mark *m);
void relate_two(struct checker *k, const struct mark *m);
void relate_standing(struct checker *k, const struct mark *m);
void relate_standing_kind(struct checker *k, const struct mark *m);
void relate_standing_approver(struct checker *k, const struct mark *m);
void relate_review(struct checker *k, const struct mark *m);
void relate_probe(struct checker *k, const struct mark *m);

/* check_week.c */

#define WEEK_MIN 10080

struct week_gap {
	unsigned from_min, until_min; /* minutes of the week from Monday 00:00 */
	const char *zone;	      /* of these, borrowed; "" the program's */
	int64_t seen_us;	      /* a moment of the first week that has it; TIME_NONE: any */
};

/** week_gap() - the first time of a week that no shift of @d holds; false where there is none. */
bool week_gap(const struct conf_duty *d, struct week_gap *out);
