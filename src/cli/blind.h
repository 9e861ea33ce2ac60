/* SPDX-License-Identifier: ISC */
/*
 * Beside every "nothing seen": the smallest attack of each vector that would have been seen, given
 * the thresholds, the sampling of the exporters and the time they hold a flow back.
 */
#pragma once

#include <jansson.h>

#include "base/text.h"
#include "conf/conf.h"
#include "observe/exporter.h"

#define BLIND_CONFIDENCE 0.95

/**
 * blind_json() - an array with one object for each way of exporting that is in use (sampling factor
 * and delay): its exporters, and for each vector the smallest rate seen within 1, 10 and 60 s.
 * Where no exporter has told anything yet the array is empty. Owned; NULL without memory.
 */
json_t *blind_json(const struct conf *conf, struct exporters *exporters);

/**
 * blind_text() - one line for each way of exporting: "within 10 s at 95 %: 2,500 packets/s: ...".
 * @language: "en" or "ja".
 */
void blind_text(const json_t *blind, const char *language, struct text *out);
