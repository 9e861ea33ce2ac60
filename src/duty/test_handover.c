/* SPDX-License-Identifier: ISC */
/*
 * Proves the handover's page: golden in both languages for an empty desk, a full one, without
 * desk.db, without watch.db and with faults; no line wider than 72 columns, one page of 66 lines;
 * and that what does not fit is counted.
 */
#include "duty/test_brief_kit.h"

#include "duty/handover.h"

#define LINES_MAX 66
#define MANY	  40

struct scene {
	struct conf *conf;
	struct incident *inc[MANY];
	struct handover_incident row[MANY];
	struct alarm alarm[2 * MANY];
	struct suppression suppression[6];
	struct handover_change change[16];
	struct duty_measure measure[MANY];
	struct duty_measures measures;
	char id[MANY][INCIDENT_ID_MAX];
	struct handover_input in;
};

static struct scene *scene_new(void)
{
	struct scene *s = calloc(1, sizeof(*s));

	s->conf = kit_conf();
	s->in = (struct handover_input){.conf = s->conf,
					.zone = ZONE,
					.now_us = NOW_US,
					.since_us = AGO_MIN(372),
					.watch_known = true,
					.conf_known = true,
					.desk_known = true,
					.incidents = s->row,
					.alarms = s->alarm,
					.suppressions = s->suppression,
					.changes = s->change,
					.measures = &s->measures};
	s->measures.list = s->measure;
	return s;
}

static void scene_free(struct scene *s)
{
	for (unsigned i = 0; i < s->in.n_incidents; i++)
		incident_free(s->inc[i]);
	conf_unref(s->conf);
	free(s);
}

static struct alarm *add(struct scene *s, struct incident *inc, enum alarm_state state)
{
	struct severity severity;
	struct alarm *a = &s->alarm[s->in.n_alarms++];
	unsigned n = s->in.n_incidents++;

	kit_severity(inc, s->conf, &severity);
	kit_alarm(a, ALARM_INCIDENT, inc->id, state);
	a->severity = severity.level;
	a->opened_us = inc->f.first_us;
	snprintf(a->object, sizeof(a->object), "%s", inc->object);
	if (state == ALARM_PAGED) {
		snprintf(a->paged, sizeof(a->paged), "Sato");
		a->paged_us = inc->f.first_us + 60 * US_PER_S;
		a->next_us = NOW_US + 300 * US_PER_S;
	}
	if (state == ALARM_ACKNOWLEDGED)
		snprintf(a->owner, sizeof(a->owner), "Sato");
	snprintf(s->id[n], sizeof(s->id[n]), "%s", inc->id);
	s->inc[n] = inc;
	s->row[n] =
		(struct handover_incident){.incident = inc, .alarm = a, .severity = severity.level};
	return a;
}

static void add_fault(struct scene *s, enum fault_kind kind, const char *subject,
		      enum alarm_state state)
{
	struct alarm *a = &s->alarm[s->in.n_alarms++];
	struct fault f = {.kind = kind, .since_us = AGO_MIN(7)};
	char ref[FAULT_REF_MAX];

	snprintf(f.subject, sizeof(f.subject), "%s", subject);
	kit_alarm(a, ALARM_FAULT, fault_ref(&f, ref), state);
	a->severity = fault_severity(kind);
	a->opened_us = f.since_us;
	snprintf(a->paged, sizeof(a->paged), "Tanaka");
	a->paged_us = f.since_us + 30 * US_PER_S;
}

static void page_holds(const char *text)
{
	unsigned lines = 0;

	while (*text) {
		size_t n = strcspn(text, "\n");
		char line[1024];

		assert_true(n < sizeof(line));
		memcpy(line, text, n);
		line[n] = '\0';
		if (text_width(line) > 72)
			fail_msg("too wide: \"%s\"", line);
		if (n && line[n - 1] == ' ')
			fail_msg("ends in a space: \"%s\"", line);
		lines++;
		text += n + (text[n] == '\n');
	}
	if (lines > LINES_MAX)
		fail_msg("%u lines", lines);
}

static void golden(const char *name, struct scene *s)
{
	_cleanup_text_ struct text all = TEXT_NULL;

	for (int ja = 0; ja < 2; ja++) {
		_cleanup_text_ struct text t = TEXT_NULL;

		s->in.ja = ja;
		assert_int_equal(handover_text(&s->in, &t), 0);
		page_holds(text_str(&t));
		text_printf(&all, "%s%s", ja ? "\n----\n\n" : "", text_str(&t));
	}
	golden_is(name, text_str(&all));
	scene_free(s);
}

static void test_empty(void **state)
{
	struct scene *s = scene_new();

	conf_unref(s->conf);
	s->in.conf = s->conf = conf_default();
	golden("handover-empty", s);
}

static void fill(struct scene *s)
{
	struct incident *lost = kit_amplified(), *found_false;

	add(s, kit_syn_flood(), ALARM_ACKNOWLEDGED);
	add(s, kit_carpet(), ALARM_PAGED);
	lost->f.state = FINDING_LOST_SIGHT;
	add(s, lost, ALARM_PAGED);
	add(s, kit_closed(), ALARM_ENDED);
	found_false = kit_incident("203.0.113.5", "", AGO_MIN(200));
	kit_done(found_false);
	add(s, found_false, ALARM_HELD)->mute = MUTE_FALSE;
	s->row[4].is_false = true;
	s->suppression[0] = (struct suppression){.id = "x000000000001",
						 .object = "mail",
						 .vector = "udp_flood",
						 .from_us = AGO_MIN(60),
						 .until_us = NOW_US + 7200 * US_PER_S,
						 .reason = "load test of the customer",
						 .actor = "Tanaka",
						 .lifted_us = TIME_NONE};
	s->suppression[1] = (struct suppression){.id = "x000000000002",
						 .until_us = NOW_US + 90000 * US_PER_S,
						 .lifted_us = TIME_NONE};
	s->in.n_suppressions = 2;
	s->change[0] = (struct handover_change){ACT_WORSE, AGO_MIN(80), s->id[2], "shop", ""};
	s->change[1] = (struct handover_change){ACT_MARKED, AGO_MIN(70), s->id[4], "", "Sato"};
	s->change[2] = (struct handover_change){ACT_SUPPRESSED, AGO_MIN(60), "x000000000001",
						"mail", "Tanaka"};
	s->in.n_changes = 3;
	s->in.held[MUTE_SHORT] = 12;
	s->in.held[MUTE_SEVERITY] = 3;
	s->in.held[MUTE_STORM] = 1;
}

static void test_full(void **state)
{
	struct scene *s = scene_new();

	fill(s);
	golden("handover-full", s);
}

static void test_cases(void **state)
{
	struct scene *s = scene_new();

	fill(s);
	snprintf(s->row[0].belongs.case_id, DESK_ID_MAX, "c0123456789ab");
	s->row[1].belongs = (struct desk_belongs){
		.case_id = "cba9876543210", .proposed = true, .match = {.score = MATCH_LIKELY}};
	snprintf(s->row[1].belongs.incident, INCIDENT_ID_MAX, "%s", s->id[1]);
	golden("handover-cases", s);
}

static struct duty_measure *add_measure(struct scene *s, unsigned incident, enum duty_means means)
{
	struct duty_measure *m = &s->measure[s->measures.n++];

	*m = kit_duty_measure(s->inc[incident], means);
	snprintf(m->id, sizeof(m->id), "m%012u", s->measures.n);
	return m;
}

static void test_measures(void **state)
{
	struct scene *s = scene_new();

	fill(s);
	kit_measured(add_measure(s, 0, MEANS_BLACKHOLE), 650000000, 0);
	s->measure[0].lift = true;
	kit_measured(add_measure(s, 1, MEANS_FILTER), 5900000000, 4100000000);
	add_measure(s, 2, MEANS_LIMIT)->sign_by_us = AGO_MIN(-20);
	add_measure(s, 3, MEANS_COMMUNITY)->standing = STANDING_WAITS;
	s->measure[3].sign_by_us = AGO_MIN(-9);
	kit_ended(add_measure(s, 0, MEANS_FILTER), "Sato");
	kit_measured(add_measure(s, 3, MEANS_DIVERSION), 10000000, 3000000);
	s->in.freeze = (struct handover_freeze){true, "Lee", "the log is looked at", AGO_MIN(31)};
	s->change[3] =
		(struct handover_change){ACT_BEGUN, AGO_MIN(10), "m000000000001", "shop", ""};
	s->change[4] =
		(struct handover_change){ACT_ENDED, AGO_MIN(2), "m000000000005", "shop", "Sato"};
	s->in.n_changes = 5;
	s->in.forged = 1;
	golden("handover-measures", s);
}

static void test_measures_json(void **state)
{
	struct scene *s = scene_new();
	json_t *o, *list, *m;

	fill(s);
	kit_measured(add_measure(s, 0, MEANS_BLACKHOLE), 650000000, 0);
	kit_ended(add_measure(s, 0, MEANS_FILTER), "Sato");
	o = handover_json(&s->in);
	list = json_object_get(o, "measures");
	assert_int_equal(json_array_size(list), 1); /* what is over stands in the changes */
	m = json_array_get(list, 0);
	assert_string_equal(json_string_value(json_object_get(m, "means")), "blackhole");
	assert_string_equal(json_string_value(json_object_get(m, "standing")), "in_force");
	assert_int_equal(json_integer_value(json_object_get(m, "minutes_left")), 28);
	assert_true(json_is_true(json_object_get(m, "holds")));
	assert_true(json_is_null(json_object_get(m, "sign_by")));
	json_decref(o);
	s->in.measures = NULL; /* not known is not none */
	o = handover_json(&s->in);
	assert_true(json_is_null(json_object_get(o, "measures")));
	json_decref(o);
	scene_free(s);
}

/* An item's later lines are read as one with its first. */
static bool page_says(struct scene *s, const char *what)
{
	_cleanup_text_ struct text t = TEXT_NULL, line = TEXT_NULL;

	handover_text(&s->in, &t);
	for (size_t i = 0; i < t.len; i++) {
		bool goes_on = t.s[i] == '\n' && strncmp(t.s + i, "\n    ", 5) == 0;

		text_add_n(&line, goes_on ? " " : &t.s[i], 1);
		i += goes_on ? 4 : 0;
	}
	return strstr(text_str(&line), what);
}

/* Nobody is paged by nobody: it is said, and no next page is promised. */
static void test_no_courier(void **state)
{
	struct scene *s = scene_new();

	fill(s);
	assert_false(page_says(s, "NO COURIER RUNS"));
	assert_true(page_says(s, "the next one at"));
	s->row[0].alarm = NULL;
	s->in.courier_gone = true;
	assert_true(page_says(s, "NO COURIER RUNS: nobody is paged."));
	assert_false(page_says(s, "the next one at"));
	assert_true(page_says(s, ": no alarm was raised."));
	s->in.ja = true;
	assert_true(page_says(s, "courier が停止中: 誰も呼び出されない。"));
	assert_true(page_says(s, ": 警報は上がっていない。"));
	scene_free(s);
}

static void test_no_conf(void **state)
{
	struct scene *s = scene_new();

	fill(s);
	s->in.conf_known = false;
	assert_true(page_says(s, "ON CALL\n  Not known: no configuration is named (--conf).\n"));
	assert_true(page_says(s, "HEIGHTENED WATCHES\n  Not known"));
	assert_false(page_says(s, "Sato, then"));
	scene_free(s);
}

static void test_silent_for_a_reason(void **state)
{
	struct scene *s = scene_new();

	fill(s);
	s->alarm[0].state = ALARM_SNOOZED;
	s->alarm[0].snoozed_until_us = AGO_MIN(-95);
	s->alarm[1].state = ALARM_HELD; /* without a mute: there is nobody */
	s->alarm[1].mute = MUTE_NOT;
	assert_true(page_says(s, "owner Sato, silent until 04:47 JST"));
	assert_true(page_says(s, "198.18.16.0/20; nobody is on call"));
	scene_free(s);
}

static void test_no_desk(void **state)
{
	struct scene *s = scene_new();

	fill(s);
	s->in.desk_known = false;
	s->in.measures = NULL;
	for (unsigned i = 0; i < s->in.n_incidents; i++)
		s->row[i].alarm = NULL;
	s->in.n_alarms = s->in.n_suppressions = s->in.n_changes = 0;
	memset(s->in.held, 0, sizeof(s->in.held));
	golden("handover-no-desk", s);
}

static void test_no_watch(void **state)
{
	struct scene *s = scene_new();

	fill(s);
	s->in.watch_known = false;
	for (unsigned i = 0; i < s->in.n_incidents; i++)
		incident_free(s->inc[i]);
	s->in.n_incidents = 0;
	golden("handover-no-watch", s);
}

static void test_faults(void **state)
{
	struct scene *s = scene_new();
	static struct fault seen[2];

	seen[0] = (struct fault){
		.kind = FAULT_EXPORTER_SILENT, .figure = 420, .since_us = AGO_MIN(7)};
	snprintf(seen[0].subject, sizeof(seen[0].subject), "border-1");
	seen[1] =
		(struct fault){.kind = FAULT_EXPORTER_LOSS, .figure = 2.5, .since_us = AGO_MIN(1)};
	snprintf(seen[1].subject, sizeof(seen[1].subject), "border-2");
	add_fault(s, FAULT_EXPORTER_SILENT, "border-1", ALARM_PAGED);
	add_fault(s, FAULT_DISK_FULL, "", ALARM_ACKNOWLEDGED);
	snprintf(s->alarm[1].owner, sizeof(s->alarm[1].owner), "Lee");
	kit_alarm(&s->alarm[2], ALARM_STORM, "w000000000001@1", ALARM_PAGED);
	s->alarm[2].members = 12;
	s->in.n_alarms = 3;
	s->in.faults = seen;
	s->in.n_faults = 2;
	s->in.drill = true;
	golden("handover-faults", s);
}

/* Items under a heading, and those that it says are more. */
static unsigned told(const char *text, const char *heading)
{
	const char *at = strstr(text, heading);
	unsigned n = 0, more;

	assert_non_null(at);
	for (at = strchr(at, '\n') + 1; *at && *at != '\n'; at = strchr(at, '\n') + 1) {
		if (strncmp(at, "   ", 3) == 0)
			continue;
		if (sscanf(at, "  %u more.", &more) == 1 || sscanf(at, "  ほか %u 件", &more) == 1)
			n += more;
		else
			n++;
	}
	return n;
}

/* Far more than a page holds: it stays a page, and says how much more there is. */
static void test_page(void **state)
{
	struct scene *s = scene_new();

	for (unsigned i = 0; i < MANY; i++) {
		struct incident *inc = kit_amplified();

		inc->f.first_us += i * US_PER_S;
		kit_done(inc);
		add(s, inc, ALARM_PAGED);
	}
	for (unsigned i = 0; i < MANY; i++)
		add_fault(s, FAULT_EXPORTER_SILENT, i % 2 ? "border-1" : "border-2", ALARM_PAGED);
	for (unsigned i = 0; i < ARRAY_LEN(s->suppression); i++)
		s->suppression[i] = (struct suppression){.id = "x000000000002",
							 .object = "shop",
							 .until_us = NOW_US + 90000 * US_PER_S,
							 .lifted_us = TIME_NONE};
	s->in.n_suppressions = ARRAY_LEN(s->suppression);
	for (unsigned i = 0; i < ARRAY_LEN(s->change); i++)
		s->change[i] = (struct handover_change){ACT_MARKED, AGO_MIN(5), "n000000000001",
							"shop", "Sato"};
	s->in.n_changes = ARRAY_LEN(s->change);
	for (unsigned i = 0; i < MANY; i++)
		add_measure(s, i, MEANS_FILTER)->until_us = AGO_MIN(-28) + i;
	for (int ja = 0; ja < 2; ja++) {
		_cleanup_text_ struct text t = TEXT_NULL;

		s->in.ja = ja;
		handover_text(&s->in, &t);
		page_holds(text_str(&t));
		assert_int_equal(told(text_str(&t), ja ? "継続中の検知\n" : "OPEN INCIDENTS\n"),
				 MANY);
		assert_int_equal(told(text_str(&t), ja ? "未応答の警報\n" : "NOBODY HAS TAKEN\n"),
				 2 * MANY);
		assert_int_equal(told(text_str(&t), ja ? "実施中の措置\n" : "MEASURES IN FORCE\n"),
				 MANY);
		assert_int_equal(told(text_str(&t), ja ? "呼び出しの抑止\n" : "SUPPRESSIONS\n"),
				 ARRAY_LEN(s->suppression));
	}
	scene_free(s);
}

static void test_json(void **state)
{
	struct scene *s = scene_new();
	json_t *o, *list;

	fill(s);
	o = handover_json(&s->in);
	assert_non_null(o);
	list = json_object_get(o, "incidents");
	assert_int_equal(json_array_size(list), 3); /* neither the closed nor the false one */
	assert_int_equal(json_array_size(json_object_get(o, "unanswered")), 2);
	assert_int_equal(json_array_size(json_object_get(o, "suppressions")), 2);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(o, "held"), "short")),
			 12);
	assert_true(json_is_true(json_object_get(o, "desk_known")));
	assert_int_equal(json_array_size(json_object_get(o, "on_call")), 3);
	list = json_object_get(o, "changes");
	assert_int_equal(json_array_size(list), 3);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "act")),
			    "marked_false");
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "by")),
			    "Sato");
	assert_int_equal(json_integer_value(json_object_get(o, "withheld")), 0);
	json_decref(o);
	scene_free(s);
}

/* Names that are addresses, and notes that quote them. */
static void test_smuggling(void **state)
{
	struct scene *s = scene_new();
	struct incident *inc = kit_syn_flood();

	snprintf(inc->object, sizeof(inc->object), "203.0.113.99");
	add(s, inc, ALARM_PAGED);
	snprintf(s->conf->maintenance[0].note, sizeof(s->conf->maintenance[0].note),
		 "move 203.0.113.44 and 2001:db8::44");
	s->suppression[0] = (struct suppression){.id = "x000000000001",
						 .object = "203.0.113.98",
						 .reason = "asked by 203.0.113.97",
						 .until_us = NOW_US + US_PER_S,
						 .lifted_us = TIME_NONE};
	s->in.n_suppressions = 1;
	s->change[0] = (struct handover_change){ACT_MARKED, AGO_MIN(5), "n1", "203.0.113.96",
						"203.0.113.95"};
	s->in.n_changes = 1;
	for (int ja = 0; ja < 2; ja++) {
		_cleanup_text_ struct text t = TEXT_NULL;
		char *json;
		json_t *o;

		s->in.ja = ja;
		assert_int_equal(handover_text(&s->in, &t), 9);
		assert_null(strstr(text_str(&t), "203.0.113."));
		assert_null(strstr(text_str(&t), "2001:db8"));
		o = handover_json(&s->in);
		json = json_dumps(o, 0);
		assert_null(strstr(json, "203.0.113."));
		free(json);
		json_decref(o);
	}
	scene_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),	      cmocka_unit_test(test_measures),
		cmocka_unit_test(test_measures_json), cmocka_unit_test(test_empty),
		cmocka_unit_test(test_full),	      cmocka_unit_test(test_no_courier),
		cmocka_unit_test(test_no_conf),	      cmocka_unit_test(test_silent_for_a_reason),
		cmocka_unit_test(test_no_desk),	      cmocka_unit_test(test_no_watch),
		cmocka_unit_test(test_faults),	      cmocka_unit_test(test_page),
		cmocka_unit_test(test_json),	      cmocka_unit_test(test_smuggling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
