/* SPDX-License-Identifier: ISC */
/*
 * A stage that reads the one below it on a thread of its own, so that what was unpacked is decoded
 * while the next piece is being unpacked. Private to input*.c.
 */
#pragma once

#include "observe/input_unpack.h"

#define AHEAD_ROOM (1u << 20) /* unpacked bytes that wait at most */

/**
 * ahead_new() - begin to read @below ahead. Until the stage's read() has given 0 or the stage is
 * closed, @below and all beneath it belong to the thread. Closing waits for one read() of theirs.
 * Return: NULL where there is no memory or no thread for it; @below is untouched then.
 */
struct stage *ahead_new(struct stage *below);
