/* SPDX-License-Identifier: ISC */
/*
 * Whose the traffic is, source by source: by the country of a real address, else by that of the
 * link it came in.
 */
#include "judge/kind_sample.h"
#include "judge/scope.h"

bool kind_is_shown(uint16_t basis)
{
	return basis &
	       (BASIS_VERDICT | BASIS_HANDSHAKE | BASIS_OWN | BASIS_ANSWERS | BASIS_UNASKED);
}

bool kind_is_doubtful(uint16_t basis)
{
	return basis & (BASIS_FORGED | BASIS_UNSHOWN | BASIS_MANY_WAYS | BASIS_OWN_OUTSIDE) &&
	       !(basis & BASIS_HANDSHAKE);
}

/* The side of most of a source's packets by the links they came in. */
static enum scope_side link_side(const struct sample_source *s)
{
	if (s->by_domestic * 2 > s->packets)
		return SCOPE_DOMESTIC;
	return s->by_foreign * 2 > s->packets ? SCOPE_FOREIGN : SCOPE_UNKNOWN;
}

/*
 * By its country where the address is real, else by the link it came in. An address that is only
 * likely to be real says nothing where the link says otherwise.
 */
static enum scope_side side_of(const struct sample_source *s, bool *by_link)
{
	enum scope_side link = link_side(s), side = (enum scope_side)s->side;

	*by_link = kind_is_doubtful(s->basis) || side == SCOPE_UNKNOWN;
	if (*by_link)
		return link;
	if (!kind_is_shown(s->basis) && link != SCOPE_UNKNOWN && link != side)
		return SCOPE_UNKNOWN;
	return side;
}

void kinds_sides(const struct source_sample *all, struct source_kinds *out)
{
	uint64_t by_side[SCOPE_SIDE_COUNT] = {0}, by_link = 0, unsure = 0, regional = 0, told;
	struct sample_source *s;

	for (size_t at = 0; (s = sample_next(all, &at));) {
		bool link;
		enum scope_side side = side_of(s, &link);

		by_side[side] += s->packets;
		regional += side == SCOPE_UNKNOWN && scope_is_region(s->country) ? s->packets : 0;
		if (side == SCOPE_UNKNOWN)
			continue;
		by_link += link ? s->packets : 0;
		unsure += !link && !kind_is_shown(s->basis) ? s->packets : 0;
	}
	told = by_side[SCOPE_DOMESTIC] + by_side[SCOPE_FOREIGN];
	out->domestic = (double)by_side[SCOPE_DOMESTIC] / (double)all->packets;
	out->foreign = (double)by_side[SCOPE_FOREIGN] / (double)all->packets;
	out->by_link = told ? (double)by_link / (double)told : 0;
	out->unsure = unsure * 2 > told;
	out->regional = (double)regional / (double)all->packets;
}
