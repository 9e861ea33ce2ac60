/* SPDX-License-Identifier: ISC */
/*
 * Exporters whose interfaces have no known side may see the same packets. Then one of them counts,
 * and stays the one until another surely sees a quarter more in ten seconds: of two that see the
 * same, chance must not choose anew each second, or both halves of the way would be wrong. Only in
 * a step in which it sees next to nothing another counts at once: the attack has moved.
 */
#include "detect/attack_path.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "observe/exporter.h"

#define MORE	   1.25 /* so much more another must see */
#define ALIKE	   0.9	/* so much of the most is as good as the most */
#define SURE_SIGMA 3
#define WIDE	   (10 * BINS_PER_S)
#define LOOK_STEPS 2 /* what is looked back for lies in two seconds */
#define LOOK_BINS  (LOOK_STEPS * BINS_PER_S)
#define NOTHING	   8 /* a step has moved to who sees so many times as much */

struct attack_path *attack_path_new(void)
{
	struct attack_path *p = calloc(1, sizeof(*p));

	if (p)
		p->judged_us = TIME_NONE;
	return p;
}

/* What one view holds of a step. */
struct piece {
	uint64_t packets, bytes, all, sampled;
};

static struct piece read_piece(const struct meters *m, const struct view *v, uint32_t mask,
			       int64_t end, unsigned n)
{
	bool group[BYTE_GROUPS] = {false};
	struct piece p = {0};

	for (unsigned t = 0; t < TRACKS; t++) {
		if (!(mask >> t & 1))
			continue;
		p.packets += meters_sum_view(m, v, t, end, n);
		group[detectors[track_vector(t)]->bytes] = true;
	}
	if (!p.packets)
		return p;
	for (unsigned g = 0; g < BYTE_GROUPS; g++)
		if (group[g])
			p.bytes += meters_sum_view_bytes(m, v, (enum byte_group)g, end, n);
	p.all = meters_sum_view(m, v, METER_PACKETS, end, n);
	p.sampled = meters_sum_view(m, v, METER_SAMPLED, end, n);
	return p;
}

/* One exporter's part of a step. */
struct sighting {
	uint16_t exporter;
	uint64_t packets;
	uint32_t weight;
	unsigned links;
};

/*
 * By the rings of the whole destination: those by link begin later, with the records of whichever
 * exporter came first.
 */
static unsigned sightings_of(const struct hot *h, uint32_t mask, int64_t end, unsigned bins,
			     struct sighting *out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < h->meters.n_views; i++) {
		const struct view *v = &h->meters.view[i];
		uint64_t packets =
			v->entry ? 0 : read_piece(&h->meters, v, mask, end, bins).packets;

		if (!packets)
			continue;
		out[n] = (struct sighting){
			.exporter = v->exporter, .packets = packets, .weight = v->weight};
		for (unsigned k = 0; k < h->by_link->n_views; k++)
			out[n].links += h->by_link->view[k].exporter == v->exporter;
		n++;
	}
	return n;
}

static double sure(const struct sighting *s, double sigma)
{
	double n = (double)s->packets, w = s->weight;

	return w <= 1 ? n : n + sigma * sqrt(n * w);
}

/* Among those that see as much as the one that surely sees most: the finest, with most links. */
static bool is_better(const struct sighting *a, const struct sighting *b)
{
	if (a->weight != b->weight)
		return a->weight < b->weight;
	if (a->links != b->links)
		return a->links > b->links;
	return a->exporter < b->exporter;
}

static void believe(struct attack_path *p, const struct sighting *s, unsigned n)
{
	const struct sighting *now = NULL, *most = NULL, *best = NULL;
	bool stays;

	for (unsigned i = 0; i < n; i++) {
		if (s[i].exporter == p->believed)
			now = &s[i];
		if (!most || sure(&s[i], -SURE_SIGMA) > sure(most, -SURE_SIGMA))
			most = &s[i];
	}
	if (!most)
		return;
	stays = now && sure(most, -SURE_SIGMA) <= MORE * sure(now, SURE_SIGMA);
	for (unsigned i = 0; i < n; i++)
		if (sure(&s[i], SURE_SIGMA) >= ALIKE * sure(most, -SURE_SIGMA) &&
		    (!best || is_better(&s[i], best)))
			best = &s[i];
	/* One that is sampled less takes over as soon as it sees as much. */
	if (!stays || best->weight < now->weight)
		p->believed = best->exporter;
}

static uint64_t seen_by(const struct sighting *s, unsigned n, uint16_t exporter)
{
	for (unsigned i = 0; i < n; i++)
		if (s[i].exporter == exporter)
			return s[i].packets;
	return 0;
}

/* Packets that counted in a bin so far, on the average. */
static double mean_of(const struct attack_path *p)
{
	double sum = 0;

	for (unsigned i = 0; i < p->n; i++)
		sum += (double)p->sum[i].packets;
	return p->bins ? sum / p->bins : 0;
}

/* Who sees far more than the exporter that is believed, in the @n bins from @from on; else that. */
static uint16_t far_more(const struct attack_path *p, const struct hot *h, uint32_t mask,
			 int64_t from, unsigned n)
{
	const struct sighting *most = NULL;
	struct sighting s[VIEWS_MAX];
	unsigned k = sightings_of(h, mask, from + n - 1, n, s);

	for (unsigned i = 0; i < k; i++)
		if (!most || sure(&s[i], -SURE_SIGMA) > sure(most, -SURE_SIGMA))
			most = &s[i];
	if (most && sure(most, -SURE_SIGMA) > NOTHING * (double)seen_by(s, k, p->believed) &&
	    sure(most, -SURE_SIGMA) * NOTHING >= mean_of(p) * n)
		return most->exporter;
	return p->believed;
}

/* Who counts in the @n bins from @from on. */
static uint16_t counts_in(struct attack_path *p, const struct hot *h, uint32_t mask, int64_t from,
			  unsigned n)
{
	unsigned wide = n > WIDE ? n : WIDE;
	struct sighting s[VIEWS_MAX];
	uint16_t other;

	if (meters_exporters(&h->meters) <= 1)
		return h->meters.n_views ? h->meters.view[0].exporter : EXPORTER_UNKNOWN;
	believe(p, s, sightings_of(h, mask, from + wide - 1, wide, s));
	other = far_more(p, h, mask, from, n);
	/* At the beginning only so many records are looked back for, perhaps none of its own. */
	if (p->n_steps++ < LOOK_STEPS && other != p->believed &&
	    far_more(p, h, mask, from + LOOK_BINS, BINS_PER_S) == p->believed)
		return p->believed;
	return other;
}

static struct path_sum *sum_of(struct attack_path *p, const struct view *v)
{
	for (unsigned i = 0; i < p->n; i++)
		if (p->sum[i].link == v->link && p->sum[i].exporter == v->exporter &&
		    p->sum[i].entry == v->entry)
			return &p->sum[i];
	if (p->n == PATH_LINKS_MAX)
		return NULL;
	p->sum[p->n] =
		(struct path_sum){.link = v->link, .exporter = v->exporter, .entry = v->entry};
	return &p->sum[p->n++];
}

static void add_step(struct attack_path *p, const struct hot *h, uint32_t mask, int64_t from,
		     unsigned n)
{
	uint16_t counting = counts_in(p, h, mask, from, n);
	const struct meters *m = h->by_link;
	struct piece piece[VIEWS_MAX];

	p->bins += n;
	for (unsigned i = 0; i < m->n_views; i++)
		piece[i] = read_piece(m, &m->view[i], mask, from + n - 1, n);
	for (unsigned i = 0; i < m->n_views; i++) {
		const struct view *v = &m->view[i];
		bool counts = v->entry || v->exporter == counting;
		struct path_sum *s = piece[i].packets ? sum_of(p, v) : NULL;

		if (!s) {
			p->other_packets += counts ? piece[i].packets : 0;
			continue;
		}
		s->weight = v->weight > s->weight ? v->weight : s->weight;
		s->seen_packets += piece[i].packets;
		s->seen_bytes += piece[i].bytes;
		s->all += piece[i].all;
		s->sampled += piece[i].sampled;
		s->packets += counts ? piece[i].packets : 0;
		s->bytes += counts ? piece[i].bytes : 0;
	}
}

void attack_path_settle(struct attack *a, int64_t from, unsigned n, uint32_t mask)
{
	if (a->path && a->hot->by_link)
		add_step(a->path, a->hot, mask, from, n);
}

/*
 * Where the rings know no links (more of them than views, or a followed link itself), the tallies
 * do: all that came to the target since suspicion began.
 */
static void sum_tallies(struct attack_path *p, const struct hot *h)
{
	struct sighting s[HOT_LINKS_MAX] = {{0}};
	unsigned n = 0;

	p->n = 0;
	for (unsigned i = 0; i < h->n_links && i < PATH_LINKS_MAX; i++) {
		const struct hot_link *l = &h->links[i];
		unsigned k = 0;

		p->sum[p->n++] = (struct path_sum){.link = l->link,
						   .exporter = l->exporter,
						   .weight = h->sampling_max,
						   .packets = l->packets,
						   .bytes = l->bytes,
						   .seen_packets = l->packets,
						   .seen_bytes = l->bytes};
		while (k < n && s[k].exporter != l->exporter)
			k++;
		if (k == n)
			s[n++] = (struct sighting){.exporter = l->exporter};
		s[k].packets += l->packets;
		s[k].weight = h->sampling_max;
		s[k].links++;
	}
	for (unsigned i = 0; i < h->meters.n_views; i++)
		if (h->meters.view[i].entry) /* sides are known: each link counts */
			return;
	believe(p, s, n);
	for (unsigned i = 0; i < p->n; i++)
		if (p->sum[i].exporter != p->believed)
			p->sum[i].packets = p->sum[i].bytes = 0;
}

/* What is settled, and of the rest all that is there. */
static struct attack_path sums_now(const struct attack *a)
{
	const struct meters *m = a->hot->by_link;
	struct attack_path p = *a->path;

	if (!m || m->overflow) {
		sum_tallies(&p, a->hot);
		return p;
	}
	if (a->series_bin <= a->active_bin)
		add_step(&p, a->hot, attack_tracks(a), a->series_bin,
			 (unsigned)(a->active_bin - a->series_bin + 1));
	return p;
}

static struct path_link link_from(const struct path_sum *s, const struct path_link *before)
{
	struct path_link l = {
		.load_most_us = TIME_NONE, .near_first_us = TIME_NONE, .near_last_us = TIME_NONE};

	if (before)
		l = *before;
	l.link = s->link;
	l.exporter = s->exporter;
	l.entry = s->entry;
	l.weight = s->weight;
	l.packets = s->packets;
	l.bytes = s->bytes;
	l.seen_packets = s->seen_packets;
	l.seen_bytes = s->seen_bytes;
	l.counted = s->packets > 0;
	l.sampled = s->packets;
	if (s->sampled && s->all)
		l.sampled =
			(uint64_t)((double)s->packets * (double)s->sampled / (double)s->all + 0.5);
	else if (s->weight > 1)
		l.sampled = s->packets / s->weight;
	return l;
}

static const struct path_link *told_before(const struct finding_path *t, const struct path_sum *s)
{
	for (unsigned i = 0; i < t->n_links; i++)
		if (t->link[i].link == s->link && t->link[i].exporter == s->exporter &&
		    t->link[i].entry == s->entry)
			return &t->link[i];
	return NULL;
}

static int by_packets(const void *a, const void *b)
{
	const struct path_link *x = a, *y = b;

	if (x->packets != y->packets)
		return x->packets < y->packets ? 1 : -1;
	if (x->seen_packets != y->seen_packets)
		return x->seen_packets < y->seen_packets ? 1 : -1;
	if (x->exporter != y->exporter)
		return (int)x->exporter - (int)y->exporter;
	return x->link != y->link ? (int)x->link - (int)y->link : (int)x->entry - (int)y->entry;
}

void attack_path_fill(struct attack *a, const struct loads *loads, const struct conf *conf,
		      struct finding *f)
{
	struct finding_path *t;
	struct attack_path now;
	struct path_link link[PATH_LINKS_MAX];

	if (!a->path)
		return;
	now = sums_now(a);
	t = &a->path->told;
	for (unsigned i = 0; i < now.n; i++)
		link[i] = link_from(&now.sum[i], told_before(t, &now.sum[i]));
	memcpy(t->link, link, now.n * sizeof(link[0]));
	t->n_links = now.n;
	t->other_packets = now.other_packets;
	for (unsigned i = 0; i < t->n_links; i++)
		path_load(&t->link[i], a, loads, conf);
	qsort(t->link, t->n_links, sizeof(t->link[0]), by_packets);
	f->path = t;
}
