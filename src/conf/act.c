/* SPDX-License-Identifier: ISC */
/* What the part about acting says of a name, of a kind of measure, and of a moment. */
#include <string.h>

#include "base/clock.h"
#include "conf/conf.h"

const struct conf_neighbor *conf_act_neighbor(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->act.n_neighbors; i++)
		if (strcmp(c->act.neighbors[i].name, name) == 0)
			return &c->act.neighbors[i];
	return NULL;
}

const struct conf_approver *conf_act_approver(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->act.n_approvers; i++)
		if (strcmp(c->act.approvers[i].name, name) == 0)
			return &c->act.approvers[i];
	return NULL;
}

const struct conf_standing *conf_act_standing(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->act.n_standing; i++)
		if (strcmp(c->act.standing[i].name, name) == 0)
			return &c->act.standing[i];
	return NULL;
}

const struct conf_approver *conf_act_user(const struct conf *c, const char *user)
{
	for (size_t i = 0; *user && i < c->act.n_approvers; i++)
		if (strcmp(c->act.approvers[i].user, user) == 0)
			return &c->act.approvers[i];
	return NULL;
}

bool conf_act_two(const struct conf *c, const char *kind)
{
	return conf_is_named(c->act.two_persons, c->act.n_two_persons, kind);
}

bool conf_act_glass(const struct conf *c, const char *kind)
{
	return conf_is_named(c->act.break_glass, c->act.n_break_glass, kind);
}

/* How many different persons: one who is named twice is one. */
static unsigned persons(const struct conf_standing *s)
{
	unsigned n = 0;

	for (size_t i = 0; i < s->n_approvers; i++)
		n += !conf_is_named(s->approvers, i, s->approvers[i]);
	return n;
}

static const struct lapse {
	const char *en, *ja;
} nobody = {"nobody approved it", "誰も承認していない"},
  one = {"its kind needs two persons, and one approved it",
	 "この種の措置は 2 名の承認を要するが、1 名だけが承認した"},
  old = {"its day of review has come", "見直しの期日が来た"};

static const struct lapse *lapse_of(const struct conf *c, const struct conf_standing *s,
				    int64_t now_us)
{
	if (s->n_approvers == 0)
		return &nobody;
	if (conf_act_two(c, s->kind) && persons(s) < 2)
		return &one;
	return s->review_us <= now_us ? &old : NULL;
}

const char *conf_act_lapsed(const struct conf *c, const struct conf_standing *s, int64_t now_us)
{
	const struct lapse *l = lapse_of(c, s, now_us);

	return l ? l->en : NULL;
}

const char *conf_act_lapsed_ja(const struct conf *c, const struct conf_standing *s, int64_t now_us)
{
	const struct lapse *l = lapse_of(c, s, now_us);

	return l ? l->ja : NULL;
}

const char *conf_act_country(const struct conf *c)
{
	if (*c->act.country)
		return c->act.country;
	return c->n_countries ? c->countries[0] : "ZZ";
}

bool conf_act_override(const struct conf *c)
{
	return *c->act.override.by && *c->act.override.note &&
	       c->act.override.dated_us != TIME_NONE;
}
