/* SPDX-License-Identifier: ISC */
/*
 * Proves that a beat is written whole or not at all, that the three ways say the same, that label
 * values are escaped, that only loopback is listened on, and that HTTP tells a blind courier from a
 * seeing one, and one that has not beaten from both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "courier/heartbeat.h"
#include "courier/heartbeat_inside.h"

static char dir[64], file[128], prom[128];

static int make_dir(void **state)
{
	snprintf(dir, sizeof(dir), "/tmp/noroshi-beat-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/beat.json", dir);
	snprintf(prom, sizeof(prom), "%s/noroshi.prom", dir);
	return 0;
}

static int drop_dir(void **state)
{
	unlink(file);
	unlink(prom);
	return rmdir(dir); /* and nothing else is left in it */
}

static const struct fault faults[] = {
	{.kind = FAULT_EXPORTER_SILENT, .subject = "bor\"der\\1\n", .figure = 45, .since_us = 0},
	{.kind = FAULT_DISK_FULL, .subject = "", .figure = NAN, .since_us = US_PER_S},
};

static struct beat good_beat(json_t *status)
{
	return (struct beat){.now_us = INT64_C(1790000000250000),
			     .watch_up = true,
			     .age_us = 800000,
			     .status = status,
			     .alarms = {[ALARM_PAGED] = 2, [ALARM_ACKNOWLEDGED] = 1}};
}

static json_t *a_status(void)
{
	return json_pack("{s:{s:i}, s:[{s:s, s:f}, {s:s, s:f}]}", "incidents", "open", 3,
			 "exporters", "name", "border-1", "silent_s", 0.5, "name", "core\"2",
			 "silent_s", 61.25);
}

static void read_file(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "re");
	size_t n;

	assert_non_null(f);
	n = fread(buf, 1, size - 1, f);
	buf[n] = '\0';
	fclose(f);
}

static void test_files(void **state)
{
	struct conf_heartbeat conf = {0};
	_cleanup_text_ struct text why = TEXT_NULL;
	json_t *status = a_status(), *read;
	struct beat b = good_beat(status);
	struct heartbeat *h = NULL;
	char text[8192];
	struct stat st;

	snprintf(conf.file, sizeof(conf.file), "%s", file);
	snprintf(conf.prometheus, sizeof(conf.prometheus), "%s", prom);
	assert_int_equal(heartbeat_open(&conf, &h, &why), 0);
	assert_int_equal(heartbeat_port(h), 0);
	assert_int_equal(heartbeat_beat(h, &b), 0);
	read = json_load_file(file, 0, NULL);
	assert_non_null(read);
	assert_string_equal(json_string_value(json_object_get(read, "time")),
			    "2026-09-21T14:13:20.250000Z");
	assert_true(json_is_false(json_object_get(read, "blind")));
	assert_int_equal(json_integer_value(json_object_get(read, "incidents_open")), 3);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(read, "alarms"), "paged")), 2);
	json_decref(read);
	/* The next beat takes the place of the last, shorter or longer. */
	b.faults = faults;
	b.n_faults = 2;
	assert_int_equal(heartbeat_beat(h, &b), 0);
	read = json_load_file(file, 0, NULL);
	assert_true(json_is_true(json_object_get(read, "blind")));
	assert_int_equal(json_array_size(json_object_get(read, "faults")), 2);
	json_decref(read);
	read_file(prom, text, sizeof(text));
	assert_non_null(strstr(text, "\nnoroshi_faults{kind=\"exporter_silent\",subject="
				     "\"bor\\\"der\\\\1\\n\"} 1\n"));
	assert_non_null(strstr(text, "\nnoroshi_exporter_last_seen_seconds{exporter=\"core\\\"2\"}"
				     " 61.25\n"));
	assert_non_null(strstr(text, "\nnoroshi_alarms{state=\"paged\"} 2\n"));
	assert_non_null(strstr(text, "\nnoroshi_incidents_open 3\n"));
	assert_non_null(strstr(text, "\nnoroshi_blind 1\n"));
	assert_non_null(strstr(text, "\nnoroshi_watch_status_age_seconds 0.8\n"));
	assert_non_null(strstr(text, "noroshi_heartbeat_timestamp_seconds 1790000000.25\n"));
	assert_int_equal(stat(prom, &st), 0);
	assert_int_equal(st.st_mode & 0444, 0444 & ~umask(umask(0)));
	heartbeat_close(h);
	json_decref(status);
}

/* A directory that is not there is said, and stops nothing. */
static void test_no_place(void **state)
{
	struct conf_heartbeat conf = {.file = "/nonexistent/noroshi/beat.json"};
	_cleanup_text_ struct text why = TEXT_NULL;
	struct beat b = good_beat(NULL);
	struct heartbeat *h = NULL;

	snprintf(conf.prometheus, sizeof(conf.prometheus), "%s", prom);
	assert_int_equal(heartbeat_open(&conf, &h, &why), 0);
	assert_int_equal(heartbeat_beat(h, &b), HEARTBEAT_FAILED);
	assert_int_equal(access(prom, R_OK), 0); /* the other one is written */
	heartbeat_close(h);
}

static void test_loopback_only(void **state)
{
	static const char *const bad[] = {
		"0.0.0.0:9477", "192.0.2.1:9477", "[::]:9477",	     "[2001:db8::1]:9477", "9477",
		"127.0.0.1",	"127.0.0.1:x",	  "127.0.0.1:70000", "localhost:9477"};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct conf_heartbeat conf = {0};
		_cleanup_text_ struct text why = TEXT_NULL;
		struct heartbeat *h = NULL;

		snprintf(conf.listen, sizeof(conf.listen), "%s", bad[i]);
		assert_int_equal(heartbeat_open(&conf, &h, &why), -EINVAL);
		assert_null(h);
		assert_non_null(strstr(text_str(&why), bad[i]));
	}
}

/* Return: the HTTP status; the whole answer is in @buf. */
static int ask(uint16_t port, const char *request, char *buf, size_t size)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), status = 0;
	size_t n = 0;
	ssize_t got;

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	assert_int_equal(write(fd, request, strlen(request)), (int)strlen(request));
	while (n < size - 1 && (got = read(fd, buf + n, size - 1 - n)) > 0)
		n += (size_t)got;
	buf[n] = '\0';
	close(fd);
	assert_int_equal(sscanf(buf, "HTTP/1.1 %d", &status), 1);
	return status;
}

static int get(uint16_t port, const char *path, char *buf, size_t size)
{
	char request[256];

	snprintf(request, sizeof(request),
		 "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
	return ask(port, request, buf, size);
}

static void test_http(void **state)
{
	struct conf_heartbeat conf = {.listen = "127.0.0.1:0"};
	_cleanup_text_ struct text why = TEXT_NULL;
	json_t *status = a_status();
	struct beat b = good_beat(status);
	struct heartbeat *h = NULL;
	char buf[16384];
	uint16_t port;

	assert_int_equal(heartbeat_open(&conf, &h, &why), 0);
	port = heartbeat_port(h);
	assert_int_not_equal(port, 0);
	assert_int_equal(get(port, "/health", buf, sizeof(buf)), 503); /* no beat yet */
	assert_int_equal(get(port, "/metrics", buf, sizeof(buf)), 503);
	assert_int_equal(heartbeat_beat(h, &b), 0);
	assert_int_equal(get(port, "/health", buf, sizeof(buf)), 200);
	assert_non_null(strstr(buf, "application/json"));
	assert_int_equal(get(port, "/metrics", buf, sizeof(buf)), 200);
	assert_non_null(strstr(buf, "text/plain; version=0.0.4"));
	assert_non_null(strstr(buf, "\nnoroshi_up 1\n"));
	b.faults = faults;
	b.n_faults = 2;
	assert_int_equal(heartbeat_beat(h, &b), 0);
	assert_int_equal(get(port, "/health", buf, sizeof(buf)), 503);
	assert_non_null(strstr(buf, "\"exporter_silent\""));
	assert_int_equal(get(port, "/metrics", buf, sizeof(buf)), 200);
	assert_int_equal(get(port, "/", buf, sizeof(buf)), 404);
	assert_int_equal(ask(port,
			     "POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
			     "Connection: close\r\n\r\n",
			     buf, sizeof(buf)),
			 405);
	/* The port is taken. */
	snprintf(conf.listen, sizeof(conf.listen), "127.0.0.1:%u", port);
	struct heartbeat *second = NULL;
	assert_true(heartbeat_open(&conf, &second, &why) < 0);
	assert_null(second);
	heartbeat_close(h);
	json_decref(status);
}

/* The thread of HTTP lives on where the courier hangs, and must not speak for it. */
static void test_hangs(void **state)
{
	_cleanup_text_ struct text why = TEXT_NULL, metrics = TEXT_NULL, health = TEXT_NULL;
	struct heartbeat_http *h = NULL;
	char buf[4096];

	assert_int_equal(heartbeat_http_open("127.0.0.1:0", 300 * US_PER_MS, &h, &why), 0);
	text_add(&health, "all is well");
	heartbeat_http_set(h, &metrics, &health, false);
	assert_int_equal(get(heartbeat_http_port(h), "/health", buf, sizeof(buf)), 200);
	assert_non_null(strstr(buf, "all is well"));
	usleep(400000);
	assert_int_equal(get(heartbeat_http_port(h), "/health", buf, sizeof(buf)), 503);
	assert_non_null(strstr(buf, "\"stale\": true"));
	assert_null(strstr(buf, "all is well"));
	heartbeat_http_close(h);
}

/* A fault by which we see worse, not nothing, is told and no reason for an alarm outside. */
static void test_blind(void **state)
{
	const struct fault worse = {.kind = FAULT_EXPORTER_LOSS, .subject = "a", .figure = 2};
	const struct fault nothing = {.kind = FAULT_WATCH_GONE, .figure = 30};
	struct beat b = good_beat(NULL);

	assert_false(beat_is_blind(&b));
	b.faults = &worse;
	b.n_faults = 1;
	assert_false(beat_is_blind(&b));
	b.faults = &nothing;
	assert_true(beat_is_blind(&b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_files, make_dir, drop_dir),
		cmocka_unit_test_setup_teardown(test_no_place, make_dir, drop_dir),
		cmocka_unit_test(test_loopback_only),
		cmocka_unit_test(test_http),
		cmocka_unit_test(test_hangs),
		cmocka_unit_test(test_blind),
	};

	return cmocka_run_group_tests_name("heartbeat", tests, NULL, NULL);
}
