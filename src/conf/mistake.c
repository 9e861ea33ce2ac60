/* SPDX-License-Identifier: ISC */
/*
 * Mistakes are found in two passes (while reading, and by the cross checks afterwards), so they are
 * put into the file's order here, by insertion, and equal places keep the order of finding.
 */
#include "conf/mistake.h"

#include <stdio.h>
#include <string.h>

#define QUOTE_BYTES 48

void mistakes_deinit(struct mistakes *m)
{
	for (unsigned i = 0; i < m->n; i++)
		text_deinit(&m->list[i].sentence);
	memset(m, 0, sizeof(*m));
}

static bool place_after(struct place a, struct place b)
{
	return a.line != b.line ? a.line > b.line : a.column > b.column;
}

static void insert(struct mistakes *m, bool warning, struct place at, const char *fmt, va_list ap)
{
	unsigned *count = warning ? &m->n_warnings : &m->n_errors;
	unsigned i = m->n;

	if (*count >= MISTAKES_MAX) {
		m->n_more++;
		return;
	}
	for (; i > 0 && place_after(m->list[i - 1].at, at); i--)
		m->list[i] = m->list[i - 1];
	m->list[i] = (struct mistake){.at = at, .warning = warning};
	text_vprintf(&m->list[i].sentence, fmt, ap);
	(*count)++;
	m->n++;
}

void mistake_add(struct mistakes *m, struct place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	insert(m, false, at, fmt, ap);
	va_end(ap);
}

void mistake_warn(struct mistakes *m, struct place at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	insert(m, true, at, fmt, ap);
	va_end(ap);
}

bool mistakes_full(const struct mistakes *m)
{
	return m->n_errors >= MISTAKES_MAX;
}

void mistakes_print(const struct mistakes *m, const char *file, struct text *out)
{
	for (unsigned i = 0; i < m->n; i++) {
		const struct mistake *e = &m->list[i];

		text_add(out, file);
		if (e->at.line)
			text_printf(out, ":%u:%u", e->at.line, e->at.column);
		text_printf(out, ": %s%s\n", e->warning ? "warning: " : "", text_str(&e->sentence));
	}
	if (mistakes_full(m))
		text_printf(out, "%s: %u mistakes; there may be more behind them\n", file,
			    MISTAKES_MAX);
	else if (m->n_more)
		text_printf(out, "%s: warning: %u more warnings are not shown\n", file, m->n_more);
}

size_t unprintable_at(const char *s)
{
	const unsigned char *c = (const unsigned char *)s;

	if (c[0] < 0x20 || c[0] == 0x7f)
		return c[0] ? 1 : 0;
	if (c[0] == 0xc2 && c[1] >= 0x80 && c[1] < 0xa0) /* C1 controls */
		return 2;
	if (c[0] == 0xe2 && c[1] == 0x80 && /* marks of direction, line and paragraph */
	    ((c[2] >= 0x8b && c[2] <= 0x8f) || (c[2] >= 0xa8 && c[2] <= 0xae)))
		return 3;
	if (c[0] == 0xe2 && c[1] == 0x81 && c[2] >= 0xa0 && c[2] <= 0xaf) /* isolates */
		return 3;
	return c[0] == 0xef && c[1] == 0xbb && c[2] == 0xbf ? 3 : 0; /* byte order mark */
}

char *quote(const char *s, char *buf)
{
	char *p = buf;
	size_t n = strlen(s), end = n, escape = 0;

	if (n > QUOTE_BYTES) {
		end = QUOTE_BYTES;
		while (end > 0 && ((unsigned char)s[end] & 0xc0) == 0x80) /* no half character */
			end--;
	}
	*p++ = '"';
	for (size_t i = 0; i < end; i++) {
		if (!escape)
			escape = unprintable_at(s + i);
		if (escape) {
			p += sprintf(p, "\\x%02x", (unsigned char)s[i]);
			escape--;
		} else {
			*p++ = s[i];
		}
	}
	strcpy(p, end < n ? "...\"" : "\"");
	return buf;
}
