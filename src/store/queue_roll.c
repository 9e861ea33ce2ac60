/* SPDX-License-Identifier: ISC */
/* Rows of roll-ups that wait: what comes again of the same hour is merged into what is there. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/queue.h"

#define ROLLS_MAX 32768

struct roll_key {
	int64_t hour_us;
	uint64_t track;
	char object[CONF_NAME_MAX];
};

static struct roll_key key_of(const struct roll_row *row)
{
	struct roll_key key;

	memset(&key, 0, sizeof(key));
	key.hour_us = row->hour_us;
	key.track = row->track;
	memcpy(key.object, row->object, strnlen(row->object, sizeof(key.object) - 1));
	return key;
}

int queue_init_rolls(struct queue *q)
{
	q->rolls = map_new(sizeof(struct roll_key), sizeof(struct roll_row), ROLLS_MAX);
	return q->rolls ? 0 : -ENOMEM;
}

int queue_put_roll(struct queue *q, const struct roll_row *row)
{
	struct roll_key key = key_of(row);
	bool created;
	struct roll_row *to = map_put(q->rolls, &key, &created);

	if (!to) {
		q->dropped++;
		return STORE_FULL;
	}
	if (created)
		*to = *row;
	else
		roll_merge(to, row);
	return 0;
}

void queue_take_rolls(struct queue *q, struct taken *t)
{
	size_t n = map_count(q->rolls);
	void *value;

	t->rolls = n ? malloc(n * sizeof(*t->rolls)) : NULL;
	t->batch.rolls = t->rolls;
	if (!t->rolls)
		return; /* without memory they wait for the next turn */
	for (size_t at = 0; map_next(q->rolls, &at, NULL, &value);)
		t->rolls[t->batch.n_rolls++] = *(struct roll_row *)value;
	map_clear(q->rolls);
}

void queue_put_back_rolls(struct queue *q, const struct taken *t)
{
	for (size_t i = 0; i < t->batch.n_rolls; i++)
		queue_put_roll(q, &t->rolls[i]);
}
