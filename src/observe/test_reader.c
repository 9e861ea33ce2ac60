/* SPDX-License-Identifier: ISC */
/*
 * Proves the reader's choices: packets or exports by the first UDP datagrams, where raw datagrams
 * end, reassembly of long exports, jumps in time, and what each run says at its end. The export
 * decoders are stood in for here, so that what reaches them can be seen.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "observe/reader.h"

#define T0    1220000000
#define MAGIC 0xe5 /* what the stand-in takes for a datagram of exports begins so */

/* The stand-in: notes each datagram. */
struct exports {
	struct datagram last;
	size_t lengths[64];
	uint8_t bytes[4096];
	unsigned n;
	int answer;
};

int exports_datagram(struct exports *x, const struct datagram *d)
{
	x->last = *d;
	if (x->n < 64)
		x->lengths[x->n] = d->len;
	memcpy(x->bytes, d->data, d->len < sizeof(x->bytes) ? d->len : sizeof(x->bytes));
	x->n++;
	return x->answer;
}

int exports_probe(const uint8_t *data, size_t len)
{
	return len >= 4 && data[0] == MAGIC ? EXPORT_V9 : 0;
}

/* A sink that counts, and can fail. */
struct sink {
	struct flow first, last;
	struct flow_side last_side;
	int64_t last_us;
	uint64_t n;
	int answer;
};

static int on_batch(void *userdata, const struct flow_batch *b)
{
	struct sink *s = userdata;

	if (!s->n)
		s->first = b->flow[0];
	s->last = b->flow[b->n - 1];
	s->last_side = b->side[b->n - 1];
	s->last_us = flow_recv_us(b, b->n - 1);
	s->n += b->n;
	return s->answer;
}

struct fixture {
	struct exports exports;
	struct sink sink;
	struct flow_writer writer;
	struct reader reader;
	struct reader_info info;
	struct text why;
	uint8_t *file;
	size_t n, room;
};

static void begin(struct fixture *t)
{
	struct flow_sink sink = {.batch = on_batch, .userdata = &t->sink};

	*t = (struct fixture){.n = 0};
	assert_int_equal(flow_writer_init(&t->writer, &sink), 0);
	t->reader = (struct reader){
		.exporters = exporters_new(NULL),
		.exports = &t->exports,
		.writer = &t->writer,
	};
	assert_non_null(t->reader.exporters);
}

static void end(struct fixture *t)
{
	exporters_free(t->reader.exporters);
	flow_writer_deinit(&t->writer);
	text_deinit(&t->why);
	free(t->file);
}

static void put(struct fixture *t, const void *p, size_t n)
{
	if (t->n + n > t->room) {
		t->room = (t->n + n) * 2;
		t->file = realloc(t->file, t->room);
		assert_non_null(t->file);
	}
	memcpy(t->file + t->n, p, n);
	t->n += n;
}

static void put_le(struct fixture *t, uint64_t v, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		uint8_t b = (uint8_t)(v >> (8 * i));

		put(t, &b, 1);
	}
}

static void put_be(struct fixture *t, uint64_t v, unsigned n)
{
	for (unsigned i = n; i-- > 0;) {
		uint8_t b = (uint8_t)(v >> (8 * i));

		put(t, &b, 1);
	}
}

static void put_fill(struct fixture *t, uint8_t b, size_t n)
{
	while (n--)
		put(t, &b, 1);
}

static int run(struct fixture *t)
{
	char path[] = "/tmp/noroshi-test-XXXXXX";
	int fd = mkstemp(path), r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, t->file, t->n), (ssize_t)t->n);
	close(fd);
	text_clear(&t->why);
	r = reader_run(&t->reader, path, &t->info, &t->why);
	unlink(path);
	return r;
}

static void pcap_header(struct fixture *t)
{
	put_le(t, 0xa1b2c3d4, 4);
	put_le(t, 0x00040002, 4);
	put_le(t, 0, 8);
	put_le(t, 65535, 4);
	put_le(t, 228, 4); /* raw IPv4 */
}

static void record(struct fixture *t, int64_t at_s, size_t n)
{
	put_le(t, (uint64_t)(T0 + at_s), 4);
	put_le(t, 42, 4);
	put_le(t, n, 4);
	put_le(t, n, 4);
}

static void ipv4(struct fixture *t, uint8_t proto, uint16_t fragment, size_t n)
{
	put_be(t, 0x4500, 2);
	put_be(t, 20 + n, 2);
	put_be(t, 0x7777, 2);
	put_be(t, fragment, 2);
	put_be(t, 64, 1);
	put_be(t, proto, 1);
	put_be(t, 0, 2);
	put_be(t, 0xc0000201, 4);
	put_be(t, 0xc6336402, 4);
}

static void udp_frame(struct fixture *t, int64_t at_s, uint8_t first, size_t n)
{
	record(t, at_s, 28 + n);
	ipv4(t, PROTO_UDP, 0, 8 + n);
	put_be(t, 0x03e807d0, 4); /* 1000 to 2000 */
	put_be(t, 8 + n, 2);
	put_be(t, 0, 2);
	put_fill(t, first, n);
}

static void tcp_frame(struct fixture *t, int64_t at_s)
{
	record(t, at_s, 40);
	ipv4(t, PROTO_TCP, 0, 20);
	put_be(t, 0x9c400050, 4);
	put_be(t, 0, 8);
	put_be(t, 0x5002, 2);
	put_be(t, 0, 6);
}

static void test_packets(void **state)
{
	struct fixture t;

	begin(&t);
	pcap_header(&t);
	for (unsigned i = 0; i < 3000; i++)
		tcp_frame(&t, i / 100);
	assert_int_equal(run(&t), 0);
	assert_int_equal(t.info.as, READ_PACKETS);
	assert_string_equal(t.info.container, "pcap");
	assert_int_equal(t.info.frames, 3000);
	assert_int_equal(t.info.bytes, t.n);
	assert_int_equal(t.sink.n, 3000);
	assert_int_equal(t.sink.last.tcp_flags, TH_SYN);
	assert_int_equal(t.sink.last_us, (int64_t)(T0 + 29) * US_PER_S + 42);
	assert_true(t.sink.last_side.flags & FLOW_SAMPLING_KNOWN);
	assert_int_equal(t.sink.last.exporter, t.reader.capture);
	assert_true(exporters_get(t.reader.exporters, t.reader.capture)->is_capture);
	assert_int_equal(exporters_get(t.reader.exporters, t.reader.capture)->packets_seen, 3000);
	assert_int_equal(exporters_get_link(t.reader.exporters, t.sink.last.in_link)->ifindex, 1);
	assert_int_equal(t.exports.n, 0);
	/* A second file of the same call is the same exporter. */
	assert_int_equal(run(&t), 0);
	assert_int_equal(t.sink.n, 6000);
	assert_int_equal(exporters_get(t.reader.exporters, t.reader.capture)->packets_seen, 6000);
	end(&t);
}

/* The last @good of 100 datagrams look like exports; TCP between them is not asked. */
static void mixed(struct fixture *t, unsigned good)
{
	begin(t);
	pcap_header(t);
	for (unsigned i = 0; i < 100; i++) {
		udp_frame(t, 1, i >= 100 - good ? MAGIC : 0, 20);
		tcp_frame(t, 1);
	}
	for (unsigned i = 0; i < 300; i++)
		udp_frame(t, 1, 0, 20);
}

static void test_ninety_percent(void **state)
{
	struct fixture t;

	mixed(&t, 90);
	assert_int_equal(run(&t), 0);
	assert_int_equal(t.info.as, READ_EXPORTS);
	assert_int_equal(t.exports.n, 400);
	assert_int_equal(t.info.datagrams, 400);
	assert_int_equal(t.sink.n, 0);
	end(&t);
	mixed(&t, 89);
	assert_int_equal(run(&t), 0);
	assert_int_equal(t.info.as, READ_PACKETS);
	assert_int_equal(t.exports.n, 0);
	assert_int_equal(t.sink.n, 500);
	end(&t);
}

static void test_one_datagram_decides(void **state)
{
	struct fixture t;

	begin(&t);
	pcap_header(&t);
	tcp_frame(&t, 0);
	udp_frame(&t, 7, MAGIC, 33);
	tcp_frame(&t, 9);
	assert_int_equal(run(&t), 0);
	assert_int_equal(t.info.as, READ_EXPORTS);
	assert_int_equal(t.exports.n, 1);
	assert_int_equal(t.exports.last.len, 33);
	assert_int_equal(t.exports.last.port, 1000);
	assert_int_equal(ip_v4(&t.exports.last.from), 0xc0000201);
	assert_int_equal(t.exports.last.recv_us, (int64_t)(T0 + 7) * US_PER_S + 42);
	t.reader.as = READ_PACKETS;
	t.exports.n = 0;
	assert_int_equal(run(&t), 0);
	assert_int_equal(t.exports.n, 0);
	assert_int_equal(t.sink.n, 3);
	end(&t);
}

static void test_as_exports(void **state)
{
	struct fixture t;

	begin(&t);
	pcap_header(&t);
	udp_frame(&t, 7, 0, 33);
	t.reader.as = READ_EXPORTS;
	t.exports.answer = 1;
	assert_int_equal(run(&t), 1); /* the decoders refused some */
	assert_int_equal(t.exports.n, 1);
	assert_int_equal(t.sink.n, 0);
	assert_true(t.why.len > 0);
	end(&t);
}

static void fragment(struct fixture *t, uint16_t offset8, bool more, const uint8_t *data, size_t n)
{
	record(t, 1, 20 + n);
	ipv4(t, PROTO_UDP, (uint16_t)(offset8 | (more ? 0x2000 : 0)), n);
	put(t, data, n);
}

/* A datagram of 3,000 bytes in three fragments, out of order, the middle one twice. */
static void test_fragmented_export(void **state)
{
	uint8_t whole[8 + 2992];
	struct fixture t;

	for (size_t i = 0; i < sizeof(whole); i++)
		whole[i] = (uint8_t)(i * 7);
	memcpy(whole,
	       (uint8_t[]){0x03, 0xe8, 0x07, 0xd0, sizeof(whole) >> 8, sizeof(whole) & 255, 0, 0},
	       8);
	whole[8] = MAGIC;
	begin(&t);
	pcap_header(&t);
	fragment(&t, 2000 / 8, false, whole + 2000, 1000);
	fragment(&t, 1000 / 8, true, whole + 1000, 1000);
	fragment(&t, 1000 / 8, true, whole + 1000, 1000);
	fragment(&t, 0, true, whole, 1000);
	assert_int_equal(run(&t), 0);
	assert_int_equal(t.info.as, READ_EXPORTS);
	assert_int_equal(t.exports.n, 1);
	assert_int_equal(t.exports.last.len, 2992);
	assert_memory_equal(t.exports.bytes, whole + 8, 2992);
	assert_int_equal(t.exports.last.port, 1000);
	end(&t);
}

/* One that never becomes whole is said, and many cannot fill the memory. */
static void test_fragments_lost(void **state)
{
	uint8_t piece[8] = {0};
	struct fixture t;

	begin(&t);
	pcap_header(&t);
	udp_frame(&t, 0, MAGIC, 20);
	fragment(&t, 0, true, piece, 7); /* more to follow, yet no multiple of 8: fits nothing */
	for (unsigned i = 0; i < 500; i++) {
		fragment(&t, 0, true, piece, 8);
		t.file[t.n - 8 - 20 + 4] = (uint8_t)(i >> 8); /* its identification */
		t.file[t.n - 8 - 20 + 5] = (uint8_t)i;
	}
	assert_int_equal(run(&t), 1);
	assert_int_equal(t.exports.n, 1);
	assert_int_equal(t.info.refused.count[REFUSED_TRUNCATED], 500);
	assert_int_equal(t.info.noted.count[REFUSED_TRUNCATED], 1);
	end(&t);
}

static void test_time_jumps(void **state)
{
	static const int at_s[] = {0, 300, 601, 541, 480, 31536000, 31536000, 0};
	struct fixture t;

	begin(&t);
	pcap_header(&t);
	for (size_t i = 0; i < ARRAY_LEN(at_s); i++)
		tcp_frame(&t, at_s[i]);
	assert_int_equal(run(&t), 0);
	assert_int_equal(t.info.time_jumps_forward, 2); /* 301 s and a year */
	assert_int_equal(t.info.time_jumps_back, 2);	/* 61 s and a year */
	assert_int_equal(t.sink.n, 8);
	end(&t);
}

static void v5(struct fixture *t, unsigned records, uint32_t seconds)
{
	put_be(t, 5, 2);
	put_be(t, records, 2);
	put_be(t, 1000, 4);
	put_be(t, seconds, 4);
	put_be(t, 5000, 4); /* ns */
	put_fill(t, 1, 8 + 48 * (size_t)records);
}

static void v9(struct fixture *t, uint32_t seconds)
{
	put_be(t, 9, 2);
	put_be(t, 2, 2);
	put_be(t, 1000, 4);
	put_be(t, seconds, 4);
	put_be(t, 1, 8);
	put_be(t, 0, 2); /* a template flowset of 16 */
	put_be(t, 16, 2);
	put_fill(t, 3, 12);
	put_be(t, 300, 2); /* a data flowset of 20 */
	put_be(t, 20, 2);
	put_fill(t, 4, 16);
}

static void ipfix(struct fixture *t, uint32_t seconds)
{
	put_be(t, 10, 2);
	put_be(t, 16 + 12, 2);
	put_be(t, seconds, 4);
	put_be(t, 1, 8);
	put_fill(t, 2, 12);
}

static void sflow(struct fixture *t)
{
	put_be(t, 5, 4);
	put_be(t, 1, 4);
	put_be(t, 0xcb007107, 4); /* 203.0.113.7 */
	put_be(t, 0, 4);
	put_be(t, 9, 4);
	put_be(t, 60000, 4); /* up for a minute */
	put_be(t, 2, 4);
	for (unsigned i = 0; i < 2; i++) {
		put_be(t, 1, 4);
		put_be(t, 24, 4);
		put_fill(t, 7, 24);
	}
}

static void test_raw_sequence(void **state)
{
	static const size_t want[] = {24 + 96, 56, 28, 28 + 64, 56, 56, 24 + 48};
	struct fixture t;

	begin(&t);
	v5(&t, 2, T0);
	v9(&t, T0 + 1);
	ipfix(&t, T0 + 2);
	sflow(&t);
	v9(&t, T0 + 3);
	v9(&t, T0 + 4);
	v5(&t, 1, T0 + 5);
	assert_int_equal(run(&t), 0);
	assert_string_equal(t.info.container, "raw");
	assert_int_equal(t.info.as, READ_EXPORTS);
	assert_int_equal(t.exports.n, ARRAY_LEN(want));
	for (size_t i = 0; i < ARRAY_LEN(want); i++)
		assert_int_equal(t.exports.lengths[i], want[i]);
	assert_int_equal(t.exports.last.recv_us, (int64_t)(T0 + 5) * US_PER_S + 5);
	assert_true(ip_is_zero(&t.exports.last.from));
	end(&t);
	begin(&t);
	sflow(&t);
	assert_int_equal(run(&t), 0);
	assert_int_equal(ip_v4(&t.exports.last.from), 0xcb007107);
	assert_int_equal(t.exports.last.recv_us, 60 * US_PER_S);
	end(&t);
}

/* Bytes behind a lone datagram go to the decoder with it; so does a datagram that is cut. */
static void test_raw_odd_ends(void **state)
{
	struct fixture t;

	begin(&t);
	v5(&t, 1, T0);
	put_fill(&t, 0xee, 5);
	assert_int_equal(run(&t), 0);
	assert_int_equal(t.exports.n, 1);
	assert_int_equal(t.exports.last.len, 77);
	t.n = 40;
	assert_int_equal(run(&t), 0);
	assert_int_equal(t.exports.n, 2);
	assert_int_equal(t.exports.last.len, 40);
	t.n = 2;
	assert_int_equal(run(&t), 0);
	assert_int_equal(t.exports.last.len, 2);
	t.reader.as = READ_PACKETS;
	assert_int_equal(run(&t), 2);
	end(&t);
}

static void test_nothing_to_read(void **state)
{
	struct fixture t;

	begin(&t);
	assert_int_equal(run(&t), 2);
	assert_non_null(strstr(text_str(&t.why), "empty"));
	put(&t, "just some text, no capture at all", 33);
	assert_int_equal(run(&t), 2);
	assert_non_null(strstr(text_str(&t.why), "neither"));
	text_clear(&t.why);
	assert_int_equal(reader_run(&t.reader, "/nonexistent", &t.info, &t.why), 2);
	assert_non_null(strstr(text_str(&t.why), "No such file"));
	end(&t);
}

/* Frames without IP are not refused input; a cut file is. */
static void test_results(void **state)
{
	struct fixture t;

	begin(&t);
	pcap_header(&t);
	t.file[20] = 1; /* Ethernet */
	record(&t, 0, 14);
	put_fill(&t, 8, 12);
	put_be(&t, 0x0806, 2);
	assert_int_equal(run(&t), 0);
	assert_int_equal(t.info.refused.count[REFUSED_NOT_IP], 1);
	t.n--;
	assert_int_equal(run(&t), 1);
	assert_non_null(strstr(text_str(&t.why), "truncated: 1"));
	end(&t);
}

static void test_sink_fails(void **state)
{
	struct fixture t;

	begin(&t);
	pcap_header(&t);
	for (unsigned i = 0; i < 5000; i++)
		tcp_frame(&t, 0);
	t.sink.answer = -28;
	assert_int_equal(run(&t), -28);
	assert_true(t.sink.n <= FLOW_BATCH_MAX * 2);
	end(&t);
}

struct told {
	uint64_t done, total;
	unsigned n;
};

static void on_progress(void *userdata, uint64_t done, uint64_t total, uint64_t records)
{
	struct told *told = userdata;

	assert_true(done >= told->done);
	*told = (struct told){done, total, told->n + 1};
}

static void test_progress(void **state)
{
	struct told told = {0};
	struct fixture t;

	begin(&t);
	pcap_header(&t);
	for (unsigned i = 0; i < 20000; i++)
		tcp_frame(&t, 0);
	t.reader.progress = on_progress;
	t.reader.userdata = &told;
	assert_int_equal(run(&t), 0);
	assert_true(told.n >= 3);
	assert_int_equal(told.done, t.n);
	assert_int_equal(told.total, t.n);
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_ninety_percent),
		cmocka_unit_test(test_one_datagram_decides),
		cmocka_unit_test(test_as_exports),
		cmocka_unit_test(test_fragmented_export),
		cmocka_unit_test(test_fragments_lost),
		cmocka_unit_test(test_time_jumps),
		cmocka_unit_test(test_raw_sequence),
		cmocka_unit_test(test_raw_odd_ends),
		cmocka_unit_test(test_nothing_to_read),
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_sink_fails),
		cmocka_unit_test(test_progress),
	};

	return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}
