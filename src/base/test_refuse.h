/* SPDX-License-Identifier: ISC */
/*
 * For tests in which each single allocation fails in turn. The linker sends the rooms' allocations
 * through here (-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc); one file of a program includes it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* While @counting, the @fail_at-th allocation, counted from 0, is refused. */
static long allocations, fail_at = -1;
static bool counting;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static inline bool is_refused(void)
{
	return counting && allocations++ == fail_at;
}

void *__wrap_malloc(size_t n)
{
	return is_refused() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return is_refused() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return is_refused() ? NULL : __real_realloc(p, n);
}
