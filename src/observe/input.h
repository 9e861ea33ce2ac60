/* SPDX-License-Identifier: ISC */
/*
 * A stream of bytes from a file, a pipe or standard input, unpacked by content (gzip, bzip2, xz,
 * zstd, also one inside another). Read in large pieces into one window that the formats look into:
 * no copy per packet, and a file that grows or is cut while it is read is simply a stream that ends
 * sooner or later (a mapping would fault, and is no faster: walking a pcap of 111 bytes a packet
 * took 30 ns a packet by reads and 33 to 39 by mmap, with and without populating it, in a guest).
 * Memory is bounded whatever the input unpacks to, and so is time: fifty bytes, compressed twice,
 * would be lines to read for hours. Frames of zeros that differ in a time stamp come to some
 * hundred times their size, the best that gzip can do is 1,032. A compressed file is unpacked on a
 * thread of its own (input_ahead.h), which changes nothing else.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define INPUT_WINDOW	 (512u << 10) /* what is read ahead */
#define INPUT_PEEK_MAX	 (16u << 20)  /* most that input_peek() can show at once */
#define INPUT_NESTED_MAX 2	      /* compressions inside each other */
#define INPUT_SWELLS_MAX 4000	      /* times what was read, once it is over */
#define INPUT_SWELLS_MIN (16u << 20)  /* so many bytes */

struct input;

/** Why a stream ended. */
enum input_end {
	INPUT_GOOD,	 /* at its end, or not there yet */
	INPUT_TRUNCATED, /* the compressed stream ends in its middle */
	INPUT_CORRUPT,	 /* it does not unpack from here on */
	INPUT_TRAILING,	 /* bytes behind the last compressed member, which were left out */
	INPUT_SWOLLEN,	 /* it unpacks to more than any data do, and was left there */
	INPUT_IO,	 /* read(2) failed, see input_errno() */
};

/**
 * input_open() - open @path ("-" is standard input, which stays open).
 * Return: 0; 1 when it cannot be opened or is a directory (@why says so); -ENOMEM.
 */
int input_open(struct input **inp, const char *path, struct text *why);

/** input_open_memory() - the same over bytes that must outlive it (tests, fuzzing). */
int input_open_memory(struct input **inp, const uint8_t *data, size_t n);
struct input *input_free(struct input *in);

/**
 * input_peek() - make the next @want bytes (at most INPUT_PEEK_MAX) visible without passing them.
 * @p: where they are, valid until the next call for this input.
 * Return: how many are there: at least @want, fewer only at the end of the stream.
 */
size_t input_peek(struct input *in, size_t want, const uint8_t **p);

/** input_consume() - pass @n bytes that input_peek() showed. */
void input_consume(struct input *in, size_t n);

/** input_skip() - pass @n bytes, seen or not. Return: false when the stream ends before. */
bool input_skip(struct input *in, uint64_t n);

/** input_passed() - uncompressed bytes passed so far. */
uint64_t input_passed(const struct input *in);

/** input_progress() - bytes of the file read, and its size (0 when it has none, as a pipe). */
void input_progress(const struct input *in, uint64_t *done, uint64_t *total);

/** input_compression() - "none", "gzip", "bzip2", "xz", "zstd"; the outermost. */
const char *input_compression(const struct input *in);

/** input_ended() - INPUT_GOOD until a peek or skip has asked for more than there is. */
enum input_end input_ended(const struct input *in);
int input_errno(const struct input *in);
