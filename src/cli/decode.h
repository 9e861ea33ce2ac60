/* SPDX-License-Identifier: ISC */
/*
 * `noroshi decode`: what flow exports hold, record by record and element by element, and the flow
 * that is made of each. For people who look into an exporter, and for tests.
 *
 * As JSON, one object per line and record, in order of the wire: `datagram` (counted from 1 over
 * all files), `header` (version, sequence and, where the format has them, count, time, uptime_ms,
 * agent), `exporter`, `domain`, `set`, `kind` (data, options, sample, counters, discard),
 * `template`, `elements` (name or "pen.number": value; an element that comes more than once is an
 * array, all its values in order), `flow` (null where the record is none) and, for a biflow,
 * `reverse`.
 */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/text.h"
#include "observe/export_trace.h"

/**
 * decode_files() - decode @n files ("-": standard input) in order, as one run: raw files are one
 * exporter and keep its templates from file to file.
 * @err: told at the end what was refused, by reason.
 * Return: 0; 1 when something was refused; 2 when a file could not be read at all; 5 when memory
 * ran out or @out could not be written.
 */
int decode_files(char *const *paths, int n, bool json, FILE *out, FILE *err);

/** decode_value_json() - one element's value as JSON: by its type, else its bytes in hex. */
void decode_value_json(struct text *t, const struct export_value *v);

/** decode_json_string() - @n bytes as a JSON string; what is not UTF-8 is read as ISO 8859-1. */
void decode_json_string(struct text *t, const char *s, size_t n);
