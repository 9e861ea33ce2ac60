/* SPDX-License-Identifier: ISC */
#include "detect/witness.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "detect/busy.h"
#include "detect/hot_inside.h"

#define SURE_SIGMA  3
#define USUAL_TIMES 2	/* so much of what is usual may come by chance */
#define SHARE_MOST  1e6 /* that is told: who tells of more is wrong about his sampling */

_Static_assert(VIEWS_MAX <= FINDING_WITNESSES_MAX, "a finding has room for every witness");

struct witnesses *witnesses_free(struct witnesses *w)
{
	if (w)
		meters_deinit(&w->meters);
	free(w);
	return NULL;
}

uint64_t witnesses_memory(const struct witnesses *w)
{
	return w ? sizeof(*w) + w->meters.memory : 0;
}

static int make(struct attack *a)
{
	a->witnesses = calloc(1, sizeof(*a->witnesses));
	if (!a->witnesses)
		return -ENOMEM;
	a->witnesses->meters = METERS_NULL;
	meters_advance(&a->witnesses->meters, a->hot->meters.newest);
	return 0;
}

/* What of a record the attack's own would count for. */
static unsigned amounts_of(struct hot *h, const struct hot_record *r, struct amount *out)
{
	int port = track_port_meter(h, r);
	unsigned n = 0;

	for (unsigned i = 0; i < r->n_amounts; i++)
		if (r->amount[i].meter < VECTOR_COUNT)
			out[n++] = r->amount[i];
	if (port >= 0)
		out[n++] = (struct amount){.meter = (uint8_t)port, .n = r->packets};
	return n;
}

/* Both rings move together, so that neither forgets what the other still holds. */
static int count(struct attack *a, const struct hot_record *r)
{
	struct amount list[AMOUNTS_MAX + 1];
	struct hot *h = a->hot;
	struct meters *m;
	struct view *v;
	struct span s;
	unsigned n;
	int e = 0;

	if (r->last_bin > h->meters.newest)
		e = hot_advance(h, r->last_bin);
	if (e == 0 && !a->witnesses)
		e = make(a);
	if (e < 0)
		return e;
	m = &a->witnesses->meters;
	n = amounts_of(h, r, list);
	v = n && meters_clip(m, &r->span, &s) ? meters_view(m, r->f->exporter, LINK_UNKNOWN, false)
					      : NULL;
	if (!v)
		return 0;
	if (r->weight > v->weight)
		v->weight = capped_u32(r->weight);
	return meters_add(m, v, &s, list, n);
}

const uint16_t *witness_feed(struct shard *s, const struct shard_world *w, const uint16_t *next,
			     unsigned until)
{
	for (; *next < until; next++) {
		uint64_t number = w->history->batch_from + *next;
		const struct flow *f = history_flow(w->history, number);
		struct hot_record r;
		bool made = false;

		for (unsigned l = 0; l < LEVELS && s->error == 0; l++) {
			struct ip key = level_key(&f->dst, l);
			const struct usual *u = busy_find(s, &key, l);

			if (!u || !u->hot || !u->hot->attack)
				continue;
			if (!made)
				history_recall(w->history, number, &r);
			made = true;
			s->error = count(u->hot->attack, &r);
		}
	}
	return next;
}

int witness_look_back(struct attack *a, const struct shard_world *w)
{
	const struct history *h = w->history;
	struct look_back l;
	uint64_t old;
	int e = 0;

	if (h->end <= h->from)
		return 0;
	l = look_back(h, &a->hot->key, h->end - 1);
	l.wanted = 1u << COUNT_SEEN;
	for (l.end++; e == 0 && look_next(&l, h, &old);) {
		struct hot_record r;

		if (!prefix_contains(&a->hot->key, &history_flow(h, old)->dst))
			continue;
		history_recall(h, old, &r);
		e = count(a, &r);
	}
	return e;
}

static void add_step(struct witnesses *w, int64_t from, unsigned n, uint32_t mask)
{
	const struct meters *m = &w->meters;

	for (unsigned i = 0; i < m->n_views; i++)
		for (unsigned t = 0; t < TRACKS; t++)
			if (mask >> t & 1)
				w->sum[i].packets +=
					meters_sum_view(m, &m->view[i], t, from + n - 1, n);
}

/* Twice what its vectors usually bring in @n bins. */
static double usual_of(const struct hot *h, uint32_t mask, unsigned n)
{
	double rate = 0;

	for (unsigned t = 0; t < TRACKS; t++)
		if (mask >> t & 1)
			rate += h->baseline[t];
	return usual_has_history(h->usual) ? USUAL_TIMES * rate * n / BINS_PER_S : 0;
}

/* Does it surely tell of a real share of the @counted packets? */
static bool is_sure(const struct witnesses *w, unsigned i, uint64_t counted, double usual)
{
	double n = (double)w->sum[i].packets, weight = w->meters.view[i].weight;

	if (weight > 1)
		n -= SURE_SIGMA * sqrt(n * weight);
	return counted && n >= WITNESS_SHARE * (double)counted + usual;
}

static void judge(struct witnesses *w, uint64_t counted, double usual)
{
	for (unsigned i = 0; i < w->meters.n_views; i++) {
		struct witness_sum *s = &w->sum[i];

		if (!is_sure(w, i, counted, usual))
			continue;
		s->sure = true;
		s->sure_packets = s->packets;
		s->sure_share = fmin((double)s->packets / (double)counted, SHARE_MOST);
	}
}

/* What each view tells of in the @n bins; a single one tells of all the @packets. */
static void add_told(const struct attack *a, uint64_t told[VIEWS_MAX], int64_t from, unsigned n,
		     uint32_t mask, uint64_t packets)
{
	const struct meters *m = &a->hot->meters;

	if (m->n_views == 1) {
		told[0] += packets;
		return;
	}
	for (unsigned i = 0; i < m->n_views; i++)
		for (unsigned t = 0; t < TRACKS; t++)
			if (mask >> t & 1)
				told[i] += meters_sum_view(m, &m->view[i], t, from + n - 1, n);
}

void witness_settle(struct attack *a, int64_t from, unsigned n, uint32_t mask, uint64_t packets)
{
	a->usual += usual_of(a->hot, mask, n);
	add_told(a, a->told_of, from, n, mask, packets);
	if (!a->witnesses)
		return;
	add_step(a->witnesses, from, n, mask);
	judge(a->witnesses, a->series_packets, a->usual);
}

static bool has_exporter(const struct finding *f, uint16_t exporter)
{
	for (unsigned i = 0; i < f->n_exporters; i++)
		if (f->exporters[i] == exporter)
			return true;
	return false;
}

static void put(struct finding_witness *list, unsigned *n, const struct finding_witness *w)
{
	unsigned at = (*n)++;

	for (; at > 0 && list[at - 1].packets < w->packets; at--)
		list[at] = list[at - 1];
	list[at] = *w;
}

/* All that is told of until now: what is settled, and the step that is open. */
struct so_far {
	uint64_t counted, told[VIEWS_MAX];
	double usual;
	struct witnesses now; /* its rings are only read */
};

static void look(const struct attack *a, struct so_far *s)
{
	int64_t bins = a->active_bin - a->series_bin + 1;
	/* Whole seconds, as attack_sum() adds them. */
	unsigned n = (unsigned)((bins + BINS_PER_S - 1) / BINS_PER_S * BINS_PER_S);
	uint32_t mask = attack_tracks(a);
	uint64_t packets, bytes;

	s->counted = a->series_packets;
	s->usual = a->usual;
	memcpy(s->told, a->told_of, sizeof(s->told));
	s->now = a->witnesses ? *a->witnesses : (struct witnesses){.meters = METERS_NULL};
	if (bins <= 0)
		return;
	attack_sum(a, mask, a->series_bin, n, &packets, &bytes);
	s->counted += packets;
	s->usual += usual_of(a->hot, mask, n);
	add_told(a, s->told, a->series_bin, n, mask, packets);
	add_step(&s->now, a->series_bin, n, mask);
}

/*
 * Of an exporter's two views (on entry, and not) each is asked for itself. Where parts add up the
 * usual is shared among them; where one counts for all it may be all that this one saw.
 */
static double sure_share(const struct so_far *s, uint64_t packets, uint32_t weight, bool adds_up)
{
	double n = (double)packets, usual = s->usual;

	if (!s->counted)
		return 0;
	if (adds_up)
		usual *= fmin(n / (double)s->counted, 1);
	if (weight > 1)
		n -= SURE_SIGMA * sqrt(n * weight);
	return fmin(fmax((n - usual) / (double)s->counted, 0), SHARE_MOST);
}

static void fill_told(const struct attack *a, const struct so_far *s, struct finding *f)
{
	const struct meters *m = &a->hot->meters;

	for (unsigned i = 0; i < m->n_views; i++) {
		const struct view *v = &m->view[i];
		struct finding_witness w = {.exporter = v->exporter, .packets = s->told[i]};

		w.share = sure_share(s, w.packets, v->weight, f->dedup == DEDUP_ENTRY);
		if (w.packets && has_exporter(f, w.exporter))
			put(f->told_by, &f->n_told_by, &w);
	}
}

void witness_fill(const struct attack *a, struct finding *f)
{
	struct so_far s;

	look(a, &s);
	fill_told(a, &s, f);
	judge(&s.now, s.counted, s.usual);
	for (unsigned i = 0; i < s.now.meters.n_views; i++) {
		struct finding_witness w = {.exporter = s.now.meters.view[i].exporter,
					    .packets = s.now.sum[i].sure_packets,
					    .share = s.now.sum[i].sure_share};

		if (s.now.sum[i].sure && !has_exporter(f, w.exporter))
			put(f->seen_by, &f->n_seen_by, &w);
	}
}
