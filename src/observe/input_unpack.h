/* SPDX-License-Identifier: ISC */
/*
 * Decompressors as stages: each pulls packed bytes from the stage below and gives unpacked ones.
 * One row of `unpackers` per format. Private to input*.c.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "observe/input.h"

/** A stage of an input; read() gives 0 at the end and never fails but by `ended`. */
struct stage {
	size_t (*read)(struct stage *s, uint8_t *to, size_t room);
	void (*close)(struct stage *s); /* frees the stage, not the one below */
	struct stage *below;		/* borrowed */
	enum input_end ended;
	int error; /* errno of INPUT_IO */
};

#define UNPACK_MAGIC_MAX 6

/**
 * unpack_new() - a stage over @below for the format that begins with @magic (@n bytes, which are
 * put before what @below gives).
 * @name: the format's name. Return: the stage; NULL with *@name NULL when the bytes begin no packed
 * stream; NULL with *@name set without memory.
 */
struct stage *unpack_new(struct stage *below, const uint8_t *magic, size_t n, const char **name);
