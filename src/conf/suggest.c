/* SPDX-License-Identifier: ISC */
#include "conf/suggest.h"

#include <stdio.h>
#include <string.h>

#include "base/vector.h"

#define WORDS_MAX 128
#define REFLECTOR_LIKE 12

/* Words to choose from; the names of reflectors are made here, so they have a place of their own.
 */
struct words {
	const char *list[WORDS_MAX];
	char made[WORDS_MAX][VECTOR_NAME_MAX];
	size_t n;
};

static void add_word(struct words *w, const char *word)
{
	if (w->n < WORDS_MAX)
		w->list[w->n++] = word;
}

/*
 * Base knows a reflector only by its port, so every port is asked; but not for a word so short that
 * text_nearest() would call the shortest such name far from it.
 */
static void add_reflectors(struct words *w, const char *word)
{
	if (strlen(word) < REFLECTOR_LIKE)
		return;
	for (unsigned port = 1; port <= UINT16_MAX && w->n < WORDS_MAX; port++) {
		if (!reflector_name((uint16_t)port))
			continue;
		vector_name(VECTOR_AMPLIFICATION, (uint16_t)port, w->made[w->n]);
		add_word(w, w->made[w->n]);
	}
}

static bool did_you_mean(const struct words *w, const char *word, struct text *out)
{
	const char *near = text_nearest(word, w->list, w->n);

	if (near)
		text_printf(out, "; did you mean \"%s\"?", near);
	return near != NULL;
}

/* Where the key @word may stand: the path to the shallowest such place, in front of which @path is.
 */
static void find_elsewhere(const struct conf_map *map, const char *word, const char *path,
			   unsigned depth, unsigned *best, struct text *found)
{
	for (uint32_t i = 0; i < map->n_keys; i++) {
		const struct conf_key *k = &map->keys[i];
		const struct conf_map *inner = k->type == TYPE_LIST ? k->list->item.map : k->map;
		_cleanup_text_ struct text deeper = TEXT_NULL;

		if (depth < *best && strcmp(k->name, word) == 0) {
			*best = depth;
			text_clear(found);
			text_add(found, path);
		}
		if (!inner)
			continue;
		text_printf(&deeper, "%s%s%s", path, *path ? "." : "", k->name);
		find_elsewhere(inner, word, text_str(&deeper), depth + 1, best, found);
	}
}

void suggest_key(const struct conf_map *map, const char *word, struct text *out)
{
	_cleanup_text_ struct text path = TEXT_NULL;
	unsigned best = UINT32_MAX;
	struct words w = {.n = 0};
	enum vector v;
	uint16_t port;

	if (map->more && vector_parse(word, &v, &port) == 0 && port) { /* known, but no room */
		text_printf(out, "; no more than %u ports may have their own threshold",
			    map->more->max);
		return;
	}
	for (uint32_t i = 0; i < map->n_keys; i++)
		add_word(&w, map->keys[i].name);
	if (map->more)
		add_reflectors(&w, word);
	if (did_you_mean(&w, word, out))
		return;
	find_elsewhere(&conf_schema, word, "", 0, &best, &path);
	if (best != UINT32_MAX) {
		text_printf(out,
			    best ? "; it belongs in \"%s\"" : "; it belongs in the first column",
			    text_str(&path));
		return;
	}
	text_add(out, "; it may have");
	for (uint32_t i = 0; i < map->n_keys; i++)
		text_printf(out, "%s %s", i ? "," : "", map->keys[i].name);
	if (map->more)
		text_printf(out, ", %s", map->more->key->name);
}

void suggest_vector(const char *word, struct text *out)
{
	struct words w = {.n = 0};

	for (int v = 0; v < VECTOR_COUNT; v++)
		add_word(&w, vector_base_name((enum vector)v));
	add_word(&w, "any");
	add_word(&w, "any_bits");
	add_word(&w, "all");
	add_reflectors(&w, word);
	did_you_mean(&w, word, out);
}
