/* SPDX-License-Identifier: ISC */
/*
 * All cells stand one behind the other in one text, each with its NUL; a parallel array holds where
 * they begin, how wide they are and their colour.
 */
#include "cli/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "conf/mistake.h"

#define GAP	      2	 /* spaces between columns */
#define WIDTH_DEFAULT 80 /* of a terminal that does not tell */
#define WIDTH_MIN     20
#define WIDTH_MAX     10000
#define ELLIPSIS      "\xe2\x80\xa6"

struct cell {
	size_t at; /* in the pool */
	unsigned width;
	enum table_colour colour;
};

struct table {
	const struct table_column *columns;
	size_t n_columns;
	struct text pool;
	struct cell *cells;
	size_t n_cells, room;
	bool failed;
};

/* Each column of one rendering. */
struct fit {
	unsigned natural, width;
	bool shown;
};

static const char *const colours[TABLE_COLOURS] = {
	[TABLE_PLAIN] = "",	  [TABLE_BOLD] = "\033[1m",    [TABLE_DIM] = "\033[2m",
	[TABLE_RED] = "\033[31m", [TABLE_YELLOW] = "\033[33m", [TABLE_GREEN] = "\033[32m",
};

static bool env_says(const char *name)
{
	const char *v = getenv(name);

	return v && *v;
}

struct table_look table_look_of(FILE *out)
{
	const char *columns = getenv("COLUMNS"), *term = getenv("TERM");
	long width = columns ? strtol(columns, NULL, 10) : 0;
	bool terminal = isatty(fileno(out)) == 1;
	struct winsize size = {0};

	if (width < WIDTH_MIN || width > WIDTH_MAX) {
		width = 0;
		if (terminal)
			width = ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col
					? size.ws_col
					: WIDTH_DEFAULT;
	}
	return (struct table_look){
		.width = (unsigned)width,
		.colour = terminal && !env_says("NO_COLOR") && !(term && strcmp(term, "dumb") == 0),
	};
}

struct table *table_new(const struct table_column *columns, size_t n)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->columns = columns;
	t->n_columns = n;
	return t;
}

struct table *table_free(struct table *t)
{
	if (!t)
		return NULL;
	text_deinit(&t->pool);
	free(t->cells);
	free(t);
	return NULL;
}

static struct cell *cell_new(struct table *t)
{
	size_t room = t->room ? t->room + t->room / 2 : 64;
	struct cell *p;

	if (t->n_cells == t->room) {
		p = realloc(t->cells, room * sizeof(*p));
		if (!p)
			return NULL;
		t->cells = p;
		t->room = room;
	}
	return &t->cells[t->n_cells];
}

/* Characters that would move the cursor become one '?' each. */
static void add_clean(struct text *pool, const char *s)
{
	while (*s) {
		size_t bad = unprintable_at(s), n = 0;

		if (bad) {
			text_add(pool, "?");
			s += bad;
			continue;
		}
		while (s[n] && !unprintable_at(s + n))
			n++;
		text_add_n(pool, s, n);
		s += n;
	}
}

void table_cell(struct table *t, enum table_colour colour, const char *fmt, ...)
{
	_cleanup_text_ struct text raw = TEXT_NULL;
	struct cell *c = cell_new(t);
	size_t at = t->pool.len;
	va_list ap;

	va_start(ap, fmt);
	text_vprintf(&raw, fmt, ap);
	va_end(ap);
	add_clean(&t->pool, text_str(&raw));
	text_add_n(&t->pool, "", 1);
	if (!c || !text_ok(&raw) || !text_ok(&t->pool)) {
		t->failed = true;
		return;
	}
	*c = (struct cell){
		.at = at, .width = (unsigned)text_width(t->pool.s + at), .colour = colour};
	t->n_cells++;
}

static void measure(const struct table *t, struct fit *fits)
{
	for (size_t i = 0; i < t->n_columns; i++) {
		fits[i].shown = true;
		fits[i].natural = (unsigned)text_width(t->columns[i].title);
	}
	for (size_t i = 0; i < t->n_cells; i++) {
		struct fit *f = &fits[i % t->n_columns];

		if (t->cells[i].width > f->natural)
			f->natural = t->cells[i].width;
	}
}

static unsigned least_width(const struct table_column *c, const struct fit *f)
{
	return c->least && c->least < f->natural ? c->least : f->natural;
}

/* Width of what is shown, gaps included; all columns at their least, or as they are. */
static unsigned total_width(const struct table *t, const struct fit *fits, bool least)
{
	unsigned sum = 0, shown = 0;

	for (size_t i = 0; i < t->n_columns; i++) {
		if (!fits[i].shown)
			continue;
		sum += least ? least_width(&t->columns[i], &fits[i]) : fits[i].width;
		shown++;
	}
	return shown ? sum + GAP * (shown - 1) : 0;
}

/* The column worth least, or NULL where all that are left must stay. */
static struct fit *worth_least(const struct table *t, struct fit *fits)
{
	struct fit *found = NULL;
	unsigned worth = 0;

	for (size_t i = 0; i < t->n_columns; i++) {
		if (!fits[i].shown || t->columns[i].worth == 0)
			continue;
		if (!found || t->columns[i].worth <= worth) {
			found = &fits[i];
			worth = t->columns[i].worth;
		}
	}
	return found;
}

/* The widest column that may still be cut, of equals the rightmost. */
static struct fit *widest(const struct table *t, struct fit *fits)
{
	struct fit *found = NULL;

	for (size_t i = 0; i < t->n_columns; i++)
		if (fits[i].shown && fits[i].width > least_width(&t->columns[i], &fits[i]) &&
		    (!found || fits[i].width >= found->width))
			found = &fits[i];
	return found;
}

static void fit(const struct table *t, struct fit *fits, unsigned width)
{
	struct fit *f;
	unsigned total;

	measure(t, fits);
	while (width && total_width(t, fits, true) > width) {
		f = worth_least(t, fits);
		if (!f)
			break;
		f->shown = false;
	}
	for (size_t i = 0; i < t->n_columns; i++)
		fits[i].width = fits[i].natural;
	total = total_width(t, fits, false);
	while (width && total > width) {
		f = widest(t, fits);
		if (!f)
			break;
		f->width--;
		total--;
	}
}

/* Bytes of @s that fit into @width columns, and the columns that these take. */
static size_t head(const char *s, unsigned width, unsigned *taken)
{
	size_t at = 0;

	*taken = 0;
	while (s[at]) {
		char one[8] = {0};
		size_t n = 1;
		unsigned w;

		while (n < 4 && ((unsigned char)s[at + n] & 0xc0) == 0x80)
			n++;
		memcpy(one, s + at, n);
		w = (unsigned)text_width(one);
		if (*taken + w > width)
			break;
		*taken += w;
		at += n;
	}
	return at;
}

struct line {
	struct text *out;
	const struct table *table;
	const struct fit *fits;
	bool colour;
	unsigned owed; /* spaces not yet written: none stand at the end of a line */
};

static void add_spaces(struct line *l)
{
	text_printf(l->out, "%*s", (int)l->owed, "");
	l->owed = 0;
}

static void render_cell(struct line *l, size_t column, const char *s, unsigned width,
			enum table_colour colour)
{
	unsigned room = l->fits[column].width, pad;
	bool cut = width > room;
	size_t n = strlen(s);

	if (cut) {
		n = head(s, room ? room - 1 : 0, &width);
		width += room > 0;
	}
	pad = room - width;
	if (l->table->columns[column].align == TABLE_RIGHT)
		l->owed += pad;
	if (n || cut) {
		add_spaces(l);
		text_add(l->out, l->colour ? colours[colour] : "");
		text_add_n(l->out, s, n);
		text_add(l->out, cut && room ? ELLIPSIS : "");
		text_add(l->out, l->colour && *colours[colour] ? "\033[0m" : "");
	}
	if (l->table->columns[column].align == TABLE_LEFT)
		l->owed += pad;
	l->owed += GAP;
}

static void end_line(struct line *l)
{
	text_add(l->out, "\n");
	l->owed = 0;
}

int table_render(const struct table *t, const struct table_look *look, struct text *out)
{
	_cleanup_free_ struct fit *fits = calloc(t->n_columns + 1, sizeof(*fits));
	struct line l = {.out = out, .table = t, .fits = fits, .colour = look->colour};

	if (!fits || t->failed)
		return -ENOMEM;
	fit(t, fits, look->width);
	for (size_t i = 0; i < t->n_columns; i++)
		if (fits[i].shown)
			render_cell(&l, i, t->columns[i].title,
				    (unsigned)text_width(t->columns[i].title), TABLE_BOLD);
	end_line(&l);
	for (size_t i = 0; i < t->n_cells; i++) {
		const struct cell *c = &t->cells[i];
		size_t column = i % t->n_columns;

		if (fits[column].shown)
			render_cell(&l, column, t->pool.s + c->at, c->width, c->colour);
		if (column + 1 == t->n_columns || i + 1 == t->n_cells)
			end_line(&l);
	}
	return text_ok(out) ? 0 : -ENOMEM;
}

int table_print(const struct table *t, FILE *out)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	struct table_look look = table_look_of(out);
	int rc = table_render(t, &look, &text);

	if (rc)
		return rc;
	return fwrite(text_str(&text), 1, text.len, out) == text.len ? 0 : -EIO;
}
