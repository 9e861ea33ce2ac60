/* SPDX-License-Identifier: ISC */
/*
 * Services that people rely on, and which of them would suffer though they are not the target: for
 * the link that leads to them carries the attack, is near its capacity, or was seen to lose traffic
 * of the object that they belong to.
 */
#include <stdio.h>
#include <string.h>

#include "judge/incident.h"
#include "judge/path.h"

#define SHARE_LEAST 0.01 /* less of the attack harms nobody */

static bool is_target(const struct incident *inc, const struct conf_service *s)
{
	if (inc->f.level != LEVEL_HOST && inc->f.level != LEVEL_PREFIX)
		return false;
	for (size_t i = 0; i < s->n_addresses; i++)
		if (prefix_covers(&s->addresses[i], &inc->f.target) ||
		    prefix_covers(&inc->f.target, &s->addresses[i]))
			return true;
	return false;
}

static bool belongs(const struct conf_service *s, const struct conf_object *o)
{
	for (size_t i = 0; o && i < o->n_prefixes; i++)
		for (size_t k = 0; k < s->n_addresses; k++)
			if (prefix_covers(&o->prefixes[i], &s->addresses[k]))
				return true;
	return false;
}

/* The link on which the object that it belongs to lost most, or NULL. */
static const struct path_lost *lost_by(const struct incident_path *p, const struct conf *conf,
				       const struct conf_service *s)
{
	const struct path_lost *most = NULL;

	for (unsigned i = 0; i < p->n_lost; i++)
		if (belongs(s, conf_object_named(conf, p->lost[i].object)) &&
		    (!most || p->lost[i].lost > most->lost))
			most = &p->lost[i];
	return most;
}

/* @near, @known: some interface of it came near its capacity; whether each did is known. */
static double share_on(const struct incident_path *p, const char *link, bool *near, bool *known)
{
	double share = 0;

	*near = false;
	*known = true;
	for (unsigned i = 0; i < p->n_rows; i++) {
		const struct path_row *r = &p->row[i];

		if (!r->counted || strcmp(r->at.link, link) != 0)
			continue;
		share += r->share;
		*near |= path_near(r);
		*known &= r->capacity_bps && r->window_s;
	}
	return share;
}

static void put(struct incident_path *p, const struct conf_service *s, const char *link,
		double share, enum path_risk risk)
{
	struct path_service *to = &p->service[p->n_services++];

	memset(to, 0, sizeof(*to));
	memcpy(to->name, s->name, sizeof(to->name));
	memcpy(to->country, s->country, sizeof(to->country));
	snprintf(to->link, sizeof(to->link), "%s", link);
	to->share = share;
	to->risk = risk;
}

void incident_path_services(struct incident *inc, const struct conf *conf)
{
	struct incident_path *p = inc->path;

	p->n_services = 0;
	for (size_t i = 0; i < conf->n_services && p->n_services < PATH_SERVICES_MAX; i++) {
		const struct conf_service *s = &conf->services[i];
		const struct path_lost *lost = lost_by(p, conf, s);
		const char *link = s->link[0] || !lost ? s->link : lost->at.link;
		bool near = false, known = false;
		double share = link[0] ? share_on(p, link, &near, &known) : 0;

		if (is_target(inc, s))
			continue;
		if (lost)
			put(p, s, link, share, RISK_LOST);
		else if (share >= SHARE_LEAST && (near || !known))
			put(p, s, link, share, near ? RISK_NEAR : RISK_SHARES);
	}
}
