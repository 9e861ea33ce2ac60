// SPDX-License-Identifier: ISC
/*
 * Statistics of the registries, "delegated" and "delegated-extended" (RIR statistics exchange
 * format, version 2): one block of addresses or AS numbers a line,
 *	registry|cc|type|start|value|date|status[|opaque-id[|extensions...]]
 * with a version line and summary lines before them, and comments. An IPv4 block is a count of
 * addresses from any start, so it may make several prefixes; an IPv6 block is a prefix length.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "place/import.h"

#define LINE_MAX_BYTES 4096
#define FIELDS_MAX     16
#define SNIFF_LINES    200
#define CUT_PERCENT    90 /* fewer records than this of what the summary says: the file is cut */

enum type { TYPE_ASN, TYPE_IPV4, TYPE_IPV6, TYPE_COUNT };
static const char *const type_names[TYPE_COUNT] = {"asn", "ipv4", "ipv6"};

struct line {
	char text[LINE_MAX_BYTES + 1];
	char *field[FIELDS_MAX];
	unsigned n;
	uint64_t at, number;
};

struct state {
	struct import *im;
	struct line line;
	uint64_t seen[TYPE_COUNT], promised[TYPE_COUNT];
	bool versioned;
};

static int wrong(struct state *s, const char *what, const char *value)
{
	return import_refuse(s->im, s->line.at, "line %llu: %s \"%.40s\"",
			     (unsigned long long)s->line.number, what, value);
}

static bool number(const char *text, uint64_t max, uint64_t *v)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*v = strtoull(text, &end, 10);
	return !errno && !*end && *v <= max;
}

static void split(struct line *l)
{
	char *at = l->text;

	l->n = 0;
	while (at && l->n < FIELDS_MAX) {
		l->field[l->n++] = at;
		at = strchr(at, '|');
		if (at)
			*at++ = '\0';
	}
}

/* Return: 1 with a line, 0 at the end, negative or 2 (refused). */
static int next_line(struct state *s)
{
	struct line *l = &s->line;
	const uint8_t *p, *end;
	size_t n;

	l->at = input_passed(s->im->in);
	n = input_peek(s->im->in, LINE_MAX_BYTES, &p);
	if (n == 0)
		return 0;
	if (n > LINE_MAX_BYTES)
		n = LINE_MAX_BYTES;
	l->number++;
	end = memchr(p, '\n', n);
	if (!end && n == LINE_MAX_BYTES) {
		wrong(s, "a line without an end", "");
		return 2;
	}
	if (end)
		n = (size_t)(end - p);
	memcpy(l->text, p, n);
	l->text[n] = '\0';
	if (strlen(l->text) != n) {
		wrong(s, "a byte that is no text", "");
		return 2;
	}
	input_consume(s->im->in, n + (end != NULL));
	while (n && strchr("\r \t", l->text[n - 1]))
		l->text[--n] = '\0';
	return 1;
}

/* Records */

static bool is_word(const char *s, size_t max)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

	return n && n <= max && !s[n];
}

static int read_country(struct state *s, const char *cc, struct image_rec *rec)
{
	if (*cc == '\0' || strcmp(cc, "*") == 0)
		return 0;
	if (strlen(cc) != 2 ||
	    strspn(cc, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") != 2)
		return wrong(s, "no country code:", cc);
	for (int i = 0; i < 2; i++)
		rec->country[i] = (char)(cc[i] & ~0x20);
	if (memcmp(rec->country, "ZZ", 2) == 0) /* "unknown", as some registries write it */
		memset(rec->country, 0, 2);
	return 0;
}

static int read_status(struct state *s, const char *word, struct image_rec *rec)
{
	static const struct {
		const char *word;
		enum place_status status;
	} known[] = {
		{"allocated", PLACE_ALLOCATED}, {"assigned", PLACE_ALLOCATED},
		{"available", PLACE_AVAILABLE}, {"reserved", PLACE_RESERVED},
		{"ianapool", PLACE_AVAILABLE},	{"ietf", PLACE_RESERVED},
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strcmp(word, known[i].word) == 0) {
			rec->status = (uint8_t)known[i].status;
			return 0;
		}
	if (!is_word(word, 32))
		return wrong(s, "no status:", word);
	rec->status = PLACE_STATUS_UNKNOWN; /* a word that came after this was written */
	return 0;
}

static int add_ipv4(struct state *s, const char *start, const char *value,
		    const struct image_rec *rec)
{
	struct ip ip;
	uint64_t count;

	if (ip_parse(start, &ip) < 0 || !ip_is_v4(&ip) || strchr(start, ':'))
		return wrong(s, "no IPv4 address:", start);
	if (!number(value, UINT64_C(1) << 32, &count) || count == 0 ||
	    ip_v4(&ip) + count > UINT64_C(1) << 32)
		return wrong(s, "no count of addresses:", value);
	return part_add_range(s->im->part, LAYER_REGISTRY, ip_v4(&ip), count, rec);
}

static int add_ipv6(struct state *s, const char *start, const char *value,
		    const struct image_rec *rec)
{
	struct ip ip;
	struct prefix p;
	uint64_t len;

	if (!strchr(start, ':') || ip_parse(start, &ip) < 0 || ip_is_v4(&ip))
		return wrong(s, "no IPv6 address:", start);
	if (!number(value, 128, &len))
		return wrong(s, "no prefix length:", value);
	p = prefix_of(&ip, (unsigned)len);
	if (!ip_equal(&p.addr, &ip))
		return wrong(s, "bits behind the prefix length:", start);
	return part_add(s->im->part, LAYER_REGISTRY, &p, rec);
}

static int add_asn(struct state *s, const char *start, const char *value,
		   const struct image_rec *rec)
{
	uint64_t first, count;

	if (!number(start, UINT32_MAX, &first))
		return wrong(s, "no AS number:", start);
	if (!number(value, UINT64_C(1) << 32, &count) || count == 0 ||
	    first + count > UINT64_C(1) << 32)
		return wrong(s, "no count of AS numbers:", value);
	return part_add_range(s->im->part, LAYER_AS_BLOCK, (uint32_t)first, count, rec);
}

static int read_record(struct state *s, enum type type)
{
	static int (*const add[TYPE_COUNT])(struct state *, const char *, const char *,
					    const struct image_rec *) = {add_asn, add_ipv4,
									 add_ipv6};
	struct image_rec rec = {.asn = 0};
	char **f = s->line.field;
	int r;

	if (s->line.n < 7)
		return wrong(s, "a record needs seven fields, this begins", f[0]);
	if (!is_word(f[0], PLACE_REGISTRY_MAX - 1))
		return wrong(s, "no name of a registry:", f[0]);
	r = part_registry(s->im->part, f[0], &rec.registry);
	if (r == 0)
		r = read_country(s, f[1], &rec);
	if (r == 0)
		r = read_status(s, f[6], &rec);
	if (r == 0)
		r = add[type](s, f[3], f[4], &rec);
	s->seen[type]++;
	import_step(s->im);
	return r;
}

/* Head lines */

/* YYYYMMDD, or seconds since 1970 as one registry counts its files. */
static int64_t read_date(const char *text)
{
	char rfc[32];
	int64_t us;
	uint64_t v;

	if (!number(text, UINT32_MAX, &v))
		return TIME_NONE;
	if (strlen(text) == 8) {
		snprintf(rfc, sizeof(rfc), "%.4s-%.2s-%.2sT00:00:00Z", text, text + 4, text + 6);
		return time_parse(rfc, &us) == 0 ? us : TIME_NONE;
	}
	return v > 100000000 ? (int64_t)v * US_PER_S : TIME_NONE;
}

/* version|registry|serial|records|startdate|enddate|UTCoffset */
static int read_version(struct state *s)
{
	char **f = s->line.field;

	if (f[0][0] != '2' || (f[0][1] && f[0][1] != '.'))
		return wrong(s, "version 2 is read here, this is", f[0]);
	s->versioned = true;
	s->im->dated_us = s->line.n > 5 ? read_date(f[5]) : TIME_NONE;
	if (s->im->dated_us == TIME_NONE && s->line.n > 2)
		s->im->dated_us = read_date(f[2]);
	return 0;
}

static bool find_type(const char *word, enum type *type)
{
	for (unsigned i = 0; i < TYPE_COUNT; i++)
		if (strcmp(word, type_names[i]) == 0) {
			*type = i;
			return true;
		}
	return false;
}

static int read_line(struct state *s)
{
	struct line *l = &s->line;
	enum type type;

	if (l->text[0] == '\0' || l->text[0] == '#')
		return 0;
	split(l);
	if (!s->versioned && l->text[0] >= '0' && l->text[0] <= '9' && l->n >= 2)
		return read_version(s);
	if (l->n < 3)
		return wrong(s, "no record:", l->field[0]);
	if (!find_type(l->field[2], &type))
		return wrong(s, "neither asn, ipv4 nor ipv6:", l->field[2]);
	if (l->n >= 6 && strcmp(l->field[5], "summary") == 0) {
		if (!number(l->field[4], UINT64_MAX / 200, &s->promised[type]))
			return wrong(s, "no count of records:", l->field[4]);
		return 0;
	}
	return read_record(s, type);
}

static int check_counts(struct state *s)
{
	for (unsigned i = 0; i < TYPE_COUNT; i++) {
		if (s->seen[i] * 100 < s->promised[i] * CUT_PERCENT)
			return import_refuse(
				s->im, input_passed(s->im->in),
				"only %llu of the %llu %s records that its summary says: the file "
				"is cut",
				(unsigned long long)s->seen[i], (unsigned long long)s->promised[i],
				type_names[i]);
		if (s->promised[i] && s->seen[i] != s->promised[i])
			import_note(s->im, "%llu %s records, though its summary says %llu",
				    (unsigned long long)s->seen[i], type_names[i],
				    (unsigned long long)s->promised[i]);
	}
	if (s->im->records == 0)
		return import_refuse(s->im, input_passed(s->im->in), "no records in it");
	return 0;
}

static int delegated_read(struct import *im)
{
	_cleanup_free_ struct state *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->im = im;
	while ((r = next_line(s)) == 1) {
		r = read_line(s);
		if (r)
			return r;
	}
	if (r)
		return r < 0 ? r : 1;
	r = import_end(im);
	return r ? r : check_counts(s);
}

/* Its first line that is no comment is a version line or has a type in its third field. */
static bool delegated_is(const uint8_t *p, size_t n, bool whole)
{
	struct line *l = calloc(1, sizeof(*l));
	bool is = false, told = false;

	for (unsigned i = 0; l && !told && n && i < SNIFF_LINES; i++) {
		const uint8_t *end = memchr(p, '\n', n);
		size_t len = end ? (size_t)(end - p) : n;
		enum type type;

		if (len >= LINE_MAX_BYTES || memchr(p, '\0', len))
			break;
		memcpy(l->text, p, len);
		l->text[len] = '\0';
		told = len && l->text[0] != '#' && l->text[0] != '\r';
		if (told) {
			split(l);
			is = (l->n >= 3 && find_type(l->field[2], &type)) ||
			     (l->n >= 4 && l->text[0] >= '0' && l->text[0] <= '9' &&
			      is_word(l->field[1], PLACE_REGISTRY_MAX - 1));
		}
		p += len + (end != NULL);
		n -= len + (end != NULL);
	}
	free(l);
	return is;
}

const struct import_format import_delegated = {
	.name = "delegated", .rank = 30, .is = delegated_is, .read = delegated_read};
