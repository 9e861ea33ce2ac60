/* SPDX-License-Identifier: ISC */
/*
 * Proves when a heightened watch is in force (days of its own, an event, one that comes yearly, the
 * time ahead), what it covers, which of several counts, and its report in both languages by golden
 * files: something seen, nothing seen, and nothing known.
 */
#include "duty/test_brief_kit.h"

#include "duty/heightened.h"

#define DAY_US (INT64_C(86400) * US_PER_S)

static const char watches_yaml[] =
	"own: [198.51.100.0/24]\n"
	"protected:\n"
	" - {name: shop, prefixes: 198.51.100.7}\n"
	" - {name: phones, prefixes: 198.51.100.112/28}\n"
	" - {name: other, prefixes: 198.51.100.200}\n"
	"services:\n"
	" - {name: emergency calls, addresses: [198.51.100.112/32]}\n"
	"heightened:\n"
	" - {name: sale, from: 2026-11-24T00:00:00Z, until: 2026-11-26T00:00:00Z, ahead: 1d, "
	"objects: shop, page_from: 3}\n"
	" - {name: festival, event: fest, services: emergency calls, page_from: 4}\n"
	" - {name: everything, event: day, ahead: 2h, page_from: 2}\n"
	" - {name: nowhere, event: missing, page_from: 4}\n";

static const char calendar_yaml[] =
	"country: JP\n"
	"zone: +09:00\n"
	"events:\n"
	" - {id: fest, kind: other, from: 2024-12-01, until: 2024-12-02, ahead: 3d, yearly: yes, "
	"name: {en: Fest, ja: 祭}}\n"
	" - {id: day, kind: other, from: 2026-11-28, name: {en: A day, ja: ある日}}\n";

struct world {
	struct conf *conf;
	struct calendar *calendar;
};

static int setup(void **state)
{
	static struct world w;
	_cleanup_text_ struct text errors = TEXT_NULL;

	w.conf = conf_load_text("w", watches_yaml, sizeof(watches_yaml) - 1, &errors);
	w.calendar = calendar_new();
	if (!w.conf ||
	    calendar_read(w.calendar, "c", calendar_yaml, sizeof(calendar_yaml) - 1, &errors)) {
		print_error("%s\n", text_str(&errors));
		return -1;
	}
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	w->conf = conf_unref(w->conf);
	w->calendar = calendar_free(w->calendar);
	return 0;
}

static int64_t at(const char *rfc3339)
{
	int64_t us;

	assert_int_equal(time_parse(rfc3339, &us), 0);
	return us;
}

static bool time_is(const struct world *w, const char *name, const char *now, const char *from,
		    const char *until)
{
	struct heightened_time t;

	if (!heightened_time(heightened_find(w->conf, name), w->calendar, at(now), &t))
		return false;
	return t.from_us == at(from) && t.until_us == at(until);
}

static void test_own_days(void **state)
{
	const struct world *w = *state;
	const char *from = "2026-11-23T00:00:00Z", *until = "2026-11-26T00:00:00Z";

	assert_true(time_is(w, "sale", "2020-01-01T00:00:00Z", from, until));
	assert_true(time_is(w, "sale", "2026-11-25T00:00:00Z", from, until));
	assert_true(time_is(w, "sale", "2030-01-01T00:00:00Z", from, until));
}

static void test_event(void **state)
{
	const struct world *w = *state;

	assert_true(time_is(w, "everything", "2026-11-01T00:00:00Z", "2026-11-27T13:00:00Z",
			    "2026-11-28T15:00:00Z"));
	assert_null(heightened_find(w->conf, "no such watch"));
	assert_false(time_is(w, "nowhere", "2026-11-01T00:00:00Z", "2026-11-27T13:00:00Z",
			     "2026-11-28T15:00:00Z"));
}

static void test_yearly(void **state)
{
	const struct world *w = *state;
	struct heightened_time t;
	const struct conf_heightened *fest = heightened_find(w->conf, "festival");

	/* Before, ahead of, in and behind its days; the first year there is, and none before it. */
	assert_true(time_is(w, "festival", "2020-06-01T00:00:00Z", "2024-11-27T15:00:00Z",
			    "2024-12-02T15:00:00Z"));
	assert_true(time_is(w, "festival", "2026-11-28T00:00:00Z", "2026-11-27T15:00:00Z",
			    "2026-12-02T15:00:00Z"));
	assert_true(time_is(w, "festival", "2026-12-02T14:59:59Z", "2026-11-27T15:00:00Z",
			    "2026-12-02T15:00:00Z"));
	assert_true(time_is(w, "festival", "2026-12-02T15:00:00Z", "2027-11-27T15:00:00Z",
			    "2027-12-02T15:00:00Z"));
	assert_true(heightened_last(fest, w->calendar, at("2026-12-10T00:00:00Z"), &t));
	assert_int_equal(t.until_us, at("2026-12-02T15:00:00Z"));
	assert_string_equal(t.event_ja, "祭");
	assert_false(heightened_last(fest, w->calendar, at("2024-01-01T00:00:00Z"), &t));
}

static const char *name_at(const struct world *w, const char *object, const char *now)
{
	const struct conf_heightened *h = heightened_at(w->conf, w->calendar, object, at(now));

	return h ? h->name : "";
}

static void test_covers(void **state)
{
	const struct world *w = *state;

	assert_string_equal(name_at(w, "shop", "2026-11-22T23:59:59Z"), "");
	assert_string_equal(name_at(w, "shop", "2026-11-23T00:00:00Z"), "sale");
	assert_string_equal(name_at(w, "shop", "2026-11-25T23:59:59Z"), "sale");
	assert_string_equal(name_at(w, "shop", "2026-11-26T00:00:00Z"), "");
	assert_string_equal(name_at(w, "other", "2026-11-25T00:00:00Z"), "");
	/* An object that holds the service; of two watches the one that pages more. */
	assert_string_equal(name_at(w, "phones", "2026-11-28T00:00:00Z"), "festival");
	assert_string_equal(name_at(w, "other", "2026-11-28T00:00:00Z"), "everything");
	assert_string_equal(name_at(w, "", "2026-11-28T00:00:00Z"), "");
	assert_null(heightened_at(w->conf, NULL, "phones", at("2026-11-28T00:00:00Z")));
}

static void test_incident(void **state)
{
	const struct world *w = *state;
	int64_t now = at("2026-12-01T00:00:00Z");
	_cleanup_incident_ struct incident *inc = kit_incident("198.51.100.200", "other", now);

	assert_null(heightened_for(w->conf, w->calendar, inc, now));
	/* A service that its links lead to, or a host of an object that is looked at. */
	kit_link(inc, "border-1", 1, "transit-a", 0, 0, false);
	kit_service(inc, "emergency calls", RISK_SHARES);
	assert_string_equal(heightened_for(w->conf, w->calendar, inc, now)->name, "festival");
	inc->path->n_services = 0;
	assert_int_equal(ip_parse("198.51.100.113", &inc->f.children[0]), 0);
	inc->f.n_children = 1;
	assert_string_equal(heightened_for(w->conf, w->calendar, inc, now)->name, "festival");
}

static void golden(const char *name, struct heightened_report_input in)
{
	_cleanup_text_ struct text out = TEXT_NULL;

	for (int ja = 0; ja < 2; ja++) {
		in.ja = ja;
		assert_int_equal(heightened_report(&in, &out), 0);
		text_add(&out, ja ? "" : "\n----\n\n");
	}
	golden_is(name, text_str(&out));
}

static struct heightened_report_input report_of(struct conf *conf)
{
	struct heightened_report_input in = {.conf = conf,
					     .watch = &conf->heightened[0],
					     .watch_known = true,
					     .desk_known = true,
					     .minutes_known = true,
					     .ways_us = AGO_MIN(1),
					     .zone = ZONE,
					     .now_us = NOW_US};

	assert_true(heightened_time(in.watch, NULL, NOW_US, &in.time));
	return in;
}

static void test_report_seen(void **state)
{
	static const struct heightened_way ways[] = {
		{"border-1, border-2", "sampling 1:1000; smallest attack seen within 10 s at 95 %: "
				       "14.2 kpps syn_flood"}};
	struct conf *conf = kit_conf();
	struct heightened_report_input in = report_of(conf);
	_cleanup_incident_ struct incident *a = kit_closed(), *b = kit_amplified(),
					   *c = kit_syn_flood();
	struct heightened_seen seen[] = {{c, 2, true}, {a, 2, false}, {b, 1, false}};
	struct heightened_blind blind[] = {
		{"exporter_silent/border-1@1795600000", AGO_MIN(300), AGO_MIN(280)},
		{"kernel_drops/port 2055@1795630000", AGO_MIN(5), TIME_NONE}};

	kit_gap(a, AGO_MIN(100), AGO_MIN(98));
	in.seen = seen;
	in.n_seen = 3;
	in.ways = ways;
	in.n_ways = 1;
	in.blind = blind;
	in.n_blind = 2;
	golden("heightened-seen", in);
	conf_unref(conf);
}

static void test_report_nothing(void **state)
{
	static const struct heightened_way ways[] = {
		{"border-1", "sampling 1:1000; smallest attack seen within 10 s at 95 %: 14.2 kpps "
			     "syn_flood"},
		{"border-2", "silent, so nothing at all would be seen there", true}};
	struct conf *conf = kit_conf();
	struct heightened_report_input in = report_of(conf);

	in.ways = ways;
	in.n_ways = 2;
	in.now_us = in.time.until_us + DAY_US;
	in.ways_us = in.time.until_us;
	golden("heightened-nothing", in);
	conf_unref(conf);
}

/* Where nobody looked, "nothing above" would be an all-clear that nobody can give. */
static void test_report_unwatched(void **state)
{
	static const struct heightened_way ways[] = {{"border-1", "14.2 kpps syn_flood", false}};
	struct conf *conf = kit_conf();
	struct heightened_report_input in = report_of(conf);
	struct heightened_blind blind = {"", AGO_MIN(300), AGO_MIN(0)};

	in.ways = ways;
	in.n_ways = 1;
	in.blind = &blind;
	in.n_blind = 1;
	in.unwatched = true;
	golden("heightened-unwatched", in);
	conf_unref(conf);
}

static void test_report_unknown(void **state)
{
	static const struct heightened_way silent = {
		"border-1, border-2", "silent, so nothing at all would be seen there", true};
	struct conf *conf = kit_conf();
	struct heightened_report_input in = report_of(conf);

	in.ways = &silent;
	in.n_ways = 1;
	golden("heightened-silent", in);
	in.n_ways = 0;
	in.watch_known = in.desk_known = in.minutes_known = false;
	in.ways_us = TIME_NONE;
	golden("heightened-unknown", in);
	conf_unref(conf);
}

static void test_report_json(void **state)
{
	struct conf *conf = kit_conf();
	struct heightened_report_input in = report_of(conf);
	_cleanup_incident_ struct incident *a = kit_closed();
	struct heightened_seen seen[] = {{a, 2, false}};
	json_t *o, *list;

	snprintf(a->object, sizeof(a->object), "203.0.113.9");
	in.seen = seen;
	in.n_seen = 1;
	o = heightened_report_json(&in);
	list = json_object_get(o, "incidents");
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(list, 0), "object")),
			    "(address withheld)");
	assert_null(strstr(json_string_value(json_object_get(o, "text")), "203.0.113.9"));
	assert_int_equal(json_integer_value(json_object_get(o, "withheld")), 1);
	json_decref(o);
	conf_unref(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_days),       cmocka_unit_test(test_event),
		cmocka_unit_test(test_yearly),	       cmocka_unit_test(test_covers),
		cmocka_unit_test(test_incident),       cmocka_unit_test(test_report_seen),
		cmocka_unit_test(test_report_nothing), cmocka_unit_test(test_report_unwatched),
		cmocka_unit_test(test_report_unknown), cmocka_unit_test(test_report_json),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
