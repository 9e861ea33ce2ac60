/* SPDX-License-Identifier: ISC */
/*
 * MaxMind DB files (specification 2.0): a binary tree over address bits whose leaves point into a
 * section of typed values. Read here and not by libmaxminddb because a file from outside must not
 * be able to crash: that library maps the file and walks nested values by recursion. Its answers
 * are what test/corpus_place.py compares with.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

#define MMDB_DEPTH_MAX 64 /* values inside each other */

enum mmdb_type {
	MMDB_EXTENDED = 0,
	MMDB_POINTER = 1,
	MMDB_STRING = 2,
	MMDB_DOUBLE = 3,
	MMDB_BYTES = 4,
	MMDB_UINT16 = 5,
	MMDB_UINT32 = 6,
	MMDB_MAP = 7,
	MMDB_INT32 = 8,
	MMDB_UINT64 = 9,
	MMDB_UINT128 = 10,
	MMDB_ARRAY = 11,
	MMDB_CONTAINER = 12,
	MMDB_END = 13,
	MMDB_BOOL = 14,
	MMDB_FLOAT = 15,
	MMDB_TYPE_COUNT
};

/* Bytes that values stand in: the data section, or the metadata. */
struct mmdb_section {
	const uint8_t *p;
	size_t n;
	uint64_t budget;   /* values that may still be looked at */
	const char *wrong; /* why something was refused, and where */
	size_t wrong_at;
};

struct mmdb_value {
	enum mmdb_type type;
	size_t at;    /* of its bytes, or of what it holds */
	size_t size;  /* bytes; of maps and arrays the number of entries */
	size_t start; /* of the value itself, where a pointer led */
	size_t after; /* where the next value stands, behind a pointer where there was one */
	bool pointed;
};

struct mmdb {
	const uint8_t *tree;
	uint32_t nodes, bits; /* bits of a record: 24, 28 or 32 */
	unsigned ip_version;
	uint64_t epoch_s; /* 0 not said */
	size_t data_at;	  /* of the data section in the file */
	struct mmdb_section data;
};

/**
 * mmdb_open() - find the parts of a database in @n bytes, which must outlive it.
 * Return: 0, or 1 with "OFFSET: sentence" in @why.
 */
int mmdb_open(struct mmdb *db, const uint8_t *bytes, size_t n, struct text *why);

/** mmdb_is() - is the mark of a MaxMind database in the last 128 KiB of these bytes? */
bool mmdb_is(const uint8_t *p, size_t n, bool whole);

/** mmdb_child() - what node @node has on @side (0, 1). */
uint32_t mmdb_child(const struct mmdb *db, uint32_t node, unsigned side);

/** mmdb_value_at() - the value at @at; a pointer is followed. Return: false, and s->wrong. */
bool mmdb_value_at(struct mmdb_section *s, size_t at, struct mmdb_value *v);

/** mmdb_check() - is everything that hangs on the value at @at as the specification says? */
bool mmdb_check(struct mmdb_section *s, size_t at);

/** mmdb_find() - the value under @key of the map at @at. Return: false: not there, or no map. */
bool mmdb_find(struct mmdb_section *s, size_t at, const char *key, struct mmdb_value *v);

/** mmdb_number() - an unsigned value of at most 64 bits. */
bool mmdb_number(const struct mmdb_section *s, const struct mmdb_value *v, uint64_t *out);

/** mmdb_string() - a string into @out (@room bytes with its NUL), cut where it is longer. */
bool mmdb_string(const struct mmdb_section *s, const struct mmdb_value *v, char *out, size_t room);
