/* SPDX-License-Identifier: ISC */
/* Proves that the right interface and the right column of the kernel's table are read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "router/line.h"

static const char table[] =
	"Inter-|   Receive                                                |  Transmit\n"
	" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs\n"
	"    lo: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\n"
	"eth1.20: 11 12 0 0 0 0 0 0 18446744073709551615 14 0 0 0 0 0 0\n"
	"  eth1:   21      22    0    0    0     0          0         0      23      24    0    0\n"
	"  eth2: 31 32 0 0 0\n";

static void test_columns(void **state)
{
	uint64_t packets = 0, bytes = 0;

	assert_int_equal(line_parse(table, "eth1", &packets, &bytes), 0);
	assert_int_equal(bytes, 23);
	assert_int_equal(packets, 24);
	assert_int_equal(line_parse(table, "eth1.20", &packets, &bytes), 0);
	assert_true(bytes == UINT64_MAX);
	assert_int_equal(packets, 14);
	assert_int_equal(line_parse(table, "lo", &packets, &bytes), 0);
	assert_int_equal(packets, 4);
}

static void test_absent(void **state)
{
	static const char *const names[] = {"eth", "eth10", "eth3", "face", "", "eth2", "Inter-|"};
	uint64_t packets, bytes;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(line_parse(table, names[i], &packets, &bytes), 1);
	assert_int_equal(line_parse("", "lo", &packets, &bytes), 1);
	assert_int_equal(line_parse("lo", "lo", &packets, &bytes), 1);
	assert_int_equal(line_parse("lo:", "lo", &packets, &bytes), 1);
	assert_int_equal(line_sent("no-such-thing", &packets, &bytes), 1);
}

/* The kernel's own table, moved by what we send. */
static void test_live(void **state)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(9), .sin_addr = {htonl(INADDR_LOOPBACK)}};
	uint64_t packets, bytes, packets2, bytes2;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(line_sent("lo", &packets, &bytes), 0);
	if (sendto(fd, "0123456789", 10, 0, (struct sockaddr *)&to, sizeof(to)) != 10)
		skip(); /* no loopback here */
	close(fd);
	assert_int_equal(line_sent("lo", &packets2, &bytes2), 0);
	assert_true(packets2 >= packets + 1);
	assert_true(bytes2 >= bytes + 38);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_live),
	};

	return cmocka_run_group_tests_name("router line", tests, NULL, NULL);
}
