/* SPDX-License-Identifier: ISC */
/*
 * A program that is given one message on its standard input: started by its absolute path, without
 * a shell, in a process group and with an environment of its own (PATH, LANG, NOROSHI_PAGE_ID). It
 * says that the message is through by ending with 0; what it prints is kept only as the reason of a
 * failure.
 */
#pragma once

#include <stdint.h>

#include "courier/channel.h"

/**
 * channel_program() - run @path with the @n bytes of @input, @most_s seconds at most.
 * @id: of the page. Whoever calls has SIGPIPE ignored and no other children.
 * Fills @out: a program that was ended by a signal, or by us for its time, leaves it unsure.
 */
void channel_program(const char *path, const char *id, const char *input, size_t n, uint64_t most_s,
		     struct channel_result *out);

/** channel_program_args() - the same with arguments: @args as execve(2) wants them, the program's
 * own name first, NULL last. */
void channel_program_args(const char *path, const char *const *args, const char *id,
			  const char *input, size_t n, uint64_t most_s, struct channel_result *out);
