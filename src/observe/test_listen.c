/* SPDX-License-Identifier: ISC */
/* Real datagrams over loopback, of both families; drops, receive times, several sockets on one
 * address and nobody else on it, the noisiest senders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "observe/listen.h"
#include "observe/senders.h"

struct caught {
	unsigned n;
	uint64_t bytes;
	struct datagram last;
	uint8_t first_byte;
	int fail_at;
};

static int catch_one(void *userdata, const struct datagram *d)
{
	struct caught *c = userdata;

	c->n++;
	c->bytes += d->len;
	c->last = *d;
	c->first_byte = d->len ? d->data[0] : 0;
	return c->fail_at && (int)c->n == c->fail_at ? -ECANCELED : 0;
}

static void send_v4(uint16_t port, const void *data, size_t n)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(sendto(fd, data, n, 0, (struct sockaddr *)&to, sizeof(to)), (ssize_t)n);
	close(fd);
}

static void send_v6(uint16_t port, const void *data, size_t n)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6,
				  .sin6_port = htons(port),
				  .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_DGRAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(sendto(fd, data, n, 0, (struct sockaddr *)&to, sizeof(to)), (ssize_t)n);
	close(fd);
}

static struct listen_batch *batch;

static int dispatch(struct listener *l, struct caught *c)
{
	return listener_dispatch(l, 0, batch, catch_one, c);
}

static struct listener *open_at(const char *addr)
{
	struct listener *l = NULL;
	struct ip ip;

	assert_int_equal(ip_parse(addr, &ip), 0);
	assert_int_equal(listener_open(&ip, 0, 1, false, &l), 0);
	assert_true(listener_port(l) > 0);
	return l;
}

static void wait_for(struct listener *l, struct caught *c, unsigned n)
{
	struct pollfd p = {.fd = listener_fd(l, 0), .events = POLLIN};

	while (c->n < n && poll(&p, 1, 2000) == 1)
		assert_true(dispatch(l, c) >= 0);
	assert_int_equal(c->n, n);
}

static void test_receives_v4(void **state)
{
	struct listener *l = open_at("127.0.0.1");
	struct caught c = {0};
	int64_t before = 0, after = 0;
	char from[IP_TEXT_MAX];

	assert_int_equal(dispatch(l, &c), 0);
	assert_int_equal(c.n, 0);
	/* The kernel begins to stamp arrivals a moment after the first socket asks for it. */
	for (unsigned tries = 0; tries < 20 && (c.n == 0 || c.last.recv_us > after + US_PER_MS);
	     tries++) {
		c = (struct caught){0};
		before = clock_real_us();
		send_v4(listener_port(l), "\x05hello", 6);
		after = clock_real_us();
		usleep(20000); /* the time is that of arrival, not of reading */
		wait_for(l, &c, 1);
	}
	assert_int_equal(c.bytes, 6);
	assert_int_equal(c.first_byte, 5);
	assert_string_equal(ip_format(&c.last.from, from), "127.0.0.1");
	assert_true(c.last.port > 0);
	assert_true(c.last.recv_us >= before && c.last.recv_us <= after + US_PER_MS);
	listener_free(l);
}

static void test_both_families_on_one_socket(void **state)
{
	struct listener *l = open_at("::");
	struct caught c = {0};
	char from[IP_TEXT_MAX];

	send_v6(listener_port(l), "a", 1);
	wait_for(l, &c, 1);
	assert_string_equal(ip_format(&c.last.from, from), "::1");
	send_v4(listener_port(l), "b", 1);
	wait_for(l, &c, 2);
	assert_string_equal(ip_format(&c.last.from, from), "127.0.0.1");
	assert_true(ip_is_v4(&c.last.from));
	listener_free(l);
}

static void test_bounded_turn(void **state)
{
	struct listener *l = open_at("127.0.0.1");
	struct caught c = {0};
	struct listen_stats st;

	for (int i = 0; i < LISTEN_TURN_MAX + 10; i++)
		send_v4(listener_port(l), "x", 1);
	assert_int_equal(dispatch(l, &c), LISTEN_TURN_MAX);
	assert_int_equal(c.n, LISTEN_TURN_MAX);
	wait_for(l, &c, LISTEN_TURN_MAX + 10);
	listener_stats(l, 0, &st);
	assert_int_equal(st.datagrams, LISTEN_TURN_MAX + 10);
	assert_int_equal(st.turns_full, 1);
	assert_int_equal(st.kernel_drops, 0);
	listener_free(l);
}

static void test_large_and_empty(void **state)
{
	struct listener *l = open_at("127.0.0.1");
	struct caught c = {0};
	struct listen_stats st;
	_cleanup_free_ uint8_t *big = calloc(1, 65507);

	assert_non_null(big);
	send_v4(listener_port(l), big, 65507);
	send_v4(listener_port(l), big, 0);
	wait_for(l, &c, 2);
	assert_int_equal(c.bytes, 65507);
	listener_stats(l, 0, &st);
	assert_int_equal(st.truncated, 0);
	listener_free(l);
}

static void test_kernel_drops_are_counted(void **state)
{
	struct listener *l = open_at("127.0.0.1");
	struct caught c = {0};
	struct listen_stats st;
	int small = 4096;

	assert_int_equal(
		setsockopt(listener_fd(l, 0), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)), 0);
	for (int i = 0; i < 200; i++)
		send_v4(listener_port(l), "0123456789", 10);
	assert_true(listener_half_full(l, 0));
	assert_true(dispatch(l, &c) > 0);
	assert_true(c.n > 0 && c.n < 200);
	assert_false(listener_half_full(l, 0));
	/* The loss is seen without waiting for a later one to arrive. */
	listener_stats(l, 0, &st);
	assert_int_equal(st.kernel_drops + st.datagrams, 200);
	listener_stats(l, 0, &st);
	assert_int_equal(st.kernel_drops + st.datagrams, 200);
	listener_free(l);
}

static void test_callback_error_ends(void **state)
{
	struct listener *l = open_at("127.0.0.1");
	struct caught c = {.fail_at = 2};

	for (int i = 0; i < 3; i++)
		send_v4(listener_port(l), "x", 1);
	assert_int_equal(dispatch(l, &c), -ECANCELED);
	assert_int_equal(c.n, 2);
	listener_free(l);
}

static void test_foreign_address_is_refused(void **state)
{
	struct listener *l = NULL;
	struct ip ip;

	assert_int_equal(ip_parse("192.0.2.1", &ip), 0);
	assert_int_equal(listener_open(&ip, 0, 1, false, &l), -EADDRNOTAVAIL);
	assert_null(l);
	assert_null(listener_free(NULL));
}

static void test_nobody_shares_the_port(void **state)
{
	struct listener *l = open_at("127.0.0.1"), *second = NULL, *all = NULL;
	struct ip here, any = ip_from_v4(0);
	uint16_t port = listener_port(l);

	assert_int_equal(ip_parse("127.0.0.1", &here), 0);
	for (unsigned sockets = 1; sockets <= 2; sockets++)
		assert_int_equal(listener_open(&here, port, sockets, false, &second), -EADDRINUSE);
	/* A reload may go from one address to all of them, and back. */
	assert_int_equal(listener_open(&any, port, 2, false, &all), -EADDRINUSE);
	assert_int_equal(listener_open(&any, port, 2, true, &all), 0);
	l = listener_free(l);
	assert_int_equal(listener_open(&here, port, 1, true, &l), 0);
	listener_free(all);
	listener_free(l);
	assert_int_equal(listener_open(&here, port, 4, false, &second), 0);
	assert_int_equal(listener_open(&here, port, 4, false, &l), -EADDRINUSE);
	listener_free(second);
}

/* The sender keeps one port, as an exporter does: a hash would put all on one socket. */
static void test_one_exporter_uses_all_sockets(void **state)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	struct caught c = {0};
	struct listener *l = NULL;
	struct ip here;

	assert_int_equal(ip_parse("127.0.0.1", &here), 0);
	assert_int_equal(listener_open(&here, 0, 4, false, &l), 0);
	assert_int_equal(listener_sockets(l), 4);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons(listener_port(l));
	for (int i = 0; i < 800; i++) {
		assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
		/* A small buffer must not decide the test. */
		for (unsigned k = 0; i % 50 == 49 && k < 4; k++)
			assert_true(listener_dispatch(l, k, batch, catch_one, &c) >= 0);
	}
	assert_int_equal(c.n, 800);
	for (unsigned i = 0; i < 4; i++) {
		struct listen_stats st;

		listener_stats(l, i, &st);
		/* 200 expected, 12 the standard deviation. */
		assert_in_range(st.datagrams, 100, 300);
	}
	close(fd);
	listener_free(l);
}

static void test_merged_senders(void **state)
{
	_cleanup_free_ struct senders *a = calloc(1, sizeof(*a)), *b = calloc(1, sizeof(*b));
	struct ip loud = ip_from_v4(0xc6336401), once = ip_from_v4(0xc6336402);

	assert_true(a && b);
	for (uint32_t i = 0; i < 10000; i++) {
		struct ip quiet = ip_from_v4(0x0a000000 + i);

		senders_count(i % 3 ? a : b, &quiet, 10, i);
		senders_count(i % 2 ? a : b, &loud, 100, i);
	}
	senders_count(b, &once, 1, 10000);
	senders_merge(a, b);
	assert_int_equal(a->n, SENDERS_MAX);
	assert_int_equal(a->datagrams, 20001);
	assert_true(ip_equal(&a->list[0].addr, &loud));
	assert_true(a->list[0].datagrams >= 10000);
	assert_true(a->list[0].datagrams - a->list[0].error <= 10000);
	assert_int_equal(a->list[0].bytes, 1000000);
	for (unsigned i = 1; i < a->n; i++)
		assert_true(a->list[i].datagrams - a->list[i].error <= 1);
}

static int make_batch(void **state)
{
	batch = listen_batch_new();
	return batch ? 0 : -1;
}

static int drop_batch(void **state)
{
	batch = listen_batch_free(batch);
	return 0;
}

static void test_noisiest_senders(void **state)
{
	_cleanup_free_ struct senders *s = calloc(1, sizeof(*s));
	struct ip loud = ip_from_v4(0xc6336401);

	assert_non_null(s);
	for (uint32_t i = 0; i < 10000; i++) {
		struct ip quiet = ip_from_v4(0x0a000000 + i);

		senders_count(s, &quiet, 10, i);
		senders_count(s, &loud, 100, i);
	}
	senders_sort(s);
	assert_int_equal(s->n, SENDERS_MAX);
	assert_int_equal(s->datagrams, 20000);
	assert_int_equal(s->bytes, 10000 * 110);
	assert_true(ip_equal(&s->list[0].addr, &loud));
	assert_int_equal(s->list[0].datagrams - s->list[0].error, 10000);
	for (unsigned i = 1; i < s->n; i++) {
		assert_true(s->list[i].datagrams <= s->list[i - 1].datagrams);
		/* True count is 1 for each of them, and no bound may lie. */
		assert_true(s->list[i].datagrams - s->list[i].error <= 1);
		assert_true(s->list[i].datagrams >= 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_receives_v4),
		cmocka_unit_test(test_both_families_on_one_socket),
		cmocka_unit_test(test_bounded_turn),
		cmocka_unit_test(test_large_and_empty),
		cmocka_unit_test(test_kernel_drops_are_counted),
		cmocka_unit_test(test_callback_error_ends),
		cmocka_unit_test(test_foreign_address_is_refused),
		cmocka_unit_test(test_nobody_shares_the_port),
		cmocka_unit_test(test_one_exporter_uses_all_sockets),
		cmocka_unit_test(test_noisiest_senders),
		cmocka_unit_test(test_merged_senders),
	};

	return cmocka_run_group_tests_name("listen", tests, make_batch, drop_batch);
}
