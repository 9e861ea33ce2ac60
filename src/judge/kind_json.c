/* SPDX-License-Identifier: ISC */
/*
 * Kinds as JSON. Sentences are written for readers and passed over when read back: they are made
 * again of the figures beside them.
 */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "judge/json_fields.h"
#include "judge/kind.h"

static const char *const basis_words[BASIS_BITS] = {
	"verdict", "handshake", "repeats",    "country",    "list",    "answers",
	"unasked", "own",	"one",	      "forged",	    "unshown", "few",
	"listed",  "many_ways", "no_records", "own_outside"};

static const char *const shared_words[] = {
	[SHARED_CGN] = "cgn",		[SHARED_MAP_E] = "map_e", [SHARED_CDN] = "cdn",
	[SHARED_RESOLVER] = "resolver", [SHARED_OTHER] = "other",
};

static const char *const forged_words[FORGED_COUNT] = {
	[FORGED_UNKNOWN] = "unknown",
	[FORGED_NO] = "not_spoofed",
	[FORGED_PARTLY] = "partly",
	[FORGED_YES] = "spoofed",
};

static json_t *share_json(double share)
{
	return json_real(round(share * 1e4) / 1e4);
}

/* The words of the bits in @bits; NULL without memory. */
static json_t *bits_json(uint32_t bits, const char *const *words, unsigned n)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < n; i++)
		if (bits >> i & 1 && json_array_append_new(list, json_string(words[i]))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static int bits_from(const json_t *list, const char *const *words, unsigned n, uint32_t *bits)
{
	*bits = 0;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *s = json_string_value(json_array_get(list, i));
		unsigned k = 0;

		while (s && k < n && strcmp(words[k], s) != 0)
			k++;
		if (!s || k == n)
			return -EINVAL;
		*bits |= 1u << k;
	}
	return 0;
}

static json_t *reason_json(const struct text *en, const struct text *ja)
{
	return json_pack("{ssss}", "en", text_str(en), "ja", text_str(ja));
}

static json_t *part_json(const struct source_kinds *k, const struct source_part *p)
{
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

	source_kind_reason(k, p, false, &en);
	source_kind_reason(k, p, true, &ja);
	return json_pack("{s:s, s:o, s:o, s:I, s:b, s:b, s:o, s:b, s:I, s:o, s:o}", "kind",
			 source_kind_name(p->kind), "protocol",
			 p->protocol[0] ? json_text(p->protocol) : json_null(), "share",
			 share_json(p->share), "count", (json_int_t)p->count, "count_at_least",
			 p->count_at_least, "count_about", p->count_about, "reason",
			 reason_json(&en, &ja), "shared", p->shared, "mean_bytes",
			 (json_int_t)p->mean_bytes, "listed", json_time(p->listed_us), "basis",
			 bits_json(p->basis, basis_words, BASIS_BITS));
}

static json_t *parts_json(const struct source_kinds *k)
{
	json_t *list = json_array();

	for (unsigned i = 0; list && i < k->n; i++)
		if (json_array_append_new(list, part_json(k, &k->part[i]))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *filter_json(const struct source_kinds *k)
{
	_cleanup_text_ struct text en = TEXT_NULL, ja = TEXT_NULL;

	kinds_filter_reason(k, false, &en);
	kinds_filter_reason(k, true, &ja);
	return json_pack("{s:s, s:o, s:o, s:b}", "verdict",
			 kinds_filter_forbidden(k) ? "forbidden" : "undecided", "reason",
			 reason_json(&en, &ja), "shared",
			 bits_json(k->shared_kinds, shared_words, ARRAY_LEN(shared_words)),
			 "never_touch", k->never_touch);
}

static json_t *sides_json(const struct source_kinds *k)
{
	return json_pack("{s:o, s:o, s:o, s:b, s:o, s:i, s:s}", "domestic", share_json(k->domestic),
			 "foreign", share_json(k->foreign), "by_link", share_json(k->by_link),
			 "unsure", k->unsure, "regional", share_json(k->regional), "records",
			 (int)k->records, "forged", forged_words[k->forged]);
}

int kinds_to_json(json_t *o, const struct source_kinds *k)
{
	return json_object_set_new(o, "source_kinds", parts_json(k)) ||
			       json_object_set_new(o, "source_filter", filter_json(k)) ||
			       json_object_set_new(o, "source_sides", sides_json(k)) ||
			       source_places_to_json(o, &k->places)
		       ? -ENOMEM
		       : 0;
}

static int get_count(const json_t *o, const char *key, uint64_t *out)
{
	const json_t *v = json_object_get(o, key);

	if (!v)
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) < 0)
		return -EINVAL;
	*out = (uint64_t)json_integer_value(v);
	return 0;
}

static int part_from(const json_t *o, struct source_part *p)
{
	const char *kind = json_string_value(json_object_get(o, "kind"));
	const json_t *protocol = json_object_get(o, "protocol");
	uint32_t basis;

	*p = (struct source_part){.listed_us = TIME_NONE};
	if (!kind || source_kind_parse(kind, &p->kind) || json_get_share(o, "share", &p->share) ||
	    get_count(o, "count", &p->count) || get_count(o, "mean_bytes", &p->mean_bytes) ||
	    json_get_time(json_object_get(o, "listed"), &p->listed_us) ||
	    bits_from(json_object_get(o, "basis"), basis_words, BASIS_BITS, &basis))
		return -EINVAL;
	p->basis = (uint16_t)basis;
	p->count_at_least = json_is_true(json_object_get(o, "count_at_least"));
	p->count_about = json_is_true(json_object_get(o, "count_about"));
	p->shared = json_is_true(json_object_get(o, "shared"));
	if (!protocol || json_is_null(protocol))
		return 0;
	if (!json_is_string(protocol) || json_string_length(protocol) >= KIND_PROTOCOL_MAX)
		return -EINVAL;
	memcpy(p->protocol, json_string_value(protocol), json_string_length(protocol) + 1);
	return 0;
}

static int sides_from(const json_t *o, struct source_kinds *out)
{
	const char *forged = json_string_value(json_object_get(o, "forged"));
	uint64_t records = 0;

	if (json_get_share(o, "domestic", &out->domestic) ||
	    json_get_share(o, "regional", &out->regional) ||
	    json_get_share(o, "foreign", &out->foreign) ||
	    json_get_share(o, "by_link", &out->by_link) || get_count(o, "records", &records) ||
	    records > UINT32_MAX)
		return -EINVAL;
	out->records = (unsigned)records;
	out->unsure = json_is_true(json_object_get(o, "unsure"));
	for (unsigned i = 0; forged && i < FORGED_COUNT; i++)
		if (strcmp(forged_words[i], forged) == 0)
			out->forged = (enum kind_forged)i;
	return 0;
}

int kinds_from_json(const json_t *o, struct source_kinds *out)
{
	const json_t *list = json_object_get(o, "source_kinds");
	const json_t *filter = json_object_get(o, "source_filter");

	*out = (struct source_kinds){.n = 0};
	for (size_t i = 0; i < json_array_size(list) && i < KINDS_MAX; i++)
		if (part_from(json_array_get(list, i), &out->part[out->n++]))
			return -EINVAL;
	if (bits_from(json_object_get(filter, "shared"), shared_words, ARRAY_LEN(shared_words),
		      &out->shared_kinds))
		return -EINVAL;
	out->never_touch = json_is_true(json_object_get(filter, "never_touch"));
	if (source_places_from_json(o, &out->places))
		return -EINVAL;
	return sides_from(json_object_get(o, "source_sides"), out);
}
