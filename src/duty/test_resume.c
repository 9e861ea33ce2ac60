/* SPDX-License-Identifier: ISC */
/*
 * Proves that a restart changes nothing. A random history of incidents, faults, acts and time is
 * told to one duty that never stops; at every step another one is made of nothing but the alarms as
 * they are stored, told what stands, and from then on told the same. Each must give the very same
 * alarms and pages, to the byte. Also: what is told twice changes nothing, no page has the id of
 * another, and the clock wakes the duty exactly when it said.
 */
#include "duty/test_duty_kit.h"

#define STEPS	  110
#define INCIDENTS 14
#define FAULTS	  4
#define STORED	  256

struct stored {
	char id[ALARM_ID_MAX];
	json_t *alarm, *severity;
};

struct world {
	unsigned seed;
	int64_t now_us;
	struct incident *incident[INCIDENTS];
	unsigned n_incidents, named;
	struct fault fault[FAULTS];
	bool fault_on[FAULTS];
	struct suppression suppression[3];
	bool marked[INCIDENTS];
	struct stored store[STORED];
	unsigned n_stored;
	struct conf *conf;
	struct duty *duty[STEPS + 1]; /* [0] never stopped; [k] from step k on */
	unsigned n_duties;
	char (*ids)[PAGE_ID_MAX]; /* of all pages so far */
	unsigned n_ids;
	unsigned pages, storms;
};

static unsigned chance(struct world *w, unsigned n)
{
	w->seed = w->seed * 1103515245 + 12345;
	return (w->seed >> 16) % n;
}

/* ---- the store ---- */

static void store_put(struct world *w, const struct alarm *a)
{
	const struct severity *s = duty_severity(w->duty[0], a->id);
	unsigned i = 0;

	while (i < w->n_stored && strcmp(w->store[i].id, a->id) != 0)
		i++;
	assert_true(i < STORED);
	if (i == w->n_stored)
		w->n_stored++;
	json_decref(w->store[i].alarm);
	json_decref(w->store[i].severity);
	strcpy(w->store[i].id, a->id);
	w->store[i].alarm = alarm_json(a);
	w->store[i].severity = s ? severity_json(s) : NULL;
	w->storms += a->kind == ALARM_STORM;
}

/* As a row of a database gives it back. */
static json_t *by_text(json_t *o)
{
	char *text = json_dumps(o, 0);
	json_t *back = json_loads(text, 0, NULL);

	free(text);
	assert_non_null(back);
	return back;
}

static void resume_one(struct world *w, struct duty *d, const struct stored *s)
{
	json_t *alarm = by_text(s->alarm), *severity = s->severity ? by_text(s->severity) : NULL;
	struct severity sev;
	struct alarm a;

	assert_int_equal(alarm_from_json(alarm, &a), 0);
	if (severity)
		assert_int_equal(severity_from_json(severity, &sev), 0);
	if (a.state != ALARM_ENDED || a.ended_us > w->now_us - INT64_C(86400) * S)
		assert_int_equal(duty_resume(d, &a, severity ? &sev : NULL), 0);
	json_decref(alarm);
	json_decref(severity);
}

static unsigned n_suppressions(const struct world *w)
{
	unsigned n = 0;

	while (n < 3 && w->suppression[n].id[0])
		n++;
	return n;
}

static struct duty *resume(struct world *w)
{
	struct duty *d = duty_new(w->conf, NULL);
	unsigned from = chance(w, w->n_stored ? w->n_stored : 1);
	struct duty_step step;

	/* In any order. */
	for (unsigned i = 0; i < w->n_stored; i++)
		resume_one(w, d, &w->store[(i * 7 + from) % w->n_stored]);
	if (w->n_stored % 7 == 0)
		for (unsigned i = 0; i < w->n_stored; i++)
			resume_one(w, d, &w->store[i]);
	assert_int_equal(duty_suppressions(d, w->suppression, n_suppressions(w)), 0);
	for (unsigned i = 0; i < w->n_incidents; i++) {
		if (w->marked[i])
			assert_int_equal(duty_mark(d, w->incident[i]->id, true, w->now_us), 0);
		assert_int_equal(duty_incident(d, w->incident[i], w->now_us), 0);
	}
	for (unsigned i = 0; i < FAULTS; i++)
		if (w->fault_on[i])
			assert_int_equal(duty_fault(d, &w->fault[i], w->now_us), 0);
	assert_int_equal(duty_clock(d, w->now_us), 0);
	duty_take(d, &step);
	if (step.n_alarms || step.n_pages)
		fail_msg("a restart changed %u alarms (%s) and gave %u pages (%s)", step.n_alarms,
			 step.n_alarms ? step.alarms[0]->ref : "", step.n_pages,
			 step.n_pages ? step.pages[0]->text : "");
	return d;
}

/* ---- holding one duty against another ---- */

static void same_page(const struct page *a, const struct page *b)
{
	json_t *x = page_json(a), *y = page_json(b);

	if (!json_equal(x, y))
		fail_msg("%s\n%s", json_dumps(x, 0), json_dumps(y, 0));
	json_decref(x);
	json_decref(y);
}

static void same_alarm(const struct alarm *a, const struct alarm *b)
{
	json_t *x = alarm_json(a), *y = alarm_json(b);

	if (!json_equal(x, y))
		fail_msg("%s\n%s", json_dumps(x, 0), json_dumps(y, 0));
	json_decref(x);
	json_decref(y);
}

static void new_id(struct world *w, const struct page *p)
{
	for (unsigned i = 0; i < w->n_ids; i++)
		assert_string_not_equal(w->ids[i], p->id);
	w->ids = realloc(w->ids, (w->n_ids + 1) * sizeof(*w->ids));
	strcpy(w->ids[w->n_ids++], p->id);
}

/* Takes the step of all, which must be that of the first; that goes into the store. */
static unsigned take_all(struct world *w)
{
	struct duty_step first, other;

	duty_take(w->duty[0], &first);
	for (unsigned k = 1; k < w->n_duties; k++) {
		duty_take(w->duty[k], &other);
		assert_int_equal(first.n_alarms, other.n_alarms);
		assert_int_equal(first.n_pages, other.n_pages);
		for (unsigned i = 0; i < first.n_alarms; i++)
			same_alarm(first.alarms[i], other.alarms[i]);
		for (unsigned i = 0; i < first.n_pages; i++)
			same_page(first.pages[i], other.pages[i]);
		assert_true(duty_next_us(w->duty[0]) == duty_next_us(w->duty[k]));
	}
	for (unsigned i = 0; i < first.n_alarms; i++)
		store_put(w, first.alarms[i]);
	for (unsigned i = 0; i < first.n_pages; i++)
		new_id(w, first.pages[i]);
	w->pages += first.n_pages;
	return first.n_alarms + first.n_pages;
}

#define ALL(w, call)                                                                               \
	do {                                                                                       \
		for (unsigned k_ = 0; k_ < (w)->n_duties; k_++) {                                  \
			struct duty *d = (w)->duty[k_];                                            \
			int r_ = (call);                                                           \
			if (k_ == 0)                                                               \
				answer = r_;                                                       \
			assert_int_equal(r_, answer);                                              \
		}                                                                                  \
	} while (0)

/* ---- what happens ---- */

static void begin_incident(struct world *w)
{
	unsigned i = w->n_incidents < INCIDENTS ? w->n_incidents++ : chance(w, INCIDENTS);
	char id[INCIDENT_ID_MAX];

	if (w->incident[i] && w->incident[i]->f.state != FINDING_CLOSED)
		return;
	incident_free(w->incident[i]);
	w->marked[i] = false;
	snprintf(id, sizeof(id), "n%u", w->named++);
	w->incident[i] = kit_incident(id, 1 + chance(w, 9), w->now_us - 2 * S, w->now_us);
	kit_times(w->incident[i], 2 + chance(w, 14));
	if (chance(w, 3) == 0)
		kit_over(w->incident[i], "border-2", "transit-b");
	w->incident[i]->path = calloc(1, sizeof(struct incident_path));
	w->incident[i]->path->n_lost = chance(w, 8) ? 0 : chance(w, 5);
	w->incident[i]->known_test = chance(w, 12) == 0;
}

static void change_incident(struct world *w, struct incident *inc)
{
	static const enum finding_state states[] = {
		FINDING_OPEN,	FINDING_OPEN,	FINDING_OPEN,	   FINDING_QUIET,
		FINDING_CLOSED, FINDING_CLOSED, FINDING_LOST_SIGHT};

	/* What was over for a quarter of an hour does not come back. */
	if (inc->f.state == FINDING_CLOSED && w->now_us - inc->f.last_us > 15 * MIN)
		return;
	inc->f.state = states[chance(w, 7)];
	inc->revision++;
	if (inc->f.state == FINDING_OPEN) {
		inc->f.last_us = w->now_us - chance(w, 2) * S;
		inc->f.pulses += chance(w, 4) == 0;
	}
	if (chance(w, 4) == 0)
		kit_times(inc, 2 + chance(w, 16));
	if (chance(w, 6) == 0)
		inc->path->n_lost = chance(w, 5);
	if (chance(w, 10) == 0 && inc->f.n_vectors == 1) {
		inc->f.vectors[1] = inc->f.vectors[0];
		inc->f.vectors[1].vector = VECTOR_UDP_FLOOD;
		inc->f.n_vectors = 2;
	}
}

static void tell_incident(struct world *w)
{
	struct incident *inc;
	int answer = 0;

	if (w->n_incidents == 0 || chance(w, 3) == 0)
		begin_incident(w);
	inc = w->incident[chance(w, w->n_incidents)];
	change_incident(w, inc);
	for (unsigned i = 0; i < w->n_incidents; i++)
		if (w->incident[i] == inc || w->incident[i]->revision == 1) {
			w->incident[i]->revision += w->incident[i]->revision == 1;
			ALL(w, duty_incident(d, w->incident[i], w->now_us));
		}
	take_all(w);
	ALL(w, duty_incident(d, inc, w->now_us));
	assert_int_equal(take_all(w), 0); /* told twice */
}

static void tell_fault(struct world *w)
{
	static const enum fault_kind kinds[FAULTS] = {FAULT_EXPORTER_SILENT, FAULT_EXPORTER_LOSS,
						      FAULT_DISK_FULL, FAULT_EXPORTER_CLOCK};
	unsigned i = chance(w, FAULTS);
	struct fault *f = &w->fault[i];
	int answer = 0;

	if (!w->fault_on[i]) {
		memset(f, 0, sizeof(*f));
		f->kind = kinds[i];
		snprintf(f->subject, sizeof(f->subject), "%s",
			 f->kind == FAULT_DISK_FULL ? ""
			 : i % 2		    ? "border-2"
						    : "border-1");
		f->since_us = w->now_us - (5 + chance(w, 30)) * S;
	}
	f->figure = chance(w, 100);
	f->over = w->fault_on[i] && chance(w, 3);
	w->fault_on[i] = !f->over;
	ALL(w, duty_fault(d, f, w->now_us));
	take_all(w);
	ALL(w, duty_fault(d, f, w->now_us));
	assert_int_equal(take_all(w), 0);
}

static void act(struct world *w)
{
	static const char *const people[] = {"alice", "bob", "carol", "stranger"};
	const char *person = people[chance(w, 4)], *id;
	unsigned kind = chance(w, 5);
	int64_t until_us;
	int answer = 0;

	if (!w->n_stored)
		return;
	id = w->store[chance(w, w->n_stored)].id;
	until_us = w->now_us + (1 + chance(w, 40)) * MIN;
	if (kind < 3)
		ALL(w, duty_acknowledge(d, id, person, w->now_us));
	else
		ALL(w, duty_snooze(d, id, person, until_us, w->now_us));
	take_all(w);
}

static void mark(struct world *w)
{
	unsigned i;
	int answer = 0;

	if (!w->n_incidents)
		return;
	i = chance(w, w->n_incidents);
	w->marked[i] = !w->marked[i];
	ALL(w, duty_mark(d, w->incident[i]->id, w->marked[i], w->now_us));
	take_all(w);
}

static void suppress(struct world *w)
{
	static const char *const objects[] = {"shop", "site6", "site7", "198.51.100.9"};
	struct suppression *s =
		&w->suppression[chance(w, n_suppressions(w) < 3 ? n_suppressions(w) + 1 : 3)];
	int answer = 0;

	memset(s, 0, sizeof(*s));
	snprintf(s->id, sizeof(s->id), "s%u", chance(w, 1000));
	snprintf(s->object, sizeof(s->object), "%s", objects[chance(w, 4)]);
	snprintf(s->vector, sizeof(s->vector), "%s", chance(w, 2) ? "syn_flood" : "");
	s->from_us = w->now_us + chance(w, 3) * MIN;
	s->until_us = s->from_us + (1 + chance(w, 20)) * MIN;
	s->lifted_us = chance(w, 3) ? TIME_NONE : s->from_us + MIN;
	ALL(w, duty_suppressions(d, w->suppression, n_suppressions(w)));
	ALL(w, duty_clock(d, w->now_us));
	take_all(w);
}

/* By way of all moments that the duty asks for. */
static void go_on(struct world *w)
{
	static const unsigned steps_s[] = {1, 1, 2, 5, 8, 15, 40, 90, 300, 900, 4000};
	int64_t until_us = w->now_us + steps_s[chance(w, 11)] * S;
	int answer = 0;

	for (unsigned guard = 0; guard < 1000; guard++) {
		int64_t next_us = duty_next_us(w->duty[0]);

		if (next_us == TIME_NONE || next_us > until_us)
			break;
		/* A moment before, the clock changes nothing. */
		if (next_us > w->now_us + 1) {
			ALL(w, duty_clock(d, next_us - 1));
			assert_int_equal(take_all(w), 0);
		}
		w->now_us = next_us > w->now_us ? next_us : w->now_us;
		ALL(w, duty_clock(d, w->now_us));
		take_all(w);
		assert_true(duty_next_us(w->duty[0]) > w->now_us ||
			    duty_next_us(w->duty[0]) == TIME_NONE);
	}
	w->now_us = until_us;
	ALL(w, duty_clock(d, w->now_us));
	take_all(w);
}

static void one_step(struct world *w)
{
	unsigned what = chance(w, 20);

	if (what < 9)
		tell_incident(w);
	else if (what < 11)
		tell_fault(w);
	else if (what < 14)
		act(w);
	else if (what < 15)
		mark(w);
	else if (what < 16)
		suppress(w);
	if (what % 3)
		go_on(w);
}

static void play(unsigned seed, unsigned *pages, unsigned *storms)
{
	struct world w = {.seed = seed, .now_us = T0 + seed % 7 * 20 * MIN};

	_cleanup_text_ struct text yaml = TEXT_NULL;
	const char *cut = strstr(kit_yaml, "  acknowledge:");

	/* Storms come easily in some, and not in others. */
	text_add_n(&yaml, kit_yaml, (size_t)(cut - kit_yaml));
	text_printf(&yaml, "  storm: %u\n  storm_time: 10m\n%s", 2 + seed % 4, cut);
	w.conf = kit_conf(text_str(&yaml));
	w.duty[0] = duty_new(w.conf, NULL);
	w.n_duties = 1;
	for (unsigned k = 0; k < STEPS; k++) {
		one_step(&w);
		w.duty[w.n_duties++] = resume(&w);
	}
	*pages += w.pages;
	*storms += w.storms;
	for (unsigned k = 0; k < w.n_duties; k++)
		duty_free(w.duty[k]);
	for (unsigned i = 0; i < w.n_incidents; i++)
		incident_free(w.incident[i]);
	for (unsigned i = 0; i < w.n_stored; i++) {
		json_decref(w.store[i].alarm);
		json_decref(w.store[i].severity);
	}
	free(w.ids);
	conf_unref(w.conf);
}

static void test_every_cut(void **state)
{
	const char *seeds = getenv("DUTY_SEEDS"), *first = getenv("DUTY_SEED");
	unsigned n = seeds ? (unsigned)atoi(seeds) : 8, from = first ? (unsigned)atoi(first) : 1;
	unsigned pages = 0, storms = 0;

	for (unsigned i = 0; i < n; i++)
		play(from + i, &pages, &storms);
	print_message("%u histories of %u steps, %u pages, %u changes of storms\n", n, STEPS, pages,
		      storms);
	assert_true(pages > n * 20);
	assert_true(n < 8 || storms > 0); /* it did see what it is about */
}

int main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_cut)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
