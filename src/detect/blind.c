/* SPDX-License-Identifier: ISC */
/*
 * What each detector at each level asks for, as a case for the trials; and the memory of cases that
 * were tried.
 */
#include "detect/blind.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "detect/blind_trial.h"
#include "detect/detector.h"
#include "detect/shard.h"

#define CASES_KEPT  256
#define REPLAY_BINS (2 * BINS_PER_S) /* history.c */
#define INACTIVE_S  15		     /* usual inactive timeout, where none was told */

struct kept {
	struct blind_case c;
	double pps, confidence;
};

struct blind {
	struct kept kept[CASES_KEPT];
	unsigned n, next;
};

/* What makes a vector harder to see than its threshold says. */
struct hindrance {
	uint32_t support;  /* sampled: so many in ten seconds, else it is taken for chance */
	bool learnt;	   /* what lasts until there is a history is taken for the usual */
	bool contents;	   /* needs what packets hold */
	bool every_packet; /* says nothing of sampled packets */
};

static const struct hindrance hindrances[VECTOR_COUNT] = {
	/* syn_flood.c: six of six requests are no crowd's by chance, five of five may be. */
	[VECTOR_SYN_FLOOD] = {.support = 6},
	/* Handshakes are only followed where each packet is seen. */
	[VECTOR_CONN_FLOOD] = {.every_packet = true},
	[VECTOR_HTTP_FLOOD] = {.every_packet = true, .contents = true},
	/* dns_query_flood.c: twice the usual is explained, once there is a history. */
	[VECTOR_DNS_QUERY_FLOOD] = {.learnt = true},
};

struct blind *blind_new(void)
{
	return calloc(1, sizeof(struct blind));
}

struct blind *blind_free(struct blind *b)
{
	free(b);
	return NULL;
}

struct blind_view blind_view_of(const struct exporter *e)
{
	bool packets = e->is_capture || e->formats == EXPORT_SFLOW;
	struct blind_view v = {
		.sampling = e->sampling_max ? e->sampling_max : 1,
		.sampling_known = e->is_capture || e->sampling_known,
		.sampling_mixed = e->sampling_min && e->sampling_min != e->sampling_max,
		.flows = !packets,
		.contents = packets,
	};

	if (packets)
		return v;
	v.delay_s = e->active_timeout_s ? e->active_timeout_s : e->longest_flow_s;
	v.delay_short_s = e->inactive_timeout_s ? e->inactive_timeout_s : INACTIVE_S;
	if (v.delay_s < v.delay_short_s)
		v.delay_s = v.delay_short_s;
	return v;
}

static uint32_t times_of(const struct blind_question *q)
{
	return q->level == BLIND_24   ? level_times(q->thresholds, 1)
	       : q->level == BLIND_20 ? level_times(q->thresholds, 2)
				      : 1;
}

/* At the level; RATE_NEVER where it is never an attack there. */
static uint64_t threshold_of(const struct blind_question *q)
{
	const struct thresholds *t = q->thresholds;
	uint64_t rate, times = times_of(q);

	if (times == UINT32_MAX)
		return RATE_NEVER;
	if (q->level == BLIND_LINK)
		return q->detector == BLIND_BITS && q->link_bps && t->link_percent &&
				       t->link_percent <= 100
			       ? q->link_bps / 100 * t->link_percent
			       : RATE_NEVER;
	if (q->level == BLIND_NETWORK)
		return q->detector < VECTOR_COUNT && q->detector != VECTOR_ACK_FLOOD &&
				       t->network_pps != RATE_INHERIT
			       ? t->network_pps
			       : RATE_NEVER;
	rate = q->detector == BLIND_BITS ? t->any_bps
	       : q->detector == BLIND_PACKETS
		       ? t->any_pps
		       : thresholds_pps(t, (enum vector)q->detector, q->port);
	return rate == RATE_INHERIT || rate >= RATE_NEVER / times ? RATE_NEVER : rate * times;
}

static uint32_t packet_bytes(const struct blind_question *q)
{
	return q->packet_bytes ? q->packet_bytes : BLIND_PACKET_BYTES;
}

/* From when a destination is busy, and always followed: feed.c, by the measures of a cell. */
static void set_follow(const struct blind_question *q, struct blind_case *c)
{
	unsigned level = q->level == BLIND_24 ? 1 : q->level == BLIND_20 ? 2 : 0;
	bool special = q->detector < VECTOR_COUNT && q->detector != VECTOR_ACK_FLOOD;
	struct follow_rate f;

	if (q->level == BLIND_NETWORK)
		return;
	if (q->level == BLIND_LINK) {
		c->least = c->threshold / 2;
		return;
	}
	follow_rate_read(&f, q->thresholds);
	c->least = (double)f.least[level][special ? FILL_SPECIAL : FILL_PACKETS];
	if (special)
		c->least = fmin(c->least, (double)f.least[level][FILL_PACKETS]);
	if (q->detector == BLIND_BITS)
		c->least = fmin(c->least, (double)f.least[level][FILL_BYTES] / packet_bytes(q));
	c->near = level ? 0 : c->least * FOLLOW_NEAR;
}

/* Of what came before a destination is followed, the last records of two seconds are at hand. */
static uint32_t replay_bins(uint32_t records_per_s)
{
	uint32_t bins = records_per_s ? HISTORY_LOOK * BINS_PER_S / records_per_s : REPLAY_BINS;

	return bins < REPLAY_BINS ? bins : REPLAY_BINS;
}

static enum blind_reason make_case(const struct blind_question *q, uint64_t threshold,
				   struct blind_case *c)
{
	const struct hindrance *h =
		q->detector < VECTOR_COUNT ? &hindrances[q->detector] : &(struct hindrance){0};
	bool sampled = q->view.sampling > 1;

	memset(c, 0, sizeof(*c)); /* compared as bytes */
	if (threshold == RATE_NEVER)
		return BLIND_OFF;
	if (h->contents && !q->view.contents)
		return BLIND_NO_CONTENT;
	if (h->every_packet && sampled)
		return BLIND_SAMPLED;
	c->threshold = (double)threshold;
	c->bits = q->detector == BLIND_BITS;
	if (c->bits)
		c->threshold /= 8.0 * packet_bytes(q);
	c->seconds = fmin(fmax(q->seconds, 1), BLIND_SECONDS_MAX);
	c->confidence = BLIND_SURE;
	c->usual = q->usual.pps;
	c->explained = q->usual.explained_pps;
	c->answering = c->explained > 0 ? q->usual.answering_pps : 0;
	c->answers = c->answering > 0 ? q->usual.answers : 0;
	c->known = q->usual.known;
	c->noise = q->detector >= VECTOR_COUNT ? ANY_ANSWERS : detectors[q->detector]->noise;
	c->noise = c->noise > 0 ? c->noise : 2;
	c->sampling = sampled ? q->view.sampling : 1;
	c->support = sampled ? h->support : 0;
	c->history_s = USUAL_LAG + HEALTHY_SECONDS + (q->view.flows && sampled ? USUAL_LATE_S : 0);
	if (h->learnt && !c->known && q->level < BLIND_LINK)
		c->learnt_s = c->history_s;
	c->link = q->level >= BLIND_LINK;
	c->replay = c->link ? 0 : replay_bins(q->view.records_per_s);
	set_follow(q, c);
	return BLIND_TOLD;
}

static const struct kept *try_case(struct blind *b, const struct blind_case *c)
{
	struct kept *k;

	for (unsigned i = 0; i < b->n; i++)
		if (memcmp(&b->kept[i].c, c, sizeof(*c)) == 0)
			return &b->kept[i];
	k = &b->kept[b->next];
	k->pps = blind_size(c, &k->confidence);
	if (k->pps < 0)
		return NULL;
	k->c = *c;
	b->next = (b->next + 1) % CASES_KEPT;
	b->n = b->n < CASES_KEPT ? b->n + 1 : b->n;
	return k;
}

struct blind_answer blind_ask(struct blind *b, const struct blind_question *q)
{
	struct blind_answer a = {
		.threshold = threshold_of(q), .seconds = q->seconds, .confidence = BLIND_SURE};
	const struct kept *k;
	struct blind_case c;

	a.reason = make_case(q, a.threshold, &c);
	if (a.reason != BLIND_TOLD)
		return a;
	k = try_case(b, &c);
	if (!k) {
		a.reason = BLIND_NO_MEMORY;
		return a;
	}
	a.seen = true;
	a.seconds = c.seconds;
	a.confidence = k->confidence;
	if (!(k->pps < 1e15)) {
		a.seen = false;
		a.reason = BLIND_HIDDEN;
		return a;
	}
	a.pps = (uint64_t)ceil(k->pps);
	a.bps = c.bits ? (uint64_t)ceil(k->pps * 8 * packet_bytes(q)) : 0;
	if (!q->view.sampling_known) {
		a.at_least = true;
		a.reason = BLIND_UNKNOWN;
	} else if (q->view.sampling_mixed) {
		a.reason = BLIND_MIXED;
	}
	return a;
}

const char *blind_detector_name(unsigned detector, uint16_t port, char *buf)
{
	return detector == BLIND_PACKETS ? "any"
	       : detector == BLIND_BITS	 ? "any_bits"
					 : vector_name((enum vector)detector, port, buf);
}

const char *blind_level_name(enum blind_level l)
{
	static const char *const names[BLIND_LEVELS] = {"host", "prefix24", "prefix20", "link",
							"network"};

	return names[l];
}

static const struct {
	const char *name, *en, *ja;
} reasons[BLIND_REASONS] = {
	[BLIND_TOLD] = {"", "", ""},
	[BLIND_OFF] = {"threshold_never", "the threshold says never", "しきい値が never"},
	[BLIND_SAMPLED] = {"sampled", "it takes every packet, and the exporter samples",
			   "全パケットが要るが、エクスポーターは標本しか送らない"},
	[BLIND_NO_CONTENT] = {"no_content", "flow records do not tell what packets hold",
			      "フローレコードはパケットの中身を伝えない"},
	[BLIND_UNKNOWN] = {"sampling_unknown", "nobody told the sampling, so it may be much more",
			   "サンプリングが不明なため、実際はもっと大きいことがある"},
	[BLIND_MIXED] = {"sampling_mixed", "for the coarsest of several sampling factors",
			 "複数のサンプリング比のうち最も粗いものについて"},
	[BLIND_HIDDEN] = {"hidden", "what is usual there hides it", "平常時の量に隠れる"},
	[BLIND_NO_MEMORY] = {"no_memory", "no memory to find out", "メモリー不足で求められない"},
};

const char *blind_reason_name(enum blind_reason r)
{
	return reasons[r].name;
}

const char *blind_reason_text(enum blind_reason r, bool ja)
{
	return ja ? reasons[r].ja : reasons[r].en;
}
