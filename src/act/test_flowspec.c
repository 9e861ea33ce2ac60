/* SPDX-License-Identifier: ISC */
/*
 * Proves FlowSpec on random input, by a generator with a fixed seed:
 *
 * - what is encoded decodes to the same, and random octets never decode to what may not be written;
 * - the canonical form matches the same packets, is its own canonical form, and decodes to itself;
 * - a rule, its FlowSpec as decoded from octets, and an evaluation written here from the RFC's
 * words agree on random packets, both ways.
 *
 * NOROSHI_ROUNDS multiplies the rounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "act/flowspec.h"

static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

/* xorshift64*, so that every run does the same. */
static uint32_t draw(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)((state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % below;
}

static unsigned rounds(unsigned n)
{
	const char *times = getenv("NOROSHI_ROUNDS");

	return n * (unsigned)(times ? atoi(times) : 1);
}

/* Packets, and what the RFC says of them. Nothing here is shared with what is tested. */

struct packet {
	unsigned family;
	struct ip src, dst;
	uint8_t protocol, flags_low, icmp_type, icmp_code, tos;
	uint16_t sport, dport, length;
	uint32_t label;
	unsigned fragment; /* 0 none, 1 first, 2 later and not last, 3 last */
	bool dont_fragment;
};

static struct ip random_ip(unsigned family)
{
	struct ip ip = ip_from_v4(0xc0000200 + draw(4) * 0x100 + draw(8));

	if (family == 6) {
		ip = (struct ip){.b = {0x20, 0x01, 0x0d, 0xb8}};
		ip.b[7] = (uint8_t)draw(3);
		ip.b[8] = (uint8_t)draw(3);
		ip.b[15] = (uint8_t)draw(4);
	}
	return ip;
}

static uint16_t random_port(void)
{
	static const uint16_t usual[] = {0, 1, 53, 80, 81, 123, 443, 1024, 8080, 65535};

	return draw(3) ? usual[draw(ARRAY_LEN(usual))] : (uint16_t)draw(65536);
}

static uint8_t random_protocol(unsigned family)
{
	const uint8_t usual[] = {PROTO_TCP, PROTO_UDP, family == 4 ? PROTO_ICMP : PROTO_ICMP6, 47};

	return draw(8) ? usual[draw(4)] : (uint8_t)draw(256);
}

static struct packet random_packet(unsigned family)
{
	return (struct packet){
		.family = family,
		.src = random_ip(family),
		.dst = random_ip(family),
		.protocol = random_protocol(family),
		.flags_low = (uint8_t)draw(256),
		.icmp_type = (uint8_t)draw(16),
		.icmp_code = (uint8_t)draw(4),
		.tos = (uint8_t)draw(256),
		.sport = random_port(),
		.dport = random_port(),
		.length = (uint16_t)(20 + draw(draw(2) ? 100 : 1480)),
		.label = draw(1 << 20),
		.fragment = draw(4) ? 0 : draw(4),
		.dont_fragment = family == 4 && draw(2),
	};
}

static bool bit_of(const struct ip *ip, unsigned i)
{
	return ip->b[i / 8] >> (7 - i % 8) & 1;
}

static bool prefix_meets(const struct flowspec_prefix *p, const struct ip *ip, unsigned family)
{
	unsigned base = family == 4 ? 96 : 0;

	for (unsigned i = p->offset; i < p->len; i++)
		if (bit_of(&p->addr, base + i) != bit_of(ip, base + i))
			return false;
	return true;
}

static bool compares(const struct flowspec_pair *p, uint32_t x)
{
	switch (p->how) {
	case 0:
		return false;
	case 1:
		return x == p->value;
	case 2:
		return x > p->value;
	case 3:
		return x >= p->value;
	case 4:
		return x < p->value;
	case 5:
		return x <= p->value;
	case 6:
		return x != p->value;
	default:
		return true;
	}
}

static bool masks(const struct flowspec_pair *p, uint32_t x)
{
	switch (p->how) {
	case 0:
		return (x & p->value) != 0;
	case 1:
		return (x & p->value) == p->value;
	case 2:
		return (x & p->value) == 0;
	default:
		return (x & p->value) != p->value;
	}
}

/* An OR of ANDs. */
static bool list_meets(const struct flowspec *f, unsigned type, uint32_t x)
{
	const struct flowspec_pair *p = &f->pair[f->list[type].first];
	unsigned n = f->list[type].n, i = 0;
	bool any = false;

	while (i < n) {
		bool all = true;

		do {
			all &= type == 9 || type == 12 ? masks(&p[i], x) : compares(&p[i], x);
			i++;
		} while (i < n && p[i].and);
		any |= all;
	}
	return any;
}

static bool has_ports(const struct packet *p)
{
	return (p->protocol == 6 || p->protocol == 17) && p->fragment < 2;
}

static uint32_t fragment_bits(const struct packet *p)
{
	return (p->dont_fragment ? 1u : 0) | (p->fragment >= 2 ? 2u : 0) |
	       (p->fragment == 1 ? 4u : 0) | (p->fragment == 3 ? 8u : 0);
}

static bool component_meets(const struct flowspec *f, unsigned type, const struct packet *p)
{
	bool icmp = p->protocol == (p->family == 4 ? 1 : 58) && p->fragment < 2;

	switch (type) {
	case 1:
		return prefix_meets(&f->destination, &p->dst, p->family);
	case 2:
		return prefix_meets(&f->source, &p->src, p->family);
	case 3:
		return list_meets(f, type, p->protocol);
	case 4:
		return has_ports(p) &&
		       (list_meets(f, type, p->sport) || list_meets(f, type, p->dport));
	case 5:
		return has_ports(p) && list_meets(f, type, p->dport);
	case 6:
		return has_ports(p) && list_meets(f, type, p->sport);
	case 7:
		return icmp && list_meets(f, type, p->icmp_type);
	case 8:
		return icmp && list_meets(f, type, p->icmp_code);
	case 9:
		return p->protocol == 6 && p->fragment < 2 && list_meets(f, type, p->flags_low);
	case 10:
		return list_meets(f, type, p->length);
	case 11:
		return list_meets(f, type, p->tos >> 2);
	case 12:
		return list_meets(f, type, fragment_bits(p));
	default:
		return list_meets(f, type, p->label);
	}
}

static bool meets(const struct flowspec *f, const struct packet *p)
{
	for (unsigned type = 1; type < FLOWSPEC_TYPES; type++)
		if ((f->has & 1u << type) && !component_meets(f, type, p))
			return false;
	return true;
}

/* Random FlowSpecs */

static struct flowspec_prefix random_prefix(unsigned family)
{
	struct flowspec_prefix p = {.len = (uint8_t)draw(family == 4 ? 33 : 129)};
	struct ip ip = random_ip(family);
	unsigned base = family == 4 ? 96 : 0;

	if (family == 6 && p.len && draw(2))
		p.offset = (uint8_t)draw(p.len);
	if (family == 4)
		p.addr = ip_from_v4(0);
	for (unsigned i = p.offset; i < p.len; i++)
		if (bit_of(&ip, base + i))
			p.addr.b[(base + i) / 8] |= (uint8_t)(0x80 >> (base + i) % 8);
	return p;
}

static uint32_t random_value(unsigned type, unsigned family)
{
	switch (type) {
	case FLOWSPEC_PROTOCOL:
		return random_protocol(family);
	case FLOWSPEC_PORT:
	case FLOWSPEC_DESTINATION_PORT:
	case FLOWSPEC_SOURCE_PORT:
		return random_port();
	case FLOWSPEC_LENGTH:
		return draw(1500);
	case FLOWSPEC_LABEL:
		return draw(2) ? draw(1 << 20) : draw(1 << 30);
	case FLOWSPEC_TCP_FLAGS:
		return draw(4) ? 1u << draw(8) | (draw(2) ? 1u << draw(8) : 0) : draw(0x1000);
	case FLOWSPEC_FRAGMENT:
		return draw(16) & (family == 4 ? 15 : 14);
	case FLOWSPEC_DSCP:
		return draw(64);
	default:
		return draw(20);
	}
}

static void random_list(struct flowspec *f, unsigned type)
{
	bool bits = flowspec_is_bitmask(type);
	unsigned n = 1 + draw(draw(4) ? 3 : 12);

	while (n--) {
		struct flowspec_pair *p = &f->pair[f->n_pairs];

		assert_true(flowspec_put(f, type, draw(2), draw(bits ? 4 : 8),
					 random_value(type, f->family)));
		if (p->octets == 1 && draw(4) == 0 && type != FLOWSPEC_PROTOCOL &&
		    (type < FLOWSPEC_ICMP_TYPE || type == FLOWSPEC_TCP_FLAGS ||
		     type == FLOWSPEC_LENGTH))
			p->octets = 2; /* longer than it need be */
	}
}

static void random_flowspec(struct flowspec *f)
{
	*f = (struct flowspec){.family = draw(2) ? 4 : 6};
	if (draw(8) == 0) {
		f->vpn = true;
		f->rd = (uint64_t)draw(3) << 48 | draw(1 << 30);
	}
	do {
		if (draw(2)) {
			f->has |= 1u << FLOWSPEC_DESTINATION;
			f->destination = random_prefix(f->family);
		}
		if (draw(4) == 0) {
			f->has |= 1u << FLOWSPEC_SOURCE;
			f->source = random_prefix(f->family);
		}
		for (unsigned type = 3; type < (f->family == 4 ? 13 : 14); type++)
			if (draw(5) == 0)
				random_list(f, type);
	} while (!f->has);
}

static void through_octets(const struct flowspec *f, struct flowspec *back)
{
	uint8_t octets[FLOWSPEC_NLRI_MAX];
	struct flowspec_verdict v;
	size_t n, taken;

	assert_int_equal(flowspec_encode(f, octets, sizeof(octets), &n, NULL), FLOWSPEC_GOOD);
	assert_true(flowspec_next(octets, n, f->family, f->vpn, back, &v, &taken));
	assert_int_equal(taken, n);
	assert_int_equal(v.ignored, 0);
}

static void test_there_and_back(void **unused)
{
	struct flowspec *f = malloc(sizeof(*f)), *back = malloc(sizeof(*back));

	for (unsigned i = 0; i < rounds(20000); i++) {
		random_flowspec(f);
		assert_int_equal(flowspec_check(f), FLOWSPEC_GOOD);
		through_octets(f, back);
		assert_true(flowspec_equal(f, back));
	}
	free(f);
	free(back);
}

static void test_canonical(void **unused)
{
	struct flowspec *f = malloc(sizeof(*f)), *c = malloc(sizeof(*c)),
			*back = malloc(sizeof(*c));
	unsigned met = 0, changed = 0;

	for (unsigned i = 0; i < rounds(10000); i++) {
		random_flowspec(f);
		*c = *f;
		flowspec_canonical(c);
		through_octets(c, back);
		assert_true(flowspec_equal(c, back));
		changed += !flowspec_equal(c, f);
		flowspec_canonical(back);
		assert_true(flowspec_equal(c, back));
		for (unsigned k = 0; k < 100; k++) {
			struct packet p = random_packet(f->family);

			assert_int_equal(meets(f, &p), meets(c, &p));
			met += meets(f, &p);
		}
		for (unsigned type = 3; type < FLOWSPEC_TYPES; type++) {
			uint32_t x = random_value(type, f->family);

			if (f->has & 1u << type)
				assert_int_equal(flowspec_holds(f, type, x),
						 list_meets(f, type, x));
		}
	}
	print_message("%u met, %u changed\n", met, changed);
	assert_true(met > 10000);    /* not everything is refused by chance */
	assert_true(changed > 1000); /* nor is everything canonical already */
	free(f);
	free(c);
	free(back);
}

/* A list of two groups in any order, and with a pair said twice, has one canonical form. */
static void test_order_is_no_matter(void **unused)
{
	static struct flowspec a, b;

	for (unsigned i = 0; i < rounds(5000); i++) {
		unsigned type = 3 + draw(10), bits = flowspec_is_bitmask(type);
		struct flowspec_pair p[4];

		for (unsigned k = 0; k < 4; k++)
			p[k] = (struct flowspec_pair){.how = (uint8_t)draw(bits ? 4 : 8),
						      .value = random_value(type, 4)};
		a = (struct flowspec){.family = 4};
		b = (struct flowspec){.family = 4};
		for (unsigned k = 0; k < 4; k++) {
			flowspec_put(&a, type, k % 2, p[k].how, p[k].value);
			flowspec_put(&b, type, k % 2, p[3 - k].how, p[3 - k].value);
		}
		flowspec_put(&b, type, true, p[0].how, p[0].value);
		flowspec_canonical(&a);
		flowspec_canonical(&b);
		assert_true(flowspec_equal(&a, &b));
	}
}

/* Octets of chance: whatever is taken may be written again, and is the same then. */
static void test_noise(void **unused)
{
	struct flowspec *f = malloc(sizeof(*f)), *back = malloc(sizeof(*back));
	unsigned good = 0;

	for (unsigned i = 0; i < rounds(200000); i++) {
		uint8_t octets[40];
		size_t n = draw(sizeof(octets));
		struct flowspec_verdict v;
		unsigned family = draw(2) ? 4 : 6;

		for (size_t k = 0; k < n; k++)
			octets[k] =
				(uint8_t)(draw(3) ? draw(14) | (draw(2) ? 0x80 : 0) : draw(256));
		if (!flowspec_decode(octets, n, family, false, f, &v)) {
			assert_true(flowspec_reason_refuses(v.refused));
			assert_true(v.at <= n);
			continue;
		}
		good++;
		assert_int_equal(flowspec_check(f), FLOWSPEC_GOOD);
		through_octets(f, back);
		assert_true(flowspec_equal(f, back));
	}
	print_message("%u of noise are good\n", good);
	assert_true(good > 100);
	free(f);
	free(back);
}

/* Rules */

static void random_condition(struct rule *r, enum rule_field field)
{
	unsigned n = 1 + draw(3);

	while (n--) {
		uint16_t from = 0, to = 0;

		if (field == RULE_TCP_FLAGS || field == RULE_FRAGMENT) {
			to = (uint16_t)(field == RULE_TCP_FLAGS ? draw(256) : 1u << (1 + draw(2)));
			from = (uint16_t)(draw(256) & to);
		} else if (field == RULE_SOURCE_PORT || field == RULE_DESTINATION_PORT) {
			from = random_port();
			to = (uint16_t)(draw(2) ? from : from + draw(65536u - from));
		} else if (field == RULE_LENGTH) {
			from = (uint16_t)draw(1500);
			to = (uint16_t)(from + draw(200));
		} else {
			from = (uint16_t)draw(16);
			to = (uint16_t)(from + draw(8));
		}
		assert_true(rule_add(r, field, from, to));
	}
}

static void random_fields(struct rule *r, uint8_t protocol)
{
	if (protocol == PROTO_TCP || protocol == PROTO_UDP) {
		if (draw(2))
			random_condition(r, RULE_SOURCE_PORT);
		if (draw(2))
			random_condition(r, RULE_DESTINATION_PORT);
		if (protocol == PROTO_TCP && draw(2))
			random_condition(r, RULE_TCP_FLAGS);
	} else if (protocol == PROTO_ICMP || protocol == PROTO_ICMP6) {
		if (draw(2))
			random_condition(r, RULE_ICMP_TYPE);
		if (draw(2))
			random_condition(r, RULE_ICMP_CODE);
	}
	if (draw(3) == 0)
		random_condition(r, RULE_LENGTH);
	if (draw(4) == 0)
		random_condition(r, RULE_DSCP);
	if (draw(4) == 0)
		random_condition(r, RULE_FRAGMENT);
}

static void random_rule(struct rule *r)
{
	unsigned family = draw(2) ? 4 : 6;
	struct ip dst = random_ip(family), src = random_ip(family);
	uint8_t protocol = random_protocol(family);

	*r = (struct rule){.action = RULE_DISCARD};
	r->destination = prefix_of(&dst, 128 - (draw(2) ? 0 : draw(12)));
	r->has_source = draw(4) == 0;
	if (r->has_source)
		r->source = prefix_of(&src, 128 - draw(12));
	if (draw(5) == 0)
		return;
	assert_true(rule_add(r, RULE_PROTOCOL, protocol, protocol));
	if ((protocol == PROTO_ICMP) != (family == 4) &&
	    (protocol == PROTO_ICMP || protocol == PROTO_ICMP6))
		return;
	random_fields(r, protocol);
}

/* The packet as the record that a sensor makes of it. */
static struct evidence_record record_of(const struct packet *p)
{
	struct evidence_record e = {
		.flow = {.src = p->src,
			 .dst = p->dst,
			 .bytes = p->length,
			 .packets = 1,
			 .proto = p->protocol},
		.side = {.flags = FLOW_IS_PACKET, .tos = p->tos},
	};

	if (p->fragment)
		e.side.flags |= FLOW_FRAGMENT;
	if (p->fragment >= 2) {
		e.side.flags |= FLOW_LATER_FRAGMENT;
		return e;
	}
	if (p->protocol == PROTO_TCP || p->protocol == PROTO_UDP) {
		e.flow.sport = p->sport;
		e.flow.dport = p->dport;
	}
	e.flow.tcp_flags = p->protocol == PROTO_TCP ? p->flags_low : 0;
	e.side.icmp_type = p->icmp_type;
	e.side.icmp_code = p->icmp_code;
	return e;
}

/* A packet near the rule: most random ones are far from any. */
static struct packet near_packet(const struct rule *r)
{
	struct packet p = random_packet(ip_is_v4(&r->destination.addr) ? 4 : 6);

	if (draw(8))
		p.dst = r->destination.addr;
	if (r->has_source && draw(8))
		p.src = r->source.addr;
	for (unsigned i = 0; i < r->n_conditions; i++) {
		const struct rule_range *range = &r->condition[i].range[0];

		if (draw(6) == 0)
			continue;
		switch (r->condition[i].field) {
		case RULE_PROTOCOL:
			p.protocol = (uint8_t)range->from;
			break;
		case RULE_SOURCE_PORT:
			p.sport = range->to;
			break;
		case RULE_DESTINATION_PORT:
			p.dport = range->from;
			break;
		case RULE_TCP_FLAGS:
			p.flags_low = (uint8_t)((p.flags_low & ~range->to) | range->from);
			break;
		case RULE_LENGTH:
			p.length = (uint16_t)(range->from ? range->from : 1);
			break;
		case RULE_DSCP:
			p.tos = (uint8_t)(range->from << 2);
			break;
		case RULE_ICMP_TYPE:
			p.icmp_type = (uint8_t)range->to;
			break;
		case RULE_ICMP_CODE:
			p.icmp_code = (uint8_t)range->to;
			break;
		default:
			break;
		}
	}
	return p;
}

static void test_rules(void **unused)
{
	struct flowspec *f = malloc(sizeof(*f)), *back = malloc(sizeof(*back));
	unsigned met = 0, missed = 0;

	for (unsigned i = 0; i < rounds(10000); i++) {
		struct rule r, again;

		random_rule(&r);
		assert_null(rule_check(&r));
		assert_int_equal(flowspec_from_rule(&r, f), FLOWSPEC_GOOD);
		through_octets(f, back);
		assert_true(flowspec_equal(f, back));
		assert_int_equal(flowspec_to_rule(back, &again), FLOWSPEC_GOOD);
		for (unsigned k = 0; k < 60; k++) {
			struct packet p = near_packet(&r);
			struct evidence_record e = record_of(&p);
			bool yes = rule_matches(&r, &e);

			assert_int_equal(yes, meets(back, &p));
			assert_int_equal(yes, rule_matches(&again, &e));
			met += yes;
			missed += !yes;
		}
	}
	print_message("%u met, %u missed\n", met, missed);
	assert_true(met > 50000);
	assert_true(missed > 50000);
	free(f);
	free(back);
}

/* Does a record tell all that @f asks? None has the bit against fragments, says whether a fragment
 * is the last, or keeps more than eight flags. */
static bool is_told(const struct flowspec *f)
{
	const struct flowspec_list *flags = &f->list[FLOWSPEC_TCP_FLAGS];

	for (unsigned i = 0; i < flags->n; i++)
		if (f->pair[flags->first + i].value > 0xff)
			return false;
	return !(f->has & 1u << FLOWSPEC_FRAGMENT);
}

/* What comes from others: as a rule it means the same packets, or it is no rule. */
static void test_to_rule(void **unused)
{
	struct flowspec *f = malloc(sizeof(*f));
	unsigned said = 0, met = 0;

	for (unsigned i = 0; i < rounds(20000); i++) {
		struct rule r;

		random_flowspec(f);
		f->vpn = false;
		if (flowspec_to_rule(f, &r) != FLOWSPEC_GOOD)
			continue;
		said++;
		assert_null(rule_check(&r));
		for (unsigned k = 0; k < 60; k++) {
			struct packet p = near_packet(&r);
			struct evidence_record e = record_of(&p);

			if (is_told(f)) {
				assert_int_equal(rule_matches(&r, &e), meets(f, &p));
				met += meets(f, &p);
			}
		}
	}
	print_message("%u said as rules, %u met\n", said, met);
	assert_true(said > 300);
	assert_true(met > 3000);
	free(f);
}

static void test_no_rule(void **unused)
{
	static struct flowspec f;
	struct rule r;

	f = (struct flowspec){.family = 4, .has = 1u << FLOWSPEC_SOURCE};
	f.source = (struct flowspec_prefix){.addr = ip_from_v4(0xc0000200), .len = 24};
	assert_int_equal(flowspec_to_rule(&f, &r), FLOWSPEC_NO_RULE); /* no destination */
	f.has |= 1u << FLOWSPEC_DESTINATION;
	f.destination = f.source;
	assert_int_equal(flowspec_to_rule(&f, &r), FLOWSPEC_GOOD);
	f.vpn = true;
	assert_int_equal(flowspec_to_rule(&f, &r), FLOWSPEC_NO_RULE);
	f.vpn = false;
	f.destination = (struct flowspec_prefix){.addr = ip_from_v4(0)};
	assert_int_equal(flowspec_to_rule(&f, &r), FLOWSPEC_NO_RULE); /* everybody */
	f.destination = f.source;
	flowspec_put(&f, FLOWSPEC_PORT, false, FLOWSPEC_EQ, 53);
	assert_int_equal(flowspec_to_rule(&f, &r), FLOWSPEC_NO_RULE); /* either port */
	f.has &= ~(1u << FLOWSPEC_PORT);
	flowspec_put(&f, FLOWSPEC_DESTINATION_PORT, false, FLOWSPEC_EQ, 53);
	assert_int_equal(flowspec_to_rule(&f, &r), FLOWSPEC_GOOD);
	assert_int_equal(r.condition[0].field, RULE_PROTOCOL); /* what ports imply */
	assert_int_equal(r.condition[0].n, 2);
	r.destination = (struct prefix){0};
	assert_int_equal(flowspec_from_rule(&r, &f), FLOWSPEC_NO_RULE);
}

static void test_pure_syn(void **unused)
{
	static const uint8_t wire[] = {0x10, 0x01, 0x20, 203,  0,    113,  9,	 0x03, 0x81,
				       0x06, 0x05, 0x81, 0x50, 0x09, 0x01, 0x02, 0xc3, 0x10};
	uint8_t octets[FLOWSPEC_NLRI_MAX];
	static struct flowspec f;
	struct rule r = {.action = RULE_LIMIT, .limit_bps = 1e6};
	struct flowspec_actions then;
	struct rule back;
	size_t n;

	assert_int_equal(prefix_parse("203.0.113.9", false, &r.destination), 0);
	assert_true(rule_add(&r, RULE_TCP_FLAGS, TH_SYN, TH_SYN | TH_ACK));
	assert_true(rule_add(&r, RULE_DESTINATION_PORT, 80, 80));
	assert_true(rule_add(&r, RULE_PROTOCOL, PROTO_TCP, PROTO_TCP));
	assert_int_equal(flowspec_from_rule(&r, &f), FLOWSPEC_GOOD);
	assert_int_equal(flowspec_encode(&f, octets, sizeof(octets), &n, NULL), FLOWSPEC_GOOD);
	assert_int_equal(n, 18);
	assert_int_equal(octets[0], 17);
	assert_memory_equal(octets + 1, wire + 1, 17);
	assert_true(flowspec_actions_from_rule(&r, &then));
	assert_int_equal(flowspec_action_encode(&then.action[0], octets), 8);
	assert_memory_equal(octets, "\x80\x06\0\0\x47\xf4\x24\0", 8); /* 125000 bytes a second */
	assert_int_equal(flowspec_to_rule(&f, &back), FLOWSPEC_GOOD);
	assert_true(flowspec_actions_to_rule(&then, &back));
	assert_true(rule_equal(&r, &back));
}

static void test_actions_of_rules(void **unused)
{
	static const char *const targets[] = {"64500:666", "0:4294967295", "4200000000:65535",
					      "192.0.2.1:7"};
	struct flowspec_actions a, back = {0};
	struct rule r = {.action = RULE_REDIRECT}, again = {0};

	for (unsigned i = 0; i < ARRAY_LEN(targets); i++) {
		strcpy(r.redirect, targets[i]);
		assert_true(flowspec_actions_from_rule(&r, &a));
		back.n = 0;
		assert_int_equal(flowspec_actions_decode(a.action[0].raw, 8, 8, &back),
				 FLOWSPEC_GOOD);
		assert_true(flowspec_actions_to_rule(&back, &again));
		assert_string_equal(again.redirect, targets[i]);
		assert_int_equal(again.action, RULE_REDIRECT);
	}
	strcpy(r.redirect, "vrf-dirty");
	assert_false(flowspec_actions_from_rule(&r, &a));
	r = (struct rule){.action = RULE_LIMIT};
	assert_false(flowspec_actions_from_rule(&r, &a));
	r.action = RULE_DISCARD;
	assert_true(flowspec_actions_from_rule(&r, &a));
	assert_true(flowspec_actions_to_rule(&a, &again));
	assert_int_equal(again.action, RULE_DISCARD);
	a.action[a.n++] = a.action[0];
	assert_false(flowspec_actions_to_rule(&a, &again)); /* two things at once */
	a.n = 1;
	a.action[0].kind = ACTION_MARKING;
	assert_false(flowspec_actions_to_rule(&a, &again));
	a.n = 0;
	assert_false(flowspec_actions_to_rule(&a, &again));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_order_is_no_matter),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_to_rule),
		cmocka_unit_test(test_no_rule),
		cmocka_unit_test(test_pure_syn),
		cmocka_unit_test(test_actions_of_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
