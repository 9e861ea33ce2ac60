/* SPDX-License-Identifier: ISC */
/*
 * How a finding becomes an incident, and how two parts of one attack (before and after a restart)
 * become one. Inside the room only.
 */
#pragma once

#include "conf/conf.h"
#include "judge/incident.h"
#include "observe/exporter.h"

/**
 * incident_fill() - the picture of @f in @inc, with names in place of numbers, the protected object
 * and its tests. What @inc already has of evidence is kept, as evidence only grows.
 * Return: 0 or -ENOMEM.
 */
int incident_fill(struct incident *inc, const struct finding *f, struct exporters *exporters,
		  const struct conf *conf);

/**
 * incident_continue() - add @before, the stored part, to a freshly filled @now: id and first of
 * @before, sums added, peaks the larger, sources and classes "at least".
 * Return: 0 or -ENOMEM.
 */
int incident_continue(struct incident *now, const struct incident *before);

/** incident_add_gap() - a time without watch; touching gaps join, beyond the most the two nearest.
 */
void incident_add_gap(struct incident *inc, int64_t from_us, int64_t until_us);

/** incident_sort_series() - by link, then start; equal rows are summed, the middle cut at the cap.
 */
void incident_sort_series(struct incident *inc);

/** incident_share_links() - shares of bytes, then order: most bytes first, ties by name. */
void incident_share_links(struct incident *inc);
