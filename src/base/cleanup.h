/* SPDX-License-Identifier: ISC */
/*
 * Ownership by scope. A local that owns something is declared with _cleanup_(f); on success it is
 * moved out with take_ptr(). Every x_free() accepts NULL and returns NULL, so that
 * `x = x_free(x)` leaves no dangling name.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f)		  __attribute__((__cleanup__(f)))
#define _public_printf_(fmt, arg) __attribute__((__format__(__printf__, fmt, arg)))
#define ARRAY_LEN(a)		  (sizeof(a) / sizeof((a)[0]))

static inline void free_ptr(void *p)
{
	free(*(void **)p);
}

static inline void close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define _cleanup_free_	 _cleanup_(free_ptr)
#define _cleanup_close_	 _cleanup_(close_fd)
#define _cleanup_fclose_ _cleanup_(close_file)

/** take_ptr() - move an owned pointer out of a _cleanup_ variable, which is left NULL. */
#define take_ptr(p)                                                                                \
	__extension__({                                                                            \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})
