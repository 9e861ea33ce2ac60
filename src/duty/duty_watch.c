/* SPDX-License-Identifier: ISC */
/*
 * Heightened watches while on duty: when each holds, kept until the next of these times passes, and
 * which of them an alarm falls under. What a watch is, heightened.h says.
 */
#include <errno.h>
#include <stdlib.h>

#include "duty/duty_inside.h"

/* The next moment at which a watch begins or ends. */
static int64_t next_change(const struct duty *d)
{
	int64_t next_us = WAKE_NEVER;

	for (size_t i = 0; i < d->conf->n_heightened; i++) {
		if (d->watch[i].from_us > d->now_us)
			next_us = earlier(next_us, d->watch[i].from_us);
		if (d->watch[i].until_us > d->now_us)
			next_us = earlier(next_us, d->watch[i].until_us);
	}
	return next_us;
}

int duty_watches_know(struct duty *d)
{
	size_t n = d->conf->n_heightened;

	if (!n || (d->watch && d->now_us < d->watch_check_us && d->now_us >= d->watch_known_us))
		return 0;
	if (!d->watch) {
		d->watch = calloc(n, sizeof(*d->watch));
		if (!d->watch)
			return -ENOMEM;
	}
	for (size_t i = 0; i < n; i++)
		if (!heightened_time(&d->conf->heightened[i], d->calendar, d->now_us, &d->watch[i]))
			d->watch[i] = (struct heightened_time){0}; /* of an event nobody knows */
	d->watch_check_us = next_change(d);
	d->watch_known_us = d->now_us;
	return 0;
}

static bool is_looked_at(const struct conf *c, const struct conf_heightened *h,
			 const struct entry *e)
{
	if (e->a.kind != ALARM_INCIDENT)
		return !h->n_objects && !h->n_services;
	return e->incident ? heightened_covers_incident(h, c, e->incident)
			   : heightened_covers(h, c, e->a.object);
}

const struct conf_heightened *duty_watch_of(struct duty *d, const struct entry *e,
					    int64_t *change_us)
{
	const struct conf_heightened *found = NULL;

	if (!d->watch)
		return NULL;
	*change_us = earlier(*change_us, d->watch_check_us);
	for (size_t i = 0; i < d->conf->n_heightened; i++) {
		const struct conf_heightened *h = &d->conf->heightened[i];

		if (heightened_holds(&d->watch[i], d->now_us) &&
		    (!found || h->page_from > found->page_from) && is_looked_at(d->conf, h, e))
			found = h;
	}
	return found;
}
