/* SPDX-License-Identifier: ISC */
/*
 * Lines and links, and what a point of the ladder does to them. A measure relieves what lies behind
 * its point; what lies before it stays as it is. Shares are of bytes where the way has them. What
 * is not known is not taken for anything: doc/act.md has the rules.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "act/plan_inside.h"

#define LIMIT_OF_LINE 0.8 /* so much of a line may the limited traffic fill */

bool plan_is_full(double bps, double capacity)
{
	return capacity > 0 && bps >= LINE_FULL * capacity;
}

bool plan_link_is_full(const struct plan_link *l)
{
	return plan_is_full(fmax(l->load_bps, l->attack_bps), l->capacity_bps);
}

/* ---- the links ---- */

static const struct conf_interface *interface_of(const struct conf *conf, const char *exporter,
						 uint32_t input)
{
	for (size_t i = 0; i < conf->n_interfaces; i++)
		if (conf->interfaces[i].ifindex == input &&
		    strcmp(conf->interfaces[i].exporter, exporter) == 0)
			return &conf->interfaces[i];
	return NULL;
}

static void name_link(struct plan_link *l, const char *link, const char *exporter, uint32_t input)
{
	if (link[0])
		snprintf(l->name, sizeof(l->name), "%s", link);
	else
		snprintf(l->name, sizeof(l->name), "%.50s#%u", exporter, input);
}

static void add_link(struct planning *g, const struct plan_link *from, const char *exporter,
		     uint32_t input)
{
	const struct conf_interface *at = interface_of(g->conf, exporter, input);
	struct plan_link *l;

	for (unsigned i = 0; i < g->n_links; i++) {
		/* Several interfaces are one link: its load is told of the whole. */
		if (strcmp(g->link[i].name, from->name) == 0) {
			g->link[i].share += from->share;
			g->link[i].full |= from->full;
			return;
		}
	}
	if (g->n_links == PLAN_LINKS_MAX)
		return;
	l = &g->link[g->n_links++];
	*l = *from;
	l->side = at ? scope_country(g->conf, at->country) : SCOPE_UNKNOWN;
	if (!l->peer[0] && at)
		snprintf(l->peer, sizeof(l->peer), "%s", at->peer);
}

static void add_row(struct planning *g, const struct path_row *r)
{
	struct plan_link l = {.share = r->bytes ? r->byte_share : r->share,
			      .capacity_bps = (double)r->capacity_bps,
			      .full = path_near(r)};
	uint64_t load = r->load_bps ? r->load_bps : r->load_most_bps;

	name_link(&l, r->at.link, r->at.exporter, r->at.input);
	snprintf(l.peer, sizeof(l.peer), "%s", r->peer);
	l.load_bps = load ? (double)load : -1;
	add_link(g, &l, r->at.exporter, r->at.input);
}

static void add_old(struct planning *g, const struct incident_link *from)
{
	struct plan_link l = {
		.share = from->share, .capacity_bps = (double)from->capacity_bps, .load_bps = -1};

	name_link(&l, from->link, from->exporter, from->input);
	add_link(g, &l, from->exporter, from->input);
}

/* Share that comes over links of foreign countries; unknown where hardly any link has a country. */
static double foreign_share(const struct planning *g)
{
	double told = 0, foreign = 0;

	for (unsigned i = 0; i < g->n_links; i++) {
		told += g->link[i].side == SCOPE_UNKNOWN ? 0 : g->link[i].share;
		foreign += g->link[i].side == SCOPE_FOREIGN ? g->link[i].share : 0;
	}
	return told > 0 && told >= NEARLY_ALL ? foreign : foreign > 0 ? foreign : -1;
}

void plan_links(struct planning *g)
{
	const struct incident *inc = g->inc;
	const struct incident_path *path = inc->path;

	for (unsigned i = 0; path && i < path->n_rows; i++)
		if (path->row[i].counted)
			add_row(g, &path->row[i]);
	for (unsigned i = 0; !g->n_links && i < inc->f.n_links; i++)
		if (inc->links[i].exporter[0])
			add_old(g, &inc->links[i]);
	for (unsigned i = 0; i < g->n_links; i++) {
		struct plan_link *l = &g->link[i];

		l->share = l->share > 1 ? 1 : l->share;
		l->attack_bps = g->attack_bps < 0 ? -1 : g->attack_bps * l->share;
		l->full |= plan_link_is_full(l);
	}
	g->foreign = foreign_share(g);
}

/* ---- whom a point reaches ---- */

struct plan_reach plan_reach_of(const struct planning *g, enum plan_step step,
				const struct conf_neighbor *n)
{
	bool listed = n && n->n_links;
	struct plan_reach r = {.neighbor = n,
			       .foreign = step == STEP_FOREIGN_BORDER && !listed,
			       .all = !listed && step != STEP_FOREIGN_BORDER};

	for (unsigned i = 0; i < g->n_links; i++) {
		const struct plan_link *l = &g->link[i];

		if (!r.all && (listed ? !conf_is_named(n->links, n->n_links, l->name)
				      : l->side != SCOPE_FOREIGN))
			continue;
		r.links |= 1u << i;
		r.share += l->share;
	}
	if (r.all)
		r.share = 1;
	else if (!g->n_links || (r.foreign && g->foreign < 0))
		r.share = -1;
	else if (r.share > 1)
		r.share = 1;
	return r;
}

/* Does a record of clients' traffic pass the point? One whose way is not known does. */
static bool passes(const struct planning *g, const struct plan_reach *r,
		   const struct evidence_record *e)
{
	const struct incident_place *p;
	const struct conf_interface *at;

	if (r->all || !e->flow.in_link || e->flow.in_link > g->inc->n_places)
		return true;
	p = &g->inc->places[e->flow.in_link - 1];
	at = interface_of(g->conf, p->exporter, p->input);
	if (!at)
		return true;
	if (r->foreign)
		return scope_country(g->conf, at->country) != SCOPE_DOMESTIC;
	return conf_is_named(r->neighbor->links, r->neighbor->n_links, at->link);
}

/* The clients who come another way keep what they have: to the rules they are nobody's. */
static void spare(const struct planning *g, struct plan_option *o, const struct plan_reach *r)
{
	const struct header_sample *good = &g->inc->evidence[SAMPLE_GOOD];
	_cleanup_free_ struct evidence_record *records = calloc(good->n, sizeof(*records));
	_cleanup_free_ struct incident *view = malloc(sizeof(*view));

	if (!records || !view) {
		text_note_lost();
		return;
	}
	*view = *g->inc;
	view->evidence[SAMPLE_GOOD].record = records;
	for (unsigned i = 0; i < good->n; i++) {
		records[i] = good->record[i];
		if (!passes(g, r, &records[i]))
			records[i].flow.dst = (struct ip){.u = {0, 0}};
	}
	collateral_of(o->rule, o->n_rules, &o->target, view, g->conf, &o->collateral);
}

/* Customers by the own prefixes too: a prefix may be assigned and yet be no protected object. */
static void add_assigned(const struct planning *g, struct collateral *c, const struct prefix *to)
{
	uint32_t nearest = UINT32_MAX;

	if (g->conf->own_set)
		prefix_set_find(g->conf->own_set, &to->addr, &nearest);
	for (size_t i = 0; i < g->conf->n_own; i++) {
		const struct conf_own *own = &g->conf->own[i];
		bool known = !own->customer[0] || c->n_customers == COLLATERAL_NAMES_MAX;

		/* Of those around it the narrowest has it. */
		if (i != nearest && !prefix_covers(to, &own->prefix))
			continue;
		for (unsigned k = 0; k < c->n_customers; k++)
			known |= strcmp(c->customers[k], own->customer) == 0;
		if (!known)
			strcpy(c->customers[c->n_customers++], own->customer);
	}
}

void plan_cost(const struct planning *g, struct plan_option *o, const struct plan_reach *r)
{
	const struct header_sample *good = &g->inc->evidence[SAMPLE_GOOD];

	if (o->kind == PLAN_NONE || o->kind == PLAN_ASK || o->kind == PLAN_DIVERSION)
		return;
	if (!r->all && good->record && good->n)
		spare(g, o, r);
	else
		collateral_of(o->rule, o->n_rules, &o->target, g->inc, g->conf, &o->collateral);
	add_assigned(g, &o->collateral, &o->target);
}

/* ---- what it does to the lines ---- */

/* Is the neighbour's router not ours? Then it works before the link, else behind it. */
static bool is_theirs(enum plan_step step, const struct conf_neighbor *n)
{
	if (step == STEP_UPSTREAM || step == STEP_TRANSIT)
		return true;
	return (step == STEP_PEERING || step == STEP_SCRUBBER) && n && n->local_as && n->peer_as &&
	       n->local_as != n->peer_as && !n->redirect[0];
}

/* How bad a link is: the fuller the worse, those of unknown capacity by what they carry. */
static double load_of(const struct plan_link *l)
{
	double bps = fmax(l->load_bps, l->attack_bps);

	return l->capacity_bps > 0 ? 1 + bps / l->capacity_bps : l->share;
}

static const struct plan_link *worst(const struct planning *g, uint32_t links)
{
	const struct plan_link *found = NULL;

	for (unsigned i = 0; i < g->n_links; i++)
		if ((links & 1u << i) && (!found || load_of(&g->link[i]) > load_of(found)))
			found = &g->link[i];
	return found;
}

static void set_access_line(const struct planning *g, struct plan_option *o)
{
	snprintf(o->line, sizeof(o->line), "%s", g->object ? g->object->name : g->inc->object);
	o->before_bps = g->attack_bps;
	o->capacity_bps = g->line_bps;
}

static void set_link(struct plan_option *o, const struct plan_link *l)
{
	snprintf(o->line, sizeof(o->line), "%s", l->name);
	o->before_bps = l->attack_bps;
	o->capacity_bps = l->capacity_bps;
}

static void set_upstream(struct plan_option *o, const struct plan_link *l)
{
	snprintf(o->upstream, sizeof(o->upstream), "%s", l->name);
	o->upstream_bps = fmax(l->load_bps, l->attack_bps);
	o->upstream_capacity_bps = l->capacity_bps;
}

/* Before a host lie the access line and the links: what is full of them counts, the access line
 * first, since nothing arrives behind that. */
static void set_before_host(const struct planning *g, struct plan_option *o)
{
	const struct plan_link *in = worst(g, UINT32_MAX);

	if (in && plan_link_is_full(in) && !plan_is_full(g->attack_bps, g->line_bps)) {
		set_upstream(o, in);
		return;
	}
	snprintf(o->upstream, sizeof(o->upstream), "%.63s", o->line);
	o->upstream_bps = g->attack_bps;
	o->upstream_capacity_bps = g->line_bps;
}

/* Line and upstream; of a host the access line lies before it, and behind it is none. */
static void set_lines(const struct planning *g, struct plan_option *o, const struct plan_reach *r)
{
	const struct plan_link *at = worst(g, r->all ? UINT32_MAX : r->links);
	const struct plan_link *in = worst(g, UINT32_MAX);

	if (g->about == CASE_OUTGOING || is_theirs(o->step, r->neighbor)) {
		if (at)
			set_link(o, at);
		else
			o->before_bps = g->attack_bps;
		return;
	}
	set_access_line(g, o);
	if (o->step == STEP_HOST) {
		set_before_host(g, o);
		o->line[0] = '\0';
		o->capacity_bps = 0;
		/* No more than its line lets through. */
		if (g->line_bps > 0 && o->before_bps > g->line_bps)
			o->before_bps = g->line_bps;
	} else if (in) {
		set_upstream(o, in);
	}
	if (r->neighbor && r->neighbor->capacity_bps && o->step != STEP_SCRUBBER) {
		snprintf(o->line, sizeof(o->line), "%s", r->neighbor->name);
		o->capacity_bps = (double)r->neighbor->capacity_bps;
	}
}

/* Share of what is on the line that goes away, and the rest; a limit lets some of it pass. */
static double gone(struct plan_option *o, double reach)
{
	double share = reach < 0 || o->covers < 0 ? -1 : reach * o->covers, passes_bps = 0;

	if (share < 0)
		return -1;
	for (unsigned i = 0; plan_is_limit(o) && i < o->n_rules; i++)
		passes_bps += o->rule[i].limit_bps;
	if (o->before_bps < 0)
		return passes_bps > 0 ? -1 : share;
	o->after_bps = o->before_bps * (1 - share) + fmin(passes_bps, o->before_bps * share);
	return o->before_bps > 0 ? 1 - o->after_bps / o->before_bps : -1;
}

static enum plan_helps by_lines(const struct planning *g, const struct plan_option *o, double gone)
{
	bool before = plan_is_full(o->before_bps, o->capacity_bps);
	bool after = plan_is_full(o->after_bps, o->capacity_bps);
	enum plan_helps whole = gone >= NEARLY_ALL ? HELPS_YES : HELPS_PARTLY;

	if (o->capacity_bps > 0 && o->before_bps >= 0)
		return before && after ? HELPS_PARTLY : whole;
	/* Without lines a server's relief is told by packets alone; that of a line is not. */
	return g->inc->class == CLASS_SERVER || o->step == STEP_HOST ? whole : HELPS_UNKNOWN;
}

static enum plan_helps judge(const struct planning *g, const struct plan_option *o, double gone)
{
	bool full_before = plan_is_full(o->upstream_bps, o->upstream_capacity_bps);
	enum plan_helps h;

	if (o->kind == PLAN_NONE)
		return HELPS_NO;
	if (gone < 0)
		return HELPS_UNKNOWN;
	if (gone < WORTH_SAYING)
		return HELPS_NO;
	if (plan_is_host(g, o) && plan_is_full(g->attack_bps, g->line_bps))
		return HELPS_NO;
	if (o->step == STEP_HOST && g->inc->class != CLASS_SERVER &&
	    !(plan_is_host(g, o) && g->line_bps > 0))
		return HELPS_UNKNOWN;
	h = by_lines(g, o, gone);
	/* What a limit leaves of the line, clients and attack share as before. */
	if (h == HELPS_YES && (full_before || plan_is_limit(o)))
		return HELPS_PARTLY;
	/* "At least so much" says nothing of what is left. */
	return h == HELPS_YES && !g->inc->f.sampling_known && o->capacity_bps > 0 ? HELPS_UNKNOWN
										  : h;
}

void plan_figures(const struct planning *g, struct plan_option *o, const struct plan_reach *r)
{
	bool of_link = g->about == CASE_OUTGOING || is_theirs(o->step, r->neighbor);
	double reach = of_link && o->kind != PLAN_NONE && g->n_links ? 1 : r->share;

	o->before_bps = o->after_bps = o->upstream_bps = -1;
	o->reach = r->share;
	set_lines(g, o, r);
	if (o->kind == PLAN_NONE) {
		o->after_bps = o->before_bps;
		o->helps = HELPS_NO;
		return;
	}
	/* A point that the whole attack passes by does nothing for its links either. */
	if (r->share >= 0 && r->share < WORTH_SAYING)
		reach = r->share;
	o->helps = judge(g, o, gone(o, reach));
	if (o->kind == PLAN_DIVERSION && r->neighbor && r->neighbor->capacity_bps &&
	    o->helps == HELPS_YES && plan_is_full(g->attack_bps, (double)r->neighbor->capacity_bps))
		o->helps = HELPS_PARTLY;
	/* Of several links the worst is told of; what comes over others stays. */
	if (of_link && r->share >= 0 && r->share < NEARLY_ALL && o->helps == HELPS_YES)
		o->helps = HELPS_PARTLY;
}

/* ---- limits ---- */

/* Bits per second that the target's own threshold stands for: its server bears so much. */
static double threshold_bps(const struct planning *g)
{
	const struct finding *f = &g->inc->f;
	unsigned which[FINDING_VECTORS_MAX];
	const struct finding_vector *v;

	if (!incident_vectors(g->inc, which))
		return 0;
	v = &f->vectors[which[0]];
	if (!v->packets || !v->bytes || !v->threshold_pps || v->threshold_pps == RATE_NEVER)
		return 0;
	return 8.0 * (double)v->threshold_pps * (double)v->bytes / (double)v->packets;
}

double plan_limit(const struct planning *g, const struct conf_neighbor *n)
{
	bool line_matters = g->inc->class != CLASS_SERVER;
	double capacity = n && n->capacity_bps && n->point != POINT_SCRUBBER
				  ? (double)n->capacity_bps
				  : g->line_bps;
	double limit = line_matters && capacity > 0 ? LIMIT_OF_LINE * capacity : threshold_bps(g);

	return g->attack_bps >= 0 && limit >= g->attack_bps ? 0 : limit;
}
