/* SPDX-License-Identifier: ISC */
/*
 * The sides are found each by itself, the target from its address, the traffic from the kinds of
 * its sources, the actor from notices alone; the pattern is then a row of a small table.
 */
#include "judge/scope.h"

#include <errno.h>
#include <string.h>

#include "conf/conf.h"
#include "judge/incident.h"
#include "judge/scope_say.h"
#include "place/place.h"

#define RELAYED_SHARE 0.5 /* of the packets: from hosts that act for somebody else */

static const char *const side_names[] = {"unknown", "domestic", "foreign"};

const char *scope_side_name(enum scope_side s)
{
	return side_names[s];
}

int scope_side_parse(const char *name, enum scope_side *out)
{
	for (unsigned i = 0; i < SCOPE_SIDE_COUNT; i++) {
		if (strcmp(side_names[i], name) == 0) {
			*out = (enum scope_side)i;
			return 0;
		}
	}
	return -EINVAL;
}

/*
 * Codes in the place of a country that name none: regions of registries (EU, AP; ISO 3166-1
 * reserves or leaves them), and what databases write of proxies, satellites and whatever they do
 * not know.
 */
bool scope_is_region(const char *country)
{
	static const char *const codes[] = {"A1", "A2", "AP", "EU", "O1", "XX", "ZZ"};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (strcmp(codes[i], country) == 0)
			return true;
	return false;
}

enum scope_side scope_country(const struct conf *conf, const char *country)
{
	if (!country[0] || !conf->n_countries || scope_is_region(country))
		return SCOPE_UNKNOWN;
	for (size_t i = 0; i < conf->n_countries; i++)
		if (strcmp(conf->countries[i], country) == 0)
			return SCOPE_DOMESTIC;
	return SCOPE_FOREIGN;
}

/* What is own is domestic: its customers are whom the operator serves here. */
static enum scope_side address_side(const struct scope_input *in, const struct ip *ip,
				    char country[3])
{
	struct place place;

	place_lookup(in->places, ip, &place);
	memcpy(country, place.country, sizeof(place.country));
	if (conf_is_own(in->conf, ip))
		return in->conf->n_countries ? SCOPE_DOMESTIC : SCOPE_UNKNOWN;
	return place.special ? SCOPE_UNKNOWN : scope_country(in->conf, place.country);
}

static enum scope_side target_side(const struct scope_input *in, struct scope *out)
{
	const struct finding *f = &in->inc->f;

	if (f->level == LEVEL_HOST || f->level == LEVEL_PREFIX)
		return address_side(in, &f->target.addr, out->target_country);
	/* A link or the whole network is ours; what goes out over it has another target. */
	if (f->own_known && (f->direction == DIRECTION_IN || f->direction == DIRECTION_INSIDE))
		return in->conf->n_countries ? SCOPE_DOMESTIC : SCOPE_UNKNOWN;
	return SCOPE_UNKNOWN;
}

static void observe(const struct scope_input *in, struct scope_facts *k, struct scope *out)
{
	const struct source_kinds *kinds = &in->inc->kinds;
	double relayed = kinds_share(kinds, KIND_BOTS) + kinds_share(kinds, KIND_PROXIES) +
			 kinds_share(kinds, KIND_CUSTOMERS);

	k->kinds = kinds;
	k->relayed = relayed >= RELAYED_SHARE;
	k->leaves = in->inc->f.own_known && in->inc->f.direction == DIRECTION_OUT;
	out->target = target_side(in, out);
	out->domestic = kinds->domestic;
	out->foreign = kinds->foreign;
	if (!in->conf->n_countries)
		return;
	if (kinds->domestic >= SCOPE_SHARE)
		out->traffic = SCOPE_DOMESTIC;
	else if (kinds->foreign >= SCOPE_SHARE)
		out->traffic = SCOPE_FOREIGN;
	out->by_link = out->traffic != SCOPE_UNKNOWN && kinds->by_link > 0.5;
}

static void hear_actor(const struct scope_input *in, const struct scope_notice *n,
		       struct scope_facts *k, struct scope *out)
{
	enum scope_side actor =
		n->actor != SCOPE_UNKNOWN ? n->actor : scope_country(in->conf, n->actor_country);

	if (actor == SCOPE_UNKNOWN)
		return;
	if (k->actor_says && out->actor != actor)
		k->actor_disputed = true;
	k->actor_says = n->says;
	out->actor = actor;
}

/* Every notice is heard; what contradicts another or the eyes is not believed. */
static void hear(const struct scope_input *in, struct scope_facts *k, struct scope *out)
{
	for (size_t i = 0; i < in->n_notices; i++) {
		const struct scope_notice *n = &in->notices[i];

		hear_actor(in, n, k, out);
		if (n->no_domestic_party)
			k->party_says = n->says;
		if (n->hosted_abroad)
			k->hosted_says = n->says;
	}
	if (k->actor_disputed)
		out->actor = SCOPE_UNKNOWN;
	k->party_disputed = k->party_says && (out->actor == SCOPE_DOMESTIC || k->hosted_says ||
					      out->target == SCOPE_DOMESTIC);
	/* What is hosted abroad has no address of ours. */
	k->hosted_disputed = k->hosted_says && in->inc && out->target == SCOPE_DOMESTIC;
	out->contradicted = k->actor_disputed || k->party_disputed || k->hosted_disputed;
	if (k->party_says && !k->party_disputed && !k->actor_disputed)
		out->actor = SCOPE_FOREIGN; /* no domestic party: the actor is none either */
	if (k->hosted_says && !k->hosted_disputed) {
		out->hosted_abroad = true;
		out->target = SCOPE_DOMESTIC;
	}
}

/* The patterns of a target and traffic that were seen. */
static void find_seen(const struct scope_facts *k, struct scope *out)
{
	bool domestic_target = out->target == SCOPE_DOMESTIC;

	if (domestic_target && out->traffic == SCOPE_DOMESTIC && out->actor != SCOPE_DOMESTIC) {
		if (k->relayed)
			out->pattern = 1;
		else
			out->possible = 1;
	} else if (domestic_target && out->traffic == SCOPE_FOREIGN) {
		if (out->actor == SCOPE_DOMESTIC)
			out->pattern = 2;
		else if (out->actor == SCOPE_UNKNOWN)
			out->possible = 2;
	} else if (!domestic_target && out->traffic == SCOPE_DOMESTIC &&
		   (out->target == SCOPE_FOREIGN || k->leaves) && out->actor != SCOPE_DOMESTIC) {
		if (k->party_says && !k->party_disputed)
			out->pattern = 3;
		else
			out->possible = 3;
	}
}

void scope_judge(const struct scope_input *in, struct scope *out)
{
	struct scope_facts k = {.observed = in->inc != NULL,
				.countries = in->conf->n_countries > 0};

	*out = (struct scope){.target = SCOPE_UNKNOWN};
	if (in->inc)
		observe(in, &k, out);
	hear(in, &k, out);
	if (out->hosted_abroad)
		out->pattern = 4;
	else if (in->inc)
		find_seen(&k, out);
	else if (k.party_says && !k.party_disputed)
		out->possible = 3;
	scope_say(&k, out);
}
