/* SPDX-License-Identifier: ISC */
/* Proves that a storm is one page with what it stands for, told again only when it grew or got
 * worse and at most every ten minutes, and that its members keep their own alarms. */
#include "duty/test_duty_kit.h"

#define PAGED_ALONE                                                                                \
	"+0 new alice mail n0\n+0 new alice mail n1\n+0 new alice mail n2\n"                       \
	"+0 new alice mail n3\n+0 new alice mail n4\n"

static struct incident *bad(unsigned i, int64_t first_us)
{
	char id[INCIDENT_ID_MAX];
	struct incident *inc;

	snprintf(id, sizeof(id), "n%u", i);
	inc = kit_incident(id, 6 + i % 3, first_us, first_us + 60 * S);
	kit_times(inc, 12);
	return inc;
}

static void tell_bad(struct kit *k, unsigned from, unsigned until)
{
	for (unsigned i = from; i < until; i++) {
		_cleanup_incident_ struct incident *inc = bad(i, T0);

		kit_tell(k, inc);
	}
}

static void close_bad(struct kit *k, unsigned from, unsigned until)
{
	for (unsigned i = from; i < until; i++) {
		_cleanup_incident_ struct incident *inc = bad(i, T0);

		inc->f.state = FINDING_CLOSED;
		kit_tell(k, inc);
	}
}

static const struct alarm *storm(struct kit *k)
{
	return kit_alarm(k, kit_alarm(k, "n5")->mute_ref);
}

/* The text of the page that goes out in the next step, which is taken. */
static void next_text(struct kit *k, int64_t us, struct text *out)
{
	struct duty_step step;

	k->now_us = us;
	assert_int_equal(duty_clock(k->d, us), 0);
	duty_take(k->d, &step);
	assert_int_equal(step.n_pages, 1);
	text_clear(out);
	text_add(out, step.pages[0]->text);
}

static void test_grouped(void **state)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	struct fault f = {FAULT_EXPORTER_SILENT, "border-1", 45, T0, false};
	char want[256];
	struct kit k;

	kit_open(&k);
	tell_bad(&k, 0, 5);
	kit_logged(&k, PAGED_ALONE);
	tell_bad(&k, 5, 17);
	assert_int_equal(duty_fault(k.d, &f, T0), 0);
	kit_take(&k);
	kit_logged(&k, ""); /* it gathers */
	assert_int_equal(kit_alarm(&k, "n5")->state, ALARM_HELD);
	assert_int_equal(kit_alarm(&k, "n5")->mute, MUTE_STORM);
	assert_int_equal(storm(&k)->members, 13);
	assert_true(duty_next_us(k.d) == T0 + 15 * S);
	next_text(&k, T0 + 15 * S, &text);
	snprintf(want, sizeof(want),
		 "重大度2 多発: インシデント12件、監視障害1件、対象3、リンク1本 (transit-a)、"
		 "21:00 JSTから。 noroshi brief %s",
		 storm(&k)->id);
	assert_string_equal(text_str(&text), want);
	kit_close(&k);
}

static void test_blind_is_not_grouped(void **state)
{
	struct fault f = {FAULT_WATCH_GONE, "", 45, T0, false};
	struct kit k;

	kit_open(&k);
	tell_bad(&k, 0, 7);
	text_clear(&k.log);
	assert_int_equal(duty_fault(k.d, &f, T0), 0);
	kit_take(&k);
	kit_logged(&k, "+0 new alice mail watch_gone/@1218196800\n");
	kit_close(&k);
}

static void test_told_again(void **state)
{
	struct kit k;

	kit_open(&k);
	tell_bad(&k, 0, 7);
	text_clear(&k.log);
	kit_until(&k, T0 + 60 * S);
	kit_logged(&k, "+15 new alice mail storm\n");
	assert_int_equal(duty_acknowledge(k.d, storm(&k)->id, "bob", k.now_us), 0);
	kit_take(&k);
	assert_int_equal(kit_alarm(&k, "n5")->state, ALARM_ACKNOWLEDGED);
	assert_string_equal(kit_alarm(&k, "n6")->owner, "bob");
	assert_int_equal(kit_alarm(&k, "n0")->state, ALARM_PAGED); /* it had its own page */
	for (unsigned i = 0; i < 5; i++) {
		char id[8];

		snprintf(id, sizeof(id), "n%u", i);
		assert_int_equal(duty_acknowledge(k.d, id, "bob", k.now_us), 0);
	}
	/* It grows at once, and that is told ten minutes after the last page. */
	k.now_us = T0 + 2 * MIN;
	tell_bad(&k, 7, 9);
	kit_until(&k, T0 + 12 * MIN);
	kit_logged(&k, "+615 worse bob mail storm\n");
	assert_int_equal(storm(&k)->members, 4);
	assert_int_equal(storm(&k)->told, 4);
	kit_until(&k, T0 + 100 * MIN);
	kit_logged(&k, ""); /* not grown */
	kit_close(&k);
}

static void test_worse(void **state)
{
	_cleanup_incident_ struct incident *inc = bad(6, T0);
	struct kit k;

	kit_open(&k);
	tell_bad(&k, 0, 8);
	kit_until(&k, T0 + MIN);
	assert_int_equal(duty_acknowledge(k.d, storm(&k)->id, "bob", k.now_us), 0);
	for (unsigned i = 0; i < 5; i++) {
		char id[8];

		snprintf(id, sizeof(id), "n%u", i);
		assert_int_equal(duty_acknowledge(k.d, id, "bob", k.now_us), 0);
	}
	text_clear(&k.log);
	inc->path = calloc(1, sizeof(*inc->path));
	inc->path->n_lost = 5;
	kit_tell(&k, inc);
	kit_tell(&k, inc);
	kit_until(&k, T0 + 30 * MIN);
	kit_logged(&k, "+615 worse bob mail storm\n");
	assert_int_equal(storm(&k)->severity, 1);
	kit_close(&k);
}

static void test_silence(void **state)
{
	struct kit k;

	kit_open(&k);
	tell_bad(&k, 0, 7);
	close_bad(&k, 0, 5);
	text_clear(&k.log);
	kit_until(&k, T0 + 25 * MIN);
	kit_logged(&k, "+15 new alice mail storm\n+615 escalated bob mail storm\n"
		       "+1215 escalated carol program storm\n");
	/* Over with its last member. */
	close_bad(&k, 5, 6);
	assert_int_equal(storm(&k)->state, ALARM_PAGED);
	close_bad(&k, 6, 7);
	assert_int_equal(storm(&k)->state, ALARM_ENDED);
	kit_until(&k, T0 + 200 * MIN);
	kit_logged(&k, "");
	kit_close(&k);
}

static void test_takes_no_more(void **state)
{
	struct kit k;

	kit_open(&k);
	tell_bad(&k, 0, 7);
	for (unsigned i = 0; i < 5; i++) {
		char id[8];

		snprintf(id, sizeof(id), "n%u", i);
		assert_int_equal(duty_acknowledge(k.d, id, "bob", k.now_us), 0);
	}
	assert_int_equal(duty_acknowledge(k.d, storm(&k)->id, "bob", k.now_us), 0);
	kit_until(&k, T0 + 10 * MIN - 1);
	text_clear(&k.log);
	tell_bad(&k, 7, 8);
	kit_logged(&k, "");
	assert_string_equal(kit_alarm(&k, "n7")->mute_ref, storm(&k)->id);
	kit_until(&k, T0 + 20 * MIN);
	text_clear(&k.log);
	tell_bad(&k, 8, 9); /* ten minutes after the last newcomer */
	kit_logged(&k, "+1200 new alice mail n8\n");
	kit_close(&k);
}

static void test_slow_is_no_storm(void **state)
{
	struct kit k;

	kit_open(&k);
	for (unsigned i = 0; i < 12; i++) {
		kit_until(&k, T0 + i * 12 * S); /* five in any minute */
		tell_bad(&k, i, i + 1);
	}
	for (unsigned i = 0; i < 12; i++) {
		char id[8];

		snprintf(id, sizeof(id), "n%u", i);
		assert_int_equal(kit_alarm(&k, id)->state, ALARM_PAGED);
		assert_int_equal(kit_alarm(&k, id)->mute, MUTE_NOT);
	}
	kit_close(&k);
}

static void test_leaving(void **state)
{
	struct kit k;
	struct suppression s = {.id = "s1",
				.object = "site8",
				.from_us = T0,
				.until_us = T0 + 30 * MIN,
				.lifted_us = TIME_NONE};

	kit_open(&k);
	tell_bad(&k, 0, 7); /* n5 is site8's, n6 site6's */
	close_bad(&k, 0, 5);
	assert_int_equal(duty_suppressions(k.d, &s, 1), 0);
	kit_until(&k, T0 + MIN);
	assert_int_equal(kit_alarm(&k, "n5")->mute, MUTE_SUPPRESSED);
	assert_int_equal(kit_alarm(&k, "n6")->mute, MUTE_STORM);
	assert_int_equal(duty_acknowledge(k.d, "n6", "bob", k.now_us), 0);
	kit_take(&k);
	/* The storm stands for nobody any more; who is acknowledged alone has its own alarm. */
	kit_until(&k, T0 + 29 * MIN);
	assert_int_equal(kit_alarm(&k, "n6")->state, ALARM_ACKNOWLEDGED);
	text_clear(&k.log);
	kit_until(&k, T0 + 31 * MIN);
	kit_logged(&k, "+1800 new alice mail n5\n");
	kit_close(&k);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grouped),	      cmocka_unit_test(test_told_again),
		cmocka_unit_test(test_worse),	      cmocka_unit_test(test_silence),
		cmocka_unit_test(test_takes_no_more), cmocka_unit_test(test_slow_is_no_storm),
		cmocka_unit_test(test_leaving),	      cmocka_unit_test(test_blind_is_not_grouped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
