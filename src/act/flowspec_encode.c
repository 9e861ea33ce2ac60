/* SPDX-License-Identifier: ISC */
/*
 * FlowSpec NLRI to bytes, and the length before them.
 */
#include <string.h>

#include "act/flowspec_inside.h"

#define LONG_MARK 0xf0 /* of the first of two octets of length (RFC 8955 section 4.1) */

struct writer {
	uint8_t *p;
	size_t room, n; /* n goes on counting where the room ends */
};

static void put(struct writer *w, uint8_t octet)
{
	if (w->n < w->room)
		w->p[w->n] = octet;
	w->n++;
}

static void put_uint(struct writer *w, uint64_t value, unsigned octets)
{
	while (octets--)
		put(w, (uint8_t)(value >> 8 * octets));
}

static void put_prefix(struct writer *w, const struct flowspec_prefix *p, unsigned family)
{
	unsigned from = p->offset + (family == 4 ? PREFIX_V4_BASE : 0), bits = p->len - p->offset;
	uint8_t octet = 0;

	put(w, p->len);
	if (family == 6)
		put(w, p->offset);
	for (unsigned i = 0; i < bits; i++, from++) {
		if (p->addr.b[from / 8] & 0x80 >> from % 8)
			octet |= (uint8_t)(0x80 >> i % 8);
		if (i % 8 == 7 || i + 1 == bits) {
			put(w, octet);
			octet = 0;
		}
	}
}

static void put_list(struct writer *w, const struct flowspec *f, const struct flowspec_list *l)
{
	for (unsigned i = 0; i < l->n; i++) {
		const struct flowspec_pair *p = &f->pair[l->first + i];
		unsigned len = p->octets == 4 ? 2 : p->octets == 2 ? 1 : 0;

		put(w, (uint8_t)((i + 1 == l->n ? 0x80 : 0) | (p->and ? 0x40 : 0) | len << 4 |
				 p->how));
		put_uint(w, p->value, p->octets);
	}
}

static void put_value(struct writer *w, const struct flowspec *f)
{
	if (f->vpn)
		put_uint(w, f->rd, 8);
	for (unsigned type = FLOWSPEC_DESTINATION; type < FLOWSPEC_TYPES; type++) {
		if (!(f->has & 1u << type))
			continue;
		put(w, (uint8_t)type);
		if (type == FLOWSPEC_DESTINATION)
			put_prefix(w, &f->destination, f->family);
		else if (type == FLOWSPEC_SOURCE)
			put_prefix(w, &f->source, f->family);
		else
			put_list(w, f, &f->list[type]);
	}
}

enum flowspec_reason flowspec_encode(const struct flowspec *f, uint8_t *out, size_t room,
				     size_t *len, size_t *head)
{
	enum flowspec_reason r = flowspec_check(f);
	struct writer w = {0};
	size_t value;

	if (r != FLOWSPEC_GOOD)
		return r;
	put_value(&w, f); /* only counts: the length stands first */
	value = w.n;
	if (value > FLOWSPEC_VALUE_MAX)
		return FLOWSPEC_TOO_LONG;
	w = (struct writer){.p = out, .room = room};
	if (value < FLOWSPEC_LONG_FROM)
		put(&w, (uint8_t)value);
	else
		put_uint(&w, LONG_MARK << 8 | value, 2);
	if (head)
		*head = w.n;
	put_value(&w, f);
	*len = w.n;
	return w.n > room ? FLOWSPEC_TOO_LONG : FLOWSPEC_GOOD;
}

size_t flowspec_frame(const uint8_t *data, size_t n, size_t *value)
{
	*value = 0;
	if (n < 1)
		return 0;
	if (data[0] < LONG_MARK) {
		*value = data[0];
		return 1;
	}
	if (n < 2)
		return 0;
	*value = (size_t)(data[0] & 0x0f) << 8 | data[1];
	return 2;
}
