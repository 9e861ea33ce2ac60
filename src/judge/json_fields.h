/* SPDX-License-Identifier: ISC */
/*
 * Plain figures of an incident as rows of key, place and form, read by both directions of the JSON:
 * what is written is what is read. Inside the room only.
 */
#pragma once

#include <jansson.h>
#include <stddef.h>

#include "judge/incident.h"

enum form {
	FORM_U64, /* shown up to 2^63 - 1, the largest integer of JSON here */
	FORM_U32,
	FORM_BOOL,
	FORM_TIME,    /* RFC 3339 UTC with microseconds, null for TIME_NONE */
	FORM_SECONDS, /* int64_t microseconds as decimal seconds */
	FORM_REAL,    /* double, four decimals */
};

struct field {
	const char *key;
	size_t offset;
	enum form form;
};

struct field_group {
	const char *key; /* NULL: at the top */
	const struct field *fields;
	size_t n;
};

/* Offsets from struct incident. */
extern const struct field_group group_times, group_delay, group_peak, group_totals, group_sampling,
	group_evidence, group_blind, group_measured, group_flags;
/* Offsets from the struct of their name. */
extern const struct field_group group_classes, group_vector, group_link, group_witness;

/** fields_out() - the rows of @g over @base into @to. Return: 0 or -ENOMEM. */
int fields_out(json_t *to, const void *base, const struct field_group *g);

/**
 * fields_in() - the reverse; a missing key or null leaves the default.
 * Return: 0, or -EINVAL for a value of another type or out of range.
 */
int fields_in(const json_t *from, void *base, const struct field_group *g);

/** json_text() - a JSON string of any bytes; what is not UTF-8 is shown as question marks. */
json_t *json_text(const char *s);

/** json_parse() - JSON of a row that we wrote. Return: 0 with *@out owned, NULL for what is none;
 * or -ENOMEM. */
int json_parse(const char *text, json_t **out);

/** json_line() - @o as one line with its keys in order; owned, NULL without memory. */
char *json_line(const json_t *o);

/** json_time() - RFC 3339, or null for TIME_NONE and years beyond 9999. */
json_t *json_time(int64_t us);

/** json_get_time() - the reverse; null and NULL give TIME_NONE. Return: 0 or -EINVAL. */
int json_get_time(const json_t *v, int64_t *us);

/** json_get_text() - text of @key into @to (@room bytes with its NUL); null and missing leave it.
 * Return: 0 or -EINVAL. */
int json_get_text(const json_t *from, const char *key, char *to, size_t room);

/** json_get_share() - a number of 0..1; missing leaves it. Return: 0 or -EINVAL. */
int json_get_share(const json_t *from, const char *key, double *out);
