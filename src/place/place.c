// SPDX-License-Identifier: ISC
/*
 * A first, plain implementation: lists that are walked. It gives the right answers; the fast table
 * takes its place behind the same header.
 */
#include "place/place.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

struct block {
	struct prefix prefix;
	bool route;
	enum place_status status;
	uint32_t origin, neighbour;
	char registry[16], country[3];
	unsigned source;
};

struct source {
	char name[PLACE_SOURCE_MAX];
	int64_t dated_us;
};

struct places {
	struct block *blocks;
	size_t n_blocks;
	struct source *sources;
	unsigned n_sources;
	bool routes;
	unsigned refs;
};

struct place_builder {
	struct places *p;
};

/* RFC 6890 and its updates, and multicast: addresses that send nothing over the Internet. */
static const char *const special[] = {
	"0.0.0.0/8",	   "10.0.0.0/8",      "100.64.0.0/10",	 "127.0.0.0/8",	  "169.254.0.0/16",
	"172.16.0.0/12",   "192.0.0.0/24",    "192.0.2.0/24",	 "192.168.0.0/16", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24",  "224.0.0.0/3",	 "::/128",	  "::1/128",
	"64:ff9b:1::/48",  "100::/64",	      "2001:2::/48",	 "2001:db8::/32", "fc00::/7",
	"fe80::/10",	   "ff00::/8",
};

static bool is_special(const struct ip *ip)
{
	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++) {
		struct prefix p;

		if (prefix_parse(special[i], false, &p) == 0 && prefix_contains(&p, ip))
			return true;
	}
	return false;
}

static void answer_registry(const struct places *p, const struct block *b, struct place *out)
{
	memcpy(out->country, b->country, sizeof(out->country));
	memcpy(out->registry, b->registry, sizeof(out->registry));
	out->status = b->status;
	if (!out->has_prefix) {
		out->prefix = b->prefix;
		out->has_prefix = true;
		memcpy(out->source, p->sources[b->source].name, sizeof(out->source));
		out->dated_us = p->sources[b->source].dated_us;
	}
}

static void answer_route(const struct places *p, const struct block *b, struct place *out)
{
	out->routed = PLACE_YES;
	out->asn = b->origin;
	out->n_origins = 1;
	out->prefix = b->prefix;
	out->has_prefix = true;
	memcpy(out->source, p->sources[b->source].name, sizeof(out->source));
	out->dated_us = p->sources[b->source].dated_us;
	for (size_t i = 0; i < p->n_blocks; i++) {
		const struct block *o = &p->blocks[i];

		if (o->route && prefix_equal(&o->prefix, &b->prefix) &&
		    out->n_neighbours < PLACE_NEIGHBOURS_MAX)
			out->neighbours[out->n_neighbours++] = o->neighbour;
	}
}

static const struct block *longest(const struct places *p, const struct ip *ip, bool route)
{
	const struct block *best = NULL;

	for (size_t i = 0; i < p->n_blocks; i++) {
		const struct block *b = &p->blocks[i];

		if (b->route == route && prefix_contains(&b->prefix, ip) &&
		    (!best || b->prefix.len >= best->prefix.len))
			best = b;
	}
	return best;
}

void place_lookup(const struct places *p, const struct ip *ip, struct place *out)
{
	const struct block *b;

	*out = (struct place){.dated_us = TIME_NONE, .special = is_special(ip)};
	if (!p)
		return;
	out->routed = p->routes ? PLACE_NO : PLACE_UNKNOWN;
	b = longest(p, ip, true);
	if (b)
		answer_route(p, b, out);
	b = longest(p, ip, false);
	if (b)
		answer_registry(p, b, out);
}

struct places *places_ref(struct places *p)
{
	if (p)
		__atomic_add_fetch(&p->refs, 1, __ATOMIC_RELAXED);
	return p;
}

struct places *places_unref(struct places *p)
{
	if (p && __atomic_sub_fetch(&p->refs, 1, __ATOMIC_ACQ_REL) == 0) {
		free(p->blocks);
		free(p->sources);
		free(p);
	}
	return NULL;
}

static int builder_places(struct place_builder *b)
{
	if (!b->p)
		b->p = calloc(1, sizeof(*b->p));
	if (!b->p)
		return -ENOMEM;
	b->p->refs = 1;
	return 0;
}

struct place_builder *place_builder_new(void)
{
	return calloc(1, sizeof(struct place_builder));
}

struct place_builder *place_builder_free(struct place_builder *b)
{
	if (b)
		places_unref(b->p);
	free(b);
	return NULL;
}

int place_builder_source(struct place_builder *b, const char *name, int64_t dated_us)
{
	struct source *grown;
	int r = builder_places(b);

	if (r < 0)
		return r;
	grown = realloc(b->p->sources, (b->p->n_sources + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	b->p->sources = grown;
	grown[b->p->n_sources] = (struct source){.dated_us = dated_us};
	strncpy(grown[b->p->n_sources].name, name, PLACE_SOURCE_MAX - 1);
	b->p->n_sources++;
	return 0;
}

static int add(struct place_builder *b, const struct block *block)
{
	struct block *grown;
	int r = 0;

	if (!b->p || !b->p->n_sources)
		r = place_builder_source(b, "", TIME_NONE);
	if (r < 0)
		return r;
	grown = realloc(b->p->blocks, (b->p->n_blocks + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	b->p->blocks = grown;
	grown[b->p->n_blocks] = *block;
	grown[b->p->n_blocks++].source = b->p->n_sources - 1;
	return 0;
}

int place_builder_registry(struct place_builder *b, const struct prefix *p, const char *registry,
			   const char *country, enum place_status status)
{
	struct block block = {.prefix = *p, .status = status};

	strncpy(block.registry, registry, sizeof(block.registry) - 1);
	strncpy(block.country, country, sizeof(block.country) - 1);
	return add(b, &block);
}

int place_builder_route(struct place_builder *b, const struct prefix *p, uint32_t origin,
			uint32_t neighbour)
{
	struct block block = {
		.prefix = *p, .route = true, .origin = origin, .neighbour = neighbour};
	int r = add(b, &block);

	if (r == 0)
		b->p->routes = true;
	return r;
}

int place_builder_done(struct place_builder *b, struct places **out)
{
	int r = builder_places(b);

	if (r < 0)
		return r;
	*out = b->p;
	b->p = NULL;
	return 0;
}
