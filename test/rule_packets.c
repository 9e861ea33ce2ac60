/* SPDX-License-Identifier: ISC */
/*
 * Rules with what each target says of them, and packets with what rule_matches() says: for tests
 * that hold one against the other. The packets are bytes that the program's own decoder reads; most
 * of them are near the rule, with one or two fields that are not.
 *
 * rule_packets named: the rules of all kinds, without packets.
 * rule_packets random SEED RULES PACKETS: each rule is alone with its destination, in 198.18.0.0/16
 * or 2001:db8::/32.
 *
 * A line of JSON for each rule: {"name", "rule", "v4", "action", "said": {TARGET: TEXT},
 * "cannot": {TARGET: REASON}, "packets": [[HEX, matches], ...]}.
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "act/render.h"
#include "act/test_rules_kit.h"
#include "base/hash.h"
#include "observe/packet.h"

#define PACKET_MAX 1480
#define HEX_MAX	   (2 * PACKET_MAX + 1)
#define IP_TCP	   6
#define IP_UDP	   17

static uint64_t seed;

static uint64_t draw(uint64_t below)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return hash_u64(seed, HASH_K0) % below;
}

static bool chance(unsigned percent)
{
	return draw(100) < percent;
}

static uint16_t between(uint64_t from, uint64_t to)
{
	return (uint16_t)(from + draw(to - from + 1));
}

/* ---- rules ---- */

static const uint16_t ports[] = {0,    19,   53,   80,	  123,	 389,	443,  1023,
				 1024, 1900, 8080, 11211, 32768, 49152, 65535};

static uint16_t a_port(void)
{
	return chance(70) ? ports[draw(ARRAY_LEN(ports))] : between(0, 65535);
}

static void on_numbers(struct rule *r, enum rule_field f, uint16_t (*a)(void), uint16_t max)
{
	unsigned n = 1 + (unsigned)draw(3);

	for (unsigned i = 0; i < n; i++) {
		uint16_t from = a(), to = from;

		if (chance(40))
			to = between(from, chance(50) ? max : from + (max - from) / 8);
		kit_on(r, f, from, to);
	}
}

static uint16_t a_type(void)
{
	static const uint16_t types[] = {0, 3, 8, 11, 128, 129, 1, 255};

	return types[draw(ARRAY_LEN(types))];
}

static uint16_t a_code(void)
{
	return between(0, 4);
}

static uint16_t a_length(void)
{
	return between(28, 1400);
}

static uint16_t a_dscp(void)
{
	return between(0, 63);
}

static void on_flags(struct rule *r)
{
	unsigned n = chance(70) ? 1 : 2 + (unsigned)draw(2);

	for (unsigned i = 0; i < n; i++) {
		uint16_t mask = chance(40) ? 0x12 : between(1, chance(80) ? 0x3f : 0xff);

		kit_on(r, RULE_TCP_FLAGS, chance(40) ? mask & 0x02 : mask & between(0, 0xff), mask);
	}
}

static void on_fragments(struct rule *r)
{
	static const struct rule_range of[] = {{FRAGMENT_IS, FRAGMENT_IS},
					       {0, FRAGMENT_IS},
					       {FRAGMENT_FIRST, FRAGMENT_FIRST},
					       {0, FRAGMENT_FIRST},
					       {0, FRAGMENT_IS | FRAGMENT_FIRST}};
	unsigned n = chance(70) ? 1 : 2;

	for (unsigned i = 0; i < n; i++) {
		unsigned k = (unsigned)draw(ARRAY_LEN(of));

		kit_on(r, RULE_FRAGMENT, of[k].from, of[k].to);
	}
}

/* Return: the protocol that packets of it mostly have. */
static uint8_t on_protocol(struct rule *r, bool v4)
{
	static const uint8_t others[] = {2, 89, 103, 253};
	uint8_t icmp = v4 ? 1 : 58;

	switch (draw(10)) {
	case 0:
		return chance(50) ? IP_TCP : IP_UDP; /* no condition */
	case 1:
	case 2:
	case 3:
		kit_on(r, RULE_PROTOCOL, IP_TCP, IP_TCP);
		return IP_TCP;
	case 4:
	case 5:
	case 6:
		kit_on(r, RULE_PROTOCOL, IP_UDP, IP_UDP);
		return IP_UDP;
	case 7:
		kit_on(r, RULE_PROTOCOL, icmp, icmp);
		return icmp;
	case 8:
		kit_on(r, RULE_PROTOCOL, IP_TCP, IP_TCP);
		kit_on(r, RULE_PROTOCOL, IP_UDP, IP_UDP);
		return chance(50) ? IP_TCP : IP_UDP;
	default:
		kit_on(r, RULE_PROTOCOL, 80, chance(50) ? 253 : 110);
		return others[draw(ARRAY_LEN(others))];
	}
}

static bool only_has(const struct rule *r, uint16_t a, uint16_t b)
{
	const struct rule_condition *c = r->n_conditions ? &r->condition[0] : NULL;

	if (!c || c->field != RULE_PROTOCOL)
		return false;
	for (unsigned i = 0; i < c->n; i++)
		if (c->range[i].from != c->range[i].to ||
		    (c->range[i].from != a && c->range[i].from != b))
			return false;
	return true;
}

static void a_destination(struct rule *r, unsigned number, bool v4)
{
	struct ip ip = ip_from_v4(0xc6120000u | number << 8 | (uint32_t)draw(256));
	static const uint8_t longs[] = {128, 128, 120, 64, 48};

	if (v4) {
		r->destination = prefix_of(&ip, PREFIX_V4_BASE + 24 + (unsigned)draw(9));
		return;
	}
	memset(&ip, 0, sizeof(ip));
	memcpy(ip.b, "\x20\x01\x0d\xb8", 4);
	ip.b[4] = (uint8_t)(number >> 8);
	ip.b[5] = (uint8_t)number;
	for (unsigned i = 6; i < 16; i++)
		ip.b[i] = (uint8_t)draw(256);
	r->destination = prefix_of(&ip, longs[draw(ARRAY_LEN(longs))]);
}

static struct ip a_source(bool v4)
{
	struct ip ip = ip_from_v4(0x0b000000u | (uint32_t)draw(1 << 24));

	if (v4)
		return ip;
	memset(&ip, 0, sizeof(ip));
	memcpy(ip.b, "\x2a\x01\x00\x10", 4);
	for (unsigned i = 8; i < 16; i++)
		ip.b[i] = (uint8_t)draw(256);
	return ip;
}

static struct rule random_rule(unsigned number, bool v4, uint8_t *protocol)
{
	struct rule r = {.action = RULE_DISCARD};

	a_destination(&r, number, v4);
	if (chance(10)) {
		struct ip from = a_source(v4);

		r.has_source = true;
		r.source = prefix_of(&from, v4 ? PREFIX_V4_BASE + 8 + (unsigned)draw(25)
					       : 32 + (unsigned)draw(97));
	}
	*protocol = on_protocol(&r, v4);
	if (only_has(&r, IP_TCP, IP_UDP)) {
		if (chance(50))
			on_numbers(&r, RULE_SOURCE_PORT, a_port, 65535);
		if (chance(50))
			on_numbers(&r, RULE_DESTINATION_PORT, a_port, 65535);
	}
	if (only_has(&r, v4 ? 1 : 58, v4 ? 1 : 58) && chance(80)) {
		on_numbers(&r, RULE_ICMP_TYPE, a_type, 255);
		if (chance(40))
			on_numbers(&r, RULE_ICMP_CODE, a_code, 255);
	}
	if (only_has(&r, IP_TCP, IP_TCP) && chance(60))
		on_flags(&r);
	if (chance(25))
		on_numbers(&r, RULE_LENGTH, a_length, 65535);
	if (chance(15))
		on_numbers(&r, RULE_DSCP, a_dscp, 63);
	if (chance(25))
		on_fragments(&r);
	return r;
}

/* ---- packets ---- */

enum piece { WHOLE, FIRST, MIDDLE, LAST };

struct shape {
	bool v4, options;
	struct ip from, to;
	uint8_t protocol, flags, type, code, dscp;
	uint16_t sport, dport, length;
	enum piece piece;
};

static uint8_t *put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static uint16_t checksum(const uint8_t *p, size_t n)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

/* A value that the rule wants of a field, or any. */
static uint16_t wanted(const struct rule *r, enum rule_field f, uint16_t any)
{
	for (unsigned i = 0; i < r->n_conditions; i++) {
		const struct rule_condition *c = &r->condition[i];
		const struct rule_range *k = &c->range[draw(c->n)];

		if (c->field != f)
			continue;
		if (f == RULE_TCP_FLAGS)
			return (uint16_t)(k->from | (draw(256) & ~(uint64_t)k->to));
		switch (draw(6)) { /* the borders on both sides are worth more than the middle */
		case 0:
			return k->to;
		case 1:
			return chance(50) ? (uint16_t)(k->to + 1) : (uint16_t)(k->from - 1);
		case 2:
			return between(k->from, k->to);
		default:
			return k->from;
		}
	}
	return any;
}

static enum piece wanted_piece(const struct rule *r)
{
	for (unsigned i = 0; i < r->n_conditions; i++)
		if (r->condition[i].field == RULE_FRAGMENT)
			return (enum piece)draw(4);
	return chance(85) ? WHOLE : (enum piece)draw(4);
}

static struct ip inside(const struct prefix *p)
{
	struct ip ip = p->addr, mask = {.u = {~UINT64_C(0), ~UINT64_C(0)}};

	mask = ip_mask(&mask, p->len);
	for (unsigned i = 0; i < 16; i++)
		ip.b[i] |= (uint8_t)draw(256) & (uint8_t)~mask.b[i];
	return ip;
}

/* One bit of the host part's neighbour turned: near, and not in the prefix. Within the rule's own
 * 256 addresses or /48. */
static struct ip outside(const struct prefix *p, bool v4)
{
	struct ip ip = inside(p);
	unsigned first = v4 ? 120 : 48;

	if (p->len <= first)
		return ip;
	first += (unsigned)draw(p->len - first);
	ip.b[first / 8] ^= (uint8_t)(0x80 >> first % 8);
	return ip;
}

static struct shape a_shape(const struct rule *r, bool v4, uint8_t protocol)
{
	struct shape s = {.v4 = v4, .protocol = protocol};
	bool odd_source = !r->has_source || chance(20);

	s.to = chance(90) ? inside(&r->destination) : outside(&r->destination, v4);
	s.from = odd_source ? a_source(v4) : inside(&r->source);
	if (chance(8))
		s.protocol = chance(50) ? IP_TCP : IP_UDP;
	s.sport = wanted(r, RULE_SOURCE_PORT, a_port());
	s.dport = wanted(r, RULE_DESTINATION_PORT, a_port());
	s.type = (uint8_t)wanted(r, RULE_ICMP_TYPE, a_type());
	s.code = (uint8_t)wanted(r, RULE_ICMP_CODE, a_code());
	s.flags = (uint8_t)(chance(80) ? wanted(r, RULE_TCP_FLAGS, between(0, 255)) : draw(256));
	s.length = wanted(r, RULE_LENGTH, a_length());
	s.dscp = (uint8_t)wanted(r, RULE_DSCP, a_dscp()) & 63;
	s.piece = wanted_piece(r);
	s.options = !v4 && chance(10);
	switch (draw(12)) { /* one thing that is anything */
	case 0:
		s.sport = a_port();
		break;
	case 1:
		s.dport = a_port();
		break;
	case 2:
		s.length = a_length();
		break;
	case 3:
		s.dscp = (uint8_t)a_dscp();
		break;
	case 4:
		s.piece = (enum piece)draw(4);
		break;
	default:
		break;
	}
	return s;
}

static size_t least_payload(uint8_t protocol)
{
	return protocol == IP_TCP ? 20 : 8;
}

/* The transport header; also in later fragments, where it is nothing but bytes that look like one.
 */
static void put_payload(const struct shape *s, uint8_t *p, size_t n)
{
	memset(p, 0xa5, n);
	if (s->protocol == IP_TCP || s->protocol == IP_UDP)
		put16(put16(p, s->sport), s->dport);
	if (s->protocol == IP_UDP)
		put16(put16(p + 4, (uint32_t)n), 0);
	if (s->protocol == IP_TCP) {
		p[12] = 0x50;
		p[13] = s->flags;
	}
	if (s->protocol == 1 || s->protocol == 58) {
		p[0] = s->type;
		p[1] = s->code;
	}
}

/* RFC 791 section 3.1: in units of eight octets, and only the last piece may be of any length. */
static uint16_t piece_bits(enum piece piece, unsigned more, unsigned shift)
{
	uint16_t offset = piece == MIDDLE || piece == LAST ? between(1, 40) : 0;

	return (uint16_t)(offset << shift | (piece == FIRST || piece == MIDDLE ? more : 0));
}

static size_t put_packet4(const struct shape *s, uint16_t id, uint8_t *p)
{
	size_t n = s->length > 20 ? s->length - 20u : 0;

	n = n < least_payload(s->protocol) ? least_payload(s->protocol) : n;
	n = n > PACKET_MAX - 20 ? PACKET_MAX - 20 : n;
	if (s->piece == FIRST || s->piece == MIDDLE)
		n = (n + 7) & ~(size_t)7;
	n = n > PACKET_MAX - 20 ? n - 8 : n;
	p[0] = 0x45;
	p[1] = (uint8_t)(s->dscp << 2);
	put16(p + 2, (uint32_t)n + 20);
	put16(p + 4, id);
	put16(p + 6,
	      piece_bits(s->piece, 0x2000, 0) | (s->piece == WHOLE && chance(50) ? 0x4000 : 0));
	p[8] = 64;
	p[9] = s->protocol;
	put16(p + 10, 0);
	memcpy(p + 12, &s->from.b[12], 4);
	memcpy(p + 16, &s->to.b[12], 4);
	put16(p + 10, checksum(p, 20));
	put_payload(s, p + 20, n);
	return n + 20;
}

static size_t put_packet6(const struct shape *s, uint16_t id, uint8_t *p)
{
	uint8_t *next = p + 6, *at = p + 40;
	size_t heads = 40 + (s->options ? 8 : 0) + (s->piece != WHOLE ? 8 : 0), n;

	n = s->length > heads ? s->length - heads : 0;
	n = n < least_payload(s->protocol) ? least_payload(s->protocol) : n;
	n = n > PACKET_MAX - heads ? PACKET_MAX - heads : n;
	if (s->piece == FIRST || s->piece == MIDDLE)
		n = n & ~(size_t)7 ? n & ~(size_t)7 : 8;
	if (s->piece == FIRST && n < least_payload(s->protocol))
		n += 8;
	memset(p, 0, heads);
	put16(put16(p, 0x6000u | (uint32_t)s->dscp << 6), id); /* the flow label */
	put16(p + 4, (uint32_t)(heads - 40 + n));
	p[7] = 64;
	memcpy(p + 8, s->from.b, 16);
	memcpy(p + 24, s->to.b, 16);
	if (s->options) { /* destination options: padding */
		*next = 60;
		next = at;
		at[2] = 1;
		at[3] = 4;
		at += 8;
	}
	if (s->piece != WHOLE) {
		*next = 44;
		next = at;
		put16(at + 2, piece_bits(s->piece, 1, 3));
		put16(at + 6, id);
		at += 8;
	}
	*next = s->protocol;
	put_payload(s, at, n);
	return heads + n;
}

/* What the rule says of bytes, by the decoder that every sensor has. */
static bool says(const struct rule *r, const uint8_t *bytes, size_t n)
{
	struct evidence_record e = {0};
	struct packet p;

	if (packet_decode_ip(&p, bytes, n, n)) {
		fprintf(stderr, "rule_packets: a packet that cannot be decoded\n");
		exit(1);
	}
	e.flow = p.flow;
	e.side = p.side;
	return rule_matches(r, &e);
}

static json_t *packet_json(const struct rule *r, bool v4, uint8_t protocol, uint16_t id)
{
	struct shape s = a_shape(r, v4, protocol);
	uint8_t bytes[PACKET_MAX + 16];
	char hex[HEX_MAX + 32];
	size_t n = v4 ? put_packet4(&s, id, bytes) : put_packet6(&s, id, bytes);

	for (size_t i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	return json_pack("[sb]", hex, says(r, bytes, n));
}

/* ---- what is written ---- */

static json_t *rule_line(const struct rule *r, const char *name)
{
	static const char *const actions[] = {"discard", "limit", "redirect"};
	json_t *said = json_object(), *cannot = json_object();
	_cleanup_text_ struct text words = TEXT_NULL;

	rule_text(r, &words);
	for (enum render_kind k = 0; k < RENDER_KINDS; k++) {
		_cleanup_text_ struct text t = TEXT_NULL;
		int refused = render_rule(k, r, name, &t);

		json_object_set_new(refused ? cannot : said, render_name(k),
				    json_string(text_str(&t)));
	}
	return json_pack("{ss ss sb ss ss so so}", "name", name, "rule", text_str(&words), "v4",
			 ip_is_v4(&r->destination.addr), "action", actions[r->action], "redirect",
			 r->redirect, "said", said, "cannot", cannot);
}

static void write_line(json_t *line)
{
	if (!line || json_dumpf(line, stdout, JSON_COMPACT)) {
		fprintf(stderr, "rule_packets: cannot write\n");
		exit(1);
	}
	putchar('\n');
	json_decref(line);
}

static void named(void)
{
	for (size_t i = 0; i < ARRAY_LEN(kit_rules); i++) {
		struct rule r = kit_rule(&kit_rules[i]);

		write_line(rule_line(&r, kit_rules[i].name));
	}
}

static void randomly(unsigned rules, unsigned packets)
{
	unsigned made = 0;
	uint16_t id = 0;

	while (made < rules) {
		bool v4 = made % 2 == 0;
		json_t *line, *list = json_array();
		uint8_t protocol;
		struct rule r = random_rule(made, v4, &protocol);
		char name[16];

		if (rule_check(&r)) {
			json_decref(list);
			continue;
		}
		snprintf(name, sizeof(name), "r%u", made++);
		line = rule_line(&r, name);
		for (unsigned i = 0; i < packets; i++)
			json_array_append_new(list, packet_json(&r, v4, protocol, ++id));
		json_object_set_new(line, "packets", list);
		write_line(line);
	}
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "named") == 0) {
		named();
		return 0;
	}
	if (argc != 5 || strcmp(argv[1], "random") != 0) {
		fprintf(stderr, "usage: rule_packets named | random SEED RULES PACKETS\n");
		return 2;
	}
	seed = strtoull(argv[2], NULL, 10);
	randomly((unsigned)strtoul(argv[3], NULL, 10), (unsigned)strtoul(argv[4], NULL, 10));
	return 0;
}
