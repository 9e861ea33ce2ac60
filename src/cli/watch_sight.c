/* SPDX-License-Identifier: ISC */
#include "cli/watch_sight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_whole.h"
#include "base/steady.h"
#include "cli/snapshot.h"
#include "cli/watch.h"

#define SLOT_US	     (10 * US_PER_S)
#define SETTLED_US   (60 * US_PER_S) /* a wall clock that was stepped may be stepped back */
#define AGREES_US    (2 * US_PER_S)
#define WAIT_SECONDS 10 /* that the share of waiting is smoothed over */

static void worst_turn(struct worst *w, int64_t mono_us)
{
	int64_t slot = mono_us / SLOT_US;

	if (slot - w->slot >= WORST_SLOTS)
		memset(w->value, 0, sizeof(w->value));
	else
		for (int64_t s = w->slot + 1; s <= slot; s++)
			w->value[s % WORST_SLOTS] = 0;
	w->slot = slot;
}

static void worst_note(struct worst *w, int64_t value, int64_t mono_us)
{
	int64_t *at;

	worst_turn(w, mono_us);
	at = &w->value[w->slot % WORST_SLOTS];
	*at = value > *at ? value : *at;
}

static double worst_s(const struct worst *w)
{
	int64_t most = 0;

	for (unsigned i = 0; i < WORST_SLOTS; i++)
		most = w->value[i] > most ? w->value[i] : most;
	return (double)most / (double)US_PER_S;
}

/* Time that this thread was ready to run and had no core; 0 where the kernel does not count it. */
static int64_t waited_us(void)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/self/schedstat", "re");
	unsigned long long ran, waited;

	return f && fscanf(f, "%llu %llu", &ran, &waited) == 2 ? (int64_t)(waited / 1000) : 0;
}

static void sense_wait(struct watch_sense *s, int64_t mono_us)
{
	int64_t waited, passed = mono_us - s->asked_us;

	if (passed < US_PER_S)
		return;
	waited = waited_us();
	if (s->asked_us)
		s->wait_share +=
			((double)(waited - s->waited_us) / (double)passed - s->wait_share) /
			WAIT_SECONDS;
	s->asked_us = mono_us;
	s->waited_us = waited;
}

void watch_sense_tick(struct watch *w)
{
	struct watch_sense *s = &w->sense;
	int64_t mono_us = clock_mono_us(), late_us = mono_us - s->tick_us - WATCH_TICK_US;
	struct steady_look look;

	steady_look(&look); /* a step is noticed also where no datagram comes */
	worst_note(&s->tick_late_us, s->tick_us && late_us > 0 ? late_us : 0, mono_us);
	worst_note(&s->lag_us, receive_lag(w->receive), mono_us);
	s->tick_us = mono_us;
	sense_wait(s, mono_us);
}

static int64_t magnitude(int64_t us)
{
	return us < 0 ? -us : us;
}

/* More of those who speak would agree with us as we are than with the wall clock. */
static bool is_contradicted(const struct watch *w, int64_t by_us, int64_t now_us)
{
	int as_we_are = 0, as_the_wall = 0;

	for (unsigned i = 1; i < exporters_count(w->pipeline.exporters); i++) {
		const struct exporter *e = exporters_get(w->pipeline.exporters, (uint16_t)i);

		if (e->is_capture || (e->conf && !e->conf->clock_trusted) ||
		    e->last_recv_us == TIME_NONE || now_us - e->last_recv_us > SETTLED_US)
			continue;
		as_we_are += magnitude(e->clock_offset_us) <= AGREES_US;
		as_the_wall += magnitude(e->clock_offset_us + by_us) <= AGREES_US;
	}
	return as_we_are > as_the_wall;
}

int watch_follow_wall(struct watch *w)
{
	struct pipeline *p = &w->pipeline;
	struct judge_stats open;
	struct steady_stats clock;
	int r;

	steady_stats(&clock);
	judge_stats(p->judge, &open);
	if (!clock.ahead_us || clock_mono_us() - clock.step_mono_us < SETTLED_US || open.open ||
	    is_contradicted(w, clock.ahead_us, steady_us()))
		return 0;
	/* What has arrived has its time already. */
	r = watch_stop_receiving(w);
	r = r < 0 ? r : pipeline_epoch(p, clock.ahead_us);
	if (r < 0)
		return r;
	steady_follow();
	w->began_us += clock.ahead_us;
	return receive_go(w->receive);
}

static double seconds(int64_t us)
{
	return (double)(us / US_PER_MS) / 1000.0;
}

static json_t *clock_json(void)
{
	struct steady_stats s;
	json_t *ago;

	steady_stats(&s);
	ago = s.step_mono_us == TIME_NONE ? json_null()
					  : json_real(seconds(clock_mono_us() - s.step_mono_us));
	return json_pack("{s:o, s:f, s:I, s:f, s:o, s:I}", "receive", time_json(steady_us()),
			 "ahead_s", seconds(s.ahead_us), "steps", (json_int_t)s.steps, "step_s",
			 seconds(s.step_us), "step_ago_s", ago, "followed", (json_int_t)s.followed);
}

void watch_sight_into(const struct watch *w, json_t *o)
{
	json_object_set_new(o, "clock", clock_json());
	json_object_set_new(o, "late",
			    json_pack("{s:f, s:f, s:f}", "ticks_s", worst_s(&w->sense.tick_late_us),
				      "datagrams_s", worst_s(&w->sense.lag_us), "cpu_wait",
				      w->sense.wait_share));
}

/* Since it spoke last; of one that never did, since we could have heard it. */
static int64_t silent_us(const struct watch *w, const struct exporter *e, int64_t now_us)
{
	int64_t from_us = e->last_recv_us == TIME_NONE ? w->began_us : e->last_recv_us;

	return now_us > from_us ? now_us - from_us : 0;
}

void watch_sight_exporter(const struct watch *w, unsigned index, json_t *o)
{
	const struct exporter *e = exporters_get(w->pipeline.exporters, (uint16_t)index);
	int64_t now_us = steady_us(), since_us = exporter_untold_since(e, now_us);

	json_object_set_new(o, "silent_s", json_real(seconds(silent_us(w, e, now_us))));
	json_object_set_new(o, "spoke", json_boolean(e->last_recv_us != TIME_NONE));
	json_object_set_new(o, "template_s",
			    json_real(since_us == TIME_NONE ? 0 : seconds(now_us - since_us)));
	json_object_set_new(json_object_get(o, "clock"), "trusted",
			    json_boolean(!e->conf || e->conf->clock_trusted));
}

/* The few figures of exporter_json() that tell how well it is heard. */
static json_t *short_json(const struct watch *w, unsigned index)
{
	const struct exporter *e = exporters_get(w->pipeline.exporters, (uint16_t)index);
	json_t *o = json_pack("{s:s, s:b, s:I, s:I, s:{s:I, s:I}, s:{s:f}}", "name", e->name,
			      "configured", e->conf != NULL, "datagrams", (json_int_t)e->datagrams,
			      "records", (json_int_t)e->records, "lost", "datagrams",
			      (json_int_t)e->lost_datagrams, "records", (json_int_t)e->lost_records,
			      "clock", "offset_s", seconds(e->clock_offset_us));

	watch_sight_exporter(w, index, o);
	return o;
}

struct rank {
	int64_t badness_us;
	uint64_t lost;
	unsigned index;
};

static int worst_first(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (x->badness_us != y->badness_us)
		return x->badness_us > y->badness_us ? -1 : 1;
	if (x->lost != y->lost)
		return x->lost > y->lost ? -1 : 1;
	return x->index < y->index ? -1 : 1;
}

static struct rank rank_of(const struct watch *w, unsigned index, int64_t now_us)
{
	const struct exporter *e = exporters_get(w->pipeline.exporters, (uint16_t)index);
	int64_t since_us = exporter_untold_since(e, now_us);
	int64_t worst[] = {silent_us(w, e, now_us), since_us == TIME_NONE ? 0 : now_us - since_us,
			   magnitude(e->clock_offset_us)};
	struct rank r = {.index = index, .lost = e->lost_datagrams + e->lost_records};

	/* Those that nobody configured are not missed. */
	for (unsigned i = 0; e->conf && i < ARRAY_LEN(worst); i++)
		r.badness_us = worst[i] > r.badness_us ? worst[i] : r.badness_us;
	return r;
}

/* As many as find room, as text, for a reply that is cut would be no JSON. */
static int add_exporters(const struct watch *w, struct text *reply)
{
	unsigned n = exporters_count(w->pipeline.exporters), shown = 0, told = 0;
	_cleanup_free_ struct rank *ranks = calloc(n + 1, sizeof(*ranks));
	int64_t now_us = steady_us();

	if (!ranks)
		return -ENOMEM;
	for (unsigned i = 1; i < n; i++)
		if (!exporters_get(w->pipeline.exporters, (uint16_t)i)->is_capture)
			ranks[told++] = rank_of(w, i, now_us);
	qsort(ranks, told, sizeof(*ranks), worst_first);
	text_add(reply, "\"exporters\":[");
	for (; shown < told; shown++) {
		json_t *one = short_json(w, ranks[shown].index);
		_cleanup_free_ char *s = json_whole(one, JSON_COMPACT | JSON_REAL_PRECISION(9));

		json_decref(one);
		if (!s)
			return -ENOMEM;
		if (reply->len + strlen(s) + 64 > CONTROL_REPLY_MAX)
			break;
		text_printf(reply, "%s%s", shown ? "," : "", s);
	}
	text_printf(reply, "],\"exporters_left_out\":%u}", told - shown);
	return 0;
}

int watch_sight_reply(struct watch *w, struct text *reply)
{
	json_t *o = watch_short(w);
	_cleanup_free_ char *s = json_whole(o, JSON_COMPACT | JSON_REAL_PRECISION(9));

	json_decref(o);
	if (!s)
		return -ENOMEM;
	text_add_n(reply, s, strlen(s) - 1); /* without its closing brace */
	text_add(reply, ",");
	return add_exporters(w, reply) < 0 ? -ENOMEM : EXIT_GOOD;
}
