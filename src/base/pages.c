/* SPDX-License-Identifier: ISC */
#include "base/pages.h"

#include <sys/mman.h>

#define HUGE_BYTES (2u << 20)

static size_t whole(size_t bytes)
{
	return (bytes + HUGE_BYTES - 1) / HUGE_BYTES * HUGE_BYTES;
}

void *pages_map(size_t bytes)
{
	void *p = mmap(NULL, whole(bytes), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	madvise(p, whole(bytes), MADV_HUGEPAGE); /* may be refused: then it is slower */
	return p;
}

void pages_unmap(void *p, size_t bytes)
{
	if (p)
		munmap(p, whole(bytes));
}
