/* SPDX-License-Identifier: ISC */
#include "detect/history.h"

#include <errno.h>
#include <stdlib.h>

#include "detect/hot_inside.h"

#define REPLAY_US	 (2 * US_PER_S)
#define ICMP_ECHO_REPLY	 0
#define ICMP6_ECHO_REPLY 129

int history_init(struct history *h)
{
	h->record = calloc(HISTORY_ROOM, sizeof(*h->record));
	h->brief = aligned_alloc(64, HISTORY_ROOM * sizeof(*h->brief));
	kinds_init(&h->kinds);
	return h->record && h->brief ? 0 : -ENOMEM;
}

void history_deinit(struct history *h)
{
	free(h->record);
	free(h->brief);
}

static bool is_special(const struct flow *f, const struct flow_side *side)
{
	if (f->proto != PROTO_TCP)
		return true;
	return (f->tcp_flags & (TH_SYN | TH_RST)) ||
	       (side->flags & (FLOW_FRAGMENT | FLOW_MALFORMED)) || side->app == APP_HTTP_REQUEST;
}

/* The meter of what it is for its sender: a reason for as much in return, or none (0). */
static uint8_t answers_of(const struct flow *f, const struct flow_side *s)
{
	/* Replies to pings are no reason for more pings; without a type (0) it may be one. */
	if ((f->proto == PROTO_ICMP && s->icmp_type == ICMP_ECHO_REPLY) ||
	    (f->proto == PROTO_ICMP6 && s->icmp_type == ICMP6_ECHO_REPLY) ||
	    (f->proto == PROTO_TCP && (f->tcp_flags & TH_RST)))
		return 0;
	return f->proto == PROTO_TCP   ? METER_OUT_TCP
	       : f->proto == PROTO_UDP ? METER_OUT_UDP
				       : METER_OUT_OTHER;
}

uint64_t history_put(struct history *h, const struct flow_batch *b, uint32_t i, bool own_source)
{
	uint64_t number = h->end++;
	struct evidence_record *e = history_record(h, number);
	struct brief *at = history_brief(h, number);
	const struct flow *f = &b->flow[i];
	const struct flow_side *s = &b->side[i];
	uint32_t weight = flow_weight(s);

	e->flow = *f;
	e->side = *s;
	e->first_us = flow_first_us(b, i);
	e->last_us = flow_last_us(b, i);
	e->recv_us = flow_recv_us(b, i);
	at->dst = f->dst;
	at->src = f->src;
	at->packets = weighted(f->packets, weight);
	at->bytes = weighted(f->bytes, weight);
	at->second = (uint32_t)time_floor_s(e->recv_us);
	at->weight = weight;
	/* Saturated numbers tell nothing of how they came about. */
	at->kind = at->packets == f->packets * (uint64_t)weight ? kinds_find(&h->kinds, f, s)
								: KIND_ASK;
	at->special = is_special(f, s);
	at->own_source = own_source;
	at->answers = answers_of(f, s);
	at->opens = is_syn(f);
	at->late = weight > 1 && !(s->flags & FLOW_IS_PACKET);
	return number;
}

/* Its amounts are left as they are: zeroing them for each record took a tenth of the whole path. */
void history_prepare(const struct history *h, uint64_t number, struct hot_record *r)
{
	const struct evidence_record *e = history_record(h, number);
	const struct brief *b = history_brief(h, number);

	r->f = &e->flow;
	r->s = &e->side;
	r->first_us = e->first_us;
	r->last_us = e->last_us;
	r->recv_us = e->recv_us;
	r->packets = b->packets;
	r->bytes = b->bytes;
	r->weight = b->weight;
	r->kind = b->kind;
	r->answers = b->answers;
	r->opens = b->opens;
	r->entry = b->counting == COUNT_ENTRY;
	r->own_source = b->own_source;
	r->reported = r->hashed = false;
	/* A clock ahead of ours must not push the rings into the future. */
	if (r->last_us > r->recv_us + 2 * US_PER_S)
		r->last_us = r->recv_us;
	if (r->first_us > r->last_us)
		r->first_us = r->last_us;
	record_classify(&h->kinds, r);
}

struct look_back look_back(const struct history *h, const struct prefix *key, uint64_t end)
{
	struct look_back l = {.key = key,
			      .at = end > HISTORY_LOOK ? end - HISTORY_LOOK : 0,
			      .end = end,
			      .now_us = history_record(h, end)->recv_us};

	if (l.at < h->from)
		l.at = h->from;
	return l;
}

bool look_next(struct look_back *l, const struct history *h, uint64_t *number)
{
	while (l->at < l->end) {
		const struct brief *b = history_brief(h, l->at);
		int64_t recv_us;

		*number = l->at++;
		if (b->counting == COUNT_NOT ||
		    (!prefix_contains(l->key, &b->dst) && !prefix_contains(l->key, &b->src)))
			continue;
		recv_us = history_record(h, *number)->recv_us;
		if (recv_us <= l->now_us && l->now_us - recv_us <= REPLAY_US)
			return true;
	}
	return false;
}
