/* SPDX-License-Identifier: ISC */
/*
 * The books of receiving, checked against the sender's own count: good datagrams, refused ones,
 * some without their template and some of an unknown sender go through the sockets, the ring and
 * the decoders, and each is found in exactly one place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/account.h"
#include "observe/receive.h"

#define V5_LEN (24 + 48)
#define V9_LEN (20 + 4 + 40)

struct books {
	struct exporters *exporters;
	struct exports *exports;
	struct flow_writer writer;
	struct accounts *accounts;
	uint64_t records;
};

static int on_batch(void *userdata, const struct flow_batch *batch)
{
	struct books *b = userdata;

	b->records += batch->n;
	return 0;
}

static int on_datagram(void *userdata, const struct datagram *d)
{
	struct books *b = userdata;
	uint16_t index = exporters_find(b->exporters, &d->from, false);
	int r = accounts_decode(b->accounts, b->exports, index, d);

	return r < 0 ? r : 0;
}

/* NetFlow v5 with one record; and, by its count, with one that is not there. */
static size_t make_v5(uint8_t *p, uint8_t count, uint32_t sequence)
{
	uint32_t now = htonl((uint32_t)(clock_real_us() / US_PER_S)), number = htonl(sequence);

	memset(p, 0, V5_LEN);
	p[1] = 5;
	p[3] = count;
	memcpy(p + 8, &now, sizeof(now));
	memcpy(p + 16, &number, sizeof(number));
	p[24 + 19] = p[24 + 23] = 1; /* a packet of a byte */
	return V5_LEN;
}

/* NetFlow v9 with a data set of template 256, which nobody ever told. */
static size_t make_v9(uint8_t *p, uint32_t sequence)
{
	uint32_t now = htonl((uint32_t)(clock_real_us() / US_PER_S)), number = htonl(sequence);

	memset(p, 0, V9_LEN);
	p[1] = 9;
	p[3] = 1;
	memcpy(p + 8, &now, sizeof(now));
	memcpy(p + 12, &number, sizeof(number));
	p[20] = 1;
	p[23] = 44;
	return V9_LEN;
}

static size_t make(uint8_t *p, unsigned kind, uint32_t i)
{
	switch (kind) {
	case 0:
		return make_v5(p, 1, i);
	case 1:
		return make_v5(p, 2, i);
	case 2:
		return make_v9(p, i);
	default:
		memset(p, 0xee, 40);
		return 40;
	}
}

static int open_sender(uint32_t addr, uint16_t port)
{
	struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(addr)};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void receive_some(struct receive *r, struct books *b, uint64_t n)
{
	struct pollfd p = {.fd = receive_fd(r), .events = POLLIN};
	struct receive_stats s = {0};

	for (unsigned i = 0; i < 500 && s.handed < n; i++) {
		if (poll(&p, 1, 10) > 0)
			assert_int_equal(receive_dispatch(r, on_datagram, b), 0);
		receive_stats(r, &s);
	}
	assert_int_equal(s.handed, n);
}

static void open_books(struct books *b)
{
	struct flow_sink sink = {.batch = on_batch, .userdata = b};
	struct ip one = ip_from_v4(0x7f000001), two = ip_from_v4(0x7f000002);

	*b = (struct books){.exporters = exporters_new(NULL), .accounts = accounts_new()};
	assert_true(b->exporters && b->accounts);
	assert_int_equal(flow_writer_init(&b->writer, &sink), 0);
	b->exports = exports_new(b->exporters, &b->writer, false);
	assert_non_null(b->exports);
	assert_int_equal(exporters_find(b->exporters, &one, true), 1);
	assert_int_equal(exporters_find(b->exporters, &two, true), 2);
}

static struct map *allow_two(void)
{
	struct map *m = map_new(sizeof(struct ip), sizeof(uint16_t), 0);

	for (uint16_t i = 1; i <= 2; i++) {
		struct ip addr = ip_from_v4(0x7f000000u + i);
		uint16_t *owner = map_put(m, &addr, NULL);

		assert_non_null(owner);
		*owner = i;
	}
	return m;
}

static void assert_books(const struct books *b, uint64_t each)
{
	const struct account *one = &b->accounts->of[1], *two = &b->accounts->of[2];

	for (unsigned i = 1; i <= 2; i++) {
		const struct account *of = &b->accounts->of[i];

		assert_int_equal(of->total.delivered, 4 * each);
		assert_int_equal(of->total.decoded, each);
		assert_int_equal(of->total.waiting, each);
		assert_int_equal(of->total.refused, 2 * each);
	}
	assert_int_equal(one->refused[REFUSED_BAD_COUNT], each);
	assert_int_equal(one->refused[REFUSED_BAD_VERSION], each);
	assert_int_equal(two->refused[REFUSED_BAD_COUNT], each);
	assert_int_equal(b->accounts->of[EXPORTER_UNKNOWN].total.delivered, 0);
}

static void close_books(struct books *b)
{
	exports_free(b->exports);
	flow_writer_deinit(&b->writer);
	exporters_free(b->exporters);
	free(b->accounts);
}

static void check(unsigned threads)
{
	struct receive_socket_stats sum = {0}, s;
	struct ip here = ip_from_v4(INADDR_LOOPBACK);
	struct senders unknown;
	struct listener *l = NULL;
	struct receive *r = NULL;
	uint8_t datagram[256];
	struct books b;
	int fd[4];

	open_books(&b);
	assert_int_equal(receive_new(threads, &r), 0);
	assert_int_equal(listener_open(&here, 0, threads, false, &l), 0);
	assert_int_equal(receive_add(r, l), 0);
	receive_allow(r, allow_two());
	assert_int_equal(receive_go(r), 0);
	for (unsigned i = 1; i <= 3; i++)
		fd[i] = open_sender(0x7f000000 + i, listener_port(l));
	for (uint32_t i = 0; i < 100; i++) {
		for (unsigned from = 1; from <= 3; from++)
			for (unsigned kind = 0; kind < 4; kind++)
				assert_true(send(fd[from], datagram, make(datagram, kind, i), 0) >
					    0);
		if (i % 10 == 9)
			receive_some(r, &b, 8 * (i + 1));
	}
	receive_unknown(r, &unknown);
	for (unsigned i = 0; i < 200 && unknown.datagrams < 400; i++) {
		receive_dispatch(r, on_datagram, &b);
		usleep(10000);
		receive_unknown(r, &unknown);
	}
	assert_int_equal(flow_writer_flush(&b.writer), 0);
	assert_books(&b, 100);
	assert_int_equal(b.records, 400); /* a whole record stands also beside a false count */
	assert_int_equal(unknown.datagrams, 400);
	for (unsigned i = 0; i < listener_sockets(l); i++) {
		receive_socket(r, l, i, &s);
		sum.kernel.datagrams += s.kernel.datagrams;
		sum.unknown += s.unknown;
		sum.ring_drops += s.ring_drops + s.kernel.kernel_drops + s.kernel.truncated;
	}
	assert_int_equal(sum.kernel.datagrams, 1200);
	assert_int_equal(sum.unknown, 400);
	assert_int_equal(sum.ring_drops, 0);
	for (unsigned i = 1; i <= 3; i++)
		close(fd[i]);
	receive_hold(r);
	receive_remove(r, l);
	receive_free(r);
	listener_free(l);
	close_books(&b);
}

static void test_every_datagram_is_booked(void **state)
{
	for (unsigned threads = 0; threads <= 2; threads++)
		check(threads);
}

/* IPFIX with a sampled frame that is ARP, and a set whose template has not come. */
static void test_packet_is_no_reason(void **state)
{
	static const uint8_t message[] = {
		0, 10, 0, 60, 0, 0,  0, 1,   0, 0,  0, 0,  0, 0, 0, 0,		   /* header */
		0, 2,  0, 12, 1, 44, 0, 1,   1, 59, 0, 20,			   /* 300: frame */
		1, 44, 0, 24, 2, 0,  0, 0,   0, 1,  2, 0,  0, 0, 0, 2, 0x08, 0x06, /* ARP */
		0, 0,  0, 0,  0, 0,  3, 231, 0, 8,  0, 0,  0, 1};		   /* 999 */
	struct datagram d = {
		.data = message, .len = sizeof(message), .from = ip_from_v4(0x7f000001)};
	struct books b;

	open_books(&b);
	assert_int_equal(accounts_decode(b.accounts, b.exports, 1, &d), 1);
	assert_int_equal(exporters_get(b.exporters, 1)->refused.count[REFUSED_NOT_IP], 1);
	assert_int_equal(exports_refused(b.exports), UINT32_C(1) << REFUSED_NO_TEMPLATE);
	assert_int_equal(b.accounts->of[1].total.waiting, 1);
	assert_int_equal(b.accounts->of[1].total.refused, 0);
	close_books(&b);
}

static void test_minutes(void **state)
{
	_cleanup_free_ struct accounts *a = accounts_new();
	int64_t now_us = 600 * US_PER_S;

	assert_non_null(a);
	accounts_tick(a, now_us);
	assert_int_equal(a->last_us, TIME_NONE);
	a->of[3].total = (struct fates){10, 7, 2, 1};
	accounts_tick(a, now_us + 59 * US_PER_S);
	assert_int_equal(a->of[3].last_minute.delivered, 0);
	accounts_tick(a, now_us + 60 * US_PER_S);
	assert_int_equal(a->last_us, now_us);
	assert_int_equal(a->of[3].last_minute.delivered, 10);
	a->of[3].total = (struct fates){15, 10, 3, 2};
	accounts_tick(a, now_us + 120 * US_PER_S);
	assert_int_equal(a->of[3].last_minute.delivered, 5);
	assert_int_equal(a->of[3].last_minute.decoded, 3);
	assert_int_equal(a->of[3].last_minute.waiting, 1);
	assert_int_equal(a->of[3].last_minute.refused, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_datagram_is_booked),
		cmocka_unit_test(test_packet_is_no_reason),
		cmocka_unit_test(test_minutes),
	};

	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
