/* SPDX-License-Identifier: ISC */
/*
 * Judging: findings in, incidents out. The judge names an attack (id, protected object, class with
 * its measured reason), keeps its life over pauses between bursts and over restarts, and hands it
 * on seldom enough for a store.
 *
 * Bursts: an attack that the detector closes, and whose bursts took 60 s on average at most, is
 * handed out as quiet and held for conf duty.fold of record time after its last packet. A finding
 * of the same kind, level and target that names a vector of it and begins within that time
 * continues it: same id and first, sums and pulses added, no gap, as we did watch. When the time is
 * over it is handed out as closed. A duty.fold of 60 s or less holds nothing.
 */
#pragma once

#include "conf/conf.h"
#include "judge/incident.h"
#include "judge/proxies.h"
#include "observe/exporter.h"
#include "place/place.h"

#define JUDGE_RESUME_US (60 * US_PER_S) /* quiet of record time that still is the same attack */
#define JUDGE_UPDATE_US US_PER_S	/* least receive time between two updates of an incident */

struct judge;

/** Where incidents go; @inc is borrowed for the call. Return: 0, or a negative error, passed up. */
struct incident_sink {
	int (*incident)(void *userdata, const struct incident *inc);
	void *userdata;
};

struct judge_stats {
	uint64_t open; /* followed now, those waiting after a restart and those held included */
	uint64_t held; /* short bursts, quiet, that may come again */
	uint64_t opened, closed, resumed, updates;
	uint64_t folded;       /* bursts that continued one that was held */
	uint64_t fold_refused; /* closed at once, as conf limits.incidents_open were held */
	uint64_t refused;      /* findings beyond conf limits.incidents_open, not shown to anyone */
	uint64_t id_clashes;
};

/**
 * judge_new() - a judge over @conf (a reference is taken) and @exporters (borrowed, for names).
 * Return: the judge, or NULL without memory.
 */
struct judge *judge_new(struct conf *conf, struct exporters *exporters,
			const struct incident_sink *sink);
struct judge *judge_free(struct judge *j);

/** judge_sink() - the sink that a detector feeds. */
struct finding_sink judge_sink(struct judge *j);

/** judge_reconf() - objects, lines and tests of a new configuration count from the next finding. */
void judge_reconf(struct judge *j, struct conf *conf);

/**
 * judge_set_places() - where addresses belong, from the next finding on (a reference is taken;
 * NULL: nothing is known).
 */
void judge_set_places(struct judge *j, struct places *places);

/** judge_set_drill() - what follows comes from a drill; every incident says so. */
void judge_set_drill(struct judge *j, bool drill);

/**
 * judge_set_places(), judge_set_proxies() - tables that count from the next incident handed out; a
 * reference is taken and the one before given back. NULL: none.
 */
void judge_set_places(struct judge *j, struct places *places);
void judge_set_proxies(struct judge *j, struct proxies *proxies);

/**
 * judge_resume() - an incident that was open when the program stopped; before the first finding.
 * A finding of the same kind, level and target within 60 s of quiet after the last known moment
 * plus the time we were down continues it: same id and first, sums added, the gap named; one of
 * short bursts also within conf duty.fold. One that does not come back within 60 s of record time
 * is closed, or held on if its next burst may be due later. Return: 0, or -ENOSPC beyond conf
 * limits.incidents_open; @stored_take is owned by the judge in either case.
 */
int judge_resume(struct judge *j, struct incident *stored_take);

/**
 * judge_clock() - time goes on: hand out pending updates, close what did not come back.
 * @recv_us: receive clock; @record_us: record time (TIME_NONE where no record came yet).
 * Return: 0, or the sink's error.
 */
int judge_clock(struct judge *j, int64_t recv_us, int64_t record_us);

/**
 * judge_end() - before the last findings of an input that is at its end: nothing is held any more,
 * and judge_finish() closes what is.
 */
void judge_end(struct judge *j);

/**
 * judge_finish() - hand out the last state of all; nothing closes that no finding has closed, so
 * what is open or held in a store stays so for the next start (but see judge_end()).
 */
int judge_finish(struct judge *j);

void judge_stats(const struct judge *j, struct judge_stats *out);
