/* SPDX-License-Identifier: ISC */
#include "detect/rolls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "detect/shard.h"

#define MINUTE_S	 60
#define HOUR_US		 (3600 * US_PER_S)
#define BACK		 (ROLL_SLOTS - 2) /* so many minutes before the present one are held */
#define LATE_MINUTES	 10
#define EVERY_MINUTES	 5
#define EXPECTED_MINUTES 60
#define BEGUN_US	 US_PER_S /* so soon after its begin a minute is whole */

static int64_t minute_of(int64_t second)
{
	return second >= 0 ? second / MINUTE_S : (second - MINUTE_S + 1) / MINUTE_S;
}

static unsigned slot_of(int64_t minute)
{
	return (unsigned)((uint64_t)minute % ROLL_SLOTS);
}

/* An exporter's clock may be a little ahead of ours. */
static bool holds(const struct rolls *r, int64_t minute)
{
	return minute <= r->minute + 1 && minute >= r->minute - BACK;
}

static void forget_heard(struct rolls *r)
{
	for (unsigned i = 0; i <= EXPORTER_MAX; i++)
		r->heard[i] = (struct roll_heard){INT64_MIN / 2, INT64_MIN / 2};
}

int rolls_reconf(struct rolls *r, const struct conf *conf)
{
	size_t n = conf->n_objects < ROLL_OBJECTS_MAX ? conf->n_objects : ROLL_OBJECTS_MAX;
	struct roll_object *p = n ? calloc(n, sizeof(*p)) : NULL;

	if (n && !p)
		return -ENOMEM;
	for (unsigned code = 0; code <= UINT8_MAX; code++)
		r->most[code] = roll_most(ROLL_ANY, (uint8_t)code);
	if (!r->heard) {
		r->heard = malloc((EXPORTER_MAX + 1) * sizeof(*r->heard));
		if (!r->heard) {
			free(p);
			return -ENOMEM;
		}
		forget_heard(r);
	}
	free(r->object);
	r->object = p;
	r->n = (unsigned)n;
	r->left_out = (unsigned)(conf->n_objects - n);
	return 0;
}

void rolls_deinit(struct rolls *r)
{
	free(r->object);
	free(r->heard);
	r->object = NULL;
	r->heard = NULL;
	r->n = 0;
}

uint64_t rolls_memory(const struct rolls *r)
{
	return r->n * sizeof(*r->object) + (EXPORTER_MAX + 1) * sizeof(*r->heard);
}

void rolls_note(struct rolls *r, uint16_t object, unsigned track, int64_t second, uint64_t rate)
{
	int64_t minute = minute_of(second);
	atomic_uchar *at;
	uint8_t code, old;

	if (!object || object > r->n || !rate)
		return;
	/* Of a host that was idle for hours the last second is no news any more. */
	if (!holds(r, minute))
		return;
	at = &r->object[object - 1].most[track][slot_of(minute)];
	code = roll_code(track, rate);
	old = atomic_load_explicit(at, memory_order_relaxed);
	while (code > old && !atomic_compare_exchange_weak_explicit(
				     at, &old, code, memory_order_relaxed, memory_order_relaxed))
		;
}

void rolls_note_sampling(struct rolls *r, uint16_t object, uint32_t factor)
{
	atomic_uint *at;
	uint32_t old;

	if (!object || object > r->n)
		return;
	at = &r->object[object - 1].sampling;
	old = atomic_load_explicit(at, memory_order_relaxed);
	while (factor > old &&
	       !atomic_compare_exchange_weak_explicit(at, &old, factor, memory_order_relaxed,
						      memory_order_relaxed))
		;
}

static void clear_minute(struct rolls *r, int64_t minute)
{
	unsigned slot = slot_of(minute);

	r->seen[slot] = 0;
	for (unsigned i = 0; i < r->n; i++)
		for (unsigned t = 0; t < ROLL_TRACKS; t++)
			atomic_store_explicit(&r->object[i].most[t][slot], 0, memory_order_relaxed);
}

/* Called before the records of a later minute are counted, so that none is passed over. */
static void note_heard(struct rolls *r, const struct exporter_watch *watch, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct roll_heard *h = &r->heard[i];
		int64_t minute;

		/* A capture's silence is the network's. */
		if (watch[i].watermark_us == TIME_NONE || watch[i].capture)
			continue;
		minute = minute_of(time_floor_s(watch[i].recv_us));
		if (minute == h->last)
			continue;
		h->before = h->last;
		h->last = minute;
	}
}

/* Who told something of late told something in this minute too. */
static bool all_told(const struct rolls *r, int64_t minute, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct roll_heard *h = &r->heard[i];
		int64_t last = h->last <= minute ? h->last : h->before;

		if (last < minute && last > minute - EXPECTED_MINUTES)
			return false;
	}
	return true;
}

bool rolls_clock(struct rolls *r, int64_t now_us, const struct exporter_watch *watch, unsigned n)
{
	int64_t second = time_floor_s(now_us), now = minute_of(second);

	if (r->minute == INT64_MIN) {
		r->minute = r->handed = now;
		r->whole_from = now_us - now * MINUTE_S * US_PER_S < BEGUN_US ? now : now + 1;
	}
	note_heard(r, watch, n);
	for (; r->minute < now; r->minute++) {
		if (r->minute >= r->whole_from && all_told(r, r->minute, n))
			r->seen[slot_of(r->minute)] = 1;
		clear_minute(r, r->minute + 2);
	}
	return r->n && now >= r->handed + EVERY_MINUTES;
}

uint64_t roll_floor(const struct thresholds *t, unsigned track)
{
	struct follow_rate f;

	follow_rate_read(&f, t);
	if (track == ROLL_ANY_BITS)
		return f.least[0][FILL_BYTES] * 8;
	return f.least[0][track == ROLL_ANY || track == VECTOR_ACK_FLOOD ? FILL_PACKETS
									 : FILL_SPECIAL];
}

static int hand_object(const struct rolls *r, const struct conf *conf, unsigned i, int64_t hour)
{
	const struct conf_object *o = &conf->objects[i];
	struct roll_row row = {.hour_us = hour * HOUR_US};
	int e = 0;

	memcpy(row.object, o->name, sizeof(row.object));
	row.sampling = atomic_load_explicit(&r->object[i].sampling, memory_order_relaxed);
	row.sampling = row.sampling ? row.sampling : 1;
	for (unsigned t = 0; e == 0 && t < ROLL_TRACKS; t++) {
		const atomic_uchar *most = r->object[i].most[t];
		uint8_t any = 0;

		for (unsigned m = 0; m < ROLL_MINUTES; m++) {
			int64_t minute = hour * ROLL_MINUTES + m;

			row.minute[m] = holds(r, minute)
						? atomic_load_explicit(&most[slot_of(minute)],
								       memory_order_relaxed)
						: 0;
			any |= row.minute[m];
		}
		if (!any)
			continue;
		row.track = t;
		row.floor = roll_floor(&o->thresholds, t);
		e = r->sink.row(r->sink.userdata, &row);
	}
	return e;
}

static int hand_hour(const struct rolls *r, const struct conf *conf, int64_t hour)
{
	struct roll_row seen = {.hour_us = hour * HOUR_US, .track = ROLL_SEEN, .sampling = 1};
	uint8_t any = 0;
	int e = 0;

	for (unsigned m = 0; m < ROLL_MINUTES; m++) {
		int64_t minute = hour * ROLL_MINUTES + m;

		seen.minute[m] = holds(r, minute) ? r->seen[slot_of(minute)] : 0;
		any |= seen.minute[m];
	}
	if (any)
		e = r->sink.row(r->sink.userdata, &seen);
	for (unsigned i = 0; e == 0 && i < r->n && i < conf->n_objects; i++)
		e = hand_object(r, conf, i, hour);
	return e;
}

int rolls_hand(struct rolls *r, const struct conf *conf, bool all)
{
	int64_t hour;
	int e = 0;

	if (r->minute == INT64_MIN || !r->n || !r->sink.row)
		return 0;
	r->handed = r->minute;
	hour = r->minute >= 0 ? r->minute / ROLL_MINUTES
			      : (r->minute - ROLL_MINUTES + 1) / ROLL_MINUTES;
	/* What is settled late goes into the hour before. */
	if (all || r->minute - hour * ROLL_MINUTES < LATE_MINUTES)
		e = hand_hour(r, conf, hour - 1);
	return e < 0 ? e : hand_hour(r, conf, hour);
}

void rolls_drop(struct rolls *r)
{
	for (unsigned i = 0; i < ROLL_SLOTS; i++)
		clear_minute(r, i);
	forget_heard(r);
	r->minute = INT64_MIN;
}
