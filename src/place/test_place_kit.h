/* SPDX-License-Identifier: ISC */
/*
 * What the tests of places share.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "place/builder.h"
#include "place/import.h"
#include "place/place.h"

static inline struct prefix pfx(const char *text)
{
	struct prefix p;

	assert_int_equal(prefix_parse(text, false, &p), 0);
	return p;
}

static inline struct place look(const struct places *p, const char *text)
{
	struct place w;
	struct ip ip;

	assert_int_equal(ip_parse(text, &ip), 0);
	place_lookup(p, &ip, &w);
	return w;
}

static inline void assert_prefix(const struct place *w, const char *text)
{
	struct prefix p = pfx(text);

	assert_true(w->has_prefix && prefix_equal(&w->prefix, &p));
}

static inline struct places *done(struct place_builder *b)
{
	struct places *p = NULL;

	assert_int_equal(place_builder_done(b, &p), 0);
	return p;
}

/* Bytes as one source. @why: of a refusal, else "". */
static inline struct part *take(const void *bytes, size_t n, const char *as, struct text *why)
{
	_cleanup_text_ struct text notes = TEXT_NULL;
	struct place_import_options o = {.as = as, .name = "test", .dated_us = TIME_NONE};
	struct part *part = NULL;
	int r = place_import_memory(bytes, n, &o, &part, why, &notes);

	assert_true(r == 0 || (r == 1 && why->len > 0 && !part));
	return part;
}

/* The picture of bytes that hold. */
static inline struct places *picture_of(const void *bytes, size_t n, const char *as)
{
	_cleanup_place_builder_ struct place_builder *b = place_builder_new();
	_cleanup_text_ struct text why = TEXT_NULL;
	struct part *part = take(bytes, n, as, &why);
	void *packed;
	size_t size;

	assert_string_equal(text_str(&why), "");
	assert_non_null(b);
	assert_int_equal(part_pack(part, &packed, &size), 0);
	part_free(part);
	assert_int_equal(place_builder_image(b, packed, size), 0);
	return done(b);
}
