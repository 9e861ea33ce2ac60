/* SPDX-License-Identifier: ISC */
/*
 * What happens next: a heap of event nodes in order of time, ties in order of their making. Nodes
 * come from a pool that grows in chunks up to a cap; firing one costs no allocation.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NODE_STATE 128

struct drill;

/* A source of packets: emits what is due and says when it wants to be called again. */
struct node {
	int64_t at_ns;
	/** Return: time of the next event, TIME_NONE when it is done; -errno in *@error stops. */
	int64_t (*fire)(struct drill *d, struct node *n, int *error);
	_Alignas(8) uint8_t state[NODE_STATE];
};

struct schedule;

/** schedule_new() - empty; holds at most @cap nodes at a time. */
struct schedule *schedule_new(uint32_t cap);
struct schedule *schedule_free(struct schedule *s);

/** schedule_add() - a node that fires at @at_ns with zeroed state; NULL when full. */
struct node *schedule_add(struct schedule *s, int64_t at_ns,
			  int64_t (*fire)(struct drill *d, struct node *n, int *error));

/** schedule_peek() - time of the next event, or TIME_NONE when nothing is left. */
int64_t schedule_peek(const struct schedule *s);

/** schedule_step() - fire the next event. Return: 0 or the negative error it stopped with. */
int schedule_step(struct schedule *s, struct drill *d);
