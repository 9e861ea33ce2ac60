/* SPDX-License-Identifier: ISC */
#include "drill/hold.h"

#include <string.h>

#include "drill/assault.h"

#define MS	    UINT64_C(1000)
#define BEHIND_MS   (5 * MS) /* how long ordinary traffic goes on behind the last attack */
#define FLOOD_SALTS 1000     /* what rows without a salt get: flood.c, session.c */
#define LOAD_SALTS  5000
#define VISIT_SALTS 6000
#define PER_SESSION 12 /* packets, about */
#define HOSTS_MAX   200

struct life {
	uint64_t from, until;
};

static void widen(struct life *l, uint64_t from_ms, uint64_t until_ms)
{
	l->from = from_ms < l->from ? from_ms : l->from;
	l->until = until_ms > l->until ? until_ms : l->until;
}

static struct life life_of(const struct plan *p, size_t attack)
{
	struct life l = {.from = UINT64_MAX};

	for (size_t i = 0; i < p->n_floods; i++)
		if ((size_t)p->floods[i].attack == attack)
			widen(&l, p->floods[i].from_ms, p->floods[i].until_ms);
	for (size_t i = 0; i < p->n_assaults; i++)
		if ((size_t)p->assaults[i].attack == attack)
			widen(&l, p->assaults[i].from_ms, p->assaults[i].until_ms);
	for (size_t i = 0; i < p->n_loads; i++)
		if (p->loads[i].attack > 0 && (size_t)p->loads[i].attack - 1 == attack)
			widen(&l, p->loads[i].from_ms, p->loads[i].until_ms);
	return l;
}

static void shift_mute(struct mute_row *m, uint64_t by)
{
	m->from_ms += m->until_ms ? by : 0;
	m->until_ms += m->until_ms ? by : 0;
}

/* What flows from the beginning on still does. */
static void shift(struct plan *p, uint64_t by)
{
	for (size_t i = 0; i < p->n_floods; i++) {
		p->floods[i].from_ms += by;
		p->floods[i].until_ms += by;
	}
	for (size_t i = 0; i < p->n_assaults; i++) {
		p->assaults[i].from_ms += by;
		p->assaults[i].until_ms += by;
	}
	for (size_t i = 0; i < p->n_loads; i++) {
		struct load_row *l = &p->loads[i];

		l->from_ms += l->attack || l->from_ms ? by : 0;
		l->until_ms += by;
	}
	shift_mute(&p->mute, by);
	for (size_t i = 0; i < p->n_mutes; i++)
		shift_mute(&p->mutes[i], by);
	p->congestion.from_ms += p->congestion.until_ms ? by : 0;
	p->congestion.until_ms += p->congestion.until_ms ? by : 0;
}

static uint32_t end_pps(const struct flood_row *r)
{
	return r->pps_to ? r->pps_to : r->pps;
}

/* Packets a second with which an attack ends, of floods and assaults. */
static uint64_t last_pps(const struct plan *p, size_t attack, uint64_t end)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < p->n_floods; i++)
		if ((size_t)p->floods[i].attack == attack && p->floods[i].until_ms == end)
			sum += end_pps(&p->floods[i]);
	for (size_t i = 0; i < p->n_assaults; i++)
		if ((size_t)p->assaults[i].attack == attack && p->assaults[i].until_ms == end)
			sum += p->assaults[i].pps;
	return sum;
}

static uint32_t thinned(uint32_t pps, uint64_t all)
{
	uint64_t n = all > HOLD_PPS ? (uint64_t)pps * HOLD_PPS / all : pps;

	return n ? (uint32_t)n : 1;
}

/* Bursts keep their beat. */
static uint64_t next_burst(const struct flood_row *r, uint64_t end)
{
	if (!r->every_ms)
		return end;
	return r->from_ms + (end - r->from_ms + r->every_ms - 1) / r->every_ms * r->every_ms;
}

static void hold_floods(struct plan *p, size_t attack, uint64_t end, uint64_t until, uint64_t all)
{
	size_t n = p->n_floods;

	for (size_t i = 0; i < n; i++) {
		struct flood_row r = p->floods[i];

		if ((size_t)r.attack != attack || r.until_ms != end)
			continue;
		r.salt = r.salt ? r.salt : FLOOD_SALTS + (uint32_t)i; /* the same crowd */
		r.pps = thinned(end_pps(&r), all);
		r.pps_to = 0;
		r.from_ms = next_burst(&r, end);
		r.until_ms = until;
		plan_add_flood(p, &r);
	}
}

static void hold_assaults(struct plan *p, size_t attack, uint64_t end, uint64_t until, uint64_t all)
{
	size_t n = p->n_assaults;

	for (size_t i = 0; i < n; i++) {
		struct assault_row r = p->assaults[i];

		if ((size_t)r.attack != attack || r.until_ms != end)
			continue;
		r.origin = r.origin ? r.origin : (uint32_t)i + 1;
		r.pps = thinned(r.pps, all);
		r.from_ms = end;
		r.until_ms = until;
		plan_add_assault(p, &r);
	}
}

/* Sessions that are held open simply last longer. */
static void hold_loads(struct plan *p, size_t attack, uint64_t end, uint64_t until)
{
	size_t n = p->n_loads;

	for (size_t i = 0; i < n; i++) {
		struct load_row r = p->loads[i];

		if (r.attack <= 0 || (size_t)r.attack - 1 != attack || r.until_ms != end)
			continue;
		if (r.at_once) {
			p->loads[i].until_ms = until;
			continue;
		}
		r.salt = r.salt ? r.salt : LOAD_SALTS + (uint32_t)i;
		r.per_s = r.per_s > HOLD_PPS / PER_SESSION ? HOLD_PPS / PER_SESSION : r.per_s;
		r.from_ms = end;
		r.until_ms = until;
		plan_add_load(p, &r);
	}
}

/* What flowed before the attack begins as early as visitors do, and lasts to its new end. */
static void hold_ordinary(struct plan *p, const struct life *was, uint64_t from, uint64_t until)
{
	for (size_t i = 0; i < p->n_loads; i++) {
		struct load_row *l = &p->loads[i];

		if (l->attack || l->from_ms > was->from || l->until_ms < was->until)
			continue;
		l->from_ms = l->from_ms < from ? l->from_ms : from;
		if (l->until_ms < until + BEHIND_MS)
			l->until_ms = until + BEHIND_MS;
	}
}

static void add_visitors(struct plan *p, size_t attack, uint64_t from, uint64_t until)
{
	static const enum script_id scripts[] = {SCRIPT_WEB, SCRIPT_TLS};
	const char *target = p->attacks[attack].target;

	for (unsigned i = 0; i < 2; i++)
		plan_add_load(p,
			      &(struct load_row){.script = scripts[i],
						 .from_ms = from,
						 .until_ms = until,
						 .per_s = 1,
						 .clients = 400,
						 .servers = target,
						 .n_servers = strchr(target, '/') ? HOSTS_MAX : 1,
						 .v6 = strchr(target, ':') != NULL,
						 .links = LINK_ALL,
						 .salt = VISIT_SALTS + i});
}

void plan_hold(struct plan *p, uint32_t lead_s, uint32_t hold_s, bool visitors)
{
	uint64_t first = UINT64_MAX;

	for (size_t a = 0; a < p->n_attacks; a++) {
		struct life l = life_of(p, a);

		first = l.from < first ? l.from : first;
	}
	if (first < lead_s * MS)
		shift(p, lead_s * MS - first);
	for (size_t a = 0; a < p->n_attacks && !p->failed; a++) {
		struct life l = life_of(p, a);
		uint64_t from = l.from > lead_s * MS ? l.from - lead_s * MS : 0;
		uint64_t until = l.from + hold_s * MS, all = last_pps(p, a, l.until);

		until = until > l.until ? until : l.until;
		if (until > l.until) {
			hold_floods(p, a, l.until, until, all);
			hold_assaults(p, a, l.until, until, all);
			hold_loads(p, a, l.until, until);
		}
		hold_ordinary(p, &l, from, until);
		if (visitors && p->attacks[a].direction == DIRECTION_IN)
			add_visitors(p, a, from, until + BEHIND_MS);
	}
}
