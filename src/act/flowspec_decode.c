/* SPDX-License-Identifier: ISC */
/*
 * FlowSpec NLRI from bytes that anybody may have sent. What the RFCs say has to be ignored on
 * reception is ignored and noted; all else that is not as they say is refused, with the octet
 * where.
 */
#include <string.h>

#include "act/flowspec_inside.h"
#include "base/cursor.h"

#define OP_END	       0x80
#define OP_AND	       0x40
#define OP_NUMBER_ZERO 0x08 /* reserved in operators of numbers */
#define OP_BITS_ZERO   0x0c /* reserved in operators of bitmasks */

struct reader {
	struct cursor c;
	const uint8_t *start;
	unsigned family;
	bool whole; /* IPv6 patterns stand with the bits before their offset */
	bool saw_offset;
	unsigned type;
	struct flowspec *out;
	struct flowspec_verdict *v;
};

static uint16_t position(const struct reader *r)
{
	return (uint16_t)(r->c.p - r->start);
}

static bool refuse(struct reader *r, enum flowspec_reason why, uint16_t at)
{
	r->v->refused = why;
	r->v->at = at;
	r->v->component = (uint8_t)r->type;
	return false;
}

static void ignore(struct reader *r, enum flowspec_reason what, uint16_t at)
{
	if (!r->v->ignored) {
		r->v->first = what;
		r->v->first_at = at;
		r->v->first_component = (uint8_t)r->type;
	}
	r->v->ignored |= 1u << what;
}

/* @n bits at @p, into the address from bit @from on. What is behind them in the last octet is left
 * out. */
static void put_bits(struct ip *addr, const uint8_t *p, unsigned n, unsigned from)
{
	for (unsigned i = 0; i < n; i++, from++)
		if (p[i / 8] & 0x80 >> i % 8)
			addr->b[from / 8] |= (uint8_t)(0x80 >> from % 8);
}

static bool padding_is_zero(const uint8_t *p, unsigned bits)
{
	return bits % 8 == 0 || (p[bits / 8] & (0xff >> bits % 8)) == 0;
}

/* Length, in IPv6 an offset, and the bits between the two (RFC 8956 section 3.1). */
static bool read_prefix(struct reader *r, struct flowspec_prefix *out)
{
	uint16_t at = position(r);
	unsigned len = cursor_u8(&r->c), offset = r->family == 6 ? cursor_u8(&r->c) : 0;
	unsigned bits, skip;
	const uint8_t *p;

	if (!cursor_ok(&r->c))
		return refuse(r, FLOWSPEC_NOT_COMPLETE, position(r));
	if (len > (r->family == 4 ? 32u : 128u))
		return refuse(r, FLOWSPEC_EXCEED_MAX_PREFIX_LENGTH, at);
	if (offset && offset >= len)
		return refuse(r, FLOWSPEC_EXCEED_MAX_PREFIX_OFFSET, (uint16_t)(at + 1));
	r->saw_offset = r->saw_offset || offset;
	skip = r->whole ? 0 : offset;
	bits = len - skip;
	at = position(r);
	p = cursor_take(&r->c, (bits + 7) / 8);
	if (!cursor_ok(&r->c))
		return refuse(r, FLOWSPEC_NOT_COMPLETE, position(r));
	*out = (struct flowspec_prefix){.len = (uint8_t)len, .offset = (uint8_t)offset};
	if (r->family == 4)
		out->addr = ip_from_v4(0);
	if (bits)
		put_bits(&out->addr, p, bits, skip + (r->family == 4 ? PREFIX_V4_BASE : 0));
	out->addr = flowspec_pattern_mask(&out->addr, r->family, offset, len);
	if (bits && !padding_is_zero(p, bits))
		ignore(r, FLOWSPEC_NONZERO_PADDING, (uint16_t)(at + bits / 8));
	if (r->whole && offset)
		ignore(r, FLOWSPEC_WHOLE_PREFIX, at);
	return true;
}

/* Bits of a value that its field does not have are as if they were zero. */
static uint32_t clean_value(struct reader *r, uint32_t value, uint16_t at)
{
	static const enum flowspec_reason reasons[FLOWSPEC_TYPES] = {
		[FLOWSPEC_TCP_FLAGS] = FLOWSPEC_INVALID_TCP_FLAGS,
		[FLOWSPEC_DSCP] = FLOWSPEC_INVALID_DSCP,
		[FLOWSPEC_FRAGMENT] = FLOWSPEC_INVALID_FRAGMENT,
	};
	uint32_t bits = flowspec_type_max(r->type, r->family);

	if (!reasons[r->type] || !(value & ~bits))
		return value;
	ignore(r, reasons[r->type], at);
	return value & bits;
}

static bool read_pair(struct reader *r, bool first, bool *last)
{
	bool bitmask = flowspec_is_bitmask(r->type);
	uint16_t at = position(r);
	uint8_t op = cursor_u8(&r->c);
	unsigned octets = 1u << (op >> 4 & 3);
	const uint8_t *p;
	struct flowspec_pair pair = {.octets = (uint8_t)octets};

	if (!cursor_ok(&r->c))
		return refuse(r, FLOWSPEC_NOT_COMPLETE, at);
	if (first && (op & OP_AND))
		ignore(r, FLOWSPEC_FIRST_AND_BIT_SET, at);
	if (op & (bitmask ? OP_BITS_ZERO : OP_NUMBER_ZERO))
		ignore(r, FLOWSPEC_ZERO_BIT_SET, at);
	if (octets > flowspec_type_octets(r->type))
		return refuse(r, FLOWSPEC_EXCEED_MAX_VALUE_LENGTH, at);
	p = cursor_take(&r->c, octets);
	if (!p)
		return refuse(r, FLOWSPEC_NOT_COMPLETE, position(r));
	pair.and = !first && (op & OP_AND);
	pair.how = op & (bitmask ? FLOWSPEC_NOT | FLOWSPEC_MATCH
				 : FLOWSPEC_LT | FLOWSPEC_GT | FLOWSPEC_EQ);
	pair.value = clean_value(r, (uint32_t)be_uint(p, octets), (uint16_t)(at + 1));
	if (r->out->n_pairs == FLOWSPEC_PAIRS_MAX) /* never: the octets do not suffice */
		return refuse(r, FLOWSPEC_TOO_LONG, at);
	r->out->pair[r->out->n_pairs++] = pair;
	*last = op & OP_END;
	return true;
}

static bool read_list(struct reader *r)
{
	struct flowspec_list *l = &r->out->list[r->type];
	bool last = false;

	l->first = r->out->n_pairs;
	while (!last) {
		if (!read_pair(r, l->n == 0, &last))
			return false;
		l->n++;
	}
	return true;
}

static bool read_component(struct reader *r)
{
	uint16_t at = position(r);
	unsigned type = cursor_u8(&r->c);
	bool good;

	if (!flowspec_type_known(type, r->family)) {
		r->type = type;
		return refuse(r, FLOWSPEC_UNKNOWN_COMPONENT, at);
	}
	if (type <= r->type) {
		r->type = type;
		return refuse(r, FLOWSPEC_BAD_TYPE_ORDER, at);
	}
	r->type = type;
	good = type == FLOWSPEC_DESTINATION ? read_prefix(r, &r->out->destination)
	       : type == FLOWSPEC_SOURCE    ? read_prefix(r, &r->out->source)
					    : read_list(r);
	if (good)
		r->out->has |= (uint16_t)(1u << type);
	return good;
}

/* Everything but the pairs, which are only read where a list says that they are. */
static void clear(struct flowspec *f, unsigned family, bool vpn)
{
	memset(f, 0, offsetof(struct flowspec, pair));
	f->family = (uint8_t)family;
	f->vpn = vpn;
}

static bool read_all(struct reader *r, bool vpn)
{
	clear(r->out, r->family, vpn);
	*r->v = (struct flowspec_verdict){0};
	if (vpn)
		r->out->rd = cursor_be64(&r->c);
	if (!cursor_ok(&r->c))
		return refuse(r, FLOWSPEC_NOT_COMPLETE, position(r));
	if (!cursor_left(&r->c))
		return refuse(r, FLOWSPEC_EMPTY, position(r));
	while (cursor_left(&r->c))
		if (!read_component(r))
			return false;
	return true;
}

static bool read_as(const uint8_t *data, size_t n, unsigned family, bool vpn, bool whole,
		    struct flowspec *out, struct flowspec_verdict *v, bool *saw_offset)
{
	struct reader r = {
		.c = cursor_over(data, n),
		.start = data,
		.family = family,
		.whole = whole,
		.out = out,
		.v = v,
	};
	bool good = read_all(&r, vpn);

	*saw_offset = r.saw_offset;
	return good;
}

bool flowspec_decode(const uint8_t *data, size_t n, unsigned family, bool vpn, struct flowspec *out,
		     struct flowspec_verdict *v)
{
	bool offset;

	if (n > FLOWSPEC_VALUE_MAX) {
		clear(out, family, vpn);
		*v = (struct flowspec_verdict){.refused = FLOWSPEC_TOO_LONG};
		return false;
	}
	if (read_as(data, n, family, vpn, false, out, v, &offset))
		return true;
	/* Some speakers still send the bits before the offset, as drafts of RFC 8956 were read. */
	if (offset && read_as(data, n, family, vpn, true, out, v, &offset))
		return true;
	return offset ? read_as(data, n, family, vpn, false, out, v, &offset) : false;
}

size_t flowspec_path(const uint8_t *data, size_t n, uint32_t *path)
{
	struct cursor c = cursor_over(data, n);

	*path = cursor_be32(&c);
	return cursor_ok(&c) ? n - cursor_left(&c) : 0;
}

bool flowspec_next(const uint8_t *data, size_t n, unsigned family, bool vpn, struct flowspec *out,
		   struct flowspec_verdict *v, size_t *taken)
{
	size_t value, head = flowspec_frame(data, n, &value);
	bool good;

	if (!head || value > n - head) {
		clear(out, family, vpn);
		*v = (struct flowspec_verdict){.refused = FLOWSPEC_NOT_COMPLETE,
					       .at = (uint16_t)(n > UINT16_MAX ? UINT16_MAX : n)};
		*taken = n;
		return false;
	}
	*taken = head + value;
	good = flowspec_decode(data + head, value, family, vpn, out, v);
	v->at = (uint16_t)(v->at + head);
	v->first_at = (uint16_t)(v->first_at + head);
	if (head == 2 && value < FLOWSPEC_LONG_FROM) {
		v->ignored |= 1u << FLOWSPEC_LONG_LENGTH;
		v->first = FLOWSPEC_LONG_LENGTH;
		v->first_at = 0;
		v->first_component = 0;
	}
	return good;
}
