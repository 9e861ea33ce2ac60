/* SPDX-License-Identifier: ISC */
/*
 * Proves what a brief says of each kind of incident, fault and storm, by golden files with both
 * languages; that it stays within its length whatever has to be left out; and that every sentence
 * is in the JSON.
 */
#include "duty/test_brief_kit.h"

#include "duty/brief.h"
#include "duty/brief_words.h"
#include "duty/words.h"

struct scene {
	struct conf *conf;
	struct incident *inc;
	struct severity severity;
	struct alarm alarm;
	struct brief_input in;
};

static void scene_make(struct scene *s, struct incident *inc, enum alarm_state state)
{
	memset(s, 0, sizeof(*s));
	s->conf = kit_conf();
	s->inc = inc;
	kit_severity(inc, s->conf, &s->severity);
	kit_alarm(&s->alarm, ALARM_INCIDENT, inc->id, state);
	s->alarm.severity = s->severity.level;
	s->alarm.opened_us = inc->f.first_us;
	s->alarm.paged_us = inc->f.first_us + 60 * US_PER_S;
	snprintf(s->alarm.paged, sizeof(s->alarm.paged), "Sato");
	if (state == ALARM_ACKNOWLEDGED || state == ALARM_SNOOZED)
		snprintf(s->alarm.owner, sizeof(s->alarm.owner), "Sato");
	s->in = (struct brief_input){.incident = inc,
				     .alarm = &s->alarm,
				     .severity = &s->severity,
				     .conf = s->conf,
				     .measures = &kit_no_measures,
				     .desk_known = true,
				     .zone = ZONE,
				     .now_us = NOW_US};
}

static void scene_end(struct scene *s)
{
	incident_free(s->inc);
	conf_unref(s->conf);
}

static void both(const struct brief_input *from, struct text *out)
{
	struct brief_input in = *from;

	for (int ja = 0; ja < 2; ja++) {
		_cleanup_brief_ struct brief b = {0};
		_cleanup_text_ struct text t = TEXT_NULL;

		in.ja = ja;
		brief_make(&in, &b);
		brief_text(&b, ja, &t);
		assert_true(ja ? page_characters(text_str(&t)) <= BRIEF_CHARACTERS_MAX
			       : words_words(text_str(&t)) <= BRIEF_WORDS_MAX);
		assert_int_equal(b.withheld, 0);
		text_printf(out, "%s%s\n", ja ? "\n" : "", text_str(&t));
	}
}

static void golden(const char *name, struct scene *s)
{
	_cleanup_text_ struct text out = TEXT_NULL;

	both(&s->in, &out);
	golden_is(name, text_str(&out));
	scene_end(s);
}

static void test_syn_flood(void **state)
{
	struct scene s;

	scene_make(&s, kit_syn_flood(), ALARM_ACKNOWLEDGED);
	golden("brief-syn-flood", &s);
}

/* The case it is part of, and one that it may be part of. */
static void test_case(void **state)
{
	struct desk_belongs where = {.case_id = "c0123456789ab"};
	_cleanup_text_ struct text out = TEXT_NULL;
	struct scene s;

	scene_make(&s, kit_syn_flood(), ALARM_ACKNOWLEDGED);
	s.in.belongs = &where;
	both(&s.in, &out);
	where.proposed = true;
	where.match.score = MATCH_VERY_LIKELY;
	snprintf(where.incident, sizeof(where.incident), "%s", s.inc->id);
	text_add(&out, "\n");
	both(&s.in, &out);
	golden_is("brief-case", text_str(&out));
	scene_end(&s);
}

/* Every standing of a measure, one paragraph after the other. */
static void test_measures(void **state)
{
	struct duty_measure m[2], made[8];
	struct duty_measures all = {.list = m, .n = 1};
	_cleanup_text_ struct text out = TEXT_NULL;
	struct scene s;

	scene_make(&s, kit_syn_flood(), ALARM_ACKNOWLEDGED);
	s.in.measures = &all;
	for (size_t i = 0; i < ARRAY_LEN(made); i++)
		made[i] = kit_duty_measure(s.inc, MEANS_BLACKHOLE);
	made[0].standing = STANDING_WAITS;
	made[1].standing = STANDING_BEGINS;
	made[2].sign_by_us = AGO_MIN(-20);
	kit_measured(&made[3], 650000000, 12000000);
	made[4].means = MEANS_FILTER;
	kit_measured(&made[4], 650000000, 610000000);
	made[5].standing = STANDING_ENDS;
	kit_ended(&made[6], "Sato");
	kit_ended(&made[7], "");
	made[7].failed = true;
	for (size_t i = 0; i < ARRAY_LEN(made); i++) {
		m[0] = made[i];
		both(&s.in, &out);
		text_add(&out, "\n");
	}
	all.n = 2;
	m[0] = made[4];
	m[1] = made[3];
	m[1].lift = true;
	both(&s.in, &out);
	text_add(&out, "\n");
	s.in.measures = NULL;
	both(&s.in, &out);
	golden_is("brief-measures", text_str(&out));
	scene_end(&s);
}

static bool brief_says(const struct scene *s, const char *what)
{
	_cleanup_text_ struct text out = TEXT_NULL;

	both(&s->in, &out);
	return strstr(text_str(&out), what);
}

/* What silenced it may have come behind a page; without a reason there was nobody. */
static void test_silenced(void **state)
{
	struct scene s;

	scene_make(&s, kit_syn_flood(), ALARM_HELD);
	assert_true(brief_says(&s, "Nobody was paged: nobody is on call."));
	s.alarm.mute = MUTE_FALSE;
	assert_true(brief_says(&s, "Nobody was paged: marked as no attack."));
	s.alarm.step = 2;
	assert_true(
		brief_says(&s, "Sato was paged at 02:32 JST; silent since: marked as no attack."));
	assert_true(brief_says(
		&s, "Sato を 02:32 JST に呼び出し、以後は停止（攻撃ではないと記録済み）。"));
	assert_false(brief_says(&s, "No courier runs"));
	s.in.courier_gone = true;
	assert_true(brief_says(&s, "No courier runs: nobody is paged now."));
	scene_end(&s);
}

/* One that nobody approved has done nothing; those against others are not spoken of. */
static void test_no_measure(void **state)
{
	struct duty_measure m[2];
	struct duty_measures all = {.list = m, .n = 2};
	_cleanup_text_ struct text out = TEXT_NULL;
	struct scene s;

	scene_make(&s, kit_syn_flood(), ALARM_ACKNOWLEDGED);
	s.in.measures = &all;
	m[0] = m[1] = kit_duty_measure(s.inc, MEANS_BLACKHOLE);
	m[0].begun_us = TIME_NONE;
	kit_ended(&m[0], "");
	snprintf(m[1].incident, sizeof(m[1].incident), "n000000000001");
	both(&s.in, &out);
	assert_non_null(strstr(text_str(&out), "noroshi has taken no measure."));
	assert_non_null(strstr(text_str(&out), "noroshi の措置なし。"));
	scene_end(&s);
}

static void test_carpet(void **state)
{
	struct scene s;

	scene_make(&s, kit_carpet(), ALARM_PAGED);
	golden("brief-carpet", &s);
}

static void test_amplified(void **state)
{
	struct scene s;

	scene_make(&s, kit_amplified(), ALARM_PAGED);
	golden("brief-amplified", &s);
}

static void test_lost_sight(void **state)
{
	struct incident *inc = kit_amplified();
	struct scene s;

	inc->f.state = FINDING_LOST_SIGHT;
	inc->f.last_us = AGO_MIN(4);
	scene_make(&s, inc, ALARM_ACKNOWLEDGED);
	golden("brief-lost-sight", &s);
}

static void test_unprotected(void **state)
{
	struct incident *inc = kit_incident("203.0.113.5", "", AGO_MIN(3));
	struct scene s;

	finding_vector(&inc->f, VECTOR_UDP_FLOOD, 0, true, 900000, 500);
	kit_peak(inc, 310000000, 78000);
	kit_done(inc);
	scene_make(&s, inc, ALARM_HELD);
	s.alarm.mute = MUTE_SEVERITY;
	s.alarm.paged[0] = '\0';
	golden("brief-unprotected", &s);
}

static void test_scan(void **state)
{
	struct incident *inc = kit_incident("198.51.100.0/24", "", AGO_MIN(20));
	struct scene s;

	inc->f.kind = FINDING_SCAN;
	finding_vector(&inc->f, VECTOR_SYN_FLOOD, 0, false, 30000, 46);
	kit_peak(inc, 1300000, 3500);
	inc->f.hosts_hit = 254;
	inc->f.sources.count = 1;
	inc->f.sources.count_exact = true;
	kit_done(inc);
	scene_make(&s, inc, ALARM_HELD);
	s.alarm.mute = MUTE_SEVERITY;
	s.alarm.paged[0] = '\0';
	golden("brief-scan", &s);
}

static void test_outgoing(void **state)
{
	struct incident *inc = kit_incident("233.252.0.9", "", AGO_MIN(65));
	struct scene s;

	inc->f.direction = DIRECTION_OUT;
	finding_vector(&inc->f, VECTOR_SYN_FLOOD, 0, true, 900000, 46);
	kit_peak(inc, 190000000, 512000);
	inc->f.sources.count = 37;
	inc->f.sources.count_exact = true;
	inc->kinds.n = 1;
	inc->kinds.part[0] =
		(struct source_part){.kind = KIND_CUSTOMERS, .share = 1, .listed_us = TIME_NONE};
	kit_done(inc);
	scene_make(&s, inc, ALARM_ACKNOWLEDGED);
	golden("brief-outgoing", &s);
}

static void test_sampling_unknown(void **state)
{
	struct incident *inc = kit_syn_flood();
	struct scene s;

	inc->f.sampling_known = false;
	inc->f.blind_at_least = true;
	inc->line_bps = 0;
	kit_gap(inc, AGO_MIN(30), AGO_MIN(26));
	scene_make(&s, inc, ALARM_SNOOZED);
	s.alarm.snoozed_until_us = NOW_US + 1800 * US_PER_S;
	golden("brief-sampling-unknown", &s);
}

static void test_pulses(void **state)
{
	struct incident *inc = kit_syn_flood();
	struct scene s;

	inc->f.pulses = 300;
	inc->f.state = FINDING_QUIET;
	inc->f.last_us = AGO_MIN(2);
	inc->f.first_us = AGO_MIN(60 * 25);
	scene_make(&s, inc, ALARM_ACKNOWLEDGED);
	golden("brief-pulses", &s);
}

static void test_closed(void **state)
{
	struct scene s;

	scene_make(&s, kit_closed(), ALARM_ENDED);
	snprintf(s.alarm.owner, sizeof(s.alarm.owner), "Sato");
	golden("brief-closed", &s);
}

/* A verdict that is not likely is none; a line that is not known is not guessed. */
static void test_unsure(void **state)
{
	struct scene s;
	_cleanup_brief_ struct brief b = {0};

	scene_make(&s, kit_syn_flood(), ALARM_PAGED);
	s.inc->spoofing.confidence = 0.79;
	brief_make(&s.in, &b);
	assert_non_null(strstr(text_str(&b.sentence[BRIEF_FROM]), "not clear"));
	assert_null(strstr(text_str(&b.sentence[BRIEF_FROM]), "likely"));
	scene_end(&s);
}

static void test_marks(void **state)
{
	struct incident *inc = kit_syn_flood();
	struct scene s;

	inc->drill = inc->known_test = true;
	scene_make(&s, inc, ALARM_HELD);
	s.alarm.mute = MUTE_TEST;
	s.in.is_false = true;
	golden("brief-marks", &s);
}

/* A link as the target, no desk, nothing judged. */
static void test_bare(void **state)
{
	struct incident *inc = kit_incident("198.51.100.7", "", TIME_NONE);
	struct scene s;

	inc->f.level = LEVEL_LINK;
	memset(&inc->f.target, 0, sizeof(inc->f.target));
	inc->f.last_us = TIME_NONE;
	snprintf(inc->target_link.exporter, sizeof(inc->target_link.exporter), "border-1");
	inc->target_link.input = 1;
	inc->f.n_links = 1;
	inc->links[0] = (struct incident_link){"border-1", "transit-a", 1, 1, 1, 1, 0};
	kit_peak(inc, 0, 0);
	inc->f.sources.count = 0;
	inc->f.blind_pps = 0;
	snprintf(inc->id, sizeof(inc->id), "n000000000001");
	scene_make(&s, inc, ALARM_HELD);
	s.in.alarm = NULL;
	s.in.severity = NULL;
	s.in.conf = NULL;
	s.in.desk_known = false;
	golden("brief-bare", &s);
}

static void test_faults(void **state)
{
	_cleanup_text_ struct text out = TEXT_NULL;
	struct conf *conf = kit_conf();

	for (unsigned k = 0; k < FAULT_KINDS; k++) {
		struct fault f = {.kind = (enum fault_kind)k, .figure = 45, .since_us = AGO_MIN(2)};
		struct alarm a;
		char ref[FAULT_REF_MAX];
		struct brief_input in = {.fault = k % 2 ? &f : NULL,
					 .alarm = &a,
					 .conf = conf,
					 .desk_known = true,
					 .zone = ZONE,
					 .now_us = NOW_US};

		snprintf(f.subject, sizeof(f.subject), "border-1");
		kit_alarm(&a, ALARM_FAULT, fault_ref(&f, ref),
			  k % 3 ? ALARM_ACKNOWLEDGED : ALARM_PAGED);
		a.opened_us = f.since_us;
		a.paged_us = f.since_us + 30 * US_PER_S;
		snprintf(a.paged, sizeof(a.paged), "Sato");
		snprintf(a.owner, sizeof(a.owner), k % 3 ? "Lee" : "");
		both(&in, &out);
	}
	golden_is("brief-faults", text_str(&out));
	conf_unref(conf);
}

static void test_storm(void **state)
{
	_cleanup_text_ struct text out = TEXT_NULL;
	struct alarm a;
	struct brief_input in = {.alarm = &a, .desk_known = true, .zone = ZONE, .now_us = NOW_US};

	kit_alarm(&a, ALARM_STORM, "w000000000001@1", ALARM_PAGED);
	a.members = 12;
	a.opened_us = AGO_MIN(1);
	both(&in, &out);
	golden_is("brief-storm", text_str(&out));
}

/* Names as long as they may be: sentences go by their rank, the first stays. */
static void test_no_room(void **state)
{
	struct incident *inc = kit_amplified();
	struct scene s;

	for (unsigned i = 0; i < inc->path->n_lost; i++)
		memset(inc->path->lost[i].object, 'x', PATH_NAME_MAX - 1);
	memset(inc->path->service[0].name, 'y', PATH_NAME_MAX - 1);
	memset(inc->object, 'z', sizeof(inc->object) - 1);
	scene_make(&s, inc, ALARM_PAGED);
	for (int ja = 0; ja < 2; ja++) {
		_cleanup_brief_ struct brief b = {0};
		_cleanup_text_ struct text t = TEXT_NULL;

		s.in.ja = ja;
		brief_make(&s.in, &b);
		brief_text(&b, ja, &t);
		assert_true(b.left_out[BRIEF_FROM] || !ja);
		assert_false(b.left_out[BRIEF_WHAT]);
		assert_true(ja ? page_characters(text_str(&t)) <= BRIEF_CHARACTERS_MAX
			       : words_words(text_str(&t)) <= BRIEF_WORDS_MAX);
	}
	scene_end(&s);
}

static void test_json(void **state)
{
	_cleanup_brief_ struct brief b = {0};
	struct scene s;
	json_t *o;

	scene_make(&s, kit_amplified(), ALARM_PAGED);
	brief_make(&s.in, &b);
	o = brief_json(&s.in, &b);
	assert_non_null(o);
	assert_string_equal(json_string_value(json_object_get(o, "id")), s.inc->id);
	assert_string_equal(json_string_value(json_object_get(o, "kind")), "incident");
	assert_string_equal(json_string_value(json_object_get(o, "alarm")), s.alarm.id);
	assert_int_equal(json_integer_value(json_object_get(o, "severity")), s.severity.level);
	assert_int_equal(json_array_size(json_object_get(o, "sentences")), 8);
	assert_non_null(strstr(json_string_value(json_object_get(o, "text")), "shop"));
	json_decref(o);
	scene_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_case),	    cmocka_unit_test(test_measures),
		cmocka_unit_test(test_no_measure),  cmocka_unit_test(test_silenced),
		cmocka_unit_test(test_syn_flood),   cmocka_unit_test(test_carpet),
		cmocka_unit_test(test_amplified),   cmocka_unit_test(test_lost_sight),
		cmocka_unit_test(test_unprotected), cmocka_unit_test(test_scan),
		cmocka_unit_test(test_outgoing),    cmocka_unit_test(test_sampling_unknown),
		cmocka_unit_test(test_pulses),	    cmocka_unit_test(test_closed),
		cmocka_unit_test(test_marks),	    cmocka_unit_test(test_bare),
		cmocka_unit_test(test_faults),	    cmocka_unit_test(test_storm),
		cmocka_unit_test(test_unsure),	    cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
