/* SPDX-License-Identifier: ISC */
/*
 * Pieces of 32-bit words, each different one kept once. What millions of prefixes say are a few
 * hundred thousand different things.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct place_pool {
	uint32_t *w;
	size_t n, room; /* words */
	uint32_t *slots;
	size_t n_slots, used;
	unsigned fixed; /* words of each piece; 0: each has its own length, in front of it */
};

/** place_pool_init() - with the empty piece as id 0. Return: 0 or -ENOMEM. */
int place_pool_init(struct place_pool *p, unsigned fixed);
void place_pool_deinit(struct place_pool *p);

/**
 * place_pool_put() - the id of the piece @words, kept when it is new. An id is the number of the
 * piece where all are of one length, else where its length stands.
 * @n: words; @fixed where that is not 0.
 * Return: 0, -ENOMEM, or -EFBIG at 2^31 words.
 */
int place_pool_put(struct place_pool *p, const uint32_t *words, size_t n, uint32_t *id);

/** place_pool_text() - the same for a text of at most 255 bytes; a longer one is cut. */
int place_pool_text(struct place_pool *p, const char *text, uint32_t *id);

/** place_pool_at() - the words of piece @id, which this pool gave. */
const uint32_t *place_pool_at(const struct place_pool *p, uint32_t id, size_t *n);
