/* SPDX-License-Identifier: ISC */
/*
 * Walks over the schema. They recurse over its rows, which are fixed and four deep, never over
 * input.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/schema.h"
#include "conf/value.h"

#define LIST_ROOM_MIN 4

size_t *list_count(const struct conf_key *k, const void *base)
{
	return (size_t *)(void *)((uint8_t *)(uintptr_t)base + k->list->count);
}

static uint8_t *list_items(const struct conf_key *k, const void *base)
{
	void *field = schema_field(k, base);

	return k->list->in_place ? field : *(uint8_t **)field;
}

void *list_item(const struct conf_key *k, const void *base, size_t i)
{
	return list_items(k, base) + i * k->list->item.size;
}

static int list_grow(const struct conf_key *k, void *base, size_t *room)
{
	size_t more = *room ? *room + *room / 2 : LIST_ROOM_MIN;
	uint8_t **items = schema_field(k, base), *p;

	p = realloc(*items, more * k->list->item.size);
	if (!p)
		return -ENOMEM;
	*items = p;
	*room = more;
	return 0;
}

int list_add(const struct conf_key *k, void *base, size_t *room, void **item)
{
	const struct conf_key *row = &k->list->item;
	size_t *n = list_count(k, base);

	if (*n >= k->list->max)
		return -ENOSPC;
	if (!k->list->in_place && *n >= *room && list_grow(k, base, room))
		return -ENOMEM;
	*item = list_item(k, base, *n);
	memset(*item, 0, row->size);
	(*n)++;
	if (row->map)
		schema_defaults(row->map, *item);
	return 0;
}

void schema_defaults(const struct conf_map *map, void *base)
{
	for (uint32_t i = 0; i < map->n_keys && !map->inherit; i++) {
		const struct conf_key *k = &map->keys[i];

		if (k->type == TYPE_MAP)
			schema_defaults(k->map, schema_field(k, base));
		else if (k->dflt)
			value_read(k, k->dflt, schema_field(k, base), NULL);
	}
}

void schema_clear(const struct conf_map *map, void *base)
{
	for (uint32_t i = 0; i < map->n_keys; i++) {
		const struct conf_key *k = &map->keys[i];

		if (k->type == TYPE_MAP)
			schema_clear(k->map, schema_field(k, base));
		if (k->type != TYPE_LIST || k->list->in_place)
			continue;
		for (size_t j = 0; k->list->item.map && j < *list_count(k, base); j++)
			schema_clear(k->list->item.map, list_item(k, base, j));
		free(list_items(k, base));
		*list_count(k, base) = 0;
		*(void **)schema_field(k, base) = NULL;
	}
}

static void list_row(struct text *out, const char *path, const struct conf_key *k, bool inherit)
{
	const struct conf_key *v = k->type == TYPE_LIST ? &k->list->item : k;

	text_printf(out, "%s%s%s\t%s%s\t%s\t%s\n", path, k->name, k->type == TYPE_LIST ? "[]" : "",
		    k->type == TYPE_LIST ? "list of " : "",
		    v->type == TYPE_MAP ? "keys" : value_type_name(v),
		    inherit   ? "inherited"
		    : k->dflt ? k->dflt
			      : "",
		    k->help);
}

static void list_map(struct text *out, const char *path, const struct conf_map *map)
{
	for (uint32_t i = 0; i < map->n_keys; i++) {
		const struct conf_key *k = &map->keys[i];
		const struct conf_map *inner = k->type == TYPE_LIST ? k->list->item.map : k->map;
		_cleanup_text_ struct text deeper = TEXT_NULL;

		list_row(out, path, k, map->inherit && k->type != TYPE_MAP);
		if (!inner)
			continue;
		text_printf(&deeper, "%s%s%s.", path, k->name, k->type == TYPE_LIST ? "[]" : "");
		list_map(out, text_str(&deeper), inner);
	}
	if (map->more)
		list_row(out, path, map->more->key, map->inherit);
}

void conf_print_keys(struct text *out)
{
	list_map(out, "", &conf_schema);
}
