/* SPDX-License-Identifier: ISC */
#include "detect/cell_pool.h"

#include <errno.h>
#include <sys/mman.h>

#define HUGE_BYTES (2u << 20)

/* Zeroed, at a line's begin; pages are only there when they are touched. */
static void *map_lines(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	madvise(p, bytes, MADV_HUGEPAGE); /* may be refused: then it is slower */
	return p;
}

static size_t whole_pages(size_t bytes)
{
	return (bytes + HUGE_BYTES - 1) / HUGE_BYTES * HUGE_BYTES;
}

int cell_pool_init(struct cell_pool *p, size_t sets)
{
	*p = (struct cell_pool){.sets = sets};
	p->cell = map_lines(whole_pages(sets * CELL_WAYS * sizeof(*p->cell)));
	p->meta = map_lines(whole_pages(sets * sizeof(*p->meta)));
	return p->cell && p->meta ? 0 : -ENOMEM;
}

void cell_pool_deinit(struct cell_pool *p)
{
	if (p->cell)
		munmap(p->cell, whole_pages(p->sets * CELL_WAYS * sizeof(*p->cell)));
	if (p->meta)
		munmap(p->meta, whole_pages(p->sets * sizeof(*p->meta)));
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
