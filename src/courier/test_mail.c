/* SPDX-License-Identifier: ISC */
/*
 * Proves the form of a mail (headers, encoded words of whole characters, stable Message-ID,
 * threads, drills) and what is refused: addresses that would add headers, drills and passwords that
 * would leave the machine, password files that others can read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "courier/channel_mail.h"

static const char japanese[] =
	"重大度1 www.example.jp SYNフラッド 8.2 Gbit/s 03:12 JST から継続中、"
	"回線の82%、調べるには noroshi brief n0123456789ab";

static struct mail_message simple(void)
{
	return (struct mail_message){.id = "w0123456789ab-1-2",
				     .first = "",
				     .alarm = "w0123456789ab",
				     .from = "noroshi@isp.example",
				     .to = "alice@isp.example",
				     .text = "S1 www SYN flood 8.2 Gbit/s",
				     .at_us = INT64_C(1218196800) * US_PER_S};
}

static char *made(const struct mail_message *m)
{
	struct text out = TEXT_NULL;

	assert_int_equal(mail_message(m, &out), 0);
	return out.s;
}

static void test_plain(void **state)
{
	struct mail_message m = simple();
	char *s = made(&m);

	assert_string_equal(s, "From: noroshi <noroshi@isp.example>\r\n"
			       "To: <alice@isp.example>\r\n"
			       "Subject: S1 www SYN flood 8.2 Gbit/s\r\n"
			       "Date: Fri, 8 Aug 2008 12:00:00 +0000\r\n"
			       "Message-ID: <w0123456789ab-1-2.noroshi@isp.example>\r\n"
			       "Auto-Submitted: auto-generated\r\n"
			       "X-Noroshi-Page: w0123456789ab-1-2\r\n"
			       "X-Noroshi-Alarm: w0123456789ab\r\n"
			       "MIME-Version: 1.0\r\n"
			       "Content-Type: text/plain; charset=utf-8\r\n"
			       "Content-Transfer-Encoding: 7bit\r\n"
			       "\r\n"
			       "S1 www SYN flood 8.2 Gbit/s\r\n"
			       "\r\n"
			       "page w0123456789ab-1-2\r\n");
	free(s);
	m.first = "w0123456789ab-1-1";
	m.repeat = true;
	s = made(&m);
	assert_non_null(strstr(s, "\r\nIn-Reply-To: <w0123456789ab-1-1.noroshi@isp.example>\r\n"));
	assert_non_null(strstr(s, "\r\nReferences: <w0123456789ab-1-1.noroshi@isp.example>\r\n"));
	assert_non_null(strstr(s, "repeated: it may have come before"));
	free(s);
}

/* The words of a subject decoded and joined; each must be whole characters by itself. */
static void decode_subject(const char *s, char *out)
{
	const char *at = strstr(s, "Subject:"), *end = strstr(at, "\r\nDate:");
	unsigned char buf[64];
	size_t n;

	*out = '\0';
	for (at = strstr(at, "=?UTF-8?B?"); at && at < end; at = strstr(at, "=?UTF-8?B?")) {
		const char *stop;

		at += 10;
		stop = strstr(at, "?=");
		assert_true(stop - at + 12 <= 75);
		assert_int_equal(sodium_base642bin(buf, sizeof(buf), at, (size_t)(stop - at), NULL,
						   &n, NULL, sodium_base64_VARIANT_ORIGINAL),
				 0);
		assert_true(text_is_utf8((char *)buf, n));
		strncat(out, (char *)buf, n);
	}
}

static void test_japanese(void **state)
{
	struct mail_message m = simple();
	char subject[1024], *s;

	m.text = japanese;
	s = made(&m);
	decode_subject(s, subject);
	assert_string_equal(subject, japanese);
	assert_non_null(strstr(s, "Content-Transfer-Encoding: base64\r\n\r\n"));
	for (const char *p = s; *p; p++) /* nothing but ASCII, and no line is long */
		assert_true((unsigned char)*p < 0x80);
	for (char *line = strtok(s, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 90);
	free(s);
}

static void test_drill(void **state)
{
	struct mail_message m = simple();
	char subject[1024], *s;

	m.drill = true;
	s = made(&m);
	decode_subject(s, subject);
	assert_string_equal(subject, "DRILL / 訓練 S1 www SYN flood 8.2 Gbit/s");
	assert_non_null(strstr(s, "Message-ID: <w0123456789ab-1-2.drill.noroshi@isp.example>"));
	free(s);
	m.text = "DRILL / 訓練 S1";
	s = made(&m);
	decode_subject(s, subject);
	assert_string_equal(subject, "DRILL / 訓練 S1"); /* once is enough */
	free(s);
}

static void test_no_header_slips_in(void **state)
{
	static const char *const bad[] = {"",	   "alice",	  "@x",	     "alice@",
					  "a b@x", "a@x\r\nB: c", "a@x,b@y", "<a@x>",
					  "a@x\n", "a@x;b@y",	  "a\"b@x"};
	struct mail_message m = simple();
	struct text out = TEXT_NULL;
	char *s;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		m.to = bad[i];
		assert_int_equal(mail_message(&m, &out), -EINVAL);
	}
	m = simple();
	m.from = "a@x\r\nBcc: b@y";
	assert_int_equal(mail_message(&m, &out), -EINVAL);
	m = simple();
	m.text = "one\r\nBcc: mallory@example.org\n\nbody";
	s = made(&m);
	assert_non_null(strstr(s, "Subject: one  Bcc: mallory@example.org  body\r\n"));
	assert_null(strstr(strstr(s, "Subject"), "\r\nBcc: mallory@example.org\r\nDate"));
	free(s);
	text_deinit(&out);
}

static void test_dates(void **state)
{
	static const struct {
		int64_t s;
		const char *date;
	} rows[] = {
		{0, "Thu, 1 Jan 1970 00:00:00"},	  {-1, "Wed, 31 Dec 1969 23:59:59"},
		{951782399, "Mon, 28 Feb 2000 23:59:59"}, {951782400, "Tue, 29 Feb 2000 00:00:00"},
		{1078099200, "Mon, 1 Mar 2004 00:00:00"}, {1230767999, "Wed, 31 Dec 2008 23:59:59"},
		{4107542400, "Mon, 1 Mar 2100 00:00:00"}, {1795707000, "Thu, 26 Nov 2026 15:30:00"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct mail_message m = simple();
		char line[80], *s;

		m.at_us = rows[i].s * US_PER_S;
		snprintf(line, sizeof(line), "\r\nDate: %s +0000\r\n", rows[i].date);
		s = made(&m);
		assert_non_null(strstr(s, line));
		free(s);
	}
}

static void test_long_subject_is_cut_whole(void **state)
{
	char text[4000] = "", subject[4000], *s;
	struct mail_message m = simple();

	while (strlen(text) < 3000)
		strcat(text, "訓");
	m.text = text;
	s = made(&m);
	decode_subject(s, subject);
	assert_true(text_is_utf8(subject, strlen(subject)));
	assert_true(strlen(subject) > 900);
	free(s);
}

static void test_local(void **state)
{
	static const struct {
		const char *server;
		bool local;
	} rows[] = {
		{"smtp://127.0.0.1:25", true},	     {"smtp://127.8.9.1", true},
		{"smtp://[::1]:25", true},	     {"smtp://localhost:2525", true},
		{"smtps://localhost", true},	     {"smtp://192.0.2.1:25", false},
		{"smtp://mail.example.jp", false},   {"smtp://localhost.example.jp", false},
		{"smtp://127.0.0.1.evil:25", false}, {"smtp://127.0.0.1@evil:25", false},
		{"smtp://[2001:db8::1]:25", false},  {"", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(channel_mail_local(rows[i].server), rows[i].local);
}

static const char *why(const struct conf_mail_out *c, bool drill)
{
	static struct channel_result out;
	struct mail_message m = simple();

	m.drill = drill;
	channel_mail(c, &m, 2, &out);
	assert_false(out.sent);
	assert_false(out.unsure);
	return out.why;
}

static void test_refused(void **state)
{
	struct conf_mail_out c = {.server = "smtp://192.0.2.1:25", .from = "noroshi@isp.example"};
	char path[] = "/tmp/noroshi-password-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	close(fd);
	assert_string_equal(why(&c, true),
			    "smtp://192.0.2.1:25: a drill mails to this machine only");
	strcpy(c.user, "noroshi");
	assert_string_equal(why(&c, false),
			    "smtp://192.0.2.1:25: a password wants tls: always, or smtps://");
	strcpy(c.server, "http://127.0.0.1");
	assert_non_null(strstr(why(&c, false), "smtp://HOST:PORT or smtps://HOST:PORT is wanted"));
	strcpy(c.server, "");
	assert_non_null(strstr(why(&c, false), "duty.mail.server: smtp://HOST:PORT"));
	strcpy(c.server, "smtp://127.0.0.1:1");
	strcpy(c.password_file, "/nowhere/password");
	assert_non_null(strstr(why(&c, false), "/nowhere/password: No such file"));
	strcpy(c.password_file, path);
	assert_int_equal(chmod(path, 0640), 0);
	assert_non_null(strstr(why(&c, false), "others can read this password"));
	assert_int_equal(chmod(path, 0600), 0);
	assert_non_null(strstr(why(&c, false), "onnect")); /* nobody listens there */
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain), cmocka_unit_test(test_japanese),
		cmocka_unit_test(test_drill), cmocka_unit_test(test_no_header_slips_in),
		cmocka_unit_test(test_dates), cmocka_unit_test(test_long_subject_is_cut_whole),
		cmocka_unit_test(test_local), cmocka_unit_test(test_refused),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests_name("courier mail", tests, NULL, NULL);
}
