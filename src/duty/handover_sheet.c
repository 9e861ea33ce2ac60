/* SPDX-License-Identifier: ISC */
#include "duty/handover_sheet.h"

#include <string.h>

/* What must not begin a line (JIS X 4051, the marks that occur here). */
static bool stays_behind(const char *s)
{
	static const char *const marks[] = {"、", "。", "）", "」", "％", "ー", "・"};

	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (strncmp(s, marks[i], strlen(marks[i])) == 0)
			return true;
	return false;
}

/* What must not end one. */
static bool stays_before(const char *s)
{
	return strncmp(s, "（", 3) == 0 || strncmp(s, "「", 3) == 0;
}

static size_t character(const char *s)
{
	size_t n = 1;

	while (((unsigned char)s[n] & 0xc0) == 0x80)
		n++;
	return n;
}

static size_t width_of(const char *s, size_t n)
{
	char one[8] = "";

	memcpy(one, s, n < sizeof(one) ? n : sizeof(one) - 1);
	return text_width(one);
}

/* How many bytes of @s go on a line of @columns: up to the last space or place between wide
 * characters; at least one character. */
static size_t line_of(const char *s, size_t columns)
{
	size_t at = 0, best = 0, width = 0;
	bool wide = false, opened = false; /* the character before */

	while (s[at] && s[at] != '\n') {
		size_t n = character(s + at), w = width_of(s + at, n);

		/* A percent sign stays with its figure. */
		if (at && ((s[at] == ' ' && s[at + 1] != '%') ||
			   ((w > 1 || wide) && !opened && !stays_behind(s + at))))
			best = at;
		if (width + w > columns)
			return best ? best : at ? at : n;
		wide = w > 1;
		opened = stays_before(s + at);
		width += w;
		at += n;
	}
	return at;
}

/* No line ends in spaces. */
static size_t without_spaces(const char *s, size_t n)
{
	while (n && s[n - 1] == ' ')
		n--;
	return n;
}

static void pad(struct sheet *s, size_t n)
{
	while (n--)
		text_add(s->out, " ");
}

static void end(struct sheet *s)
{
	text_add(s->out, "\n");
	s->lines++;
}

unsigned sheet_cap(const struct sheet *s, unsigned cap)
{
	unsigned n = cap * (4 - s->tight) / 4;

	return n ? n : 1;
}

void sheet_title(struct sheet *s, const char *left, const char *right)
{
	size_t l = text_width(left), r = text_width(right);

	text_add(s->out, left);
	if (l + r + 2 <= SHEET_COLUMNS) {
		pad(s, SHEET_COLUMNS - l - r);
	} else {
		end(s);
		pad(s, r < SHEET_COLUMNS ? SHEET_COLUMNS - r : 0);
	}
	text_add(s->out, right);
	end(s);
}

void sheet_head(struct sheet *s, const char *en, const char *ja)
{
	end(s);
	text_add(s->out, s->ja ? ja : en);
	end(s);
}

unsigned sheet_wrap(struct text *out, unsigned columns, unsigned indent, unsigned hang,
		    const char *text)
{
	unsigned lines = 0;

	for (unsigned more = 0; *text; more = hang) {
		size_t n = line_of(text, columns - indent - more);

		for (unsigned i = 0; i < indent + more; i++)
			text_add(out, " ");
		text_add_n(out, text, without_spaces(text, n));
		text_add(out, "\n");
		lines++;
		text += n;
		while (*text == ' ' || *text == '\n')
			text++;
	}
	return lines;
}

void sheet_item(struct sheet *s, unsigned indent, const struct incident *about, const char *text)
{
	struct guard guard = guard_about(s->reader, s->conf, about);
	_cleanup_text_ struct text clean = TEXT_NULL;

	guard_text(&guard, text, s->ja, &clean);
	s->withheld += guard.withheld;
	s->lines += sheet_wrap(s->out, SHEET_COLUMNS, indent, s->flush ? 0 : 2, text_str(&clean));
}

void sheet_say(struct sheet *s, const char *en, const char *ja)
{
	sheet_item(s, 2, NULL, s->ja ? ja : en);
}
