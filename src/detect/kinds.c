/* SPDX-License-Identifier: ISC */
#include "detect/kinds.h"

#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "detect/hot_inside.h"

#define ICMP_ECHO_REPLY	 0
#define ICMP6_ECHO_REPLY 129
#define KIND_USED	 (UINT32_C(1) << 31)
#define SLOTS		 (2 * KINDS)
#define SEVERAL		 3 /* packets; of two "all but one" and "one" cannot be told apart */

static void forget(struct kinds *k)
{
	memset(k->slot, 0, sizeof(k->slot));
	k->n = 1;
}

void kinds_init(struct kinds *k)
{
	memset(k, 0, sizeof(*k));
	k->n_dports = 1;
	for (unsigned v = 0; v < VECTOR_COUNT; v++)
		if (detectors[v]->dport && k->n_dports < KIND_PORTS)
			k->dport[k->n_dports++] = detectors[v]->dport;
	forget(k);
}

void kinds_turn(struct kinds *k)
{
	if (k->n == KINDS)
		forget(k);
}

/* A table: the protocol of the next record is anybody's guess. */
static unsigned family_index(uint8_t proto)
{
	static const uint8_t others[256] = {
		[PROTO_TCP] = 3, [PROTO_UDP] = 2, [PROTO_ICMP] = 1, [PROTO_ICMP6] = 1};

	return 3u - others[proto];
}

/* Replies to pings are no reason for more pings; without a type (0) it may be one. */
static bool is_echo_reply(const struct flow *f, const struct flow_side *s)
{
	return ((f->proto == PROTO_ICMP) & (s->icmp_type == ICMP_ECHO_REPLY)) |
	       ((f->proto == PROTO_ICMP6) & (s->icmp_type == ICMP6_ECHO_REPLY));
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
	if (is_echo_reply(f, s) || (f->proto == PROTO_TCP && (f->tcp_flags & TH_RST)))
		return 0;
	return f->proto == PROTO_TCP   ? METER_OUT_TCP
	       : f->proto == PROTO_UDP ? METER_OUT_UDP
				       : METER_OUT_OTHER;
}

void kind_look(struct kind *kind, const struct flow *f, const struct flow_side *s)
{
	kind->special = is_special(f, s) ? SPECIAL_ALL : SPECIAL_NONE;
	kind->opens = is_syn(f);
	kind->answers = answers_of(f, s);
}

/*
 * Where in the list of ports that detectors ask for it stands; 0: nowhere. All are compared at once
 * and without a branch: which port comes next is anybody's guess.
 */
static unsigned port_index(const struct kinds *k, uint16_t port)
{
	unsigned bits = 1u << KIND_PORTS;

#ifdef __SSE2__
	const __m128i *ports = (const __m128i *)(const void *)k->dport;
	__m128i of = _mm_set1_epi16((short)port);
	__m128i equal = _mm_packs_epi16(_mm_cmpeq_epi16(_mm_load_si128(ports), of),
					_mm_cmpeq_epi16(_mm_load_si128(ports + 1), of));

	bits |= (unsigned)_mm_movemask_epi8(equal) & ~1u & -(unsigned)(port != 0);
#else
	for (unsigned i = 1; i < k->n_dports; i++)
		bits |= (unsigned)(port == k->dport[i]) << i;
#endif
	return (unsigned)__builtin_ctz(bits) % KIND_PORTS;
}

/* Everything that a counting function may look at; 0 for records that must be asked about. */
static uint32_t key_of(const struct kinds *k, const struct flow *f, const struct flow_side *s)
{
	uint32_t flags = s->flags, key;

	if (((flags & (FLOW_FRAGMENT | FLOW_LATER_FRAGMENT | FLOW_MALFORMED)) != 0) |
	    (f->packets == 0) | (((uint32_t)f->sport | f->dport) == 0))
		return 0;
	key = family_index(f->proto) | (f->tcp_flags & -(uint32_t)(f->proto == PROTO_TCP)) << 2;
	key |= port_index(k, f->dport) << 10 | (uint32_t)(s->app & 15) << 14;
	key |= (flags & FLOW_IS_PACKET ? 1u : 0u) << 18 | (f->packets == 1) << 19;
	key |= (f->dport <= f->sport) << 20 | (flow_weight(s) == 1) << 21;
	return key | (uint32_t)is_echo_reply(f, s) << 22 | KIND_USED;
}

/* A flow record that tells of a whole connection, and whether data came over it. */
static bool is_connection(const struct flow *f, const struct flow_side *s)
{
	return !(s->flags & FLOW_IS_PACKET) && flow_weight(s) == 1 && record_holds_syn(f, s) &&
	       (f->tcp_flags & TH_ACK);
}

static bool put_part(struct kind *kind, unsigned meter, enum kind_amount amount)
{
	if (kind->n == KIND_PARTS)
		return false;
	kind->part[kind->n].meter = (uint8_t)meter;
	kind->part[kind->n++].amount = (uint8_t)amount;
	return true;
}

/* Asked of a record like this one, but of several packets where it has more than one. */
static bool find_out(struct kind *kind, const struct flow *of, const struct flow_side *s)
{
	unsigned family = 1u << family_index(of->proto);
	struct flow f = *of;
	bool fits = true;

	f.packets = of->packets == 1 ? 1 : SEVERAL;
	for (unsigned v = 0; v < VECTOR_COUNT && fits; v++) {
		uint64_t n = 0;

		if ((detectors[v]->families & family) && detectors[v]->count)
			n = detectors[v]->count(&f, s);
		if (n == f.packets)
			fits = put_part(kind, v, AMOUNT_ALL);
		else if (n)
			fits = n == 1		    ? put_part(kind, v, AMOUNT_ONE)
			       : n == f.packets - 1 ? put_part(kind, v, AMOUNT_BUT_ONE)
						    : false;
	}
	if (fits && is_connection(of, s)) {
		fits = put_part(kind, VECTOR_CONN_FLOOD, AMOUNT_UNIT);
		if (fits && (of->tcp_flags & TH_PSH))
			fits = put_part(kind, METER_DATA, AMOUNT_UNIT);
	}
	return fits;
}

/* Of a connection's packets one is its SYN; all the others count for the acknowledgements alone. */
static enum special special_of(const struct kind *kind)
{
	enum special most = SPECIAL_NONE;

	for (unsigned i = 0; i < kind->n; i++) {
		unsigned amount = kind->part[i].amount;

		if (kind->part[i].meter == VECTOR_ACK_FLOOD || kind->part[i].meter == METER_DATA)
			continue;
		if (amount == AMOUNT_ALL || amount == AMOUNT_BUT_ONE)
			most = SPECIAL_ALL;
		else if (most == SPECIAL_NONE)
			most = SPECIAL_ONE;
	}
	return most;
}

/* The slot of a key, an empty one where it is not known. */
static unsigned slot_of(const struct kinds *k, uint32_t key)
{
	unsigned i = (key * 0x9e3779b1u) >> 21;

	while (k->slot[i] && k->kind[k->slot[i]].key != key)
		i = (i + 1) % SLOTS;
	return i;
}

uint16_t kinds_peek(const struct kinds *k, const struct flow *f, const struct flow_side *s)
{
	uint32_t key = key_of(k, f, s);

	return key ? k->slot[slot_of(k, key)] : KIND_ASK;
}

uint16_t kinds_find(struct kinds *k, const struct flow *f, const struct flow_side *s)
{
	uint32_t key = key_of(k, f, s);
	struct kind *kind;
	unsigned i;

	if (!key)
		return KIND_ASK;
	i = slot_of(k, key);
	if (k->slot[i] || k->n == KINDS)
		return k->slot[i];
	kind = &k->kind[k->n];
	*kind = (struct kind){.key = key};
	kind_look(kind, f, s);
	if (!find_out(kind, f, s))
		return KIND_ASK;
	kind->special = special_of(kind);
	k->slot[i] = (uint16_t)k->n++;
	return k->slot[i];
}

static void put_amount(struct hot_record *r, unsigned meter, uint64_t packets)
{
	if (packets)
		r->amount[r->n_amounts++] = (struct amount){.meter = (uint8_t)meter, .n = packets};
}

static void ask_detectors(struct hot_record *r)
{
	unsigned family = 1u << family_index(r->f->proto);

	for (unsigned v = 0; v < VECTOR_COUNT; v++)
		if ((detectors[v]->families & family) && detectors[v]->count)
			put_amount(r, v, weighted(detectors[v]->count(r->f, r->s), r->weight));
	if (!is_connection(r->f, r->s))
		return;
	put_amount(r, VECTOR_CONN_FLOOD, 1);
	put_amount(r, METER_DATA, r->f->tcp_flags & TH_PSH ? 1 : 0);
}

static void recall(const struct kind *kind, struct hot_record *r)
{
	uint64_t amounts[AMOUNTS];

	kind_amounts(r->packets, r->weight, amounts);
	for (unsigned i = 0; i < kind->n; i++)
		put_amount(r, kind->part[i].meter, amounts[kind->part[i].amount]);
}

/*
 * The first and last of k sampled packets lie inside the flow: of k even draws from a time T the
 * mean span is T (k - 1) / (k + 1). Without widening, sampled flows would pile up in the middle of
 * an attack (a peak 42 % too high was seen at 1:100).
 */
static struct span spread_of(const struct hot_record *r)
{
	int64_t first_us = r->first_us, last_us = r->last_us, more;

	if (r->weight <= 1 || r->f->packets < 2 || first_us == last_us)
		return span_of(first_us, last_us);
	more = (last_us - first_us) / (int64_t)(r->f->packets - 1);
	first_us -= more;
	last_us += more;
	if (last_us > r->recv_us && r->recv_us >= r->last_us)
		last_us = r->recv_us;
	return span_of(first_us, last_us);
}

void record_classify(const struct kinds *k, struct hot_record *r)
{
	int64_t seconds = (r->last_us - r->first_us) / US_PER_S;

	r->span = spread_of(r);
	r->last_bin = r->weight <= 1 ? r->span.last : bin_of(r->last_us);
	r->recv_bin = r->recv_us == r->last_us ? r->last_bin : bin_of(r->recv_us);
	r->seconds = seconds < 1 ? 1 : seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
	r->n_amounts = 0;
	put_amount(r, METER_PACKETS, r->packets);
	if (r->kind == KIND_ASK)
		ask_detectors(r);
	else
		recall(&k->kind[r->kind], r);
}
