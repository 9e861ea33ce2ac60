/* SPDX-License-Identifier: ISC */
/*
 * From what shall stand to what stands. Each look asks of each measure what has to be done now, and
 * does it; what a router answers is written down before anything is built on it. Nothing is
 * remembered that a restart could forget: then everything is asked and told again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "router/act_inside.h"

#define VERIFY_US (3 * US_PER_S)  /* a session that took it and stood so long has it */
#define BUSY_US	  (10 * US_PER_S) /* a router that answers nothing is asked again */

/* Changes @am by @did, writes it, and puts it back where that fails. */
static int write_change(struct act *a, struct act_measure *am, const struct measure *before,
			const char *word, const char *actor)
{
	int r;

	act_effect_last(a, am, word);
	r = act_write(a, am, measure_stage_name(before->stage), word, actor, am->m.why);

	if (r) {
		am->m = *before;
		am->again_us = clock_mono_us() + ACT_AGAIN_US;
		if (r == -ENOMEM)
			a->fatal = r;
	}
	return r;
}

/* ---- what a router says ---- */

static void on_has(struct act *a, struct act_measure *am)
{
	struct measure before;
	int64_t now_us = clock_real_us();

	am->busy = am->refused = false;
	am->in_router = true;
	if (!am->has_us)
		am->has_us = clock_mono_us();
	act_probe_stands(a, am);
	before = am->m;
	if (!measure_is_wanted(&am->m, now_us)) {
		a->wake_us = 0;
		return;
	}
	if (!measure_applied(&am->m, am->telling_us, now_us))
		return;
	if (before.stage == am->m.stage && before.told_until_us == am->m.told_until_us)
		return;
	if (write_change(a, am, &before, "applied", "noroshi") == 0)
		act_reply_for(a, am, CHECK_GOOD, "", "");
}

static void on_has_not(struct act *a, struct act_measure *am)
{
	struct measure before = am->m;

	am->busy = am->in_router = am->refused = false;
	am->has_us = 0;
	a->wake_us = 0;
	if (!measure_gone(&am->m, clock_real_us()))
		return;
	memset(am->m.stuck, 0, sizeof(am->m.stuck));
	if (write_change(a, am, &before, "gone", "noroshi") == 0)
		act_spend(a, &am->m);
}

/* @asked: by the router. Else by this side of it, which had no words for it. */
static void on_refused(struct act *a, struct act_measure *am, bool asked, const char *why)
{
	struct measure before = am->m;
	_cleanup_text_ struct text ja = TEXT_NULL;

	am->busy = false;
	am->again_us = clock_mono_us() + ACT_AGAIN_US;
	if (!am->refused) /* it is asked again each second, and says the same */
		log_error(asked ? "router-refused" : "router-untold",
			  "measure=%s neighbor=\"%s\" reason=\"%s\"", am->m.id, am->m.option.point,
			  why);
	am->refused = true;
	/* What it would not take back stays to be taken back. */
	if (!measure_failed(&am->m, why, clock_real_us()))
		return;
	if (write_change(a, am, &before, "failed", "noroshi"))
		return;
	text_printf(&ja,
		    asked ? "ルーターが拒否しました: %s" : "ルーターに伝わる形で書けません: %s",
		    why);
	act_reply_for(a, am, CHECK_ROUTER, why, text_str(&ja));
	act_page_measure(a, &am->m, "failed",
			 asked ? "the router refused the measure"
			       : "it could not be said to the router",
			 asked ? "ルーターが措置を拒否した" : "ルーターに伝わる形で書けなかった");
}

static void forget_router(struct act *a, const struct act_router *ar)
{
	for (size_t i = 0; i < a->n; i++) {
		struct act_measure *am = a->list[i];

		if (act_home(a, &am->m) != ar)
			continue;
		am->in_router = am->busy = am->refused = false;
		am->again_us = am->has_us = 0;
	}
	a->wake_us = 0;
}

/* From another life, of the role or of the store: it goes unless it shall stand. */
static void on_found(struct act *a, struct router *r, const char *id)
{
	struct act_measure *am = act_find(a, id);
	struct measure *stray;

	if (am && !measure_is_over(&am->m))
		return; /* told again, or taken away, in its turn */
	stray = calloc(1, sizeof(*stray));
	if (!stray)
		return;
	measure_clear(stray);
	snprintf(stray->id, sizeof(stray->id), "%s", id);
	log_warn("stray-measure",
		 "measure=%.20s neighbor=\"%s\" advice=\"the store does not have it; "
		 "it is taken away\"",
		 id, r->neighbor->name);
	r->ops->take_away(r, stray);
	free(stray);
}

void act_told(void *userdata, struct router *r, enum router_event event, const char *measure,
	      const char *why)
{
	struct act_router *ar = userdata;
	struct act *a = ar->act;
	struct act_measure *am = *measure ? act_find(a, measure) : NULL;

	switch (event) {
	case ROUTER_UP:
	case ROUTER_LOST:
		forget_router(a, ar);
		act_probe_lost(a, r->neighbor->name);
		break;
	case ROUTER_FOUND:
		on_found(a, r, measure);
		break;
	case ROUTER_HAS:
		if (am)
			on_has(a, am);
		break;
	case ROUTER_HAS_NOT:
		if (am)
			on_has_not(a, am);
		break;
	case ROUTER_REFUSED:
		if (am)
			on_refused(a, am, true, why);
		break;
	case ROUTER_UNSAYABLE:
		if (am)
			on_refused(a, am, false, why);
		break;
	case ROUTER_LIFTED:
		if (am)
			act_probe_lifted(a, am);
		break;
	case ROUTER_LIFT_NOT:
		if (am)
			act_probe_refused(a, am, why);
		break;
	}
}

/* ---- what is done ---- */

static bool is_busy(const struct act_measure *am)
{
	return am->busy && clock_mono_us() < am->busy_us;
}

/* Of one whose neighbour is not configured any more nobody may be able to tell. Then it is gone
 * when the end is past that its router was told, and no sooner: not being able to ask is no answer.
 */
static bool ended_by_itself(struct act *a, struct act_measure *am)
{
	struct measure before = am->m;

	if (!act_is_past_told(&am->m))
		return false;
	memset(am->m.stuck, 0, sizeof(am->m.stuck));
	am->busy = am->in_router = false;
	if (!measure_gone(&am->m, clock_real_us()))
		return false;
	if (act_write(a, am, measure_stage_name(before.stage), "gone", "noroshi",
		      "the end that its router was told is past; nobody could be asked")) {
		am->m = before;
		return true;
	}
	log_warn("neighbor-gone", "measure=%s neighbor=\"%s\" place=\"%s\"", am->m.id,
		 am->m.option.point, am->m.place);
	act_spend(a, &am->m);
	return true;
}

static void ask_router(struct act *a, struct act_measure *am, bool away)
{
	struct act_router *ar;
	bool stuck;
	int r;

	if (is_busy(am) || clock_mono_us() < am->again_us)
		return;
	am->again_us = clock_mono_us() + ACT_AGAIN_US;
	stuck = act_stuck(a, am, away);
	if (stuck && (!away || ended_by_itself(a, am)))
		return;
	ar = act_home(a, &am->m);
	if (!ar)
		return;
	if (!away && !ar->r->is_up)
		return;
	am->busy = true;
	am->busy_us = clock_mono_us() + BUSY_US;
	am->telling_us = am->m.until_us;
	r = away ? ar->r->ops->take_away(ar->r, &am->m) : ar->r->ops->apply(ar->r, &am->m);
	if (r == 0)
		return;
	am->busy = false;
	if (r == -ENOMEM)
		a->fatal = r;
	else if (r != -ENOTCONN)
		log_error("router-unasked", "measure=%s neighbor=\"%s\" reason=\"%s\"", am->m.id,
			  am->m.option.point, strerror(-r));
}

static void tell_end(struct act *a, struct act_measure *am, enum measure_do what)
{
	if (what == DO_TELL_ENDED)
		act_page_measure(a, &am->m, "ended", "its end is reached while the attack goes on",
				 "攻撃が続く中で期限に達した");
	else
		act_page_measure(a, &am->m, what == DO_TELL_30 ? "30" : "10",
				 what == DO_TELL_30 ? "ends in 30 min" : "ends in 10 min",
				 what == DO_TELL_30 ? "30 分後に終了" : "10 分後に終了");
}

static const char *word_of(const struct measure *m, enum measure_do what)
{
	switch (what) {
	case DO_LAPSE:
		return "lapse";
	case DO_TAKE_AWAY:
		return "expire";
	default:
		return m->stage == MEASURE_EXPIRED ? "told_ended" : "told_end";
	}
}

/* Return: does something else follow at once? */
static bool do_one(struct act *a, struct act_measure *am, int64_t now_us)
{
	struct measure before = am->m;
	int64_t wake_us = INT64_MAX;
	bool asks = am->m.stage == MEASURE_EXPIRED && !am->m.told_ended;
	enum measure_do what = measure_next(&am->m, now_us, am->in_router,
					    asks && act_attack_goes_on(a, am), &wake_us);

	if (wake_us < a->wake_us)
		a->wake_us = wake_us;
	if (what == DO_NOTHING || is_busy(am))
		return false;
	if (measure_did(&am->m, what, now_us)) {
		if (write_change(a, am, &before, word_of(&am->m, what), "noroshi"))
			return false;
		if (what != DO_LAPSE && what != DO_TAKE_AWAY)
			tell_end(a, am, what);
		return true;
	}
	if (what == DO_APPLY || what == DO_TAKE_AWAY)
		ask_router(a, am, what == DO_TAKE_AWAY);
	return false;
}

/* Its counter moved, or the session that took it stood for a while. */
static void verify(struct act *a, struct act_measure *am)
{
	struct act_router *ar = act_home(a, &am->m);
	struct measure before = am->m;
	uint64_t packets = 0, bytes = 0;
	int r;

	if (am->m.stage != MEASURE_APPLIED || !am->in_router || !ar ||
	    clock_mono_us() < am->has_us + VERIFY_US)
		return;
	r = ar->r->ops->counter(ar->r, &am->m, &packets, &bytes);
	if (r < 0 || !ar->r->is_up || !measure_verified(&am->m))
		return;
	if (r == 0)
		act_effect_dropped(&am->m.effect, packets, bytes);
	write_change(a, am, &before, "verified", "noroshi");
}

static void late_answers(struct act *a, struct act_measure *am)
{
	if (!am->client || clock_mono_us() < am->client_us)
		return;
	act_reply_for(
		a, am, CHECK_ROUTER,
		"it is approved and stays in the store, but the router has not taken it yet: "
		"its session is not up, or no relay runs; it is told as soon as it can be",
		"承認済みで記録庫に残りますが、ルーターがまだ受け取っていません "
		"(セッションが張られていないか、中継が動いていません)。可能になり次第伝えます");
}

/* What is over is forgotten after a while; the store has it. */
static void sweep(struct act *a)
{
	size_t kept = 0;
	int64_t mono_us = clock_mono_us();

	for (size_t i = 0; i < a->n; i++) {
		struct act_measure *am = a->list[i];

		if (measure_is_over(&am->m) && !am->busy && !am->over_us)
			am->over_us = mono_us;
		if (am->over_us && mono_us > am->over_us + ACT_KEEP_US)
			free(am);
		else
			a->list[kept++] = am;
	}
	a->n = kept;
}

int act_sync(struct act *a)
{
	int64_t now_us = clock_real_us();

	a->wake_us = now_us + ACT_LOOK_US;
	for (size_t i = 0; i < a->n && !a->fatal; i++) {
		struct act_measure *am = a->list[i];

		for (int turn = 0; turn < 4 && do_one(a, am, now_us); turn++)
			;
		verify(a, am);
		late_answers(a, am);
	}
	sweep(a);
	return a->fatal;
}

int act_end(struct act *a, struct act_measure *am, const char *actor, const char *why)
{
	struct measure before = am->m;
	int r;

	if (!measure_withdraw(&am->m, actor, why, clock_real_us()))
		return DESK_CONFLICT;
	r = write_change(a, am, &before, "withdraw", actor);
	am->again_us = 0;
	a->wake_us = 0;
	return r;
}
