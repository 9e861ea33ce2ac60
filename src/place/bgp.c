// SPDX-License-Identifier: ISC
#include "place/bgp.h"

#include <stdio.h>

enum attribute {
	ATTRIBUTE_ORIGIN = 1,
	ATTRIBUTE_AS_PATH = 2,
	ATTRIBUTE_NEXT_HOP = 3,
	ATTRIBUTE_MED = 4,
	ATTRIBUTE_LOCAL_PREF = 5,
	ATTRIBUTE_ATOMIC = 6,
	ATTRIBUTE_AGGREGATOR = 7,
	ATTRIBUTE_COMMUNITIES = 8,
	ATTRIBUTE_MP_REACH = 14,
	ATTRIBUTE_MP_UNREACH = 15,
	ATTRIBUTE_AS4_PATH = 17,
	ATTRIBUTE_AS4_AGGREGATOR = 18,
	ATTRIBUTE_COUNT
};

#define FLAG_EXTENDED_LENGTH 0x10
#define PATH_TEXT_MAX	     7900 /* where bgpdump ends a path with dots */

static uint32_t read_asn(struct cursor *c, unsigned as_len)
{
	return as_len == 4 ? cursor_be32(c) : cursor_be16(c);
}

static void path_clear(struct bgp_path *p)
{
	p->n_segments = p->n_asns = p->length = 0;
	p->wrong = false;
}

static bool path_add(struct bgp_path *p, uint8_t type, uint16_t n)
{
	if (p->n_segments == BGP_PATH_SEGMENTS_MAX || p->n_asns + n > BGP_PATH_ASNS_MAX)
		return false;
	p->segments[p->n_segments++] =
		(struct bgp_segment){.type = type, .n = n, .first = p->n_asns};
	p->length += type == BGP_SET || type == BGP_CONFED_SET ? 1 : n;
	return true;
}

static void read_path(struct bgp_path *p, struct cursor c, unsigned as_len)
{
	path_clear(p);
	while (cursor_left(&c)) {
		uint8_t type = cursor_u8(&c), n = cursor_u8(&c);

		if (!cursor_ok(&c) || type < BGP_SET || type > BGP_CONFED_SET ||
		    cursor_left(&c) < n * as_len || !path_add(p, type, n)) {
			path_clear(p);
			p->wrong = true;
			return;
		}
		for (unsigned i = 0; i < n; i++)
			p->asns[p->n_asns++] = read_asn(&c, as_len);
	}
}

static bool path_copy(struct bgp_path *to, const struct bgp_path *from, unsigned segment,
		      unsigned n)
{
	const struct bgp_segment *s = &from->segments[segment];

	if (!path_add(to, s->type, (uint16_t)n))
		return false;
	for (unsigned i = 0; i < n; i++)
		to->asns[to->n_asns++] = from->asns[s->first + i];
	return true;
}

/* RFC 6793 section 4.2.3: the first ASes of AS_PATH, as many as AS4_PATH lacks, then AS4_PATH. */
static void merge_paths(struct bgp_attributes *a)
{
	const struct bgp_path *old = &a->path, *new4 = &a->as4_path;
	struct bgp_path *m = &a->merged;
	unsigned lead;

	a->best = old;
	if (!a->has_path || !a->has_as4_path || old->wrong || new4->wrong ||
	    old->length < new4->length)
		return;
	lead = old->length - new4->length;
	path_clear(m);
	for (unsigned i = 0; i < old->n_segments && m->length < lead; i++) {
		const struct bgp_segment *s = &old->segments[i];
		bool set = s->type == BGP_SET || s->type == BGP_CONFED_SET;
		unsigned n = set || s->n < lead - m->length ? s->n : lead - m->length;

		if (!path_copy(m, old, i, n))
			return;
	}
	for (unsigned i = 0; i < new4->n_segments; i++)
		if (!path_copy(m, new4, i, new4->segments[i].n))
			return;
	a->best = m;
}

/* RFC 6793 section 4.2.3: an AGGREGATOR of another AS than AS_TRANS makes both AS4 ones void. */
static void merge_as4(struct bgp_attributes *a, unsigned as_len)
{
	a->best = &a->path;
	if (as_len == 4)
		return;
	if (a->has_aggregator && a->has_as4_aggregator) {
		if (a->aggregator_as != AS_TRANS)
			return;
		a->aggregator_as = a->as4_aggregator_as;
		memcpy(a->aggregator, a->as4_aggregator, sizeof(a->aggregator));
	}
	merge_paths(a);
}

/* Families */

static void copy_bytes(struct cursor *c, uint8_t *to, size_t n)
{
	size_t have = cursor_left(c) < n ? cursor_left(c) : n;
	const uint8_t *p = cursor_take(c, have);

	if (p && have)
		memcpy(to, p, have);
}

static struct bgp_family *family_of(struct bgp_family (*table)[BGP_SAFI_COUNT], uint16_t afi,
				    uint8_t safi)
{
	struct bgp_family *f;

	if (afi < BGP_IP || afi >= BGP_AFI_COUNT || safi < BGP_UNICAST || safi >= BGP_SAFI_COUNT)
		return NULL;
	f = &table[afi][safi];
	return f->there ? NULL : f;
}

static void read_nexthop(struct bgp_family *f, struct cursor *c)
{
	struct cursor hop;

	f->there = true;
	f->nexthop_len = cursor_u8(c);
	hop = cursor_sub(c, f->nexthop_len);
	copy_bytes(&hop, f->nexthop, sizeof(f->nexthop));
}

static void read_reach(struct bgp_attributes *a, struct cursor c)
{
	struct bgp_family *f;
	uint16_t afi;

	a->reach = true;
	/* RFC 6396 section 4.3.4: in a RIB only the next hop stands there. */
	if (cursor_left(&c) && *c.p != 0) {
		f = family_of(a->announce, BGP_IP6, BGP_UNICAST);
		if (f)
			read_nexthop(f, &c);
		return;
	}
	afi = cursor_be16(&c);
	f = family_of(a->announce, afi, cursor_u8(&c));
	if (!f)
		return;
	read_nexthop(f, &c);
	for (uint8_t snpa = cursor_u8(&c); snpa && cursor_ok(&c); snpa--)
		cursor_skip(&c, cursor_u8(&c));
	f->nlri = c;
}

static void read_unreach(struct bgp_attributes *a, struct cursor c)
{
	uint16_t afi = cursor_be16(&c);
	struct bgp_family *f = family_of(a->withdraw, afi, cursor_u8(&c));

	a->unreach = true;
	if (!f)
		return;
	f->there = true;
	f->nlri = c;
}

/* One attribute each. */

static void on_origin(struct bgp_attributes *a, struct cursor c, unsigned as_len)
{
	a->origin = cursor_u8(&c);
}

static void on_path(struct bgp_attributes *a, struct cursor c, unsigned as_len)
{
	a->has_path = true;
	read_path(&a->path, c, as_len);
}

static void on_as4_path(struct bgp_attributes *a, struct cursor c, unsigned as_len)
{
	a->has_as4_path = true;
	read_path(&a->as4_path, c, 4);
}

static void on_nexthop(struct bgp_attributes *a, struct cursor c, unsigned as_len)
{
	a->has_nexthop = true;
	copy_bytes(&c, a->nexthop, sizeof(a->nexthop));
}

static void on_med(struct bgp_attributes *a, struct cursor c, unsigned as_len)
{
	a->med = cursor_be32(&c);
}

static void on_local_pref(struct bgp_attributes *a, struct cursor c, unsigned as_len)
{
	a->local_pref = cursor_be32(&c);
}

static void on_atomic(struct bgp_attributes *a, struct cursor c, unsigned as_len)
{
	a->atomic = true;
}

static void on_aggregator(struct bgp_attributes *a, struct cursor c, unsigned as_len)
{
	a->has_aggregator = true;
	a->aggregator_as = read_asn(&c, as_len);
	copy_bytes(&c, a->aggregator, sizeof(a->aggregator));
}

static void on_as4_aggregator(struct bgp_attributes *a, struct cursor c, unsigned as_len)
{
	a->has_as4_aggregator = true;
	a->as4_aggregator_as = cursor_be32(&c);
	copy_bytes(&c, a->as4_aggregator, sizeof(a->as4_aggregator));
}

static void on_communities(struct bgp_attributes *a, struct cursor c, unsigned as_len)
{
	a->has_communities = true;
	a->communities = c;
}

static void on_reach(struct bgp_attributes *a, struct cursor c, unsigned as_len)
{
	read_reach(a, c);
}

static void on_unreach(struct bgp_attributes *a, struct cursor c, unsigned as_len)
{
	read_unreach(a, c);
}

static void (*const on_attribute[ATTRIBUTE_COUNT])(struct bgp_attributes *a, struct cursor c,
						   unsigned as_len) = {
	[ATTRIBUTE_ORIGIN] = on_origin,		[ATTRIBUTE_AS_PATH] = on_path,
	[ATTRIBUTE_NEXT_HOP] = on_nexthop,	[ATTRIBUTE_MED] = on_med,
	[ATTRIBUTE_LOCAL_PREF] = on_local_pref, [ATTRIBUTE_ATOMIC] = on_atomic,
	[ATTRIBUTE_AGGREGATOR] = on_aggregator, [ATTRIBUTE_COMMUNITIES] = on_communities,
	[ATTRIBUTE_MP_REACH] = on_reach,	[ATTRIBUTE_MP_UNREACH] = on_unreach,
	[ATTRIBUTE_AS4_PATH] = on_as4_path,	[ATTRIBUTE_AS4_AGGREGATOR] = on_as4_aggregator,
};

/* All but the three paths, whose 400 KB are used as far as their counts say. */
static void clear(struct bgp_attributes *a)
{
	size_t from = offsetof(struct bgp_attributes, best);

	path_clear(&a->path);
	path_clear(&a->as4_path);
	path_clear(&a->merged);
	memset((char *)a + from, 0, sizeof(*a) - from);
	a->origin = -1;
	a->best = &a->path;
}

void bgp_attributes_read(struct bgp_attributes *a, struct cursor c, unsigned as_len)
{
	clear(a);
	while (cursor_left(&c)) {
		uint8_t flags = cursor_u8(&c), type = cursor_u8(&c);
		size_t n = flags & FLAG_EXTENDED_LENGTH ? cursor_be16(&c) : cursor_u8(&c);
		struct cursor body = cursor_sub(&c, n);

		if (!cursor_ok(&c)) {
			a->wrong = true;
			break;
		}
		if (type < ATTRIBUTE_COUNT && on_attribute[type])
			on_attribute[type](a, body, as_len);
	}
	merge_as4(a, as_len);
}

bool bgp_prefix_next(struct cursor *c, enum bgp_afi afi, bool add_path, struct bgp_prefix *p)
{
	unsigned max = afi == BGP_IP ? 32 : 128;

	if (!cursor_left(c))
		return false;
	memset(p, 0, sizeof(*p));
	if (add_path)
		p->path_id = cursor_be32(c);
	p->len = cursor_u8(c);
	if (p->len > max || cursor_left(c) < (p->len + 7u) / 8)
		c->failed = true;
	if (!cursor_ok(c))
		return false;
	copy_bytes(c, p->addr, (p->len + 7u) / 8);
	return true;
}

uint32_t bgp_path_origin(const struct bgp_path *p)
{
	for (unsigned i = p->wrong ? 0 : p->n_segments; i-- > 0;) {
		const struct bgp_segment *s = &p->segments[i];

		if (s->n && (s->type == BGP_SEQUENCE || (s->type == BGP_SET && s->n == 1)))
			return p->asns[s->first + s->n - 1];
	}
	return 0;
}

uint32_t bgp_path_neighbour(const struct bgp_path *p)
{
	for (unsigned i = 0; !p->wrong && i < p->n_segments; i++) {
		const struct bgp_segment *s = &p->segments[i];

		if (s->type == BGP_SEQUENCE && s->n)
			return p->asns[s->first];
		if (s->type == BGP_SET)
			break;
	}
	return 0;
}

void bgp_path_text(const struct bgp_path *p, struct text *out)
{
	static const char begin[] = "?{\0([", end[] = "?}\0)]";
	size_t from = out->len;

	if (p->wrong) {
		text_add(out, "! Error !");
		return;
	}
	for (unsigned i = 0; i < p->n_segments; i++) {
		const struct bgp_segment *s = &p->segments[i];
		bool set = s->type == BGP_SET || s->type == BGP_CONFED_SET;

		if (i && p->segments[i - 1].n)
			text_add(out, " ");
		text_add_n(out, &begin[s->type], begin[s->type] != '\0');
		for (unsigned j = 0; j < s->n; j++) {
			text_printf(out, "%s%u",
				    j == 0 ? ""
				    : set  ? ","
					   : " ",
				    p->asns[s->first + j]);
			if (out->len - from > PATH_TEXT_MAX) {
				text_add(out, "...");
				return;
			}
		}
		text_add_n(out, &end[s->type], end[s->type] != '\0');
	}
}
