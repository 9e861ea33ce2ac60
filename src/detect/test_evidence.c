/* SPDX-License-Identifier: ISC */
/*
 * The header records kept of an attack are a fair sample of all of it: each stretch of time and
 * each vector has its share, however long it lasts, and any number of threads keeps the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "detect/detect.h"

#define T0     (1218000000 * US_PER_S)
#define VICTIM 0xc6336401u /* 198.51.100.1 */
#define PPS    6000

struct heard {
	struct evidence_record kept[EVIDENCE_MAX];
	unsigned n;
	uint64_t seen;
	bool shrank;
};

static int on_finding(void *userdata, const struct finding *f)
{
	const struct header_sample *s = &f->evidence[SAMPLE_ATTACK];
	struct heard *h = userdata;

	if (f->level != LEVEL_HOST)
		return 0;
	h->shrank |= s->n < h->n || s->seen < h->seen;
	h->n = s->n;
	h->seen = s->seen;
	if (s->n)
		memcpy(h->kept, s->record, s->n * sizeof(*s->record));
	return 0;
}

static void send(struct flow_writer *w, uint16_t exporter, uint8_t proto, uint64_t i, int64_t us)
{
	struct flow f = {.src = ip_from_v4(0x0b000000u + (uint32_t)i * 2654435761u % 0x70000000u),
			 .dst = ip_from_v4(VICTIM),
			 .bytes = 40,
			 .packets = 1,
			 .sport = (uint16_t)(1024 + i % 60000),
			 .dport = 80,
			 .proto = proto,
			 .tcp_flags = proto == PROTO_TCP ? TH_SYN : 0,
			 .exporter = exporter};
	struct flow_side s = {.sampling = 1, .flags = FLOW_SAMPLING_KNOWN | FLOW_IS_PACKET};

	assert_int_equal(flow_writer_put(w, &f, &s, us, us, us), 0);
}

/* SYN for @seconds; from half of them on as many ICMP packets too. */
static struct heard *run(unsigned threads, unsigned seconds)
{
	struct heard *h = calloc(1, sizeof(*h));
	struct finding_sink sink = {.finding = on_finding, .userdata = h};
	struct conf *conf = conf_default();
	struct exporters *exporters = exporters_new(conf);
	struct detect *d = detect_new(conf, exporters, threads, &sink);
	struct flow_sink flows = detect_sink(d);
	struct flow_writer w;
	uint16_t exporter = exporters_add_capture(exporters, "test");

	assert_non_null(h);
	assert_int_equal(flow_writer_init(&w, &flows), 0);
	for (uint64_t i = 0; i < (uint64_t)PPS * seconds; i++) {
		int64_t us = T0 + (int64_t)i * US_PER_S / PPS;

		send(&w, exporter, PROTO_TCP, i, us);
		if (i >= (uint64_t)PPS * seconds / 2)
			send(&w, exporter, PROTO_ICMP, i, us);
	}
	assert_int_equal(flow_writer_flush(&w), 0);
	assert_int_equal(detect_finish(d), 0);
	flow_writer_deinit(&w);
	detect_free(d);
	exporters_free(exporters);
	conf_unref(conf);
	return h;
}

static void test_fair(void **state)
{
	struct heard *h = run(1, 40);
	unsigned second[40] = {0}, icmp = 0;

	assert_int_equal(h->n, EVIDENCE_MAX);
	assert_true(h->seen > 40 * PPS && !h->shrank);
	for (unsigned i = 0; i < h->n; i++) {
		int64_t at = (h->kept[i].first_us - T0) / US_PER_S;

		assert_in_range(at, 0, 39);
		second[at]++;
		icmp += h->kept[i].flow.proto == PROTO_ICMP;
	}
	/* Sixty equal parts: 68 records each, standard deviation 8; the first second is cut. */
	for (unsigned i = 1; i < 40; i++)
		assert_in_range(second[i], (i < 20 ? 68 : 136) - 60, (i < 20 ? 68 : 136) + 60);
	assert_in_range(icmp, EVIDENCE_MAX / 3 - 200, EVIDENCE_MAX / 3 + 200);
	free(h);
}

static void test_threads(void **state)
{
	struct heard *one = run(1, 6);

	for (unsigned threads = 2; threads <= 4; threads++) {
		struct heard *many = run(threads, 6);

		assert_int_equal(many->n, one->n);
		assert_int_equal(many->seen, one->seen);
		for (unsigned i = 0; i < one->n; i++) {
			assert_int_equal(many->kept[i].first_us, one->kept[i].first_us);
			assert_memory_equal(&many->kept[i].flow.src, &one->kept[i].flow.src, 16);
		}
		free(many);
	}
	free(one);
}

/* Of a short one nothing is left out. */
static void test_all(void **state)
{
	struct heard *h = run(1, 1);

	assert_true(h->seen > PPS / 2);
	assert_int_equal(h->n, h->seen < EVIDENCE_MAX ? h->seen : EVIDENCE_MAX);
	free(h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fair),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
