/* SPDX-License-Identifier: ISC */
/*
 * Which of the largest sources are themselves shown to be real. This is the gate for naming and
 * filtering, whatever the verdict on the attack, so whatever is in doubt is not shown.
 */
#include "detect/facts.h"
#include "detect/heard.h"
#include "detect/sources.h"
#include "judge/spoof_inside.h"

#define TTL_SLACK	2
#define EXPECTED_LEAST	3   /* connections of a prefix before its ingress is expected */
#define EXPECTED_CHANCE 0.5 /* a match that chance would give more often shows nothing */

bool heard_over_link(const struct heard_prefix *p, uint16_t link)
{
	for (unsigned i = 0; i < HEARD_LINKS; i++)
		if (p->link[i] == link && link != LINK_UNKNOWN)
			return true;
	return false;
}

bool heard_ttl_fits(const struct heard_prefix *p, uint8_t ttl)
{
	uint8_t hops = ttl_hops(ttl);

	return p->hops_min != NO_HOPS && hops + TTL_SLACK >= p->hops_min &&
	       hops <= p->hops_max + TTL_SLACK;
}

/* What the groups of the attack hold of one address. */
struct seen {
	const struct facts_source *s; /* of the first group that has it, NULL none */
	uint32_t ttls;
	bool connected; /* in each group most of its packets are of connections */
	bool links;	/* it came by several */
};

static void find_source(const struct finding *f, const struct ip *ip, struct seen *out)
{
	uint64_t hash = source_hash(ip);

	*out = (struct seen){.connected = true};
	for (unsigned g = 0; g < f->facts.n; g++) {
		const struct facts_source *s = facts_find(f->facts.group[g], ip, hash);

		if (!s)
			continue;
		out->s = out->s ? out->s : s;
		out->ttls |= s->ttls;
		out->connected &= s->connected > s->packets / 2;
		out->links |= s->other_link != LINK_UNKNOWN || s->link != out->s->link;
	}
}

/* As one host's packets do: TTLs modulo 32, so that its stacks of 64 and 128 are one. */
static bool has_one_distance(uint32_t ttls)
{
	const uint32_t span = (1u << (TTL_SLACK + 1)) - 1;

	for (unsigned i = 0; i < 32; i++)
		if (!(ttls & ~(span << i | (i ? span >> (32 - i) : 0))))
			return true;
	return false;
}

static bool came_as_heard(const struct seen *it, const struct finding *f,
			  const struct spoof_figures *all)
{
	const struct facts_source *s = it->s;
	struct heard_prefix p;

	return f->facts.heard && !it->links && all->heard_n >= EXPECTED_LEAST &&
	       all->heard_chance < EXPECTED_CHANCE &&
	       heard_find(f->facts.heard, &s->ip, f->updated_us, &p) &&
	       p.connections >= EXPECTED_LEAST && heard_over_link(&p, s->link) &&
	       (s->flags & FACTS_HAS_TTL) && heard_ttl_fits(&p, s->ttl);
}

/*
 * Who has a connection with the target is real, and what else comes under his address may all the
 * same be forged: it is more than his own, or comes from elsewhere.
 */
void spoof_show_real(struct incident *inc, const struct finding *f)
{
	struct finding_sources *to = &inc->f.sources;

	for (unsigned i = 0; i < to->n_top; i++) {
		struct seen it;
		bool one;

		find_source(f, &to->top[i].addr, &it);
		one = it.s && has_one_distance(it.ttls);
		to->top[i].established = one && it.connected;
		to->top[i].expected = one && came_as_heard(&it, f, &inc->facts.part[PART_ALL]);
	}
}
