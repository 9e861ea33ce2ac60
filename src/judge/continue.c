/* SPDX-License-Identifier: ISC */
/*
 * One attack seen in two runs. Sums add up and peaks are the larger of both. Distinct sources
 * cannot be added, as the same ones may be in both parts: the larger count stands, as "at least".
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "judge/fill.h"

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static int64_t earlier_us(int64_t a, int64_t b)
{
	if (a == TIME_NONE || b == TIME_NONE)
		return a == TIME_NONE ? b : a;
	return a < b ? a : b;
}

static int64_t later_us(int64_t a, int64_t b)
{
	return a > b ? a : b; /* TIME_NONE is the smallest */
}

static void add_vector(struct finding *f, const struct finding_vector *v)
{
	for (unsigned i = 0; i < f->n_vectors; i++) {
		struct finding_vector *to = &f->vectors[i];

		if (to->vector != v->vector || to->port != v->port)
			continue;
		to->over |= v->over;
		to->packets += v->packets;
		to->bytes += v->bytes;
		to->peak_pps = larger(to->peak_pps, v->peak_pps);
		to->over_first_us = earlier_us(to->over_first_us, v->over_first_us);
		to->over_last_us = later_us(to->over_last_us, v->over_last_us);
		return;
	}
	if (f->n_vectors < FINDING_VECTORS_MAX)
		f->vectors[f->n_vectors++] = *v;
}

static int by_packets(const void *a, const void *b)
{
	const struct finding_vector *x = a, *y = b;

	if (x->packets != y->packets)
		return x->packets < y->packets ? 1 : -1;
	if (x->vector != y->vector)
		return (int)x->vector - (int)y->vector;
	return (int)x->port - (int)y->port;
}

static void add_vectors(struct finding *now, const struct finding *before)
{
	for (unsigned i = 0; i < before->n_vectors; i++)
		add_vector(now, &before->vectors[i]);
	qsort(now->vectors, now->n_vectors, sizeof(now->vectors[0]), by_packets);
}

/*
 * Each bound "at least so many sources reach this rate" holds in both parts, so the larger of each
 * holds for the whole; the classes are the differences of those bounds.
 */
static void add_classes(struct source_classes *now, const struct source_classes *b)
{
	uint64_t ge = larger(now->ge_1000, b->ge_1000);
	uint64_t mid = larger(now->ge_1000 + now->gt_100_lt_1000, b->ge_1000 + b->gt_100_lt_1000);
	uint64_t known = larger(now->ge_1000 + now->gt_100_lt_1000 + now->le_100,
				b->ge_1000 + b->gt_100_lt_1000 + b->le_100);
	uint64_t all = larger(now->ge_1000 + now->gt_100_lt_1000 + now->le_100 + now->unresolved,
			      b->ge_1000 + b->gt_100_lt_1000 + b->le_100 + b->unresolved);

	now->ge_1000 = ge;
	now->gt_100_lt_1000 = mid - ge;
	now->le_100 = known - mid;
	now->unresolved = all - known;
}

static void add_top(struct finding_sources *now, const struct finding_sources *b)
{
	__typeof__(now->top[0]) all[2 * FINDING_TOP_MAX], swap;
	unsigned n = now->n_top;

	memcpy(all, now->top, n * sizeof(all[0]));
	for (unsigned i = 0; i < b->n_top; i++) {
		unsigned at = 0;

		while (at < n && !ip_equal(&all[at].addr, &b->top[i].addr))
			at++;
		if (at == n) {
			all[n++] = b->top[i];
			continue;
		}
		all[at].packets += b->top[i].packets;
		all[at].syn_best = larger(all[at].syn_best, b->top[i].syn_best);
		/* Shown real is only what both of them show so. */
		all[at].established &= b->top[i].established;
		all[at].expected &= b->top[i].expected;
	}
	for (unsigned i = 1; i < n; i++) {
		for (unsigned k = i; k > 0; k--) {
			if (all[k - 1].packets > all[k].packets ||
			    (all[k - 1].packets == all[k].packets &&
			     ip_compare(&all[k - 1].addr, &all[k].addr) < 0))
				break;
			swap = all[k];
			all[k] = all[k - 1];
			all[k - 1] = swap;
		}
	}
	now->n_top = n < FINDING_TOP_MAX ? n : FINDING_TOP_MAX;
	memcpy(now->top, all, now->n_top * sizeof(all[0]));
}

static void add_sources(struct finding_sources *now, const struct finding_sources *b)
{
	now->count = larger(now->count, b->count);
	now->count_exact = false;
	now->count_at_least = true;
	for (unsigned u = 0; u < UNIT_COUNT; u++) {
		add_classes(&now->syn[u], &b->syn[u]);
		now->units[u] = larger(now->units[u], b->units[u]);
	}
	add_top(now, b);
}

static int add_exporters(struct incident *now, const struct incident *before)
{
	for (unsigned i = 0; before->exporters && i < before->f.n_exporters; i++) {
		bool there = false;

		for (unsigned k = 0; k < now->f.n_exporters; k++)
			there |= strcmp(now->exporters[k], before->exporters[i]) == 0;
		if (there || now->f.n_exporters >= FINDING_EXPORTERS_MAX)
			continue;
		now->exporters[now->f.n_exporters] = strdup(before->exporters[i]);
		if (!now->exporters[now->f.n_exporters])
			return -ENOMEM;
		now->f.n_exporters++;
	}
	return 0;
}

static bool has_exporter(const struct incident *inc, const char *name)
{
	for (unsigned i = 0; inc->exporters && i < inc->f.n_exporters; i++)
		if (strcmp(inc->exporters[i], name) == 0)
			return true;
	return false;
}

static struct incident_witness *witness_of(struct incident_witness *list, unsigned n,
					   const char *name)
{
	for (unsigned i = 0; i < n; i++)
		if (strcmp(list[i].exporter, name) == 0)
			return &list[i];
	return NULL;
}

/* The share is that of the part in which more was told. */
static void add_told(struct incident_witness *list, unsigned *n,
		     const struct incident_witness *before, unsigned n_before)
{
	for (unsigned i = 0; i < n_before; i++) {
		const struct incident_witness *b = &before[i];
		struct incident_witness *w = witness_of(list, *n, b->exporter);

		if (w && b->packets > w->packets)
			w->share = b->share;
		if (w)
			w->packets += b->packets;
		else if (*n < FINDING_WITNESSES_MAX)
			list[(*n)++] = *b;
	}
}

/* Who bore out one part bore out the attack. Whose packets counted in one of them is among the
 * exporters. */
static void add_witnesses(struct incident *now, const struct incident *before)
{
	unsigned n = 0;

	add_told(now->told_by, &now->f.n_told_by, before->told_by, before->f.n_told_by);
	add_told(now->seen_by, &now->f.n_seen_by, before->seen_by, before->f.n_seen_by);
	for (unsigned i = 0; i < now->f.n_seen_by; i++)
		if (!has_exporter(now, now->seen_by[i].exporter))
			now->seen_by[n++] = now->seen_by[i];
	now->f.n_seen_by = n;
}

static void add_links(struct incident *now, const struct incident *before)
{
	for (unsigned i = 0; i < before->f.n_links; i++) {
		const struct incident_link *b = &before->links[i];
		unsigned at = 0;

		while (at < now->f.n_links && (now->links[at].input != b->input ||
					       strcmp(now->links[at].exporter, b->exporter) != 0))
			at++;
		if (at < now->f.n_links) {
			now->links[at].packets += b->packets;
			now->links[at].bytes += b->bytes;
		} else if (at < FINDING_LINKS_MAX) {
			now->links[now->f.n_links++] = *b;
		}
	}
	incident_share_links(now);
}

static int add_series(struct incident *now, const struct incident *before)
{
	unsigned n = now->f.n_series, more = before->f.n_series;
	struct series_point *s;

	if (!more || !before->series)
		return 0;
	s = realloc(now->series, (n + more) * sizeof(*s));
	if (!s)
		return -ENOMEM;
	memcpy(s + n, before->series, more * sizeof(*s));
	for (unsigned i = n; i < n + more; i++) {
		const struct incident_place *p;

		if (s[i].link == 0 || s[i].link > before->n_places)
			continue;
		p = &before->places[s[i].link - 1];
		s[i].link = incident_place(now, p->exporter, p->input);
	}
	now->series = s;
	now->f.series = s;
	now->f.n_series = n + more;
	now->series_cut |= before->series_cut;
	incident_sort_series(now);
	return 0;
}

static void add_children(struct finding *now, const struct finding *before)
{
	unsigned own = now->n_children;

	for (unsigned i = 0; i < before->n_children && now->n_children < FINDING_CHILDREN_MAX;
	     i++) {
		bool there = false;

		for (unsigned k = 0; k < own && !there; k++)
			there = ip_equal(&now->children[k], &before->children[i]);
		if (!there)
			now->children[now->n_children++] = before->children[i];
	}
	now->hosts_hit = larger(larger(now->hosts_hit, before->hosts_hit), now->n_children);
}

/* What stays as it was at the first opening: when it began and when we knew. */
static void keep_opening(struct finding *now, const struct finding *before)
{
	now->first_us = before->first_us;
	now->detected_us = before->detected_us;
	now->shown_us = before->shown_us;
	now->exporter_delay_us = before->exporter_delay_us;
	now->noroshi_delay_us = before->noroshi_delay_us;
	now->last_us = later_us(now->last_us, before->last_us);
}

static void add_figures(struct finding *now, const struct finding *b)
{
	/* A burst that the restart cut in two is one burst. */
	uint32_t cut = b->state == FINDING_OPEN && b->pulses && now->pulses ? 1 : 0;

	if (b->peak_pps > now->peak_pps)
		now->peak_us = b->peak_us;
	now->peak_pps = larger(now->peak_pps, b->peak_pps);
	now->peak_bps = larger(now->peak_bps, b->peak_bps);
	now->peak_syn_per_s = larger(now->peak_syn_per_s, b->peak_syn_per_s);
	now->packets += b->packets;
	now->bytes += b->bytes;
	now->records += b->records;
	now->pulses += b->pulses - cut;
	now->sampling_min =
		now->sampling_min < b->sampling_min ? now->sampling_min : b->sampling_min;
	now->sampling_max =
		now->sampling_max > b->sampling_max ? now->sampling_max : b->sampling_max;
	now->sampling_known &= b->sampling_known;
	now->handshakes_begun += b->handshakes_begun;
	now->handshakes_done += b->handshakes_done;
	now->handshakes_visible |= b->handshakes_visible;
	now->answered_packets += b->answered_packets;
	now->dports_best_second = larger(now->dports_best_second, b->dports_best_second);
	now->link_capacity_bps =
		now->link_capacity_bps ? now->link_capacity_bps : b->link_capacity_bps;
	now->link_peak_bps = larger(now->link_peak_bps, b->link_peak_bps);
	if (b->packets > now->packets - b->packets)
		now->top_source_share = b->top_source_share;
}

int incident_continue(struct incident *now, const struct incident *before)
{
	snprintf(now->id, sizeof(now->id), "%s", before->id);
	keep_opening(&now->f, &before->f);
	add_figures(&now->f, &before->f);
	add_vectors(&now->f, &before->f);
	add_sources(&now->f.sources, &before->f.sources);
	add_children(&now->f, &before->f);
	add_links(now, before);
	spoof_continue(now, before);
	memcpy(now->gaps, before->gaps, sizeof(now->gaps));
	now->n_gaps = before->n_gaps;
	now->known_test |= before->known_test;
	now->drill |= before->drill;
	now->erased_us = before->erased_us;
	if (before->erase_by_us != TIME_NONE || before->erased_us != TIME_NONE) {
		/* The samples of the opening are on disk already; second ones are not kept. */
		for (unsigned k = 0; k < SAMPLE_COUNT; k++) {
			free(now->evidence[k].record);
			now->evidence[k] = (struct header_sample){.n = before->evidence[k].n};
		}
		snprintf(now->sample_consent, sizeof(now->sample_consent), "%s",
			 before->sample_consent);
		now->kinds = before->kinds; /* judged from those samples */
		now->erase_by_us = before->erase_by_us;
	}
	if (add_exporters(now, before))
		return -ENOMEM;
	add_witnesses(now, before);
	if (add_series(now, before))
		return -ENOMEM;
	return incident_path_continue(now, before);
}
