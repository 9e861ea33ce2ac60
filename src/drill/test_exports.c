/* SPDX-License-Identifier: ISC */
/*
 * Export datagrams hold together: a walker that knows nothing of the writers reads headers,
 * templates, options, records and samples by the standards; every packet is told of exactly once;
 * sequence numbers count; times, sampling and clocks are what was asked for.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "drill/drill.h"

#define TEMPLATES 4
#define FIELDS	  32

struct template
{
	uint16_t id, n, scope, bytes, element[FIELDS], len[FIELDS];
};

struct side {
	struct template template[TEMPLATES];
	unsigned n_templates;
	uint32_t next_seq, sampling, inputs; /* inputs: bit mask of ifindexes */
	uint64_t packets, bytes, records, options, lost;
	bool begun;
};

struct walk {
	struct side side[DRILL_EXPORTERS_MAX];
	enum drill_format format;
	int64_t last_recv_us, offset_us; /* of exporter 0 */
	uint64_t datagrams, hash, v6_records, longest_ms;
};

static void sequence(struct side *s, uint32_t seq, uint32_t count)
{
	if (s->begun)
		s->lost += (uint32_t)(seq - s->next_seq);
	s->begun = true;
	s->next_seq = seq + count;
}

static void check_times(struct walk *w, int64_t first_ms, int64_t last_ms, int64_t export_ms)
{
	assert_true(first_ms <= last_ms);
	assert_true(last_ms <= export_ms);
	assert_true(export_ms - first_ms <=
		    75200); /* active 60 s, a tick, half a second, silence 15 s */
	if ((uint64_t)(last_ms - first_ms) > w->longest_ms)
		w->longest_ms = (uint64_t)(last_ms - first_ms);
}

static void walk_v5(struct walk *w, struct side *s, struct cursor c, int64_t recv_us)
{
	uint16_t version = cursor_be16(&c), count = cursor_be16(&c), sampling;
	uint32_t uptime = cursor_be32(&c), secs = cursor_be32(&c), nsecs = cursor_be32(&c);
	uint32_t seq = cursor_be32(&c);

	assert_int_equal(version, 5);
	assert_true(count >= 1 && count <= 30);
	assert_true(nsecs < 1000000000u);
	cursor_skip(&c, 2);
	sampling = cursor_be16(&c);
	assert_true(sampling >> 14 == 1 || sampling >> 14 == 2);
	s->sampling = sampling & 0x3fff;
	assert_int_equal(secs * INT64_C(1000000) + nsecs / 1000, recv_us + w->offset_us - 3000);
	sequence(s, seq, count);
	assert_int_equal(cursor_left(&c), count * 48u);
	for (unsigned i = 0; i < count; i++) {
		uint32_t packets, bytes, first, last;

		cursor_skip(&c, 12);
		s->inputs |= 1u << cursor_be16(&c);
		cursor_skip(&c, 2);
		packets = cursor_be32(&c);
		bytes = cursor_be32(&c);
		first = cursor_be32(&c);
		last = cursor_be32(&c);
		cursor_skip(&c, 16);
		check_times(w, first, last, uptime);
		s->packets += packets;
		s->bytes += bytes;
		s->records++;
	}
}

static struct template *find(struct side *s, uint16_t id)
{
	for (unsigned i = 0; i < s->n_templates; i++)
		if (s->template[i].id == id)
			return &s->template[i];
	return NULL;
}

static void read_template(struct side *s, struct cursor *c, bool options, bool ipfix)
{
	struct template t = {.id = cursor_be16(c)}, *at;

	assert_true(t.id >= 256);
	t.n = cursor_be16(c);
	if (options && ipfix) {
		t.scope = cursor_be16(c);
		assert_true(t.scope >= 1 && t.scope <= t.n);
	} else if (options) {
		t.scope = t.n / 4;
		t.n = (uint16_t)(t.scope + cursor_be16(c) / 4);
	}
	assert_true(t.n <= FIELDS);
	for (unsigned i = 0; i < t.n; i++) {
		t.element[i] = cursor_be16(c);
		t.len[i] = cursor_be16(c);
		t.bytes = (uint16_t)(t.bytes + t.len[i]);
	}
	assert_true(cursor_ok(c));
	at = find(s, t.id);
	if (!at) {
		assert_true(s->n_templates < TEMPLATES);
		at = &s->template[s->n_templates++];
	}
	*at = t;
}

static void read_options(struct side *s, const struct template *t, struct cursor *c)
{
	uint32_t space = 0;

	for (unsigned i = 0; i < t->n; i++) {
		const uint8_t *p = cursor_take(c, t->len[i]);
		uint64_t v;

		assert_non_null(p);
		v = be_uint(p, t->len[i]);
		if (t->element[i] == 50 || t->element[i] == 310)
			s->sampling = (uint32_t)v;
		if (t->element[i] == 305)
			s->sampling = (uint32_t)v;
		if (t->element[i] == 306)
			space = (uint32_t)v;
	}
	s->sampling += space;
	s->options++;
}

struct times {
	int64_t first, last;
};

static void read_element(struct walk *w, struct side *s, uint16_t element, uint64_t v,
			 struct times *t)
{
	switch (element) {
	case 1:
		s->bytes += v;
		break;
	case 2:
		s->packets += v;
		break;
	case 10:
		s->inputs |= 1u << v;
		break;
	case 22:
	case 152:
		t->first = (int64_t)v;
		break;
	case 21:
	case 153:
		t->last = (int64_t)v;
		break;
	case 28:
		w->v6_records++;
		break;
	default:
		break;
	}
}

static void read_record(struct walk *w, struct side *s, const struct template *t, struct cursor *c,
			int64_t export_ms)
{
	struct times times = {0, 0};

	for (unsigned i = 0; i < t->n; i++) {
		const uint8_t *p = cursor_take(c, t->len[i]);

		assert_non_null(p);
		read_element(w, s, t->element[i], t->len[i] <= 8 ? be_uint(p, t->len[i]) : 0,
			     &times);
	}
	check_times(w, times.first, times.last, export_ms);
	s->records++;
}

/* Return: records in the set, as the format's sequence counts them. */
static unsigned walk_set(struct walk *w, struct side *s, uint16_t id, struct cursor c,
			 int64_t export_ms)
{
	bool ipfix = w->format == DRILL_IPFIX;
	const struct template *t;
	unsigned n = 0;

	if (id == (ipfix ? 2 : 0) || id == (ipfix ? 3 : 1)) {
		while (cursor_left(&c) >= 8) {
			read_template(s, &c, id == (ipfix ? 3 : 1), ipfix);
			n++;
		}
		return ipfix ? 0 : n;
	}
	t = find(s, id);
	assert_non_null(t);
	for (; cursor_left(&c) >= t->bytes; n++) {
		if (t->scope)
			read_options(s, t, &c);
		else
			read_record(w, s, t, &c, export_ms);
	}
	assert_true(cursor_left(&c) < 4);
	return n;
}

static void walk_templated(struct walk *w, struct side *s, struct cursor c, int64_t recv_us)
{
	bool ipfix = w->format == DRILL_IPFIX;
	uint16_t version = cursor_be16(&c), count = cursor_be16(&c);
	uint32_t uptime = ipfix ? 0 : cursor_be32(&c), secs = cursor_be32(&c),
		 seq = cursor_be32(&c);
	int64_t true_us = recv_us - 3000 + w->offset_us;
	unsigned n = 0;

	assert_int_equal(version, ipfix ? 10 : 9);
	assert_int_equal(secs, time_floor_s(true_us));
	cursor_skip(&c, 4);
	if (ipfix)
		assert_int_equal(count, cursor_left(&c) + 16);
	while (cursor_left(&c)) {
		uint16_t id = cursor_be16(&c), len = cursor_be16(&c);

		assert_true(len >= 4 && len % 4 == 0);
		n += walk_set(w, s, id, cursor_sub(&c, len - 4u), ipfix ? true_us / 1000 : uptime);
		assert_true(cursor_ok(&c));
	}
	if (!ipfix)
		assert_int_equal(n, count);
	sequence(s, seq, ipfix ? n : 1);
}

static void walk_sample(struct side *s, uint32_t format, struct cursor c)
{
	bool wide = format == 3;
	uint32_t rate, n, len;

	if (format == 2) {
		cursor_skip(&c, 8);
		assert_int_equal(cursor_be32(&c), 1);
		cursor_skip(&c, 4);
		assert_int_equal(cursor_be32(&c), 88);
		assert_int_equal(cursor_left(&c), 88);
		s->options++;
		return;
	}
	assert_true(format == 1 || format == 3);
	cursor_skip(&c, wide ? 12 : 8);
	rate = cursor_be32(&c);
	cursor_skip(&c, wide ? 12 : 8);
	s->inputs |= 1u << cursor_be32(&c);
	cursor_skip(&c, wide ? 8 : 4);
	n = cursor_be32(&c);
	assert_int_equal(n, 1);
	assert_int_equal(cursor_be32(&c), 1);
	len = cursor_be32(&c);
	assert_int_equal(len, cursor_left(&c));
	assert_int_equal(cursor_be32(&c), 1);
	s->bytes += cursor_be32(&c) - 4;
	assert_int_equal(cursor_be32(&c), 4);
	n = cursor_be32(&c);
	assert_true(n >= 60 && n <= 128);
	assert_int_equal(cursor_left(&c), (n + 3) & ~3u);
	s->packets++;
	s->records++;
	s->sampling = rate;
}

static void walk_sflow(struct walk *w, struct side *s, struct cursor c, int64_t recv_us)
{
	uint32_t seq, samples;

	assert_int_equal(cursor_be32(&c), 5);
	assert_int_equal(cursor_be32(&c), 1);
	cursor_skip(&c, 8);
	seq = cursor_be32(&c);
	cursor_skip(&c, 4);
	samples = cursor_be32(&c);
	for (unsigned i = 0; i < samples; i++) {
		uint32_t format = cursor_be32(&c), len = cursor_be32(&c);

		walk_sample(s, format, cursor_sub(&c, len));
		assert_true(cursor_ok(&c));
	}
	assert_int_equal(cursor_left(&c), 0);
	sequence(s, seq, 1);
}

static int on_datagram(void *userdata, int64_t recv_us, const struct ip *exporter, const uint8_t *b,
		       size_t n)
{
	static void (*const walkers[])(struct walk *, struct side *, struct cursor, int64_t) = {
		[DRILL_V5] = walk_v5,
		[DRILL_V9] = walk_templated,
		[DRILL_IPFIX] = walk_templated,
		[DRILL_SFLOW] = walk_sflow,
	};
	struct walk *w = userdata;
	unsigned e = ip_v4(exporter) - 0xc0000201u;

	assert_true(e < DRILL_EXPORTERS_MAX);
	assert_true(recv_us >= w->last_recv_us);
	assert_true(n <= 1472);
	w->last_recv_us = recv_us;
	w->datagrams++;
	w->hash = hash_bytes(b, n, w->hash ^ (uint64_t)recv_us);
	walkers[w->format](w, &w->side[e], cursor_over(b, n), recv_us);
	return 0;
}

static struct walk run(const char *name, const struct drill_options *o,
		       struct drill_figures *figures)
{
	struct drill *d = drill_new(name, 7, o);
	struct walk w = {.format = o->format, .offset_us = o->exporter[0].clock_offset_us};
	struct drill_sink sink = {.datagram = on_datagram, .userdata = &w};

	assert_non_null(d);
	assert_int_equal(drill_run(d, &sink), 0);
	*figures = *drill_figures(d);
	assert_int_equal(figures->datagrams, w.datagrams);
	drill_free(d);
	return w;
}

static const enum drill_format all_formats[] = {DRILL_V5, DRILL_V9, DRILL_IPFIX, DRILL_SFLOW};
static const char *const some[] = {"background-only", "syn-spoofed", "amp-dns",
				   "carpet-v6",	      "long-flows",  "conn-flood"};

static void test_every_packet_once(void **state)
{
	for (unsigned f = 0; f < 4; f++) {
		for (unsigned i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
			struct drill_options o = {.format = all_formats[f]};
			struct drill_figures g;
			struct walk w = run(some[i], &o, &g);

			assert_int_equal(w.side[0].packets + g.unexported, g.packets);
			assert_int_equal(w.side[0].records, g.records);
			assert_int_equal(w.side[0].sampling, 1);
			assert_int_equal(w.side[0].lost, 0);
			if (o.format == DRILL_V9 || o.format == DRILL_IPFIX)
				assert_int_equal(w.side[0].bytes, g.bytes);
			assert_int_equal(g.unexported > 0, o.format == DRILL_V5);
		}
	}
}

static void test_active_timeout_holds(void **state)
{
	struct drill_options o = {.format = DRILL_IPFIX};
	struct drill_figures g;
	struct walk w = run("long-flows", &o, &g);

	assert_true(w.longest_ms > 59000 && w.longest_ms <= 60100);
	o.active_s = 10;
	w = run("long-flows", &o, &g);
	assert_true(w.longest_ms > 9000 && w.longest_ms <= 10100);
}

static void test_sampling(void **state)
{
	for (unsigned f = 0; f < 4; f++) {
		for (int random = 0; random < 2; random++) {
			struct drill_options o = {.format = all_formats[f],
						  .sampling = 100,
						  .sampling_random = random};
			struct drill_figures g;
			struct walk w = run("syn-real", &o, &g);
			double expected = (double)(g.packets - g.unexported) / 100;

			assert_int_equal(w.side[0].sampling, 100);
			/* Every hundredth exactly; by chance within five standard deviations. */
			if (random)
				assert_true(fabs((double)w.side[0].packets - expected) <
					    5 * sqrt(expected));
			else
				assert_true(fabs((double)w.side[0].packets - expected) <= 1);
		}
	}
}

static void test_three_views_of_one(void **state)
{
	struct drill_options o = {.format = DRILL_V9, .exporters = 3};
	struct drill_figures g;
	struct walk w;

	o.exporter[1].sampling = 10;
	o.exporter[2].sampling = 1000;
	w = run("syn-real", &o, &g);
	assert_int_equal(w.side[0].packets, g.packets);
	assert_int_equal(w.side[1].packets, (g.packets + 5) / 10);
	assert_in_range(w.side[2].packets, g.packets / 1000, g.packets / 1000 + 1);
	assert_int_equal(w.side[1].sampling, 10);
	assert_int_equal(w.side[2].sampling, 1000);
	assert_int_equal(w.side[0].inputs, 1u << 1 | 1u << 2 | 1u << 3 | 1u << 10);
	assert_int_equal(w.side[1].inputs, 1u << 20 | 1u << 21);
}

static void test_split_views_share(void **state)
{
	struct drill_options o = {.format = DRILL_SFLOW, .exporters = 2, .view = DRILL_SPLIT};
	struct drill_figures g;
	struct walk w = run("link-move", &o, &g);

	assert_int_equal(w.side[0].packets + w.side[1].packets, g.packets);
	assert_true(w.side[1].packets > 70000); /* the second half of the attack */
	assert_int_equal(w.side[0].inputs, 1u << 1 | 1u << 3 | 1u << 10);
	assert_int_equal(w.side[1].inputs, 1u << 2 | 1u << 10);
}

static void test_clock_offset(void **state)
{
	for (unsigned f = 0; f < 3; f++) {
		struct drill_options o = {.format = all_formats[f]};
		struct drill_figures g;

		o.exporter[0].clock_offset_us = -7400 * US_PER_MS;
		run("burst-2s", &o, &g); /* the walker compares headers with the shifted clock */
	}
}

static void test_full_link_is_silent(void **state)
{
	struct drill_options o = {.format = DRILL_V9};
	struct drill_figures g;
	struct walk w = run("link-full", &o, &g);

	assert_true(g.silenced > 100);
	assert_int_equal(w.side[0].lost, g.silenced);
	assert_true(w.side[0].packets < g.packets);
	assert_true(w.side[0].packets > 10000); /* the beginning is seen */
}

static void test_sampling_can_be_untold(void **state)
{
	struct drill_options o = {.format = DRILL_V9, .sampling = 10, .sampling_untold = true};
	struct drill_figures g;
	struct walk w = run("burst-2s", &o, &g);

	assert_int_equal(w.side[0].options, 0);
	assert_int_equal(w.side[0].sampling, 0);
	assert_true(w.side[0].packets > 0);
}

static void test_same_bytes_again(void **state)
{
	for (unsigned f = 0; f < 4; f++) {
		struct drill_options o = {.format = all_formats[f],
					  .sampling = 10,
					  .sampling_random = true,
					  .exporters = 2};
		struct drill_figures g;

		assert_int_equal(run("compound", &o, &g).hash, run("compound", &o, &g).hash);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_packet_once),
		cmocka_unit_test(test_active_timeout_holds),
		cmocka_unit_test(test_sampling),
		cmocka_unit_test(test_three_views_of_one),
		cmocka_unit_test(test_split_views_share),
		cmocka_unit_test(test_clock_offset),
		cmocka_unit_test(test_full_link_is_silent),
		cmocka_unit_test(test_sampling_can_be_untold),
		cmocka_unit_test(test_same_bytes_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
