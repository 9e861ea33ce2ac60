/* SPDX-License-Identifier: ISC */
/*
 * From a record's slots to a flow. Exporters tell the same thing in many elements; each question
 * (how many bytes, which address, when) has its order of preference here, the same for v9 and
 * IPFIX.
 */
#include <string.h>

#include "base/cleanup.h"
#include "observe/export_state.h"
#include "observe/packet.h"

#define FIREWALL_DENIED	   3	/* IANA firewallEvent */
#define FORWARDING_DROPPED 2	/* RFC 7270 section 4.12: upper two bits */
#define FRAGMENT_MORE	   0x20 /* IANA fragmentFlags: bit 2 counted from the left */

/* First slot that holds anything but zero; else 0. */
static uint64_t first_of(const struct record *r, const uint8_t *slots, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (record_has(r, slots[i]) && r->number[slots[i]])
			return r->number[slots[i]];
	return 0;
}

#define FIRST_OF(r, ...)                                                                           \
	__extension__({                                                                            \
		static const uint8_t slots_[] = {__VA_ARGS__};                                     \
		first_of((r), slots_, ARRAY_LEN(slots_));                                          \
	})

static bool has_any(const struct record *r, const uint8_t *slots, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (record_has(r, slots[i]))
			return true;
	return false;
}

#define HAS_ANY(r, ...)                                                                            \
	__extension__({                                                                            \
		static const uint8_t slots_[] = {__VA_ARGS__};                                     \
		has_any((r), slots_, ARRAY_LEN(slots_));                                           \
	})

#define DELTA_OCTETS  SLOT_OCTETS, SLOT_POST_OCTETS, SLOT_INITIATOR_OCTETS, SLOT_L2_OCTETS
#define DELTA_PACKETS SLOT_PACKETS, SLOT_POST_PACKETS, SLOT_INITIATOR_PACKETS
#define TOTAL_OCTETS  SLOT_TOTAL_OCTETS, SLOT_POST_TOTAL_OCTETS, SLOT_L2_TOTAL_OCTETS
#define TOTAL_PACKETS SLOT_TOTAL_PACKETS, SLOT_POST_TOTAL_PACKETS

static uint32_t saturate(uint64_t v)
{
	return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

/*
 * Totals count from the flow's beginning, so they are only used where the template has no delta at
 * all: a delta of zero beside a total means that nothing new came.
 */
static bool record_counters(const struct record *r, struct flow *f)
{
	bool denied = record_number(r, SLOT_FIREWALL_EVENT) == FIREWALL_DENIED;
	uint64_t packets = 0;

	if (HAS_ANY(r, DELTA_OCTETS, DELTA_PACKETS)) {
		f->bytes = FIRST_OF(r, DELTA_OCTETS);
		packets = FIRST_OF(r, DELTA_PACKETS);
	} else if (HAS_ANY(r, TOTAL_OCTETS, TOTAL_PACKETS)) {
		f->bytes = FIRST_OF(r, TOTAL_OCTETS);
		packets = FIRST_OF(r, TOTAL_PACKETS);
	} else if (!denied) {
		return false;
	}
	/* Bytes without a packet count (ASA) and a denied packet are at least one packet. */
	if (!packets && (f->bytes || denied))
		packets = 1;
	f->packets = saturate(packets);
	return true;
}

static const struct ip *record_address(const struct record *r, enum slot s)
{
	static const struct ip none;

	return record_has(r, s) ? &r->address[s - SLOT_SRC4] : &none;
}

/*
 * Some templates carry both families and zeros in the one that is not meant; where both are there,
 * one is the tunnel and the other, named later, what it carries.
 */
static bool record_addresses(const struct record *r, struct flow *f)
{
	bool v4 = record_has(r, SLOT_SRC4) || record_has(r, SLOT_DST4);
	bool v6 = record_has(r, SLOT_SRC6) || record_has(r, SLOT_DST6);
	static const struct ip none;
	bool zero4 = ip_is_zero(record_address(r, SLOT_SRC4)) &&
		     ip_is_zero(record_address(r, SLOT_DST4));
	bool zero6 = ip_equal(record_address(r, SLOT_SRC6), &none) &&
		     ip_equal(record_address(r, SLOT_DST6), &none);
	bool use6 = v6 && (!v4 || (!zero6 && (zero4 || r->inner_v6)));

	f->src = *record_address(r, use6 ? SLOT_SRC6 : SLOT_SRC4);
	f->dst = *record_address(r, use6 ? SLOT_DST6 : SLOT_DST4);
	return v4 || v6;
}

static uint8_t record_protocol(const struct record *r)
{
	if (record_has(r, SLOT_PROTOCOL))
		return (uint8_t)r->number[SLOT_PROTOCOL];
	if (record_has(r, SLOT_NEXT_HEADER))
		return (uint8_t)r->number[SLOT_NEXT_HEADER];
	if (HAS_ANY(r, SLOT_TCP_SRC_PORT, SLOT_TCP_DST_PORT))
		return PROTO_TCP;
	return HAS_ANY(r, SLOT_UDP_SRC_PORT, SLOT_UDP_DST_PORT) ? PROTO_UDP : 0;
}

/* Without an element of its own, type and code stand in the destination port (as in v5). */
static void record_icmp(const struct record *r, struct flow *f, struct flow_side *s)
{
	uint64_t both = f->proto == PROTO_ICMP6 ? FIRST_OF(r, SLOT_ICMP6, SLOT_ICMP4)
						: FIRST_OF(r, SLOT_ICMP4, SLOT_ICMP6);

	if (!both && HAS_ANY(r, SLOT_ICMP4_TYPE, SLOT_ICMP6_TYPE, SLOT_ICMP4_CODE, SLOT_ICMP6_CODE))
		both = FIRST_OF(r, SLOT_ICMP4_TYPE, SLOT_ICMP6_TYPE) << 8 |
		       FIRST_OF(r, SLOT_ICMP4_CODE, SLOT_ICMP6_CODE);
	else if (!both)
		both = f->dport;
	s->icmp_type = (uint8_t)(both >> 8);
	s->icmp_code = (uint8_t)both;
}

static void record_ports(const struct record *r, struct flow *f, struct flow_side *s)
{
	f->sport = (uint16_t)FIRST_OF(r, SLOT_SRC_PORT, SLOT_UDP_SRC_PORT, SLOT_TCP_SRC_PORT);
	f->dport = (uint16_t)FIRST_OF(r, SLOT_DST_PORT, SLOT_UDP_DST_PORT, SLOT_TCP_DST_PORT);
	if (f->proto == PROTO_ICMP || f->proto == PROTO_ICMP6)
		record_icmp(r, f, s);
	if (f->proto == PROTO_ICMP || f->proto == PROTO_ICMP6 || s->fragment)
		f->sport = f->dport = 0;
}

static void record_headers(const struct record *r, struct flow *f, struct flow_side *s)
{
	f->tcp_flags = (uint8_t)(record_number(r, SLOT_FLAGS) | record_number(r, SLOT_FLAGS_FIRST) |
				 record_number(r, SLOT_FLAGS_REST));
	s->tos = (uint8_t)record_number(r, SLOT_TOS);
	s->fragment = (uint16_t)record_number(r, SLOT_FRAGMENT_OFFSET);
	if (s->fragment)
		s->flags |= FLOW_FRAGMENT | FLOW_LATER_FRAGMENT;
	if (record_number(r, SLOT_FRAGMENT_FLAGS) & FRAGMENT_MORE)
		s->flags |= FLOW_FRAGMENT;
	if (HAS_ANY(r, SLOT_TTL_MIN, SLOT_TTL)) {
		s->ttl = (uint8_t)FIRST_OF(r, SLOT_TTL_MIN, SLOT_TTL);
		s->flags |= s->ttl ? FLOW_HAS_TTL : 0;
	}
	if (record_has(r, SLOT_IP_ID)) {
		s->ip_id = (uint16_t)r->number[SLOT_IP_ID];
		s->flags |= FLOW_HAS_IP_ID;
	}
	if (record_has(r, SLOT_WINDOW)) {
		s->tcp_window = (uint16_t)r->number[SLOT_WINDOW];
		s->flags |= FLOW_HAS_WINDOW;
	}
}

static struct ip record_next_hop(const struct record *r)
{
	static const enum slot order[] = {SLOT_NEXT_HOP4, SLOT_NEXT_HOP6, SLOT_BGP_NEXT_HOP4,
					  SLOT_BGP_NEXT_HOP6};
	static const struct ip none;

	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		if (!ip_is_zero(record_address(r, order[i])))
			return *record_address(r, order[i]);
	return none;
}

/* Forwarding status is one byte; some send it in four, at either end (RFC 7270 section 4.12). */
static uint8_t forwarding_of(uint64_t v)
{
	return (uint8_t)(v > 0xff && !(v & 0xff) ? v >> 24 : v);
}

/* What the router adds to a packet's own headers. */
static void record_routing(struct export_pass *p, const struct record *r, struct flow *f,
			   struct flow_side *s)
{
	bool v4 = ip_is_v4(&f->src);

	f->in_link = pass_link(p, (uint32_t)record_number(r, SLOT_IN_IF));
	f->out_link = pass_link(p, (uint32_t)record_number(r, SLOT_OUT_IF));
	s->src_as = (uint32_t)record_number(r, SLOT_SRC_AS);
	s->dst_as = (uint32_t)record_number(r, SLOT_DST_AS);
	s->src_mask = (uint8_t)record_number(r, v4 ? SLOT_SRC_MASK4 : SLOT_SRC_MASK6);
	s->dst_mask = (uint8_t)record_number(r, v4 ? SLOT_DST_MASK4 : SLOT_DST_MASK6);
	s->next_hop = record_next_hop(r);
	if (HAS_ANY(r, SLOT_VLAN, SLOT_DOT1Q_VLAN))
		s->vlan = (uint16_t)FIRST_OF(r, SLOT_VLAN, SLOT_DOT1Q_VLAN);
	s->forwarding = forwarding_of(record_number(r, SLOT_FORWARDING));
	if (s->forwarding >> 6 == FORWARDING_DROPPED ||
	    record_number(r, SLOT_FIREWALL_EVENT) == FIREWALL_DENIED)
		s->flags |= FLOW_DROPPED;
	if (record_number(r, SLOT_DIRECTION) == 1)
		s->flags |= FLOW_EGRESS;
}

static void record_sampling(struct export_pass *p, const struct record *r, uint16_t template_id,
			    struct flow_side *s)
{
	const struct sampling_ask ask = {.id = FIRST_OF(r, SLOT_SAMPLER_ID, SLOT_SELECTOR_ID),
					 .in_if = record_number(r, SLOT_IN_IF),
					 .out_if = record_number(r, SLOT_OUT_IF),
					 .in_record = pass_believe(p, record_factor(r)),
					 .template_id = template_id};
	struct sampling_answer answer = pass_answer(p, &ask);

	s->sampler = answer.sampler;
	s->sampling = answer.factor;
	if (answer.known)
		s->flags |= FLOW_SAMPLING_KNOWN;
}

/*
 * RFC 5477 section 8.2: of (interval + space) packets interval are taken; size out of population;
 * with a probability. Many exporters send the interval alone and mean "one in so many".
 */
uint32_t record_factor(const struct record *r)
{
	uint64_t interval = record_number(r, SLOT_PACKET_INTERVAL);
	uint64_t size = record_number(r, SLOT_SAMPLING_SIZE);
	uint64_t factor = 0;

	if (interval && record_has(r, SLOT_PACKET_SPACE))
		factor = (interval + r->number[SLOT_PACKET_SPACE] + interval / 2) / interval;
	else if (interval)
		factor = interval;
	else if (size && record_number(r, SLOT_SAMPLING_POPULATION))
		factor = (r->number[SLOT_SAMPLING_POPULATION] + size / 2) / size;
	if (!factor)
		factor = FIRST_OF(r, SLOT_SAMPLING_PROBABILITY, SLOT_SAMPLER_RANDOM,
				  SLOT_SAMPLING_INTERVAL);
	return saturate(factor);
}

/* A record that carries a packet's own bytes instead of elements (RFC 5477, RFC 7133). */
static int record_packet(struct export_pass *p, const struct record *r, struct flow *f,
			 struct flow_side *s)
{
	static const struct {
		enum slot slot;
		uint32_t linktype;
	} sections[] = {{SLOT_FRAME, LINKTYPE_ETHERNET},
			{SLOT_L2_SECTION, LINKTYPE_ETHERNET},
			{SLOT_IP_SECTION, LINKTYPE_RAW}};
	struct packet packet;

	for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
		const uint8_t *data = r->bytes[sections[i].slot - SLOT_FRAME].p;
		size_t len = r->bytes[sections[i].slot - SLOT_FRAME].len, wire = len;
		int why;

		if (!record_has(r, sections[i].slot) || !len)
			continue;
		if (sections[i].slot != SLOT_IP_SECTION && record_number(r, SLOT_FRAME_SIZE) > len)
			wire = record_number(r, SLOT_FRAME_SIZE);
		why = packet_decode_inner(&packet, exporters_unwrap(p->x->exporters),
					  sections[i].linktype, data, len, wire);
		if (why) {
			refuse(&p->e->refused, (enum refusal)(why - 1), len);
			continue;
		}
		*f = packet.flow;
		*s = packet.side;
		return 0;
	}
	return 1;
}

/* Counters beside the packet count for it: the frame may stand for several. */
static void packet_counters(const struct record *r, struct flow *f, struct flow_side *s)
{
	struct flow counted = {0};

	if (!record_counters(r, &counted))
		return;
	if (counted.packets)
		f->packets = counted.packets;
	if (counted.bytes)
		f->bytes = counted.bytes;
	if (f->packets != 1)
		s->flags &= (uint16_t)~FLOW_IS_PACKET;
}

static int record_reverse(struct export_pass *p, const struct record *r, struct flow *f,
			  struct flow_side *s, int64_t first_us, int64_t last_us);

int record_flow(struct export_pass *p, const struct record *r, uint16_t template_id)
{
	struct flow f = {0};
	struct flow_side s = {0};
	int64_t first_us, last_us;
	int ret;

	if (record_addresses(r, &f)) {
		if (!record_counters(r, &f))
			return 0;
		f.proto = record_protocol(r);
		record_headers(r, &f, &s);
		record_ports(r, &f, &s);
	} else {
		if (record_packet(p, r, &f, &s))
			return 0;
		packet_counters(r, &f, &s);
	}
	record_routing(p, r, &f, &s);
	record_sampling(p, r, template_id, &s);
	if (!record_times(p, r, &first_us, &last_us))
		s.flags |= FLOW_NO_TIMES;
	ret = pass_flow(p, &f, &s, first_us, last_us);
	return ret < 0 ? ret : record_reverse(p, r, &f, &s, first_us, last_us);
}

/* RFC 5103 section 3: the answering half is a flow of its own, with the ends changed. */
static int record_reverse(struct export_pass *p, const struct record *r, struct flow *f,
			  struct flow_side *s, int64_t first_us, int64_t last_us)
{
	uint64_t octets =
		FIRST_OF(r, SLOT_REVERSE_OCTETS, SLOT_REVERSE_TOTAL_OCTETS, SLOT_RESPONDER_OCTETS);
	uint64_t packets = FIRST_OF(r, SLOT_REVERSE_PACKETS, SLOT_REVERSE_TOTAL_PACKETS,
				    SLOT_RESPONDER_PACKETS);
	struct flow back = *f;
	struct flow_side side = *s;
	uint64_t start_ms = record_number(r, SLOT_REVERSE_START_MS);
	uint64_t end_ms = record_number(r, SLOT_REVERSE_END_MS);

	if (!octets && !packets)
		return 0;
	back.src = f->dst;
	back.dst = f->src;
	back.sport = f->dport;
	back.dport = f->sport;
	back.in_link = f->out_link;
	back.out_link = f->in_link;
	back.bytes = octets;
	back.packets = packets ? saturate(packets) : 1;
	back.tcp_flags = (uint8_t)(record_number(r, SLOT_REVERSE_FLAGS) |
				   record_number(r, SLOT_REVERSE_FLAGS_FIRST) |
				   record_number(r, SLOT_REVERSE_FLAGS_REST));
	side.src_as = s->dst_as;
	side.dst_as = s->src_as;
	side.src_mask = s->dst_mask;
	side.dst_mask = s->src_mask;
	side.next_hop = (struct ip){.u = {0, 0}};
	side.tos = (uint8_t)record_number(r, SLOT_REVERSE_TOS);
	side.ttl = (uint8_t)record_number(r, SLOT_REVERSE_TTL);
	side.vlan = (uint16_t)record_number(r, SLOT_REVERSE_VLAN);
	side.flags &= (uint16_t) ~(FLOW_HAS_TTL | FLOW_HAS_IP_ID | FLOW_HAS_WINDOW | FLOW_EGRESS |
				   FLOW_IS_PACKET);
	side.flags |= (uint16_t)(FLOW_REVERSE | (side.ttl ? FLOW_HAS_TTL : 0));
	if (start_ms && start_ms <= TIME_MS_MAX)
		first_us = (int64_t)start_ms * US_PER_MS + p->shift_us;
	else if (record_number(r, SLOT_REVERSE_DELTA_MS) <= UINT32_MAX)
		first_us += (int64_t)record_number(r, SLOT_REVERSE_DELTA_MS) * US_PER_MS;
	if (end_ms && end_ms <= TIME_MS_MAX)
		last_us = (int64_t)end_ms * US_PER_MS + p->shift_us;
	if (first_us > last_us)
		first_us = last_us;
	return pass_flow(p, &back, &side, first_us, last_us);
}
