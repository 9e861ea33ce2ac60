/* SPDX-License-Identifier: ISC */
/*
 * Exporters whose interfaces have no known side may see the same packets. Then one of them counts
 * in each step, and stays the one until another surely sees a quarter more: of two that see the
 * same, chance must not choose anew each second, or both halves of the way would be wrong.
 */
#include "detect/attack_path.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "observe/exporter.h"

#define MORE	   1.25 /* so much more another must see */
#define ALIKE	   0.9	/* so much of the most is as good as the most */
#define SURE_SIGMA 3

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

static unsigned sightings_of(const struct meters *m, const struct piece *piece,
			     struct sighting *out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < m->n_views; i++) {
		const struct view *v = &m->view[i];
		unsigned k = 0;

		if (v->entry || !piece[i].packets)
			continue;
		while (k < n && out[k].exporter != v->exporter)
			k++;
		if (k == n)
			out[n++] = (struct sighting){.exporter = v->exporter};
		out[k].packets += piece[i].packets;
		out[k].weight = v->weight > out[k].weight ? v->weight : out[k].weight;
		out[k].links++;
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

	for (unsigned i = 0; i < n; i++) {
		if (s[i].exporter == p->believed)
			now = &s[i];
		if (!most || sure(&s[i], -SURE_SIGMA) > sure(most, -SURE_SIGMA))
			most = &s[i];
	}
	if (!most || (now && sure(most, -SURE_SIGMA) <= MORE * sure(now, SURE_SIGMA)))
		return;
	for (unsigned i = 0; i < n; i++)
		if (sure(&s[i], SURE_SIGMA) >= ALIKE * sure(most, -SURE_SIGMA) &&
		    (!best || is_better(&s[i], best)))
			best = &s[i];
	p->believed = best->exporter;
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

static void add_step(struct attack_path *p, const struct meters *m, uint32_t mask, int64_t end,
		     unsigned n)
{
	struct sighting sighting[VIEWS_MAX];
	struct piece piece[VIEWS_MAX];

	for (unsigned i = 0; i < m->n_views; i++)
		piece[i] = read_piece(m, &m->view[i], mask, end, n);
	believe(p, sighting, sightings_of(m, piece, sighting));
	for (unsigned i = 0; i < m->n_views; i++) {
		const struct view *v = &m->view[i];
		bool counts = v->entry || v->exporter == p->believed;
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
		add_step(a->path, a->hot->by_link, mask, from + n - 1, n);
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
		add_step(&p, m, attack_tracks(a), a->active_bin,
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
