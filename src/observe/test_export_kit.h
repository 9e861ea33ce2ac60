/* SPDX-License-Identifier: ISC */
/*
 * For tests of the export decoders: datagrams written field by field, and a sink that keeps what
 * came out of them.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "observe/export.h"

#define KIT_FLOWS  4096
#define KIT_TIME_S 1500000000u /* when the test datagrams were exported */

struct kit {
	struct exporters *exporters;
	struct exports *exports;
	struct flow_writer writer;
	struct ip from;
	int64_t recv_us;
	bool stream; /* what is sent stands in a file */
	unsigned n;
	struct flow flow[KIT_FLOWS];
	struct flow_side side[KIT_FLOWS];
	int64_t first_us[KIT_FLOWS], last_us[KIT_FLOWS];
};

struct bytes {
	uint8_t b[65536];
	size_t n;
};

static inline void put(struct bytes *to, uint64_t v, unsigned len)
{
	for (; len > 8; len--) /* wider than a number: zeros before it */
		to->b[to->n++] = 0;
	for (unsigned i = 0; i < len; i++)
		to->b[to->n++] = (uint8_t)(v >> 8 * (len - 1 - i));
}

/* Many numbers of one width: PUT(d, 2, 8, 4, 12, 4). */
#define PUT(to, width, ...)                                                                        \
	do {                                                                                       \
		const uint64_t values_[] = {__VA_ARGS__};                                          \
		for (size_t i_ = 0; i_ < sizeof(values_) / sizeof(values_[0]); i_++)               \
			put((to), values_[i_], (width));                                           \
	} while (0)

/* Write a length at @at so that the set or message from @from ends here. */
static inline void close_length(struct bytes *to, size_t at, size_t from)
{
	size_t len = to->n - from;

	to->b[at] = (uint8_t)(len >> 8);
	to->b[at + 1] = (uint8_t)len;
}

/** Begin a set: returns its place for set_close(). */
static inline size_t set_open(struct bytes *to, uint16_t id)
{
	PUT(to, 2, id, 0);
	return to->n - 4;
}

static inline void set_close(struct bytes *to, size_t at)
{
	close_length(to, at + 2, at);
}

static inline void v9_open(struct bytes *to, uint32_t uptime_ms, uint32_t seconds,
			   uint32_t sequence, uint32_t domain)
{
	to->n = 0;
	PUT(to, 2, 9, 1);
	PUT(to, 4, uptime_ms, seconds, sequence, domain);
}

static inline void ipfix_open(struct bytes *to, uint32_t sequence, uint32_t domain)
{
	to->n = 0;
	PUT(to, 2, 10, 0);
	PUT(to, 4, KIT_TIME_S, sequence, domain);
}

static inline void ipfix_close(struct bytes *to)
{
	close_length(to, 2, 0);
}

static inline int kit_batch(void *userdata, const struct flow_batch *b)
{
	struct kit *k = userdata;

	for (uint32_t i = 0; i < b->n && k->n < KIT_FLOWS; i++, k->n++) {
		k->flow[k->n] = b->flow[i];
		k->side[k->n] = b->side[i];
		k->first_us[k->n] = flow_first_us(b, i);
		k->last_us[k->n] = flow_last_us(b, i);
	}
	return 0;
}

static inline struct kit *kit_new_for(const struct conf *conf, bool open)
{
	struct kit *k = calloc(1, sizeof(*k));
	struct flow_sink sink = {.batch = kit_batch, .userdata = k};

	assert_non_null(k);
	assert_int_equal(flow_writer_init(&k->writer, &sink), 0);
	k->exporters = exporters_new(conf);
	assert_non_null(k->exporters);
	k->exports = exports_new(k->exporters, &k->writer, open);
	assert_non_null(k->exports);
	k->from = ip_from_v4(0xc0000201);
	k->recv_us = KIT_TIME_S * US_PER_S;
	return k;
}

static inline struct kit *kit_new(void)
{
	return kit_new_for(NULL, true);
}

static inline void kit_free(struct kit *k)
{
	exports_free(k->exports);
	exporters_free(k->exporters);
	flow_writer_deinit(&k->writer);
	free(k);
}

static inline struct exporter *kit_exporter(struct kit *k)
{
	return exporters_get(k->exporters, exporters_find(k->exporters, &k->from, false));
}

/* Decode from a copy of the exact size, so that a sanitizer sees each byte read behind the end. */
static inline int kit_send_n(struct kit *k, const void *data, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	struct datagram d = {.data = copy,
			     .len = n,
			     .from = k->from,
			     .recv_us = k->recv_us,
			     .stream = k->stream};
	int r;

	assert_non_null(copy);
	memcpy(copy, data, n);
	r = exports_datagram(k->exports, &d);
	free(copy);
	assert_int_equal(flow_writer_flush(&k->writer), 0);
	return r;
}

static inline int kit_send(struct kit *k, const struct bytes *d)
{
	return kit_send_n(k, d->b, d->n);
}

static inline uint64_t kit_refused(struct kit *k, enum refusal why)
{
	return kit_exporter(k)->refused.count[why];
}
