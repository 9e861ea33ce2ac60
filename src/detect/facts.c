/* SPDX-License-Identifier: ISC */
#include "detect/facts.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define SLOTS_EACH 2
#define ROOM_FIRST 64
#define NEXT_MAX   4  /* steps from one IP-ID to the next that one counter makes */
#define BARE_IP4   40 /* IPv4 and TCP header without an option */
#define BARE_IP6   60

static unsigned slot_of(const struct facts *f, const struct ip *ip, uint64_t hash)
{
	unsigned i = (unsigned)hash & (SLOTS_EACH * f->room - 1);

	while (f->slot[i] && (f->source[f->slot[i] - 1].hash != hash ||
			      !ip_equal(&f->source[f->slot[i] - 1].ip, ip)))
		i = (i + 1) & (SLOTS_EACH * f->room - 1);
	return i;
}

static void fill_slots(struct facts *f)
{
	memset(f->slot, 0, SLOTS_EACH * f->room * sizeof(*f->slot));
	for (unsigned i = 0; i < f->n; i++)
		f->slot[slot_of(f, &f->source[i].ip, f->source[i].hash)] = (uint16_t)(i + 1);
}

/* Twice the room, a power of two; what there is stays when memory is out. */
static bool grow(struct facts *f)
{
	unsigned room = f->room ? 2 * f->room : ROOM_FIRST;
	struct facts_source *s = realloc(f->source, room * sizeof(*s));
	uint16_t *slot = s ? malloc(SLOTS_EACH * room * sizeof(*slot)) : NULL;

	f->source = s ? s : f->source;
	f->failed = !slot;
	if (!slot)
		return false;
	free(f->slot);
	f->slot = slot;
	f->room = room;
	fill_slots(f);
	return true;
}

struct facts *facts_new(void)
{
	struct facts *f = calloc(1, sizeof(*f));

	if (!f || !grow(f))
		return facts_free(f);
	f->until = FACTS_WHOLE;
	return f;
}

struct facts *facts_free(struct facts *f)
{
	if (!f)
		return NULL;
	free(f->source);
	free(f->slot);
	free(f);
	return NULL;
}

struct facts_source *facts_find(const struct facts *f, const struct ip *ip, uint64_t hash)
{
	unsigned i = slot_of(f, ip, hash);

	return f->slot[i] ? &f->source[f->slot[i] - 1] : NULL;
}

void facts_mark(struct facts *f, const struct ip *ip, uint64_t hash, enum facts_flag flag)
{
	unsigned i;

	if (!facts_in(f, hash))
		return;
	i = slot_of(f, ip, hash);
	if (f->slot[i])
		f->source[f->slot[i] - 1].flags |= (uint8_t)flag;
}

/* One bit more: about half of them leave, the others keep their order. */
static void let_go(struct facts *f)
{
	unsigned kept = 0;

	f->level++;
	for (unsigned i = 0; i < f->n; i++)
		if (facts_in(f, f->source[i].hash))
			f->source[kept++] = f->source[i];
	f->n = kept;
	fill_slots(f);
}

static struct facts_source *take(struct facts *f, const struct flow *flow, uint64_t hash)
{
	unsigned i = slot_of(f, &flow->src, hash);

	if (f->slot[i])
		return &f->source[f->slot[i] - 1];
	while (f->n == FACTS_SOURCES && f->level < 63)
		let_go(f);
	if (!facts_in(f, hash) || f->failed || (f->n == f->room && !grow(f)))
		return NULL;
	i = slot_of(f, &flow->src, hash);
	f->slot[i] = (uint16_t)(f->n + 1);
	f->source[f->n] =
		(struct facts_source){.ip = flow->src, .hash = hash, .exporter = flow->exporter};
	return &f->source[f->n++];
}

/* So many packets were looked at that half of the senders will do, or of their packets a part. */
static void settle(struct facts *f)
{
	if (f->n >= FACTS_KEPT) {
		let_go(f);
		f->until += FACTS_WHOLE / 2;
		return;
	}
	f->thinned = true;
	f->until = UINT64_MAX;
}

static uint32_t seconds(int64_t us)
{
	return us < 0 ? 0 : (uint32_t)(us / US_PER_S);
}

static bool is_bare_syn(const struct flow *f, uint16_t length)
{
	return f->proto == PROTO_TCP && (f->tcp_flags & (TH_SYN | TH_ACK)) == TH_SYN &&
	       length <= (ip_is_v4(&f->src) ? BARE_IP4 : BARE_IP6);
}

static void begin(struct facts_source *s, const struct flow *f, const struct flow_side *side,
		  int64_t first_us)
{
	uint64_t mean = f->packets ? f->bytes / f->packets : 0;

	s->first_s = seconds(first_us);
	s->link = f->in_link;
	s->length = mean > UINT16_MAX ? UINT16_MAX : (uint16_t)mean;
	s->window = side->tcp_window;
	s->flags |= side->flags & FLOW_HAS_WINDOW ? FACTS_HAS_WINDOW : 0;
	s->flags |= side->flags & FLOW_IS_PACKET ? FACTS_IS_PACKET : 0;
	s->flags |= s->length && is_bare_syn(f, s->length) ? FACTS_BARE_SYN : 0;
}

static uint32_t add_capped(uint32_t a, uint32_t b)
{
	return a + b < a ? UINT32_MAX : a + b;
}

static void note_id(struct facts *f, const struct flow *flow, const struct flow_side *side)
{
	uint16_t step = (uint16_t)(side->ip_id - f->last_id);

	if (!(side->flags & FLOW_HAS_IP_ID))
		return;
	if (f->ids && !ip_equal(&f->last_ip, &flow->src)) {
		f->ids_next += step >= 1 && step <= NEXT_MAX;
		f->ids_same += step == 0;
	}
	f->ids++;
	f->last_id = side->ip_id;
	f->last_ip = flow->src;
}

struct facts_source *facts_add_looked(struct facts *f, const struct flow *flow,
				      const struct flow_side *side, uint64_t hash, int64_t first_us,
				      int64_t last_us)
{
	struct facts_source *s;

	if (f->seen <= FACTS_FIRST)
		note_id(f, flow, side);
	if (!facts_in(f, hash))
		return NULL;
	if (f->counted++ >= f->until)
		settle(f);
	s = take(f, flow, hash);
	/* Several exporters may show one packet: a sender's count by the first that showed it. */
	if (!s || s->exporter != flow->exporter)
		return NULL;
	if (!s->records)
		begin(s, flow, side, first_us);
	else if (s->link != flow->in_link)
		s->other_link = flow->in_link;
	s->records = add_capped(s->records, 1);
	s->packets = add_capped(s->packets, flow->packets);
	s->last_s = seconds(last_us);
	if (side->flags & FLOW_HAS_TTL) {
		s->ttl = s->flags & FACTS_HAS_TTL ? s->ttl : side->ttl;
		s->ttls |= UINT32_C(1) << (side->ttl % 32);
		s->flags |= FACTS_HAS_TTL;
	}
	if ((flow->proto == PROTO_TCP) & ((flow->tcp_flags & TH_RST) != 0))
		s->flags |= FACTS_RESET;
	return s;
}

uint64_t facts_memory(const struct facts *f)
{
	return f ? sizeof(*f) + f->room * (sizeof(*f->source) + SLOTS_EACH * sizeof(*f->slot)) : 0;
}
