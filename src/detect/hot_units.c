/* SPDX-License-Identifier: ISC */
/*
 * Connection requests by wider units of their senders: /24 (/64), /8 (/32), AS and ingress link. A
 * forged flood comes from all of the 256 /8s and over few links, packet after packet in the same
 * second; those two wait here as sums until somebody reads them. Counting each packet by them took
 * a fifth of what a forged SYN cost.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "detect/hot_inside.h"
#include "detect/sources_fast.h"

#define OCTETS 256

/* One second's, all with one sampling factor. */
struct unit_wait {
	struct sent like; /* what all of them share */
	bool any;
	uint32_t each[OCTETS];
	uint64_t packets[OCTETS];
	uint16_t link;
	struct sent by_link; /* over that link, no packets: none */
};

static int add(struct sources *s, struct ip key, const struct sent *n)
{
	return sources_add_fast(s, &key, source_hash(&key), n);
}

static int settle_octets(struct hot *h, struct unit_wait *w)
{
	int e = 0;

	if (!w->any)
		return 0;
	for (unsigned i = 0; i < OCTETS && e == 0; i++) {
		struct sent n = w->like;

		n.each = w->each[i];
		n.packets = n.counted = w->packets[i];
		if (n.packets)
			e = add(&h->units[UNIT_8], ip_from_v4((uint32_t)i << 24), &n);
	}
	memset(w->each, 0, sizeof(w->each));
	memset(w->packets, 0, sizeof(w->packets));
	w->any = false;
	return e;
}

static int settle_link(struct hot *h, struct unit_wait *w)
{
	struct sent n = w->by_link;

	n.counted = n.packets;
	w->by_link.packets = w->by_link.each = 0;
	return n.packets ? add(&h->units[UNIT_LINK], ip_from_v4(w->link), &n) : 0;
}

int units_settle(struct hot *h)
{
	int e;

	if (!h->wait)
		return 0;
	e = settle_octets(h, h->wait);
	return e == 0 ? settle_link(h, h->wait) : e;
}

static bool is_like(const struct sent *a, const struct sent *b)
{
	return a->weight == b->weight && a->who == b->who;
}

/* Seconds only go on: what is told late of an older one is counted at once. */
static int add_octet(struct hot *h, struct unit_wait *w, unsigned octet, const struct sent *n)
{
	int e = 0;

	if (n->second < w->like.second)
		return add(&h->units[UNIT_8], ip_from_v4(octet << 24), n);
	if (n->second > w->like.second || !is_like(n, &w->like)) {
		e = settle_octets(h, w);
		w->like = *n;
	}
	w->any = true;
	w->each[octet] = capped_u32((uint64_t)w->each[octet] + n->each);
	w->packets[octet] += n->packets;
	return e;
}

static int add_link(struct hot *h, struct unit_wait *w, uint16_t link, const struct sent *n)
{
	struct sent *sum = &w->by_link;
	int e = 0;

	if (link != w->link || n->second != sum->second || !is_like(n, sum)) {
		e = settle_link(h, w);
		w->link = link;
		*sum = *n;
		sum->each = 0;
		sum->packets = 0;
	}
	sum->each = capped_u32((uint64_t)sum->each + n->each);
	sum->packets += n->packets;
	return e;
}

/* Who is not counted would part in pieces what waits of who is. */
static int add_unheard(struct hot *h, const struct hot_record *r, const struct sent *n)
{
	unsigned bits = ip_is_v4(&r->f->src) ? PREFIX_V4_BASE + 8 : 32;
	int e = add(&h->units[UNIT_8], ip_mask(&r->f->src, bits), n);

	return e == 0 && r->f->in_link != LINK_UNKNOWN
		       ? add(&h->units[UNIT_LINK], ip_from_v4(r->f->in_link), n)
		       : e;
}

static int add_few(struct hot *h, const struct hot_record *r, const struct sent *n)
{
	int e;

	if (sent_unheard(n))
		return add_unheard(h, r, n);
	if (!h->wait)
		h->wait = calloc(1, sizeof(*h->wait));
	if (!h->wait)
		return -ENOMEM;
	e = ip_is_v4(&r->f->src) ? add_octet(h, h->wait, ip_v4(&r->f->src) >> 24, n)
				 : add(&h->units[UNIT_8], ip_mask(&r->f->src, 32), n);
	return e == 0 && r->f->in_link != LINK_UNKNOWN ? add_link(h, h->wait, r->f->in_link, n) : e;
}

int track_units(struct hot *h, const struct hot_record *r, const struct sent *n)
{
	struct ip key = wide_key(&r->f->src);
	int e = sources_add_fast(&h->units[UNIT_24], &key, r->wide_hash, n);

	if (e == 0)
		e = add_few(h, r, n);
	if (e == 0 && r->s->src_as)
		e = add(&h->units[UNIT_AS], ip_from_v4(r->s->src_as), n);
	return e;
}

uint64_t units_memory(const struct hot *h)
{
	return h->wait ? sizeof(*h->wait) : 0;
}
