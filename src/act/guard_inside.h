/* SPDX-License-Identifier: ISC */
/* What each rule of the guard looks at. Inside the room only. */
#pragma once

#include "act/guard.h"
#include "act/plan.h"

struct guard_look {
	const struct plan_option *o;
	const struct incident *inc;
	const struct conf *conf;
	const struct guard_world *w;
	char what[GUARD_WHAT_MAX]; /* what a rule that refuses is about */
};

/* True where it refuses, with what it is about in @k->what. */
typedef bool (*guard_fn)(struct guard_look *k);

/* guard_prefix.c: where a measure may reach. */
bool guard_no_destination(struct guard_look *k);
bool guard_default(struct guard_look *k);
bool guard_foreign(struct guard_look *k);
bool guard_never(struct guard_look *k);
bool guard_short(struct guard_look *k);
bool guard_beyond(struct guard_look *k);
bool guard_shared(struct guard_look *k);
bool guard_source(struct guard_look *k);

/* guard_others.c: who else is taken along. */
bool guard_others(struct guard_look *k);

/* guard_evidence.c: what it rests on. */
bool guard_is_false(struct guard_look *k);
bool guard_ended(struct guard_look *k);
bool guard_unlisted(struct guard_look *k);
bool guard_broken(struct guard_look *k);
bool guard_one_exporter(struct guard_look *k);
bool guard_sampling(struct guard_look *k);

/* guard_router.c: whom it would be told to. */
bool guard_drill(struct guard_look *k);
bool guard_frozen(struct guard_look *k);
bool guard_point(struct guard_look *k);
bool guard_budget(struct guard_look *k);
bool guard_rate(struct guard_look *k);

/* guard_sayable.c: whether it can be told at all. */
bool guard_unsayable(struct guard_look *k);
