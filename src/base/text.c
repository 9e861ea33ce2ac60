/* SPDX-License-Identifier: ISC */
#include "base/text.h"

#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

void text_deinit(struct text *t)
{
	free(t->s);
	*t = TEXT_NULL;
}

void text_clear(struct text *t)
{
	t->len = 0;
	t->failed = false;
	if (t->s)
		*t->s = '\0';
}

static atomic_uint_fast64_t lost;

uint64_t text_lost(void)
{
	return atomic_load(&lost);
}

void text_note_lost(void)
{
	atomic_fetch_add(&lost, 1);
}

static bool text_reserve(struct text *t, size_t more)
{
	size_t want = t->len + more + 1, room = t->room ? t->room : 64;
	char *p;

	if (t->failed)
		return false;
	if (want <= t->room)
		return true;
	while (room < want)
		room += room / 2;
	p = realloc(t->s, room);
	if (!p) {
		t->failed = true;
		text_note_lost();
		return false;
	}
	t->s = p;
	t->room = room;
	return true;
}

void text_add_n(struct text *t, const char *s, size_t n)
{
	if (!text_reserve(t, n))
		return;
	memcpy(t->s + t->len, s, n);
	t->len += n;
	t->s[t->len] = '\0';
}

void text_add(struct text *t, const char *s)
{
	text_add_n(t, s, strlen(s));
}

void text_vprintf(struct text *t, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n >= 0 && text_reserve(t, (size_t)n)) {
		vsnprintf(t->s + t->len, (size_t)n + 1, fmt, again);
		t->len += (size_t)n;
	}
	va_end(again);
}

void text_printf(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	text_vprintf(t, fmt, ap);
	va_end(ap);
}

void text_rate(struct text *t, double value, const char *unit)
{
	static const char *const si[] = {"", "k", "M", "G", "T", "P"};
	unsigned i = 0;

	for (; fabs(value) >= 999.5 && i + 1 < ARRAY_LEN(si); i++)
		value /= 1000;
	int decimals = i == 0 ? 0 : value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
	text_printf(t, "%.*f %s%s", decimals, value, si[i], unit);
}

#define WORD_MAX 48

/* Optimal string alignment distance; words longer than WORD_MAX are far from everything. */
static unsigned distance(const char *a, const char *b)
{
	unsigned d[3][WORD_MAX + 1], na = (unsigned)strlen(a), nb = (unsigned)strlen(b);

	if (na > WORD_MAX || nb > WORD_MAX)
		return UINT32_MAX;
	for (unsigned j = 0; j <= nb; j++)
		d[0][j] = j;
	for (unsigned i = 1; i <= na; i++) {
		unsigned *now = d[i % 3], *prev = d[(i + 2) % 3], *before = d[(i + 1) % 3];

		now[0] = i;
		for (unsigned j = 1; j <= nb; j++) {
			unsigned v = prev[j - 1] + (a[i - 1] != b[j - 1]);

			v = prev[j] + 1 < v ? prev[j] + 1 : v;
			v = now[j - 1] + 1 < v ? now[j - 1] + 1 : v;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < v)
				v = before[j - 2] + 1;
			now[j] = v;
		}
	}
	return d[na % 3][nb];
}

const char *text_nearest(const char *word, const char *const *words, size_t n)
{
	unsigned best = UINT32_MAX, far = (unsigned)strlen(word) / 3 + 1;
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		unsigned d = distance(word, words[i]);

		if (d < best) {
			best = d;
			found = words[i];
		}
	}
	return best <= far ? found : NULL;
}

/* Decode one code point; a broken byte stands for itself. */
static uint32_t next_point(const unsigned char **p)
{
	uint32_t c = *(*p)++;
	unsigned more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;

	c &= more ? 0x3fu >> more : 0x7fu;
	for (; more && (**p & 0xc0) == 0x80; more--)
		c = c << 6 | (*(*p)++ & 0x3f);
	return c;
}

size_t text_width(const char *utf8)
{
	const unsigned char *p = (const unsigned char *)utf8;
	size_t w = 0;

	while (*p) {
		uint32_t c = next_point(&p);

		/* Unicode TR 11, the wide blocks that occur in Japanese text. */
		bool wide = (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
			    (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
			    (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
			    (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x20000 && c <= 0x3fffd);
		w += wide ? 2 : 1;
	}
	return w;
}

char *text_cut(char *buf, size_t room, const char *s)
{
	size_t n = strnlen(s, room);

	if (n == room)
		for (n = room - 1; n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80; n--)
			;
	memcpy(buf, s, n);
	buf[n] = '\0';
	return buf;
}

static bool is_continuation(const char *s, size_t n, size_t want)
{
	if (n < want)
		return false;
	for (size_t i = 0; i < want; i++)
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return false;
	return true;
}

/* Length of the UTF-8 character at @s, 0 when it is none (RFC 3629 section 4). */
static size_t utf8_char(const char *s, size_t n)
{
	unsigned char c = (unsigned char)s[0], second = n > 1 ? (unsigned char)s[1] : 0;
	size_t more = c < 0x80 ? 0 : c >= 0xc2 && c < 0xe0 ? 1 : c >= 0xe0 && c < 0xf0 ? 2 : 3;

	if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || !is_continuation(s + 1, n - 1, more))
		return 0;
	if ((c == 0xe0 && second < 0xa0) || (c == 0xed && second > 0x9f) ||
	    (c == 0xf0 && second < 0x90) || (c == 0xf4 && second > 0x8f))
		return 0;
	return more + 1;
}

bool text_is_utf8(const char *s, size_t n)
{
	while (n) {
		size_t len = utf8_char(s, n);

		if (!len)
			return false;
		s += len;
		n -= len;
	}
	return true;
}
