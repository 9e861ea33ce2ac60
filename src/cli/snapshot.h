/* SPDX-License-Identifier: ISC */
/*
 * The pieces of a status, as JSON: what the exporters told, what was refused and why. `watch` puts
 * them into the store each second, `read` prints them at its end.
 */
#pragma once

#include <jansson.h>

#include "detect/detect.h"
#include "observe/exporter.h"

/** exporter_json() - one exporter's figures. Owned; NULL without memory. */
json_t *exporter_json(const struct exporter *e);

/** exporters_json() - all of them that are configured or have told something. */
json_t *exporters_json(struct exporters *t);

/** refusals_json() - {reason: {count, bytes}}, only what was refused. */
json_t *refusals_json(const struct refusals *r);

/** detect_json() - tables, evictions and memory of the detectors. */
json_t *detect_json(const struct detect *d);

/** time_json() - RFC 3339 UTC, or null for TIME_NONE. */
json_t *time_json(int64_t us);
