/* SPDX-License-Identifier: ISC */
/*
 * attack_fill(): from the counters of a followed destination to the finding that people are told.
 */
#include <math.h>

#include "detect/attack.h"
#include "detect/detect.h"
#include "detect/stat.h"
#include "detect/witness.h"

#define SCAN_PORTS	  100 /* "over 100 destination ports a second" */
#define SCAN_SAMPLES	  5   /* sampled packets to different ports before they say anything */
#define SCAN_HOSTS	  100 /* the same for a sweep over a prefix */
#define SCAN_REPEATS	  2.0 /* a scanner asks a port once, at most again; a flood does not care */
#define SCAN_SOURCE_SHARE 0.9
#define PART_SHARE	  10
#define HANDFUL		  10 /* packets, as sampled */
#define HANDFUL_TIMES	  20

static bool same_family(enum vector a, enum vector b)
{
	static const uint8_t family[VECTOR_COUNT] = {
		[VECTOR_UDP_FLOOD] = 1,
		[VECTOR_AMPLIFICATION] = 1,
		[VECTOR_FRAGMENT_FLOOD] = 1,
		[VECTOR_ICMP_FLOOD] = 1,
	};

	return family[a] == family[b] && family[a];
}

/* By the track's mean, for the rings have bytes of families alone. */
static uint64_t bytes_of(const struct attack *a, unsigned t)
{
	const struct hot *h = a->hot;
	uint64_t n = t < VECTOR_COUNT ? h->note[t].packets : h->port[t - VECTOR_COUNT].packets;
	uint64_t bytes = t < VECTOR_COUNT ? h->note[t].bytes : h->port[t - VECTOR_COUNT].bytes;

	if (attack_tracks(a) == UINT32_C(1) << t)
		return a->bytes;
	if (!n || n == a->part[t].packets)
		return bytes;
	return (uint64_t)((double)bytes * ((double)a->part[t].packets / (double)n));
}

static void put_vector(struct finding *f, const struct attack *a, unsigned t)
{
	const struct hot *h = a->hot;
	struct finding_vector v = {.vector = track_vector(t), .port = track_port(h, t)};
	unsigned at = f->n_vectors;

	v.over = a->part[t].over;
	v.packets = a->part[t].packets;
	v.bytes = bytes_of(a, t);
	v.peak_pps = a->part[t].peak_pps;
	v.threshold_pps = hot_threshold(h, v.vector, v.port);
	v.over_first_us = v.over ? a->part[t].over_first_us : TIME_NONE;
	v.over_last_us = v.over ? a->part[t].over_last_us : TIME_NONE;
	if (at == FINDING_VECTORS_MAX)
		return;
	f->n_vectors++;
	/* Those that crossed first, then by packets. */
	for (; at > 0; at--) {
		const struct finding_vector *p = &f->vectors[at - 1];

		if (p->over > v.over || (p->over == v.over && p->packets >= v.packets))
			break;
		f->vectors[at] = *p;
	}
	f->vectors[at] = v;
}

static void fill_vectors(struct finding *f, const struct attack *a)
{
	const struct hot *h = a->hot;

	for (unsigned t = 0; t < TRACKS; t++) {
		uint64_t n =
			t < VECTOR_COUNT ? h->note[t].packets : h->port[t - VECTOR_COUNT].packets;
		bool part = t != VECTOR_AMPLIFICATION && t != VECTOR_UDP_FLOOD &&
			    same_family(track_vector(t), track_vector(a->main)) &&
			    n * PART_SHARE >= h->tally.all_packets && n > 0;

		if (t >= VECTOR_COUNT && part)
			part = port_reflects(h, t - VECTOR_COUNT);
		if (a->part[t].over || part)
			put_vector(f, a, t);
	}
}

static void fill_facts(struct finding *f, const struct hot *h, const bool wanted[GROUP_COUNT])
{
	for (unsigned g = 0; g < GROUP_COUNT; g++)
		if (wanted[g] && h->facts[g] && h->facts[g]->n) {
			f->facts.which[f->facts.n] = (uint8_t)g;
			f->facts.group[f->facts.n++] = h->facts[g];
		}
	f->facts.answers = h->answers;
	f->facts.to_darknet = h->to_darknet;
	f->facts.both_ways = h->tally.answered > 0 || h->answers;
}

/* Heaviest first: where some carry the attack, visitors that sent a handful are none of its top. */
static unsigned drop_handfuls(const struct hot *h, const struct source *const *top, unsigned n)
{
	uint64_t handful = (uint64_t)HANDFUL * (h->sampling_max ? h->sampling_max : 1);

	while (n > 1 && source_packets(top[n - 1]) <= handful &&
	       source_packets(top[n - 1]) * HANDFUL_TIMES < source_packets(top[0]))
		n--;
	return n;
}

static void fill_sources(struct finding *f, const struct attack *a)
{
	const struct sources *use[GROUP_COUNT];
	const struct source *top[FINDING_TOP_MAX];
	const struct hot *h = a->hot;
	bool wanted[GROUP_COUNT] = {false};
	unsigned n = 0;

	for (unsigned i = 0; i < f->n_vectors; i++)
		wanted[hot_group(f->vectors[i].vector)] = true;
	/* Connections begin with a SYN: who makes them is told in the same classes. */
	for (unsigned i = 0; i < f->n_vectors; i++)
		if (f->vectors[i].vector == VECTOR_CONN_FLOOD)
			wanted[GROUP_SYN] = true;
	for (unsigned g = 0; g < GROUP_COUNT; g++)
		if (wanted[g])
			use[n++] = &h->sources[g];
	if (!n)
		use[n++] = &h->sources[GROUP_TCP];
	f->sources.count = sources_union(use, n, &f->sources.count_exact);
	f->sources.count_at_least = h->sampling_max > 1 || h->sampling_unknown;
	f->sources.units[UNIT_ADDRESS] = f->sources.count;
	if (wanted[GROUP_SYN])
		f->sources.syn[UNIT_ADDRESS] = sources_classes(&h->sources[GROUP_SYN]);
	for (int u = UNIT_24; u < UNIT_COUNT; u++) {
		bool exact;

		f->sources.units[u] = sources_count(&h->units[u], &exact);
		if (wanted[GROUP_SYN])
			f->sources.syn[u] = sources_classes(&h->units[u]);
	}
	/* What is malformed by its flags may bear a SYN, or not. */
	for (unsigned i = 0; i < f->n_vectors; i++)
		wanted[GROUP_SYN] |= f->vectors[i].vector == VECTOR_MALFORMED;
	fill_facts(f, h, wanted);
	/* The heaviest of the heaviest group; the groups' own order is by vector packets. */
	f->sources.n_top =
		sources_top(&h->sources[f->n_vectors ? hot_group(f->vectors[0].vector) : GROUP_TCP],
			    top, FINDING_TOP_MAX);
	f->sources.n_top = drop_handfuls(h, top, f->sources.n_top);
	for (unsigned i = 0; i < f->sources.n_top; i++) {
		f->sources.top[i].addr = top[i]->key;
		f->sources.top[i].packets = source_packets(top[i]);
		f->sources.top[i].syn_best = source_best(top[i]);
	}
	if (f->sources.n_top && a->packets) {
		double share = (double)source_packets(top[0]) / (double)a->packets;

		f->top_source_share = share > 1 ? 1 : share;
	}
}

static void fill_path(struct finding *f, const struct hot *h, const struct exporters *ex)
{
	struct exporters *t = (struct exporters *)ex; /* look-ups only */
	uint64_t most = 0;

	f->n_exporters = h->n_exporters;
	for (unsigned i = 0; i < h->n_exporters; i++)
		f->exporters[i] = h->exporters[i];
	f->n_links = h->n_links;
	for (unsigned i = 0; i < h->n_links; i++) {
		struct link *l = exporters_get_link(t, h->links[i].link);

		f->links[i] = (struct finding_link){.link = h->links[i].link,
						    .exporter = h->links[i].exporter,
						    .packets = h->links[i].packets,
						    .bytes = h->links[i].bytes};
		if (h->links[i].bytes > most) {
			most = h->links[i].bytes;
			f->link_capacity_bps = l ? l->speed_bps : 0;
		}
	}
	f->dedup = DEDUP_NONE;
	for (unsigned i = 0; i < h->meters.n_views; i++)
		if (h->meters.view[i].entry)
			f->dedup = DEDUP_ENTRY;
	if (f->dedup == DEDUP_NONE && meters_exporters(&h->meters) > 1)
		f->dedup = DEDUP_MAX;
}

static enum direction direction_of(const struct hot *h, bool own_known, bool target_own)
{
	bool source_own = h->tally.own_source * 2 > h->tally.all_packets;

	if (!own_known)
		return DIRECTION_THROUGH;
	if (target_own)
		return source_own ? DIRECTION_INSIDE : DIRECTION_IN;
	return source_own ? DIRECTION_OUT : DIRECTION_THROUGH;
}

static void fill_scan(struct finding *f, const struct hot *h)
{
	const struct dport_map *m = h->dports;
	double seconds = fmax(1, (double)(f->last_us - f->first_us) / US_PER_S);

	f->dports_best_second = m ? m->best_distinct : 0;
	if (m && h->sampling_max > 1)
		f->dports_best_second =
			m->best_distinct < SCAN_SAMPLES
				? 0
				: (uint64_t)((double)m->best_distinct * h->sampling_min / seconds);
	if (f->top_source_share < SCAN_SOURCE_SHARE)
		return;
	if (f->level == LEVEL_HOST && m && f->dports_best_second > SCAN_PORTS &&
	    m->best_packets <= SCAN_REPEATS * m->best_distinct)
		f->kind = FINDING_SCAN;
	if (f->level == LEVEL_PREFIX && f->hosts_hit > SCAN_HOSTS)
		f->kind = FINDING_SCAN;
}

static void fill_children(struct finding *f, const struct hot *h)
{
	const struct source *top[FINDING_CHILDREN_MAX];
	bool exact;

	if (h->level == LEVEL_HOST) {
		f->hosts_hit = 1;
		return;
	}
	f->hosts_hit = sources_count(&h->hosts, &exact);
	f->n_children = sources_top(&h->hosts, top, FINDING_CHILDREN_MAX);
	for (unsigned i = 0; i < f->n_children; i++)
		f->children[i] = top[i]->key;
}

const struct conf_object *finding_object(const struct finding *f, const struct conf *conf)
{
	const struct conf_object *o = NULL;

	if (f->level == LEVEL_HOST)
		return conf_object(conf, &f->target.addr);
	if (f->level == LEVEL_PREFIX)
		o = conf_object(conf, &f->target.addr);
	for (size_t i = 0; o && i < o->n_prefixes; i++)
		if (prefix_covers(&o->prefixes[i], &f->target))
			return o;
	o = f->n_children ? conf_object(conf, &f->children[0]) : NULL;
	for (unsigned i = 1; o && i < f->n_children; i++)
		if (conf_object(conf, &f->children[i]) != o)
			return NULL;
	return o;
}

int attack_fill(struct attack *a, const struct exporters *ex, bool own_known, bool target_own,
		int64_t clock_us, struct finding *f)
{
	const struct hot *h = a->hot;

	*f = (struct finding){.handle = a->handle,
			      .kind = FINDING_ATTACK,
			      .state = a->state,
			      .level = h->level,
			      .target = h->key,
			      .own_known = own_known,
			      .direction = direction_of(h, own_known, target_own),
			      .first_us = a->first_us,
			      .last_us = a->last_us,
			      .detected_us = a->detected_us,
			      .shown_us = a->shown_us,
			      .exporter_delay_us = a->shown_us - a->first_us,
			      .noroshi_delay_us = a->detected_us - a->shown_us,
			      .updated_us = clock_us,
			      .packets = a->packets,
			      .bytes = a->bytes,
			      .records = h->tally.records,
			      .peak_bps = a->peak_bps,
			      .peak_pps = a->peak_pps,
			      .peak_syn_per_s = a->peak_syn,
			      .peak_us = a->peak_us,
			      .pulses = a->pulses ? a->pulses : 1,
			      .sampling_min = h->sampling_min,
			      .sampling_max = h->sampling_max,
			      .sampling_known = !h->sampling_unknown,
			      .handshakes_begun = h->tally.syn,
			      .handshakes_done = h->tally.done,
			      .handshakes_visible = h->sampling_max <= 1,
			      .answered_packets = h->tally.answered,
			      .evidence = {[SAMPLE_ATTACK] = {h->evidence, h->n_evidence,
							   h->evidence_seen}},
			      .series = a->series,
			      .n_series = a->n_series};
	if (f->exporter_delay_us < 0)
		f->exporter_delay_us = 0;
	fill_vectors(f, a);
	fill_sources(f, a);
	fill_path(f, h, ex);
	witness_fill(a, f);
	fill_children(f, h);
	fill_scan(f, h);
	return 0;
}
