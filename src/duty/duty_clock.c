/* SPDX-License-Identifier: ISC */
/*
 * What an alarm does next: one function for each state it is in. Settling twice at one moment is
 * the same as settling once.
 */
#include <errno.h>
#include <string.h>

#include "duty/duty_inside.h"

/* Whoever has it knows that it goes on: that it is called long now is no news. */
static bool is_news(const struct severity *s)
{
	return s->n_reasons && s->reason[0].rule != RULE_DURATION;
}

bool duty_judge(struct duty *d, struct entry *e)
{
	struct severity_input in = {.incident = e->incident, .conf = d->conf, .now_us = d->now_us};
	struct duty_measures measures = {.list = d->measures, .n = d->n_measures};
	unsigned before = e->a.severity;
	bool told;

	if (e->a.kind == ALARM_FAULT) {
		e->a.severity = fault_severity(e->fault.kind);
		return false;
	}
	if (!e->incident)
		return false;
	in.objects_now = duty_objects_now(d, e);
	in.measure = duty_measure_state(&measures, e->a.ref, &told);
	severity_judge(&in, &e->severity);
	if (e->severity.level < e->a.severity)
		e->a.severity = e->severity.level;
	return e->a.severity < before && !told && is_news(&e->severity);
}

void duty_end(struct duty *d, struct entry *e)
{
	e->a.state = ALARM_ENDED;
	e->a.ended_us = d->now_us;
	e->a.next_us = e->a.snoozed_until_us = TIME_NONE;
	e->a.asked = 0;
	e->incident = incident_free(e->incident);
	e->wake_us = d->now_us + FORGET_US;
}

/* Who had it has it again; whoever was asked is still asked. */
void duty_reopen(struct duty *d, struct entry *e)
{
	bool is_silent = e->a.mute != MUTE_NOT;

	e->a.ended_us = TIME_NONE;
	if (e->a.owner[0] && !duty_is_marked(d, e->a.ref)) {
		e->a.state = ALARM_ACKNOWLEDGED;
	} else if (e->a.step && !is_silent) {
		e->a.state = ALARM_PAGED;
		e->a.asked = 1;
		e->a.next_us = d->now_us + (int64_t)d->conf->duty.ack_within_s * US_PER_S;
	} else {
		e->a.state = ALARM_HELD;
	}
}

static void hold(struct entry *e, const struct mute *m)
{
	e->a.state = ALARM_HELD;
	e->a.asked = 0;
	e->a.next_us = e->a.snoozed_until_us = TIME_NONE;
	duty_set_mute(e, m);
}

/* A first page is due. */
static int page_first(struct duty *d, struct entry *e)
{
	struct roster people;
	bool joined = false;

	duty_people(d, e, &people);
	if (!people.n) {
		duty_wait(d, e, &people);
		return 0;
	}
	/* That nothing is seen at all is never grouped with what is seen. */
	if (!(e->a.kind == ALARM_FAULT && e->a.severity == 1) && storm_takes(d)) {
		int r = storm_join(d, e, &joined);

		if (r || joined)
			return r;
	}
	e->a.due_us = d->now_us;
	return duty_ask(d, e, &people, people.person[0], PAGE_NEW);
}

static int settle_held(struct duty *d, struct entry *e, const struct mute *m)
{
	static const struct mute not = {.kind = MUTE_NOT};

	if (m->kind != MUTE_NOT) {
		hold(e, m);
		return 0;
	}
	if (e->a.mute == MUTE_STORM && storm_of(d, e))
		return 0;
	duty_set_mute(e, &not );
	return page_first(d, e);
}

/* What somebody said silences a page that nobody answered yet; work that begins later does not. */
static int settle_paged(struct duty *d, struct entry *e, const struct mute *m)
{
	if (m->kind == MUTE_FALSE || m->kind == MUTE_SUPPRESSED) {
		hold(e, m);
		return 0;
	}
	if (d->now_us < e->a.next_us) {
		int64_t most_us = (int64_t)d->conf->duty.ack_within_s * US_PER_S;

		/* Our clock went back: nobody shall be waited for any longer than ever. */
		most_us = most_us > PAUSE_MOST_US ? most_us : PAUSE_MOST_US;
		if (e->a.next_us - d->now_us > most_us)
			e->a.next_us = d->now_us + most_us;
		return 0;
	}
	return duty_ask_next(d, e);
}

static int settle_acknowledged(struct duty *d, struct entry *e, const struct mute *m, bool worse)
{
	if (m->kind == MUTE_FALSE) {
		hold(e, m);
		return 0;
	}
	/* Those that a storm stands for make the storm worse. */
	if (!worse || m->kind != MUTE_NOT || e->a.mute == MUTE_STORM)
		return 0;
	return duty_tell(d, e, e->a.owner, PAGE_WORSE);
}

static int settle_snoozed(struct duty *d, struct entry *e, const struct mute *m)
{
	if (m->kind == MUTE_FALSE) {
		hold(e, m);
		return 0;
	}
	if (d->now_us < e->a.snoozed_until_us)
		return 0;
	/* Asleep until both are over. */
	duty_set_mute(e, m);
	return m->kind != MUTE_NOT ? 0 : duty_ask_again(d, e);
}

int duty_prepare(struct duty *d)
{
	int r = duty_links_know(d);

	return r ? r : duty_watches_know(d);
}

static int settle_one(struct duty *d, struct entry *e)
{
	struct mute m;
	bool worse;
	int r = duty_prepare(d);

	if (r)
		return r;
	worse = duty_judge(d, e);
	duty_mute(d, e, &m);
	if (e->a.state == ALARM_HELD)
		r = settle_held(d, e, &m);
	else if (e->a.state == ALARM_PAGED)
		r = settle_paged(d, e, &m);
	else if (e->a.state == ALARM_ACKNOWLEDGED)
		r = settle_acknowledged(d, e, &m, worse);
	else if (e->a.state == ALARM_SNOOZED)
		r = settle_snoozed(d, e, &m);
	e->wake_us = earlier(m.change_us, wake_at(e->a.next_us));
	if (e->a.snoozed_until_us > d->now_us)
		e->wake_us = earlier(e->wake_us, e->a.snoozed_until_us);
	return r;
}

/* What a storm does rests on who it stands for, and how bad they are. */
int duty_settle(struct duty *d, struct entry *e)
{
	struct entry *storm = storm_of(d, e);
	unsigned severity = e->a.severity;
	enum alarm_state state = e->a.state;
	int r;

	if (e->a.state == ALARM_ENDED) {
		e->wake_us = e->a.ended_us + FORGET_US;
		return 0;
	}
	if (e->a.kind == ALARM_STORM)
		return storm_settle(d, e);
	r = settle_one(d, e);
	if (r || !storm ||
	    (storm_of(d, e) == storm && e->a.state == state && e->a.severity == severity))
		return r;
	return storm_settle(d, storm);
}
