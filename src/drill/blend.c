/* SPDX-License-Identifier: ISC */
/*
 * The best that any filter could do is to drop those looks first of which the attack has most for
 * each packet of others (Neyman and Pearson 1933), as long as others lose no more than they may: of
 * their packets, and of those that open connections, for who loses these loses the rest too. Of
 * looks that did not show in the attack's first seconds nobody could have known. A filter may leave
 * lengths out: then a look of another length is no other look.
 */
#include "drill/blend.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"

#define FIRST_US    (10 * US_PER_S) /* what a filter may be made from */
#define REST_US	    (300 * US_PER_S)
#define DROP_LEAST  0.99
#define LOSE_MOST   0.01
#define OTHERS_MIN  300
#define LOOKS_MAX   200000
#define SERVICES    1024 /* ports below say what is spoken */
#define PORTS_LOW   1024 /* the class of ports from here on */
#define PORTS_HIGH  1025 /* and of those from 32768 on */
#define PORTS_SPLIT 32768
#define NO_PORT	    0xffff

struct look_key {
	uint8_t proto, flags, fragment, type;
	uint16_t sport, dport, len;
};

struct look {
	uint64_t first, rest, others;
};

struct blend_attack {
	struct prefix target;
	bool broken; /* the target is no address */
	int64_t from_us;
	uint64_t first, rest, others, opens; /* opens: of the others */
	struct map *looks;
	struct look_key last_key; /* most packets look as the one before */
	struct look *last;
};

struct blend {
	const struct plan *plan;
	struct blend_attack *of;
};

struct blend *blend_new(const struct plan *plan)
{
	struct blend *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->plan = plan;
	b->of = calloc(plan->n_attacks + 1, sizeof(*b->of));
	for (size_t i = 0; b->of && i < plan->n_attacks; i++) {
		b->of[i].from_us = TIME_NONE;
		b->of[i].broken = prefix_parse(plan->attacks[i].target, true, &b->of[i].target);
		b->of[i].looks = map_new(sizeof(struct look_key), sizeof(struct look), LOOKS_MAX);
		if (!b->of[i].looks)
			return blend_free(b);
	}
	return b->of ? b : blend_free(b);
}

struct blend *blend_free(struct blend *b)
{
	if (!b)
		return NULL;
	for (size_t i = 0; b->of && i < b->plan->n_attacks; i++)
		map_free(b->of[i].looks);
	free(b->of);
	free(b);
	return NULL;
}

static uint16_t port_class(uint16_t port)
{
	return port < SERVICES ? port : port < PORTS_SPLIT ? PORTS_LOW : PORTS_HIGH;
}

static struct look_key key_of(const struct packet *p)
{
	bool ports = !packet_later_fragment(p) &&
		     (p->proto == IPPROTO_OF_TCP || p->proto == IPPROTO_OF_UDP);
	struct look_key k;

	memset(&k, 0, sizeof(k));
	k.proto = p->proto;
	k.flags = p->proto == IPPROTO_OF_TCP ? p->flags : 0;
	k.fragment = packet_later_fragment(p) ? 2 : p->more_fragments;
	k.type = p->icmp_type;
	k.sport = ports ? port_class(p->sport) : NO_PORT;
	k.dport = ports ? port_class(p->dport) : NO_PORT;
	k.len = p->ip_len;
	return k;
}

/* NULL: of the full table no more is known, which is told apart from memory by its size. */
static struct look *look_of(struct blend_attack *a, const struct packet *p)
{
	struct look_key k = key_of(p);

	if (a->last && memcmp(&k, &a->last_key, sizeof(k)) == 0)
		return a->last;
	a->last = map_put(a->looks, &k, NULL);
	a->last_key = k;
	return a->last;
}

static int count_attack(struct blend_attack *a, const struct packet *p)
{
	struct look *l;

	if (a->from_us == TIME_NONE)
		a->from_us = p->time_us;
	if (p->time_us >= a->from_us + FIRST_US + REST_US)
		return 0;
	l = look_of(a, p);
	if (!l && map_count(a->looks) < LOOKS_MAX)
		return -ENOMEM;
	if (p->time_us < a->from_us + FIRST_US) {
		a->first++;
		if (l)
			l->first++;
	} else {
		a->rest++;
		if (l)
			l->rest++;
	}
	return 0;
}

static bool opens(uint8_t proto, uint8_t flags)
{
	return proto == IPPROTO_OF_TCP && (flags & (SYN | ACK | RST | FIN)) == SYN;
}

static int count_other(struct blend_attack *a, const struct packet *p)
{
	struct look *l;

	if (a->broken || !prefix_contains(&a->target, &p->dst) ||
	    (a->from_us != TIME_NONE && p->time_us >= a->from_us + FIRST_US + REST_US))
		return 0;
	l = look_of(a, p);
	if (!l && map_count(a->looks) < LOOKS_MAX)
		return -ENOMEM;
	a->others++;
	a->opens += opens(p->proto, p->flags);
	if (l)
		l->others++;
	return 0;
}

int blend_count(struct blend *b, const struct packet *p)
{
	int r = 0;

	if (p->attack >= 0)
		return count_attack(&b->of[p->attack], p);
	for (size_t i = 0; i < b->plan->n_attacks && r == 0 && !p->echo; i++)
		r = count_other(&b->of[i], p);
	return r;
}

static double ratio(const struct look *l)
{
	return (double)(l->first + l->rest) / ((double)l->others + 1e-9);
}

struct ranked_look {
	const struct look_key *key;
	const struct look *look;
};

static int by_ratio(const void *a, const void *b)
{
	const struct ranked_look *x = a, *y = b;
	double r = ratio(x->look), s = ratio(y->look);

	return r != s ? (r > s ? -1 : 1) : memcmp(x->key, y->key, sizeof(*x->key));
}

struct outcome {
	uint64_t all, dropped, unseen, alike;
};

static bool may_lose(const struct blend_attack *a, uint64_t lost, uint64_t lost_opens)
{
	return (double)lost <= LOSE_MOST * (double)a->others &&
	       (double)lost_opens <= LOSE_MOST * (double)a->opens;
}

/* Shares are of what comes behind the first seconds, where anything does. */
static void drop_best(const struct blend_attack *a, const struct ranked_look *order, size_t n,
		      struct outcome *out)
{
	uint64_t lost = 0, lost_opens = 0;

	for (size_t i = 0; i < n; i++) {
		const struct look *l = order[i].look;
		uint64_t here = a->rest ? l->rest : l->first;
		uint64_t open = opens(order[i].key->proto, order[i].key->flags) ? l->others : 0;

		out->alike += l->others ? here : 0;
		if (!l->first) {
			out->unseen += here;
		} else if (may_lose(a, lost + l->others, lost_opens + open)) {
			lost += l->others;
			lost_opens += open;
			out->dropped += here;
		}
	}
}

static int weigh(const struct blend_attack *a, const struct map *looks, struct outcome *out)
{
	struct ranked_look *order = calloc(map_count(looks) + 1, sizeof(*order));
	const void *key;
	void *value;
	size_t n = 0;

	if (!order)
		return -ENOMEM;
	for (size_t at = 0; map_next(looks, &at, &key, &value);)
		order[n++] = (struct ranked_look){key, value};
	qsort(order, n, sizeof(*order), by_ratio);
	*out = (struct outcome){.all = a->rest ? a->rest : a->first};
	drop_best(a, order, n, out);
	free(order);
	return 0;
}

static struct map *without_lengths(const struct blend_attack *a)
{
	struct map *looks = map_new(sizeof(struct look_key), sizeof(struct look), LOOKS_MAX);
	const void *key;
	void *value;

	for (size_t at = 0; looks && map_next(a->looks, &at, &key, &value);) {
		struct look_key k = *(const struct look_key *)key;
		const struct look *from = value;
		struct look *to;

		k.len = 0;
		to = map_put(looks, &k, NULL);
		if (!to)
			return map_free(looks);
		to->first += from->first;
		to->rest += from->rest;
		to->others += from->others;
	}
	return looks;
}

/* Whichever filter is the better one. */
static int weigh_both(const struct blend_attack *a, struct outcome *out)
{
	struct map *coarse = without_lengths(a);
	struct outcome o;
	int r = coarse ? weigh(a, a->looks, out) : -ENOMEM;

	r = r ? r : weigh(a, coarse, &o);
	map_free(coarse);
	if (r == 0 && o.dropped > out->dropped)
		*out = o;
	return r;
}

static void say_why(const struct outcome *o, bool separable, char *buf, size_t room)
{
	double all = (double)o->all / 100;

	if (separable)
		snprintf(buf, room, "%.1f %% of its packets look as few others do",
			 (double)o->dropped / all);
	else if ((double)o->unseen > (1 - DROP_LEAST) * (double)o->all)
		snprintf(buf, room, "%.1f %% of its packets look as none in its first 10 s did",
			 (double)o->unseen / all);
	else
		snprintf(buf, room, "%.1f %% of its packets look as ordinary ones to the target do",
			 (double)o->alike / all);
}

int blend_json(const struct blend *b, size_t i, json_t *attack)
{
	const struct blend_attack *a = &b->of[i];
	struct outcome o;
	char why[128];
	bool separable;

	if (weigh_both(a, &o))
		return -ENOMEM;
	separable = o.all && (double)o.dropped >= DROP_LEAST * (double)o.all;
	if (a->others < OTHERS_MIN)
		snprintf(why, sizeof(why), "fewer than %d other packets went to the target",
			 OTHERS_MIN);
	else
		say_why(&o, separable, why, sizeof(why));
	if (json_object_set_new(attack, "separable",
				a->others < OTHERS_MIN ? json_null() : json_boolean(separable)) ||
	    json_object_set_new(attack, "separable_why", json_string(why)))
		return -ENOMEM;
	return 0;
}
