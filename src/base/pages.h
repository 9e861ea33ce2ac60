/* SPDX-License-Identifier: ISC */
/*
 * Large memory in huge pages where the system has them: what is looked up at random all over it
 * costs more in page tables than in memory.
 */
#pragma once

#include <stddef.h>

/**
 * pages_map() - @bytes of zeroes, at the begin of a page; memory is taken as it is touched. Owned,
 * to be given back with pages_unmap(). Return: NULL without memory.
 */
void *pages_map(size_t bytes);

/** pages_unmap() - @p: what pages_map() gave for @bytes, or NULL. */
void pages_unmap(void *p, size_t bytes);
