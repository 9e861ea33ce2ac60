/* SPDX-License-Identifier: ISC */
/*
 * Which router has a measure. That is kept with the measure, by what leads to the router and not by
 * its name: a configuration that names it otherwise, gives it another address or leaves it out has
 * taken nothing out of it. What no neighbour leads to any more is asked for at the place where it
 * was told (a ghost), and is said to be gone only when that says so, or when the end is past that
 * it was told.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "router/act_inside.h"
#include "router/nftables_text.h"

#define GHOSTS_MAX     32
#define NAMED_MAX      8	       /* measures that a refusal names */
#define WAIT_US	       (10 * US_PER_S) /* for a ghost to answer, before people are told */
#define PAST_END_US    (2 * US_PER_S)  /* the relay or the kernel has ended it by then */
#define NO_HOP4	       "192.0.2.1"     /* RFC 5737: a withdrawal names a next hop, and means none */
#define NO_HOP6	       "100::1"	       /* RFC 6666 */
#define REASON_MISSING "missing"
#define REASON_MOVED   "moved"

/* A neighbour that was: only to take back what stands there. */
struct act_ghost {
	struct act_router ar;
	struct conf_neighbor n;
	char place[MEASURE_PLACE_MAX];
};

static void place_of(const struct conf_neighbor *n, char *buf)
{
	const char *kind = router_ops_of((enum conf_router)n->kind)->name;
	char address[IP_TEXT_MAX];

	if (n->kind == ROUTER_EXABGP)
		snprintf(buf, MEASURE_PLACE_MAX, "%s %s", kind, ip_format(&n->address, address));
	else if (n->kind == ROUTER_NFTABLES)
		snprintf(buf, MEASURE_PLACE_MAX, "%s %s", kind,
			 *n->table ? n->table : NFT_TABLE_DEFAULT);
	else
		snprintf(buf, MEASURE_PLACE_MAX, "%s %s", kind, n->name);
}

static bool is_at(const struct conf_neighbor *n, const char *place)
{
	char own[MEASURE_PLACE_MAX];

	place_of(n, own);
	return strcmp(own, place) == 0;
}

void act_note_place(const struct act *a, struct measure *m)
{
	const struct conf_neighbor *n = conf_act_neighbor(a->conf, m->option.point);

	if (n && !*m->place && measure_is_in_force(m))
		place_of(n, m->place);
}

/* ---- where it is ---- */

static struct act_router *opened(struct act *a, const char *place)
{
	for (size_t i = 0; i < a->n_routers; i++)
		if (a->routers[i].r && is_at(a->routers[i].r->neighbor, place))
			return &a->routers[i];
	return NULL;
}

struct act_router *act_home(struct act *a, const struct measure *m)
{
	struct act_router *named = act_router_of(a, m->option.point), *ar;

	if (!*m->place || (named && is_at(named->r->neighbor, m->place)))
		return named;
	ar = opened(a, m->place);
	for (size_t i = 0; !ar && i < a->n_ghosts; i++)
		if (strcmp(a->ghosts[i].place, m->place) == 0)
			ar = &a->ghosts[i].ar;
	return ar && ar->r ? ar : NULL;
}

const struct conf_neighbor *act_home_neighbor(struct act *a, const struct measure *m)
{
	struct act_router *ar = act_home(a, m);

	return ar && ar >= a->routers && ar < a->routers + a->n_routers ? ar->r->neighbor : NULL;
}

/* Why the configuration leads to it no more; "" it does. */
static const char *lost_by(const struct conf *conf, const struct measure *m)
{
	bool named = conf_act_neighbor(conf, m->option.point);

	if (!*m->place)
		return named ? "" : REASON_MISSING;
	for (size_t i = 0; i < conf->act.n_neighbors; i++)
		if (is_at(&conf->act.neighbors[i], m->place))
			return "";
	return named ? REASON_MOVED : REASON_MISSING;
}

/* ---- ghosts ---- */

static int neighbor_at(const struct act *a, const struct measure *m, struct conf_neighbor *n)
{
	static const enum conf_router kinds[] = {ROUTER_NULL, ROUTER_DRY_RUN, ROUTER_EXABGP,
						 ROUTER_NFTABLES};
	const char *blank = strchr(m->place, ' ');
	size_t len = blank ? (size_t)(blank - m->place) : 0, k = 0;

	while (k < ARRAY_LEN(kinds) && (strlen(router_ops_of(kinds[k])->name) != len ||
					memcmp(router_ops_of(kinds[k])->name, m->place, len) != 0))
		k++;
	if (!blank || k == ARRAY_LEN(kinds))
		return -EINVAL;
	*n = (struct conf_neighbor){.kind = kinds[k]};
	snprintf(n->name, sizeof(n->name), "%s", m->option.point);
	snprintf(n->table, sizeof(n->table), "%s", kinds[k] == ROUTER_NFTABLES ? blank + 1 : "");
	ip_parse(NO_HOP4, &n->next_hop);
	ip_parse(NO_HOP6, &n->next_hop6);
	return kinds[k] == ROUTER_EXABGP ? ip_parse(blank + 1, &n->address) : 0;
}

static int open_ghost(struct act *a, const struct measure *m)
{
	struct act_ghost *g = &a->ghosts[a->n_ghosts];
	_cleanup_text_ struct text why = TEXT_NULL;
	int r = neighbor_at(a, m, &g->n);

	if (r == 0)
		r = router_ops_of((enum conf_router)g->n.kind)
			    ->open(a->conf, &g->n, a->loop, act_told, &g->ar, &g->ar.r, &why);
	if (r) {
		g->ar.r = NULL;
		log_error("no-router", "neighbor=\"%s\" place=\"%s\" reason=\"%.*s\"", g->n.name,
			  m->place, (int)strcspn(text_str(&why), "\n"), text_str(&why));
		return r == -ENOMEM ? r : 0;
	}
	g->ar.act = a;
	memcpy(g->place, m->place, sizeof(g->place));
	a->n_ghosts++;
	log_warn("ghost",
		 "neighbor=\"%s\" place=\"%s\" advice=\"measures stand there and it is "
		 "not configured any more; they are taken back there where that can be done\"",
		 g->n.name, g->place);
	return 0;
}

int act_open_ghosts(struct act *a)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < a->n; i++) {
		const struct measure *m = &a->list[i]->m;

		if (!*m->place || measure_is_over(m) || !*lost_by(a->conf, m) || act_home(a, m) ||
		    a->n_ghosts == GHOSTS_MAX)
			continue;
		if (!a->ghosts)
			a->ghosts = calloc(GHOSTS_MAX, sizeof(*a->ghosts));
		r = a->ghosts ? open_ghost(a, m) : -ENOMEM;
	}
	return r;
}

void act_close_ghosts(struct act *a)
{
	for (size_t i = 0; i < a->n_ghosts; i++)
		a->ghosts[i].ar.r->ops->close(a->ghosts[i].ar.r);
	free(a->ghosts);
	a->ghosts = NULL;
	a->n_ghosts = 0;
}

/* ---- what is said of it ---- */

static void mark(struct act *a, struct act_measure *am, const char *why)
{
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;
	struct measure before = am->m;
	bool ended = !measure_is_in_force(&am->m);

	if (strcmp(am->m.stuck, why) == 0 && am->told_stuck == (ended ? 2 : 1))
		return;
	text_cut(am->m.stuck, sizeof(am->m.stuck), why);
	measure_stuck_say(&am->m, false, &en);
	measure_stuck_say(&am->m, true, &ja);
	/* After a restart it is marked already, and the page is the same one again. */
	if (strcmp(before.stuck, why) != 0 || am->told_stuck)
		if (act_write(a, am, measure_stage_name(am->m.stage), "stuck", "noroshi",
			      text_str(&en))) {
			am->m = before;
			return;
		}
	am->told_stuck = ended ? 2 : 1;
	log_error("measure-stuck", "measure=%s place=\"%s\" reason=\"%s\"", am->m.id, am->m.place,
		  text_str(&en));
	act_page_measure(a, &am->m, ended ? "stuck" : "unkept", text_str(&en), text_str(&ja));
}

static void unmark(struct act *a, struct act_measure *am)
{
	struct measure before = am->m;

	memset(am->m.stuck, 0, sizeof(am->m.stuck));
	am->told_stuck = 0;
	if (act_write(a, am, measure_stage_name(am->m.stage), "within_reach", "noroshi", ""))
		am->m = before;
}

bool act_is_past_told(const struct measure *m)
{
	/* It may have been told the newer end and died before that was written down. */
	int64_t end_us = m->told_until_us > m->until_us ? m->told_until_us : m->until_us;

	return clock_real_us() > end_us + PAST_END_US;
}

bool act_stuck(struct act *a, struct act_measure *am, bool away)
{
	const char *why = lost_by(a->conf, &am->m);
	int64_t mono_us = clock_mono_us();

	if (!*why) {
		if (*am->m.stuck)
			unmark(a, am);
		return false;
	}
	if (!away) {
		mark(a, am, why);
		return true;
	}
	if (!am->away_us)
		am->away_us = mono_us;
	if (!act_home(a, &am->m) || am->refused || mono_us > am->away_us + WAIT_US)
		mark(a, am, why);
	return true;
}

/* ---- a configuration that would lose some ---- */

static bool leads_to(const struct conf *conf, const char *name, const char *place)
{
	const struct conf_neighbor *n = conf_act_neighbor(conf, name);

	return n && is_at(n, place);
}

static bool would_lose(const struct act *a, const struct conf *conf, const struct measure *m)
{
	const struct conf_neighbor *n = conf_act_neighbor(a->conf, m->option.point);
	char place[MEASURE_PLACE_MAX];

	if (!n || m->stage == MEASURE_PLANNED || measure_is_over(m) || act_is_past_told(m))
		return false;
	if (*m->place)
		memcpy(place, m->place, sizeof(place));
	else
		place_of(n, place);
	/* What is lost already is no reason to keep the configuration that lost it. */
	return is_at(n, place) && !leads_to(conf, n->name, place);
}

static unsigned name_lost(const struct act *a, const struct conf *conf, const char *neighbor,
			  struct text *ids)
{
	unsigned n = 0;

	for (size_t i = 0; i < a->n; i++) {
		const struct measure *m = &a->list[i]->m;

		if (strcmp(m->option.point, neighbor) != 0 || !would_lose(a, conf, m))
			continue;
		if (n < NAMED_MAX)
			text_printf(ids, "%s%s", n ? " " : "", m->id);
		else if (n == NAMED_MAX)
			text_add(ids, " ...");
		n++;
	}
	return n;
}

bool act_keeps(struct act *a, const struct conf *conf, struct text *why, struct text *ja)
{
	bool keeps = true;

	for (size_t i = 0; a->conf && i < a->conf->act.n_neighbors; i++) {
		const char *name = a->conf->act.neighbors[i].name;
		_cleanup_text_ struct text ids = TEXT_NULL;
		unsigned n = name_lost(a, conf, name, &ids);

		if (!n)
			continue;
		keeps = false;
		text_printf(why,
			    "act.neighbors %s: %u measure%s not gone from it (%s): until then it "
			    "cannot be left out, renamed, or get another kind, address or table\n",
			    name, n, n == 1 ? " is" : "s are", text_str(&ids));
		text_printf(ja,
			    "act.neighbors %s: まだ撤去されていない措置が %u 件ある (%s)。それまで"
			    "は削除、改名、種類・アドレス・テーブルの変更はできない\n",
			    name, n, text_str(&ids));
	}
	return keeps;
}
