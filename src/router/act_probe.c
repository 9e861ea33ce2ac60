/* SPDX-License-Identifier: ISC */
/*
 * Probes: a measure is lifted for a few seconds to see whether the attack goes on (measure_probe.h
 * says when, and when not). One at a time in the whole network, only where a standing order has it,
 * and only at a router that puts the measure back by itself.
 *
 *	idle ─► weighs ─► asked ─► lifted ─► back ─► idle
 *
 * The store is written before the router is asked. The row says all the while that the measure
 * shall stand, and that it is being probed; so whoever starts after a crash tells it again, and
 * writes that the probe was cut short.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "router/act_inside.h"

#define ASKED_US (2 * US_PER_S)	 /* the router answers within */
#define WEIGH_US (60 * US_PER_S) /* what did not fit is weighed again after */

static struct act_measure *probed(struct act *a)
{
	return *a->probe.measure ? act_find(a, a->probe.measure) : NULL;
}

static bool is_mine(const struct act *a, const struct act_measure *am)
{
	return a->probe.phase != PROBE_IDLE && strcmp(a->probe.measure, am->m.id) == 0;
}

bool act_probe_holds(const struct act *a, const struct act_measure *am)
{
	return is_mine(a, am) && a->probe.phase != PROBE_WEIGHS;
}

static void enter(struct act *a, int phase)
{
	a->probe.phase = phase;
	a->probe.since_us = clock_mono_us();
	if (phase == PROBE_IDLE)
		a->probe.measure[0] = '\0';
}

/* ---- may it ---- */

/* The order that started it, or one of its kind for its object. */
static const struct conf_standing *order_of(const struct act *a, const struct measure *m)
{
	for (size_t i = 0; i < a->conf->act.n_standing; i++) {
		const struct conf_standing *s = &a->conf->act.standing[i];

		if (s->probe_lift && (strcmp(m->standing, s->name) == 0 ||
				      (strcmp(s->object, m->object) == 0 &&
				       strcmp(s->kind, plan_kind_name(m->option.kind)) == 0)))
			return s;
	}
	return NULL;
}

/* Both kinds: what a standing order does is automatic. */
static bool is_frozen(struct act *a)
{
	struct desk_freeze_row row = {.frozen = true};
	bool all = true;

	return desk_act_is_frozen(a->desk, &all) || all ||
	       desk_act_frozen_by(a->desk, FREEZE_AUTOMATIC, &row) || row.frozen;
}

static int64_t since_last(const struct measure *m, int64_t now_us)
{
	return m->lift.probed_us == TIME_NONE ? INT64_MAX : now_us - m->lift.probed_us;
}

enum probe_answer act_probe_may(struct act *a, const struct act_measure *am)
{
	const struct measure *m = &am->m;
	const struct conf_standing *s = order_of(a, m);
	const struct conf_neighbor *n = act_home_neighbor(a, m);
	struct act_router *ar = act_home(a, m);
	int64_t now_us = clock_real_us(), mono_us = clock_mono_us();
	struct probe_world w = {
		.order = s,
		.lapsed = s && conf_act_lapsed(a->conf, s, now_us),
		.standing = am->in_router && am->has_us && m->stage == MEASURE_VERIFIED &&
			    measure_is_wanted(m, now_us),
		.busy = a->probe.phase != PROBE_IDLE && !is_mine(a, am),
		.can = ar && ar->r->ops->lift && ar->r->ops->gauge,
		.inside = n && *n->inside,
		.left_us = m->until_us - now_us,
		.stood_us = am->has_us ? mono_us - am->has_us : 0,
		.since_us = since_last(m, now_us),
		.after_us = (int64_t)(a->conf->act.lift_after_s ? a->conf->act.lift_after_s
								: LIFT_AFTER_S) *
			    US_PER_S,
		.every_us = s ? (int64_t)s->probe_every_s * US_PER_S : 0,
		.proposed = m->lift.proposed_us != TIME_NONE,
		.capacity_bps = n ? (double)n->capacity_bps : 0,
	};

	if (probe_may(&w) == PROBE_GOOD)
		w.frozen = is_frozen(a); /* which reads the store */
	return probe_may(&w);
}

/* ---- a full second ---- */

static int gauge(struct act *a, struct act_measure *am, struct router_gauge *g)
{
	struct act_router *ar = act_home(a, &am->m);

	return ar && ar->r->ops->gauge ? ar->r->ops->gauge(ar->r, &am->m, g) : 1;
}

/* Since the look before. Return: 0, or 1 where a figure is missing or went back. */
static int full_second(struct act *a, struct act_measure *am, struct probe_second *s)
{
	const struct router_gauge last = a->probe.last;
	struct router_gauge now;
	int64_t passed_us;

	if (gauge(a, am, &now) || now.packets < last.packets || now.bytes < last.bytes ||
	    now.line_packets < last.line_packets || now.line_bytes < last.line_bytes)
		return 1;
	passed_us = now.mono_us - last.mono_us;
	s->attack_bps = probe_of_wire(now.bytes - last.bytes, now.packets - last.packets,
				      PROBE_WIRE, passed_us);
	s->attack_pps = (double)(now.packets - last.packets) * US_PER_S / (double)passed_us;
	s->line_bps =
		probe_of_wire(now.line_bytes - last.line_bytes,
			      now.line_packets - last.line_packets, PROBE_WIRE_COUNTED, passed_us);
	a->probe.last = now;
	return passed_us > 0 ? 0 : 1;
}

/* ---- its end ---- */

/* Return: 0, or an answer; then the row says still that it is being probed. */
static int write_end(struct act *a, struct act_measure *am, enum probe_end end, const char *words)
{
	struct measure before = am->m;
	int r = 0;

	if (measure_end_probe(&am->m, end))
		r = act_write(a, am, measure_stage_name(before.stage),
			      end == PROBE_ABORTED ? "probe_abort" : "probe_end", "noroshi", words);
	if (r) {
		am->m = before;
		a->fatal = r == -ENOMEM ? r : a->fatal;
		return r;
	}
	log_warn("probe-end", "measure=%s end=%s what=\"%s\"", am->m.id, probe_end_name(end),
		 words);
	a->probes[end]++;
	return 0;
}

/* It stands again, or has ended altogether. */
static void finish(struct act *a, struct act_measure *am, enum probe_end end, const char *why_en,
		   const char *why_ja)
{
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

	probe_say_end(&a->probe.p, end, why_en, false, &en);
	probe_say_end(&a->probe.p, end, why_ja, true, &ja);
	if (write_end(a, am, end, text_str(&en))) {
		a->probe.look_us = clock_mono_us() + US_PER_S; /* tried again then */
		return;
	}
	enter(a, PROBE_IDLE);
	if (end == PROBE_NOTHING && lift_probe_is_enough(&am->lift, &am->lift_view, am->pause_us))
		act_lift_propose(a, am, text_str(&en), text_str(&ja));
}

/* The router is told again at once; what came of it is written when it has said that it stands. */
static void put_back(struct act *a, struct act_measure *am, enum probe_end end, const char *why_en,
		     const char *why_ja)
{
	a->probe.end = end;
	a->probe.why_en = why_en;
	a->probe.why_ja = why_ja;
	a->probe.look_us = 0;
	enter(a, PROBE_BACK);
	am->in_router = am->busy = false;
	am->again_us = 0;
	a->wake_us = 0;
}

static void put_back_now(struct act *a, struct act_measure *am, enum probe_end end,
			 const char *why_en, const char *why_ja)
{
	put_back(a, am, end, why_en, why_ja);
	act_sync(a);
}

void act_probe_stop(struct act *a, const char *en, const char *ja)
{
	struct act_measure *am = probed(a);

	if (am && (a->probe.phase == PROBE_ASKED || a->probe.phase == PROBE_LIFTED))
		put_back(a, am, PROBE_STOPPED, en, ja);
	else if (a->probe.phase == PROBE_WEIGHS)
		enter(a, PROBE_IDLE);
}

/* ---- what the router says ---- */

void act_probe_lifted(struct act *a, struct act_measure *am)
{
	if (!is_mine(a, am) || a->probe.phase != PROBE_ASKED)
		return; /* it is told again already */
	enter(a, PROBE_LIFTED);
	if (gauge(a, am, &a->probe.last))
		put_back(a, am, PROBE_STOPPED, "its counters could not be read",
			 "計数を読めなかった");
}

void act_probe_refused(struct act *a, struct act_measure *am, const char *why)
{
	log_error("probe-refused", "measure=%s reason=\"%s\"", am->m.id, why);
	if (is_mine(a, am) && a->probe.phase == PROBE_ASKED)
		put_back(a, am, PROBE_STOPPED, "the router refused to lift it",
			 "ルーターが試験解除を拒否した");
}

void act_probe_stands(struct act *a, struct act_measure *am)
{
	if (is_mine(a, am) && a->probe.phase == PROBE_BACK)
		finish(a, am, a->probe.end, a->probe.why_en, a->probe.why_ja);
	else if (is_mine(a, am) && a->probe.phase == PROBE_LIFTED)
		finish(a, am, PROBE_STOPPED, "it was told anew", "改めて適用された");
	else if (!is_mine(a, am) && am->m.lift.probe_until_us != TIME_NONE)
		/* Of another life: what was seen of it is not known. */
		write_end(a, am, PROBE_STOPPED,
			  "the role ended in the middle of it; it stands again");
}

void act_probe_lost(struct act *a, const char *neighbor)
{
	struct act_measure *am = probed(a);

	if (!am || strcmp(am->m.option.point, neighbor) != 0)
		return;
	if (a->probe.phase == PROBE_WEIGHS)
		enter(a, PROBE_IDLE);
	else if (a->probe.phase != PROBE_BACK)
		put_back(a, am, PROBE_STOPPED, "the router was lost", "ルーターとの接続が失われた");
}

/* ---- phases ---- */

static void leave(struct act *a, struct act_measure *am, enum probe_answer why)
{
	log_info("probe-not", "measure=%s reason=%s", am->m.id, probe_answer_name(why));
	am->unweighed = why;
	am->weigh_us = clock_mono_us() + WEIGH_US;
	enter(a, PROBE_IDLE);
}

static void begin(struct act *a, struct act_measure *am)
{
	_cleanup_text_ struct text words = TEXT_NULL;
	const struct conf_standing *s = order_of(a, &am->m);
	struct act_router *ar = act_home(a, &am->m);
	struct measure before = am->m;
	int64_t now_us = clock_real_us();
	char actor[MEASURE_NAME_MAX];

	if (!s || !ar || !measure_begin_probe(&am->m, now_us + PROBE_S * US_PER_S, now_us)) {
		leave(a, am, PROBE_NOT_STANDING);
		return;
	}
	am->unweighed = PROBE_GOOD;
	act_order_actor(s, actor);
	probe_say_begin(&a->probe.p, s->name, false, &words);
	if (act_write(a, am, measure_stage_name(before.stage), "probe", actor, text_str(&words))) {
		am->m = before;
		leave(a, am, PROBE_NO_LOAD);
		return;
	}
	log_warn("probe", "measure=%s what=\"%s\"", am->m.id, text_str(&words));
	enter(a, PROBE_ASKED);
	if (ar->r->ops->lift(ar->r, &am->m, PROBE_S * 1000))
		put_back_now(a, am, PROBE_STOPPED, "the router could not be asked",
			     "ルーターに依頼できなかった");
}

static void weigh(struct act *a, struct act_measure *am)
{
	enum probe_answer may;
	struct probe_second s;

	if (clock_mono_us() < a->probe.last.mono_us + US_PER_S)
		return;
	may = act_probe_may(a, am);
	if (may != PROBE_GOOD || full_second(a, am, &s))
		leave(a, am, may != PROBE_GOOD ? may : PROBE_NO_LOAD);
	else if (!probe_weigh(&a->probe.p, &s))
		return;
	else if (probe_fits(&a->probe.p))
		begin(a, am);
	else
		leave(a, am, PROBE_TOO_MUCH);
}

/* Each full second counts from the moment at which the router said that it is lifted. */
static void see(struct act *a, struct act_measure *am)
{
	struct probe_second s;
	enum probe_end end;

	if (clock_mono_us() < a->probe.since_us + (a->probe.p.seconds + 1) * US_PER_S)
		return;
	if (full_second(a, am, &s)) {
		put_back_now(a, am, PROBE_STOPPED, "its counters could not be read",
			     "計数を読めなかった");
		return;
	}
	end = probe_see(&a->probe.p, &s);
	if (end != PROBE_NONE)
		put_back_now(a, am, end, "", "");
	else if (is_frozen(a))
		put_back_now(a, am, PROBE_STOPPED, "measures were frozen", "凍結された");
}

static void go_on(struct act *a, struct act_measure *am)
{
	int64_t mono_us = clock_mono_us();
	bool over = !measure_is_in_force(&am->m);

	if (over && a->probe.phase != PROBE_WEIGHS) {
		if (mono_us >= a->probe.look_us)
			finish(a, am, PROBE_STOPPED, "the measure ended", "措置が終了した");
		return;
	}
	switch (a->probe.phase) {
	case PROBE_WEIGHS:
		weigh(a, am);
		break;
	case PROBE_ASKED:
		if (mono_us > a->probe.since_us + ASKED_US)
			put_back_now(a, am, PROBE_STOPPED, "the router did not answer",
				     "ルーターが応答しなかった");
		break;
	case PROBE_LIFTED:
		see(a, am);
		break;
	default: /* it stands again, and only the line could not be written */
		if (am->in_router && mono_us >= a->probe.look_us)
			finish(a, am, a->probe.end, a->probe.why_en, a->probe.why_ja);
	}
}

static bool anybody_may(const struct act *a)
{
	for (size_t i = 0; i < a->conf->act.n_standing; i++)
		if (a->conf->act.standing[i].probe_lift)
			return true;
	return false;
}

static void find_one(struct act *a)
{
	const struct conf_neighbor *n;

	for (size_t i = 0; i < a->n; i++) {
		struct act_measure *am = a->list[i];

		if (!measure_is_in_force(&am->m) || clock_mono_us() < am->weigh_us ||
		    act_probe_may(a, am) != PROBE_GOOD)
			continue;
		if (gauge(a, am, &a->probe.last)) {
			leave(a, am, PROBE_NO_LOAD);
			continue;
		}
		n = act_home_neighbor(a, &am->m);
		probe_init(&a->probe.p, (double)n->capacity_bps,
			   am->lift.drops.open ? am->lift.drops.of : 0);
		snprintf(a->probe.measure, sizeof(a->probe.measure), "%s", am->m.id);
		enter(a, PROBE_WEIGHS);
		return;
	}
}

void act_probe_tick(struct act *a)
{
	struct act_measure *am = probed(a);

	if (a->probe.phase != PROBE_IDLE) {
		if (am)
			go_on(a, am);
		else
			enter(a, PROBE_IDLE);
		return;
	}
	if (clock_mono_us() < a->probe.look_us)
		return;
	a->probe.look_us = clock_mono_us() + US_PER_S;
	if (anybody_may(a))
		find_one(a);
}
