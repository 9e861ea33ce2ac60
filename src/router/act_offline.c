/* SPDX-License-Identifier: ISC */
/* The checks of a start without the role: the same code on the same rows, and nothing begins. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "router/act_inside.h"

static int open_store(struct act *a, struct text *why)
{
	int r;

	if ((size_t)snprintf(a->dir, sizeof(a->dir), "%s", a->conf->db) >= sizeof(a->dir) ||
	    !*a->dir) {
		text_add(why, "which store? say --db DIR, or a configuration that names one\n");
		return ACT_STORE;
	}
	/* A command makes no store: where there is none, there is nothing to act on. */
	r = store_open(a->dir, STORE_ANY, STORE_READ, NULL, &a->watch);
	a->watch = r ? NULL : store_close(a->watch);
	if (r) {
		text_printf(why, "%s: %s\n", a->dir, store_answer(r, "en"));
		return r == -ENOMEM ? r : ACT_STORE;
	}
	return act_open_desk(a, why);
}

int act_offline(const struct act_options *o, const json_t *request, json_t **reply,
		struct text *why)
{
	struct act_client nobody = {.id = 1, .uid = geteuid()};
	struct act *a = calloc(1, sizeof(*a));
	int r;

	*reply = NULL;
	if (!a)
		return -ENOMEM;
	a->o = o;
	a->offline = true;
	a->lock = a->notify = a->hurry = a->door = -1;
	r = act_conf(a, why);
	r = r ? r : act_new_tables(a);
	r = r ? r : open_store(a, why);
	r = r ? r : act_request(a, &nobody, request);
	if (r == 0)
		*reply = json_incref(a->offline_reply);
	act_close(a);
	return r ? r : *reply ? ACT_GOOD : -ENOMEM;
}
