/* SPDX-License-Identifier: ISC */
/*
 * The templates of one observation domain. Full is full: what was neither told nor used for half an
 * hour gives way, else the new one is refused.
 */
#include "observe/template.h"

#include <errno.h>

#include "base/cleanup.h"

/*
 * A full table is swept at most so often. Else each template that is refused walks all the others:
 * 1.1 ms for a datagram of 172 templates.
 */
#define SWEEP_US (INT64_C(60) * 1000000)

static void free_template(struct template **t)
{
	template_free(*t);
}

struct template *template_table_find(struct template_table *tt, uint16_t id)
{
	struct template **recent = &tt->recent[id % TEMPLATES_RECENT];
	struct template *const *t;

	if (*recent && (*recent)->id == id)
		return *recent;
	t = tt->by_id ? map_get(tt->by_id, &id) : NULL;
	if (!t)
		return NULL;
	return *recent = *t;
}

void template_table_remove(struct template_table *tt, uint16_t id, size_t *account)
{
	struct template *t = template_table_find(tt, id);

	if (!t)
		return;
	*account -= t->bytes;
	tt->n_kind[t->options]--;
	tt->recent[id % TEMPLATES_RECENT] = NULL;
	map_remove(tt->by_id, &id);
	template_free(t);
}

/* Removing leaves the places of the others in the map as they are, so the walk may go on. */
static void remove_where(struct template_table *tt, bool (*drop)(const struct template *, int64_t),
			 int64_t arg, size_t *account)
{
	size_t at = 0;
	void *value;

	while (tt->by_id && map_next(tt->by_id, &at, NULL, &value)) {
		const struct template *t = *(struct template **)value;

		if (drop(t, arg))
			template_table_remove(tt, t->id, account);
	}
}

static bool is_kind(const struct template *t, int64_t options)
{
	return t->options == (options != 0);
}

static bool is_idle(const struct template *t, int64_t before_us)
{
	return t->used_us < before_us;
}

void template_table_remove_kind(struct template_table *tt, bool options, size_t *account)
{
	/* Many withdrawals fit into a datagram: most of them shall find nothing to walk for. */
	if (tt->n_kind[options])
		remove_where(tt, is_kind, options, account);
}

void template_table_expire(struct template_table *tt, int64_t before_us, size_t *account)
{
	remove_where(tt, is_idle, before_us, account);
}

void template_table_shift(struct template_table *tt, int64_t by_us)
{
	size_t at = 0;
	void *value;

	while (tt->by_id && map_next(tt->by_id, &at, NULL, &value))
		(*(struct template **)value)->used_us += by_us;
	tt->swept_us += by_us;
}

static bool any(const struct template *t, int64_t arg)
{
	return true;
}

void template_table_deinit(struct template_table *tt, size_t *account)
{
	remove_where(tt, any, 0, account);
	tt->by_id = map_free(tt->by_id);
}

static bool is_full(const struct template_table *tt, const struct template *t, size_t account)
{
	return map_count(tt->by_id) >= TEMPLATES_PER_DOMAIN ||
	       account + t->bytes > TEMPLATE_BYTES_PER_EXPORTER;
}

static void make_room(struct template_table *tt, size_t *account, int64_t now_us)
{
	if (now_us >= tt->swept_us && now_us - tt->swept_us < SWEEP_US)
		return;
	tt->swept_us = now_us;
	template_table_expire(tt, now_us - TEMPLATE_IDLE_US, account);
}

int template_table_put(struct template_table *tt, struct template *t_take, size_t *account,
		       int64_t now_us)
{
	_cleanup_(free_template) struct template *t = t_take;
	struct template *old = template_table_find(tt, t->id);
	struct template **slot;

	t->used_us = now_us;
	if (old && template_same(old, t)) {
		old->used_us = now_us;
		return 0;
	}
	template_table_remove(tt, t->id, account);
	if (!tt->by_id)
		tt->by_id = map_new(sizeof(uint16_t), sizeof(struct template *), 0);
	if (!tt->by_id)
		return -ENOMEM;
	if (is_full(tt, t, *account))
		make_room(tt, account, now_us);
	if (is_full(tt, t, *account))
		return 1;
	slot = map_put(tt->by_id, &t->id, NULL);
	if (!slot)
		return -ENOMEM;
	*account += t->bytes;
	tt->n_kind[t->options]++;
	*slot = take_ptr(t);
	return 0;
}
