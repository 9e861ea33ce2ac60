/* SPDX-License-Identifier: ISC */
/*
 * From the finding's numbers to rows with names, and what the shares are worth. A share of packets
 * that were sampled is a share of independent draws, whatever flows they belong to, so Wilson's
 * interval holds. Bytes are no draws: large packets weigh more, so the draws count for fewer (the
 * effective number of Kish 1965), by how packet sizes scatter in the evidence.
 */
#include "judge/path.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/incident.h"
#include "observe/exporter.h"

#define SHARE_CONFIDENCE 0.999
#define SHARE_Z		 3.2905267 /* two-sided */
#define PACKET_LARGE	 1500.0

void path_wilson(double p, double n, double z, double *low, double *high)
{
	double z2 = z * z, mid, half;

	if (n <= 0) {
		*low = 0;
		*high = 1;
		return;
	}
	mid = (p + z2 / (2 * n)) / (1 + z2 / n);
	half = z / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n));
	*low = fmax(0, fmin(p, mid - half));
	*high = fmin(1, fmax(p, mid + half));
}

/* The squared mean over the mean square of packet sizes: 1 where all are alike. */
static double size_effect(const struct incident *inc, double mean)
{
	const struct header_sample *s = &inc->evidence[SAMPLE_ATTACK];
	double n = 0, sum = 0, squares = 0;

	for (unsigned i = 0; s->record && i < s->n; i++) {
		const struct flow *f = &s->record[i].flow;

		n += f->packets;
		sum += (double)f->bytes;
		squares += f->packets ? (double)f->bytes * (double)f->bytes / f->packets : 0;
	}
	if (n > 0 && squares > 0)
		return fmin(1, sum * sum / (n * squares));
	/* Of packets of that mean the mean square is at most mean times largest. */
	return mean > 0 ? fmin(1, mean / PACKET_LARGE) : 1;
}

static bool is_census(const struct incident *inc, const struct incident_path *p)
{
	for (unsigned i = 0; i < p->n_rows; i++)
		if (p->row[i].factor > 1)
			return false;
	return inc->f.sampling_known;
}

static int by_packets(const void *a, const void *b)
{
	const struct path_row *x = a, *y = b;
	int c;

	if (x->counted != y->counted)
		return x->counted ? -1 : 1;
	if (x->packets != y->packets)
		return x->packets < y->packets ? 1 : -1;
	c = strcmp(x->at.exporter, y->at.exporter);
	return c ? c : (x->at.input > y->at.input) - (x->at.input < y->at.input);
}

/* Of all that counts; a row that does not count is compared with its exporter's own. */
static bool compares(const struct path_row *a, const struct path_row *b)
{
	return a->counted ? b->counted : !b->counted && strcmp(a->at.exporter, b->at.exporter) == 0;
}

static void share_row(struct incident_path *p, struct path_row *r, bool census, double effect,
		      double other)
{
	double packets = r->counted ? other : 0, bytes = 0, n = 0;

	for (unsigned i = 0; i < p->n_rows; i++) {
		if (!compares(r, &p->row[i]))
			continue;
		packets += (double)p->row[i].packets;
		bytes += (double)p->row[i].bytes;
		n += (double)p->row[i].sampled;
	}
	r->share = packets > 0 ? (double)r->packets / packets : 0;
	r->byte_share = bytes > 0 ? (double)r->bytes / bytes : r->share;
	r->share_low = r->share_high = r->share;
	r->byte_low = r->byte_high = r->byte_share;
	if (census)
		return;
	path_wilson(r->share, n, SHARE_Z, &r->share_low, &r->share_high);
	path_wilson(r->byte_share, n * effect, SHARE_Z, &r->byte_low, &r->byte_high);
}

void incident_path_share(struct incident *inc)
{
	struct incident_path *p = inc->path;
	double packets = 0, bytes = 0, other, effect;
	bool census = is_census(inc, p);

	for (unsigned i = 0; i < p->n_rows; i++) {
		packets += p->row[i].counted ? (double)p->row[i].packets : 0;
		bytes += p->row[i].counted ? (double)p->row[i].bytes : 0;
	}
	/* other_share holds for what it was counted of; it stays when parts are joined. */
	other = p->other_share < 1 ? packets * p->other_share / (1 - p->other_share) : 0;
	effect = size_effect(inc, packets > 0 ? bytes / packets : 0);
	p->share_confidence = SHARE_CONFIDENCE;
	for (unsigned i = 0; i < p->n_rows; i++)
		share_row(p, &p->row[i], census, effect, other);
	qsort(p->row, p->n_rows, sizeof(p->row[0]), by_packets);
}

static struct link *link_of(struct exporters *t, uint16_t index)
{
	return index == LINK_UNKNOWN || index >= exporters_link_count(t)
		       ? NULL
		       : exporters_get_link(t, index);
}

static void name_at(struct path_at *at, struct exporters *t, uint16_t link, uint16_t exporter)
{
	const struct link *l = link_of(t, link);
	const struct exporter *e;

	memset(at, 0, sizeof(*at));
	exporter = l ? l->exporter : exporter;
	e = exporter < exporters_count(t) && exporter != EXPORTER_UNKNOWN
		    ? exporters_get(t, exporter)
		    : NULL;
	snprintf(at->exporter, sizeof(at->exporter), "%s", e ? e->name : "unknown");
	if (!l)
		return;
	at->input = l->ifindex;
	snprintf(at->link, sizeof(at->link), "%s", l->conf ? l->conf->link : l->name);
}

static void fill_row(struct path_row *r, const struct path_link *from, struct exporters *t)
{
	const struct link *l = link_of(t, from->link);

	*r = (struct path_row){.counted = from->counted,
			       .packets = from->counted ? from->packets : from->seen_packets,
			       .bytes = from->counted ? from->bytes : from->seen_bytes,
			       .sampled = from->sampled,
			       .factor = from->weight ? from->weight : 1,
			       .capacity_bps = from->capacity_bps,
			       .load_bps = from->load_bps,
			       .load_most_bps = from->load_most_bps,
			       .load_most_us = from->load_most_us,
			       .usual_bps = from->usual_bps,
			       .window_s = from->window_s,
			       .near_first_us = from->near_first_us,
			       .near_last_us = from->near_last_us};
	name_at(&r->at, t, from->link, from->exporter);
	if (!from->counted)
		r->sampled = from->seen_packets / r->factor;
	if (from->capacity_bps)
		r->capacity_from = from->configured ? CAPACITY_CONFIGURED : CAPACITY_EXPORTED;
	if (l && l->conf)
		snprintf(r->peer, sizeof(r->peer), "%s", l->conf->peer);
}

static void fill_lost(struct incident_path *p, const struct finding_path *from, struct exporters *t)
{
	p->n_lost = from->n_bystanders;
	for (unsigned i = 0; i < from->n_bystanders; i++) {
		const struct path_bystander *b = &from->bystander[i];
		struct path_lost *l = &p->lost[i];

		*l = (struct path_lost){.usual_pps = b->usual_pps,
					.usual_bps = b->usual_bps,
					.during_pps = b->during_pps,
					.during_bps = b->during_bps,
					.lost = b->lost,
					.lost_low = b->lost_low,
					.lost_high = b->lost_high};
		snprintf(l->object, sizeof(l->object), "%s", b->object);
		name_at(&l->at, t, b->link, EXPORTER_UNKNOWN);
	}
	p->more_lost = from->more_bystanders;
	memcpy(p->untold, from->untold, sizeof(p->untold));
	p->loss_confidence = from->confidence;
}

static struct incident_path *path_room(struct incident *inc)
{
	if (!inc->path)
		inc->path = calloc(1, sizeof(*inc->path));
	return inc->path;
}

int incident_path_fill(struct incident *inc, const struct finding *f, struct exporters *exporters,
		       const struct conf *conf)
{
	const struct finding_path *from = f->path;
	struct incident_path *p;
	double counted = 0;

	inc->f.path = NULL;
	if (!from)
		return 0;
	p = path_room(inc);
	if (!p)
		return -ENOMEM;
	p->n_rows = p->n_services = 0;
	p->other_share = 0;
	for (unsigned i = 0; i < from->n_links; i++) {
		fill_row(&p->row[p->n_rows++], &from->link[i], exporters);
		counted += from->link[i].counted ? (double)from->link[i].packets : 0;
	}
	if (from->other_packets)
		p->other_share =
			(double)from->other_packets / ((double)from->other_packets + counted);
	incident_path_share(inc);
	fill_lost(p, from, exporters);
	incident_path_services(inc, conf);
	return incident_path_moves(inc);
}

static bool same_at(const struct path_at *a, const struct path_at *b)
{
	return a->input == b->input && strcmp(a->exporter, b->exporter) == 0;
}

static void add_row(struct incident_path *p, const struct path_row *b)
{
	struct path_row *r = NULL;

	for (unsigned i = 0; i < p->n_rows && !r; i++)
		if (same_at(&p->row[i].at, &b->at) && p->row[i].counted == b->counted)
			r = &p->row[i];
	if (!r) {
		if (p->n_rows < PATH_LINKS_MAX)
			p->row[p->n_rows++] = *b;
		return;
	}
	r->packets += b->packets;
	r->bytes += b->bytes;
	r->sampled += b->sampled;
	r->factor = b->factor > r->factor ? b->factor : r->factor;
	if (b->load_most_bps > r->load_most_bps) {
		r->load_most_bps = b->load_most_bps;
		r->load_most_us = b->load_most_us;
		r->window_s = b->window_s;
	}
	/* What was usual, and the load at the peak, are of the part that knows them. */
	r->usual_bps = b->usual_bps ? b->usual_bps : r->usual_bps;
	r->load_bps = b->load_bps > r->load_bps ? b->load_bps : r->load_bps;
	if (b->near_first_us != TIME_NONE)
		r->near_first_us = b->near_first_us;
	if (r->near_last_us == TIME_NONE)
		r->near_last_us = b->near_last_us;
}

int incident_path_continue(struct incident *now, const struct incident *before)
{
	struct incident_path *p = now->path;
	const struct incident_path *b = before->path;

	if (!b)
		return 0;
	if (!p) {
		p = path_room(now);
		if (!p)
			return -ENOMEM;
	}
	for (unsigned i = 0; i < b->n_rows; i++)
		add_row(p, &b->row[i]);
	p->other_share = b->other_share > p->other_share ? b->other_share : p->other_share;
	incident_path_share(now);
	/* The minutes before the attack were seen by the part before. */
	if (b->loss_confidence > 0) {
		memcpy(p->lost, b->lost, sizeof(p->lost));
		memcpy(p->untold, b->untold, sizeof(p->untold));
		p->n_lost = b->n_lost;
		p->more_lost = b->more_lost;
		p->loss_confidence = b->loss_confidence;
	}
	for (unsigned i = 0; i < b->n_services && p->n_services == 0; i++)
		p->service[i] = b->service[i];
	p->n_services = p->n_services ? p->n_services : b->n_services;
	return incident_path_moves(now);
}
