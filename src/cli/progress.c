/* SPDX-License-Identifier: ISC */
/*
 * The line is "NAME [####......]  42%  1.25 Mrec/s  0:12 left". The figures always stand; the bar
 * and the name take what room is left, and go where there is none.
 */
#include "cli/progress.h"

#include <string.h>

#include "base/clock.h"
#include "cli/table.h"
#include "conf/mistake.h"

#define BAR_MIN 6
#define BAR_MAX 40
#define ERASE	"\r\033[K"
#define SURE_US US_PER_S /* before that no time left is told */

void progress_init(struct progress *p, FILE *to)
{
	const char *term = getenv("TERM");
	bool able = to && isatty(fileno(to)) == 1 && !(term && strcmp(term, "dumb") == 0);

	*p = (struct progress){.to = able ? to : NULL};
}

/* The last part of a path, cut, without what does not belong on a terminal. */
static void set_name(struct progress *p, const char *name)
{
	const char *slash = strrchr(name, '/');
	size_t n = 0;

	if (slash && slash[1])
		name = slash + 1;
	while (*name && n + 5 < sizeof(p->name)) {
		size_t bad = unprintable_at(name), more = 1;

		if (bad) {
			p->name[n++] = '?';
			name += bad;
			continue;
		}
		while (more < 4 && ((unsigned char)name[more] & 0xc0) == 0x80)
			more++;
		memcpy(p->name + n, name, more);
		n += more;
		name += more;
	}
	p->name[n] = '\0';
}

void progress_begin(struct progress *p, const char *name)
{
	if (!p->to)
		return;
	set_name(p, name);
	p->records_begin = p->records;
	p->begin_us = p->drawn_us = clock_mono_us();
}

static void add_time_left(struct text *t, uint64_t s)
{
	if (s >= 3600)
		text_printf(t, "  %llu:%02u:%02u left", (unsigned long long)s / 3600,
			    (unsigned)(s / 60 % 60), (unsigned)(s % 60));
	else
		text_printf(t, "  %u:%02u left", (unsigned)(s / 60), (unsigned)(s % 60));
}

static void add_figures(const struct progress *p, int64_t took_us, struct text *t)
{
	double took_s = (double)took_us / US_PER_S;

	if (p->total)
		text_printf(t, "%3.0f%%", 100.0 * (double)p->done / (double)p->total);
	else
		text_rate(t, (double)p->done, "B");
	if (took_us > 0) {
		text_add(t, "  ");
		text_rate(t, (double)(p->records - p->records_begin) / took_s, "rec/s");
	}
	if (p->total && p->done && took_us >= SURE_US)
		add_time_left(
			t,
			(uint64_t)(took_s * (double)(p->total - p->done) / (double)p->done + 0.5));
}

static void add_bar(const struct progress *p, unsigned room, struct text *out)
{
	unsigned n = room - 2 < BAR_MAX ? room - 2 : BAR_MAX;
	unsigned full = (unsigned)((double)n * (double)p->done / (double)p->total);

	text_add(out, "[");
	for (unsigned i = 0; i < n; i++)
		text_add(out, i < full ? "#" : ".");
	text_add(out, "] ");
}

void progress_line(const struct progress *p, int64_t now_us, unsigned width, struct text *out)
{
	_cleanup_text_ struct text figures = TEXT_NULL;
	unsigned name = (unsigned)text_width(p->name), need;

	add_figures(p, now_us - p->begin_us, &figures);
	need = (unsigned)text_width(text_str(&figures));
	if (need > width)
		return;
	if (*p->name && need + name + 1 + (p->total ? BAR_MIN + 3 : 0) <= width) {
		text_printf(out, "%s ", p->name);
		need += name + 1;
	}
	if (p->total && need + BAR_MIN + 3 <= width)
		add_bar(p, width - need - 1, out);
	text_add(out, text_str(&figures));
}

void progress_step(struct progress *p, int64_t now_us, uint64_t done, uint64_t total,
		   uint64_t records)
{
	_cleanup_text_ struct text line = TEXT_NULL;

	p->done = total && done > total ? total : done;
	p->total = total;
	p->records = records;
	if (!p->to || now_us - p->drawn_us < (p->drawn ? PROGRESS_EVERY_US : PROGRESS_WAIT_US))
		return;
	/* The last column stays free: some terminals wrap as soon as it is written. */
	progress_line(p, now_us, table_look_of(p->to).width - 1, &line);
	fprintf(p->to, "\r%s\033[K", text_str(&line));
	fflush(p->to);
	p->drawn = true;
	p->drawn_us = now_us;
}

void progress_set(struct progress *p, uint64_t done, uint64_t total, uint64_t records)
{
	if (p->to)
		progress_step(p, clock_mono_us(), done, total, records);
}

void progress_end(struct progress *p)
{
	if (!p->to || !p->drawn)
		return;
	fputs(ERASE, p->to);
	fflush(p->to);
	p->drawn = false;
}
