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
	d.conf->duty.fold_s = 60; /* nothing is held */
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

/* Begun again with a clock that was set back by nine hours: still the same. */
static void test_clock_set_back(void **state)
{
	const int64_t back_us = T0 - 9 * 3600 * US_PER_S;
	char id[INCIDENT_ID_MAX];
	struct incident *stored;
	struct desk d;
	struct finding f;

	open_desk(&d);
	make(&d, &f, 7, "192.0.2.1", T0);
	tell(&d, &f);
	stored = through_store(last(&d.heard));
	strcpy(id, stored->id);
	close_desk(&d);
	open_desk(&d);
	assert_int_equal(judge_resume(d.judge, stored), 0);
	assert_int_equal(judge_clock(d.judge, back_us, back_us), 0);
	make(&d, &f, 8, "192.0.2.1", back_us + 5 * US_PER_S);
	tell(&d, &f);
	assert_string_equal(last(&d.heard)->id, id);
	close_desk(&d);
}

/* It was there when its exporter spoke again, so it is the same, however long that took. */
static void test_comes_back_with_its_exporter(void **state)
{
	char id[INCIDENT_ID_MAX];
	struct incident *stored;
	struct desk d;
	struct finding f;

	open_desk(&d);
	make(&d, &f, 7, "192.0.2.1", T0);
	tell(&d, &f);
	stored = through_store(last(&d.heard));
	strcpy(id, stored->id);
	close_desk(&d);
	open_desk(&d);
	assert_int_equal(judge_resume(d.judge, stored), 0);
	for (int64_t s = 2; s < 1000; s++)
		assert_int_equal(judge_clock(d.judge, T0 + s * US_PER_S, T0 + s * US_PER_S), 0);
	exporters_get(d.exporters, d.router)->last_recv_us = T0 + 1000 * US_PER_S;
	make(&d, &f, 8, "192.0.2.1", T0 + 1000 * US_PER_S);
	tell(&d, &f);
	assert_string_equal(last(&d.heard)->id, id);
	assert_int_equal(last(&d.heard)->f.state, FINDING_OPEN);
	assert_int_equal(last(&d.heard)->f.first_us, T0);
	close_desk(&d);
}

/* Others speak, the one that showed it does not: nobody knows whether it goes on. */
static void test_silent_exporter_closes_nothing(void **state)
{
	struct incident *stored;
	struct desk d;
	struct finding f;

	open_desk(&d);
	make(&d, &f, 7, "192.0.2.1", T0);
	tell(&d, &f);
	stored = through_store(last(&d.heard));
	close_desk(&d);
	open_desk(&d);
	assert_int_equal(judge_resume(d.judge, stored), 0);
	for (int64_t s = 100; s < 1000; s++)
		assert_int_equal(judge_clock(d.judge, T0 + s * US_PER_S, T0 + s * US_PER_S), 0);
	assert_int_equal(d.heard.n, 1);
	assert_int_equal(last(&d.heard)->f.state, FINDING_LOST_SIGHT);
	/* It speaks again, and shows no attack for a minute. */
	exporters_get(d.exporters, d.router)->last_recv_us = T0 + 1000 * US_PER_S;
	for (int64_t s = 1000; s < 1062; s++) {
		assert_int_equal(d.heard.n, 1);
		assert_int_equal(judge_clock(d.judge, T0 + s * US_PER_S, T0 + s * US_PER_S), 0);
	}
	assert_int_equal(d.heard.n, 2);
	assert_int_equal(last(&d.heard)->f.state, FINDING_CLOSED);
	close_desk(&d);
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
	exporters_get(d.exporters, d.router)->last_recv_us = T0;
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

/* ---- bursts ---- */

#define FOLD_US (900 * US_PER_S) /* conf duty.fold when nothing is said */

/* A burst of @seconds at @at as the detector tells it: open, then closed. */
static void burst(struct desk *d, uint64_t handle, const char *target, int64_t at, int64_t seconds)
{
	struct finding f;

	make(d, &f, handle, target, at);
	f.last_us = at + seconds * US_PER_S;
	tell(d, &f);
	f.state = FINDING_CLOSED;
	f.updated_us = f.last_us + 61 * US_PER_S;
	tell(d, &f);
}

static void pass(struct desk *d, int64_t record_us)
{
	exporters_get(d->exporters, d->router)->last_recv_us = record_us;
	assert_int_equal(judge_clock(d->judge, record_us + 250000, record_us), 0);
}

static void test_bursts_are_folded(void **state)
{
	struct judge_stats stats;
	struct desk d;
	char id[INCIDENT_ID_MAX];
	int64_t at = T0;

	open_desk(&d);
	assert_int_equal(d.conf->duty.fold_s, 900);
	pass(&d, T0);
	burst(&d, 1, "192.0.2.1", at, 5);
	strcpy(id, last(&d.heard)->id);
	assert_int_equal(last(&d.heard)->f.state, FINDING_QUIET);
	for (uint64_t i = 2; i <= 10; i++) {
		at += 5 * US_PER_S + FOLD_US; /* to the microsecond as long as allowed */
		pass(&d, at - US_PER_S);
		burst(&d, i, "192.0.2.1", at, 5);
		assert_string_equal(last(&d.heard)->id, id);
	}
	assert_int_equal(last(&d.heard)->f.pulses, 10);
	assert_int_equal(last(&d.heard)->f.first_us, T0);
	assert_int_equal(last(&d.heard)->f.packets, 100000);
	assert_int_equal(last(&d.heard)->n_gaps, 0);
	judge_stats(d.judge, &stats);
	assert_int_equal(stats.open, 1);
	assert_int_equal(stats.held, 1);
	assert_int_equal(stats.opened, 1);
	assert_int_equal(stats.folded, 9);
	assert_int_equal(stats.closed, 0);
	for (unsigned i = 1; i < d.heard.n; i++)
		assert_int_equal(d.heard.inc[i]->revision, i + 1);
	/* A minute longer than the pause, as records may come late; then it is over. */
	pass(&d, at + 5 * US_PER_S + FOLD_US + 60 * US_PER_S);
	assert_int_equal(last(&d.heard)->f.state, FINDING_QUIET);
	pass(&d, at + 5 * US_PER_S + FOLD_US + 60 * US_PER_S + 1);
	assert_int_equal(last(&d.heard)->f.state, FINDING_CLOSED);
	assert_string_equal(last(&d.heard)->id, id);
	assert_int_equal(last(&d.heard)->f.last_us, at + 5 * US_PER_S);
	judge_stats(d.judge, &stats);
	assert_int_equal(stats.open, 0);
	assert_int_equal(stats.closed, 1);
	close_desk(&d);
}

/* Is a second burst, other in one thing, the same incident? */
static bool folds(const char *target, int64_t pause_us, enum vector v, enum finding_kind kind)
{
	struct desk d;
	struct finding f;
	char id[INCIDENT_ID_MAX];
	bool same;

	open_desk(&d);
	pass(&d, T0);
	burst(&d, 1, "192.0.2.1", T0, 5);
	strcpy(id, last(&d.heard)->id);
	pass(&d, T0 + 5 * US_PER_S + pause_us);
	make(&d, &f, 2, target, T0 + 5 * US_PER_S + pause_us);
	f.vectors[0].vector = v;
	f.kind = kind;
	tell(&d, &f);
	same = strcmp(last(&d.heard)->id, id) == 0;
	close_desk(&d);
	return same;
}

static void test_what_is_folded(void **state)
{
	assert_true(folds("192.0.2.1", FOLD_US, VECTOR_SYN_FLOOD, FINDING_ATTACK));
	assert_false(folds("192.0.2.1", FOLD_US + 1, VECTOR_SYN_FLOOD, FINDING_ATTACK));
	assert_false(folds("192.0.2.2", US_PER_S, VECTOR_SYN_FLOOD, FINDING_ATTACK));
	assert_false(folds("192.0.2.0/24", US_PER_S, VECTOR_SYN_FLOOD, FINDING_ATTACK));
	assert_false(folds("192.0.2.1", US_PER_S, VECTOR_UDP_FLOOD, FINDING_ATTACK));
	assert_false(folds("192.0.2.1", US_PER_S, VECTOR_SYN_FLOOD, FINDING_SCAN));
}

/* One vector in common is enough, and the port of reflectors is part of it. */
static void test_vector_in_common(void **state)
{
	struct desk d;
	struct finding f;
	char id[INCIDENT_ID_MAX];

	open_desk(&d);
	pass(&d, T0);
	burst(&d, 1, "192.0.2.1", T0, 5);
	strcpy(id, last(&d.heard)->id);
	make(&d, &f, 2, "192.0.2.1", T0 + 100 * US_PER_S);
	f.vectors[0].vector = VECTOR_AMPLIFICATION;
	f.vectors[0].port = 123;
	finding_vector(&f, VECTOR_SYN_FLOOD, 0, true, 5000, 46);
	f.state = FINDING_CLOSED;
	tell(&d, &f);
	assert_string_equal(last(&d.heard)->id, id);
	make(&d, &f, 3, "192.0.2.1", T0 + 200 * US_PER_S);
	f.vectors[0].vector = VECTOR_AMPLIFICATION;
	f.vectors[0].port = 53;
	f.state = FINDING_CLOSED;
	tell(&d, &f);
	assert_string_not_equal(last(&d.heard)->id, id);
	close_desk(&d);
}

/* More than 60 s a burst on average: over when the detector says so. */
static void test_long_attacks_close_at_once(void **state)
{
	struct series_point course[12];
	struct desk d;
	struct finding f;

	open_desk(&d);
	pass(&d, T0);
	burst(&d, 1, "192.0.2.1", T0, 60);
	assert_int_equal(last(&d.heard)->f.state, FINDING_QUIET);
	burst(&d, 2, "192.0.2.2", T0, 61);
	assert_int_equal(last(&d.heard)->f.state, FINDING_CLOSED);
	/* Two minutes with one pulse of which the course shows 70 s, then two pulses in the same.
	 */
	for (unsigned i = 0; i < ARRAY_LEN(course); i++)
		course[i] = (struct series_point){.start_us = T0 + 10 * US_PER_S * i,
						  .step_s = 10,
						  .link = LINK_UNKNOWN,
						  .packets = i < 7 ? 50000 : 900};
	for (uint32_t pulses = 1; pulses <= 2; pulses++) {
		make(&d, &f, 3 + pulses, pulses == 1 ? "192.0.2.3" : "192.0.2.4", T0);
		f.last_us = T0 + 120 * US_PER_S;
		f.pulses = pulses;
		f.series = course;
		f.n_series = ARRAY_LEN(course);
		f.state = FINDING_CLOSED;
		tell(&d, &f);
		assert_int_equal(last(&d.heard)->f.state,
				 pulses == 1 ? FINDING_CLOSED : FINDING_QUIET);
	}
	close_desk(&d);
}

static void test_end_of_file_closes_what_is_held(void **state)
{
	struct desk d;
	struct finding f;
	struct judge_stats stats;

	open_desk(&d);
	pass(&d, T0);
	burst(&d, 1, "192.0.2.1", T0, 5);
	make(&d, &f, 2, "192.0.2.2", T0 + 100 * US_PER_S);
	tell(&d, &f);
	judge_end(d.judge);
	f.state = FINDING_CLOSED;
	tell(&d, &f); /* as the detector's last look gives it */
	assert_int_equal(last(&d.heard)->f.state, FINDING_CLOSED);
	assert_int_equal(last(&d.heard)->revision, 2);
	assert_int_equal(judge_finish(d.judge), 0);
	assert_int_equal(last(&d.heard)->f.state, FINDING_CLOSED);
	assert_int_equal(last(&d.heard)->f.last_us, T0 + 5 * US_PER_S);
	judge_stats(d.judge, &stats);
	assert_int_equal(stats.open, 0);
	assert_int_equal(stats.closed, 2);
	close_desk(&d);
}

static void test_held_is_bounded_and_may_be_off(void **state)
{
	struct judge_stats stats;
	struct desk d;

	open_desk(&d);
	d.conf->limits.incidents_open = 2;
	pass(&d, T0);
	burst(&d, 1, "192.0.2.1", T0, 5);
	burst(&d, 2, "192.0.2.2", T0, 5);
	burst(&d, 3, "192.0.2.3", T0, 5);
	assert_int_equal(last(&d.heard)->f.state, FINDING_CLOSED);
	judge_stats(d.judge, &stats);
	assert_int_equal(stats.held, 2);
	assert_int_equal(stats.fold_refused, 1);
	close_desk(&d);
	open_desk(&d);
	d.conf->duty.fold_s = 60;
	pass(&d, T0);
	burst(&d, 4, "192.0.2.1", T0 + 70 * US_PER_S, 5);
	assert_int_equal(last(&d.heard)->f.state, FINDING_CLOSED);
	close_desk(&d);
}

/* What nobody can see does not end, and bursts that come when we see again belong to it. */
static void test_held_while_blind(void **state)
{
	int64_t silent = T0 + 200 * US_PER_S, back = T0 + 2400 * US_PER_S;
	struct desk d;
	char id[INCIDENT_ID_MAX];

	open_desk(&d);
	pass(&d, T0);
	burst(&d, 1, "192.0.2.1", T0, 5);
	strcpy(id, last(&d.heard)->id);
	pass(&d, silent);
	for (int64_t at = silent; at < back; at += 10 * US_PER_S) /* others speak */
		assert_int_equal(judge_clock(d.judge, at + 250000, at), 0);
	assert_int_equal(last(&d.heard)->f.state, FINDING_LOST_SIGHT);
	assert_int_equal(d.heard.n, 3); /* opened, held, out of sight: once */
	pass(&d, back);
	burst(&d, 2, "192.0.2.1", back, 5);
	assert_string_equal(last(&d.heard)->id, id);
	assert_int_equal(last(&d.heard)->f.pulses, 2);
	for (int64_t at = back; at < back + 990 * US_PER_S; at += 10 * US_PER_S)
		pass(&d, at);
	assert_int_equal(last(&d.heard)->f.state, FINDING_CLOSED);
	close_desk(&d);
}

/* Held, stored, the program down for a minute: @pause_us after its end the next burst. */
static void restart_held(int64_t pause_us, unsigned pulses, bool orderly, bool same)
{
	struct incident *stored, *now;
	struct desk d;
	struct finding f;
	char id[INCIDENT_ID_MAX];
	int64_t end = T0 + 5 * US_PER_S, stop = end + 120 * US_PER_S;

	open_desk(&d);
	pass(&d, T0);
	if (pulses) {
		burst(&d, 1, "192.0.2.1", T0, 5);
	} else { /* killed within the second burst */
		make(&d, &f, 1, "192.0.2.1", T0);
		f.last_us = end;
		f.pulses = 2;
		tell(&d, &f);
	}
	pass(&d, stop);
	if (orderly)
		assert_int_equal(judge_finish(d.judge), 0);
	stored = through_store(last(&d.heard));
	strcpy(id, stored->id);
	close_desk(&d);

	open_desk(&d);
	assert_int_equal(judge_resume(d.judge, stored), 0);
	assert_int_equal(judge_clock(d.judge, stop + 60 * US_PER_S, TIME_NONE), 0);
	for (int64_t at = stop + 60 * US_PER_S; at < end + pause_us; at += 10 * US_PER_S)
		pass(&d, at);
	make(&d, &f, 1, "192.0.2.1", end + pause_us);
	tell(&d, &f);
	now = last(&d.heard);
	assert_true((strcmp(now->id, id) == 0) == same);
	if (same) {
		assert_int_equal(now->n_gaps, 1);
		assert_int_equal(now->f.pulses, pulses ? 2 : 3);
		if (orderly)
			assert_int_equal(now->gaps[0].from_us, stop + 250000);
		assert_int_equal(now->gaps[0].until_us, stop + 60 * US_PER_S);
	}
	close_desk(&d);
}

static void test_held_over_a_restart(void **state)
{
	restart_held(FOLD_US, 1, true, true);
	restart_held(FOLD_US, 1, false, true);
	restart_held(200 * US_PER_S, 1, true, true);
	restart_held(FOLD_US + 130 * US_PER_S, 1, true, false);
	restart_held(FOLD_US, 0, false, true);
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
		cmocka_unit_test(test_silent_exporter_closes_nothing),
		cmocka_unit_test(test_clock_set_back),
		cmocka_unit_test(test_comes_back_with_its_exporter),
		cmocka_unit_test(test_gaps_are_bounded_and_join),
		cmocka_unit_test(test_series_is_bounded),
		cmocka_unit_test(test_evidence_grows_and_is_named),
		cmocka_unit_test(test_good_sample_is_taken_once),
		cmocka_unit_test(test_open_table_is_bounded),
		cmocka_unit_test(test_classes_of_two_parts),
		cmocka_unit_test(test_bursts_are_folded),
		cmocka_unit_test(test_what_is_folded),
		cmocka_unit_test(test_vector_in_common),
		cmocka_unit_test(test_long_attacks_close_at_once),
		cmocka_unit_test(test_end_of_file_closes_what_is_held),
		cmocka_unit_test(test_held_is_bounded_and_may_be_off),
		cmocka_unit_test(test_held_while_blind),
		cmocka_unit_test(test_held_over_a_restart),
	};

	return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
