// SPDX-License-Identifier: ISC
#include "place/mmdb.h"

#include <string.h>

#include "base/cursor.h"

#define MARK		"\xab\xcd\xefMaxMind.com"
#define MARK_BYTES	14
#define METADATA_WITHIN (128u << 10)
#define SEPARATOR	16 /* zero bytes between tree and data */
#define POINTERS_MAX	8  /* one pointing to the next; the specification has none */
#define BUDGET_PER_BYTE 64 /* real databases look at each byte a few times */
#define BUDGET_LEAST	UINT64_C(1000000)

static bool fail(struct mmdb_section *s, size_t at, const char *why)
{
	if (!s->wrong) {
		s->wrong = why;
		s->wrong_at = at;
	}
	return false;
}

/* The size field: 29, 30 and 31 say that 1, 2 or 3 more bytes hold the rest. */
static size_t read_size(struct cursor *c, uint8_t control)
{
	static const uint32_t base[] = {29, 285, 65821};
	unsigned more = control & 0x1f;
	const uint8_t *p;

	if (more < 29)
		return more;
	more -= 28;
	p = cursor_take(c, more);
	return p ? base[more - 1] + be_uint(p, more) : 0;
}

static size_t read_pointer(struct cursor *c, uint8_t control)
{
	static const uint32_t base[] = {0, 2048, 526336, 0};
	unsigned bytes = (control >> 3 & 3) + 1;
	const uint8_t *p = cursor_take(c, bytes);
	uint64_t v = p ? be_uint(p, bytes) : 0;

	if (bytes < 4)
		v |= (uint64_t)(control & 7) << (8 * bytes);
	return v + base[bytes - 1];
}

/* A value as it stands there, a pointer too; at: the target then. */
static bool read_one(struct mmdb_section *s, size_t at, struct mmdb_value *v)
{
	struct cursor c;
	uint8_t control;

	if (at >= s->n)
		return fail(s, at, "a value outside the data");
	if (s->budget == 0)
		return fail(s, at, "its values refer to each other too much");
	s->budget--;
	c = cursor_over(s->p + at, s->n - at);
	control = cursor_u8(&c);
	v->type = control >> 5;
	if (v->type == MMDB_POINTER) {
		v->at = read_pointer(&c, control);
		v->size = 0;
	} else {
		if (v->type == MMDB_EXTENDED)
			v->type = 7 + cursor_u8(&c);
		v->size = read_size(&c, control);
		v->at = (size_t)(c.p - s->p);
	}
	if (!cursor_ok(&c))
		return fail(s, at, "a value that is cut");
	v->after = (size_t)(c.p - s->p);
	if (v->type >= MMDB_TYPE_COUNT || v->type == MMDB_EXTENDED || v->type == MMDB_CONTAINER ||
	    v->type == MMDB_END)
		return fail(s, at, "a value of unknown type");
	return true;
}

/* Bytes that belong to a value; its size must fit its type. */
static bool check_size(struct mmdb_section *s, size_t at, struct mmdb_value *v)
{
	static const uint8_t most[MMDB_TYPE_COUNT] = {[MMDB_UINT16] = 2,
						      [MMDB_UINT32] = 4,
						      [MMDB_INT32] = 4,
						      [MMDB_UINT64] = 8,
						      [MMDB_UINT128] = 16};

	if (v->type == MMDB_POINTER || v->type == MMDB_MAP || v->type == MMDB_ARRAY)
		return true;
	if (v->type == MMDB_BOOL)
		return v->size <= 1 || fail(s, at, "a boolean that is neither 0 nor 1");
	if ((v->type == MMDB_DOUBLE && v->size != 8) || (v->type == MMDB_FLOAT && v->size != 4))
		return fail(s, at, "a floating-point number of a wrong size");
	if (most[v->type] && v->size > most[v->type])
		return fail(s, at, "an integer that is too long");
	if (v->size > s->n - v->at)
		return fail(s, at, "a value that runs over the end");
	v->after = v->at + v->size;
	if (v->type == MMDB_STRING && !text_is_utf8((const char *)s->p + v->at, v->size))
		return fail(s, at, "a text that is not UTF-8");
	return true;
}

bool mmdb_value_at(struct mmdb_section *s, size_t at, struct mmdb_value *v)
{
	size_t after = 0;

	for (unsigned i = 0; i < POINTERS_MAX; i++) {
		if (!read_one(s, at, v) || !check_size(s, at, v))
			return false;
		if (i == 0)
			after = v->after;
		if (v->type != MMDB_POINTER) {
			v->start = at;
			v->pointed = i > 0;
			v->after = i ? after : v->after;
			return true;
		}
		at = v->at;
	}
	return fail(s, at, "pointers that point to each other");
}

/* One container being walked: how many values of it are left, and where the next one stands. */
struct walk {
	uint64_t left;
	size_t at;
	bool map, key; /* key: the next value is one */
};

bool mmdb_check(struct mmdb_section *s, size_t at)
{
	struct walk stack[MMDB_DEPTH_MAX];
	unsigned depth = 1;

	stack[0] = (struct walk){.left = 1, .at = at};
	while (depth) {
		struct walk *w = &stack[depth - 1];
		struct mmdb_value v;
		size_t begin = w->at;

		if (w->left == 0) {
			/* Where a container ends is where the one around it goes on, unless a
			 * pointer led here. */
			size_t end = w->at;

			depth--;
			if (depth && stack[depth - 1].at == SIZE_MAX)
				stack[depth - 1].at = end;
			continue;
		}
		if (!mmdb_value_at(s, begin, &v))
			return false;
		if (w->key && v.type != MMDB_STRING)
			return fail(s, begin, "a key that is no text");
		w->left--;
		w->key = w->map && !w->key;
		w->at = v.after;
		if (v.type != MMDB_MAP && v.type != MMDB_ARRAY)
			continue;
		if (depth == MMDB_DEPTH_MAX)
			return fail(s, begin, "values nested too deep");
		if (!v.pointed) /* it stands here: go on behind what it holds */
			w->at = SIZE_MAX;
		stack[depth++] = (struct walk){.left = v.size * (v.type == MMDB_MAP ? 2ull : 1ull),
					       .at = v.at,
					       .map = v.type == MMDB_MAP,
					       .key = v.type == MMDB_MAP};
	}
	return true;
}

/* Pass a value without looking behind pointers. */
static bool skip(struct mmdb_section *s, size_t *at)
{
	uint64_t left = 1;

	while (left) {
		struct mmdb_value v;

		if (!read_one(s, *at, &v) || !check_size(s, *at, &v))
			return false;
		left--;
		left += v.type == MMDB_MAP ? 2 * v.size : v.type == MMDB_ARRAY ? v.size : 0;
		*at = v.after;
	}
	return true;
}

bool mmdb_find(struct mmdb_section *s, size_t at, const char *key, struct mmdb_value *v)
{
	struct mmdb_value map, name;
	size_t len = strlen(key);

	if (!mmdb_value_at(s, at, &map) || map.type != MMDB_MAP)
		return false;
	at = map.at;
	for (size_t i = 0; i < map.size; i++) {
		if (!mmdb_value_at(s, at, &name))
			return false;
		at = name.after;
		if (name.type == MMDB_STRING && name.size == len &&
		    memcmp(s->p + name.at, key, len) == 0)
			return mmdb_value_at(s, at, v);
		if (!skip(s, &at))
			return false;
	}
	return false;
}

bool mmdb_number(const struct mmdb_section *s, const struct mmdb_value *v, uint64_t *out)
{
	if (v->type != MMDB_UINT16 && v->type != MMDB_UINT32 && v->type != MMDB_UINT64)
		return false;
	*out = v->size ? be_uint(s->p + v->at, v->size) : 0;
	return true;
}

bool mmdb_string(const struct mmdb_section *s, const struct mmdb_value *v, char *out, size_t room)
{
	size_t n = v->size < room ? v->size : room - 1;

	if (v->type != MMDB_STRING)
		return false;
	while (n < v->size && n && (s->p[v->at + n] & 0xc0) == 0x80)
		n--;
	memcpy(out, s->p + v->at, n);
	out[n] = '\0';
	return true;
}

/* The file */

static const uint8_t *find_mark(const uint8_t *p, size_t n)
{
	size_t least = n > METADATA_WITHIN ? n - METADATA_WITHIN : 0;

	for (size_t at = n < MARK_BYTES ? 0 : n - MARK_BYTES + 1; at > least; at--)
		if (memcmp(p + at - 1, MARK, MARK_BYTES) == 0)
			return p + at - 1;
	return NULL;
}

bool mmdb_is(const uint8_t *p, size_t n, bool whole)
{
	return whole && find_mark(p, n) != NULL;
}

static int refuse(struct text *why, uint64_t at, const char *sentence)
{
	text_printf(why, "%llu: %s", (unsigned long long)at, sentence);
	return 1;
}

static bool metadata_number(struct mmdb_section *m, const char *key, uint64_t *out)
{
	struct mmdb_value v;

	return mmdb_find(m, 0, key, &v) && mmdb_number(m, &v, out);
}

static int read_metadata(struct mmdb *db, struct mmdb_section *m, size_t at, struct text *why)
{
	uint64_t nodes, bits, version, major;

	if (!mmdb_check(m, 0))
		return refuse(why, at + m->wrong_at, m->wrong);
	if (!metadata_number(m, "binary_format_major_version", &major) || major != 2)
		return refuse(why, at, "not version 2 of the format");
	if (!metadata_number(m, "node_count", &nodes) ||
	    !metadata_number(m, "record_size", &bits) ||
	    !metadata_number(m, "ip_version", &version))
		return refuse(why, at, "its metadata lack node_count, record_size or ip_version");
	if ((bits != 24 && bits != 28 && bits != 32) || (version != 4 && version != 6))
		return refuse(why, at, "a record size or IP version that there is not");
	if (nodes == 0 || nodes > UINT32_MAX)
		return refuse(why, at, "a search tree without nodes, or with too many");
	db->nodes = (uint32_t)nodes;
	db->bits = (uint32_t)bits;
	db->ip_version = (unsigned)version;
	if (!metadata_number(m, "build_epoch", &db->epoch_s))
		db->epoch_s = 0;
	return 0;
}

int mmdb_open(struct mmdb *db, const uint8_t *bytes, size_t n, struct text *why)
{
	const uint8_t *mark = find_mark(bytes, n);
	struct mmdb_section m = {.budget = BUDGET_LEAST};
	uint64_t tree;
	size_t end;
	int r;

	*db = (struct mmdb){.tree = bytes};
	if (!mark)
		return refuse(why, n, "no metadata of a MaxMind database at its end");
	end = (size_t)(mark - bytes);
	m.p = mark + MARK_BYTES;
	m.n = n - end - MARK_BYTES;
	r = read_metadata(db, &m, end + MARK_BYTES, why);
	if (r)
		return r;
	tree = (uint64_t)db->nodes * db->bits / 4;
	if (tree + SEPARATOR > end)
		return refuse(why, end, "its search tree is longer than the file");
	db->data_at = tree + SEPARATOR;
	db->data = (struct mmdb_section){.p = bytes + db->data_at, .n = end - db->data_at};
	db->data.budget = BUDGET_LEAST + db->data.n * BUDGET_PER_BYTE;
	return 0;
}

uint32_t mmdb_child(const struct mmdb *db, uint32_t node, unsigned side)
{
	const uint8_t *p = db->tree + (size_t)node * db->bits / 4;

	if (db->bits == 24)
		return (uint32_t)be_uint(p + 3 * side, 3);
	if (db->bits == 32)
		return be32_at(p + 4 * side);
	/* 28: the middle byte has the upper four bits of both */
	return side ? (uint32_t)be_uint(p + 4, 3) | (p[3] & 0x0fu) << 24
		    : (uint32_t)be_uint(p, 3) | (p[3] & 0xf0u) << 20;
}
