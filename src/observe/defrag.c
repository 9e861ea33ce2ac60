/* SPDX-License-Identifier: ISC */
/*
 * A slot is a datagram under way: its bytes, and one bit for each 8-byte unit that has come (RFC
 * 815 has the same idea with holes). A unit that came stays: later overlaps change nothing.
 */
#include "observe/defrag.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DATAGRAM_MAX 65535
#define UNITS	     ((DATAGRAM_MAX + 7) / 8)

struct slot {
	struct ip src, dst;
	uint32_t id;
	bool used;
	int64_t first_us;
	uint64_t order;
	size_t total; /* 0 until the last fragment came */
	size_t units; /* that came */
	uint64_t come[(UNITS + 63) / 64];
	uint8_t data[UNITS * 8];
};

struct defrag {
	struct slot *slots[DEFRAG_SLOTS]; /* made when first needed */
	uint64_t order, given_up, given_up_bytes;
};

struct defrag *defrag_new(void)
{
	return calloc(1, sizeof(struct defrag));
}

struct defrag *defrag_free(struct defrag *d)
{
	if (!d)
		return NULL;
	for (size_t i = 0; i < DEFRAG_SLOTS; i++)
		free(d->slots[i]);
	free(d);
	return NULL;
}

static bool is_same(const struct slot *s, const struct packet *p)
{
	return s->used && s->id == p->fragment_id && ip_equal(&s->src, &p->flow.src) &&
	       ip_equal(&s->dst, &p->flow.dst);
}

static bool is_late(const struct slot *s, int64_t now_us)
{
	return now_us - s->first_us > DEFRAG_TIMEOUT_US || now_us < s->first_us - DEFRAG_TIMEOUT_US;
}

static void give_up(struct defrag *d, const struct slot *s)
{
	d->given_up++;
	d->given_up_bytes += s->units * 8;
}

/* A free slot, else the oldest, whose datagram is given up. */
static struct slot *take_slot(struct defrag *d)
{
	struct slot **best = NULL;

	for (size_t i = 0; i < DEFRAG_SLOTS; i++) {
		struct slot **s = &d->slots[i];

		if (!*s)
			*s = calloc(1, sizeof(**s));
		if (!*s)
			continue;
		if (!(*s)->used)
			return *s;
		if (!best || (*s)->order < (*best)->order)
			best = s;
	}
	if (!best)
		return NULL;
	give_up(d, *best);
	return *best;
}

static struct slot *slot_of(struct defrag *d, const struct packet *p, int64_t now_us)
{
	struct slot *s;

	for (size_t i = 0; i < DEFRAG_SLOTS; i++) {
		s = d->slots[i];
		if (!s || !s->used)
			continue;
		if (is_late(s, now_us)) {
			s->used = false;
			give_up(d, s);
		} else if (is_same(s, p)) {
			return s;
		}
	}
	s = take_slot(d);
	if (!s)
		return NULL;
	memset(s->come, 0, sizeof(s->come));
	s->src = p->flow.src;
	s->dst = p->flow.dst;
	s->id = p->fragment_id;
	s->first_us = now_us;
	s->order = d->order++;
	s->total = s->units = 0;
	s->used = true;
	return s;
}

/* Copy the units that have not come yet. */
static void fill(struct slot *s, size_t at, const uint8_t *data, size_t len)
{
	for (size_t done = 0; done < len; done += 8) {
		size_t unit = (at + done) / 8, n = len - done < 8 ? len - done : 8;
		uint64_t bit = UINT64_C(1) << (unit % 64);

		if (s->come[unit / 64] & bit)
			continue;
		s->come[unit / 64] |= bit;
		s->units++;
		memcpy(s->data + unit * 8, data + done, n);
	}
}

static bool piece_fits(const struct packet *p)
{
	size_t at = (size_t)p->side.fragment * 8;

	if (!p->l4_wire || p->l4_len < p->l4_wire || at + p->l4_wire > DATAGRAM_MAX)
		return false;
	return !p->more_fragments || p->l4_wire % 8 == 0;
}

int defrag_put(struct defrag *d, const struct packet *p, int64_t now_us, const uint8_t **data,
	       size_t *len)
{
	size_t at = (size_t)p->side.fragment * 8;
	struct slot *s;

	if (!piece_fits(p))
		return DEFRAG_REFUSED;
	s = slot_of(d, p, now_us);
	if (!s)
		return -ENOMEM;
	if (!p->more_fragments)
		s->total = at + p->l4_wire;
	fill(s, at, p->l4, p->l4_wire);
	if (!s->total || s->units < (s->total + 7) / 8)
		return DEFRAG_WAITING;
	s->used = false;
	*data = s->data;
	*len = s->total;
	return DEFRAG_WHOLE;
}

uint64_t defrag_lost(const struct defrag *d, uint64_t *bytes)
{
	uint64_t n = d->given_up;

	*bytes = d->given_up_bytes;
	for (size_t i = 0; i < DEFRAG_SLOTS; i++) {
		if (!d->slots[i] || !d->slots[i]->used)
			continue;
		n++;
		*bytes += d->slots[i]->units * 8;
	}
	return n;
}
