/* SPDX-License-Identifier: ISC */
/*
 * The checked cursor: the only way to read bytes from outside. Reads past the end give zero and set
 * a sticky error, so a decoder reads a whole structure and tests once.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
	const uint8_t *p, *end;
	bool failed;
};

static inline struct cursor cursor_over(const void *data, size_t n)
{
	return (struct cursor){.p = data, .end = (const uint8_t *)data + n};
}

static inline size_t cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->p);
}

static inline bool cursor_ok(const struct cursor *c)
{
	return !c->failed;
}

/** cursor_take() - the next @n bytes, borrowed from the buffer; NULL and failed when fewer. */
static inline const uint8_t *cursor_take(struct cursor *c, size_t n)
{
	const uint8_t *p = c->p;

	if (cursor_left(c) < n) {
		c->failed = true;
		c->p = c->end;
		return NULL;
	}
	c->p += n;
	return p;
}

/** cursor_skip() - pass @n bytes; false and failed when fewer are left. */
static inline bool cursor_skip(struct cursor *c, size_t n)
{
	return cursor_take(c, n) != NULL || (n == 0 && !c->failed);
}

/** cursor_sub() - a cursor over the next @n bytes, which are passed; failed when fewer. */
static inline struct cursor cursor_sub(struct cursor *c, size_t n)
{
	const uint8_t *p = cursor_take(c, n);

	if (!p)
		return (struct cursor){.p = c->end, .end = c->end, .failed = c->failed};
	return cursor_over(p, n);
}

static inline uint8_t cursor_u8(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 1);

	return p ? *p : 0;
}

static inline uint16_t cursor_be16(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

static inline uint32_t cursor_be32(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 4);

	return p ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

static inline uint64_t cursor_be64(struct cursor *c)
{
	uint64_t hi = cursor_be32(c);

	return hi << 32 | cursor_be32(c);
}

static inline uint16_t cursor_le16(struct cursor *c)
{
	return __builtin_bswap16(cursor_be16(c));
}

static inline uint32_t cursor_le32(struct cursor *c)
{
	return __builtin_bswap32(cursor_be32(c));
}

static inline uint64_t cursor_le64(struct cursor *c)
{
	return __builtin_bswap64(cursor_be64(c));
}

/** be16_at(), be32_at() - a big-endian number at @p, already bounds-checked: one load, one swap. */
static inline uint16_t be16_at(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap16(v);
}

static inline uint32_t be32_at(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap32(v);
}

/** be_uint() - a big-endian number of 1 to 8 bytes, already bounds-checked by cursor_take(). */
static inline uint64_t be_uint(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}
