/* SPDX-License-Identifier: ISC */
/*
 * Proves what the bar says, that it fits, that it is drawn at most five times a second and only on
 * a terminal, and that nothing of it is left at the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "cli/progress.h"

static void expect_line(const struct progress *p, int64_t now_us, unsigned width, const char *want)
{
	_cleanup_text_ struct text line = TEXT_NULL;

	progress_line(p, now_us, width, &line);
	assert_string_equal(text_str(&line), want);
	assert_true(text_width(text_str(&line)) <= width);
}

static void test_line(void **state)
{
	struct progress p = {.name = "a.pcap",
			     .begin_us = 1000,
			     .done = 250,
			     .total = 1000,
			     .records = 5000,
			     .records_begin = 1000};
	int64_t now = 1000 + 4 * US_PER_S;

	expect_line(&p, now, 60, "a.pcap [#####.................]  25%  1.00 krec/s  0:12 left");
	/* No room for the bar and the name: the name goes, then the bar, then all. */
	expect_line(&p, now, 43, "[###.........]  25%  1.00 krec/s  0:12 left");
	expect_line(&p, now, 35, " 25%  1.00 krec/s  0:12 left");
	expect_line(&p, now, 10, "");
	/* Too early to tell the time left. */
	expect_line(&p, 1000 + US_PER_S / 2, 60,
		    "a.pcap [########.........................]  25%  8.00 krec/s");
	p.done = 1;
	p.total = 4 * 3600 + 1;
	expect_line(&p, 1000 + US_PER_S, 32, "  0%  4.00 krec/s  4:00:00 left");
	/* No size known: what was read, no bar. */
	p.done = 1250000;
	p.total = 0;
	expect_line(&p, now, 60, "a.pcap 1.25 MB  1.00 krec/s");
}

static void test_every_width(void **state)
{
	struct progress p = {.name = "\xe7\x8b\xbc\xe7\x85\x99.pcap", .total = 1000};

	for (p.done = 0; p.done <= p.total; p.done += 50) {
		for (unsigned width = 0; width < 130; width++) {
			_cleanup_text_ struct text line = TEXT_NULL;

			progress_line(&p, 3 * US_PER_S, width, &line);
			assert_true(text_width(text_str(&line)) <= width);
		}
	}
}

/* What was written to the terminal since the last look. */
static size_t seen(int master, char *buf, size_t n)
{
	ssize_t got = read(master, buf, n - 1);

	buf[got > 0 ? got : 0] = '\0';
	return got > 0 ? (size_t)got : 0;
}

#define PATIENCE_MS 10000

/* The same until @last has come: the kernel brings it over when it finds time. */
static void await(int master, char *buf, size_t n, const char *last)
{
	struct pollfd p = {.fd = master, .events = POLLIN};
	size_t len = 0;

	buf[0] = '\0';
	while (!strstr(buf, last) && poll(&p, 1, PATIENCE_MS) > 0)
		len += seen(master, buf + len, n - len);
	assert_non_null(strstr(buf, last));
}

static FILE *open_terminal(int *master)
{
	struct winsize size = {.ws_row = 24, .ws_col = 61};
	FILE *f;

	*master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
	if (*master < 0 || grantpt(*master) || unlockpt(*master)) {
		print_message("skipped: no pseudo terminal here\n");
		skip();
	}
	f = fdopen(open(ptsname(*master), O_RDWR | O_NOCTTY), "r+");
	assert_non_null(f);
	assert_int_equal(ioctl(*master, TIOCSWINSZ, &size), 0);
	setenv("TERM", "xterm", 1);
	unsetenv("COLUMNS");
	return f;
}

static void test_pace(void **state)
{
	_cleanup_close_ int master = -1;
	_cleanup_fclose_ FILE *terminal = open_terminal(&master);
	struct progress p;
	char buf[4096];
	int64_t begin;

	progress_init(&p, terminal);
	progress_begin(&p, "/a/b/x\033y.pcap");
	begin = p.begin_us;
	progress_step(&p, begin + PROGRESS_WAIT_US - 1, 10, 100, 1);
	assert_int_equal(seen(master, buf, sizeof(buf)), 0);
	/* Ten seconds, told every millisecond: a line each fifth of a second. */
	for (int64_t ms = 300, drawn = 0; ms < 10300; ms++) {
		progress_step(&p, begin + ms * US_PER_MS, (uint64_t)ms, 100000, (uint64_t)ms);
		if (p.drawn_us != begin + ms * US_PER_MS)
			continue;
		assert_int_equal(ms, 300 + 200 * drawn++);
		await(master, buf, sizeof(buf), "\033[K");
		assert_int_equal(buf[0], '\r');
		assert_non_null(strstr(buf, "x?y.pcap ["));
		assert_null(strchr(buf, '\n'));
		assert_string_equal(buf + strlen(buf) - 3, "\033[K");
	}
	assert_int_equal(p.drawn_us, begin + 10100 * US_PER_MS);
	progress_end(&p);
	await(master, buf, sizeof(buf), "\033[K");
	assert_string_equal(buf, "\r\033[K");
	progress_end(&p); /* nothing is left to erase */
	assert_int_equal(seen(master, buf, sizeof(buf)), 0);
}

/* The rate is that of this input, not of those before it. */
static void test_second_input(void **state)
{
	_cleanup_close_ int master = -1;
	_cleanup_fclose_ FILE *terminal = open_terminal(&master);
	struct progress p;
	char buf[4096];

	progress_init(&p, terminal);
	progress_begin(&p, "one");
	progress_step(&p, p.begin_us + 10 * US_PER_S, 100, 100, 777000);
	progress_end(&p);
	await(master, buf, sizeof(buf), "\r\033[K");
	progress_begin(&p, "two");
	progress_step(&p, p.begin_us + 2 * US_PER_S, 50, 100, 777010);
	await(master, buf, sizeof(buf), "left");
	assert_non_null(strstr(buf, "two ["));
	assert_non_null(strstr(buf, " 50%  5 rec/s  0:02 left"));
}

static void test_no_terminal(void **state)
{
	_cleanup_fclose_ FILE *file = tmpfile();
	struct progress p;

	progress_init(&p, file);
	progress_begin(&p, "x");
	progress_step(&p, clock_mono_us() + 10 * US_PER_S, 1, 2, 3);
	progress_set(&p, 1, 2, 3);
	progress_end(&p);
	assert_int_equal(ftell(file), 0);
	progress_init(&p, NULL);
	progress_begin(&p, "x");
	progress_set(&p, 1, 2, 3);
	progress_end(&p);
}

static void test_dumb_terminal(void **state)
{
	_cleanup_close_ int master = -1;
	_cleanup_fclose_ FILE *terminal = open_terminal(&master);
	struct progress p;
	char buf[64];

	setenv("TERM", "dumb", 1);
	progress_init(&p, terminal);
	progress_begin(&p, "x");
	progress_step(&p, clock_mono_us() + 10 * US_PER_S, 1, 2, 3);
	progress_end(&p);
	assert_int_equal(seen(master, buf, sizeof(buf)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),	    cmocka_unit_test(test_every_width),
		cmocka_unit_test(test_pace),	    cmocka_unit_test(test_second_input),
		cmocka_unit_test(test_no_terminal), cmocka_unit_test(test_dumb_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
