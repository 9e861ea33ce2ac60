/* SPDX-License-Identifier: ISC */
#include "detect/heard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
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
	int64_t since_us; /* 0: nothing yet */
	unsigned used;
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
	h->used += !e->tag;
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
	if (!h->since_us)
		h->since_us = recv_us;
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

int64_t heard_since(const struct heard *h, int64_t now_us)
{
	int64_t day_us = now_us - HEARD_S * US_PER_S;

	return !h->since_us ? TIME_NONE : h->since_us > day_us ? h->since_us : day_us;
}

unsigned heard_count(const struct heard *h)
{
	return h->used;
}

/* ---- over a restart ---- */

#define MAGIC	UINT32_C(0x6865726f) /* in this machine's order of bytes, or it is another's */
#define VERSION 1
#define LINKS	(UINT16_MAX + 1)

struct packed_head {
	uint32_t magic, version, n_links, n_entries;
	int64_t since_us;
	uint64_t sum; /* of all behind it, and of this with a sum of 0 */
};

/* A link by what it is called everywhere; a capture by the name of its exporter. */
struct packed_link {
	struct ip exporter;
	char capture[EXPORTER_NAME_MAX];
	uint32_t ifindex, spare;
};

struct packed_entry {
	uint32_t tag, minute;
	uint16_t set, link[HEARD_LINKS]; /* 1 + index of a packed link; 0 none */
	uint8_t hops_min, hops_max;
	uint16_t connections;
};
_Static_assert(sizeof(struct packed_entry) == 20, "no padding: it is summed up as bytes");

static uint64_t sum_bytes(uint64_t sum, const void *p, size_t n)
{
	const uint8_t *b = p;

	for (size_t i = 0; i < n; i++)
		sum = (sum ^ b[i]) * UINT64_C(0x100000001b3); /* FNV-1a */
	return sum;
}

static uint64_t sum_of(const struct packed_head *head, const void *rest, size_t n)
{
	struct packed_head h = *head;

	h.sum = 0;
	return sum_bytes(sum_bytes(UINT64_C(0xcbf29ce484222325), &h, sizeof(h)), rest, n);
}

/* 1 + its place among the packed links; those that nobody knows by name are left out. */
static uint16_t pack_link(struct exporters *t, uint16_t link, uint16_t *place, uint32_t *n,
			  struct text *out)
{
	struct packed_link p = {.spare = 0};
	const struct exporter *e;
	const struct link *l;

	if (link == LINK_UNKNOWN || place[link])
		return place[link];
	l = exporters_get_link(t, link);
	e = l ? exporters_get(t, l->exporter) : NULL;
	if (!e)
		return 0;
	p.exporter = e->addr;
	p.ifindex = l->ifindex;
	if (e->is_capture)
		memcpy(p.capture, e->name, sizeof(p.capture));
	text_add_n(out, (const char *)&p, sizeof(p));
	return place[link] = (uint16_t)++ * n;
}

static bool is_fresh(uint32_t minute, int64_t now_us)
{
	uint32_t now = minute_of(now_us);

	return minute <= now && now - minute <= HEARD_S / MINUTE_S;
}

int heard_pack(const struct heard *h, struct exporters *t, int64_t now_us, struct text *out)
{
	_cleanup_free_ uint16_t *place = calloc(LINKS, sizeof(*place));
	_cleanup_text_ struct text links = TEXT_NULL, entries = TEXT_NULL;
	struct packed_head head = {
		.magic = MAGIC, .version = VERSION, .since_us = heard_since(h, now_us)};

	if (!place)
		return -ENOMEM;
	for (unsigned s = 0; s < SETS; s++) {
		for (unsigned i = 0; i < WAYS; i++) {
			const struct entry *e = &h->entry[s][i];
			struct packed_entry p = {.tag = e->tag,
						 .minute = e->minute,
						 .set = (uint16_t)s,
						 .hops_min = e->p.hops_min,
						 .hops_max = e->p.hops_max,
						 .connections = e->p.connections};

			if (!e->tag || !is_fresh(e->minute, now_us))
				continue;
			for (unsigned k = 0; k < HEARD_LINKS; k++)
				p.link[k] =
					pack_link(t, e->p.link[k], place, &head.n_links, &links);
			text_add_n(&entries, (const char *)&p, sizeof(p));
			head.n_entries++;
		}
	}
	text_add_n(&links, text_str(&entries), entries.len);
	head.sum = sum_of(&head, text_str(&links), links.len);
	text_add_n(out, (const char *)&head, sizeof(head));
	text_add_n(out, text_str(&links), links.len);
	return text_ok(&links) && text_ok(&entries) && text_ok(out) ? 0 : -ENOMEM;
}

/* The link of that name here; LINK_UNKNOWN where its exporter is not known. */
static uint16_t find_link(struct exporters *t, const struct packed_link *p)
{
	uint16_t named = p->capture[0] ? EXPORTER_UNKNOWN : exporters_find(t, &p->exporter, false);

	if (named != EXPORTER_UNKNOWN)
		return exporters_link(t, named, p->ifindex);
	for (unsigned i = 1; p->capture[0] && i < exporters_count(t); i++) {
		const struct exporter *e = exporters_get(t, (uint16_t)i);

		if (e->is_capture && strncmp(e->name, p->capture, sizeof(p->capture)) == 0)
			return exporters_link(t, (uint16_t)i, p->ifindex);
	}
	return LINK_UNKNOWN;
}

static void put_entry(struct heard *h, const struct packed_entry *p, const uint16_t *link,
		      uint32_t n_links)
{
	struct entry *set = h->entry[p->set % SETS], *free_one = NULL;
	unsigned n = 0;

	for (unsigned i = 0; i < WAYS; i++) {
		if (set[i].tag == p->tag)
			return; /* it was heard again by now */
		if (!set[i].tag && !free_one)
			free_one = &set[i];
	}
	if (!free_one)
		return;
	h->used++;
	*free_one = (struct entry){.tag = p->tag,
				   .minute = p->minute,
				   .p = {.hops_min = p->hops_min,
					 .hops_max = p->hops_max,
					 .connections = p->connections}};
	for (unsigned k = 0; k < HEARD_LINKS; k++)
		if (p->link[k] && p->link[k] <= n_links && link[p->link[k] - 1] != LINK_UNKNOWN)
			free_one->p.link[n++] = link[p->link[k] - 1];
}

static bool is_whole(const struct packed_head *head, const char *rest, size_t n)
{
	return head->magic == MAGIC && head->version == VERSION && head->n_links < LINKS &&
	       head->n_entries <= SETS * WAYS &&
	       n == head->n_links * sizeof(struct packed_link) +
			       head->n_entries * sizeof(struct packed_entry) &&
	       head->sum == sum_of(head, rest, n);
}

int heard_unpack(struct heard *h, struct exporters *t, int64_t now_us, const void *packed, size_t n)
{
	_cleanup_free_ uint16_t *link = calloc(LINKS, sizeof(*link));
	const char *at = packed;
	struct packed_entry e;
	struct packed_head head;
	struct packed_link l;

	if (!link)
		return -ENOMEM;
	if (n < sizeof(head))
		return -EBADMSG;
	memcpy(&head, at, sizeof(head));
	at += sizeof(head);
	if (!is_whole(&head, at, n - sizeof(head)))
		return -EBADMSG;
	for (uint32_t i = 0; i < head.n_links; i++, at += sizeof(l)) {
		memcpy(&l, at, sizeof(l));
		link[i] = find_link(t, &l);
	}
	for (uint32_t i = 0; i < head.n_entries; i++, at += sizeof(e)) {
		memcpy(&e, at, sizeof(e));
		if (e.tag && is_fresh(e.minute, now_us))
			put_entry(h, &e, link, head.n_links);
	}
	if (h->used && head.since_us <= now_us && (!h->since_us || head.since_us < h->since_us))
		h->since_us = head.since_us;
	return 0;
}

uint64_t heard_memory(const struct heard *h)
{
	return h ? sizeof(*h) : 0;
}
