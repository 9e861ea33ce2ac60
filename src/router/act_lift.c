/* SPDX-License-Identifier: ISC */
/*
 * Is it time to lift what stands? Each look at a measure's effect is also one at that
 * (measure_lift.h). When the attack has been quiet for long enough a person is told, once, with the
 * evidence and the command; nothing is lifted here. When it comes back, that is taken back.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "router/act_inside.h"
#include "router/effect.h"

#define INCIDENTS_AT 16
#define UNCLOSED     (1u << FINDING_OPEN | 1u << FINDING_QUIET | 1u << FINDING_LOST_SIGHT)
#define GOES_ON_US   (30 * US_PER_S) /* how long it is believed that the attack was seen */
#define LONGER	     1.5 /* times the pause that the store has, a new one is written down */

/* ---- what is seen before the point ---- */

struct others {
	struct act *a;
	const struct act_measure *am;
	const struct conf_neighbor *n;
	const struct effect_watch *watch;
	double bps;
	bool lost;
};

static int on_other(void *userdata, const struct incident *inc)
{
	struct others *o = userdata;
	double before, after;

	if (strcmp(inc->id, o->am->m.incident) == 0)
		return 0;
	o->lost |= inc->f.state == FINDING_LOST_SIGHT;
	effect_sides(inc, o->a->conf, o->n, o->watch, &before, &after);
	o->bps += before > 0 ? before : 0;
	return 0;
}

/* An attack that paused may be another incident now: all that are open there count. */
static double before_of(struct act *a, const struct act_measure *am, const struct incident *inc,
			const struct effect_watch *watch)
{
	struct others o = {.a = a, .am = am, .n = act_home_neighbor(a, &am->m), .watch = watch};
	struct store_filter at = STORE_FILTER_ALL;
	double own = am->m.effect.before_bps;

	if (own < 0 || !o.n || !inc || inc->f.state == FINDING_LOST_SIGHT || !watch->exporters)
		return -1;
	at.target = &am->m.option.target;
	at.states = UNCLOSED;
	at.limit = INCIDENTS_AT;
	if (store_list(a->watch, &at, on_other, &o) || o.lost)
		return -1;
	return own + o.bps;
}

static int on_open(void *userdata, const struct incident *inc)
{
	*(bool *)userdata = true;
	return 0;
}

bool act_attack_goes_on(struct act *a, const struct act_measure *am)
{
	struct store_filter at = STORE_FILTER_ALL;
	char key[INCIDENT_ID_MAX] = "";
	bool open = false;

	memcpy(key, am->m.incident, strnlen(am->m.incident, sizeof(key) - 1));
	if (map_get(a->incidents, key) || (am->lift_view.state == LIFT_GOES_ON &&
					   clock_mono_us() - am->lift.last_us < GOES_ON_US))
		return true;
	at.target = &am->m.option.target;
	at.states = UNCLOSED;
	at.limit = 1;
	return a->watch && store_list(a->watch, &at, on_open, &open) == 0 && open;
}

/* Does another one hold the attack before it gets here? */
static bool is_behind(const struct act *a, const struct act_measure *am)
{
	const struct plan_option *mine = &am->m.option;

	for (size_t i = 0; i < a->n; i++) {
		const struct act_measure *other = a->list[i];
		const struct plan_option *o = &other->m.option;

		if (other != am && other->in_router && measure_is_in_force(&other->m) &&
		    o->step > mine->step &&
		    (prefix_covers(&o->target, &mine->target) ||
		     prefix_covers(&mine->target, &o->target)))
			return true;
	}
	return false;
}

/* As much of the attack's peak as the measure would meet; 0 unknown. */
static double as_met(const struct measure *m, double peak)
{
	return m->option.reach < 0 || m->option.covers < 0
		       ? 0
		       : peak * m->option.reach * m->option.covers;
}

/* ---- what is said ---- */

static int write_row(struct act *a, struct act_measure *am, const struct measure *before,
		     const char *word, const char *words)
{
	int r = act_write(a, am, measure_stage_name(before->stage), word, "noroshi", words);

	if (r)
		am->m = *before;
	if (r == -ENOMEM)
		a->fatal = r;
	return r;
}

void act_lift_propose(struct act *a, struct act_measure *am, const char *en, const char *ja)
{
	struct measure before = am->m;

	if (!measure_propose_lift(&am->m, en, ja, clock_real_us()) ||
	    write_row(a, am, &before, "lift", en))
		return;
	a->proposals++;
	log_warn("lift-proposed", "measure=%s why=\"%s\" advice=\"noroshi act withdraw %s\"",
		 am->m.id, en, am->m.id);
	act_page_lift(a, &am->m, true);
}

static void propose(struct act *a, struct act_measure *am)
{
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

	lift_say(&am->lift, &am->lift_view, false, &en);
	lift_say(&am->lift, &am->lift_view, true, &ja);
	act_lift_propose(a, am, text_str(&en), text_str(&ja));
}

/* The attack is seen. A pause that matters is written down, for a restart forgets what is not. */
static void take_back(struct act *a, struct act_measure *am, int64_t after_us)
{
	struct measure before = am->m;
	const struct measure_lift *l = &before.lift;
	bool was = l->proposed_us != TIME_NONE;
	bool longer = 2 * am->lift.pause_us > after_us &&
		      (double)am->lift.pause_us >= LONGER * (double)l->pause_us &&
		      am->lift.pause_us > l->pause_us;
	char words[128];

	if ((!was && !longer) || !measure_void_lift(&am->m, am->lift.pause_us))
		return;
	snprintf(words, sizeof(words), "the attack is back after %lld s%s",
		 (long long)(am->lift.pause_us / US_PER_S),
		 was ? ": lifting is proposed no more" : "");
	if (write_row(a, am, &before, was ? "lift_void" : "pause", words) || !was)
		return;
	log_warn("lift-void", "measure=%s why=\"%s\"", am->m.id, words);
	act_page_lift(a, &am->m, false);
}

void act_lift_look(struct act *a, struct act_measure *am, const struct incident *inc,
		   const struct effect_watch *watch, bool counted)
{
	uint64_t after_s = a->conf->act.lift_after_s ? a->conf->act.lift_after_s : LIFT_AFTER_S;
	const struct measure *m = &am->m;
	int64_t seen_us = inc ? lift_longest_pause(inc, m->applied_us) : 0;
	struct lift_look k = {.mono_us = clock_mono_us(),
			      .stands_us = am->has_us,
			      .dropped_packets = counted ? m->effect.dropped_packets : -1,
			      .before_bps = before_of(a, am, inc, watch),
			      .late_us = inc ? m->effect.at_us - watch->until_us : 0,
			      .expected_pps = inc ? as_met(m, (double)inc->f.peak_pps) : 0,
			      .expected_bps = inc ? as_met(m, (double)inc->f.peak_bps) : 0,
			      .behind = is_behind(a, am)};

	am->pause_us = seen_us > m->lift.pause_us ? seen_us : m->lift.pause_us;
	k.pause_us = am->pause_us;
	am->lift_view = lift_see(&am->lift, &k, after_s);
	if (am->lift_view.state == LIFT_OVER && m->lift.proposed_us == TIME_NONE)
		propose(a, am);
	else if (am->lift_view.state == LIFT_GOES_ON)
		take_back(a, am, (int64_t)after_s * US_PER_S);
}

/* ---- how it stands ---- */

static json_t *row(struct act *a, struct act_measure *am)
{
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;
	const struct lift_view *v = &am->lift_view;
	enum probe_answer may = act_probe_may(a, am);

	if (may == PROBE_GOOD)
		may = am->unweighed;
	lift_say(&am->lift, v, false, &en);
	lift_say(&am->lift, v, true, &ja);
	return json_pack("{sssssssssfsfs{sssssssb}so}", "measure", am->m.id, "state",
			 lift_state_name(v->state), "en", text_str(&en), "ja", text_str(&ja),
			 "quiet_s", (double)v->quiet_us / US_PER_S, "needed_s",
			 (double)v->needed_us / US_PER_S, "probe", "answer", probe_answer_name(may),
			 "en", probe_answer_words(may, false), "ja", probe_answer_words(may, true),
			 "lifted", act_probe_holds(a, am), "effect",
			 measure_effect_json(&am->m.effect));
}

json_t *act_lift_status(struct act *a, const char *id)
{
	json_t *list = json_array();
	size_t n = strlen(id);

	for (size_t i = 0; list && i < a->n && json_array_size(list) < LIFT_ROWS_MAX; i++) {
		const struct measure *m = &a->list[i]->m;

		if (!measure_is_in_force(m) ||
		    (strncmp(m->id, id, n) != 0 && strncmp(m->plan, id, n) != 0 &&
		     strncmp(m->incident, id, n) != 0))
			continue;
		if (json_array_append_new(list, row(a, a->list[i]))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}
