/* SPDX-License-Identifier: ISC */
/*
 * The effective configuration, as YAML that reads back as the same configuration, and as JSON. Both
 * walk the schema: order and names are those of its rows. YAML leaves out what nobody gave; JSON
 * has every key, null where nothing was given or "never" is said.
 */
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "base/json_whole.h"
#include "conf/conf.h"
#include "conf/schema.h"
#include "conf/value.h"

struct printer {
	struct text *out;
	const struct conf *c;
	unsigned indent;
	bool dash; /* the next key opens a list item */
};

static void begin_line(struct printer *p)
{
	text_printf(p->out, "%*s%s", (int)(p->dash ? p->indent - 2 : p->indent), "",
		    p->dash ? "- " : "");
	p->dash = false;
}

/* Plain where nothing in it is YAML's, nor what other readers take for a truth value or, of the
 * kind of 18:00, for a number to the base 60. */
static bool is_plain(const char *s)
{
	static const char *const taken[] = {"null", "true", "false", "yes", "no",
					    "on",   "off",  "y",     "n"};
	static const char first[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/";
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "_./@+-%:";

	for (size_t i = 0; i < ARRAY_LEN(taken); i++)
		if (strcasecmp(s, taken[i]) == 0)
			return false;
	if (strchr(s, ':') && s[strspn(s, "0123456789:")] == '\0')
		return false;
	return *s && strchr(first, *s) && s[strspn(s, safe)] == '\0' && s[strlen(s) - 1] != ':';
}

static void add_scalar(struct text *out, const char *s)
{
	if (is_plain(s)) {
		text_add(out, s);
		return;
	}
	text_add(out, "\"");
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			text_add(out, "\\");
		text_add_n(out, s, 1);
	}
	text_add(out, "\"");
}

static void print_value(struct printer *p, const struct conf_key *k, const void *at)
{
	_cleanup_text_ struct text value = TEXT_NULL;

	value_write(k, at, &value);
	add_scalar(p->out, text_str(&value));
	text_add(p->out, "\n");
	if (!text_ok(&value))
		p->out->failed = true;
}

static bool is_default(const struct printer *p, const struct conf_key *k, const void *at);
static void print_map(struct printer *p, const struct conf_map *map, const void *base);

static void print_list(struct printer *p, const struct conf_key *k, const void *base)
{
	const struct conf_key *item = &k->list->item;
	size_t n = *list_count(k, base);

	begin_line(p);
	text_printf(p->out, n ? "%s:\n" : "%s: []\n", k->name);
	p->indent += 4;
	for (size_t i = 0; i < n; i++) {
		p->dash = true;
		if (item->type == TYPE_MAP) {
			print_map(p, item->map, list_item(k, base, i));
		} else {
			begin_line(p);
			print_value(p, item, list_item(k, base, i));
		}
	}
	p->indent -= 4;
}

static void print_key(struct printer *p, const struct conf_key *k, const char *name,
		      const void *base)
{
	const void *at = schema_field(k, base);

	if (is_default(p, k, base))
		return;
	if (k->type == TYPE_LIST) {
		print_list(p, k, base);
		return;
	}
	begin_line(p);
	text_printf(p->out, "%s:", name);
	if (k->type == TYPE_MAP) {
		text_add(p->out, "\n");
		p->indent += 2;
		print_map(p, k->map, at);
		p->indent -= 2;
	} else {
		text_add(p->out, " ");
		print_value(p, k, at);
	}
}

static void print_map(struct printer *p, const struct conf_map *map, const void *base)
{
	char name[VECTOR_NAME_MAX];
	const void *entry;

	for (uint32_t i = 0; i < map->n_keys; i++)
		print_key(p, &map->keys[i], map->keys[i].name, base);
	for (unsigned i = 0; map->more; i++) {
		entry = map->more->at((void *)(uintptr_t)base, i, name);
		if (!entry)
			break;
		print_key(p, map->more->key, name, entry);
	}
}

static bool same_thresholds(const struct thresholds *a, const struct thresholds *b)
{
	if (memcmp(a->pps, b->pps, sizeof(a->pps)) != 0 || a->any_pps != b->any_pps ||
	    a->any_bps != b->any_bps || a->n_reflectors != b->n_reflectors ||
	    a->prefix24_times != b->prefix24_times || a->prefix20_times != b->prefix20_times)
		return false;
	for (unsigned i = 0; i < a->n_reflectors; i++)
		if (a->reflector[i].port != b->reflector[i].port ||
		    a->reflector[i].pps != b->reflector[i].pps)
			return false;
	return true;
}

/* What YAML need not show: it would be the same without. */
static bool is_default(const struct printer *p, const struct conf_key *k, const void *base)
{
	if (k->type == TYPE_MAP)
		return k->map->inherit && k->map->more &&
		       same_thresholds(schema_field(k, base), &p->c->thresholds);
	if (k->type == TYPE_LIST)
		return p->indent > 0 && *list_count(k, base) == 0;
	return !k->dflt && !(k->flags & KEY_REQUIRED) && value_is_empty(k, schema_field(k, base));
}

void conf_print(const struct conf *c, struct text *out)
{
	struct printer p = {.out = out, .c = c};

	print_map(&p, &conf_schema, c);
}

static json_t *json_given(const struct conf_key *k, const void *at)
{
	_cleanup_text_ struct text value = TEXT_NULL;

	if (value_is_never(k, at))
		return json_null();
	if (value_is_number(k))
		return json_integer((json_int_t)value_number(k, at));
	value_write(k, at, &value);
	return json_string(text_str(&value));
}

static json_t *json_value(const struct conf_key *k, const void *at)
{
	if (!k->dflt && !(k->flags & KEY_REQUIRED) && value_is_empty(k, at))
		return json_null();
	return json_given(k, at);
}

static json_t *json_map(const struct conf_map *map, const void *base);

/* What stands in a list was given, also the first of some words, which is 0. */
static json_t *json_list(const struct conf_key *k, const void *base)
{
	const struct conf_key *item = &k->list->item;
	json_t *list = json_array();

	for (size_t i = 0; i < *list_count(k, base); i++) {
		const void *at = list_item(k, base, i);

		json_array_append_new(list, item->type == TYPE_MAP ? json_map(item->map, at)
								   : json_given(item, at));
	}
	return list;
}

static json_t *json_map(const struct conf_map *map, const void *base)
{
	json_t *object = json_object();
	char name[VECTOR_NAME_MAX];
	const void *entry;

	for (uint32_t i = 0; i < map->n_keys; i++) {
		const struct conf_key *k = &map->keys[i];
		json_t *v = k->type == TYPE_MAP	   ? json_map(k->map, schema_field(k, base))
			    : k->type == TYPE_LIST ? json_list(k, base)
						   : json_value(k, schema_field(k, base));

		json_object_set_new(object, k->name, v);
	}
	for (unsigned i = 0; map->more; i++) {
		entry = map->more->at((void *)(uintptr_t)base, i, name);
		if (!entry)
			break;
		json_object_set_new(
			object, name,
			json_value(map->more->key, schema_field(map->more->key, entry)));
	}
	return object;
}

void conf_print_json(const struct conf *c, struct text *out)
{
	json_t *root = json_map(&conf_schema, c);
	char *s = json_whole(root, JSON_COMPACT);

	json_decref(root);
	if (!s) {
		out->failed = true;
		return;
	}
	text_add(out, s);
	free(s);
}
