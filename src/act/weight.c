/* SPDX-License-Identifier: ISC */
#include "act/weight.h"

#include "act/plan.h"

struct weight weight_of(const struct plan_option *o, unsigned severity, int64_t since_us)
{
	struct weight w = {.severity = severity, .bps = -1, .since_us = since_us};

	if (o->before_bps >= 0 && o->after_bps >= 0)
		w.bps = o->before_bps > o->after_bps ? o->before_bps - o->after_bps : 0;
	else if (o->before_bps >= 0 && o->reach >= 0 && o->covers >= 0)
		w.bps = o->before_bps * o->reach * o->covers;
	return w;
}

static unsigned rank(const struct weight *w)
{
	return w->severity >= 1 && w->severity <= 4 ? 5 - w->severity : 0;
}

int weight_compare(const struct weight *a, const struct weight *b)
{
	if (rank(a) != rank(b))
		return rank(a) < rank(b) ? -1 : 1;
	if (a->bps != b->bps)
		return a->bps < b->bps ? -1 : 1;
	return a->since_us < b->since_us ? -1 : a->since_us > b->since_us;
}
