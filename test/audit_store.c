/* SPDX-License-Identifier: ISC */
/*
 * A desk with measures in it, for tests of the commands that read one: audit_store DIR real|drill.
 * One measure went the whole way on 2008-08-08, one lapsed a week later, a start was refused, and
 * there was a freeze.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/measure.h"
#include "base/clock.h"
#include "store/desk_act.h"

#define HASH "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void require(int r, const char *what)
{
	if (r == 0)
		return;
	fprintf(stderr, "audit_store: %s: %s\n", what, desk_db_answer(r, "en"));
	exit(1);
}

static int64_t at(const char *time)
{
	int64_t us;

	require(time_parse(time, &us), time);
	return us;
}

static void write_row(struct desk_db *db, const struct measure *m, const char *from,
		      const char *act, const char *actor, const char *words, int64_t now_us)
{
	_cleanup_free_ char *body = measure_text(m);
	struct desk_measure_row row = {.id = m->id,
				       .plan = m->plan,
				       .incident = m->incident,
				       .neighbor = m->option.point,
				       .stage = measure_stage_name(m->stage),
				       .until_us = m->until_us,
				       .changed_us = now_us,
				       .body = body,
				       .over = measure_is_over(m)};

	if (!body)
		exit(1);
	require(desk_act_change(db, &row, from, act, actor, words), act);
}

static void fill(struct measure *m, const char *id, const char *point, int64_t now_us)
{
	measure_clear(m);
	snprintf(m->id, sizeof(m->id), "%s", id);
	strcpy(m->plan, "paaaaaaaaaaaa");
	strcpy(m->hash, HASH);
	strcpy(m->incident, "n0123456789ab");
	strcpy(m->object, "site-01");
	strcpy(m->basis, "necessity");
	strcpy(m->purpose, "keep the other customers reachable");
	strcpy(m->necessity, "the border line is full since 21:00");
	strcpy(m->weaker, "no rule tells the attack from clients");
	m->data = DATA_HEADER;
	m->planned_us = now_us;
	m->until_us = now_us + 3600 * US_PER_S;
	m->approvals_wanted = 1;
	m->option.number = 1;
	m->option.kind = PLAN_RTBH;
	m->option.step = STEP_BORDER;
	m->option.before_bps = m->option.after_bps = -1;
	m->option.covers = m->option.covers_low = m->option.covers_high = -1;
	snprintf(m->option.point, sizeof(m->option.point), "%s", point);
	require(prefix_parse("198.18.10.1/32", false, &m->option.target), "prefix");
}

static void whole_life(struct desk_db *db, bool drill)
{
	struct measure m;
	int64_t now_us = at("2008-08-08T12:00:00Z");
	struct measure_approval a = {.person = "Sato", .how = HOW_PERSON, .hash = HASH};

	fill(&m, "m000000000001", "border-1", now_us);
	m.drill = drill;
	write_row(db, &m, NULL, "start", "Sato", m.necessity, now_us);
	a.at_us = now_us + US_PER_S;
	require(measure_approve(&m, &a, now_us), "approve");
	write_row(db, &m, "planned", "approve", "Sato", "", now_us + US_PER_S);
	require(!measure_applied(&m, m.until_us, now_us + 2 * US_PER_S), "applied");
	write_row(db, &m, "approved", "applied", "noroshi", "", now_us + 2 * US_PER_S);
	now_us += 1800 * US_PER_S;
	require(!measure_withdraw(&m, "Tanaka", "the attack is over", now_us), "withdraw");
	write_row(db, &m, "applied", "withdraw", "Tanaka", m.why, now_us);
	require(!measure_gone(&m, now_us + US_PER_S), "gone");
	write_row(db, &m, "withdrawn", "gone", "noroshi", "", now_us + US_PER_S);
}

static void lapsed(struct desk_db *db, bool drill)
{
	struct measure m;
	int64_t now_us = at("2008-08-15T12:00:00Z");

	fill(&m, "m000000000002", "border-2", now_us);
	m.drill = drill;
	write_row(db, &m, NULL, "start", "Lee", m.necessity, now_us);
	now_us += MEASURE_APPROVE_S * US_PER_S;
	measure_did(&m, DO_LAPSE, now_us);
	write_row(db, &m, "planned", "lapse", "noroshi", "", now_us);
}

int main(int argc, char **argv)
{
	_cleanup_desk_db_ struct desk_db *db = NULL;
	bool drill = argc == 3 && strcmp(argv[2], "drill") == 0;
	struct desk_plan_row plan = {.id = "paaaaaaaaaaaa",
				     .incident = "n0123456789ab",
				     .hash = HASH,
				     .made_us = at("2008-08-08T11:59:00Z"),
				     .body = "{}"};

	if (argc != 3)
		return 2;
	require(desk_db_open(argv[1], "", drill ? STORE_DRILL : STORE_REAL, STORE_WRITE, &db),
		argv[1]);
	require(desk_act_plan(db, &plan, "noroshi"), "plan");
	require(desk_act_refusal(db, "n0123456789ab", "Lee", "no_purpose: a purpose is missing",
				 "{\"option\":1}", at("2008-08-08T11:59:30Z")),
		"refusal");
	whole_life(db, drill);
	require(desk_act_freeze(db, true, "Sato", "look at it first", at("2008-08-10T00:00:00Z")),
		"freeze");
	require(desk_act_freeze(db, false, "Sato", "looked at", at("2008-08-11T00:00:00Z")),
		"unfreeze");
	lapsed(db, drill);
	return 0;
}
