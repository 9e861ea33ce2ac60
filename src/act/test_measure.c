/* SPDX-License-Identifier: ISC */
/*
 * Proves the life of a measure: each stage with what it asks for, approvals, the broken glass,
 * renewals, JSON both ways; and by random histories that whatever happens in whatever order, with
 * crashes and a clock that jumps, what is not approved is never wanted, what is past its end is
 * never wanted nor applied, and all of it comes to an end with nothing left in the router. What was
 * approved and until when is counted a second time here, by the words of the issue and not by the
 * code.
 */
#include "act/test_measure_kit.h"

#include <errno.h>

static enum measure_do next(const struct measure *m, int64_t now_us, bool in_router)
{
	int64_t wake_us;

	return measure_next(m, now_us, in_router, false, &wake_us);
}

static void test_the_whole_way(void **state)
{
	struct measure m;
	int64_t wake_us, now_us = NOW_US;

	kit_measure(&m);
	assert_int_equal(measure_next(&m, now_us, false, false, &wake_us), DO_NOTHING);
	assert_true(wake_us == NOW_US + MINUTES(15));
	assert_false(measure_is_wanted(&m, now_us));
	assert_int_equal(kit_approve(&m, "Sato", HOW_PERSON, now_us), APPROVE_GOOD);
	assert_int_equal(m.stage, MEASURE_APPROVED);
	assert_true(measure_is_wanted(&m, now_us));
	assert_int_equal(measure_next(&m, now_us, false, false, &wake_us), DO_APPLY);
	assert_true(wake_us == NOW_US + MINUTES(90)); /* thirty minutes before the end */
	assert_true(measure_applied(&m, m.until_us, now_us + 2));
	assert_int_equal(m.stage, MEASURE_APPLIED);
	assert_true(m.applied_us == now_us + 2);
	assert_int_equal(next(&m, now_us, true), DO_NOTHING);
	assert_int_equal(next(&m, now_us, false), DO_APPLY); /* the router forgot it */
	assert_true(measure_verified(&m));
	assert_false(measure_verified(&m));
	assert_true(measure_applied(&m, m.until_us, now_us + 9)); /* told again */
	assert_int_equal(m.stage, MEASURE_VERIFIED);
	assert_true(m.applied_us == now_us + 2);

	now_us = NOW_US + MINUTES(90);
	assert_int_equal(next(&m, now_us - 1, true), DO_NOTHING);
	assert_int_equal(next(&m, now_us, false), DO_TELL_30); /* also where the router is away */
	assert_true(measure_did(&m, DO_TELL_30, now_us));
	assert_false(measure_did(&m, DO_TELL_30, now_us));
	assert_int_equal(measure_next(&m, now_us, true, true, &wake_us), DO_NOTHING);
	assert_true(wake_us == NOW_US + MINUTES(110));
	assert_int_equal(next(&m, NOW_US + MINUTES(110), true), DO_TELL_10);
	assert_true(measure_did(&m, DO_TELL_10, NOW_US + MINUTES(110)));
	assert_int_equal(measure_next(&m, NOW_US + MINUTES(111), true, false, &wake_us),
			 DO_NOTHING);
	assert_true(wake_us == m.until_us);

	now_us = m.until_us;
	assert_false(measure_is_wanted(&m, now_us));
	assert_true(measure_is_wanted(&m, now_us - 1));
	assert_int_equal(measure_next(&m, now_us, true, true, &wake_us), DO_TAKE_AWAY);
	assert_true(measure_did(&m, DO_TAKE_AWAY, now_us));
	assert_int_equal(m.stage, MEASURE_EXPIRED);
	assert_true(m.ended_us == now_us);
	assert_false(measure_did(&m, DO_TAKE_AWAY, now_us));
	assert_int_equal(measure_next(&m, now_us, true, true, &wake_us), DO_TELL_ENDED);
	assert_true(measure_did(&m, DO_TELL_ENDED, now_us));
	assert_int_equal(measure_next(&m, now_us, true, true, &wake_us), DO_TAKE_AWAY);
	assert_int_equal(measure_next(&m, now_us, false, true, &wake_us), DO_TAKE_AWAY);
	assert_false(measure_is_wanted(&m, NOW_US)); /* the clock went back: it stays ended */
	assert_int_equal(next(&m, NOW_US, true), DO_TAKE_AWAY);
	assert_false(measure_is_over(&m));
	assert_true(measure_gone(&m, now_us + 5));
	assert_true(measure_is_over(&m));
	assert_int_equal(measure_next(&m, now_us, true, true, &wake_us), DO_NOTHING);
	assert_true(wake_us == INT64_MAX);
	assert_false(measure_gone(&m, now_us));
	assert_false(measure_withdraw(&m, "Sato", "late", now_us));
	assert_false(measure_applied(&m, now_us, now_us));
	assert_false(measure_failed(&m, "late", now_us));
}

static void test_nobody_approves(void **state)
{
	struct measure m;

	kit_measure(&m);
	m.approve_by_us = NOW_US + MINUTES(5);
	assert_int_equal(next(&m, NOW_US + MINUTES(5) - 1, false), DO_NOTHING);
	assert_int_equal(next(&m, NOW_US + MINUTES(5), false), DO_LAPSE);
	assert_int_equal(kit_approve(&m, "Sato", HOW_PERSON, NOW_US + MINUTES(5)), APPROVE_LATE);
	assert_true(measure_did(&m, DO_LAPSE, NOW_US + MINUTES(5)));
	assert_int_equal(m.stage, MEASURE_LAPSED);
	assert_true(measure_is_over(&m)); /* no router ever heard of it */
	assert_int_equal(next(&m, NOW_US + MINUTES(5), false), DO_NOTHING);
	/* An end before anybody approved, and none at all. */
	kit_measure(&m);
	m.until_us = NOW_US + MINUTES(1);
	assert_int_equal(next(&m, NOW_US + MINUTES(1), false), DO_LAPSE);
	m.until_us = TIME_NONE;
	assert_int_equal(next(&m, NOW_US, false), DO_LAPSE);
	assert_int_equal(kit_approve(&m, "Sato", HOW_PERSON, NOW_US), APPROVE_LATE);
	m.until_us = 0;
	assert_int_equal(kit_approve(&m, "Sato", HOW_PERSON, NOW_US), APPROVE_LATE);
	/* What says that it is approved and is not, is none. */
	kit_measure(&m);
	m.stage = MEASURE_APPLIED;
	assert_false(measure_is_wanted(&m, NOW_US));
	assert_int_equal(next(&m, NOW_US, true), DO_LAPSE);
}

static void test_two_persons(void **state)
{
	struct measure m, other;
	struct measure_approval a = kit_approval("Tanaka", HOW_SIGNATURE, HASH_B, NOW_US);

	kit_measure(&m);
	m.approvals_wanted = 2;
	assert_int_equal(kit_approve(&m, "Sato", HOW_PERSON, NOW_US), APPROVE_MORE);
	assert_int_equal(m.stage, MEASURE_PLANNED);
	assert_int_equal(kit_approve(&m, "Sato", HOW_SIGNATURE, NOW_US), APPROVE_SAME_PERSON);
	assert_int_equal(kit_approve(&m, "", HOW_PERSON, NOW_US), APPROVE_NOBODY);
	assert_int_equal(measure_approve(&m, &a, NOW_US), APPROVE_CHANGED);
	/* An order that is not this measure's, and a glass that is not to be broken. */
	assert_int_equal(kit_approve(&m, "Tanaka", HOW_STANDING, NOW_US), APPROVE_NOBODY);
	assert_int_equal(kit_approve(&m, "Tanaka", HOW_BREAK_GLASS, NOW_US), APPROVE_NOBODY);
	assert_int_equal(m.n_approvals, 1);
	/* Another plan voids what was approved. */
	other = m;
	assert_true(measure_change_plan(&other, "pbbbbbbbbbbbb", HASH_B, &m.option));
	assert_int_equal(other.n_approvals, 0);
	assert_int_equal(measure_approve(&other, &a, NOW_US), APPROVE_MORE);
	assert_int_equal(kit_approve(&m, "Tanaka", HOW_SIGNATURE, NOW_US), APPROVE_GOOD);
	assert_int_equal(m.stage, MEASURE_APPROVED);
	assert_int_equal(kit_approve(&m, "Lee", HOW_PERSON, NOW_US), APPROVE_LATE);
	assert_false(measure_change_plan(&m, "pbbbbbbbbbbbb", HASH_B, &m.option));
	/* Behind everybody's back: it is not approved any more. */
	strcpy(m.hash, HASH_B);
	assert_false(measure_is_wanted(&m, NOW_US));
	assert_int_equal(next(&m, NOW_US, true), DO_LAPSE);
	strcpy(m.hash, HASH_A);
	strcpy(m.approval[1].person, "Sato");
	assert_false(measure_is_wanted(&m, NOW_US));
}

static void test_standing_order(void **state)
{
	struct measure m;

	kit_measure(&m);
	m.approvals_wanted = 2;
	strcpy(m.standing, "shop by night");
	assert_int_equal(kit_approve(&m, "shop by night", HOW_STANDING, NOW_US), APPROVE_GOOD);
	assert_true(measure_is_wanted(&m, NOW_US));
	m.standing[0] = '\0';
	assert_false(measure_is_wanted(&m, NOW_US));
}

static void test_break_glass(void **state)
{
	struct measure m, alone;
	int64_t wake_us, until_us;

	kit_measure(&m);
	m.approvals_wanted = 2;
	m.break_glass = true;
	m.until_us = until_us = NOW_US + MINUTES(240);
	assert_int_equal(kit_approve(&m, "Sato", HOW_BREAK_GLASS, NOW_US), APPROVE_GOOD);
	assert_int_equal(m.stage, MEASURE_APPROVED);
	assert_true(m.until_us == NOW_US + MINUTES(60));
	assert_int_equal(measure_next(&m, NOW_US, false, true, &wake_us), DO_APPLY);
	assert_true(measure_applied(&m, m.until_us, NOW_US));
	assert_int_equal(next(&m, NOW_US, true), DO_NOTHING);
	assert_int_equal(kit_approve(&m, "Sato", HOW_PERSON, NOW_US + 1), APPROVE_SAME_PERSON);
	assert_int_equal(measure_renew(&m, "it goes on", NOW_US + MINUTES(90), 0, NOW_US + 1),
			 RENEW_NOT_SIGNED);
	alone = m;

	/* Nobody countersigns. */
	assert_true(measure_is_wanted(&alone, NOW_US + MINUTES(60) - 1));
	assert_false(measure_is_wanted(&alone, NOW_US + MINUTES(60)));
	assert_int_equal(next(&alone, NOW_US + MINUTES(60), true), DO_LAPSE);
	assert_int_equal(kit_approve(&alone, "Tanaka", HOW_PERSON, NOW_US + MINUTES(60)),
			 APPROVE_LATE);
	assert_true(measure_did(&alone, DO_LAPSE, NOW_US + MINUTES(60)));
	assert_false(measure_is_over(&alone)); /* it is in a router */
	assert_int_equal(next(&alone, NOW_US + MINUTES(60), true), DO_TAKE_AWAY);
	assert_true(measure_gone(&alone, NOW_US + MINUTES(60)));
	assert_true(measure_is_over(&alone));

	/* The second one does; the router is told the end that was asked for. */
	assert_false(measure_is_countersigned(&m));
	assert_int_equal(kit_approve(&m, "Tanaka", HOW_PERSON, NOW_US + MINUTES(59)), APPROVE_GOOD);
	assert_true(measure_is_countersigned(&m));
	assert_true(m.until_us == until_us);
	assert_int_equal(next(&m, NOW_US + MINUTES(59), true), DO_APPLY);
	assert_true(measure_applied(&m, m.until_us, NOW_US + MINUTES(59)));
	assert_int_equal(next(&m, NOW_US + MINUTES(60), true), DO_NOTHING);
	assert_true(measure_is_wanted(&m, until_us - 1));
	assert_int_equal(next(&m, until_us, true), DO_TAKE_AWAY);

	/* A glass does not make it longer than it was asked for, whoever writes no deadline. */
	kit_measure(&m);
	m.break_glass = true;
	m.until_us = NOW_US + MINUTES(10);
	assert_int_equal(kit_approve(&m, "Sato", HOW_BREAK_GLASS, NOW_US), APPROVE_GOOD);
	assert_true(m.until_us == NOW_US + MINUTES(10));
	m.approve_by_us = 0;
	m.until_us = NOW_US + MINUTES(240);
	assert_false(measure_is_wanted(&m, NOW_US + MINUTES(60)));
}

static void test_withdrawn_and_failed(void **state)
{
	struct measure m;
	char why[3 * 100 + 1];

	kit_measure(&m);
	assert_true(measure_withdraw(&m, "Lee", "a false alarm", NOW_US));
	assert_string_equal(m.ended_by, "Lee");
	assert_string_equal(m.why, "a false alarm");
	assert_int_equal(next(&m, NOW_US, false), DO_TAKE_AWAY);
	assert_true(measure_gone(&m, NOW_US));
	/* A long reason is cut between characters: half of one would spoil all of it. */
	kit_measure(&m);
	for (unsigned i = 0; i < 100; i++)
		strcpy(why + 3 * i, "誤");
	assert_true(measure_withdraw(&m, "Lee", why, NOW_US));
	assert_int_equal(strlen(m.why), (sizeof(m.why) - 1) / 3 * 3);
	assert_true(text_is_utf8(m.why, strlen(m.why)));
	kit_measure(&m);
	assert_false(measure_failed(&m, "no", NOW_US));
	assert_false(measure_applied(&m, m.until_us, NOW_US));
	assert_int_equal(kit_approve(&m, "Sato", HOW_PERSON, NOW_US), APPROVE_GOOD);
	assert_true(measure_failed(&m, "the router said: bad prefix", NOW_US));
	assert_string_equal(measure_stage_name(m.stage), "failed");
	assert_false(measure_is_wanted(&m, NOW_US));
	/* A part of it may be there. */
	assert_int_equal(next(&m, NOW_US, false), DO_TAKE_AWAY);
	assert_true(measure_gone(&m, NOW_US));
}

static void through_json(struct measure *m)
{
	json_t *a = measure_json(m), *b;
	char *text = json_dumps(a, JSON_COMPACT), *again;

	assert_non_null(text);
	json_decref(a);
	a = json_loads(text, 0, NULL);
	assert_int_equal(measure_from_json(a, m), 0);
	b = measure_json(m);
	again = json_dumps(b, JSON_COMPACT);
	assert_string_equal(text, again);
	json_decref(a);
	json_decref(b);
	free(text);
	free(again);
}

static void test_renewal(void **state)
{
	static const char *const line = "it goes on with 8 Gbit/s";
	struct measure m;
	int64_t now_us = NOW_US + MINUTES(111), wake_us;

	kit_measure(&m);
	assert_int_equal(measure_renew(&m, line, NOW_US + MINUTES(180), 0, NOW_US),
			 RENEW_NOT_STANDING);
	assert_int_equal(kit_approve(&m, "Sato", HOW_PERSON, NOW_US), APPROVE_GOOD);
	assert_true(measure_applied(&m, m.until_us, NOW_US));
	m.told_30 = m.told_10 = true;
	assert_int_equal(measure_renew(&m, " \t", NOW_US + MINUTES(180), 0, now_us),
			 RENEW_NO_NECESSITY);
	assert_int_equal(measure_renew(&m, m.necessity, NOW_US + MINUTES(180), 0, now_us),
			 RENEW_SAME_NECESSITY);
	assert_int_equal(measure_renew(&m, line, now_us, 0, now_us), RENEW_PAST);
	assert_int_equal(measure_renew(&m, line, TIME_NONE, 0, now_us), RENEW_PAST);
	assert_int_equal(measure_renew(&m, line, NOW_US + MINUTES(180) + 1, 180 * 60, now_us),
			 RENEW_LONG);
	assert_int_equal(m.renewals, 0);
	assert_int_equal(measure_renew(&m, line, NOW_US + MINUTES(180), 180 * 60, now_us),
			 RENEW_GOOD);
	assert_string_equal(m.necessity, line);
	assert_int_equal(m.renewals, 1);
	assert_false(m.told_30 || m.told_10);
	assert_int_equal(measure_next(&m, now_us, true, false, &wake_us), DO_APPLY); /* the end */
	assert_true(wake_us == NOW_US + MINUTES(150));
	assert_true(measure_applied(&m, m.until_us, now_us));
	assert_int_equal(next(&m, NOW_US + MINUTES(150), true), DO_TELL_30);
	/* The limit counts from the beginning, not from the last renewal. */
	assert_int_equal(
		measure_renew(&m, "and on", NOW_US + MINUTES(190), 180 * 60, NOW_US + MINUTES(160)),
		RENEW_LONG);
	assert_int_equal(
		measure_renew(&m, "and on", NOW_US + MINUTES(250), 0, NOW_US + MINUTES(180)),
		RENEW_NOT_STANDING); /* its end was reached */
	for (unsigned a = 0; a < RENEW_ANSWERS; a++)
		assert_string_not_equal(renew_answer_name((enum renew_answer)a), "?");
}

/* Where two persons are wanted the end that stands is in force until the second one says so. */
static void test_renewal_by_two(void **state)
{
	static const char *const line = "it goes on with 8 Gbit/s";
	int64_t now_us = NOW_US + MINUTES(100), until_us = NOW_US + MINUTES(180);
	enum renew_answer why;
	struct measure m;

	kit_measure(&m);
	m.approvals_wanted = 2;
	assert_int_equal(kit_approve(&m, "Sato", HOW_PERSON, NOW_US), APPROVE_MORE);
	assert_int_equal(kit_approve(&m, "Tanaka", HOW_PERSON, NOW_US), APPROVE_GOOD);
	assert_int_equal(measure_approve_renewal(&m, "Tanaka", 0, now_us, NULL), APPROVE_LATE);
	assert_int_equal(measure_ask_renewal(&m, "Sato", m.necessity, until_us, 0, now_us),
			 RENEW_SAME_NECESSITY);
	assert_false(measure_renewal_waits(&m));
	assert_int_equal(measure_ask_renewal(&m, "Sato", line, until_us, 0, now_us), RENEW_GOOD);
	through_json(&m);
	assert_true(measure_renewal_waits(&m));
	assert_true(m.until_us == NOW_US + MINUTES(120) && m.renewals == 0);
	assert_string_not_equal(m.necessity, line);
	assert_int_equal(measure_approve_renewal(&m, "Sato", 0, now_us, NULL), APPROVE_SAME_PERSON);
	assert_int_equal(measure_approve_renewal(&m, "", 0, now_us, NULL), APPROVE_NOBODY);
	/* What was asked for is counted anew, by the limit of then. */
	assert_int_equal(measure_approve_renewal(&m, "Tanaka", 60, now_us, &why), APPROVE_LATE);
	assert_int_equal(why, RENEW_LONG);
	assert_true(m.until_us == NOW_US + MINUTES(120));
	assert_int_equal(measure_approve_renewal(&m, "Tanaka", 0, now_us, &why), APPROVE_GOOD);
	assert_string_equal(m.renewed_by, "Sato, Tanaka");
	assert_string_equal(m.necessity, line);
	assert_true(m.until_us == until_us && m.asked_until_us == TIME_NONE);
	assert_false(measure_renewal_waits(&m));
	assert_int_equal(m.renewals, 1);
	/* It never comes into force behind the end that stands. */
	assert_int_equal(
		measure_ask_renewal(&m, "Sato", "and on and on", until_us + MINUTES(60), 0, now_us),
		RENEW_GOOD);
	assert_int_equal(measure_approve_renewal(&m, "Tanaka", 0, until_us, &why), APPROVE_LATE);
	assert_int_equal(why, RENEW_NOT_STANDING);
	assert_true(measure_did(&m, DO_TAKE_AWAY, until_us));
	assert_false(measure_renewal_waits(&m));
}

/* A page before the end is for what stood before that moment. */
static void test_short_ones_do_not_page_at_once(void **state)
{
	struct measure m;

	kit_measure(&m);
	m.until_us = NOW_US + MINUTES(20);
	assert_int_equal(kit_approve(&m, "Sato", HOW_PERSON, NOW_US), APPROVE_GOOD);
	assert_true(measure_applied(&m, m.until_us, NOW_US));
	assert_int_equal(next(&m, NOW_US, true), DO_NOTHING);
	assert_int_equal(next(&m, NOW_US + MINUTES(10), true), DO_TELL_10);
	/* Whoever slept through both is told once. */
	kit_measure(&m);
	assert_int_equal(kit_approve(&m, "Sato", HOW_PERSON, NOW_US), APPROVE_GOOD);
	assert_true(measure_applied(&m, m.until_us, NOW_US));
	assert_int_equal(next(&m, NOW_US + MINUTES(115), true), DO_TELL_10);
	assert_true(measure_did(&m, DO_TELL_10, NOW_US + MINUTES(115)));
	assert_int_equal(next(&m, NOW_US + MINUTES(115), true), DO_NOTHING);
}

/* ---- JSON ---- */

static void test_json(void **state)
{
	struct measure m, back;

	kit_measure(&m);
	m.approvals_wanted = 2;
	m.break_glass = true;
	strcpy(m.consent, "契約 7");
	strcpy(m.override, "not reviewed");
	assert_int_equal(kit_approve(&m, "Sato", HOW_BREAK_GLASS, NOW_US), APPROVE_GOOD);
	assert_true(measure_applied(&m, m.until_us, NOW_US + 1));
	assert_int_equal(kit_approve(&m, "Tanaka", HOW_SIGNATURE, NOW_US + 7), APPROVE_GOOD);
	m.told_30 = true;
	m.renewals = 3;
	m.effect.at_us = NOW_US;
	m.effect.before_bps = 9.25e9;
	m.effect.after_bps = 0;
	m.effect.dropped_packets = 12345678901;
	back = m;
	through_json(&back);
	assert_string_equal(back.consent, m.consent);
	assert_int_equal(back.stage, MEASURE_APPLIED);
	assert_int_equal(back.n_approvals, 2);
	assert_int_equal(back.approval[1].how, HOW_SIGNATURE);
	assert_true(back.approval[1].at_us == NOW_US + 7);
	assert_true(back.until_us == m.until_us);
	assert_true(back.asked_until_us == TIME_NONE);
	assert_true(back.data == (DATA_HEADER | DATA_VOLUME));
	assert_true(back.effect.after_bps == 0); /* seen, and nothing: not unknown */
	assert_true(back.effect.dropped_bytes == -1);
	assert_true(back.told_30 && !back.told_10 && back.break_glass);
	assert_int_equal(back.option.kind, PLAN_RTBH);
	assert_string_equal(back.option.point, "border-1");
	assert_int_equal(measure_from_json(NULL, &back), -EINVAL);
}

/* A row of before there was a place has none, and is read. */
static void test_json_place(void **state)
{
	struct measure m, back;
	json_t *o;

	kit_measure(&m);
	strcpy(m.place, "exabgp 192.0.2.1");
	strcpy(m.stuck, "moved");
	back = m;
	through_json(&back);
	assert_string_equal(back.place, m.place);
	assert_string_equal(back.stuck, m.stuck);
	o = measure_json(&m);
	assert_int_equal(json_object_del(o, "place") | json_object_del(o, "stuck"), 0);
	assert_int_equal(measure_from_json(o, &back), 0);
	assert_string_equal(back.place, "");
	assert_string_equal(back.stuck, "");
	json_decref(o);
}

static void test_stuck_words(void **state)
{
	_cleanup_text_ struct text out = TEXT_NULL;
	struct measure m;

	kit_measure(&m);
	measure_stuck_say(&m, false, &out);
	assert_string_equal(text_str(&out), "");
	strcpy(m.option.point, "edge");
	strcpy(m.stuck, "missing");
	assert_int_equal(kit_approve(&m, "Sato", HOW_PERSON, NOW_US), APPROVE_GOOD);
	measure_stuck_say(&m, false, &out);
	assert_string_equal(text_str(&out), "neighbour edge is not configured any more");
	assert_true(measure_withdraw(&m, "Sato", "", NOW_US + 1));
	text_clear(&out);
	measure_stuck_say(&m, false, &out);
	assert_string_equal(text_str(&out),
			    "cannot be taken back: neighbour edge is not configured any more");
	strcpy(m.place, "nftables old");
	strcpy(m.stuck, "moved");
	text_clear(&out);
	measure_stuck_say(&m, true, &out);
	assert_string_equal(text_str(&out), "撤去できない: 隣接 edge の設定が変わり、措置のある "
					    "nftables old ではなくなった");
}

static void test_json_that_does_not_hold(void **state)
{
	static const struct {
		const char *key, *value; /* NULL: without it */
	} rows[] = {
		{"id", NULL},
		{"id", "\"\""},
		{"plan", "7"},
		{"hash", NULL},
		{"incident", NULL},
		{"stage", "\"sleeping\""},
		{"stage", NULL},
		{"until", NULL},
		{"until", "null"},
		{"until", "\"tomorrow\""},
		{"until", "\"1970-01-01T00:00:00Z\""},
		{"purpose", "\"a\\u0000b\""},
		{"break_glass", "1"},
		{"approvals_wanted", "-1"},
		{"data", "[\"everything\"]"},
		{"data", "[7]"},
		{"approvals", "[{}]"},
		{"approvals", "[{\"person\":\"x\",\"how\":\"guess\"}]"},
		{"approvals", "[{\"person\":\"\",\"how\":\"person\"}]"},
		{"approvals", "[1,1,1,1,1]"},
		{"effect", "{\"at\":\"2008-08-08T00:00:00Z\",\"after_bps\":-4}"},
		{"effect", "{\"at\":7}"},
		{"option", NULL},
		{"option", "7"},
	};
	struct measure m;
	json_t *good;

	kit_measure(&m);
	good = measure_json(&m);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *o = json_copy(good);

		if (rows[i].value)
			json_object_set_new(
				o, rows[i].key,
				json_loads(rows[i].value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
		else
			json_object_del(o, rows[i].key);
		if (measure_from_json(o, &m) != -EINVAL)
			fail_msg("%s %s", rows[i].key, rows[i].value ? rows[i].value : "-");
		json_decref(o);
	}
	assert_int_equal(measure_from_json(good, &m), 0);
	json_decref(good);
}

/* ---- random histories ---- */

#define HISTORIES 20000
#define STEPS	  60

/* What the words of the rules say, counted apart from the code. */
struct oracle {
	bool person[4], standing; /* who approved this plan */
	bool glass, second;
	bool approved, ended;
	int64_t until_us, asked_us, glass_us;
};

struct world {
	uint64_t seed;
	int64_t now_us;
	struct measure m;      /* in the role's memory */
	struct measure stored; /* in the store */
	struct oracle o;
	bool in_router; /* truly */
	bool known;	/* the role knows that it is */
	bool away;	/* the router cannot be reached */
	unsigned applied, pages;
};

static uint64_t random_next(struct world *w, uint64_t below)
{
	w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
	return (w->seed >> 33) % below;
}

static unsigned persons(const struct oracle *o)
{
	unsigned n = 0;

	for (unsigned i = 0; i < ARRAY_LEN(o->person); i++)
		n += o->person[i];
	return n;
}

static void check(struct world *w)
{
	const struct oracle *o = &w->o;
	bool wanted = measure_is_wanted(&w->m, w->now_us);

	if (wanted) {
		assert_true(o->approved);
		assert_false(o->ended);
		assert_true(o->standing || persons(o) >= (o->glass ? 1 : w->m.approvals_wanted));
		assert_true(w->now_us < o->until_us);
		if (o->glass && !o->second && !o->standing)
			assert_true(w->now_us < o->glass_us);
	}
	if (measure_is_over(&w->m))
		assert_false(w->in_router);
}

static void kept(struct world *w)
{
	w->stored = w->m;
	if (random_next(w, 64) == 0)
		through_json(&w->stored);
}

/* The role does what is to be done; it may die before the row is written, or behind that. */
static void tick(struct world *w, bool attack)
{
	int64_t wake_us;
	enum measure_do what = measure_next(&w->m, w->now_us, w->known, attack, &wake_us);
	bool changed = measure_did(&w->m, what, w->now_us);

	assert_true(wake_us > w->now_us);
	if (changed && random_next(w, 10) == 0) { /* killed before it was written */
		w->m = w->stored;
		w->known = false;
		return;
	}
	if (changed)
		kept(w);
	w->pages += what == DO_TELL_30 || what == DO_TELL_10 || what == DO_TELL_ENDED;
	w->o.ended |= what == DO_LAPSE || what == DO_TAKE_AWAY;
	if (what == DO_APPLY)
		assert_true(measure_is_wanted(&w->m, w->now_us));
	if (w->away || (what != DO_APPLY && what != DO_TAKE_AWAY))
		return;
	w->in_router = what == DO_APPLY;
	w->applied += w->in_router;
	if (random_next(w, 10) == 0) { /* killed before it heard the answer */
		w->m = w->stored;
		w->known = false;
		return;
	}
	w->known = w->in_router;
	if (what == DO_APPLY ? measure_applied(&w->m, w->m.until_us, w->now_us)
			     : measure_gone(&w->m, w->now_us))
		kept(w);
}

static void somebody_approves(struct world *w)
{
	static const char *const names[] = {"Sato", "Tanaka", "Lee", "Kim"};
	static const char *const hashes[] = {HASH_A, HASH_A, HASH_A, HASH_B};
	unsigned who = (unsigned)random_next(w, 4);
	enum measure_how how = (enum measure_how)random_next(w, 4);
	struct measure_approval a =
		kit_approval(names[who], how, hashes[random_next(w, 4)], w->now_us);
	struct oracle *o = &w->o;
	enum approve_answer answer = measure_approve(&w->m, &a, w->now_us);

	if (answer != APPROVE_GOOD && answer != APPROVE_MORE)
		return;
	assert_string_equal(a.hash, w->m.hash);
	assert_false(o->ended);
	if (how == HOW_STANDING) {
		assert_true(*w->m.standing);
		o->standing = true;
	} else {
		assert_false(o->person[who]);
		o->person[who] = true;
	}
	if (answer == APPROVE_GOOD && o->approved) {
		assert_true(o->glass && w->now_us < o->glass_us);
		o->second = true;
		o->until_us = o->asked_us;
	} else if (answer == APPROVE_GOOD) {
		o->approved = true;
		if (o->glass && !o->standing && w->m.approvals_wanted <= 2 && persons(o) < 2) {
			o->glass_us = w->now_us + MINUTES(60);
			o->asked_us = o->until_us;
			if (o->until_us > o->glass_us)
				o->until_us = o->glass_us;
		} else {
			o->second = true;
		}
	}
	kept(w);
}

static void somebody_renews(struct world *w)
{
	char line[32];
	int64_t until_us = w->now_us + MINUTES((int64_t)random_next(w, 300) - 30);

	snprintf(line, sizeof(line), "line %llu", (unsigned long long)random_next(w, 1u << 30));
	if (measure_renew(&w->m, line, until_us, random_next(w, 2) ? 36000 : 0, w->now_us))
		return;
	assert_true(w->o.approved && !w->o.ended);
	w->o.until_us = until_us;
	kept(w);
}

static void one_step(struct world *w)
{
	switch (random_next(w, 16)) {
	case 0:
	case 1:
	case 2:
		somebody_approves(w);
		break;
	case 3:
		if (random_next(w, 4) == 0 && measure_withdraw(&w->m, "Lee", "enough", w->now_us)) {
			w->o.ended = true;
			kept(w);
		}
		break;
	case 4:
		somebody_renews(w);
		break;
	case 5: /* the role is killed and started again */
		w->m = w->stored;
		w->known = false;
		break;
	case 6: /* the router forgets all */
		w->in_router = w->known = false;
		break;
	case 7:
		w->away = random_next(w, 2);
		break;
	case 8: /* the clock jumps */
		w->now_us += MINUTES((int64_t)random_next(w, 400) - 200);
		break;
	case 11:
		if (measure_verified(&w->m))
			kept(w);
		break;
	case 9:
		if (!w->away && random_next(w, 8) == 0 && measure_failed(&w->m, "no", w->now_us)) {
			w->o.ended = true;
			kept(w);
		}
		break;
	case 10:
		if (measure_change_plan(&w->m, "pcccccccccccc", random_next(w, 2) ? HASH_A : HASH_B,
					&w->m.option)) {
			if (strcmp(w->m.hash, w->stored.hash) != 0) {
				memset(w->o.person, 0, sizeof(w->o.person));
				w->o.standing = false;
			}
			kept(w);
		}
		break;
	default:
		w->now_us += MINUTES((int64_t)random_next(w, 12));
		tick(w, random_next(w, 2));
	}
	check(w);
}

/* People fall silent and time goes on: it must come to its end, and leave nothing behind. */
static void come_to_the_end(struct world *w)
{
	w->away = false;
	for (unsigned i = 0; i < 200 && !measure_is_over(&w->m); i++) {
		w->now_us += MINUTES(30);
		tick(w, true);
		check(w);
	}
	assert_true(measure_is_over(&w->m));
	assert_true(w->m.stage == MEASURE_GONE || w->m.stage == MEASURE_LAPSED);
	assert_false(w->in_router);
}

static void test_random_histories(void **state)
{
	uint64_t applied = 0, pages = 0, stages[MEASURE_STAGES] = {0};

	for (uint64_t seed = 0; seed < HISTORIES; seed++) {
		struct world *w = calloc(1, sizeof(*w));

		w->seed = seed * 2862933555777941757u + 3037000493u;
		w->now_us = NOW_US;
		kit_measure(&w->m);
		w->m.approvals_wanted = 1 + (unsigned)random_next(w, 2);
		w->m.break_glass = w->o.glass = random_next(w, 3) == 0;
		if (random_next(w, 4) == 0)
			strcpy(w->m.standing, "by night");
		w->m.until_us = w->o.until_us = NOW_US + MINUTES(1 + (int64_t)random_next(w, 300));
		if (random_next(w, 2))
			w->m.approve_by_us = NOW_US + MINUTES(1 + (int64_t)random_next(w, 60));
		w->stored = w->m;
		for (unsigned i = 0; i < STEPS; i++) {
			one_step(w);
			stages[w->m.stage]++;
		}
		come_to_the_end(w);
		applied += w->applied;
		pages += w->pages;
		free(w);
	}
	print_message("%d histories, applied %llu times, %llu pages\n", HISTORIES,
		      (unsigned long long)applied, (unsigned long long)pages);
	for (unsigned s = 0; s < MEASURE_STAGES; s++)
		assert_true(stages[s] > 100); /* each was there often */
	assert_true(applied > HISTORIES / 4 && pages > HISTORIES / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_whole_way),
		cmocka_unit_test(test_nobody_approves),
		cmocka_unit_test(test_two_persons),
		cmocka_unit_test(test_standing_order),
		cmocka_unit_test(test_break_glass),
		cmocka_unit_test(test_withdrawn_and_failed),
		cmocka_unit_test(test_renewal),
		cmocka_unit_test(test_renewal_by_two),
		cmocka_unit_test(test_short_ones_do_not_page_at_once),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_place),
		cmocka_unit_test(test_stuck_words),
		cmocka_unit_test(test_json_that_does_not_hold),
		cmocka_unit_test(test_random_histories),
	};

	return cmocka_run_group_tests_name("act measure", tests, NULL, NULL);
}
