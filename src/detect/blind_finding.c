/* SPDX-License-Identifier: ISC */
/*
 * The blind spot that an attack is told with: of its main vector, at its destination, by the
 * exporter that showed most of it. So it says how much smaller it could have been, and how late the
 * rest of it may be told.
 */
#include "detect/attack.h"
#include "detect/blind.h"
#include "detect/detector.h"

#define WITHIN_S 10
#define GRAINS	 8 /* the usual is rounded to that part of a threshold: few cases to try */

/* Largest factor of the exporter that carried most; of all where that is not known. */
static uint32_t sampling_of(const struct hot *h, const struct finding *f)
{
	uint32_t weight = 0;

	for (unsigned i = 0; i < h->meters.n_views && f->n_links; i++)
		if (h->meters.view[i].exporter == f->links[0].exporter &&
		    h->meters.view[i].weight > weight)
			weight = h->meters.view[i].weight;
	return weight ? weight : h->sampling_max > 1 ? h->sampling_max : 1;
}

static double rounded(double pps, uint64_t threshold, unsigned grains)
{
	double grain = (double)threshold / grains;

	return grain > 0 ? (double)(uint64_t)(pps / grain + 0.5) * grain : 0;
}

/* Ordinary connections send a request and at least four packets more (syn_flood.c). */
#define OF_A_CONNECTION 4

/*
 * What comes of vector @v without an attack and is explained by habit. What is usual and
 * unexplained would itself be an attack, or is one that was not seen so far.
 */
struct blind_usual blind_usual_of(const struct usual *u, enum vector v, uint64_t threshold,
				  bool sampled, unsigned grains)
{
	const struct detector *d = detectors[v];
	struct blind_usual out = {.known = usual_has_history(u)};
	double in, answering = 0, answers;

	if (!out.known || v == VECTOR_AMPLIFICATION || threshold == RATE_NEVER)
		return out;
	in = u->rate[v];
	for (unsigned i = 0; d->answered_by[i]; i++)
		answering += u->rate[d->answered_by[i]];
	answers = answering * d->answers;
	if (v == VECTOR_SYN_FLOOD && sampled)
		answers = u->rate[METER_TCP] >= OF_A_CONNECTION * in ? in : 0;
	out.pps = rounded(answers < in ? answers : in, threshold, grains);
	out.explained_pps = v == VECTOR_DNS_QUERY_FLOOD ? 2 * out.pps : out.pps;
	if (in <= answers && v != VECTOR_SYN_FLOOD && v != VECTOR_DNS_QUERY_FLOOD) {
		out.answering_pps = rounded(answering, threshold, grains);
		out.answers = d->answers;
	}
	return out;
}

static enum blind_level level_of_hot(const struct hot *h)
{
	static const enum blind_level levels[LEVEL_COUNT] = {
		[LEVEL_LINK] = BLIND_LINK, [LEVEL_NETWORK] = BLIND_NETWORK};

	if (h->level != LEVEL_PREFIX)
		return levels[h->level];
	return h->key.len == (ip_is_v4(&h->key.addr) ? PREFIX_V4_BASE + 24 : 64) ? BLIND_24
										 : BLIND_20;
}

static void keep_smaller(struct finding *f, const struct blind_answer *a)
{
	if (!a->seen || (f->blind_pps && a->pps >= f->blind_pps))
		return;
	f->blind_pps = a->pps;
	f->blind_bps = a->bps;
	f->blind_seconds = a->seconds;
	f->blind_confidence = a->confidence;
	f->blind_at_least = a->at_least;
}

/* The slowest of them. */
static uint32_t flows_s(const struct finding *f, struct exporters *ex)
{
	uint32_t most = 0;

	for (unsigned i = 0; i < f->n_exporters; i++) {
		uint32_t s = blind_view_of(exporters_get(ex, f->exporters[i])).delay_s;

		most = s > most ? s : most;
	}
	return most;
}

void attack_blind(struct blind *b, const struct attack *a, const struct conf *conf,
		  struct exporters *ex, struct finding *f)
{
	const struct hot *h = a->hot;
	enum vector v = track_vector(a->main);
	struct blind_question q = {
		.detector = v,
		.port = track_port(h, a->main),
		.level = level_of_hot(h),
		.thresholds = h->level == LEVEL_LINK || h->level == LEVEL_NETWORK
				      ? &conf->thresholds
				      : h->th,
		.link_bps = f->link_capacity_bps,
		.view = {.sampling = sampling_of(h, f),
			 .sampling_known = !h->sampling_unknown,
			 .flows = h->has_flows,
			 .contents = !h->has_flows},
		.seconds = WITHIN_S,
	};
	struct blind_answer answer;

	f->flows_s = flows_s(f, ex);
	q.usual = blind_usual_of(h->usual, v, hot_threshold(h, v, q.port), q.view.sampling > 1,
				 GRAINS);
	answer = blind_ask(b, &q);
	keep_smaller(f, &answer);
	/* Whatever it is made of, all packets together would have shown it. */
	q.usual = (struct blind_usual){.known = q.usual.known};
	for (unsigned any = BLIND_PACKETS; any < BLIND_DETECTORS && (a->any_only || !f->blind_pps);
	     any++) {
		q.detector = any;
		answer = blind_ask(b, &q);
		keep_smaller(f, &answer);
	}
}
