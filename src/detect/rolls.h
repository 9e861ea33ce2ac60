/* SPDX-License-Identifier: ISC */
/*
 * The table of maxima behind roll.h: two hours of each protected object, written by all shards.
 * Maxima do not depend on the order in which they are taken, so shards share it without a lock and
 * the result is the same at any number of threads. Inside the room only.
 */
#pragma once

#include <stdatomic.h>

#include "base/clock.h"
#include "detect/roll.h"

#define ROLL_SLOTS	 (2 * ROLL_MINUTES)
#define ROLL_OBJECTS_MAX 4096 /* 8 MiB; those further down the configuration are counted only */

struct exporter_watch;

/* Of one object. */
struct roll_object {
	atomic_uchar most[ROLL_TRACKS][ROLL_SLOTS]; /* [minute % ROLL_SLOTS] */
	atomic_uint sampling;
};

/* The last two minutes in which an exporter told something. */
struct roll_heard {
	int64_t last, before;
};

struct rolls {
	struct roll_object *object;
	uint64_t most[UINT8_MAX + 1]; /* roll_most(), of packets */
	struct roll_heard *heard;     /* EXPORTER_MAX + 1 */
	unsigned n, left_out;	      /* objects beyond the cap: not noted */
	int64_t minute;		      /* of the clock, since 1970; INT64_MIN before the first */
	int64_t whole_from;	      /* the first minute that the clock went all through */
	uint8_t seen[ROLL_SLOTS];     /* all exporters told something in it */
	int64_t handed;		      /* minute in which rows were handed out last */
	struct roll_sink sink;
};

/** rolls_reconf() - for the objects of @conf; what was noted is gone. Return: 0 or -ENOMEM. */
int rolls_reconf(struct rolls *r, const struct conf *conf);
void rolls_deinit(struct rolls *r);

/** rolls_note() - a host of @object (its number + 1) reached @rate in @second. Any thread. */
void rolls_note(struct rolls *r, uint16_t object, unsigned track, int64_t second, uint64_t rate);

/** rolls_note_cold() - the same of a host that is not busy, of which only all is known. Called for
 * each second of each host of an object, and mostly the minute's largest is another. */
static inline void rolls_note_cold(struct rolls *r, uint16_t object, uint32_t second,
				   uint32_t packets, uint64_t bytes)
{
	const atomic_uchar *most;
	unsigned slot;

	if (object > r->n)
		return;
	slot = second / 60 % ROLL_SLOTS;
	most = &r->object[object - 1].most[ROLL_ANY][slot];
	if (packets > r->most[atomic_load_explicit(most, memory_order_relaxed)])
		rolls_note(r, object, ROLL_ANY, second, packets);
	most += ROLL_SLOTS;
	if (bytes > r->most[atomic_load_explicit(most, memory_order_relaxed)] * (1000 / 8))
		rolls_note(r, object, ROLL_ANY_BITS, second, 8 * bytes);
}

/** rolls_note_sampling() - the factor behind what is noted of it. */
void rolls_note_sampling(struct rolls *r, uint16_t object, uint32_t factor);

/**
 * rolls_clock() - let the minutes go on to that of @now_us; an exporter that told something within
 * an hour and nothing in a whole minute leaves that minute unknown.
 * Return: every few minutes rows are due: true.
 */
bool rolls_clock(struct rolls *r, int64_t now_us, const struct exporter_watch *watch, unsigned n);

/** rolls_hand() - give the rows of this hour to the sink; @all: of all that is held. */
int rolls_hand(struct rolls *r, const struct conf *conf, bool all);

/** rolls_drop() - a new epoch: nothing of the old time is continued. */
void rolls_drop(struct rolls *r);

uint64_t rolls_memory(const struct rolls *r);

struct usual;
struct hot;
struct shard;
struct shard_world;

/** roll_usual() - a busy host's second is over; not where it is followed. */
void roll_usual(struct rolls *r, const struct usual *u);

/** roll_bits() - the same second of its cell: bits, of the packets that are not answered. */
void roll_bits(struct rolls *r, const struct usual *u, int64_t second, uint32_t packets,
	       uint64_t bytes);

/**
 * roll_hot() - the seconds of a followed host that are settled, read from its rings in whole
 * blocks; with @all what is left.
 */
void roll_hot(struct rolls *r, struct shard *s, struct hot *h, bool all);

/** roll_shard() - what is held back of all hosts of a shard. */
void roll_shard(struct rolls *r, struct shard *s);
