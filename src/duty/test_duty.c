/* SPDX-License-Identifier: ISC */
/*
 * Proves what one alarm does: one page for an incident, silence that escalates, acknowledging,
 * snoozing, each of the mutes and its end, faults; and that time wakes the duty exactly when it
 * said.
 */
#include "duty/test_duty_kit.h"

static void test_one_page(void **state)
{
	struct kit k;
	_cleanup_incident_ struct incident *inc = kit_incident("n1", 1, T0, T0 + 12 * S);

	kit_open(&k);
	kit_times(inc, 12);
	kit_tell(&k, inc);
	kit_logged(&k, "+0 new alice mail n1\n");
	assert_int_equal(k.changed, 1);
	assert_int_equal(kit_alarm(&k, "n1")->state, ALARM_PAGED);
	assert_int_equal(kit_alarm(&k, "n1")->severity, 2);
	/* Updates, further vectors and the same again page nobody. */
	kit_tell(&k, inc);
	assert_int_equal(k.changed, 0);
	for (unsigned i = 1; i < 60; i++) {
		inc->f.last_us += S;
		inc->f.vectors[inc->f.n_vectors < 5 ? inc->f.n_vectors++ : 4] = inc->f.vectors[0];
		kit_until(&k, T0 + i * S);
		kit_tell(&k, inc);
		assert_int_equal(k.changed, 0);
	}
	kit_logged(&k, "");
	inc->f.state = FINDING_CLOSED;
	kit_tell(&k, inc);
	assert_int_equal(kit_alarm(&k, "n1")->state, ALARM_ENDED);
	kit_until(&k, T0 + 600 * MIN);
	kit_logged(&k, "");
	kit_until(&k, T0 + 1600 * MIN);
	assert_null(duty_alarm(k.d, "n1")); /* forgotten after a day */
	assert_true(duty_next_us(k.d) == TIME_NONE);
	kit_close(&k);
}

static void test_silence(void **state)
{
	struct kit k;
	_cleanup_incident_ struct incident *inc = kit_incident("n1", 1, T0, T0 + 12 * S);

	kit_open(&k);
	kit_times(inc, 12);
	kit_tell(&k, inc);
	assert_true(duty_next_us(k.d) == T0 + 10 * MIN);
	kit_until(&k, T0 + 10 * MIN - 1);
	kit_logged(&k, "+0 new alice mail n1\n");
	kit_until(&k, T0 + 59 * MIN);
	/* The list of three ends after half an hour; from the first again, with a growing pause. */
	kit_logged(&k, "+600 escalated bob mail n1\n+1200 escalated carol program n1\n"
		       "+1800 escalated alice mail n1\n+3000 escalated bob mail n1\n");
	/* At 22:00 (an hour on) the shift changes, and dave is on call: he is the first. */
	kit_until(&k, T0 + 100 * MIN);
	kit_logged(&k, "+4200 escalated dave mail n1\n");
	kit_close(&k);
}

static void test_pause_is_bounded(void **state)
{
	struct kit k;
	_cleanup_incident_ struct incident *inc = kit_incident("n1", 1, T0, T0 + 12 * S);
	int64_t before_us = T0;

	/* After 23:00 only carol is left. */
	kit_open(&k);
	kit_times(inc, 12);
	k.now_us = T0 + 121 * MIN;
	inc->f.last_us = k.now_us;
	kit_tell(&k, inc);
	kit_logged(&k, "+7260 new carol program n1\n");
	for (unsigned i = 0; i < 20; i++) {
		before_us = k.now_us;
		kit_until(&k, duty_next_us(k.d));
		assert_true(k.now_us - before_us <= 60 * MIN);
		if (i < 3)
			assert_true(k.now_us - before_us == (10 << i) * MIN);
	}
	assert_true(k.now_us - before_us == 60 * MIN);
	/* The clock goes back by nine hours: nobody waits for nine hours and one. */
	k.now_us -= 9 * 60 * MIN;
	assert_int_equal(duty_incident(k.d, inc, k.now_us), 0);
	assert_true(duty_next_us(k.d) - k.now_us <= 60 * MIN);
	kit_close(&k);
}

static void test_acknowledge(void **state)
{
	struct kit k;
	_cleanup_incident_ struct incident *inc = kit_incident("n1", 1, T0, T0 + 12 * S);

	kit_open(&k);
	assert_int_equal(duty_acknowledge(k.d, "n1", "bob", T0), DUTY_NO_ALARM);
	kit_times(inc, 12);
	kit_tell(&k, inc);
	text_clear(&k.log);
	kit_until(&k, T0 + 5 * MIN);
	assert_int_equal(duty_acknowledge(k.d, "n1", "bob", k.now_us), 0);
	kit_take(&k);
	assert_string_equal(kit_alarm(&k, "n1")->owner, "bob");
	kit_until(&k, T0 + 300 * MIN);
	kit_logged(&k, "");
	/* Worse pages the owner, once for the level; then it may be milder and worse again. */
	inc->path = calloc(1, sizeof(*inc->path));
	inc->path->n_lost = 3;
	kit_tell(&k, inc);
	kit_logged(&k, "+18000 worse bob mail n1\n");
	assert_int_equal(kit_alarm(&k, "n1")->state, ALARM_ACKNOWLEDGED);
	inc->path->n_lost = 0;
	kit_tell(&k, inc);
	inc->path->n_lost = 3;
	kit_tell(&k, inc);
	kit_until(&k, T0 + 600 * MIN);
	kit_logged(&k, "");
	/* By the alarm's own id as well; somebody else takes over. */
	assert_int_equal(duty_acknowledge(k.d, kit_alarm(&k, "n1")->id, "alice", k.now_us), 0);
	assert_string_equal(kit_alarm(&k, "n1")->owner, "alice");
	inc->f.state = FINDING_CLOSED;
	kit_tell(&k, inc);
	assert_int_equal(duty_acknowledge(k.d, "n1", "bob", k.now_us), DUTY_ENDED);
	assert_int_equal(duty_snooze(k.d, "n1", "bob", k.now_us + MIN, k.now_us), DUTY_ENDED);
	kit_close(&k);
}

static void test_snooze(void **state)
{
	struct kit k;
	_cleanup_incident_ struct incident *inc = kit_incident("n1", 1, T0, T0 + 12 * S);

	kit_open(&k);
	kit_times(inc, 12);
	kit_tell(&k, inc);
	text_clear(&k.log);
	assert_int_equal(duty_snooze(k.d, "n1", "bob", T0 + 30 * MIN, T0 + MIN), 0);
	assert_true(duty_next_us(k.d) == T0 + 30 * MIN);
	kit_until(&k, T0 + 45 * MIN);
	/* To the owner; who keeps silent is followed by the next. */
	kit_logged(&k, "+1800 snooze_over bob mail n1\n+2400 escalated carol program n1\n");
	/* Over before the snooze is: nothing. */
	assert_int_equal(duty_snooze(k.d, "n1", "bob", T0 + 60 * MIN, T0 + 46 * MIN), 0);
	k.now_us = T0 + 50 * MIN;
	inc->f.state = FINDING_CLOSED;
	kit_tell(&k, inc);
	kit_until(&k, T0 + 90 * MIN);
	kit_logged(&k, "");
	kit_close(&k);
}

static void test_short(void **state)
{
	struct kit k;
	_cleanup_incident_ struct incident *inc = kit_incident("n1", 1, T0, T0 + 9 * S);
	_cleanup_incident_ struct incident *bank = kit_incident("n2", 2, T0, T0 + 1 * S);
	_cleanup_incident_ struct incident *lost = kit_incident("n3", 1, T0, T0 + 2 * S);

	kit_open(&k);
	kit_times(inc, 12);
	kit_tell(&k, inc);
	assert_int_equal(kit_alarm(&k, "n1")->mute, MUTE_SHORT);
	kit_logged(&k, "");
	inc->f.last_us = T0 + 10 * S - 1;
	kit_tell(&k, inc);
	kit_logged(&k, "");
	inc->f.last_us = T0 + 10 * S; /* no longer a burst */
	kit_tell(&k, inc);
	kit_logged(&k, "+0 new alice mail n1\n");
	/* An object that wants bursts. */
	kit_times(bank, 12);
	kit_tell(&k, bank);
	kit_logged(&k, "+0 new alice mail n2\n");
	/* What we lost sight of may be long. */
	kit_times(lost, 12);
	lost->f.state = FINDING_LOST_SIGHT;
	kit_tell(&k, lost);
	kit_logged(&k, "+0 new alice mail n3\n");
	assert_int_not_equal(kit_alarm(&k, "n3")->state, ALARM_ENDED);
	kit_close(&k);
}

static void test_bursts_fold(void **state)
{
	struct kit k;
	_cleanup_incident_ struct incident *inc = kit_incident("n1", 1, T0, T0 + 2 * S);

	kit_open(&k);
	kit_times(inc, 12);
	kit_tell(&k, inc);
	inc->f.state = FINDING_QUIET;
	kit_tell(&k, inc);
	kit_logged(&k, "");
	/* The second burst: no single one any more. 300 of them are one alarm and one page. */
	for (unsigned i = 1; i < 300; i++) {
		kit_until(&k, T0 + i * 30 * S);
		inc->f.pulses = i + 1;
		inc->f.state = FINDING_OPEN;
		inc->f.last_us = k.now_us + 2 * S;
		kit_tell(&k, inc);
		inc->f.state = i % 7 ? FINDING_QUIET : FINDING_CLOSED;
		kit_tell(&k, inc);
		if (i == 1)
			assert_int_equal(duty_acknowledge(k.d, "n1", "alice", k.now_us), 0);
	}
	/* At an hour it is called long; that is no worse than it was. */
	kit_logged(&k, "+30 new alice mail n1\n");
	assert_string_equal(kit_alarm(&k, "n1")->owner, "alice");
	kit_close(&k);
}

static void test_severity_mutes(void **state)
{
	struct kit k;
	_cleanup_incident_ struct incident *mild = kit_incident("n1", 1, T0, T0 + 60 * S);
	_cleanup_incident_ struct incident *calm = kit_incident("n2", 4, T0, T0 + 60 * S);
	_cleanup_incident_ struct incident *open = kit_incident("n3", 9, T0, T0 + 60 * S);

	kit_open(&k);
	kit_tell(&k, mild);
	kit_times(calm, 20); /* a 2, where only a 1 pages */
	kit_tell(&k, calm);
	kit_times(open, 100); /* nobody protects it */
	kit_tell(&k, open);
	kit_logged(&k, "");
	assert_int_equal(kit_alarm(&k, "n1")->severity, 3);
	assert_int_equal(kit_alarm(&k, "n1")->mute, MUTE_SEVERITY);
	assert_int_equal(kit_alarm(&k, "n2")->mute, MUTE_SEVERITY);
	assert_int_equal(kit_alarm(&k, "n2")->severity, 2);
	assert_int_equal(kit_alarm(&k, "n3")->severity, 4);
	kit_times(mild, 10);
	kit_until(&k, T0 + 70 * S);
	kit_tell(&k, mild);
	kit_logged(&k, "+70 new alice mail n1\n");
	kit_close(&k);
}

/* Of several objects in one prefix what asks for most counts: bank pages bursts, calm only a 1. */
static void test_prefix_of_several(void **state)
{
	static const struct {
		const char *host;
		enum alarm_mute mute;
	} rows[] = {{"198.51.100.4", MUTE_SEVERITY}, {"198.51.100.2", MUTE_NOT}};
	struct kit k;
	_cleanup_incident_ struct incident *inc = kit_incident("n1", 9, T0, T0 + 5 * S);

	kit_open(&k);
	inc->f.level = LEVEL_PREFIX;
	kit_times(inc, 12); /* a 2 */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(ip_parse(rows[i].host, &inc->f.children[inc->f.n_children++]), 0);
		kit_tell(&k, inc);
		assert_int_equal(kit_alarm(&k, "n1")->mute, rows[i].mute);
	}
	kit_logged(&k, "+0 new alice mail n1\n");
	kit_close(&k);
}

static void test_maintenance(void **state)
{
	struct kit k;
	_cleanup_incident_ struct incident *inc = kit_incident("n1", 1, T0, T0 + 60 * S);
	_cleanup_incident_ struct incident *other = kit_incident("n2", 1, T0, T0 + 60 * S);
	struct fault f = {FAULT_EXPORTER_SILENT, "border-2", 45, T0, false};

	kit_open(&k);
	kit_times(inc, 12);
	kit_over(inc, "border-2", "transit-b");
	kit_tell(&k, inc);
	kit_logged(&k, "");
	assert_int_equal(kit_alarm(&k, "n1")->mute, MUTE_MAINTENANCE);
	assert_string_equal(kit_alarm(&k, "n1")->mute_ref, "new line card");
	/* Mostly over the other border: no excuse. */
	kit_times(other, 12);
	kit_over(other, "border-2", "transit-b");
	other->links[0].share = 0.4;
	other->f.n_links = 2;
	other->links[1] = (struct incident_link){
		.exporter = "border-1", .link = "transit-a", .input = 1, .share = 0.6};
	kit_tell(&k, other);
	kit_logged(&k, "+0 new alice mail n2\n");
	assert_int_equal(duty_acknowledge(k.d, "n2", "alice", k.now_us), 0);
	/* Faults of what is worked on are silent, until the work ends; it goes on. */
	assert_int_equal(duty_fault(k.d, &f, k.now_us), 0);
	kit_take(&k);
	kit_logged(&k, "");
	kit_until(&k, T0 + 19 * MIN);
	inc->f.last_us = k.now_us;
	kit_tell(&k, inc);
	kit_logged(&k, "");
	kit_until(&k, T0 + 20 * MIN);
	kit_logged(&k, "+1200 new alice mail exporter_silent/border-2@1218196800\n");
	inc->f.last_us = T0 + 20 * MIN; /* it goes on behind the window */
	kit_tell(&k, inc);
	kit_logged(&k, "+1200 new alice mail n1\n");
	kit_close(&k);
}

static void test_maintenance_ends_in_it(void **state)
{
	struct kit k;
	_cleanup_incident_ struct incident *inc = kit_incident("n1", 1, T0, T0 + 60 * S);
	_cleanup_incident_ struct incident *lost = kit_incident("n2", 6, T0, T0 + 60 * S);

	kit_open(&k);
	kit_times(inc, 12);
	kit_over(inc, "border-2", "transit-b");
	kit_tell(&k, inc);
	inc->f.state = FINDING_CLOSED;
	kit_until(&k, T0 + 25 * MIN); /* told late: its last packet counts */
	kit_tell(&k, inc);
	assert_int_equal(kit_alarm(&k, "n1")->state, ALARM_ENDED);
	assert_int_equal(kit_alarm(&k, "n1")->mute, MUTE_MAINTENANCE); /* is still counted */
	kit_logged(&k, "");
	k.now_us = T0 + 10 * MIN;
	/* What went out of sight within the work is asked about when the work is over. */
	kit_times(lost, 12);
	kit_over(lost, "border-2", "transit-b");
	lost->f.state = FINDING_LOST_SIGHT;
	kit_tell(&k, lost);
	kit_until(&k, T0 + 20 * MIN);
	kit_logged(&k, "+1200 new alice mail n2\n");
	kit_close(&k);
}

static struct suppression suppression(const char *id, const char *object, const char *vector,
				      int64_t from_us, int64_t until_us)
{
	struct suppression s = {.from_us = from_us, .until_us = until_us, .lifted_us = TIME_NONE};

	snprintf(s.id, sizeof(s.id), "%s", id);
	snprintf(s.object, sizeof(s.object), "%s", object);
	snprintf(s.vector, sizeof(s.vector), "%s", vector);
	return s;
}

static void test_suppression(void **state)
{
	struct kit k;
	_cleanup_incident_ struct incident *inc = kit_incident("n1", 1, T0, T0 + 60 * S);
	struct suppression s[2] = {
		suppression("s1", "shop", "syn_flood", T0, T0 + 30 * MIN),
		suppression("s2", "bank", "", T0, T0 + 30 * MIN),
	};

	kit_open(&k);
	assert_int_equal(duty_suppressions(k.d, s, 2), 0);
	kit_times(inc, 12);
	kit_tell(&k, inc);
	assert_int_equal(kit_alarm(&k, "n1")->mute, MUTE_SUPPRESSED);
	assert_string_equal(kit_alarm(&k, "n1")->mute_ref, "s1");
	/* A further vector that nobody suppressed. */
	inc->f.n_vectors = 2;
	inc->f.vectors[1] = inc->f.vectors[0];
	inc->f.vectors[1].vector = VECTOR_AMPLIFICATION;
	inc->f.vectors[1].port = 53;
	kit_until(&k, T0 + MIN);
	kit_tell(&k, inc);
	kit_logged(&k, "+60 new alice mail n1\n");
	/* Suppressed after the page: silence, until the suppression ends and it still goes on. */
	s[1] = suppression("s3", "shop", "amplification", T0 + 2 * MIN, T0 + 20 * MIN);
	assert_int_equal(duty_suppressions(k.d, s, 2), 0);
	kit_until(&k, T0 + 2 * MIN);
	assert_int_equal(kit_alarm(&k, "n1")->state, ALARM_HELD);
	assert_int_equal(kit_alarm(&k, "n1")->mute, MUTE_SUPPRESSED);
	kit_until(&k, T0 + 21 * MIN);
	kit_logged(&k, "+1200 new alice mail n1\n");
	/* One lifted early ends early. */
	s[1].until_us = T0 + 60 * MIN;
	assert_int_equal(duty_suppressions(k.d, s, 2), 0);
	kit_until(&k, T0 + 22 * MIN);
	assert_int_equal(kit_alarm(&k, "n1")->mute, MUTE_SUPPRESSED);
	s[1].lifted_us = T0 + 23 * MIN;
	assert_int_equal(duty_suppressions(k.d, s, 2), 0);
	kit_until(&k, T0 + 24 * MIN);
	kit_logged(&k, "+1380 new alice mail n1\n");
	kit_close(&k);
}

static void test_suppressed_target(void **state)
{
	struct kit k;
	_cleanup_incident_ struct incident *inc = kit_incident("n1", 9, T0, T0 + 60 * S);
	struct suppression s = suppression("s1", "198.51.100.9", "", T0, T0 + 30 * MIN);

	/* What is no protected object is suppressed by its address. */
	kit_open(&k);
	assert_int_equal(duty_suppressions(k.d, &s, 1), 0);
	inc->f.hosts_hit = 40;
	kit_tell(&k, inc);
	assert_int_equal(kit_alarm(&k, "n1")->severity, 2);
	assert_int_equal(kit_alarm(&k, "n1")->mute, MUTE_SUPPRESSED);
	kit_close(&k);
}

static void test_known_test(void **state)
{
	struct kit k;
	_cleanup_incident_ struct incident *inc = kit_incident("n1", 5, T0, T0 + 60 * S);

	kit_open(&k);
	kit_times(inc, 12);
	inc->known_test = true;
	kit_tell(&k, inc);
	assert_int_equal(kit_alarm(&k, "n1")->mute, MUTE_TEST);
	assert_string_equal(kit_alarm(&k, "n1")->mute_ref, "load test");
	kit_until(&k, T0 + 31 * MIN);
	inc->f.last_us = k.now_us; /* it did not end with the test */
	kit_tell(&k, inc);
	kit_logged(&k, "+1860 new alice mail n1\n");
	kit_close(&k);
}

static void test_marked_false(void **state)
{
	struct kit k;
	_cleanup_incident_ struct incident *inc = kit_incident("n1", 1, T0, T0 + 60 * S);

	kit_open(&k);
	kit_times(inc, 12);
	kit_tell(&k, inc);
	assert_int_equal(duty_mark(k.d, "n1", true, T0 + MIN), 0);
	kit_until(&k, T0 + 300 * MIN);
	kit_logged(&k, "+0 new alice mail n1\n");
	assert_int_equal(kit_alarm(&k, "n1")->mute, MUTE_FALSE);
	/* The first of the mutes counts. */
	inc->known_test = true;
	kit_tell(&k, inc);
	assert_int_equal(kit_alarm(&k, "n1")->mute, MUTE_FALSE);
	inc->known_test = false;
	kit_tell(&k, inc);
	assert_int_equal(duty_mark(k.d, "n1", false, k.now_us), 0);
	kit_take(&k);
	kit_logged(&k, "+18000 new carol program n1\n");
	/* Marked before it is told. */
	snprintf(inc->id, sizeof(inc->id), "n2");
	assert_int_equal(duty_mark(k.d, "n2", true, k.now_us), 0);
	kit_tell(&k, inc);
	kit_logged(&k, "");
	assert_int_equal(kit_alarm(&k, "n2")->mute, MUTE_FALSE);
	kit_close(&k);
}

static void test_heightened(void **state)
{
	struct kit k;
	_cleanup_incident_ struct incident *inc = kit_incident("n1", 6, T0, T0 + 60 * S);
	_cleanup_incident_ struct incident *phone = kit_incident("n2", 200, T0, T0 + 60 * S);
	_cleanup_incident_ struct incident *other = kit_incident("n3", 7, T0, T0 + 60 * S);
	_cleanup_incident_ struct incident *near = kit_incident("n4", 8, T0, T0 + 60 * S);
	_cleanup_incident_ struct incident *wide = kit_incident("n5", 8, T0, T0 + 60 * S);

	kit_open(&k);
	/* Over no common link: how many are attacked at once is another matter. */
	inc->f.n_links = phone->f.n_links = other->f.n_links = 0;
	near->f.n_links = wide->f.n_links = 0;
	kit_tell(&k, inc);
	kit_tell(&k, other);
	kit_tell(&k, phone);
	kit_logged(&k, "");
	/* Its threshold and its people count from the moment it begins. */
	kit_until(&k, T0 + 39 * MIN);
	kit_logged(&k, "");
	kit_until(&k, T0 + 41 * MIN);
	kit_logged(&k, "+2400 new dave mail n1\n");
	phone->f.hosts_hit = 16;
	kit_tell(&k, phone);
	kit_logged(&k, "+2460 new dave mail n2\n");
	assert_int_equal(kit_alarm(&k, "n3")->mute, MUTE_SEVERITY);
	/* A service is looked at by its links too, an object among the hosts that are hit. */
	near->path = calloc(1, sizeof(*near->path));
	near->path->n_services = 1;
	snprintf(near->path->service[0].name, PATH_NAME_MAX, "phone");
	kit_tell(&k, near);
	wide->f.n_children = 1;
	assert_int_equal(ip_parse("198.51.100.6", &wide->f.children[0]), 0);
	kit_tell(&k, wide);
	kit_logged(&k, "+2460 new dave mail n4\n+2460 new dave mail n5\n");
	assert_int_equal(duty_acknowledge(k.d, "n4", "dave", k.now_us), 0);
	assert_int_equal(duty_acknowledge(k.d, "n5", "dave", k.now_us), 0);
	/* Behind its end silence is followed by the shift. */
	kit_until(&k, T0 + 51 * MIN);
	kit_logged(&k, "+3000 escalated alice mail n1\n+3060 escalated alice mail n2\n");
	kit_close(&k);
}

static void test_event_watch(void **state)
{
	static const char events[] = "country: JP\nevents: [{id: day, kind: anniversary, from: "
				     "2001-08-15, yearly: yes, ahead: 1d, name: x}]\n";
	_cleanup_text_ struct text yaml = TEXT_NULL, errors = TEXT_NULL;
	_cleanup_calendar_ struct calendar *calendar = calendar_new();
	_cleanup_incident_ struct incident *inc = NULL;
	const char *cut = strstr(kit_yaml, "heightened:");
	struct kit k;

	assert_int_equal(calendar_read(calendar, "c", events, strlen(events), &errors), 0);
	text_add_n(&yaml, kit_yaml, (size_t)(cut - kit_yaml));
	text_add(&yaml, "heightened: [{name: day, event: day, page_from: 3}]\n");
	kit_open_with(&k, text_str(&yaml));
	duty_reconf(k.d, k.conf, calendar);
	/* 2008-08-14T00:00Z is a day ahead of the event. */
	inc = kit_incident("n1", 6, T0, T0 + 60 * S);
	kit_tell(&k, inc);
	kit_until(&k, T0 + 5 * 1440 * MIN + 719 * MIN);
	kit_tell(&k, inc);
	kit_logged(&k, "");
	kit_until(&k, T0 + 5 * 1440 * MIN + 720 * MIN);
	kit_logged(&k, "+475200 new carol program n1\n");
	kit_close(&k);
}

static void test_nobody(void **state)
{
	_cleanup_text_ struct text yaml = TEXT_NULL;
	const char *cut = strstr(kit_yaml, "  escalation:");
	_cleanup_incident_ struct incident *inc = kit_incident("n1", 1, T0, T0 + 60 * S);
	int64_t six_pm = T0 + 21 * 60 * MIN; /* of the next day in Tokyo */
	struct kit k;

	text_add_n(&yaml, kit_yaml, (size_t)(cut - kit_yaml));
	text_add(&yaml, "  mail: {server: \"smtp://127.0.0.1:25\", from: noroshi@example.net}\n");
	kit_open_with(&k, text_str(&yaml));
	k.now_us = T0 + 180 * MIN; /* midnight: no shift */
	kit_times(inc, 12);
	kit_tell(&k, inc);
	kit_logged(&k, "");
	assert_int_equal(k.changed, 1); /* said once */
	assert_int_equal(kit_alarm(&k, "n1")->state, ALARM_HELD);
	assert_int_equal(kit_alarm(&k, "n1")->mute, MUTE_NOT);
	kit_tell(&k, inc);
	assert_int_equal(k.changed, 0);
	assert_true(duty_next_us(k.d) == six_pm);
	kit_until(&k, six_pm);
	kit_logged(&k, "+75600 new alice mail n1\n");
	kit_close(&k);
}

static void test_faults(void **state)
{
	struct kit k;
	struct fault f = {FAULT_EXPORTER_LOSS, "border-1", 3, T0 - 30 * S, false};
	char first[ALARM_ID_MAX];
	struct fault over = f;

	over.over = true;
	kit_open(&k);
	assert_int_equal(duty_fault(k.d, &over, T0), 0); /* of what was never told */
	assert_int_equal(duty_fault(k.d, &f, T0), 0);
	kit_take(&k);
	/* A 3, and paged all the same. */
	kit_logged(&k, "+0 new alice mail exporter_loss/border-1@1218196770\n");
	f.figure = 7;
	assert_int_equal(duty_fault(k.d, &f, T0 + S), 0);
	kit_take(&k);
	assert_int_equal(k.changed, 0);
	alarm_id(ALARM_FAULT, "exporter_loss/border-1@1218196770", first);
	assert_int_equal(duty_acknowledge(k.d, first, "bob", T0 + 2 * S), 0);
	/* Over and back within ten minutes: the same, and bob has it. */
	kit_until(&k, T0 + 5 * MIN);
	assert_int_equal(duty_fault(k.d, &over, k.now_us), 0);
	assert_int_equal(duty_alarm(k.d, first)->state, ALARM_ENDED);
	f.since_us = over.since_us = T0 + 14 * MIN;
	kit_until(&k, T0 + 15 * MIN - 1);
	assert_int_equal(duty_fault(k.d, &f, k.now_us), 0);
	assert_int_equal(duty_alarm(k.d, first)->state, ALARM_ACKNOWLEDGED);
	assert_int_equal(duty_fault(k.d, &over, k.now_us), 0);
	kit_until(&k, T0 + 40 * MIN);
	kit_logged(&k, "");
	/* Later it is another one, with a page of its own. */
	f.since_us = k.now_us - S;
	assert_int_equal(duty_fault(k.d, &f, k.now_us), 0);
	kit_take(&k);
	kit_logged(&k, "+2400 new alice mail exporter_loss/border-1@1218199199\n");
	kit_close(&k);
}

/* Nothing reached whoever was paged: the next is asked, and nobody twice for that. */
static void test_unreached(void **state)
{
	struct kit k;
	_cleanup_incident_ struct incident *inc = kit_incident("n1", 1, T0, T0 + 60 * S);
	const struct alarm *a;

	kit_open(&k);
	kit_times(inc, 12);
	kit_tell(&k, inc);
	a = kit_alarm(&k, "n1");
	kit_logged(&k, "+0 new alice mail n1\n");
	assert_int_equal(duty_unreached(k.d, a->id, 2, T0 + S), 0); /* of another step */
	kit_take(&k);
	kit_logged(&k, "");
	k.now_us = T0 + 2 * S;
	assert_int_equal(duty_unreached(k.d, a->id, 1, k.now_us), 0);
	kit_take(&k);
	kit_logged(&k, "+2 escalated bob mail n1\n");
	assert_int_equal(duty_unreached(k.d, a->id, 2, k.now_us), 0);
	kit_take(&k);
	kit_logged(&k, "+2 escalated carol program n1\n");
	assert_int_equal(duty_unreached(k.d, a->id, 3, k.now_us), 0); /* there is nobody else */
	kit_take(&k);
	kit_logged(&k, "");
	kit_until(&k, T0 + 9 * MIN);
	kit_logged(&k, "");
	assert_int_equal(duty_unreached(k.d, "wnone", 1, k.now_us), 0);
	kit_close(&k);
}

/* That a way to somebody does not work is told to the others first. */
static void test_dead_channel(void **state)
{
	struct kit k;
	struct fault f = {FAULT_CHANNEL, "alice mail", 3, T0, false};

	kit_open(&k);
	assert_int_equal(duty_fault(k.d, &f, T0), 0);
	kit_take(&k);
	kit_logged(&k, "+0 new bob mail channel/alice mail@1218196800\n");
	kit_close(&k);
}

/* An end that lies ahead was told by another clock: what begins now is another one. */
static void test_fault_after_the_clock_went_back(void **state)
{
	struct kit k;
	struct fault f = {FAULT_EXPORTER_SILENT, "border-1", 30, T0 + 9 * 60 * MIN, false};

	kit_open(&k);
	k.now_us = f.since_us;
	assert_int_equal(duty_fault(k.d, &f, k.now_us), 0);
	f.over = true;
	assert_int_equal(duty_fault(k.d, &f, k.now_us), 0);
	kit_take(&k);
	text_clear(&k.log);
	f.over = false;
	f.since_us = k.now_us = T0;
	assert_int_equal(duty_fault(k.d, &f, k.now_us), 0);
	kit_take(&k);
	kit_logged(&k, "+0 new alice mail exporter_silent/border-1@1218196800\n");
	kit_close(&k);
}

static void test_own_faults_in_maintenance(void **state)
{
	_cleanup_text_ struct text yaml = TEXT_NULL;
	const char *cut = strstr(kit_yaml, "maintenance:");
	struct fault mine = {FAULT_DISK_FULL, "", 1e6, T0, false};
	struct fault theirs = {FAULT_EXPORTER_SILENT, "border-1", 45, T0, false};
	struct kit k;

	/* Work on the whole network is no excuse for our own disk. */
	text_add_n(&yaml, kit_yaml, (size_t)(cut - kit_yaml));
	text_add(&yaml, "maintenance: [{from: \"2008-08-08T12:00:00Z\", until: "
			"\"2008-08-08T12:20:00Z\"}]\n");
	kit_open_with(&k, text_str(&yaml));
	assert_int_equal(duty_fault(k.d, &mine, T0), 0);
	assert_int_equal(duty_fault(k.d, &theirs, T0), 0);
	kit_take(&k);
	kit_logged(&k, "+0 new alice mail disk_full/@1218196800\n");
	kit_close(&k);
}

static void test_over_before_told(void **state)
{
	struct kit k;
	_cleanup_incident_ struct incident *inc = kit_incident("n1", 1, T0, T0 + 60 * S);

	kit_open(&k);
	kit_times(inc, 12);
	inc->f.state = FINDING_CLOSED;
	k.now_us = T0 + 10 * MIN;
	kit_tell(&k, inc);
	kit_logged(&k, "");
	assert_int_equal(kit_alarm(&k, "n1")->state, ALARM_ENDED);
	assert_int_equal(kit_alarm(&k, "n1")->severity, 2);
	snprintf(inc->id, sizeof(inc->id), "n2");
	k.now_us = T0 + 3000 * MIN;
	kit_tell(&k, inc); /* of days ago: not even that */
	assert_null(duty_alarm(k.d, "n2"));
	kit_close(&k);
}

static void test_caps(void **state)
{
	_cleanup_text_ struct text yaml = TEXT_NULL;
	struct kit k;
	char id[INCIDENT_ID_MAX];

	text_add(&yaml, kit_yaml);
	text_add(&yaml, "limits: {incidents_open: 10}\n");
	kit_open_with(&k, text_str(&yaml));
	for (unsigned i = 0; i < 1100; i++) {
		_cleanup_incident_ struct incident *inc = NULL;

		snprintf(id, sizeof(id), "n%u", i);
		inc = kit_incident(id, 9, T0, T0 + 60 * S);
		kit_over(inc, "border-1", "");
		inc->f.n_links = 0;
		kit_tell(&k, inc);
	}
	assert_true(duty_turned_away(k.d) == 1100 - 1034);
	assert_null(duty_alarm(k.d, "n1099"));
	/* What is over gives way. */
	for (unsigned i = 0; i < 2; i++) {
		_cleanup_incident_ struct incident *inc =
			kit_incident(i ? "n1099" : "n7", 9, T0, T0 + 60 * S);

		inc->f.state = i ? FINDING_OPEN : FINDING_CLOSED;
		kit_tell(&k, inc);
	}
	assert_non_null(duty_alarm(k.d, "n1099"));
	assert_null(duty_alarm(k.d, "n7"));
	kit_close(&k);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_page),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_pause_is_bounded),
		cmocka_unit_test(test_acknowledge),
		cmocka_unit_test(test_snooze),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_bursts_fold),
		cmocka_unit_test(test_severity_mutes),
		cmocka_unit_test(test_prefix_of_several),
		cmocka_unit_test(test_maintenance),
		cmocka_unit_test(test_maintenance_ends_in_it),
		cmocka_unit_test(test_suppression),
		cmocka_unit_test(test_suppressed_target),
		cmocka_unit_test(test_known_test),
		cmocka_unit_test(test_marked_false),
		cmocka_unit_test(test_heightened),
		cmocka_unit_test(test_event_watch),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_unreached),
		cmocka_unit_test(test_dead_channel),
		cmocka_unit_test(test_fault_after_the_clock_went_back),
		cmocka_unit_test(test_own_faults_in_maintenance),
		cmocka_unit_test(test_over_before_told),
		cmocka_unit_test(test_caps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
