/* SPDX-License-Identifier: ISC */
/*
 * Measures as the duty has them: what whoever is on call, or an attacked customer, is told of. A
 * row that is not ours is counted and left out, since nobody shall rely on it.
 */
#pragma once

#include "act/measure.h"
#include "duty/measures.h"
#include "store/desk_act.h"

/** measure_for_duty() - the same measure in the duty's words. */
void measure_for_duty(const struct measure *m, struct duty_measure *out);

/* Owned; all zero is none. */
struct duty_measure_list {
	struct duty_measure *list; /* oldest first */
	unsigned n, room;
	unsigned forged; /* rows left out: not ours, or not readable */
};

void duty_measure_list_deinit(struct duty_measure_list *l);
#define _cleanup_duty_measures_ _cleanup_(duty_measure_list_deinit)

/** duty_measure_list_read() - instead of what is in @l: all that stand or wait, and those that
 * changed since @since_us. Return: 0, an answer of the store, or -ENOMEM. */
int duty_measure_list_read(struct duty_measure_list *l, struct desk_db *desk, int64_t since_us);

/** duty_measure_list_of() - the same of all against one incident, by its whole id. */
int duty_measure_list_of(struct duty_measure_list *l, struct desk_db *desk, const char *incident);

static inline struct duty_measures duty_measure_list_all(const struct duty_measure_list *l)
{
	return (struct duty_measures){.list = l->list, .n = l->n};
}
