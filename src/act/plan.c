/* SPDX-License-Identifier: ISC */
#include "act/plan.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "act/plan_inside.h"
#include "base/json_whole.h"
#include "duty/brief_words.h"

struct plan *plan_free(struct plan *p)
{
	free(p);
	return NULL;
}

static enum plan_case case_of(const struct incident *inc)
{
	if (inc->f.kind == FINDING_SCAN)
		return CASE_SCAN;
	if (inc->f.level > LEVEL_PREFIX || !inc->f.target.len)
		return CASE_NO_DESTINATION;
	return words_is_own_out(inc) ? CASE_OUTGOING : CASE_INCOMING;
}

/* Rules come from the evidence; a scan and a link have nothing that a rule would be for. */
static int derive(struct planning *g)
{
	if (g->about == CASE_SCAN || g->about == CASE_NO_DESTINATION)
		return 0;
	return derive_rules(g->inc, g->conf, g->derived);
}

static void set_facts(struct planning *g)
{
	const struct incident *inc = g->inc;
	struct plan *p = g->plan;
	char target[INCIDENT_TARGET_MAX];

	memcpy(p->incident, inc->id, sizeof(p->incident));
	p->revision = inc->revision;
	p->made_us = g->in->now_us;
	p->since_us = inc->f.first_us > 0 ? inc->f.first_us : TIME_NONE;
	p->drill = inc->drill || (g->in->world && g->in->world->drill);
	p->separable = g->derived->separable && g->derived->n;
	incident_target(inc, target);
	if (inc->object[0])
		snprintf(p->target, sizeof(p->target), "%s (%s)", target, inc->object);
	else
		snprintf(p->target, sizeof(p->target), "%s", target);
}

/* A name may be an address, of somebody who has nothing to do with it. */
static void guard_names(struct planning *g)
{
	for (unsigned i = 0; i < g->plan->n_options; i++) {
		struct plan_option *o = &g->plan->option[i];

		for (unsigned k = 0; k < o->collateral.n_services; k++) {
			_cleanup_text_ struct text raw = TEXT_NULL;

			text_add(&raw, o->collateral.services[k]);
			plan_keep(g, &raw, false, o->collateral.services[k], CONF_NAME_MAX);
		}
		for (unsigned k = 0; k < o->collateral.n_customers; k++) {
			_cleanup_text_ struct text raw = TEXT_NULL;

			text_add(&raw, o->collateral.customers[k]);
			plan_keep(g, &raw, false, o->collateral.customers[k], CONF_NAME_MAX);
		}
	}
}

static void make(struct planning *g)
{
	plan_links(g);
	plan_ladder(g);
	for (unsigned i = 0; i < g->plan->n_options; i++) {
		g->plan->option[i].number = i + 1;
		plan_permit(g, &g->plan->option[i]);
	}
	plan_rank(g);
	plan_weaker(g);
	plan_say_plan(g);
	guard_names(g);
}

int plan_make(const struct plan_input *in, struct plan **out)
{
	_cleanup_plan_ struct plan *p = calloc(1, sizeof(*p));
	_cleanup_free_ struct derived *derived = calloc(1, sizeof(*derived));
	struct guard guard = guard_about(GUARD_HOUSE, in->conf, in->incident);
	uint64_t lost = text_lost();
	struct planning g = {
		.in = in,
		.inc = in->incident,
		.conf = in->conf,
		.plan = p,
		.derived = derived,
		.about = case_of(in->incident),
		.object = words_conf_object(in->incident, in->conf),
		.attack_bps = in->incident->f.peak_bps ? (double)in->incident->f.peak_bps : -1,
		.guard = &guard};

	if (!p || !derived || derive(&g) < 0)
		return -ENOMEM;
	g.line_bps = in->incident->line_bps ? (double)in->incident->line_bps
		     : g.object		    ? (double)g.object->line_bps
					    : 0;
	set_facts(&g);
	make(&g);
	plan_hash(p, p->hash);
	if (!p->hash[0] || text_lost() != lost)
		return -ENOMEM;
	plan_id(p->hash, p->id);
	*out = take_ptr(p);
	return 0;
}

const struct plan_option *plan_option_find(const struct plan *p, unsigned number)
{
	for (unsigned i = 0; i < p->n_options; i++)
		if (p->option[i].number == number)
			return &p->option[i];
	return NULL;
}

/* ---- the hash ---- */

char *plan_hash(const struct plan *p, char *buf)
{
	static const char *const without[] = {"plan", "hash", "made"};
	unsigned char hash[crypto_generichash_BYTES];
	json_t *o = plan_json(p);
	char *text = NULL;

	buf[0] = '\0';
	for (size_t i = 0; o && i < ARRAY_LEN(without); i++)
		json_object_del(o, without[i]);
	if (o)
		text = json_whole(o, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(9));
	json_decref(o);
	if (!text)
		return buf;
	_Static_assert(2 * sizeof(hash) + 1 == PLAN_HASH_MAX, "hexadecimal of the hash");
	crypto_generichash(hash, sizeof(hash), (const unsigned char *)text, strlen(text), NULL, 0);
	sodium_bin2hex(buf, PLAN_HASH_MAX, hash, sizeof(hash));
	free(text);
	return buf;
}

char *plan_id(const char *hash, char *buf)
{
	snprintf(buf, PLAN_ID_MAX, "p%.12s", hash);
	return buf;
}

bool plan_holds(const struct plan *p)
{
	char hash[PLAN_HASH_MAX], id[PLAN_ID_MAX];

	plan_hash(p, hash);
	return hash[0] && strcmp(hash, p->hash) == 0 && strcmp(plan_id(hash, id), p->id) == 0;
}
