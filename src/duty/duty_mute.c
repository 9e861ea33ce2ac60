/* SPDX-License-Identifier: ISC */
/*
 * Why nobody is paged: the rules in their order, the first that holds counts. Each also says when
 * time alone may change its mind, whether or not it is the one that counts now.
 */
#include <stdio.h>
#include <string.h>

#include "duty/brief_words.h"
#include "duty/duty_inside.h"
#include "duty/said.h"
#include "duty/work.h"

/* A moment at which something changes, where it lies ahead. */
static void note(struct mute *m, const struct duty *d, int64_t us)
{
	if (us != TIME_NONE && us > d->now_us)
		m->change_us = earlier(m->change_us, us);
}

/* The first rule that holds; whole characters of @ref, as much as there is room for. */
static void say(struct mute *m, enum alarm_mute kind, const char *ref)
{
	size_t n = strlen(ref);

	if (m->kind != MUTE_NOT)
		return;
	m->kind = kind;
	if (n >= sizeof(m->ref))
		for (n = sizeof(m->ref) - 1; n > 0 && ((unsigned char)ref[n] & 0xc0) == 0x80; n--)
			;
	memcpy(m->ref, ref, n);
}

bool duty_is_marked(const struct duty *d, const char *incident)
{
	char key[INCIDENT_ID_MAX] = "";

	memcpy(key, incident, strnlen(incident, sizeof(key) - 1));
	return map_get(d->marks, key) != NULL;
}

/* Of several objects under one attack: from which severity on somebody is woken (of one that says
 * nothing @usual), and whether for a burst too. What asks for most counts. */
static unsigned page_from(const struct duty *d, const struct incident *inc, unsigned usual,
			  bool *bursts)
{
	const char *names[WORDS_OBJECTS_MAX];
	unsigned n = words_objects_hit(inc, d->conf, names), from = n ? 0 : usual;

	*bursts = false;
	for (unsigned i = 0; i < n; i++) {
		const struct conf_object *o = conf_object_named(d->conf, names[i]);
		unsigned own = o && o->page_from ? o->page_from : usual;

		from = own > from ? own : from;
		*bursts |= o && o->page_bursts;
	}
	return from;
}

/*
 * The incident says that a test was announced; what goes on behind the test's end is no test. A
 * test that the configuration does not know any more is believed.
 */
static void rule_test(struct mute *m, const struct duty *d, const struct entry *e)
{
	const struct incident *inc = e->incident;
	const struct conf_object *o = conf_object_named(d->conf, inc->object);
	bool known = false;

	if (!inc->known_test)
		return;
	for (size_t i = 0; o && i < o->n_tests; i++) {
		const struct conf_known_test *t = &o->tests[i];

		if (inc->f.last_us < t->from_us || inc->f.first_us > t->until_us)
			continue;
		known = true;
		if (inc->f.last_us <= t->until_us)
			say(m, MUTE_TEST, t->note);
	}
	if (!known)
		say(m, MUTE_TEST, "");
}

static bool touches(const struct conf_maintenance *w, const struct entry *e)
{
	if (e->a.kind == ALARM_FAULT) {
		/* Work on the network excuses exporters, never our own being blind. */
		bool of_exporter = e->fault.kind >= FAULT_EXPORTER_SILENT &&
				   e->fault.kind <= FAULT_EXPORTER_CLOCK;

		return of_exporter &&
		       (work_is_everywhere(w) ||
			conf_is_named(w->exporters, w->n_exporters, e->fault.subject));
	}
	return work_touches(w, e->incident);
}

static void rule_maintenance(struct mute *m, const struct duty *d, const struct entry *e)
{
	/* Of an attack its last packet; what may go on unseen is asked about now. */
	bool by_clock = e->a.kind == ALARM_FAULT || e->incident->f.state == FINDING_LOST_SIGHT;
	int64_t at_us = by_clock ? d->now_us : e->incident->f.last_us;

	for (size_t i = 0; i < d->conf->n_maintenance; i++) {
		const struct conf_maintenance *w = &d->conf->maintenance[i];

		if (!touches(w, e))
			continue;
		if (at_us >= w->from_us && at_us < w->until_us)
			say(m, MUTE_MAINTENANCE, w->note);
		if (by_clock) {
			note(m, d, w->from_us);
			note(m, d, w->until_us);
		}
	}
}

/* Does a suppression in force cover vector @v of the incident? */
static const struct suppression *covers(const struct duty *d, const struct incident *inc,
					const struct finding_vector *v)
{
	for (unsigned i = 0; i < d->n_suppressions; i++) {
		const struct suppression *s = &d->suppressions[i];

		if (d->now_us >= s->from_us && d->now_us < suppression_end_us(s) &&
		    suppression_is_of(s, inc, v))
			return s;
	}
	return NULL;
}

static void rule_suppression(struct mute *m, const struct duty *d, const struct entry *e)
{
	unsigned which[FINDING_VECTORS_MAX], n = incident_vectors(e->incident, which);
	const struct suppression *s = NULL;

	for (unsigned i = 0; i < d->n_suppressions; i++) {
		const struct suppression *each = &d->suppressions[i];

		bool is_of = suppression_is_of(each, e->incident, NULL);

		for (unsigned k = 0; k < n; k++)
			is_of |= suppression_is_of(each, e->incident,
						   &e->incident->f.vectors[which[k]]);
		if (!is_of)
			continue;
		note(m, d, each->from_us);
		note(m, d, each->until_us);
		note(m, d, each->lifted_us);
	}
	if (!n)
		s = covers(d, e->incident, NULL);
	for (unsigned i = 0; i < n; i++) {
		s = covers(d, e->incident, &e->incident->f.vectors[which[i]]);
		if (!s)
			return;
	}
	if (s)
		say(m, MUTE_SUPPRESSED, s->id);
}

static void rule_severity(struct mute *m, struct duty *d, const struct entry *e)
{
	const struct conf_heightened *watch = duty_watch_of(d, e, &m->change_us);
	unsigned usual = watch ? watch->page_from : d->conf->duty.page_from;
	bool bursts;

	if (e->a.severity > page_from(d, e->incident, usual, &bursts))
		say(m, MUTE_SEVERITY, "");
}

/* What we lost sight of has not shown that it was short: a full link ends the exports first. */
static void rule_short(struct mute *m, const struct duty *d, const struct entry *e)
{
	const struct finding *f = &e->incident->f;
	bool bursts;

	page_from(d, e->incident, d->conf->duty.page_from, &bursts);
	if (f->pulses <= 1 && f->state != FINDING_LOST_SIGHT && !bursts &&
	    f->last_us - f->first_us < (int64_t)d->conf->duty.burst_s * US_PER_S)
		say(m, MUTE_SHORT, "");
}

void duty_mute(struct duty *d, const struct entry *e, struct mute *out)
{
	memset(out, 0, sizeof(*out));
	out->change_us = WAKE_NEVER;
	if (e->a.kind == ALARM_FAULT) {
		rule_maintenance(out, d, e);
		return;
	}
	if (e->a.kind != ALARM_INCIDENT)
		return;
	if (duty_is_marked(d, e->a.ref))
		say(out, MUTE_FALSE, "");
	if (!e->incident) {
		/* Not told since a restart: what held holds. A storm's page is no rule of ours. */
		if (e->a.state == ALARM_HELD && e->a.mute != MUTE_STORM && e->a.mute != MUTE_FALSE)
			say(out, e->a.mute, e->a.mute_ref);
		return;
	}
	rule_test(out, d, e);
	rule_maintenance(out, d, e);
	rule_suppression(out, d, e);
	rule_severity(out, d, e);
	rule_short(out, d, e);
}

void duty_set_mute(struct entry *e, const struct mute *m)
{
	e->a.mute = m->kind;
	memcpy(e->a.mute_ref, m->ref, sizeof(e->a.mute_ref));
}
