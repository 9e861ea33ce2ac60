/* SPDX-License-Identifier: ISC */
/*
 * The one way through the house: bytes to records, findings, incidents, store. `read` and `watch`
 * differ only in who puts the bytes in and who tells the clock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "detect/detect.h"
#include "judge/judge.h"
#include "observe/export.h"
#include "observe/exporter.h"
#include "observe/flow.h"
#include "store/store.h"

struct pipeline_options {
	struct conf *conf;	       /* a reference is taken */
	unsigned threads;	       /* 0: as the configuration says, else by cores */
	bool any_exporter;	       /* take exporters that are not on the allow-list */
	const char *db;		       /* store directory; NULL or "": none */
	enum store_kind kind;	       /* of the store */
	bool live;		       /* continue what the store has open, remember sampling */
	struct incident_sink incident; /* told each state, after the store; may be empty */
	void (*opens)(void *userdata); /* before the store has a new one; incident.userdata */
};

/* What an exporter told in this minute; the first two are its totals when it began. */
struct minute_count {
	uint64_t records_before, refused_before;
	uint64_t packets, bytes; /* corrected for sampling */
};

struct pipeline {
	struct conf *conf; /* a reference */
	struct exporters *exporters;
	struct exports *exports;
	struct flow_writer writer;
	struct detect *detect;
	struct judge *judge;
	struct store *store;
	struct flow_sink to_detect;
	struct incident_sink incident;
	void (*opens)(void *userdata);
	int64_t judged_us;	/* receive clock when the judge was last told the time */
	uint64_t resumed;	/* incidents taken over from the store */
	uint64_t store_refused; /* states that the store's queue had no room for */
	int64_t kept_us;	/* when sampling was last kept and erasing last asked for */
	int64_t heard_us;	/* when whence prefixes are heard was last kept */
	int64_t minute_us;	/* start of the minute that is being counted; TIME_NONE none */
	struct minute_count *counted; /* live, of each exporter: EXPORTER_MAX + 1 */
	const char *db;		      /* borrowed from the options */
	bool live;
};

/**
 * pipeline_open() - build all of it.
 * @why: the reason in plain words when it fails.
 * Return: EXIT_GOOD with @p to be given to pipeline_close(), else an enum exit_status.
 */
int pipeline_open(struct pipeline *p, const struct pipeline_options *o, const char *language,
		  struct text *why);

/** pipeline_take_heard() - live, when all inputs are open: what the last run heard of prefixes.
 * What cannot be taken over is said and learnt anew. */
void pipeline_take_heard(struct pipeline *p, int64_t now_us);

/** pipeline_close() - free everything; the store is flushed. Safe on a zeroed or half-built one. */
void pipeline_close(struct pipeline *p);

/** usable_cores() - those that this process may run on; at least 1. */
unsigned usable_cores(void);

/** pipeline_clock() - the receive clock says @now_us: hand on what waits, close seconds (live). */
int pipeline_clock(struct pipeline *p, int64_t now_us);

/**
 * pipeline_epoch() - the receive clock goes forward by @by_us at one blow (steady_follow());
 * nothing may be open. Return: 0 or negative.
 */
int pipeline_epoch(struct pipeline *p, int64_t by_us);

/** pipeline_reconf() - go on with @conf (a reference is taken); counters and open attacks stay. */
int pipeline_reconf(struct pipeline *p, struct conf *conf);

/** pipeline_end() - end of input: everything open closes as seen at the last record. */
int pipeline_end(struct pipeline *p);

/** pipeline_pause() - orderly stop: the last state of all goes to the store, nothing closes. */
int pipeline_pause(struct pipeline *p);

/**
 * pipeline_housekeep() - live, once a second: ages decoders; once a minute, and at the first call,
 * keeps learnt sampling and the minute's counts and has erased what is due.
 */
void pipeline_housekeep(struct pipeline *p, int64_t now_us);
