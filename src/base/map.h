/* SPDX-License-Identifier: ISC */
/*
 * A map from fixed-size keys to fixed-size values, for tables off the hot path (templates, links,
 * exporters, scores). Keys are compared as bytes: clear the padding. Entries keep their order of
 * insertion, so walking a map gives the same order on every run. Growth is bounded by @limit.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map;

/**
 * map_new() - an empty map.
 * @limit: most entries it may hold; 0 means no limit of its own.
 * Return: the map, or NULL without memory.
 */
struct map *map_new(size_t key_size, size_t value_size, size_t limit);
struct map *map_free(struct map *m);

/** map_get() - the value of @key, or NULL. Valid until the next map_put() or map_remove(). */
void *map_get(const struct map *m, const void *key);

/**
 * map_put() - the value of @key, made (all zero) where it was not there.
 * @created: says which, may be NULL.
 * Return: the value, or NULL when the map is full or memory is out.
 */
void *map_put(struct map *m, const void *key, bool *created);

/** map_remove() - true when @key was there. Order of the others is kept. */
bool map_remove(struct map *m, const void *key);
void map_clear(struct map *m);
size_t map_count(const struct map *m);

/**
 * map_next() - walk in order of insertion; start with *@at = 0.
 * Return: false at the end. @key and @value may be NULL.
 */
bool map_next(const struct map *m, size_t *at, const void **key, void **value);
