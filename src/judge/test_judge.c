/* SPDX-License-Identifier: ISC */
/*
 * Proves the life of an incident: its name from content, how often it is handed out, that the last
 * state is never lost, and that a restart (ten of them) continues it under the same name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>

#include "judge/fill.h"
#include "judge/judge.h"
#include "judge/test_findings.h"

static const char world[] = "protected:\n"
			    "  - name: shop\n"
			    "    prefixes: [192.0.2.0/24]\n"
			    "    line: 100Mbps\n"
			    "    sample_consent: contract 7\n";

/* What came out, in order. */
struct heard {
	struct incident *inc[256];
	unsigned n;
};

static int hear(void *userdata, const struct incident *inc)
{
	struct heard *h = userdata;

	assert_true(h->n < ARRAY_LEN(h->inc));
	h->inc[h->n] = incident_copy(inc, true);
	assert_non_null(h->inc[h->n]);
	h->n++;
	return 0;
}

static struct incident *last(struct heard *h)
{
	assert_true(h->n > 0);
	return h->inc[h->n - 1];
}

static void forget(struct heard *h)
{
	for (unsigned i = 0; i < h->n; i++)
		incident_free(h->inc[i]);
	h->n = 0;
}

struct desk {
	struct conf *conf;
	struct exporters *exporters;
	struct heard heard;
	struct judge *judge;
	uint16_t router, link;
};

static void open_desk(struct desk *d)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct incident_sink sink = {.incident = hear, .userdata = &d->heard};
	struct ip addr;

	memset(d, 0, sizeof(*d));
	d->conf = conf_load_text("world", world, sizeof(world) - 1, &errors);
	if (!d->conf)
		fail_msg("%s", text_str(&errors));
	d->exporters = exporters_new(d->conf);
	assert_int_equal(ip_parse("198.51.100.7", &addr), 0);
	d->router = exporters_find(d->exporters, &addr, true);
	assert_true(d->router > 0);
	d->link = exporters_link(d->exporters, d->router, 12);
	d->judge = judge_new(d->conf, d->exporters, &sink);
	assert_non_null(d->judge);
}

static void close_desk(struct desk *d)
{
	judge_free(d->judge);
	exporters_free(d->exporters);
	conf_unref(d->conf);
	forget(&d->heard);
}

static void tell(struct desk *d, struct finding *f)
{
	struct finding_sink sink = judge_sink(d->judge);

	assert_int_equal(sink.finding(sink.userdata, f), 0);
}

static void make(struct desk *d, struct finding *f, uint64_t handle, const char *target, int64_t at)
{
	finding_make(f, handle, target, at);
	finding_vector(f, VECTOR_SYN_FLOOD, 0, true, 10000, 46);
	f->exporters[0] = d->router;
	f->n_exporters = 1;
	f->links[0] = (struct finding_link){d->link, d->router, 10000, 460000};
	f->n_links = 1;
	f->sources.count = 900;
	f->sources.count_exact = true;
	f->sources.syn[UNIT_ADDRESS].le_100 = 900;
}

static void later(struct finding *f, int64_t us)
{
	f->updated_us += us;
	f->last_us += us;
	f->packets += 1000;
}

static void test_id_is_made_of_content(void **state)
{
	struct incident *inc = incident_new();
	char a[INCIDENT_ID_MAX], b[INCIDENT_ID_MAX];

	finding_make(&inc->f, 1, "192.0.2.1", T0);
	/* FNV-1a over "host 192.0.2.1 1218196800", counted independently. */
	uint64_t h = 0xcbf29ce484222325u;

	for (const char *p = "host 192.0.2.1 1218196800"; *p; p++)
		h = (h ^ (unsigned char)*p) * 0x100000001b3u;
	snprintf(b, sizeof(b), "n%012llx", (unsigned long long)((h >> 48) ^ (h & 0xffffffffffffu)));
	assert_string_equal(incident_id(inc, 0, a), b);
	inc->f.first_us += 999999; /* same second */
	assert_string_equal(incident_id(inc, 0, a), b);
	inc->f.first_us += 1;
	assert_string_not_equal(incident_id(inc, 0, a), b);
	inc->f.first_us = T0;
	inc->f.level = LEVEL_PREFIX;
	assert_string_not_equal(incident_id(inc, 0, a), b);
	inc->f.level = LEVEL_HOST;
	inc->f.kind = FINDING_SCAN;
	assert_string_not_equal(incident_id(inc, 0, a), b);
	inc->f.kind = FINDING_ATTACK;
	assert_string_not_equal(incident_id(inc, 1, a), b);
	incident_free(inc);
}

static void test_names_object_and_links(void **state)
{
	struct desk d;
	struct finding f;
	struct incident *inc;

	open_desk(&d);
	make(&d, &f, 7, "192.0.2.1", T0);
	tell(&d, &f);
	inc = last(&d.heard);
	assert_string_equal(inc->object, "shop");
	assert_int_equal(inc->line_bps, 100000000);
	assert_int_equal(inc->f.n_exporters, 1);
	assert_string_equal(inc->exporters[0], "198.51.100.7");
	assert_string_equal(inc->links[0].exporter, "198.51.100.7");
	assert_int_equal(inc->links[0].input, 12);
	assert_true(inc->links[0].share == 1.0);
	assert_int_equal(inc->class, CLASS_SERVER);
	assert_int_equal(inc->revision, 1);
	make(&d, &f, 8, "203.0.113.1", T0);
	tell(&d, &f);
	assert_string_equal(last(&d.heard)->object, "");
	make(&d, &f, 9, "192.0.2.0/25", T0);
	tell(&d, &f);
	assert_string_equal(last(&d.heard)->object, "shop");
	/* Wider than the object: it is the object's only when all hosts hit are. */
	make(&d, &f, 10, "192.0.2.0/23", T0);
	assert_int_equal(ip_parse("192.0.2.9", &f.children[0]), 0);
	f.n_children = 1;
	tell(&d, &f);
	assert_string_equal(last(&d.heard)->object, "shop");
	make(&d, &f, 11, "192.0.0.0/22", T0);
	assert_int_equal(ip_parse("192.0.2.9", &f.children[0]), 0);
	assert_int_equal(ip_parse("192.0.3.9", &f.children[1]), 0);
	f.n_children = 2;
	tell(&d, &f);
	assert_string_equal(last(&d.heard)->object, "");
	close_desk(&d);
}

static void test_handed_out_once_a_second_and_last_state_kept(void **state)
{
	struct desk d;
	struct finding f;

	open_desk(&d);
	make(&d, &f, 7, "192.0.2.1", T0);
	tell(&d, &f);
	assert_int_equal(d.heard.n, 1);
	for (int i = 0; i < 3; i++) {
		later(&f, 250000);
		tell(&d, &f);
	}
	assert_int_equal(d.heard.n, 1);
	later(&f, 250000);
	tell(&d, &f);
	assert_int_equal(d.heard.n, 2);
	later(&f, 250000);
	tell(&d, &f);
	assert_int_equal(d.heard.n, 2);
	assert_int_equal(judge_clock(d.judge, f.updated_us + 749999, f.last_us), 0);
	assert_int_equal(d.heard.n, 2);
	assert_int_equal(judge_clock(d.judge, f.updated_us + 750000, f.last_us), 0);
	assert_int_equal(d.heard.n, 3);
	assert_int_equal(last(&d.heard)->f.packets, f.packets);
	assert_int_equal(last(&d.heard)->revision, 3);
	assert_int_equal(judge_clock(d.judge, f.updated_us + 9000000, f.last_us), 0);
	assert_int_equal(d.heard.n, 3); /* nothing new, nothing said */
	later(&f, 8500000);
	tell(&d, &f);
	assert_int_equal(d.heard.n, 4);
	later(&f, 1);
	tell(&d, &f);
	assert_int_equal(d.heard.n, 4);
	assert_int_equal(judge_finish(d.judge), 0);
	assert_int_equal(d.heard.n, 5);
	later(&f, 1);
	f.state = FINDING_CLOSED;
	tell(&d, &f);
	assert_int_equal(d.heard.n, 6);
	assert_int_equal(last(&d.heard)->f.state, FINDING_CLOSED);
	close_desk(&d);
}

static void test_clock_that_goes_back_holds_nothing_up(void **state)
{
	struct desk d;
	struct finding f;

	open_desk(&d);
	make(&d, &f, 7, "192.0.2.1", T0);
	tell(&d, &f);
	f.updated_us -= 3600 * US_PER_S;
	tell(&d, &f);
	assert_int_equal(d.heard.n, 2);
	close_desk(&d);
}

static void test_same_name_twice_is_guarded(void **state)
{
	struct desk d;
	struct finding f;
	char first[INCIDENT_ID_MAX], second[INCIDENT_ID_MAX];
	struct judge_stats stats;

	for (int run = 0; run < 2; run++) {
		open_desk(&d);
		make(&d, &f, 7, "192.0.2.1", T0);
		f.state = FINDING_CLOSED;
		tell(&d, &f);
		f.handle = 8;
		tell(&d, &f);
		assert_int_equal(d.heard.n, 2);
		assert_string_not_equal(d.heard.inc[0]->id, d.heard.inc[1]->id);
		if (run) {
			assert_string_equal(d.heard.inc[0]->id, first);
			assert_string_equal(d.heard.inc[1]->id, second);
		}
		strcpy(first, d.heard.inc[0]->id);
		strcpy(second, d.heard.inc[1]->id);
		judge_stats(d.judge, &stats);
		assert_int_equal(stats.id_clashes, 1);
		close_desk(&d);
	}
}

/* What a store would give back: the last state by way of its JSON. */
static struct incident *through_store(const struct incident *inc)
{
	_cleanup_free_ char *json = incident_dump(inc);
	struct incident *out = NULL;

	assert_non_null(json);
	assert_int_equal(incident_load(json, strlen(json), &out), 0);
	return out;
}

static void test_restart_continues(void **state)
{
	struct incident *stored, *now;
	struct desk d;
	struct finding f;
	char id[INCIDENT_ID_MAX];

	open_desk(&d);
	make(&d, &f, 7, "192.0.2.1", T0);
	f.peak_pps = 50000;
	tell(&d, &f);
	stored = through_store(last(&d.heard));
	strcpy(id, stored->id);
	close_desk(&d);

	open_desk(&d);
	assert_int_equal(judge_resume(d.judge, stored), 0);
	/* Down for 30 s, and the attack seen again 55 s after that. */
	assert_int_equal(judge_clock(d.judge, T0 + 31250000, TIME_NONE), 0);
	make(&d, &f, 1, "192.0.2.1", T0 + 86 * US_PER_S);
	f.sources.count = 400;
	f.sources.syn[UNIT_ADDRESS].le_100 = 400;
	tell(&d, &f);
	assert_int_equal(d.heard.n, 1);
	now = last(&d.heard);
	assert_string_equal(now->id, id);
	assert_int_equal(now->f.first_us, T0);
	assert_int_equal(now->f.detected_us, T0 + 1250000);
	assert_int_equal(now->f.packets, 20000);
	assert_int_equal(now->f.bytes, 920000);
	assert_int_equal(now->f.peak_pps, 50000);
	assert_int_equal(now->f.peak_us, T0);
	assert_int_equal(now->f.pulses, 1); /* open before and after: one burst, cut in two */
	assert_int_equal(now->f.sources.count, 900);
	assert_true(now->f.sources.count_at_least);
	assert_false(now->f.sources.count_exact);
	assert_int_equal(now->f.sources.syn[UNIT_ADDRESS].le_100, 900);
	assert_int_equal(now->revision, 2);
	assert_int_equal(now->n_gaps, 1);
	assert_int_equal(now->gaps[0].from_us, T0 + 1250000);
	assert_int_equal(now->gaps[0].until_us, T0 + 31250000);
	assert_int_equal(now->f.n_vectors, 1);
	assert_int_equal(now->f.vectors[0].packets, 20000);
	assert_int_equal(now->f.n_links, 1);
	assert_int_equal(now->links[0].bytes, 920000);
	assert_int_equal(now->f.n_exporters, 1);
	/* The next finding of the same part must not add the stored part twice. */
	later(&f, 2 * US_PER_S);
	tell(&d, &f);
	assert_int_equal(last(&d.heard)->f.packets, 21000);
	assert_int_equal(last(&d.heard)->n_gaps, 1);
	close_desk(&d);
}

static void restart_after(int64_t down_us, int64_t quiet_us, const char *target, bool same)
{
	struct incident *stored;
	struct desk d;
	struct finding f;
	char id[INCIDENT_ID_MAX];

	open_desk(&d);
	make(&d, &f, 7, "192.0.2.1", T0);
	tell(&d, &f);
	stored = through_store(last(&d.heard));
	strcpy(id, stored->id);
	close_desk(&d);
	open_desk(&d);
	assert_int_equal(judge_resume(d.judge, stored), 0);
	assert_int_equal(judge_clock(d.judge, f.updated_us + down_us, TIME_NONE), 0);
	make(&d, &f, 1, target, f.last_us + down_us + quiet_us);
	tell(&d, &f);
	if (same)
		assert_string_equal(last(&d.heard)->id, id);
	else
		assert_string_not_equal(last(&d.heard)->id, id);
	close_desk(&d);
}

static void test_bounds_of_continuing(void **state)
{
	restart_after(0, 60 * US_PER_S, "192.0.2.1", true);
	restart_after(0, 60 * US_PER_S + 1, "192.0.2.1", false);
	restart_after(3600 * US_PER_S, 60 * US_PER_S, "192.0.2.1", true);
	restart_after(3600 * US_PER_S, 60 * US_PER_S + 1, "192.0.2.1", false);
	restart_after(10 * US_PER_S, 0, "192.0.2.2", false);
	restart_after(10 * US_PER_S, 0, "192.0.2.0/24", false);
}

static void test_ten_kills_in_60_s(void **state)
{
	struct incident *stored = NULL;
	struct desk d;
	struct finding f;
	char id[INCIDENT_ID_MAX] = "";

	for (int run = 0; run <= 10; run++) {
		int64_t at = T0 + run * 6 * US_PER_S;

		open_desk(&d);
		if (stored)
			assert_int_equal(judge_resume(d.judge, stored), 0);
		assert_int_equal(judge_clock(d.judge, at, TIME_NONE), 0);
		make(&d, &f, 1, "192.0.2.1", at);
		tell(&d, &f);
		stored = through_store(last(&d.heard));
		if (run)
			assert_string_equal(stored->id, id);
		strcpy(id, stored->id);
		close_desk(&d);
	}
	assert_int_equal(stored->f.first_us, T0);
	assert_int_equal(stored->f.packets, 110000);
	assert_int_equal(stored->revision, 11);
	assert_int_equal(stored->n_gaps, 10);
	incident_free(stored);
}

static void test_what_does_not_come_back_is_closed(void **state)
{
	struct incident *stored;
	struct desk d;
	struct finding f;
	char id[INCIDENT_ID_MAX];

	open_desk(&d);
	make(&d, &f, 7, "192.0.2.1", T0);
	tell(&d, &f);
	stored = through_store(last(&d.heard));
	strcpy(id, stored->id);
	close_desk(&d);
	open_desk(&d);
	assert_int_equal(judge_resume(d.judge, stored), 0);
	/* No record yet: time alone closes nothing, the exporter may be silent. */
	assert_int_equal(judge_clock(d.judge, T0 + 100 * US_PER_S, TIME_NONE), 0);
	assert_int_equal(judge_clock(d.judge, T0 + 500 * US_PER_S, TIME_NONE), 0);
	assert_int_equal(d.heard.n, 0);
	assert_int_equal(judge_clock(d.judge, T0 + 501 * US_PER_S, T0 + 500 * US_PER_S), 0);
	assert_int_equal(judge_clock(d.judge, T0 + 561 * US_PER_S, T0 + 560 * US_PER_S), 0);
	assert_int_equal(d.heard.n, 0);
	assert_int_equal(judge_clock(d.judge, T0 + 562 * US_PER_S, T0 + 560 * US_PER_S + 1), 0);
	assert_int_equal(d.heard.n, 1);
	assert_string_equal(last(&d.heard)->id, id);
	assert_int_equal(last(&d.heard)->f.state, FINDING_CLOSED);
	assert_int_equal(last(&d.heard)->f.last_us, T0 + US_PER_S);
	assert_int_equal(last(&d.heard)->n_gaps, 1);
	assert_int_equal(last(&d.heard)->gaps[0].until_us, T0 + 100 * US_PER_S);
	close_desk(&d);
}

static void test_gaps_are_bounded_and_join(void **state)
{
	struct incident *inc = incident_new();

	incident_add_gap(inc, 100, 200);
	incident_add_gap(inc, 150, 300);
	assert_int_equal(inc->n_gaps, 1);
	assert_int_equal(inc->gaps[0].until_us, 300);
	incident_add_gap(inc, 300, 310);
	assert_int_equal(inc->n_gaps, 1);
	incident_add_gap(inc, 400, 400);
	assert_int_equal(inc->n_gaps, 1);
	for (int i = 0; i < 100; i++)
		incident_add_gap(inc, 1000 + i * 100 - (i == 50 ? 40 : 0), 1050 + i * 100);
	assert_int_equal(inc->n_gaps, INCIDENT_GAPS_MAX);
	assert_int_equal(inc->gaps[0].from_us, 100);
	assert_int_equal(inc->gaps[INCIDENT_GAPS_MAX - 1].until_us, 1050 + 99 * 100);
	for (unsigned i = 1; i < inc->n_gaps; i++)
		assert_true(inc->gaps[i].from_us > inc->gaps[i - 1].until_us);
	incident_free(inc);
}

static void test_series_is_bounded(void **state)
{
	struct incident *inc = incident_new();
	unsigned n = INCIDENT_SERIES_MAX + 5000;

	inc->series = calloc(n, sizeof(*inc->series));
	inc->f.n_series = n;
	for (unsigned i = 0; i < n; i++)
		inc->series[i] = (struct series_point){.start_us = T0 + (int64_t)(n - i) * US_PER_S,
						       .step_s = 1,
						       .packets = n - i};
	incident_sort_series(inc);
	assert_int_equal(inc->f.n_series, INCIDENT_SERIES_MAX);
	assert_true(inc->series_cut);
	assert_int_equal(inc->series[0].packets, 1); /* the beginning and the end are kept */
	assert_int_equal(inc->series[INCIDENT_SERIES_MAX - 1].packets, n);
	incident_free(inc);
}

static void test_evidence_grows_and_is_named(void **state)
{
	struct evidence_record e[3];
	struct desk d;
	struct finding f;
	struct incident *inc;

	open_desk(&d);
	memset(e, 0, sizeof(e));
	for (int i = 0; i < 3; i++) {
		e[i].flow.exporter = d.router;
		e[i].flow.in_link = d.link;
		e[i].flow.packets = (uint32_t)i + 1;
	}
	make(&d, &f, 7, "192.0.2.1", T0);
	tell(&d, &f);
	assert_int_equal(last(&d.heard)->erase_by_us, TIME_NONE);
	f.evidence[SAMPLE_ATTACK].record = e;
	f.evidence[SAMPLE_ATTACK].n = 2;
	later(&f, US_PER_S);
	tell(&d, &f);
	inc = last(&d.heard);
	assert_int_equal(inc->evidence[SAMPLE_ATTACK].n, 2);
	assert_int_equal(inc->erase_by_us,
			 f.updated_us + (int64_t)d.conf->keep.evidence_s * US_PER_S);
	assert_string_equal(
		inc->places[inc->evidence[SAMPLE_ATTACK].record[1].flow.in_link - 1].exporter,
		"198.51.100.7");
	assert_int_equal(inc->places[inc->evidence[SAMPLE_ATTACK].record[1].flow.in_link - 1].input,
			 12);
	assert_int_equal(
		inc->places[inc->evidence[SAMPLE_ATTACK].record[1].flow.exporter - 1].input, 0);
	f.evidence[SAMPLE_ATTACK].n = 3;
	later(&f, US_PER_S);
	tell(&d, &f);
	assert_int_equal(last(&d.heard)->evidence[SAMPLE_ATTACK].n, 3);
	assert_int_equal(last(&d.heard)->evidence[SAMPLE_ATTACK].record[2].flow.packets, 3);
	assert_int_equal(last(&d.heard)->erase_by_us, inc->erase_by_us); /* from the first */
	close_desk(&d);
}

/* Lent once as the attack opens, kept with what allowed it, and not replaced afterwards. */
static void test_good_sample_is_taken_once(void **state)
{
	struct evidence_record e[2];
	struct desk d;
	struct finding f;
	struct incident *inc;

	open_desk(&d);
	memset(e, 0, sizeof(e));
	make(&d, &f, 7, "192.0.2.1", T0);
	f.evidence[SAMPLE_GOOD] = (struct header_sample){.record = e, .n = 2};
	tell(&d, &f);
	inc = last(&d.heard);
	assert_int_equal(inc->evidence[SAMPLE_GOOD].n, 2);
	assert_int_equal(inc->evidence[SAMPLE_ATTACK].n, 0);
	assert_string_equal(inc->sample_consent, "contract 7");
	assert_int_not_equal(inc->erase_by_us, TIME_NONE);
	f.evidence[SAMPLE_GOOD] = (struct header_sample){0};
	later(&f, US_PER_S);
	tell(&d, &f);
	assert_int_equal(last(&d.heard)->evidence[SAMPLE_GOOD].n, 2);
	assert_non_null(last(&d.heard)->evidence[SAMPLE_GOOD].record);
	close_desk(&d);
}

static void test_open_table_is_bounded(void **state)
{
	struct judge_stats stats;
	struct desk d;
	struct finding f;

	open_desk(&d);
	d.conf->limits.incidents_open = 3;
	for (uint64_t i = 1; i <= 5; i++) {
		make(&d, &f, i, "192.0.2.1", T0 + (int64_t)i * US_PER_S);
		tell(&d, &f);
	}
	judge_stats(d.judge, &stats);
	assert_int_equal(stats.open, 3);
	assert_int_equal(stats.refused, 2);
	assert_int_equal(d.heard.n, 3);
	close_desk(&d);
}

static void test_classes_of_two_parts(void **state)
{
	struct incident *now = incident_new(), *before = incident_new();
	struct source_classes *a = &now->f.sources.syn[UNIT_ADDRESS];
	struct source_classes *b = &before->f.sources.syn[UNIT_ADDRESS];

	finding_make(&now->f, 1, "192.0.2.1", T0);
	finding_make(&before->f, 1, "192.0.2.1", T0);
	now->exporters = calloc(FINDING_EXPORTERS_MAX, sizeof(*now->exporters));
	*a = (struct source_classes){.le_100 = 500, .gt_100_lt_1000 = 3, .ge_1000 = 1};
	*b = (struct source_classes){
		.le_100 = 90, .gt_100_lt_1000 = 9, .ge_1000 = 0, .unresolved = 7};
	assert_int_equal(incident_continue(now, before), 0);
	assert_int_equal(a->ge_1000, 1);
	assert_int_equal(a->gt_100_lt_1000, 8);
	assert_int_equal(a->le_100, 495);
	assert_int_equal(a->unresolved, 0);
	incident_free(now);
	incident_free(before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_id_is_made_of_content),
		cmocka_unit_test(test_names_object_and_links),
		cmocka_unit_test(test_handed_out_once_a_second_and_last_state_kept),
		cmocka_unit_test(test_clock_that_goes_back_holds_nothing_up),
		cmocka_unit_test(test_same_name_twice_is_guarded),
		cmocka_unit_test(test_restart_continues),
		cmocka_unit_test(test_bounds_of_continuing),
		cmocka_unit_test(test_ten_kills_in_60_s),
		cmocka_unit_test(test_what_does_not_come_back_is_closed),
		cmocka_unit_test(test_gaps_are_bounded_and_join),
		cmocka_unit_test(test_series_is_bounded),
		cmocka_unit_test(test_evidence_grows_and_is_named),
		cmocka_unit_test(test_good_sample_is_taken_once),
		cmocka_unit_test(test_open_table_is_bounded),
		cmocka_unit_test(test_classes_of_two_parts),
	};

	return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
