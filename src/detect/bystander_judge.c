/* SPDX-License-Identifier: ISC */
/*
 * Who lost, against the minutes before. A site's traffic comes in bursts, so what it usually
 * scatters is taken from its own steps before the attack and never below what sampling alone
 * scatters; steps that follow one another are alike, so their number counts for less (variance of a
 * mean of an AR(1) series: (1 + r) / (1 - r)).
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "detect/bystander.h"
#include "detect/stat.h"

#define CONFIDENCE    0.999
#define BEFORE_STEPS  60 /* five minutes */
#define BEFORE_LEAST  12 /* a minute */
#define DURING_STEPS  60
#define ALIKE_MOST    0.8
#define LOST_LEAST    0.1 /* less is no loss that anybody would be told of */
#define LASTING_SHARE 0.5

/* The cells of one object on one link, in one or several shards. */
struct group {
	const struct bystander_cell *const *cell;
	unsigned n;
	int64_t known_until, longest_us; /* in steps; of the link */
};

struct series {
	double mean, variance, alike, bytes;
	unsigned n;
};

/* What is found out about one of them. */
struct verdict {
	bool lost;
	enum path_untold why;
	struct path_bystander told;
};

static int64_t step_of(int64_t us)
{
	int64_t s = us / BYSTANDER_STEP_US;

	return us % BYSTANDER_STEP_US < 0 ? s - 1 : s;
}

static double at_step(const struct group *g, int64_t step, bool bytes)
{
	double sum = 0;

	for (unsigned i = 0; i < g->n; i++) {
		const struct bystander_cell *c = g->cell[i];
		uint64_t at = (uint64_t)step % BYSTANDER_STEPS;

		if (step > c->newest || step <= c->newest - BYSTANDER_STEPS || step < c->first)
			continue;
		sum += bytes ? (double)c->bytes[at] : (double)c->packets[at];
	}
	return sum;
}

static struct series series_of(const struct group *g, int64_t from, int64_t until)
{
	struct series s = {.n = until > from ? (unsigned)(until - from) : 0};
	double product = 0, last = 0;

	if (!s.n)
		return s;
	for (int64_t i = from; i < until; i++) {
		s.mean += at_step(g, i, false) / s.n;
		s.bytes += at_step(g, i, true) / s.n;
	}
	for (int64_t i = from; i < until; i++) {
		double off = at_step(g, i, false) - s.mean;

		s.variance += off * off;
		product += off * last;
		last = off;
	}
	s.alike = s.variance > 0 ? product / s.variance : 0;
	s.alike = s.alike < 0 ? 0 : s.alike > ALIKE_MOST ? ALIKE_MOST : s.alike;
	s.variance = s.n > 1 ? s.variance / (s.n - 1) : 0;
	return s;
}

/* Student's t by its normal one (Abramowitz & Stegun 26.7.5). */
static double student(double z, double n)
{
	double z2 = z * z;

	return z + z * (z2 + 1) / (4 * n) + z * ((5 * z2 + 16) * z2 + 3) / (96 * n * n) +
	       z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / (384 * n * n * n);
}

static uint32_t weight_of(const struct group *g)
{
	uint32_t weight = 1;

	for (unsigned i = 0; i < g->n; i++)
		weight = g->cell[i]->weight > weight ? g->cell[i]->weight : weight;
	return weight;
}

/*
 * How a pair of means is compared: counts scatter by `unit` times a Poisson count's variance
 * (sampling alone gives the factor; bursts, and steps that are alike, more), and `q` of those
 * standard deviations are asked for.
 */
struct scale {
	double unit, unsampled; /* unsampled: had every packet been counted */
	double q;
};

static struct scale scale_of(const struct series *before, double weight, double z)
{
	double widen = (1 + before->alike) / (1 - before->alike);
	double fano = before->variance / before->mean;

	return (struct scale){.unit = fmax(fano, weight) * widen,
			      .unsampled = fmax(fano - weight + 1, 1) * widen,
			      .q = student(z, before->n - 1)};
}

/* What the means of equal rates differ by at most. */
static double by_chance(const struct series *b, const struct series *d, const struct scale *s,
			double unit)
{
	return s->q * sqrt(unit * b->mean * (1.0 / b->n + 1.0 / d->n));
}

static bool mostly_lasting(const struct group *g)
{
	double all = 0, lasting = 0;

	for (unsigned i = 0; i < g->n; i++) {
		all += (double)g->cell[i]->all;
		lasting += (double)g->cell[i]->lasting;
	}
	return lasting > all * LASTING_SHARE;
}

static bool was_attacked(const struct group *g, int64_t from)
{
	for (unsigned i = 0; i < g->n; i++)
		if (g->cell[i]->attacked >= from)
			return true;
	return false;
}

/* The first step that is known whole: a cell begins in the middle of one, and forgets old ones. */
static int64_t first_step(const struct group *g)
{
	int64_t first = INT64_MAX, forgotten = INT64_MIN;

	for (unsigned i = 0; i < g->n; i++) {
		const struct bystander_cell *c = g->cell[i];

		first = c->first < first ? c->first : first;
		if (c->newest - BYSTANDER_STEPS > forgotten)
			forgotten = c->newest - BYSTANDER_STEPS;
	}
	return first > forgotten ? first + 1 : forgotten + 1;
}

/* Would a loss of everything show? Else why not. */
static enum path_untold why_untold(const struct series *b, const struct series *d,
				   const struct scale *s)
{
	if (b->mean > by_chance(b, d, s, s->unit))
		return UNTOLD_NO_LOSS;
	return b->mean > by_chance(b, d, s, s->unsampled) ? UNTOLD_SAMPLED : UNTOLD_LITTLE;
}

/*
 * The interval: that of the mean before, and the score interval of the count during it, which also
 * holds where nothing was counted (squares add up; Zou & Donner 2008).
 */
static void tell(struct verdict *v, const struct series *b, const struct series *d,
		 const struct scale *s)
{
	double seconds = (double)BYSTANDER_STEP_MS / 1000;
	double of_before = s->q * s->q * s->unit * b->mean / b->n;
	double shift = s->q * s->q * s->unit / (2 * d->n);
	double half = sqrt(shift * shift + s->q * s->q * s->unit * d->mean / d->n);
	double up = shift + half, down = fmin(d->mean, half - shift);

	v->told.usual_pps = (uint64_t)(b->mean / seconds + 0.5);
	v->told.during_pps = (uint64_t)(d->mean / seconds + 0.5);
	v->told.usual_bps = (uint64_t)(b->bytes * 8 / seconds + 0.5);
	v->told.during_bps = (uint64_t)(d->bytes * 8 / seconds + 0.5);
	v->told.lost = 1 - d->mean / b->mean;
	v->told.lost_low = v->told.lost - sqrt(of_before + up * up) / b->mean;
	v->told.lost_high = fmin(1, v->told.lost + sqrt(of_before + down * down) / b->mean);
}

static struct verdict judge(const struct group *g, const struct bystander_question *q, double z)
{
	int64_t first = step_of(q->first_us), last = step_of(q->last_us);
	int64_t from = first - BEFORE_STEPS, until = last;
	struct verdict v = {.why = UNTOLD_NO_BEFORE};
	struct series b, d;
	struct scale scale;

	/* The steps in which the attack begins and ends belong to neither. */
	from = first_step(g) > from ? first_step(g) : from;
	if (was_attacked(g, from)) {
		v.why = UNTOLD_ATTACKED;
		return v;
	}
	b = series_of(g, from, first);
	if (b.n < BEFORE_LEAST || b.mean <= 0)
		return v;
	until = g->known_until < until ? g->known_until : until;
	until = until > first + 1 + DURING_STEPS ? first + 1 + DURING_STEPS : until;
	d = series_of(g, first + 1, until);
	v.why = UNTOLD_SHORT;
	if (!d.n)
		return v;
	scale = scale_of(&b, weight_of(g), z);
	tell(&v, &b, &d, &scale);
	v.lost = b.mean - d.mean > by_chance(&b, &d, &scale, scale.unit) &&
		 v.told.lost_low > 0 && v.told.lost >= LOST_LEAST;
	if (v.lost)
		return v;
	if (mostly_lasting(g) && q->last_us - q->first_us < g->longest_us)
		v.why = UNTOLD_TIMEOUT;
	else
		v.why = why_untold(&b, &d, &scale);
	return v;
}

static int by_object(const void *a, const void *b)
{
	const struct bystander_cell *x = *(const struct bystander_cell *const *)a;
	const struct bystander_cell *y = *(const struct bystander_cell *const *)b;

	return x->object != y->object ? (int)x->object - (int)y->object
				      : (int)x->link - (int)y->link;
}

static int link_of(const struct bystander_question *q, uint16_t link)
{
	for (unsigned i = 0; i < q->n_links; i++)
		if (q->link[i].link == link)
			return (int)i;
	return -1;
}

/* All cells of other objects on the attack's links, in the order of object and link. */
static int gather(const struct bystanders *const *all, unsigned n,
		  const struct bystander_question *q, const struct bystander_cell ***out,
		  unsigned *n_out)
{
	size_t room = 1, k = 0;

	for (unsigned i = 0; i < n; i++)
		room += all[i]->n;
	*out = malloc(room * sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (unsigned i = 0; i < n; i++)
		for (unsigned c = 0; c < all[i]->n; c++) {
			const struct bystander_cell *cell = all[i]->cell[c];

			if (cell->object != q->target && cell->object < q->conf->n_objects &&
			    link_of(q, cell->link) >= 0)
				(*out)[k++] = cell;
		}
	qsort(*out, k, sizeof(**out), by_object);
	*n_out = (unsigned)k;
	return 0;
}

static struct group group_at(const struct bystander_cell *const *cell, unsigned n, unsigned at,
			     const struct bystander_question *q)
{
	struct group g = {.cell = cell + at};
	int i = link_of(q, cell[at]->link);

	while (at + g.n < n && by_object(&cell[at], &cell[at + g.n]) == 0)
		g.n++;
	g.known_until = step_of(q->link[i].known_until_us);
	g.longest_us = q->link[i].longest_us;
	return g;
}

static void put_told(struct finding_path *out, const struct verdict *v, const struct group *g,
		     const struct conf *conf)
{
	struct path_bystander *to;

	if (out->n_bystanders == PATH_BYSTANDERS_MAX) {
		out->more_bystanders++;
		return;
	}
	to = &out->bystander[out->n_bystanders++];
	*to = v->told;
	to->link = g->cell[0]->link;
	memcpy(to->object, conf->objects[g->cell[0]->object].name, sizeof(to->object));
}

/* An object counts for the best that can be said of it: one link's loss, else one reason. */
struct object_so_far {
	int object;
	bool told;
	enum path_untold why;
};

static void close_object(struct finding_path *out, const struct object_so_far *o)
{
	if (o->object >= 0 && !o->told)
		out->untold[o->why]++;
}

int bystanders_judge(const struct bystanders *const *all, unsigned n,
		     const struct bystander_question *q, struct finding_path *out)
{
	_cleanup_free_ const struct bystander_cell **cell = NULL;
	struct object_so_far now = {.object = -1};
	unsigned n_cells, n_groups = 0;
	double z;
	int e = gather(all, n, q, &cell, &n_cells);

	if (e < 0)
		return e;
	out->n_bystanders = out->more_bystanders = 0;
	memset(out->untold, 0, sizeof(out->untold));
	out->confidence = CONFIDENCE;
	for (unsigned i = 0; i < n_cells; i += group_at(cell, n_cells, i, q).n)
		n_groups++;
	z = normal_z((1 - CONFIDENCE) / 2 / (n_groups ? n_groups : 1));
	for (unsigned i = 0; i < n_cells;) {
		struct group g = group_at(cell, n_cells, i, q);
		struct verdict v = judge(&g, q, z);

		if (g.cell[0]->object != now.object) {
			close_object(out, &now);
			now = (struct object_so_far){.object = g.cell[0]->object, .why = v.why};
		}
		now.why = v.why < now.why ? v.why : now.why;
		now.told |= v.lost;
		if (v.lost)
			put_told(out, &v, &g, q->conf);
		i += g.n;
	}
	close_object(out, &now);
	return 0;
}
