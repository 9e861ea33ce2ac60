/* SPDX-License-Identifier: ISC */
/*
 * Proves the interface: every key in its order, the JSON of an incident read back is the same JSON,
 * damaged JSON is refused, and the page for people says what was measured in both languages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "judge/fill.h"
#include "judge/incident.h"
#include "judge/test_findings.h"

static const char *const interface_keys[] = {
	"id",	   "kind",     "class",	 "level",      "direction", "object",	 "vectors",
	"targets", "first",    "last",	 "detected",   "delay",	    "state",	 "peak",
	"packets", "bytes",    "pulses", "sources",    "sampling",  "exporters", "links",
	"dedup",   "evidence", "series", "blind_spot", "revision",
};

static void add_series(struct incident *inc)
{
	uint16_t place = incident_place(inc, "edge-1", 12);
	unsigned n = 0;

	inc->series = calloc(200, sizeof(*inc->series));
	for (unsigned i = 0; i < 60; i++)
		inc->series[n++] =
			(struct series_point){T0 + i * US_PER_S, 1, 0, 100 + i, 6001 + i, i};
	for (unsigned i = 0; i < 20; i++)
		inc->series[n++] = (struct series_point){
			T0 + (60 + 10 * i) * US_PER_S, 10, 0, 1003 + i, 60007 + i, 33};
	for (unsigned i = 0; i < 10; i++) /* with a hole */
		inc->series[n++] = (struct series_point){
			T0 + (i + (i > 4 ? 5 : 0)) * US_PER_S, 1, place, 50, 3000, 0};
	inc->f.n_series = n;
	inc->f.series = inc->series;
	incident_sort_series(inc);
}

static struct incident *full(void)
{
	struct incident *inc = incident_new();
	struct finding *f = &inc->f;

	finding_make(f, 1, "192.0.2.0/24", T0);
	f->dedup = DEDUP_MAX;
	f->peak_syn_per_s = 7777;
	finding_vector(f, VECTOR_AMPLIFICATION, 53, true, 6000, 1400);
	finding_vector(f, VECTOR_AMPLIFICATION, 4500, true, 3000, 200);
	finding_vector(f, VECTOR_SYN_FLOOD, 0, true, 1000, 46);
	assert_int_equal(ip_parse("192.0.2.7", &f->children[0]), 0);
	assert_int_equal(ip_parse("192.0.2.8", &f->children[1]), 0);
	f->n_children = 2;
	f->hosts_hit = 250;
	f->sources.count = 37623;
	for (unsigned u = 0; u < UNIT_COUNT; u++) {
		f->sources.units[u] = u ? 10 + u : 37623;
		f->sources.syn[u] = (struct source_classes){u + 1, u + 2, u + 3, u + 4};
	}
	assert_int_equal(ip_parse("2001:db8::1", &f->sources.top[0].addr), 0);
	f->sources.top[0].packets = 55;
	f->sources.top[0].syn_best = 5;
	f->sources.n_top = 1;
	f->n_exporters = 2;
	inc->exporters = calloc(FINDING_EXPORTERS_MAX, sizeof(*inc->exporters));
	inc->exporters[0] = strdup("edge-1");
	inc->exporters[1] = strdup("edge-2");
	f->n_seen_by = 2;
	inc->seen_by[0] = (struct incident_witness){"core-1", 9500, 0.95};
	inc->seen_by[1] = (struct incident_witness){"core-2", 3000, 0.3};
	f->n_told_by = 2;
	inc->told_by[0] = (struct incident_witness){"edge-1", 8000, 0.8};
	inc->told_by[1] = (struct incident_witness){"edge-2", 2000, 0.19};
	f->n_links = 2;
	inc->links[0] = (struct incident_link){"edge-1", "peer A", 12, 2.0 / 3, 10, 20, 1000000000};
	inc->links[1] = (struct incident_link){"edge-2", "", 4000000000u, 1.0 / 3, 5, 10, 0};
	inc->evidence[SAMPLE_ATTACK].n = 17;
	inc->evidence[SAMPLE_GOOD].n = 4;
	snprintf(inc->sample_consent, sizeof(inc->sample_consent), "contract 7");
	inc->erase_by_us = T0 + 86400 * US_PER_S;
	incident_add_gap(inc, T0 + 1, T0 + 2);
	f->handshakes_visible = true;
	f->handshakes_begun = 10;
	f->top_source_share = 0.123456;
	snprintf(inc->object, sizeof(inc->object), "shop");
	inc->line_bps = 100000000;
	inc->revision = 12;
	add_series(inc);
	incident_judge_class(inc);
	incident_id(inc, 0, inc->id);
	return inc;
}

static void test_keys_in_order(void **state)
{
	_cleanup_incident_ struct incident *inc = full();
	json_t *o = incident_to_json(inc);
	const char *key;
	json_t *value;
	size_t i = 0;

	assert_non_null(o);
	json_object_foreach(o, key, value) if (i < ARRAY_LEN(interface_keys))
		assert_string_equal(key, interface_keys[i++]);
	assert_int_equal(i, ARRAY_LEN(interface_keys));
	json_decref(o);
}

static const char *text_at(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "(none)";
}

static void test_values(void **state)
{
	_cleanup_incident_ struct incident *inc = full();
	json_t *o = incident_to_json(inc), *list, *v;

	assert_string_equal(text_at(o, "kind"), "attack");
	assert_string_equal(text_at(o, "class"), "compound");
	assert_string_equal(text_at(o, "level"), "prefix");
	assert_string_equal(text_at(o, "direction"), "in");
	assert_string_equal(text_at(o, "first"), "2008-08-08T12:00:00.000000Z");
	assert_string_equal(text_at(o, "detected"), "2008-08-08T12:00:01.250000Z");
	assert_string_equal(text_at(o, "dedup"), "max");
	list = json_object_get(o, "targets");
	assert_int_equal(json_array_size(list), 3);
	assert_string_equal(json_string_value(json_array_get(list, 0)), "192.0.2.0/24");
	assert_string_equal(json_string_value(json_array_get(list, 2)), "192.0.2.8");
	list = json_object_get(o, "vectors");
	assert_int_equal(json_array_size(list), 3);
	assert_string_equal(json_string_value(json_array_get(list, 0)), "dns_amplification");
	assert_string_equal(json_string_value(json_array_get(list, 1)), "port4500_amplification");
	v = json_object_get(json_object_get(o, "sources"), "syn_classes");
	assert_int_equal(json_integer_value(json_object_get(v, "unresolved")), 4);
	v = json_array_get(json_object_get(o, "links"), 0);
	assert_true(json_real_value(json_object_get(v, "share")) == 0.6667);
	assert_string_equal(text_at(json_object_get(o, "evidence"), "erase_by"),
			    "2008-08-09T12:00:00.000000Z");
	v = json_object_get(o, "delay");
	assert_true(json_real_value(json_object_get(v, "exporter_s")) == 0.25);
	list = json_object_get(o, "seen_by");
	assert_int_equal(json_array_size(list), 2);
	v = json_array_get(list, 1);
	assert_string_equal(text_at(v, "exporter"), "core-2");
	assert_int_equal(json_integer_value(json_object_get(v, "packets")), 3000);
	assert_true(json_real_value(json_object_get(v, "share")) == 0.3);
	json_decref(o);
}

static void test_series_in_runs(void **state)
{
	_cleanup_incident_ struct incident *inc = full();
	json_t *o = incident_to_json(inc), *list = json_object_get(o, "series"), *run;

	assert_int_equal(json_array_size(list),
			 4); /* 1 s, 10 s, the link before and after its hole */
	run = json_array_get(list, 0);
	assert_true(json_is_null(json_object_get(run, "exporter")));
	assert_int_equal(json_array_size(json_object_get(run, "pps")), 60);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(run, "bps"), 0)), 48008);
	run = json_array_get(list, 1);
	assert_int_equal(json_integer_value(json_object_get(run, "step_s")), 10);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(run, "bps"), 0)), 48006);
	run = json_array_get(list, 3);
	assert_string_equal(text_at(run, "exporter"), "edge-1");
	assert_int_equal(json_array_size(json_object_get(run, "pps")), 5);
	json_decref(o);
}

static void round_trip(const struct incident *inc)
{
	_cleanup_free_ char *one = incident_dump(inc), *two = NULL;
	_cleanup_incident_ struct incident *back = NULL;

	assert_non_null(one);
	assert_int_equal(incident_load(one, strlen(one), &back), 0);
	two = incident_dump(back);
	assert_string_equal(one, two);
}

static void test_round_trip(void **state)
{
	_cleanup_incident_ struct incident *inc = full();

	round_trip(inc);
	inc->f.level = LEVEL_LINK;
	snprintf(inc->target_link.exporter, sizeof(inc->target_link.exporter), "edge-1");
	inc->target_link.input = 12;
	inc->f.state = FINDING_LOST_SIGHT;
	incident_judge_class(inc);
	round_trip(inc);
	inc->f.kind = FINDING_SCAN;
	inc->f.level = LEVEL_NETWORK;
	inc->known_test = inc->drill = true;
	inc->erased_us = T0 + 5;
	incident_judge_class(inc);
	round_trip(inc);
}

static void test_emptiest_incident(void **state)
{
	_cleanup_incident_ struct incident *inc = incident_new();

	finding_make(&inc->f, 1, "2001:db8::/64", T0);
	incident_id(inc, 0, inc->id);
	round_trip(inc);
}

static void test_extremes(void **state)
{
	_cleanup_incident_ struct incident *inc = full();
	_cleanup_free_ char *json = NULL;

	inc->f.packets = UINT64_MAX;
	inc->f.peak_bps = UINT64_MAX;
	inc->f.top_source_share = 0.0 / 0.0;
	inc->f.pulses = UINT32_MAX;
	free(inc->exporters[0]);
	inc->exporters[0] = strdup("bad \xff\xfe name"); /* a file's name may be any bytes */
	round_trip(inc);
	json = incident_dump(inc);
	assert_non_null(strstr(json, "9223372036854775807"));
	assert_non_null(strstr(json, "bad ?? name"));
	assert_null(strstr(json, "nan"));
}

static void test_damage_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "[]", "{}", "nonsense", "{\"id\":1}", "{\"id\":\"n0\"}",
	};
	static const struct {
		const char *key, *json;
	} wrong[] = {
		{"level", "\"planet\""},
		{"state", "7"},
		{"packets", "-1"},
		{"packets", "\"many\""},
		{"first", "\"noon\""},
		{"first", "null"},
		{"targets", "[\"nowhere\"]"},
		{"targets", "[]"},
		{"peak", "[1]"},
		{"pulses", "4294967296"},
		{"class", "\"big\""},
		{"exporters", "[4]"},
		{"seen_by", "[4]"},
		{"seen_by", "[{}]"},
		{"seen_by", "[{\"exporter\":7}]"},
		{"seen_by", "[{\"exporter\":\"r\",\"share\":-1}]"},
		{"seen_by", "[{\"exporter\":\"r\",\"packets\":\"all\"}]"},
		{"told_by", "[{\"exporter\":\"r\",\"share\":-1}]"},
	};
	_cleanup_incident_ struct incident *inc = full();
	struct incident *out = NULL;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(incident_load(bad[i], strlen(bad[i]), &out), -EINVAL);
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		json_t *o = incident_to_json(inc);

		json_object_set_new(o, wrong[i].key,
				    json_loads(wrong[i].json, JSON_DECODE_ANY, NULL));
		assert_int_equal(incident_from_json(o, &out), -EINVAL);
		json_decref(o);
	}
	assert_null(out);
}

/* Rows of before have none; more than there is room for are left aside. */
static void test_witnesses(void **state)
{
	_cleanup_incident_ struct incident *inc = full(), *old = NULL, *many = NULL;
	json_t *o = incident_to_json(inc), *list = json_object_get(o, "seen_by");

	for (unsigned i = 0; i < 20; i++)
		json_array_append(list, json_array_get(list, 0));
	assert_int_equal(incident_from_json(o, &many), 0);
	assert_int_equal(many->f.n_seen_by, FINDING_WITNESSES_MAX);
	assert_int_equal(many->f.n_told_by, 2);
	assert_true(many->told_by[1].share == 0.19);
	json_object_del(o, "seen_by");
	json_object_del(o, "told_by");
	assert_int_equal(incident_from_json(o, &old), 0);
	assert_int_equal(old->f.n_seen_by, 0);
	assert_int_equal(old->f.n_told_by, 0);
	json_decref(o);
}

/* Who else saw it has a name, and keeps it in what goes on after a restart. */
static void test_witnesses_are_named(void **state)
{
	_cleanup_incident_ struct incident *now = incident_new(), *before = incident_new();
	struct conf *conf = conf_default();
	struct exporters *t = exporters_new(conf);
	struct finding f;

	finding_make(&f, 7, "192.0.2.1", T0);
	for (unsigned i = 0; i < 3; i++) {
		struct ip from = ip_from_v4(0xc6336407 + i);
		uint16_t index = exporters_find(t, &from, true);

		if (i == 0)
			f.exporters[f.n_exporters++] = index;
		else
			f.seen_by[f.n_seen_by++] =
				(struct finding_witness){index, i == 1 ? 9000 : 5000, 0.9 / i};
	}
	f.told_by[f.n_told_by++] = (struct finding_witness){f.exporters[0], 10000, 1};
	assert_int_equal(incident_fill(before, &f, t, conf), 0);
	assert_int_equal(before->f.n_seen_by, 2);
	assert_string_equal(before->told_by[0].exporter, "198.51.100.7");
	assert_string_equal(before->seen_by[0].exporter, "198.51.100.8");
	assert_int_equal(before->seen_by[0].packets, 9000);
	assert_true(before->seen_by[1].share == 0.45);
	/* The second one's own packets count in the part that goes on. */
	f.exporters[0] = f.seen_by[1].exporter;
	f.told_by[0] = (struct finding_witness){f.exporters[0], 4000, 0.5};
	f.n_seen_by = 1;
	f.seen_by[0].packets = 1000;
	f.seen_by[0].share = 0.3;
	assert_int_equal(incident_fill(now, &f, t, conf), 0);
	assert_int_equal(incident_continue(now, before), 0);
	assert_int_equal(now->f.n_exporters, 2);
	assert_int_equal(now->f.n_seen_by, 1);
	assert_string_equal(now->seen_by[0].exporter, "198.51.100.8");
	assert_int_equal(now->seen_by[0].packets, 10000);
	assert_true(now->seen_by[0].share == 0.9);
	assert_int_equal(now->f.n_told_by, 2);
	assert_int_equal(now->told_by[1].packets, 10000);
	assert_true(now->told_by[0].share == 0.5 && now->told_by[1].share == 1);
	exporters_free(t);
	conf_unref(conf);
}

static void test_every_cut_is_refused(void **state)
{
	_cleanup_incident_ struct incident *inc = full();
	_cleanup_free_ char *json = incident_dump(inc);
	struct incident *out = NULL;

	for (size_t n = 0; n < strlen(json); n += 7)
		assert_int_equal(incident_load(json, n, &out), -EINVAL);
}

static void test_unknown_keys_pass(void **state)
{
	_cleanup_incident_ struct incident *inc = full();
	json_t *o = incident_to_json(inc);
	struct incident *out = NULL;

	json_object_set_new(o, "of_tomorrow", json_object());
	assert_int_equal(incident_from_json(o, &out), 0);
	json_decref(o);
	incident_free(out);
}

static void test_page_for_people(void **state)
{
	_cleanup_incident_ struct incident *inc = full();
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

	setenv("TZ", "Asia/Tokyo", 1);
	tzset();
	inc->drill = true;
	inc->f.sampling_known = false;
	inc->f.n_seen_by = 3;
	inc->seen_by[2] = (struct incident_witness){"core-3", 35000, 3.5176};
	incident_print(inc, "en", &en);
	incident_print(inc, "ja", &ja);
	assert_true(text_ok(&en) && text_ok(&ja));
	assert_non_null(strstr(text_str(&en), "core-3, which told of 3.5 times as many packets"));
	assert_non_null(strstr(text_str(&en), "DRILL"));
	assert_non_null(
		strstr(text_str(&en), "2008-08-08 21:00:00 JST (2008-08-08T12:00:00.000000Z)"));
	assert_non_null(strstr(text_str(&en), "Compound attack: 192.0.2.0/24 (shop)"));
	assert_non_null(strstr(text_str(&en), "dns_amplification"));
	assert_non_null(strstr(text_str(&en), "at least"));
	assert_non_null(strstr(text_str(&en), "would not have been seen"));
	assert_non_null(strstr(text_str(&en), "peer A"));
	assert_non_null(strstr(text_str(&en), "Not watched"));
	assert_non_null(strstr(text_str(&en), "borne out by core-1, which told of 95 % of it"));
	assert_non_null(strstr(text_str(&ja), "core-2 も同じ攻撃を観測 (その 30 %)"));
	assert_non_null(strstr(text_str(&ja), "訓練"));
	assert_non_null(strstr(text_str(&ja), "複合攻撃: 192.0.2.0/24"));
	assert_non_null(strstr(text_str(&ja), "少なくとも"));
	assert_non_null(strstr(text_str(&ja), "監視なし"));
	assert_null(strchr(text_str(&en), '\033'));
}

static void test_spark(void **state)
{
	_cleanup_incident_ struct incident *inc = incident_new();
	_cleanup_text_ struct text bar = TEXT_NULL;
	static const unsigned pps[] = {0, 10, 40, 80};

	inc->series = calloc(4, sizeof(*inc->series));
	inc->f.n_series = 4;
	for (unsigned i = 0; i < 4; i++)
		inc->series[i] = (struct series_point){T0 + i * US_PER_S, 1, 0, pps[i], 0, 0};
	incident_spark(inc, 60, &bar);
	assert_string_equal(text_str(&bar), " ▁▄█");
	text_clear(&bar);
	incident_spark(inc, 2, &bar);
	assert_string_equal(text_str(&bar), "▁█");
}

static void test_copy_shares_nothing(void **state)
{
	struct incident *inc = full(), *copy = incident_copy(inc, true);
	_cleanup_free_ char *before = incident_dump(inc), *after = NULL;

	incident_free(inc);
	after = incident_dump(copy);
	assert_string_equal(before, after);
	incident_free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_in_order),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_series_in_runs),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_emptiest_incident),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_damage_is_refused),
		cmocka_unit_test(test_witnesses),
		cmocka_unit_test(test_witnesses_are_named),
		cmocka_unit_test(test_every_cut_is_refused),
		cmocka_unit_test(test_unknown_keys_pass),
		cmocka_unit_test(test_page_for_people),
		cmocka_unit_test(test_spark),
		cmocka_unit_test(test_copy_shares_nothing),
	};

	return cmocka_run_group_tests_name("incident", tests, NULL, NULL);
}
