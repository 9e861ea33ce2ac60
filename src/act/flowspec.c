/* SPDX-License-Identifier: ISC */
/*
 * What a FlowSpec is made of: the component types in one table, and what follows from them.
 */
#include <string.h>

#include "act/flowspec_inside.h"

#define LABEL_MAX 0xfffffu

/*
 * By type: name, octets that a value may take at most (RFC 8955 section 4.2.2, RFC 8956
 * section 3.7), octets that it takes in canonical form at least, and the greatest value of the
 * packet's field.
 */
static const struct {
	const char *name;
	uint8_t octets, least;
	bool bitmask, only_ipv6;
	uint32_t max;
} types[FLOWSPEC_TYPES] = {
	[FLOWSPEC_DESTINATION] = {"destination", 0, 0, false, false, 0},
	[FLOWSPEC_SOURCE] = {"source", 0, 0, false, false, 0},
	[FLOWSPEC_PROTOCOL] = {"protocol", 1, 1, false, false, 0xff},
	[FLOWSPEC_PORT] = {"port", 2, 1, false, false, 0xffff},
	[FLOWSPEC_DESTINATION_PORT] = {"destination-port", 2, 1, false, false, 0xffff},
	[FLOWSPEC_SOURCE_PORT] = {"source-port", 2, 1, false, false, 0xffff},
	[FLOWSPEC_ICMP_TYPE] = {"icmp-type", 1, 1, false, false, 0xff},
	[FLOWSPEC_ICMP_CODE] = {"icmp-code", 1, 1, false, false, 0xff},
	[FLOWSPEC_TCP_FLAGS] = {"tcp-flags", 2, 1, true, false, 0x0fff},
	[FLOWSPEC_LENGTH] = {"packet-length", 2, 1, false, false, 0xffff},
	[FLOWSPEC_DSCP] = {"dscp", 1, 1, false, false, 0x3f},
	[FLOWSPEC_FRAGMENT] = {"fragment", 1, 1, true, false, 0x0f},
	[FLOWSPEC_LABEL] = {"flow-label", 4, 4, false, true, LABEL_MAX},
};

const char *flowspec_type_name(unsigned type)
{
	return type < FLOWSPEC_TYPES ? types[type].name : NULL;
}

bool flowspec_is_bitmask(unsigned type)
{
	return type < FLOWSPEC_TYPES && types[type].bitmask;
}

uint32_t flowspec_type_max(unsigned type, unsigned family)
{
	if (type == FLOWSPEC_FRAGMENT && family == 6)
		return types[type].max & ~(uint32_t)FRAGMENT_DONT;
	return type < FLOWSPEC_TYPES ? types[type].max : 0;
}

unsigned flowspec_type_octets(unsigned type)
{
	return type < FLOWSPEC_TYPES ? types[type].octets : 0;
}

bool flowspec_type_known(unsigned type, unsigned family)
{
	return type < FLOWSPEC_TYPES && types[type].name && (!types[type].only_ipv6 || family == 6);
}

unsigned flowspec_value_octets(unsigned type, uint32_t value)
{
	unsigned n = value > 0xffff ? 4 : value > 0xff ? 2 : 1;

	return type < FLOWSPEC_TYPES && n < types[type].least ? types[type].least : n;
}

/* Evaluation */

static bool number_holds(const struct flowspec_pair *p, uint32_t value)
{
	return (value < p->value && (p->how & FLOWSPEC_LT)) ||
	       (value > p->value && (p->how & FLOWSPEC_GT)) ||
	       (value == p->value && (p->how & FLOWSPEC_EQ));
}

static bool bits_hold(const struct flowspec_pair *p, uint32_t value)
{
	bool holds =
		p->how & FLOWSPEC_MATCH ? (value & p->value) == p->value : (value & p->value) != 0;

	return p->how & FLOWSPEC_NOT ? !holds : holds;
}

bool flowspec_holds(const struct flowspec *f, unsigned type, uint32_t value)
{
	bool bitmask = flowspec_is_bitmask(type), group = false;

	if (type >= FLOWSPEC_TYPES)
		return false;
	for (unsigned i = 0; i < f->list[type].n; i++) {
		const struct flowspec_pair *p = &f->pair[f->list[type].first + i];
		bool holds = bitmask ? bits_hold(p, value) : number_holds(p, value);

		if (i == 0 || !p->and) {
			if (group)
				return true;
			group = holds;
		} else {
			group = group && holds;
		}
	}
	return group;
}

bool flowspec_put(struct flowspec *f, unsigned type, bool and, unsigned how, uint32_t value)
{
	struct flowspec_list *l;

	if (!flowspec_type_known(type, f->family) || !types[type].octets || f->has >> (type + 1) ||
	    f->n_pairs == FLOWSPEC_PAIRS_MAX)
		return false;
	l = &f->list[type];
	if (!(f->has & 1u << type))
		*l = (struct flowspec_list){.first = f->n_pairs};
	f->has |= (uint16_t)(1u << type);
	f->pair[f->n_pairs++] = (struct flowspec_pair){
		.and = and&&l->n,
		.how = (uint8_t)how,
		.octets = (uint8_t)flowspec_value_octets(type, value),
		.value = value,
	};
	l->n++;
	return true;
}

/* What may be written */

struct ip flowspec_pattern_mask(const struct ip *addr, unsigned family, unsigned offset,
				unsigned len)
{
	unsigned base = family == 4 ? PREFIX_V4_BASE : 0;
	struct ip kept = ip_mask(addr, base + len), before = ip_mask(addr, base + offset);

	if (offset) /* the bits to skip are taken out again */
		for (unsigned i = 0; i < 2; i++)
			kept.u[i] &= ~before.u[i];
	return kept;
}

static enum flowspec_reason check_prefix(const struct flowspec_prefix *p, unsigned family)
{
	struct ip masked;

	if (p->len > (family == 4 ? 32 : 128))
		return FLOWSPEC_EXCEED_MAX_PREFIX_LENGTH;
	if (p->offset && (family == 4 || p->offset >= p->len))
		return FLOWSPEC_EXCEED_MAX_PREFIX_OFFSET;
	masked = flowspec_pattern_mask(&p->addr, family, p->offset, p->len);
	return ip_equal(&masked, &p->addr) && (family == 6 || ip_is_v4(&p->addr))
		       ? FLOWSPEC_GOOD
		       : FLOWSPEC_NONZERO_PADDING;
}

static enum flowspec_reason check_pair(const struct flowspec_pair *p, unsigned type, bool first,
				       unsigned family)
{
	uint32_t bits = flowspec_type_max(type, family);

	if ((p->octets != 1 && p->octets != 2 && p->octets != 4) ||
	    p->octets > types[type].octets || (p->octets < 4 && p->value >> (8 * p->octets)))
		return FLOWSPEC_EXCEED_MAX_VALUE_LENGTH;
	if (first && p->and)
		return FLOWSPEC_FIRST_AND_BIT_SET;
	if (p->how > (types[type].bitmask ? 3 : 7))
		return FLOWSPEC_ZERO_BIT_SET;
	if (type == FLOWSPEC_TCP_FLAGS && (p->value & ~bits))
		return FLOWSPEC_INVALID_TCP_FLAGS;
	if (type == FLOWSPEC_FRAGMENT && (p->value & ~bits))
		return FLOWSPEC_INVALID_FRAGMENT;
	return type == FLOWSPEC_DSCP && p->value > bits ? FLOWSPEC_INVALID_DSCP : FLOWSPEC_GOOD;
}

static enum flowspec_reason check_list(const struct flowspec *f, unsigned type)
{
	const struct flowspec_list *l = &f->list[type];
	enum flowspec_reason r = FLOWSPEC_GOOD;

	if (l->n == 0 || l->first + l->n > f->n_pairs || f->n_pairs > FLOWSPEC_PAIRS_MAX)
		return FLOWSPEC_NOT_COMPLETE;
	for (unsigned i = 0; r == FLOWSPEC_GOOD && i < l->n; i++)
		r = check_pair(&f->pair[l->first + i], type, i == 0, f->family);
	return r;
}

enum flowspec_reason flowspec_check(const struct flowspec *f)
{
	enum flowspec_reason r = FLOWSPEC_GOOD;

	if (f->family != 4 && f->family != 6)
		return FLOWSPEC_UNKNOWN_COMPONENT;
	if (!f->has)
		return FLOWSPEC_EMPTY;
	for (unsigned type = 0; r == FLOWSPEC_GOOD && type < 16; type++) {
		if (!(f->has & 1u << type))
			continue;
		if (!flowspec_type_known(type, f->family))
			return FLOWSPEC_UNKNOWN_COMPONENT;
		r = type == FLOWSPEC_DESTINATION ? check_prefix(&f->destination, f->family)
		    : type == FLOWSPEC_SOURCE	 ? check_prefix(&f->source, f->family)
						 : check_list(f, type);
	}
	return r;
}

/* Alike */

static bool prefix_same(const struct flowspec_prefix *a, const struct flowspec_prefix *b)
{
	return a->len == b->len && a->offset == b->offset && ip_equal(&a->addr, &b->addr);
}

static bool list_same(const struct flowspec *a, const struct flowspec *b, unsigned type)
{
	if (a->list[type].n != b->list[type].n)
		return false;
	for (unsigned i = 0; i < a->list[type].n; i++) {
		const struct flowspec_pair *x = &a->pair[a->list[type].first + i];
		const struct flowspec_pair *y = &b->pair[b->list[type].first + i];

		if (x->and != y->and || x->how != y->how || x->octets != y->octets ||
		    x->value != y->value)
			return false;
	}
	return true;
}

bool flowspec_equal(const struct flowspec *a, const struct flowspec *b)
{
	if (a->family != b->family || a->vpn != b->vpn || (a->vpn && a->rd != b->rd) ||
	    a->has != b->has)
		return false;
	if ((a->has & 1u << FLOWSPEC_DESTINATION) && !prefix_same(&a->destination, &b->destination))
		return false;
	if ((a->has & 1u << FLOWSPEC_SOURCE) && !prefix_same(&a->source, &b->source))
		return false;
	for (unsigned type = FLOWSPEC_PROTOCOL; type < FLOWSPEC_TYPES; type++)
		if ((a->has & 1u << type) && !list_same(a, b, type))
			return false;
	return true;
}
