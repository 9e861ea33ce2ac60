/* SPDX-License-Identifier: ISC */
/*
 * Proves of thousands of random incidents, alarms, faults and desks, with parts missing at random
 * and addresses planted in every name and note: no text for people has an empty figure, an empty
 * bracket, a doubled mark or a value that is none; all are UTF-8 and bounded; no planted address
 * stands in any. That the rules can fail is shown first.
 */
#include "duty/test_brief_kit.h"

#include <ctype.h>
#include <math.h>

#include "duty/brief.h"
#include "duty/brief_words.h"
#include "duty/guard.h"
#include "duty/handover.h"
#include "duty/heightened.h"
#include "duty/notice_customer.h"
#include "duty/words.h"

#ifndef ROUNDS
#define ROUNDS 4000
#endif

static uint64_t seed;

static uint64_t dice(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return n ? seed % n : 0;
}

static bool one_in(uint64_t n)
{
	return dice(n) == 0;
}

/* ---- what no text may have ---- */

static const char *const never[] = {"  ",
				    "()",
				    "（）",
				    "( ",
				    " )",
				    "（、",
				    "unknown unknown",
				    " 0 %",
				    "(0 %",
				    "%!",
				    "(null)",
				    " nan",
				    "-nan",
				    " inf ",
				    "-inf",
				    " .",
				    " ,",
				    "、、",
				    "、。",
				    "。。",
				    "。、",
				    ",,",
				    "..",
				    ":.",
				    ": .",
				    ":,",
				    ";.",
				    "; ;",
				    ";;",
				    ": ;",
				    ": 。",
				    "、 ",
				    " 、",
				    " 。",
				    " 0 bit/s",
				    " 0 pps",
				    "about 0 ",
				    "約 0 ",
				    " 0 address",
				    " 0 アドレス",
				    "1970-",
				    "-9223",
				    "-2922",
				    "9.2e",
				    "e+",
				    "（ ",
				    "……",
				    "and and",
				    "of .",
				    " 0 s",
				    " -1 ",
				    "4294967295",
				    "18446744073709551615"};

/* Left out: numbers of dates and ids cannot be mistaken for these. */
static const char *wrong_in(const char *line)
{
	for (size_t i = 0; i < ARRAY_LEN(never); i++)
		if (strstr(line, never[i]))
			return never[i];
	return NULL;
}

/* Addresses that the kit and this test plant, none of them a target. */
static const char *const planted[] = {"192.0.2.66",   "203.0.113.99", "203.0.113.44",
				      "2001:db8::44", "198.18.16.9",  "233.252.0.77"};

static const char *address_in(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(planted); i++)
		if (strstr(text, planted[i]))
			return planted[i];
	return NULL;
}

static void hold(const char *what, const char *text, bool page, size_t most)
{
	const char *bad = address_in(text);
	bool first = true;

	if (bad)
		fail_msg("%s, seed %llu: %s stands in:\n%s", what, (unsigned long long)seed, bad,
			 text);
	if (!text_is_utf8(text, strlen(text)) || strlen(text) > most)
		fail_msg("%s: not UTF-8, or %zu bytes:\n%s", what, strlen(text), text);
	for (const char *at = text; *at;) {
		size_t n = strcspn(at, "\n");
		char line[8192];

		assert_true(n < sizeof(line));
		/* A page indents, and its title is spread over the line. */
		while (page && *at == ' ' && n) {
			at++;
			n--;
		}
		memcpy(line, at, n);
		line[n] = '\0';
		bad = page && first ? NULL : wrong_in(line);
		if (bad)
			fail_msg("%s, seed %llu: \"%s\" stands in:\n%s", what,
				 (unsigned long long)seed, bad, text);
		at += n + (at[n] == '\n');
		first = false;
	}
}

static void test_rules_can_fail(void **state)
{
	assert_non_null(wrong_in("peak of  nothing"));
	assert_non_null(wrong_in("shop () is"));
	assert_non_null(wrong_in("about 0 addresses"));
	assert_non_null(wrong_in("回線の 0 % を"));
	assert_null(wrong_in("Peak 10 % of 1,200 at 03:12 JST."));
	assert_non_null(address_in("from 203.0.113.99."));
}

/* ---- at random ---- */

static uint64_t size_of_something(void)
{
	return one_in(4) ? 0 : dice(UINT64_C(1) << dice(60));
}

static int64_t some_time(void)
{
	return one_in(4) ? TIME_NONE : NOW_US - (int64_t)dice(86400) * 30 * US_PER_S;
}

static void some_name(char *to, size_t room)
{
	static const char *const names[] = {"",
					    "shop",
					    "mail",
					    "portal",
					    "names",
					    "203.0.113.99",
					    "お客様の店",
					    "at 203.0.113.44 now",
					    "two\nlines",
					    "e\x1b[31mscape",
					    "2001:db8::44",
					    "host-233-252-0-77.example.net",
					    "Example Trading"};

	if (one_in(12)) {
		memset(to, 'w', room - 1);
		to[room - 1] = '\0';
		return;
	}
	snprintf(to, room, "%s", names[dice(ARRAY_LEN(names))]);
}

static void some_path(struct incident *inc)
{
	if (one_in(2))
		return;
	for (uint64_t i = dice(4); i; i--) {
		kit_link(inc, "border-1", (uint32_t)i, "", size_of_something(),
			 (double)dice(20) / 10, one_in(2));
		some_name(inc->path->row[inc->path->n_rows - 1].at.link, PATH_NAME_MAX);
	}
	if (!inc->path)
		return;
	for (uint64_t i = dice(6); i; i--) {
		kit_bystander(inc, "", (double)dice(101) / 100);
		some_name(inc->path->lost[inc->path->n_lost - 1].object, PATH_NAME_MAX);
	}
	for (uint64_t i = dice(4); i; i--) {
		kit_service(inc, "", (enum path_risk)dice(3));
		some_name(inc->path->service[inc->path->n_services - 1].name, PATH_NAME_MAX);
	}
	inc->path->more_lost = one_in(3) ? (uint32_t)dice(9) : 0;
}

static void some_senders(struct incident *inc)
{
	struct finding *f = &inc->f;

	f->sources.count = size_of_something();
	f->sources.count_exact = one_in(2);
	f->sources.count_at_least = one_in(2);
	inc->spoofing = (struct spoofing){.verdict = (enum spoof_verdict)dice(SPOOF_VERDICTS),
					  .rule = (enum spoof_rule)dice(SPOOF_RULES),
					  .confidence = (double)dice(101) / 100,
					  .forged_share = -1};
	for (inc->kinds.n = (unsigned)dice(4); inc->kinds.n && one_in(1);) {
		for (unsigned i = 0; i < inc->kinds.n; i++)
			inc->kinds.part[i] =
				(struct source_part){.kind = (enum source_kind)dice(KIND_COUNT),
						     .share = (double)dice(101) / 100,
						     .listed_us = TIME_NONE};
		break;
	}
	inc->scope.traffic = (enum scope_side)dice(SCOPE_SIDE_COUNT);
	inc->scope.by_link = one_in(2);
}

static struct incident *some_incident(void)
{
	static const char *const targets[] = {"198.51.100.7", "198.18.16.0/20", "203.0.113.5",
					      "2001:db8:1::7"};
	struct incident *inc = kit_incident(targets[dice(ARRAY_LEN(targets))], "", some_time());
	struct finding *f = &inc->f;

	f->last_us = one_in(4) ? TIME_NONE : NOW_US - (int64_t)dice(600) * US_PER_S;
	if (f->last_us != TIME_NONE && f->first_us > f->last_us)
		f->first_us = f->last_us;
	f->kind = one_in(8) ? FINDING_SCAN : FINDING_ATTACK;
	f->state = (enum finding_state)dice(4);
	if (one_in(8)) {
		f->level = one_in(2) ? LEVEL_LINK : LEVEL_NETWORK;
		memset(&f->target, 0, sizeof(f->target));
		snprintf(inc->target_link.exporter, sizeof(inc->target_link.exporter), "border-1");
	}
	f->direction = (enum direction)dice(DIRECTION_COUNT);
	f->own_known = one_in(2);
	f->sampling_known = one_in(2);
	f->blind_at_least = one_in(2);
	f->blind_pps = size_of_something();
	f->blind_bps = size_of_something();
	f->pulses = (uint32_t)dice(400);
	f->hosts_hit = size_of_something();
	kit_peak(inc, size_of_something(), size_of_something());
	for (uint64_t i = dice(5); i; i--)
		finding_vector(f, (enum vector)dice(VECTOR_COUNT),
			       one_in(2) ? 0 : (uint16_t)dice(60000), one_in(2),
			       size_of_something() >> 12, dice(1500))
			->threshold_pps = one_in(4) ? 0 : dice(5000);
	if (one_in(3) && ip_parse("198.18.16.9", &f->children[f->n_children++]))
		abort();
	if (one_in(4)) {
		free(inc->exporters[0]);
		inc->exporters[0] = NULL;
		f->n_exporters = 0;
	} else
		some_name(inc->exporters[0] = realloc(inc->exporters[0], 64), 64);
	if (one_in(2))
		some_name(inc->object, sizeof(inc->object));
	inc->line_bps = size_of_something();
	inc->drill = one_in(8);
	inc->known_test = one_in(8);
	inc->evidence[SAMPLE_ATTACK].n = (unsigned)dice(3);
	inc->erase_by_us = one_in(2) ? TIME_NONE : NOW_US + US_PER_S;
	inc->erased_us = one_in(4) ? NOW_US : TIME_NONE;
	if (one_in(4))
		kit_gap(inc, some_time(), some_time());
	some_path(inc);
	some_senders(inc);
	kit_done(inc);
	if (one_in(4))
		inc->class = CLASS_NONE;
	f->handshakes_visible = one_in(2);
	f->handshakes_begun = size_of_something();
	f->handshakes_done = f->handshakes_begun ? dice(f->handshakes_begun) : 0;
	f->link_capacity_bps = size_of_something();
	f->link_peak_bps = size_of_something();
	return inc;
}

static void some_alarm(struct alarm *a, const struct incident *inc)
{
	kit_alarm(a, ALARM_INCIDENT, inc->id, (enum alarm_state)dice(ALARM_STATES));
	a->mute = (enum alarm_mute)dice(MUTE_KINDS);
	a->severity = (unsigned)dice(5);
	some_name(a->owner, sizeof(a->owner));
	some_name(a->paged, sizeof(a->paged));
	some_name(a->object, sizeof(a->object));
	a->paged_us = some_time();
	a->next_us = some_time();
	a->snoozed_until_us = some_time();
	a->opened_us = some_time();
	a->members = (unsigned)dice(20);
}

static struct duty_measure some_measure(const struct incident *inc)
{
	struct duty_measure m = kit_duty_measure(inc, (enum duty_means)dice(DUTY_MEANS));

	m.standing = (enum duty_standing)dice(DUTY_STANDINGS);
	some_name(m.object, sizeof(m.object));
	some_name(m.point, sizeof(m.point));
	some_name(m.ended_by, sizeof(m.ended_by));
	m.begun_us = some_time();
	m.until_us = one_in(2) ? some_time() : NOW_US + (int64_t)dice(7200) * US_PER_S;
	m.ended_us = some_time();
	m.sign_by_us = some_time();
	m.failed = one_in(4);
	m.lift = one_in(4);
	if (one_in(2))
		kit_measured(&m, one_in(3) ? -1 : (double)size_of_something(),
			     one_in(3) ? -1 : (double)size_of_something());
	return m;
}

static void try_brief(const struct brief_input *in)
{
	_cleanup_brief_ struct brief b = {0};
	_cleanup_text_ struct text t = TEXT_NULL;
	json_t *o;
	char *dump;

	brief_make(in, &b);
	brief_text(&b, in->ja, &t);
	hold("brief", text_str(&t), false, 4000);
	assert_null(strchr(text_str(&t), '\n'));
	assert_null(strchr(text_str(&t), '\x1b'));
	assert_true(t.len > 0);
	if (in->ja ? page_characters(text_str(&t)) > BRIEF_CHARACTERS_MAX
		   : words_words(text_str(&t)) > BRIEF_WORDS_MAX)
		fail_msg("too long: %s", text_str(&t));
	o = brief_json(in, &b);
	dump = json_dumps(o, 0);
	assert_null(address_in(dump));
	free(dump);
	json_decref(o);
}

static void try_page(const struct incident *inc, const struct alarm *a,
		     const struct severity *severity, const struct conf *conf, bool ja)
{
	struct page_about about = {
		.alarm = a, .incident = inc, .severity = severity, .drill = inc->drill};
	struct page p = {.why = (enum page_why)dice(PAGE_TEST)};
	_cleanup_text_ struct text t = TEXT_NULL;

	page_words(&about, p.why, ja, ZONE, NOW_US, &t);
	snprintf(p.language, sizeof(p.language), "%s", ja ? "ja" : "en");
	snprintf(p.text, sizeof(p.text), "%s", text_str(&t));
	assert_int_equal(guard_page(&p, conf, inc), 0);
	if (address_in(p.text))
		fail_msg("page: %s", p.text);
	assert_true(page_characters(p.text) <= PAGE_CHARS_MAX);
}

static void try_notice(const struct incident *inc, struct conf *conf,
		       const struct duty_measures *measures, bool ja)
{
	struct customer_notice in = {.incident = inc,
				     .object = &conf->objects[dice(2)],
				     .conf = conf,
				     .measures = measures,
				     .severity = (unsigned)dice(5),
				     .closing = one_in(2),
				     .ja = ja,
				     .zone = ZONE,
				     .now_us = NOW_US};
	_cleanup_text_ struct text t = TEXT_NULL;

	customer_notice_text(&in, &t);
	hold("notice", text_str(&t), false, 6000);
}

static void test_incidents(void **state)
{
	struct conf *conf = kit_conf();

	seed = 0x9e3779b97f4a7c15u;
	for (unsigned i = 0; i < ROUNDS; i++) {
		_cleanup_incident_ struct incident *inc = some_incident();
		struct duty_measure measure[2] = {some_measure(inc), some_measure(inc)};
		struct duty_measures all = {.list = measure, .n = (unsigned)dice(3)};
		const struct duty_measures *measures = one_in(4) ? NULL : &all;
		struct severity severity;
		struct alarm a;
		struct brief_input in = {.incident = inc,
					 .alarm = one_in(4) ? NULL : &a,
					 .severity = one_in(4) ? NULL : &severity,
					 .conf = one_in(4) ? NULL : conf,
					 .measures = measures,
					 .desk_known = one_in(2),
					 .courier_gone = one_in(4),
					 .is_false = one_in(4),
					 .zone = ZONE,
					 .now_us = NOW_US};

		some_alarm(&a, inc);
		/* A finding always has its times; only what is told of it may lack them. */
		if (inc->f.first_us != TIME_NONE && inc->f.last_us != TIME_NONE)
			kit_severity(inc, conf, &severity);
		else
			severity = (struct severity){.level = (unsigned)dice(5)};
		for (int ja = 0; ja < 2; ja++) {
			in.ja = ja;
			try_brief(&in);
			try_notice(inc, conf, measures, ja);
			try_page(inc, &a, &severity, conf, ja);
		}
	}
	conf_unref(conf);
}

/* Faults and storms, whose alarms have everything or nothing. */
static void test_others(void **state)
{
	seed = 7;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct fault f = {.kind = (enum fault_kind)dice(FAULT_KINDS),
				  .figure = one_in(3) ? NAN : (double)dice(100000) + 1,
				  .since_us = some_time(),
				  .over = one_in(4)};
		char ref[FAULT_REF_MAX];
		struct incident nobody = {.id = "n000000000001"};
		struct alarm a;
		struct brief_input in = {.fault = one_in(2) ? NULL : &f,
					 .alarm = &a,
					 .desk_known = true,
					 .zone = ZONE,
					 .ja = one_in(2),
					 .now_us = NOW_US};

		some_name(f.subject, sizeof(f.subject));
		if (!f.subject[0])
			snprintf(f.subject, sizeof(f.subject), "border-1");
		some_alarm(&a, &nobody);
		a.kind = one_in(3) ? ALARM_STORM : ALARM_FAULT;
		snprintf(a.ref, sizeof(a.ref), "%s", one_in(8) ? "" : fault_ref(&f, ref));
		if (a.kind == ALARM_STORM)
			in.fault = NULL;
		try_brief(&in);
	}
}

static void try_handover(struct conf *conf, struct incident **inc, unsigned n)
{
	struct handover_incident row[8];
	struct alarm alarm[8];
	struct suppression x = {.id = "x000000000001", .until_us = NOW_US + US_PER_S};
	struct duty_measure measure[8];
	struct duty_measures measures = {.list = measure, .n = n};
	struct handover_change change = {
		.at_us = NOW_US, .subject = "n000000000001", .what = x.object, .who = x.actor};
	struct handover_input in = {.conf = conf,
				    .zone = ZONE,
				    .drill = one_in(4),
				    .now_us = NOW_US,
				    .since_us = AGO_MIN(600),
				    .watch_known = one_in(2),
				    .conf_known = !one_in(4),
				    .courier_gone = one_in(4),
				    .incidents = row,
				    .n_incidents = n,
				    .desk_known = one_in(2),
				    .alarms = alarm,
				    .n_alarms = n,
				    .suppressions = &x,
				    .n_suppressions = (unsigned)dice(2),
				    .measures = one_in(4) ? NULL : &measures,
				    .forged = (unsigned)dice(3),
				    .freeze = {one_in(3), x.actor, x.reason, some_time()},
				    .freeze_automatic = {one_in(3), "", "", some_time()},
				    .changes = &change,
				    .n_changes = (unsigned)dice(2)};

	for (unsigned i = 0; i < n; i++) {
		some_alarm(&alarm[i], inc[i]);
		row[i] = (struct handover_incident){inc[i], one_in(4) ? NULL : &alarm[i],
						    (unsigned)dice(5), one_in(4)};
		measure[i] = some_measure(inc[i]);
		if (one_in(4))
			snprintf(measure[i].incident, sizeof(measure[i].incident), "n000000000009");
	}
	some_name(x.object, sizeof(x.object));
	some_name(x.actor, sizeof(x.actor));
	some_name(x.reason, 64);
	change.act = (enum handover_act)dice(HANDOVER_ACTS);
	for (unsigned m = 1; m < MUTE_KINDS; m++)
		in.held[m] = dice(3);
	for (int ja = 0; ja < 2; ja++) {
		_cleanup_text_ struct text t = TEXT_NULL;

		in.ja = ja;
		handover_text(&in, &t);
		hold("handover", text_str(&t), true, 20000);
	}
}

static void try_report(struct conf *conf, struct incident **inc, unsigned n)
{
	struct heightened_seen seen[8];
	struct heightened_report_input in = {.conf = conf,
					     .watch = &conf->heightened[0],
					     .watch_known = one_in(2),
					     .seen = seen,
					     .n_seen = n,
					     .more_seen = dice(3),
					     .ways_us = some_time(),
					     .desk_known = one_in(2),
					     .minutes_known = one_in(2),
					     .unwatched = one_in(4),
					     .zone = ZONE,
					     .ja = one_in(2),
					     .now_us = NOW_US};
	_cleanup_text_ struct text t = TEXT_NULL;

	for (unsigned i = 0; i < n; i++)
		seen[i] = (struct heightened_seen){inc[i], (unsigned)dice(5), one_in(3)};
	heightened_time(in.watch, NULL, NOW_US, &in.time);
	heightened_report(&in, &t);
	hold("report", text_str(&t), true, 20000);
}

static void test_pages(void **state)
{
	struct conf *conf = kit_conf();

	seed = 99;
	for (unsigned i = 0; i < ROUNDS / 8; i++) {
		struct incident *inc[8];
		unsigned n = (unsigned)dice(ARRAY_LEN(inc) + 1);

		for (unsigned k = 0; k < n; k++)
			inc[k] = some_incident();
		try_handover(conf, inc, n);
		try_report(conf, inc, n);
		for (unsigned k = 0; k < n; k++)
			incident_free(inc[k]);
	}
	conf_unref(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules_can_fail),
		cmocka_unit_test(test_incidents),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
