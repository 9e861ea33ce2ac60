// SPDX-License-Identifier: ISC
/*
 * A MaxMind-format database as a source: every leaf of its tree is a prefix, of whose record the
 * country and the AS are taken, by the names that MaxMind (City, Country, ASN, ISP, Enterprise),
 * DB-IP and ipinfo use.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "place/import.h"
#include "place/mmdb.h"

#define TREE_DEPTH	128
#define V4_AT		96 /* IPv4 stands under ::/96 */
#define VISITS_PER_NODE 4  /* a tree visits each once; some writers share a few */
#define VISITS_LEAST	4096
#define RECORDS_MAX	(1u << 26)
#define EPOCH_MAX_S	UINT64_C(253402300799) /* the end of the year 9999 */

/* What one record of the data section says. */
struct said {
	uint32_t asn;
	char country[2];
};

struct state {
	struct import *im;
	struct mmdb db;
	struct map *said; /* place in the data section -> struct said */
	uint32_t v4_root; /* UINT32_MAX: none */
	uint64_t visits;
	uint64_t at;   /* of the node at work in the file */
	uint8_t *seen; /* a bit for each node that was visited */
};

static int wrong(struct state *s)
{
	return import_refuse(s->im, s->db.data_at + s->db.data.wrong_at, "%s", s->db.data.wrong);
}

/* Records */

/* "a.b": the value under b of the map under a. */
static bool find_path(struct mmdb_section *d, size_t at, const char *path, struct mmdb_value *v)
{
	const char *dot = strchr(path, '.');
	char first[64];

	if (!dot)
		return mmdb_find(d, at, path, v);
	snprintf(first, sizeof(first), "%.*s", (int)(dot - path), path);
	return mmdb_find(d, at, first, v) && v->type == MMDB_MAP &&
	       mmdb_find(d, v->start, dot + 1, v);
}

static bool find_string(struct mmdb_section *d, size_t at, const char *const *paths, char *out,
			size_t room)
{
	struct mmdb_value v;

	for (; *paths; paths++)
		if (find_path(d, at, *paths, &v) && mmdb_string(d, &v, out, room))
			return true;
	return false;
}

static void read_country(struct mmdb_section *d, size_t at, char *country)
{
	static const char *const paths[] = {"country.iso_code", "country_code", "country", NULL};
	char text[8];

	for (const char *const *p = paths; *p; p++) {
		const char *const one[] = {*p, NULL};

		if (find_string(d, at, one, text, sizeof(text)) && strlen(text) == 2 &&
		    strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 2) {
			memcpy(country, text, 2);
			return;
		}
	}
}

static uint32_t asn_of(struct mmdb_section *d, const struct mmdb_value *v)
{
	char text[16], *end;
	uint64_t n;

	if (mmdb_number(d, v, &n))
		return n <= UINT32_MAX ? (uint32_t)n : 0;
	if (!mmdb_string(d, v, text, sizeof(text)))
		return 0;
	n = strtoull(strncmp(text, "AS", 2) == 0 ? text + 2 : text, &end, 10);
	return *end == '\0' && n <= UINT32_MAX ? (uint32_t)n : 0;
}

static uint32_t read_asn(struct mmdb_section *d, size_t at)
{
	static const char *const paths[] = {"autonomous_system_number",
					    "traits.autonomous_system_number", "asn", "asn.asn",
					    NULL};
	struct mmdb_value v;
	uint32_t asn = 0;

	for (const char *const *p = paths; *p && !asn; p++)
		if (find_path(d, at, *p, &v))
			asn = asn_of(d, &v);
	return asn;
}

static int read_name(struct state *s, size_t at, uint32_t asn)
{
	static const char *const paths[] = {"autonomous_system_organization",
					    "traits.autonomous_system_organization",
					    "as_name",
					    "asn.name",
					    "name",
					    NULL};
	struct image_rec rec = {.asn = asn};
	char name[256];
	int r;

	if (!asn || !find_string(&s->db.data, at, paths, name, sizeof(name)) || !name[0])
		return 0;
	r = place_pool_text(&s->im->part->items, name, &rec.item);
	return r < 0 ? r : part_add_range(s->im->part, LAYER_AS_NAME, asn, 1, &rec);
}

static int read_said(struct state *s, uint32_t at, struct said *out)
{
	struct said *known = map_get(s->said, &at);
	int r;

	if (known) {
		*out = *known;
		return 0;
	}
	if (!mmdb_check(&s->db.data, at))
		return wrong(s);
	memset(out, 0, sizeof(*out));
	out->asn = read_asn(&s->db.data, at);
	read_country(&s->db.data, at, out->country);
	if (s->db.data.wrong)
		return wrong(s);
	r = read_name(s, at, out->asn);
	known = r < 0 ? NULL : map_put(s->said, &at, NULL);
	if (r == 0 && !known)
		return -ENOMEM;
	if (known)
		*known = *out;
	return r;
}

static int add_prefix(struct state *s, const struct prefix *p, const struct said *said)
{
	struct image_rec asn = {.asn = said->asn}, country = {.asn = 0}, other = {.asn = 0};
	int r = 0;

	memcpy(country.country, said->country, 2);
	if (said->asn)
		r = part_add(s->im->part, LAYER_GEO_AS, p, &asn);
	if (r == 0 && said->country[0])
		r = part_add(s->im->part, LAYER_GEO_COUNTRY, p, &country);
	if (r == 0 && !said->asn && !said->country[0])
		r = part_add(s->im->part, LAYER_GEO_OTHER, p, &other);
	return r;
}

/* The tree */

static bool zero_to(const struct ip *ip, unsigned bits)
{
	struct ip head = ip_mask(ip, bits);

	return (head.u[0] | head.u[1]) == 0;
}

/* @ip: the bits of the tree, at its upper end for IPv4 too. */
static int add_leaf(struct state *s, const struct ip *ip, unsigned depth, uint32_t record)
{
	uint64_t at = (uint64_t)record - s->db.nodes;
	struct said said;
	struct prefix p;
	struct ip v4;
	int r;

	if (at < 16 || at - 16 >= s->db.data.n)
		return import_refuse(s->im, s->at, "a leaf points outside the data");
	r = read_said(s, (uint32_t)(at - 16), &said);
	if (r)
		return r;
	import_step(s->im);
	if (s->db.ip_version == 4) {
		v4 = ip_from_v4_bytes(ip->b);
		p = prefix_of(&v4, V4_AT + depth);
		return add_prefix(s, &p, &said);
	}
	if (depth >= V4_AT && zero_to(ip, V4_AT)) {
		v4 = ip_from_v4_bytes(ip->b + 12);
		p = prefix_of(&v4, depth);
		return add_prefix(s, &p, &said);
	}
	if (depth < V4_AT && zero_to(ip, depth)) { /* it holds all of IPv4 */
		v4 = ip_from_v4(0);
		p = prefix_of(&v4, V4_AT);
		r = add_prefix(s, &p, &said);
	}
	p = (struct prefix){.addr = *ip, .len = (uint8_t)depth};
	if (ip_is_v4(ip) && depth >= V4_AT)
		return r; /* ::ffff:0:0/96 is IPv4 here, and stands elsewhere */
	return r ? r : add_prefix(s, &p, &said);
}

static uint32_t find_v4_root(const struct mmdb *db)
{
	uint32_t node = 0;

	if (db->ip_version == 4)
		return UINT32_MAX;
	for (unsigned i = 0; i < V4_AT && node < db->nodes; i++)
		node = mmdb_child(db, node, 0);
	return node < db->nodes && node ? node : UINT32_MAX;
}

struct step {
	uint32_t node;
	uint8_t next; /* side to go, 2: both are done */
};

static void set_bit(struct ip *ip, unsigned i, unsigned bit)
{
	uint8_t mask = (uint8_t)(0x80 >> (i % 8));

	ip->b[i / 8] = (uint8_t)(bit ? ip->b[i / 8] | mask : ip->b[i / 8] & ~mask);
}

/* Depth first, left before right: prefixes come in order. */
static int walk_tree(struct state *s)
{
	const struct mmdb *db = &s->db;
	unsigned max = db->ip_version == 4 ? 32 : TREE_DEPTH, depth = 0;
	struct step path[TREE_DEPTH + 1];
	struct ip ip = {.u = {0, 0}};
	int r = 0;

	path[0] = (struct step){.node = 0};
	for (;;) {
		struct step *at = &path[depth];
		uint32_t child;

		if (at->next == 2) {
			set_bit(&ip, depth, 0);
			if (depth-- == 0)
				return 0;
			continue;
		}
		set_bit(&ip, depth, at->next);
		child = mmdb_child(db, at->node, at->next++);
		s->at = (uint64_t)at->node * db->bits / 4;
		if (child > db->nodes)
			r = add_leaf(s, &ip, depth + 1, child);
		if (r)
			return r;
		if (child >= db->nodes)
			continue;
		/* 6to4, Teredo and others lead into the IPv4 tree again. */
		if (child == s->v4_root && !(depth + 1 == V4_AT && zero_to(&ip, V4_AT)))
			continue;
		if (depth + 1 == max || ++s->visits > s->db.nodes * VISITS_PER_NODE + VISITS_LEAST)
			return import_refuse(s->im, 0, "its search tree goes in circles");
		path[++depth] = (struct step){.node = child};
		s->seen[child / 8] |= (uint8_t)(1 << child % 8);
	}
}

/*
 * Nodes that no address leads to are of no use, and harmless where they look like those of a tree:
 * writers number a node before its children. Others show that the tree is not what was written.
 */
static int check_unseen(struct state *s)
{
	for (uint32_t i = 1; i < s->db.nodes; i++)
		for (unsigned side = 0; side < 2 && !(s->seen[i / 8] >> i % 8 & 1); side++) {
			uint32_t child = mmdb_child(&s->db, i, side);

			if (child <= i || child > s->db.nodes + 16 + s->db.data.n)
				return import_refuse(
					s->im, (uint64_t)i * s->db.bits / 4,
					"a node that no address leads to, with a child "
					"that cannot be");
		}
	return 0;
}

static void drop_map(struct map **m)
{
	map_free(*m);
}

static int mmdb_read(struct import *im)
{
	_cleanup_(drop_map) struct map *said =
		map_new(sizeof(uint32_t), sizeof(struct said), RECORDS_MAX);
	_cleanup_text_ struct text why = TEXT_NULL;
	_cleanup_free_ uint8_t *bytes = NULL, *seen = NULL;
	struct state s = {.im = im, .said = said};
	size_t n;
	int r;

	if (!said)
		return -ENOMEM;
	r = import_slurp(im, &bytes, &n);
	if (r)
		return r;
	r = mmdb_open(&s.db, bytes, n, &why);
	if (r) {
		text_printf(im->why, "%s:%s", im->path, text_str(&why));
		return r;
	}
	if (s.db.epoch_s && s.db.epoch_s <= EPOCH_MAX_S)
		im->dated_us = (int64_t)s.db.epoch_s * US_PER_S;
	s.v4_root = find_v4_root(&s.db);
	im->part->source.only_v4 = s.db.ip_version == 4;
	s.seen = seen = calloc(s.db.nodes / 8 + 1, 1);
	if (!seen)
		return -ENOMEM;
	r = walk_tree(&s);
	if (r == 0)
		r = check_unseen(&s);
	if (r == 0 && im->records == 0)
		return import_refuse(im, 0, "no records in it");
	return r;
}

const struct import_format import_mmdb = {
	.name = "mmdb", .rank = 40, .is = mmdb_is, .read = mmdb_read};
