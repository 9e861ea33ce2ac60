/* SPDX-License-Identifier: ISC */
#include "cli/results.h"

#include <errno.h>
#include <string.h>

static int make_room(struct results *r)
{
	size_t room = r->room ? r->room + r->room / 2 : 64;
	struct incident **p;

	if (r->n < r->room)
		return 0;
	p = realloc(r->list, room * sizeof(struct incident *));
	if (!p)
		return -ENOMEM;
	r->list = p;
	r->room = room;
	return 0;
}

static struct incident *lean_copy(const struct results *r, const struct incident *inc)
{
	struct incident *copy = incident_copy(inc, false);

	if (copy && !r->with_series) {
		free(copy->series);
		copy->series = NULL;
		copy->f.series = NULL;
		copy->f.n_series = 0;
	}
	return copy;
}

int results_take(struct results *r, const struct incident *inc)
{
	_cleanup_incident_ struct incident *copy = NULL;
	bool created;
	size_t *at;

	if (!r->by_id)
		r->by_id = map_new(INCIDENT_ID_MAX, sizeof(size_t), RESULTS_MAX);
	if (!r->by_id || make_room(r) < 0)
		return -ENOMEM;
	if (map_count(r->by_id) == RESULTS_MAX && !map_get(r->by_id, inc->id)) {
		r->refused++;
		return 0;
	}
	copy = lean_copy(r, inc);
	at = copy ? map_put(r->by_id, inc->id, &created) : NULL;
	if (!at)
		return -ENOMEM;
	if (created)
		*at = r->n++;
	else
		incident_free(r->list[*at]);
	r->list[*at] = take_ptr(copy);
	return 0;
}

void results_sort(struct results *r)
{
	if (r->n)
		qsort(r->list, r->n, sizeof(r->list[0]), incident_by_first);
	r->by_id = map_free(r->by_id); /* its indexes mean nothing any more */
}

void results_deinit(struct results *r)
{
	for (size_t i = 0; i < r->n; i++)
		incident_free(r->list[i]);
	free(r->list);
	map_free(r->by_id);
	*r = (struct results){0};
}
