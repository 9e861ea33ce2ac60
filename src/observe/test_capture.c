/* SPDX-License-Identifier: ISC */
/*
 * Proves live capture on the loopback interface: what was sent is seen, and each frame once. Needs
 * the right to capture; where that is missing the test says so and is skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "observe/capture.h"

#define SENT	500
#define PAYLOAD 100

struct seen {
	uint64_t n, bytes, wrong;
	uint16_t port;
};

static int on_batch(void *userdata, const struct flow_batch *b)
{
	struct seen *s = userdata;

	for (uint32_t i = 0; i < b->n; i++) {
		s->n++;
		s->bytes += b->flow[i].bytes;
		s->wrong += b->flow[i].dport != s->port || b->flow[i].in_link != 7;
	}
	return 0;
}

struct fixture {
	struct seen seen;
	struct flow_writer writer;
	struct exporters *exporters;
	struct capture_config config;
	struct text why;
	int fd;
	struct sockaddr_in to;
};

static void begin(struct fixture *t)
{
	struct flow_sink sink = {.batch = on_batch, .userdata = &t->seen};
	socklen_t len = sizeof(t->to);

	*t = (struct fixture){.fd = socket(AF_INET, SOCK_DGRAM, 0)};
	t->to.sin_family = AF_INET;
	t->to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(t->fd, (struct sockaddr *)&t->to, len), 0);
	assert_int_equal(getsockname(t->fd, (struct sockaddr *)&t->to, &len), 0);
	t->seen.port = ntohs(t->to.sin_port);
	assert_int_equal(flow_writer_init(&t->writer, &sink), 0);
	t->exporters = exporters_new(NULL);
	assert_non_null(t->exporters);
	t->config = (struct capture_config){
		.interface = "lo",
		.exporters = t->exporters,
		.exporter = exporters_add_capture(t->exporters, "lo"),
		.link = 7,
		.writer = &t->writer,
	};
}

static void end(struct fixture *t)
{
	flow_writer_deinit(&t->writer);
	exporters_free(t->exporters);
	text_deinit(&t->why);
	close(t->fd);
}

/* Until all have come, then once more: nothing may come twice. */
static void dispatch(struct fixture *t, struct capture *c)
{
	struct pollfd p = {.fd = capture_fd(c), .events = POLLIN};

	for (unsigned turns = 0; turns < 100 && poll(&p, 1, 300) > 0; turns++) {
		assert_true(capture_dispatch(c, 64) >= 0);
		assert_int_equal(flow_writer_flush(&t->writer), 0);
	}
}

static void test_loopback_once(void **state)
{
	char filter[64], payload[PAYLOAD] = {0};
	struct capture *c = NULL;
	struct capture_stats stats;
	struct fixture t;

	begin(&t);
	snprintf(filter, sizeof(filter), "udp dst port %u", t.seen.port);
	t.config.filter = filter;
	if (capture_open(&c, &t.config, &t.why) != 0) {
		print_message("SKIP: %s\n", text_str(&t.why));
		end(&t);
		skip();
	}
	for (unsigned i = 0; i < SENT; i++)
		assert_int_equal(
			sendto(t.fd, payload, PAYLOAD, 0, (struct sockaddr *)&t.to, sizeof(t.to)),
			PAYLOAD);
	dispatch(&t, c);
	capture_stats(c, &stats);
	assert_int_equal(stats.kernel_drops, 0);
	assert_int_equal(stats.frames, SENT);
	assert_int_equal(t.seen.n, SENT);
	assert_int_equal(t.seen.bytes, SENT * (28 + PAYLOAD));
	assert_int_equal(t.seen.wrong, 0);
	assert_int_equal(exporters_get(t.exporters, t.config.exporter)->packets_seen, SENT);
	capture_free(c);
	end(&t);
}

static void test_mistakes(void **state)
{
	struct capture *c = NULL;
	struct fixture t;

	begin(&t);
	t.config.interface = "no-such-interface";
	assert_int_equal(capture_open(&c, &t.config, &t.why), 1);
	assert_non_null(strstr(text_str(&t.why), "no-such-interface"));
	text_clear(&t.why);
	t.config.interface = "lo";
	t.config.filter = "udp and and";
	assert_int_equal(capture_open(&c, &t.config, &t.why), 1);
	assert_true(t.why.len > 0);
	assert_null(c);
	end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loopback_once),
		cmocka_unit_test(test_mistakes),
	};

	return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
