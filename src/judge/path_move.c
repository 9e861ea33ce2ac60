/* SPDX-License-Identifier: ISC */
/*
 * When an attack moved from one link to another, from its course by link. Only steps in which it
 * was there count, so pulses and their pauses are no moves. The link that leads is compared over
 * the last seconds with what it was before: a move is told when it has lost three tenths of the
 * attack, another link has won as much and leads, and chance (sampling) does not do that. When it
 * was, is the cut at which the two links' packets before and after are most likely (Hinkley &
 * Hinkley 1970); of a gradual change that is its middle.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "judge/incident.h"
#include "judge/path.h"

#define COLUMNS	     32
#define WINDOW_S     5
#define WINDOW_MOST  60 /* seconds, where few are sampled */
#define WINDOW_DRAWS 30
#define MOVED	     0.3
#define LEADS	     0.1
#define SIGMA	     4
#define PRESENT	     0.1 /* of the mean: less, and the attack pauses */
#define CUT_SPAN_S   60	 /* the cut is looked for so far around */
#define MORE	     1.25

/* The course of an attack, a row for each step in which it was there. */
struct course {
	unsigned n, n_columns;
	uint16_t place[COLUMNS]; /* number in incident.places, by column */
	int64_t *start_us;
	uint32_t *step_s;
	double (*sum)[COLUMNS]; /* packets up to row i, so sum[0] is 0; n + 1 rows */
	double *seconds;	/* the same of time */
	double weight;		/* packets for each that was sampled */
};

static void course_deinit(struct course *c)
{
	free(c->start_us);
	free(c->step_s);
	free(c->sum);
	free(c->seconds);
}

static int by_time(const void *a, const void *b)
{
	const struct series_point *x = a, *y = b;

	if (x->start_us != y->start_us)
		return x->start_us < y->start_us ? -1 : 1;
	if (x->step_s != y->step_s)
		return x->step_s < y->step_s ? -1 : 1;
	return (int)x->link - (int)y->link;
}

static int column_of(struct course *c, uint16_t place)
{
	for (unsigned i = 0; i < c->n_columns; i++)
		if (c->place[i] == place)
			return (int)i;
	if (c->n_columns == COLUMNS)
		return -1;
	c->place[c->n_columns] = place;
	return (int)c->n_columns++;
}

/* Exporters that may see the same packets: one of them counts, as long as none sees much more. */
struct believer {
	const struct incident *inc;
	const struct course *course;
	const char *exporter;
};

static const char *exporter_of(const struct believer *b, unsigned column)
{
	return b->inc->places[b->course->place[column] - 1].exporter;
}

static double seen_by(const struct believer *b, const double *row, const char *exporter)
{
	double sum = 0;

	for (unsigned i = 0; exporter && i < b->course->n_columns; i++)
		if (strcmp(exporter_of(b, i), exporter) == 0)
			sum += row[i];
	return sum;
}

static void count_once(struct believer *b, double *row)
{
	double w = b->course->weight, now = seen_by(b, row, b->exporter), most = now;
	const char *best = b->exporter;

	if (b->inc->f.dedup == DEDUP_ENTRY)
		return;
	for (unsigned i = 0; i < b->course->n_columns; i++) {
		double seen = seen_by(b, row, exporter_of(b, i));

		if (seen > most) {
			most = seen;
			best = exporter_of(b, i);
		}
	}
	if (most - 3 * sqrt(most * w) > MORE * (now + 3 * sqrt(now * w)) || now <= 0)
		b->exporter = best;
	if (!b->exporter)
		return;
	for (unsigned i = 0; i < b->course->n_columns; i++)
		if (strcmp(exporter_of(b, i), b->exporter) != 0)
			row[i] = 0;
}

/* Of several exporters that tell of the same packets those that were counted (path.c). */
static bool is_counted(const struct incident *inc, uint16_t place)
{
	const struct incident_path *p = inc->path;

	for (unsigned i = 0; i < p->n_rows; i++)
		if (p->row[i].counted &&
		    strcmp(p->row[i].at.exporter, inc->places[place - 1].exporter) == 0)
			return true;
	return p->n_rows == 0;
}

static unsigned link_points(const struct incident *inc, struct series_point *out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < inc->f.n_series; i++)
		if (inc->series[i].link && inc->series[i].link <= inc->n_places &&
		    inc->series[i].step_s && is_counted(inc, inc->series[i].link))
			out[n++] = inc->series[i];
	qsort(out, n, sizeof(*out), by_time);
	return n;
}

static bool same_step(const struct series_point *a, const struct series_point *b)
{
	return a->start_us == b->start_us && a->step_s == b->step_s;
}

static int course_room(struct course *c, unsigned n)
{
	c->start_us = malloc(n * sizeof(*c->start_us));
	c->step_s = malloc(n * sizeof(*c->step_s));
	c->sum = calloc(n + 1, sizeof(*c->sum));
	c->seconds = calloc(n + 1, sizeof(*c->seconds));
	return c->start_us && c->step_s && c->sum && c->seconds ? 0 : -ENOMEM;
}

/* The exporter of which most counts: the one that is believed until another sees more. */
static const char *main_exporter(const struct incident_path *p)
{
	const char *best = NULL;
	uint64_t most = 0;

	for (unsigned i = 0; i < p->n_rows; i++) {
		uint64_t sum = 0;

		for (unsigned k = 0; k < p->n_rows && p->row[i].counted; k++)
			if (p->row[k].counted &&
			    strcmp(p->row[k].at.exporter, p->row[i].at.exporter) == 0)
				sum += p->row[k].packets;
		if (sum > most) {
			most = sum;
			best = p->row[i].at.exporter;
		}
	}
	return best;
}

/* The rows as they are, not summed up. */
static void read_rows(struct course *c, const struct incident *inc, const struct series_point *p,
		      unsigned n)
{
	struct believer b = {.inc = inc, .course = c, .exporter = main_exporter(inc->path)};

	for (unsigned i = 0; i < n; i++)
		column_of(c, p[i].link);
	for (unsigned i = 0; i < n; c->n++) {
		unsigned first = i;
		double *row = c->sum[c->n + 1];

		c->start_us[c->n] = p[i].start_us;
		c->step_s[c->n] = p[i].step_s;
		for (; i < n && same_step(&p[first], &p[i]); i++) {
			int k = column_of(c, p[i].link);

			if (k >= 0)
				row[k] += (double)p[i].packets;
		}
		count_once(&b, row);
	}
}

static double row_packets(const struct course *c, unsigned i)
{
	double sum = 0;

	for (unsigned k = 0; k < c->n_columns; k++)
		sum += c->sum[i + 1][k];
	return sum;
}

/* Leave out the steps in which it paused, and sum up. */
static void sum_rows(struct course *c)
{
	double packets = 0, seconds = 0, least;
	unsigned n = 0;

	for (unsigned i = 0; i < c->n; i++) {
		packets += row_packets(c, i);
		seconds += row_packets(c, i) > 0 ? c->step_s[i] : 0;
	}
	least = seconds > 0 ? PRESENT * packets / seconds : 0;
	for (unsigned i = 0; i < c->n; i++) {
		double here = row_packets(c, i);

		if (here <= 0 || here < least * c->step_s[i])
			continue;
		c->start_us[n] = c->start_us[i];
		c->step_s[n] = c->step_s[i];
		for (unsigned k = 0; k < c->n_columns; k++)
			c->sum[n + 1][k] = c->sum[n][k] + c->sum[i + 1][k];
		c->seconds[n + 1] = c->seconds[n] + c->step_s[n];
		n++;
	}
	c->n = n;
}

static int course_read(struct course *c, const struct incident *inc)
{
	_cleanup_free_ struct series_point *p = malloc((inc->f.n_series + 1) * sizeof(*p));
	unsigned n;

	if (!p)
		return -ENOMEM;
	n = link_points(inc, p);
	c->weight = inc->f.sampling_max ? inc->f.sampling_max : 1;
	if (course_room(c, n + 1) < 0)
		return -ENOMEM;
	read_rows(c, inc, p, n);
	sum_rows(c);
	return 0;
}

/* Shares of the links in rows @from to before @until. Return: packets sampled there. */
static double shares(const struct course *c, unsigned from, unsigned until, double out[COLUMNS])
{
	double all = 0;

	for (unsigned k = 0; k < c->n_columns; k++)
		all += out[k] = c->sum[until][k] - c->sum[from][k];
	for (unsigned k = 0; k < c->n_columns; k++)
		out[k] = all > 0 ? out[k] / all : 0;
	return all / c->weight;
}

static unsigned leader(const struct course *c, const double share[COLUMNS])
{
	unsigned best = 0;

	for (unsigned k = 1; k < c->n_columns; k++)
		if (share[k] > share[best])
			best = k;
	return best;
}

/* Where the window begins that ends before row @until, not before row @least. */
static unsigned window_from(const struct course *c, unsigned until, unsigned least)
{
	double share[COLUMNS];
	unsigned from = until;

	while (from > least) {
		double seconds;

		from--;
		seconds = c->seconds[until] - c->seconds[from];
		if (seconds >= WINDOW_MOST)
			break;
		if (seconds >= WINDOW_S && shares(c, from, until, share) >= WINDOW_DRAWS)
			break;
	}
	return from;
}

/* Is a fall from @a to @b more than chance, where @na and @nb were sampled? */
static bool is_sure(double a, double na, double b, double nb)
{
	double p = (a * na + b * nb) / (na + nb);

	return (a - b) * (a - b) > SIGMA * SIGMA * (p * (1 - p) + 1e-9) * (1 / na + 1 / nb);
}

static double likely(double a, double b)
{
	double n = a + b;

	return (a > 0 ? a * log(a / n) : 0) + (b > 0 ? b * log(b / n) : 0);
}

/* The row from which the attack is more likely on @to, between two rows. */
static unsigned cut(const struct course *c, unsigned from, unsigned until, unsigned a, unsigned b)
{
	unsigned best = from + 1;
	double most = -INFINITY;

	for (unsigned i = from + 1; i < until; i++) {
		double l = likely(c->sum[i][a] - c->sum[from][a], c->sum[i][b] - c->sum[from][b]) +
			   likely(c->sum[until][a] - c->sum[i][a], c->sum[until][b] - c->sum[i][b]);

		if (l > most) {
			most = l;
			best = i;
		}
	}
	return best;
}

struct change {
	unsigned seen, cut, from, to;
};

static bool find_change(const struct course *c, unsigned begin, unsigned until, unsigned from,
			struct change *out)
{
	double now[COLUMNS], before[COLUMNS], n_now, n_before;
	unsigned window = window_from(c, until, begin), to;

	if (window <= begin)
		return false;
	n_now = shares(c, window, until, now);
	n_before = shares(c, begin, window, before);
	to = leader(c, now);
	if (to == from || n_now <= 0 || n_before <= 0)
		return false;
	if (before[from] - now[from] < MOVED || now[to] - before[to] < MOVED ||
	    now[to] - now[from] < LEADS || !is_sure(before[from], n_before, now[from], n_now))
		return false;
	*out = (struct change){
		.seen = until, .cut = cut(c, begin, until, from, to), .from = from, .to = to};
	return true;
}

static unsigned find_changes(const struct course *c, struct change out[PATH_MOVES_MAX + 1])
{
	unsigned n = 0, begin = 0, from = COLUMNS;
	double share[COLUMNS];

	for (unsigned until = 1; until <= c->n && n <= PATH_MOVES_MAX; until++) {
		if (from == COLUMNS) {
			shares(c, begin, until, share);
			if (c->seconds[until] - c->seconds[begin] >= WINDOW_S || until == c->n)
				from = leader(c, share);
			continue;
		}
		if (!find_change(c, begin, until, from, &out[n]))
			continue;
		begin = out[n].cut;
		from = out[n++].to;
	}
	return n;
}

/* Not further than a minute from where it was seen, nor into the changes beside it. */
static void place_cut(const struct course *c, struct change *all, unsigned n, unsigned i)
{
	unsigned from = i ? all[i - 1].cut : 0, until = i + 1 < n ? all[i + 1].cut : c->n;

	while (from + 1 < all[i].cut && c->seconds[all[i].cut] - c->seconds[from] > CUT_SPAN_S)
		from++;
	while (until > all[i].cut + 1 && c->seconds[until] - c->seconds[all[i].cut] > CUT_SPAN_S)
		until--;
	all[i].cut = cut(c, from, until, all[i].from, all[i].to);
}

static void name_at(struct path_at *at, const struct incident *inc, uint16_t place)
{
	const struct incident_place *p = &inc->places[place - 1];

	memset(at, 0, sizeof(*at));
	memcpy(at->exporter, p->exporter, sizeof(at->exporter));
	at->input = p->input;
	for (unsigned i = 0; i < inc->path->n_rows; i++) {
		const struct path_at *row = &inc->path->row[i].at;

		if (row->input == p->input && strcmp(row->exporter, p->exporter) == 0)
			memcpy(at->link, row->link, sizeof(at->link));
	}
}

static void put_move(struct incident *inc, const struct course *c, const struct change *all,
		     unsigned n, unsigned i)
{
	struct path_move *m = &inc->path->move[inc->path->n_moves++];
	const struct change *a = &all[i];
	double before[COLUMNS], after[COLUMNS];

	shares(c, i ? all[i - 1].cut : 0, a->cut, before);
	shares(c, a->cut, i + 1 < n ? all[i + 1].cut : c->n, after);
	m->at_us = c->start_us[a->cut];
	m->within_s = c->step_s[a->cut];
	m->from_before = before[a->from];
	m->from_after = after[a->from];
	m->to_before = before[a->to];
	m->to_after = after[a->to];
	name_at(&m->from, inc, c->place[a->from]);
	name_at(&m->to, inc, c->place[a->to]);
}

int incident_path_moves(struct incident *inc)
{
	_cleanup_(course_deinit) struct course c = {.n = 0};
	struct change change[PATH_MOVES_MAX + 1];
	unsigned n;

	if (!inc->path || inc->path->moves_of == inc->f.n_series)
		return 0;
	inc->path->moves_of = inc->f.n_series;
	inc->path->n_moves = 0;
	inc->path->moves_cut = false;
	if (!inc->series || inc->f.level == LEVEL_LINK)
		return 0;
	if (course_read(&c, inc) < 0)
		return -ENOMEM;
	n = c.n_columns > 1 ? find_changes(&c, change) : 0;
	for (unsigned i = 0; i < n; i++)
		place_cut(&c, change, n, i);
	inc->path->moves_cut = n > PATH_MOVES_MAX;
	for (unsigned i = 0; i < n && i < PATH_MOVES_MAX; i++)
		put_move(inc, &c, change, n, i);
	return 0;
}
