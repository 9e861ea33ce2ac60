/* SPDX-License-Identifier: ISC */
#include "courier/mail_message.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define WORD_BYTES  45 /* of an encoded word: 60 characters of base64, 75 with its frame */
#define LINE_BYTES  57 /* of a line of base64: 76 characters, RFC 2045 section 6.8 */
#define SUBJECT_MAX 1024

bool mail_address_ok(const char *s)
{
	const char *at = strchr(s, '@');

	if (!at || at == s || !at[1] || strlen(s) > 254)
		return false;
	for (; *s; s++)
		if ((unsigned char)*s <= 0x20 || (unsigned char)*s >= 0x7f ||
		    strchr("<>,;()\"\\", *s))
			return false;
	return true;
}

static bool plain(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

static void add_base64(struct text *out, const char *s, size_t n)
{
	char buf[128];

	sodium_bin2base64(buf, sizeof(buf), (const unsigned char *)s, n,
			  sodium_base64_VARIANT_ORIGINAL);
	text_add(out, buf);
}

/* Bytes of @s, whole characters, at most @most. */
static size_t whole(const char *s, size_t len, size_t most)
{
	size_t n = len < most ? len : most;

	while (n > 0 && n < len && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return n ? n : 1;
}

/* RFC 2047 section 2: words of at most 75 characters, whole characters in each. */
static void add_subject(struct text *out, const char *s)
{
	size_t len = strlen(s), n;

	text_add(out, "Subject:");
	if (plain(s) && len < 900) {
		text_printf(out, " %s\r\n", s);
		return;
	}
	for (; len; s += n, len -= n) {
		n = whole(s, len, WORD_BYTES);
		text_add(out, " =?UTF-8?B?");
		add_base64(out, s, n);
		text_add(out, len > n ? "?=\r\n" : "?=");
	}
	text_add(out, "\r\n");
}

static unsigned year_days(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 366 : 365;
}

/* Year, month and day of a count of days since 1970. The C library's way takes a lock, which a
 * thread may have held when this process was forked. */
static void civil(int64_t n, int *year, unsigned *month, unsigned *day)
{
	static const uint8_t len[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	for (*year = 1970; n < 0; n += year_days(*year))
		--*year;
	for (; n >= year_days(*year); ++*year)
		n -= year_days(*year);
	for (*month = 0;; ++*month) {
		unsigned most = len[*month] + (*month == 1 && year_days(*year) == 366);

		if (n < most)
			break;
		n -= most;
	}
	*day = (unsigned)n + 1;
	++*month;
}

static void add_date(struct text *out, int64_t us)
{
	static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
					     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	int64_t s = time_floor_s(us), n = (s >= 0 ? s : s - 86399) / 86400, left = s - n * 86400;
	unsigned month, day;
	int year;

	civil(n, &year, &month, &day);
	text_printf(out, "Date: %s, %u %s %d %02d:%02d:%02d +0000\r\n", days[((n % 7) + 7) % 7],
		    day, months[month - 1], year, (int)(left / 3600), (int)(left / 60 % 60),
		    (int)(left % 60));
}

/* A drill's ids are those of the real thing, were it real. */
static void add_message_id(struct text *out, const char *name, const struct mail_message *m,
			   const char *id)
{
	text_printf(out, "%s: <%s.%snoroshi@%s>\r\n", name, id, m->drill ? "drill." : "",
		    strchr(m->from, '@') + 1);
}

static void add_body(struct text *out, const struct mail_message *m)
{
	_cleanup_text_ struct text body = TEXT_NULL;

	for (const char *s = m->text; *s; s++) {
		if (*s == '\n')
			text_add(&body, "\r\n");
		else
			text_add_n(&body, s, 1);
	}
	text_printf(&body, "\r\n\r\n%s %s%s\r\n", m->subject ? "report" : "page", m->id,
		    m->repeat ? ", repeated: it may have come before" : "");
	if (plain(text_str(&body)) && body.len < 900) {
		text_printf(out, "Content-Transfer-Encoding: 7bit\r\n\r\n%s", text_str(&body));
		return;
	}
	text_add(out, "Content-Transfer-Encoding: base64\r\n\r\n");
	for (size_t at = 0; at < body.len; at += LINE_BYTES) {
		add_base64(out, body.s + at,
			   body.len - at < LINE_BYTES ? body.len - at : LINE_BYTES);
		text_add(out, "\r\n");
	}
	if (!text_ok(&body))
		out->failed = true;
}

int mail_message(const struct mail_message *m, struct text *out)
{
	const char *about = m->subject ? m->subject : m->text;
	char subject[SUBJECT_MAX];

	if (!mail_address_ok(m->from) || !mail_address_ok(m->to))
		return -EINVAL;
	/* The words of a drill stand in front even where the text has them already. */
	snprintf(subject, sizeof(subject), "%s%s",
		 m->drill && strncmp(about, "DRILL", 5) != 0 ? "DRILL / 訓練 " : "", about);
	for (char *s = subject; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = ' ';
	subject[whole(subject, strlen(subject), SUBJECT_MAX - 4)] = '\0';
	text_printf(out, "From: noroshi <%s>\r\nTo: <%s>\r\n", m->from, m->to);
	add_subject(out, subject);
	add_date(out, m->at_us);
	add_message_id(out, "Message-ID", m, m->id);
	if (*m->first) {
		add_message_id(out, "In-Reply-To", m, m->first);
		add_message_id(out, "References", m, m->first);
	}
	text_printf(out, "Auto-Submitted: auto-generated\r\nX-Noroshi-Page: %s\r\n", m->id);
	if (*m->alarm)
		text_printf(out, "X-Noroshi-Alarm: %s\r\n", m->alarm);
	text_add(out, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n");
	add_body(out, m);
	return text_ok(out) ? 0 : -ENOMEM;
}
