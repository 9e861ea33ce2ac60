/* SPDX-License-Identifier: ISC */
/* A router that takes everything and does nothing: for tests, and for trying a configuration. */
#include <errno.h>
#include <stdlib.h>

#include "router/router.h"

struct null_router {
	struct router r;
	router_told told;
	void *userdata;
};

static int null_open(const struct conf *conf, const struct conf_neighbor *n, struct loop *loop,
		     router_told told, void *userdata, struct router **out, struct text *why)
{
	struct null_router *x = calloc(1, sizeof(*x));

	if (!x)
		return -ENOMEM;
	x->r = (struct router){.ops = &router_null, .neighbor = n, .is_up = true};
	x->told = told;
	x->userdata = userdata;
	*out = &x->r;
	return 0;
}

static struct router *null_close(struct router *r)
{
	free(r);
	return NULL;
}

static int null_apply(struct router *r, const struct measure *m)
{
	struct null_router *x = (struct null_router *)r;

	x->told(x->userdata, r, ROUTER_HAS, m->id, "");
	return 0;
}

static int null_take_away(struct router *r, const struct measure *m)
{
	struct null_router *x = (struct null_router *)r;

	x->told(x->userdata, r, ROUTER_HAS_NOT, m->id, "");
	return 0;
}

static int null_counter(struct router *r, const struct measure *m, uint64_t *packets,
			uint64_t *bytes)
{
	return 1;
}

const struct router_ops router_null = {
	.name = "null",
	.open = null_open,
	.close = null_close,
	.apply = null_apply,
	.take_away = null_take_away,
	.counter = null_counter,
};
