/* SPDX-License-Identifier: ISC */
#include "detect/cell_pool.h"

#include <errno.h>

#include "base/pages.h"

int cell_pool_init(struct cell_pool *p, size_t sets)
{
	*p = (struct cell_pool){.sets = sets};
	p->cell = pages_map(sets * CELL_WAYS * sizeof(*p->cell));
	p->meta = pages_map(sets * sizeof(*p->meta));
	return p->cell && p->meta ? 0 : -ENOMEM;
}

void cell_pool_deinit(struct cell_pool *p)
{
	pages_unmap(p->cell, p->sets * CELL_WAYS * sizeof(*p->cell));
	pages_unmap(p->meta, p->sets * sizeof(*p->meta));
	*p = (struct cell_pool){0};
}

bool cell_pool_take(struct cell_pool *p, uint32_t *set)
{
	size_t n = atomic_load_explicit(&p->given, memory_order_relaxed);

	do {
		if (n >= p->sets)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&p->given, &n, n + 1, memory_order_relaxed,
							memory_order_relaxed));
	*set = (uint32_t)n;
	return true;
}
