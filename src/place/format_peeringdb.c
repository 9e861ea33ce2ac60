// SPDX-License-Identifier: ISC
/*
 * PeeringDB exports: answers of its API ({"data": [...]}), dumps of several kinds of objects in one
 * file ({"net": {"data": [...]}, ...}) and lists of its data model ([{"model", "pk", "fields"}]).
 * Of networks the name of the AS is taken, of exchange connections (netixlan) the member's
 * addresses. What an object is, its fields say.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "place/import.h"

#define EXCHANGES_MAX  65536
#define NAME_MAX_BYTES 128
#define SNIFF_BYTES    256

struct state {
	struct import *im;
	struct map *exchanges; /* id -> char[NAME_MAX_BYTES] */
	uint64_t networks, connections;
	bool second; /* the names of exchanges are known */
};

static const char *text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static uint32_t number_of(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	json_int_t n = json_integer_value(v);

	return n > 0 && n <= UINT32_MAX ? (uint32_t)n : 0;
}

static bool is_gone(const json_t *o)
{
	const char *status = text_of(o, "status");

	return *status && strcmp(status, "ok") != 0;
}

static int add_exchange(struct state *s, uint32_t id, const json_t *o)
{
	char *name;

	if (!id || map_count(s->exchanges) >= EXCHANGES_MAX)
		return 0;
	name = map_put(s->exchanges, &id, NULL);
	if (!name)
		return -ENOMEM;
	snprintf(name, NAME_MAX_BYTES, "%s", text_of(o, "name"));
	return 0;
}

static int add_network(struct state *s, uint32_t asn, const json_t *o)
{
	struct image_rec rec = {.asn = asn};
	int r = place_pool_text(&s->im->part->items, text_of(o, "name"), &rec.item);

	s->networks++;
	import_step(s->im);
	return r < 0 ? r : part_add_range(s->im->part, LAYER_AS_NAME, asn, 1, &rec);
}

static const char *exchange_of(struct state *s, const json_t *o)
{
	static const char *const ids[] = {"ix_id", "ixlan_id"};
	const char *name = text_of(o, "name");

	for (size_t i = 0; !*name && i < ARRAY_LEN(ids); i++) {
		uint32_t id = number_of(o, ids[i]);
		const char *known = map_get(s->exchanges, &id);

		name = known ? known : "";
	}
	return name;
}

static int add_connection(struct state *s, uint32_t asn, const json_t *o)
{
	static const char *const keys[] = {"ipaddr4", "ipaddr6"};
	struct image_rec rec = {.asn = asn};
	int r = place_pool_text(&s->im->part->items, exchange_of(s, o), &rec.item);

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(keys); i++) {
		const char *text = text_of(o, keys[i]);
		struct prefix p;

		if (!*text)
			continue;
		if (strchr(text, '/') || prefix_parse(text, false, &p) < 0) {
			s->im->skipped++;
			continue;
		}
		r = part_add(s->im->part, LAYER_EXCHANGE, &p, &rec);
	}
	s->connections++;
	import_step(s->im);
	return r;
}

static bool is_exchange(const json_t *o)
{
	return json_object_get(o, "name") &&
	       (json_object_get(o, "media") || json_object_get(o, "proto_unicast") ||
		json_object_get(o, "ixf_net_count"));
}

/* An exchange has a name and no AS; a network both; a connection an AS and a LAN. */
static int add_object(struct state *s, const json_t *o)
{
	const json_t *fields = json_object_get(o, "fields");
	const json_t *f = json_is_object(fields) ? fields : o;
	uint32_t id = number_of(o, json_is_object(fields) ? "pk" : "id");
	uint32_t asn = number_of(f, "asn");
	bool lan = json_object_get(f, "ixlan_id") != NULL;

	if (is_gone(f))
		return 0;
	if (!s->second)
		return !asn && !lan && is_exchange(f) ? add_exchange(s, id, f) : 0;
	if (asn && lan)
		return add_connection(s, asn, f);
	if (asn && *text_of(f, "name"))
		return add_network(s, asn, f);
	return 0;
}

static int add_list(struct state *s, const json_t *list)
{
	size_t i;
	json_t *o;
	int r = 0;

	json_array_foreach(list, i, o)
	{
		if (json_is_object(o))
			r = add_object(s, o);
		if (r < 0)
			return r;
	}
	return r;
}

/* The lists of a file: itself, under "data", or under "data" of each of its keys. */
static int add_file(struct state *s, json_t *root)
{
	const char *key;
	json_t *v;
	int r = 0;

	if (json_is_array(root))
		return add_list(s, root);
	json_object_foreach(root, key, v)
	{
		const json_t *inner = json_object_get(v, "data");

		if (json_is_array(v))
			r = add_list(s, v);
		else if (json_is_array(inner))
			r = add_list(s, inner);
		if (r < 0)
			return r;
	}
	return r;
}

static void read_date(struct state *s, const json_t *root)
{
	const json_t *v = json_object_get(json_object_get(root, "meta"), "generated");
	double at = json_number_value(v);

	if (at > 0 && at < 253402300799.0)
		s->im->dated_us = (int64_t)at * US_PER_S;
}

static int read_root(struct state *s, json_t *root)
{
	int r = add_file(s, root);

	s->second = true;
	if (r == 0)
		r = add_file(s, root);
	if (r < 0)
		return r;
	if (s->networks + s->connections == 0)
		return import_refuse(s->im, 0,
				     "neither a network nor an exchange connection of PeeringDB "
				     "in it");
	if (s->im->skipped)
		import_note(s->im, "%llu addresses are none and were left out",
			    (unsigned long long)s->im->skipped);
	read_date(s, root);
	return 0;
}

static void drop_map(struct map **m)
{
	map_free(*m);
}

static int peeringdb_read(struct import *im)
{
	_cleanup_(drop_map) struct map *exchanges = map_new(sizeof(uint32_t), NAME_MAX_BYTES, 0);
	_cleanup_free_ uint8_t *bytes = NULL;
	struct state s = {.im = im, .exchanges = exchanges};
	json_error_t e;
	json_t *root;
	size_t n;
	int r;

	if (!exchanges)
		return -ENOMEM;
	r = import_slurp(im, &bytes, &n);
	if (r)
		return r;
	root = json_loadb((const char *)bytes, n, 0, &e);
	if (!root && json_error_code(&e) == json_error_out_of_memory)
		return -ENOMEM;
	if (!root)
		return import_refuse(im, e.position > 0 ? (uint64_t)e.position : 0,
				     "line %d column %d: %s", e.line, e.column, e.text);
	r = read_root(&s, root);
	json_decref(root);
	return r;
}

/* An object or list whose first thing is one too, or a text; and no byte of it is 0, as some of
 * every MRT record are, whose time may begin with any byte. */
static bool peeringdb_is(const uint8_t *p, size_t n, bool whole)
{
	static const char space[] = {' ', '\t', '\r', '\n'};
	char first[2];
	unsigned found = 0;

	if (memchr(p, '\0', n < SNIFF_BYTES ? n : SNIFF_BYTES))
		return false;
	for (size_t i = 0; i < n && found < sizeof(first); i++)
		if (!memchr(space, p[i], sizeof(space)))
			first[found++] = (char)p[i];
	return found && strchr("{[", first[0]) && (found == 1 || strchr("{[]}\"", first[1]));
}

const struct import_format import_peeringdb = {
	.name = "peeringdb", .rank = 60, .is = peeringdb_is, .read = peeringdb_read};
