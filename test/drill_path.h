/* SPDX-License-Identifier: ISC */
/*
 * One run of the drill through the whole house in one process: the generator's frames or datagrams
 * go to the decoders as a reader hands them over, on to detection and judging by the very pipeline
 * that `read` and `watch` use, and what was found is held against the truth. No file is written.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"
#include "cli/pipeline.h"
#include "cli/results.h"
#include "drill/drill.h"
#include "place/place.h"

/* What the operator has told noroshi of this world. */
enum path_world {
	WORLD_PLAIN, /* own prefixes and the exporters' addresses */
	WORLD_WHOLE, /* also protected objects with their lines, and interfaces with their sides */
};

struct path;

struct path_options {
	const char *scenario;
	uint64_t seed;
	struct drill_options drill;
	enum path_world world;
	unsigned threads;
	bool places;	/* whose the addresses are is known, where the scenario has places */
	bool clock;	/* the receive clock also ticks between datagrams, as it does live */
	bool incidents; /* the line carries every incident whole */
	/** Called before anything runs, for tables that the judge shall have; may be NULL. */
	int (*opened)(struct path *p);
};

#define PATH_TAPS 4
#define SEEN_MAX  4096 /* incidents whose states are remembered */

struct path {
	const struct path_options *options;
	struct drill *drill;
	struct conf *conf;
	struct places *places; /* owned reference; NULL without */
	struct pipeline pipeline;
	struct results results;
	struct {
		char id[INCIDENT_ID_MAX];
		unsigned states; /* bits of 1 << enum finding_state */
	} seen[SEEN_MAX];
	size_t n_seen;
	bool ending;				 /* the last state of each incident comes now */
	int64_t clock_us;			 /* when the clock ticks next, TIME_NONE not yet */
	uint16_t capture, link, taps[PATH_TAPS]; /* taps: inside, then each outside link */
	uint64_t refused; /* frames that gave no record, datagrams not used whole */
};

/**
 * path_run() - make, read, detect and judge all of it.
 * @why: the reason in plain words when it fails.
 * Return: 0 with @p to be given to path_close(), or 1; @p is to be closed then too.
 */
int path_run(struct path *p, const struct path_options *o, struct text *why);
void path_close(struct path *p);

/**
 * path_places() - the places of @d's world, as of @dated_us. @out: owned.
 * Return: 0, -ENOENT where its scenario has none, or -ENOMEM.
 */
int path_places(const struct drill *d, int64_t dated_us, struct places **out);

/**
 * told_json() - a run that is done, as one object: the score, what of it was above the blind spot,
 * the states each incident went through.
 * Return: owned, or NULL with the reason in @why.
 */
json_t *told_json(struct path *p, struct text *why);
