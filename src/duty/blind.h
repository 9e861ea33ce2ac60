/* SPDX-License-Identifier: ISC */
/*
 * Beside every "nothing seen": the smallest attack that would have been seen, by exporter and
 * detector. What it follows from (thresholds, and how exporters see) is taken down first; the
 * figures are made of that when somebody asks, for they take trials: so the watch never pays.
 */
#pragma once

#include <jansson.h>

#include "base/text.h"
#include "conf/conf.h"
#include "detect/blind.h"
#include "detect/detect.h"
#include "observe/exporter.h"

enum blind_extent {
	BLIND_BRIEF, /* hosts, within 10 s */
	BLIND_HOSTS, /* hosts, within 1, 10 and 60 s */
	BLIND_ALL,   /* prefixes, links and the network too */
};

/**
 * blind_inputs_json() - what the blind spot follows from: {ways[], thresholds{}, links[]}. A way is
 * what exporters have in common that see alike.
 * @detect: how many records come, and are they thinned? NULL: few, and they are not.
 * @now_us: live, exporters that are silent by then are told apart; TIME_NONE: nobody is.
 * Owned; NULL without memory.
 */
json_t *blind_inputs_json(const struct conf *conf, struct exporters *exporters,
			  const struct detect *detect, int64_t now_us);

/** thresholds_json() - as blind_inputs_json() has them; thresholds_of_json() - the reverse. */
json_t *thresholds_json(const struct thresholds *t);
void thresholds_of_json(const json_t *json, struct thresholds *out);

/** view_of_json() - how the exporters of a way see. */
void view_of_json(const json_t *way, struct blind_view *out);

/**
 * blind_figures_json() - an array with one object for each way: doc/blind-spot.md names the keys.
 * @usual: what is usual at one destination, {known, vectors{NAME: {pps, explained_pps}}}, or NULL.
 * Owned; NULL without memory.
 */
json_t *blind_figures_json(const json_t *inputs, const json_t *usual, enum blind_extent extent);

/** blind_in_status() - @status, as the watch has left it, gets `blind_spot` for `blind_inputs`. */
void blind_in_status(json_t *status, const json_t *usual, enum blind_extent extent);

/** blind_json() - both at once. */
json_t *blind_json(const struct conf *conf, struct exporters *exporters, enum blind_extent extent);

/**
 * blind_text() - one line for each way: "within 10 s at 95 %: 2,500 packets/s: ...".
 * @language: "en" or "ja".
 */
void blind_text(const json_t *blind, const char *language, struct text *out);
