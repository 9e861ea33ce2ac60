/* SPDX-License-Identifier: ISC */
#include "detect/heard.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "detect/answers.h"

#define WAYS	 8
#define SETS	 8192
#define WAITING	 4096 /* connections of which one direction was seen */
#define SEED	 UINT64_C(0x68656172)
#define MINUTE_S 60

struct entry {
	uint32_t tag; /* 0: free */
	uint32_t minute;
	struct heard_prefix p;
};

/* One direction of a connection. */
struct half {
	uint64_t prefix; /* hash of its sender's; 0: free */
	uint32_t tag;
	uint16_t link;
	uint8_t hops, forward;
};

struct heard {
	struct entry entry[SETS][WAYS];
	struct half half[WAITING];
};

struct heard *heard_new(void)
{
	return calloc(1, sizeof(struct heard));
}

struct heard *heard_free(struct heard *h)
{
	free(h);
	return NULL;
}

void heard_drop(struct heard *h)
{
	memset(h, 0, sizeof(*h));
}

static uint64_t prefix_hash(const struct ip *ip)
{
	struct ip key = ip_mask(ip, ip_is_v4(ip) ? PREFIX_V4_BASE + 24 : 48);

	return hash_u128(key.u, SEED) | 1;
}

static struct entry *find(const struct heard *h, uint64_t hash)
{
	const struct entry *set = h->entry[(hash >> 1) % SETS];
	uint32_t tag = (uint32_t)(hash >> 32) | 1;

	for (unsigned i = 0; i < WAYS; i++)
		if (set[i].tag == tag)
			return (struct entry *)&set[i];
	return NULL;
}

static struct entry *take(struct heard *h, uint64_t hash)
{
	struct entry *set = h->entry[(hash >> 1) % SETS], *e = find(h, hash);

	if (e)
		return e;
	e = &set[0];
	for (unsigned i = 1; i < WAYS && e->tag; i++)
		if (!set[i].tag || set[i].minute < e->minute)
			e = &set[i];
	*e = (struct entry){.tag = (uint32_t)(hash >> 32) | 1, .p = {.hops_min = NO_HOPS}};
	return e;
}

static void note_link(struct heard_prefix *p, uint16_t link)
{
	unsigned i = 0;

	while (i < HEARD_LINKS && p->link[i] != LINK_UNKNOWN && p->link[i] != link)
		i++;
	if (i < HEARD_LINKS)
		p->link[i] = link;
}

static void note(struct heard *h, const struct half *half, uint32_t minute)
{
	struct entry *e = take(h, half->prefix);
	struct heard_prefix *p = &e->p;

	if (minute - e->minute > HEARD_S / MINUTE_S)
		*p = (struct heard_prefix){.hops_min = NO_HOPS};
	e->minute = minute;
	p->connections += p->connections < UINT16_MAX;
	note_link(p, half->link);
	if (half->hops == NO_HOPS)
		return;
	p->hops_min = half->hops < p->hops_min ? half->hops : p->hops_min;
	p->hops_max = half->hops > p->hops_max ? half->hops : p->hops_max;
}

static uint32_t minute_of(int64_t us)
{
	return us < 0 ? 0 : (uint32_t)(us / US_PER_S / MINUTE_S);
}

void heard_note(struct heard *h, const struct flow *f, const struct flow_side *s, int64_t recv_us)
{
	uint64_t ports = (uint64_t)(f->sport ^ f->dport) << 20 ^ (uint64_t)(f->sport + f->dport);
	uint64_t ends = hash_u128(f->src.u, SEED) ^ hash_u128(f->dst.u, SEED);
	uint64_t hash = hash_u64(ends ^ ports, SEED);
	struct half *at = &h->half[hash % WAITING];
	struct half now = {.prefix = prefix_hash(&f->src),
			   .tag = (uint32_t)(hash >> 32),
			   .link = f->in_link,
			   .hops = s->flags & FLOW_HAS_TTL ? ttl_hops(s->ttl) : NO_HOPS,
			   .forward = ip_compare(&f->src, &f->dst) < 0};

	if (answer_of(f, s) != ANSWER_ESTABLISHED)
		return;
	if (at->prefix && at->tag == now.tag && at->forward != now.forward) {
		note(h, &now, minute_of(recv_us));
		note(h, at, minute_of(recv_us));
	}
	*at = now;
}

bool heard_find(const struct heard *h, const struct ip *ip, int64_t now_us,
		struct heard_prefix *out)
{
	const struct entry *e = find(h, prefix_hash(ip));

	if (!e || minute_of(now_us) - e->minute > HEARD_S / MINUTE_S)
		return false;
	*out = e->p;
	return true;
}

uint64_t heard_memory(const struct heard *h)
{
	return h ? sizeof(*h) : 0;
}
