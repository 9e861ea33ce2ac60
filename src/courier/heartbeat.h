/* SPDX-License-Identifier: ISC */
/*
 * Signs of life for an outside monitor: a JSON file, a text file for Prometheus's node exporter,
 * and HTTP on loopback. Each beat says that a pass of the whole courier went through; where none
 * comes for HEARTBEAT_STALE_US, HTTP says so too, although it has a thread of its own. The files
 * just grow old. doc/sight.md has what is in them.
 */
#pragma once

#include <jansson.h>

#include "conf/conf_duty.h"
#include "duty/alarm.h"
#include "duty/fault.h"

#define HEARTBEAT_STALE_US INT64_C(60000000)

/* What the last pass found. All of it is borrowed for the call. */
struct beat {
	int64_t now_us;		    /* wall clock */
	bool drill;		    /* the store is a drill's */
	bool watch_up;		    /* sight_watch_up() */
	int64_t age_us;		    /* sight_age_us(), TIME_NONE none */
	const json_t *status;	    /* the newest of the watch, NULL none */
	const struct fault *faults; /* in force */
	size_t n_faults;
	uint64_t alarms[ALARM_STATES]; /* how many are in each state */
};

struct heartbeat;

/**
 * heartbeat_open() - @conf is copied. Anything but a loopback address is refused.
 * Return: 0 and owned, -EINVAL, -ENOMEM or the errno of the listening, with a sentence in @why.
 */
int heartbeat_open(const struct conf_heartbeat *conf, struct heartbeat **out, struct text *why);
struct heartbeat *heartbeat_close(struct heartbeat *h);

/**
 * heartbeat_beat() - write the files anew, each as a whole, and answer HTTP by this from now on.
 * Return: 0, HEARTBEAT_FAILED when a file could not be written (the log has it, once), or -ENOMEM.
 */
enum heartbeat_answer { HEARTBEAT_FAILED = 1 };
int heartbeat_beat(struct heartbeat *h, const struct beat *b);

/** heartbeat_port() - that HTTP listens on; 0 none. */
uint16_t heartbeat_port(const struct heartbeat *h);

/** beat_is_blind() - a fault of severity 1 or 2 is in force: something is not seen, or told. */
bool beat_is_blind(const struct beat *b);

/** beat_json() - what stands in the file and in /health, as text appended to @out. */
int beat_json(const struct beat *b, struct text *out);

/**
 * beat_prometheus() - the same in Prometheus's text format, version 0.0.4.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
void beat_prometheus(const struct beat *b, struct text *out);
