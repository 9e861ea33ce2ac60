/* SPDX-License-Identifier: ISC */
/*
 * Single values: how each type of the schema is read from a word, written back, and named in a
 * sentence. What is written reads back as the same value.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "conf/schema.h"

/**
 * value_read() - read @s into the field @at of row @k; on refusal the field is left as it was.
 * @why: the reason as a sentence, where the caller wants one (may be NULL).
 * Return: 0, or -EINVAL.
 */
int value_read(const struct conf_key *k, const char *s, void *at, struct text *why);

/** value_write() - the field @at as an operator would write it, without quotation marks. */
void value_write(const struct conf_key *k, const void *at, struct text *out);

/** value_type_name() - the type in the words of the manual, "packet rate". */
const char *value_type_name(const struct conf_key *k);

/** value_is_number() - the type is an amount that JSON shows as a number in its base unit. */
bool value_is_number(const struct conf_key *k);

/** value_number() - the number in a field for which value_is_number(). */
uint64_t value_number(const struct conf_key *k, const void *at);

/** value_is_never() - the field says "never". */
bool value_is_never(const struct conf_key *k, const void *at);

/** value_is_empty() - the field is all zero: nothing was given. */
bool value_is_empty(const struct conf_key *k, const void *at);
