/* SPDX-License-Identifier: ISC */
/*
 * How many protected objects are under attack over a link. It makes an incident worse, so whoever
 * shares a link is judged again when an incident comes to it or leaves it: what is known of one
 * never depends on when it was told last.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "duty/duty_inside.h"

#define LINK_SHARE 0.1 /* of an incident, to be a link of it */

static void name_link(const struct incident *inc, unsigned i, char *buf)
{
	if (inc->links[i].link[0])
		snprintf(buf, SEVERITY_LINK_MAX, "%s", inc->links[i].link);
	else
		snprintf(buf, SEVERITY_LINK_MAX, "%.63s#%u", inc->links[i].exporter,
			 inc->links[i].input);
}

static void add_link(struct entry *e, const char *name)
{
	for (unsigned i = 0; i < e->n_links; i++)
		if (strcmp(e->link[i], name) == 0)
			return;
	if (name[0] && e->n_links < LINKS_OF)
		memcpy(e->link[e->n_links++], name, SEVERITY_LINK_MAX);
}

bool duty_links_fill(struct entry *e)
{
	char before[LINKS_OF][SEVERITY_LINK_MAX], name[SEVERITY_LINK_MAX];
	unsigned n_before = e->n_links;

	memcpy(before, e->link, sizeof(before));
	memset(e->link, 0, sizeof(e->link));
	memset(e->main_link, 0, sizeof(e->main_link));
	e->n_links = 0;
	if (e->a.state == ALARM_ENDED || !e->incident)
		return n_before != 0;
	memset(name, 0, sizeof(name));
	severity_link(e->incident, name);
	memcpy(e->main_link, name, sizeof(name));
	/* Nothing comes over a link now from what is kept only to see whether it begins again. */
	if (e->incident->f.state == FINDING_QUIET)
		return n_before != 0;
	add_link(e, name);
	for (unsigned i = 0; i < e->incident->f.n_links; i++) {
		memset(name, 0, sizeof(name));
		name_link(e->incident, i, name);
		if (e->incident->links[i].share >= LINK_SHARE)
			add_link(e, name);
	}
	return n_before != e->n_links || memcmp(before, e->link, sizeof(before)) != 0;
}

static bool count(struct duty *d, const struct entry *e)
{
	char pair[SEVERITY_LINK_MAX + ALARM_NAME_MAX];

	for (unsigned i = 0; i < e->n_links; i++) {
		bool created = false;
		unsigned *n;

		memset(pair, 0, sizeof(pair));
		memcpy(pair, e->link[i], SEVERITY_LINK_MAX);
		memcpy(pair + SEVERITY_LINK_MAX, e->a.object, ALARM_NAME_MAX);
		if (!map_put(d->pairs, pair, &created))
			return false;
		if (!created)
			continue;
		n = map_put(d->on_link, e->link[i], NULL);
		if (!n)
			return false;
		++*n;
	}
	return true;
}

int duty_links_know(struct duty *d)
{
	if (d->links_known)
		return 0;
	map_clear(d->pairs);
	map_clear(d->on_link);
	for (size_t i = 0; i < d->n; i++)
		if (d->entry[i]->a.kind == ALARM_INCIDENT && d->entry[i]->a.object[0] &&
		    !count(d, d->entry[i]))
			return -ENOMEM;
	d->links_known = true;
	return 0;
}

unsigned duty_objects_now(struct duty *d, const struct entry *e)
{
	const unsigned *n = e->n_links ? map_get(d->on_link, e->main_link) : NULL;

	return n ? *n : 0;
}

struct links {
	char (*link)[SEVERITY_LINK_MAX];
	unsigned n;
	const struct entry *but;
};

static bool is_on(const struct entry *e, const void *arg)
{
	const struct links *l = arg;

	if (e == l->but || !e->incident || !e->main_link[0])
		return false;
	for (unsigned i = 0; i < l->n; i++)
		if (strcmp(e->main_link, l->link[i]) == 0)
			return true;
	return false;
}

int duty_links_settle(struct duty *d, char (*links)[SEVERITY_LINK_MAX], unsigned n,
		      const struct entry *but)
{
	struct links l = {links, n, but};
	_cleanup_free_ struct entry **list = NULL;
	size_t n_list;

	list = duty_list(d, is_on, &l, &n_list);
	if (!list && n_list)
		return -ENOMEM;
	for (size_t i = 0; i < n_list; i++) {
		int r = duty_settle(d, list[i]);

		if (r)
			return r;
	}
	return 0;
}
