/* SPDX-License-Identifier: ISC */
/*
 * What people ask at the door: one line of JSON. It comes from whoever may connect, so it is looked
 * at as a whole before anybody reads a word of it; a key of the wrong type is one that is not
 * there.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/** request_parse() - a line as it came. Return: owned; NULL where it is no JSON, or has a key
 * twice.
 */
json_t *request_parse(const char *line);

/** request_is_good() - an object whose texts are whole UTF-8 without control characters, and
 * shorter than LAW_WORDS_MAX. @o: NULL is none. */
bool request_is_good(const json_t *o);

/** request_word() - the text at @key; "" where there is none. Borrowed. */
const char *request_word(const json_t *o, const char *key);

/** request_says() - @key is true. */
bool request_says(const json_t *o, const char *key);

/** request_option() - the number of a plan's option; 0, which none has, where it is no number of
 * one. */
unsigned request_option(const json_t *o);

/** request_until() - microseconds since 1970; TIME_NONE where none is said. */
int64_t request_until(const json_t *o);

/** request_for_log() - a copy of what was asked, as the log may keep it: without the signature.
 * Owned; NULL without memory. */
json_t *request_for_log(const json_t *o);
