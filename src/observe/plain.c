/* SPDX-License-Identifier: ISC */
/*
 * Is this template plain, and which permutation is it? A field of the flow may come from one of
 * several elements; the tables here have the same order of preference as export_record.c and
 * export_time.c. What stands in no table makes the template not plain.
 */
#include "observe/plain.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define IN_IMAGE(field) ((uint8_t)offsetof(struct plain_image, field))
#define CHOICES_MAX	5
#define V4_IN_IP	12 /* an IPv4 address within struct ip, behind ::ffff: */

/* A field, and the elements that may fill it, best first. */
struct choice {
	uint8_t to, width; /* in the image */
	uint8_t longest;   /* element that still means the same when it is only moved */
	uint8_t spare;	   /* enum plain_spare, 0: several elements are not plain */
	uint8_t slots[CHOICES_MAX];
};

static const struct choice choices[] = {
	{IN_IMAGE(flow.src), 16, 16, 0, {SLOT_SRC4, SLOT_SRC6}},
	{IN_IMAGE(flow.dst), 16, 16, 0, {SLOT_DST4, SLOT_DST6}},
	{IN_IMAGE(flow.sport),
	 2,
	 8,
	 SPARE_SPORT,
	 {SLOT_SRC_PORT, SLOT_UDP_SRC_PORT, SLOT_TCP_SRC_PORT}},
	{IN_IMAGE(flow.dport),
	 2,
	 8,
	 SPARE_DPORT,
	 {SLOT_DST_PORT, SLOT_UDP_DST_PORT, SLOT_TCP_DST_PORT}},
	{IN_IMAGE(flow.tcp_flags), 1, 8, 0, {SLOT_FLAGS}},
	{IN_IMAGE(side.next_hop),
	 16,
	 16,
	 SPARE_HOP,
	 {SLOT_NEXT_HOP4, SLOT_NEXT_HOP6, SLOT_BGP_NEXT_HOP4, SLOT_BGP_NEXT_HOP6}},
	{IN_IMAGE(side.src_as), 4, 8, 0, {SLOT_SRC_AS}},
	{IN_IMAGE(side.dst_as), 4, 8, 0, {SLOT_DST_AS}},
	{IN_IMAGE(side.vlan), 2, 8, SPARE_VLAN, {SLOT_VLAN, SLOT_DOT1Q_VLAN}},
	{IN_IMAGE(side.tcp_window), 2, 8, 0, {SLOT_WINDOW}},
	{IN_IMAGE(side.ip_id), 2, 8, 0, {SLOT_IP_ID}},
	{IN_IMAGE(side.fragment), 2, 8, 0, {SLOT_FRAGMENT_OFFSET}},
	{IN_IMAGE(side.ttl), 1, 8, SPARE_TTL, {SLOT_TTL_MIN, SLOT_TTL}},
	{IN_IMAGE(side.tos), 1, 8, 0, {SLOT_TOS}},
	{IN_IMAGE(side.forwarding), 1, 1, 0, {SLOT_FORWARDING}},
	{IN_IMAGE(raw.in_if), 4, 4, 0, {SLOT_IN_IF}},
	{IN_IMAGE(raw.out_if), 4, 4, 0, {SLOT_OUT_IF}},
	{IN_IMAGE(raw.sampler), 8, 8, SPARE_SAMPLER, {SLOT_SAMPLER_ID, SLOT_SELECTOR_ID}},
	{IN_IMAGE(raw.sampling), 4, 4, 0, {SLOT_SAMPLING_INTERVAL}},
	{IN_IMAGE(raw.system_init_ms), 8, 8, 0, {SLOT_SYSTEM_INIT_MS}},
	{IN_IMAGE(raw.direction), 1, 1, 0, {SLOT_DIRECTION}},
	{IN_IMAGE(raw.fragment_flags), 1, 8, 0, {SLOT_FRAGMENT_FLAGS}},
};

static const struct choice masks[2][2] = {
	{{IN_IMAGE(side.src_mask), 1, 8, 0, {SLOT_SRC_MASK4}},
	 {IN_IMAGE(side.dst_mask), 1, 8, 0, {SLOT_DST_MASK4}}},
	{{IN_IMAGE(side.src_mask), 1, 8, 0, {SLOT_SRC_MASK6}},
	 {IN_IMAGE(side.dst_mask), 1, 8, 0, {SLOT_DST_MASK6}}},
};

/* Totals only count where the template has no delta at all. */
static const struct choice counters[2][2] = {
	{{IN_IMAGE(flow.bytes),
	  8,
	  8,
	  SPARE_BYTES,
	  {SLOT_OCTETS, SLOT_POST_OCTETS, SLOT_INITIATOR_OCTETS, SLOT_L2_OCTETS}},
	 {IN_IMAGE(raw.packets),
	  8,
	  8,
	  SPARE_PACKETS,
	  {SLOT_PACKETS, SLOT_POST_PACKETS, SLOT_INITIATOR_PACKETS}}},
	{{IN_IMAGE(flow.bytes),
	  8,
	  8,
	  SPARE_BYTES,
	  {SLOT_TOTAL_OCTETS, SLOT_POST_TOTAL_OCTETS, SLOT_L2_TOTAL_OCTETS}},
	 {IN_IMAGE(raw.packets),
	  8,
	  8,
	  SPARE_PACKETS,
	  {SLOT_TOTAL_PACKETS, SLOT_POST_TOTAL_PACKETS}}},
};

/* The finest pair counts; what is coarser is not looked at when both of its ends are good. */
static const uint8_t times[][2] = {
	{SLOT_START_NS, SLOT_END_NS}, {SLOT_START_US, SLOT_END_US},
	{SLOT_START_MS, SLOT_END_MS}, {SLOT_START_UPTIME, SLOT_END_UPTIME},
	{SLOT_START_S, SLOT_END_S},
};

/* Told and yet without a bearing on a plain record. */
static const uint8_t idle[] = {
	SLOT_SRC_MASK4,
	SLOT_DST_MASK4,
	SLOT_SRC_MASK6,
	SLOT_DST_MASK6,
	SLOT_TOTAL_OCTETS,
	SLOT_TOTAL_PACKETS,
	SLOT_POST_TOTAL_OCTETS,
	SLOT_POST_TOTAL_PACKETS,
	SLOT_L2_TOTAL_OCTETS,
	SLOT_START_NS,
	SLOT_END_NS,
	SLOT_START_US,
	SLOT_END_US,
	SLOT_START_MS,
	SLOT_END_MS,
	SLOT_START_UPTIME,
	SLOT_END_UPTIME,
	SLOT_START_S,
	SLOT_END_S,
	SLOT_START_DELTA_US,
	SLOT_END_DELTA_US,
	SLOT_DURATION_MS,
	SLOT_DURATION_US,
	SLOT_OBSERVED_NS,
	SLOT_OBSERVED_US,
	SLOT_OBSERVED_MS,
	SLOT_OBSERVED_S,
	SLOT_ACTIVE_TIMEOUT,
	SLOT_IDLE_TIMEOUT,
	SLOT_SCOPE_INTERFACE,
	SLOT_TEMPLATE_ID,
	SLOT_ICMP4,
	SLOT_ICMP6,
	SLOT_ICMP4_TYPE,
	SLOT_ICMP4_CODE,
	SLOT_ICMP6_TYPE,
	SLOT_ICMP6_CODE,
	SLOT_PROTOCOL,
	SLOT_NEXT_HEADER,
};

/* A program that grows; what of the template has found its place is in known. */
struct build {
	const struct template *t;
	struct plain p;
	uint64_t known[SLOT_WORDS];
};

static bool has(const struct template *t, uint8_t slot)
{
	return t->present[slot >> 6] >> (slot & 63) & 1;
}

static void know(struct build *b, uint8_t slot)
{
	b->known[slot >> 6] |= UINT64_C(1) << (slot & 63);
}

static const struct load *load_of(const struct template *t, uint8_t slot)
{
	for (uint16_t i = 0; i < t->n_loads; i++)
		if (t->loads[i].slot == slot)
			return &t->loads[i];
	return NULL;
}

static bool add_move(struct plain *p, uint8_t to, size_t from, uint8_t len, bool number)
{
	if (p->n_moves == PLAIN_MOVES)
		return false;
	p->moves[p->n_moves++] =
		(struct plain_move){.to = to, .from = (uint8_t)from, .len = len, .number = number};
	return true;
}

/* A number keeps its last bytes where its place is narrower: all places are unsigned. */
static bool move_number(struct build *b, const struct load *l, const struct choice *c)
{
	uint8_t len = l->len < c->width ? (uint8_t)l->len : c->width;

	return l->len <= c->longest &&
	       add_move(&b->p, c->to, l->offset + (size_t)l->len - len, len, true);
}

static bool move_address(struct build *b, const struct load *l, const struct choice *c)
{
	uint8_t *base = (uint8_t *)&b->p.base + c->to;

	if (l->kind == LOAD_IP6)
		return add_move(&b->p, c->to, l->offset, 16, false);
	base[10] = base[11] = 0xff;
	return add_move(&b->p, (uint8_t)(c->to + V4_IN_IP), l->offset, 4, false);
}

static bool choose(struct build *b, const struct choice *c)
{
	const struct load *first = NULL;

	for (size_t i = 0; i < CHOICES_MAX && c->slots[i] != SLOT_NONE; i++) {
		const struct load *l = load_of(b->t, c->slots[i]);

		if (!l)
			continue;
		know(b, l->slot);
		if (first && !c->spare)
			return false;
		if (first)
			b->p.spare |= c->spare;
		else
			first = l;
	}
	if (!first)
		return true;
	return first->slot >= SLOT_SRC4 ? move_address(b, first, c) : move_number(b, first, c);
}

static bool choose_all(struct build *b, const struct choice *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!choose(b, &c[i]))
			return false;
	return true;
}

static bool choose_family(struct build *b)
{
	bool v4 = has(b->t, SLOT_SRC4) && has(b->t, SLOT_DST4);

	b->p.v6 = has(b->t, SLOT_SRC6) && has(b->t, SLOT_DST6);
	return v4 != b->p.v6 && choose_all(b, masks[b->p.v6], 2);
}

static bool choose_counters(struct build *b)
{
	for (size_t i = 0; i < ARRAY_LEN(counters); i++) {
		uint8_t before = b->p.n_moves;

		if (!choose_all(b, counters[i], 2))
			return false;
		if (b->p.n_moves != before)
			return true;
	}
	return false;
}

static bool choose_times(struct build *b)
{
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		const struct choice start = {IN_IMAGE(raw.start), 8, 8, 0, {times[i][0]}};
		const struct choice end = {IN_IMAGE(raw.end), 8, 8, 0, {times[i][1]}};

		if (!has(b->t, times[i][0]) && !has(b->t, times[i][1]))
			continue;
		b->p.start_slot = times[i][0];
		return has(b->t, times[i][0]) && has(b->t, times[i][1]) && choose(b, &start) &&
		       choose(b, &end);
	}
	return false;
}

/* Without an element of its own the protocol is the one that the ports are named after. */
static bool choose_protocol(struct build *b)
{
	const struct choice told = {IN_IMAGE(flow.proto), 1, 8, 0, {SLOT_PROTOCOL}};
	const struct choice next = {IN_IMAGE(flow.proto), 1, 8, 0, {SLOT_NEXT_HEADER}};

	if (has(b->t, SLOT_PROTOCOL))
		return choose(b, &told);
	if (has(b->t, SLOT_NEXT_HEADER))
		return choose(b, &next);
	if (has(b->t, SLOT_TCP_SRC_PORT) || has(b->t, SLOT_TCP_DST_PORT))
		b->p.base.flow.proto = PROTO_TCP;
	else if (has(b->t, SLOT_UDP_SRC_PORT) || has(b->t, SLOT_UDP_DST_PORT))
		b->p.base.flow.proto = PROTO_UDP;
	return true;
}

static bool choose_icmp(struct build *b)
{
	static const uint8_t parts[] = {SLOT_ICMP4_TYPE, SLOT_ICMP4_CODE, SLOT_ICMP6_TYPE,
					SLOT_ICMP6_CODE};
	const struct choice both = {
		IN_IMAGE(raw.icmp), 2, 2, 0, {has(b->t, SLOT_ICMP4) ? SLOT_ICMP4 : SLOT_ICMP6}};
	const struct load *l = load_of(b->t, both.slots[0]);

	b->p.icmp_elsewhere =
		(has(b->t, SLOT_ICMP4) && has(b->t, SLOT_ICMP6)) || (l && l->len > both.longest);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		b->p.icmp_elsewhere |= has(b->t, parts[i]);
	return b->p.icmp_elsewhere || choose(b, &both);
}

static bool all_known(struct build *b)
{
	for (size_t i = 0; i < ARRAY_LEN(idle); i++)
		know(b, idle[i]);
	for (size_t i = 0; i < SLOT_WORDS; i++)
		if (b->t->present[i] & ~b->known[i])
			return false;
	return true;
}

/* The permutation byte by byte, from the moves. */
static void make_index(struct plain *p)
{
	memset(p->index, PLAIN_NOTHING, sizeof(p->index));
	for (size_t i = 0; i < p->n_moves; i++) {
		const struct plain_move *m = &p->moves[i];

		for (unsigned k = 0; k < m->len; k++)
			p->index[m->to + k] =
				(uint8_t)(m->number ? m->from + m->len - 1 - k : m->from + k);
	}
	for (size_t i = 0; i < PLAIN_IMAGE; i++)
		if (p->index[i] != PLAIN_NOTHING)
			p->moved[i / 64] |= UINT64_C(1) << (i % 64);
}

static bool tells_header(const struct plain *p)
{
	static const uint8_t of[] = {IN_IMAGE(side.ttl),	   IN_IMAGE(side.fragment),
				     IN_IMAGE(side.forwarding),	   IN_IMAGE(raw.direction),
				     IN_IMAGE(raw.fragment_flags), IN_IMAGE(side.next_hop.b[15])};
	bool told = false;

	for (size_t i = 0; i < ARRAY_LEN(of); i++)
		told |= p->index[of[i]] != PLAIN_NOTHING;
	return told;
}

/*
 * The first byte of @lane that has no window yet begins one; near the record's end the window moves
 * back, so that it never reads behind. Return: false when the lane has all its bytes.
 */
static bool next_window(const struct plain *p, uint8_t *left, struct plain_window *w)
{
	uint8_t least = PLAIN_NOTHING;

	for (unsigned i = 0; i < PLAIN_LANE; i++)
		if (left[i] < least)
			least = left[i];
	if (least == PLAIN_NOTHING)
		return false;
	w->at = least < p->record_len - PLAIN_LANE ? least : (uint8_t)(p->record_len - PLAIN_LANE);
	for (unsigned i = 0; i < PLAIN_LANE; i++) {
		bool within = left[i] != PLAIN_NOTHING && left[i] < w->at + PLAIN_LANE;

		w->mask[i] = within ? (uint8_t)(left[i] - w->at) : 0x80;
		if (within)
			left[i] = PLAIN_NOTHING;
	}
	return true;
}

static struct plain *finish(struct plain *p)
{
	struct plain_window windows[PLAIN_IMAGE]; /* at worst one for each byte */
	struct plain *out;

	make_index(p);
	p->header = tells_header(p);
	for (size_t lane = 0; lane < PLAIN_LANES; lane++) {
		uint8_t left[PLAIN_LANE];

		memcpy(left, &p->index[lane * PLAIN_LANE], PLAIN_LANE);
		while (next_window(p, left, &windows[p->n_windows])) {
			p->n_windows++;
			p->windows_of[lane]++;
		}
	}
	p->bytes = sizeof(*p) + p->n_windows * sizeof(windows[0]);
	out = malloc(p->bytes);
	if (!out)
		return NULL;
	memcpy(out, p, sizeof(*p));
	out->windows = (struct plain_window *)(void *)(out + 1);
	memcpy(out->windows, windows, p->n_windows * sizeof(windows[0]));
	return out;
}

struct plain *plain_new(const struct template *t)
{
	struct build b = {.t = t};

	if (t->options || t->variable || t->record_len < PLAIN_RECORD_MIN ||
	    t->record_len > PLAIN_RECORD_MAX)
		return NULL;
	b.p.record_len = (uint8_t)t->record_len;
	if (!choose_family(&b) || !choose_counters(&b) || !choose_times(&b) ||
	    !choose_protocol(&b) || !choose_icmp(&b) ||
	    !choose_all(&b, choices, ARRAY_LEN(choices)) || !all_known(&b))
		return NULL;
	if (has(t, SLOT_IP_ID))
		b.p.base.side.flags |= FLOW_HAS_IP_ID;
	if (has(t, SLOT_WINDOW))
		b.p.base.side.flags |= FLOW_HAS_WINDOW;
	return finish(&b.p);
}

struct plain *plain_new_moves(const struct plain_move *moves, size_t n, uint8_t record_len)
{
	struct plain p = {.record_len = record_len};

	for (size_t i = 0; i < n; i++)
		p.moves[p.n_moves++] = moves[i];
	return finish(&p);
}
