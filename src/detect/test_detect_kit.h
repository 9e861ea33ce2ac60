/* SPDX-License-Identifier: ISC */
/*
 * For tests of the engine: one exporter whose records are made here, and what the engine told last
 * of each attack.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "detect/detect.h"

#define T0   (1218000000 * US_PER_S)
#define KEPT 64

struct bench {
	struct conf *conf;
	struct exporters *exporters;
	struct detect *detect;
	struct flow_writer writer;
	uint16_t exporter;
	struct finding last[KEPT]; /* newest state of each attack; its path lies in `path` */
	struct finding_path path[KEPT];
	unsigned n;
	uint64_t series_packets; /* of the last state told, whole attack */
};

static inline int on_finding(void *userdata, const struct finding *f)
{
	struct bench *b = userdata;
	unsigned i = 0;

	while (i < b->n && b->last[i].handle != f->handle)
		i++;
	assert_true(i < KEPT);
	b->n += i == b->n;
	b->last[i] = *f;
	b->path[i] = f->path ? *f->path : (struct finding_path){.n_links = 0};
	b->last[i].path = &b->path[i];
	b->series_packets = 0;
	for (unsigned k = 0; k < f->n_series; k++)
		if (f->series[k].link == LINK_UNKNOWN)
			b->series_packets += f->series[k].packets;
	return 0;
}

static inline void bench_start_with(struct bench *b, struct conf *conf, unsigned threads,
				    bool capture)
{
	struct finding_sink sink = {.finding = on_finding, .userdata = b};
	struct flow_sink flows;
	struct ip from = ip_from_v4(0x7f000001);

	*b = (struct bench){0};
	b->conf = conf;
	assert_non_null(conf);
	b->exporters = exporters_new(b->conf);
	b->exporter = capture ? exporters_add_capture(b->exporters, "test")
			      : exporters_find(b->exporters, &from, true);
	b->detect = detect_new(b->conf, b->exporters, threads, &sink);
	assert_non_null(b->detect);
	flows = detect_sink(b->detect);
	assert_int_equal(flow_writer_init(&b->writer, &flows), 0);
}

static inline void bench_start(struct bench *b, unsigned threads, bool capture)
{
	bench_start_with(b, conf_default(), threads, capture);
}

static inline void bench_end(struct bench *b)
{
	assert_int_equal(flow_writer_flush(&b->writer), 0);
	assert_int_equal(detect_finish(b->detect), 0);
}

static inline void bench_free(struct bench *b)
{
	detect_free(b->detect);
	flow_writer_deinit(&b->writer);
	exporters_free(b->exporters);
	conf_unref(b->conf);
}

static inline void put(struct bench *b, struct flow f, uint32_t sampling, bool packet,
		       int64_t first_us, int64_t last_us, int64_t recv_us)
{
	struct flow_side s = {.sampling = sampling,
			      .flags = FLOW_SAMPLING_KNOWN | (packet ? FLOW_IS_PACKET : 0)};

	f.exporter = b->exporter;
	assert_int_equal(flow_writer_put(&b->writer, &f, &s, first_us, last_us, recv_us), 0);
}

static inline struct flow tcp(uint32_t src, uint32_t dst, uint16_t sport, uint16_t dport,
			      uint8_t flags)
{
	return (struct flow){.src = ip_from_v4(src),
			     .dst = ip_from_v4(dst),
			     .bytes = 40,
			     .packets = 1,
			     .sport = sport,
			     .dport = dport,
			     .proto = PROTO_TCP,
			     .tcp_flags = flags};
}

#define VICTIM	  0xc6336401u /* 198.51.100.1 */
#define FORGED(i) (0x0b000000u + (uint32_t)(i)*2654435761u % 0x70000000u)

/* SYNs from forged sources at @pps for @seconds from @from_us. */
static inline void flood(struct bench *b, uint32_t dst, unsigned pps, double seconds,
			 int64_t from_us)
{
	unsigned n = (unsigned)(pps * seconds);

	for (unsigned i = 0; i < n; i++) {
		int64_t us = from_us + (int64_t)i * US_PER_S / pps;

		put(b, tcp(FORGED(i), dst, (uint16_t)(1024 + i % 60000), 80, TH_SYN), 1, true, us,
		    us, us);
	}
}
