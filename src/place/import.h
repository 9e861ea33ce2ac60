/* SPDX-License-Identifier: ISC */
/*
 * Reading one file into one source. A format is a file of its own, format_NAME.c, and a row of the
 * list in import.c; the formats are told apart by content. A file is taken whole or refused whole.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "observe/input.h"
#include "place/part.h"

#define IMPORT_BYTES_MAX (UINT64_C(1) << 30) /* of what must be read as one piece */

struct place_progress {
	/** step() - now and then: @done of @total bytes of the file (0 unknown), @records so far.
	 */
	void (*step)(void *userdata, uint64_t done, uint64_t total, uint64_t records);
	void *userdata;
};

/* How a file shall be imported; zero, NULL and TIME_NONE leave it to the file. */
struct place_import_options {
	const char *as;	  /* name of a format */
	const char *name; /* of the source */
	int64_t dated_us; /* TIME_NONE: what the file says */
	uint32_t rank;	  /* 0: that of the kind */
	const struct place_progress *progress;
};

/* The file at work, for a format. */
struct import {
	struct input *in;
	const char *path; /* for messages */
	struct part *part;
	struct text *why, *notes;
	const struct place_progress *progress;
	int64_t dated_us; /* set by the format, TIME_NONE not known */
	uint64_t records, skipped;
};

struct import_format {
	const char *name;
	uint32_t rank;
	/** is() - the @n first bytes look like it; @whole: there are no more. */
	bool (*is)(const uint8_t *p, size_t n, bool whole);
	/** read() - all of the stream. Return: 0; 1 refused, with the reason; negative. */
	int (*read)(struct import *im);
};

extern const struct import_format import_delegated, import_mrt, import_mmdb, import_peeringdb;

/** import_refuse() - "PATH:OFFSET: sentence" into im->why. Return: 1. */
int import_refuse(struct import *im, uint64_t at, const char *fmt, ...) _public_printf_(3, 4);

/** import_note() - what is worth to be told about a file that is taken; "PATH: sentence\n". */
void import_note(struct import *im, const char *fmt, ...) _public_printf_(2, 3);

/** import_step() - one more record was read. */
void import_step(struct import *im);

/**
 * import_slurp() - the rest of the stream in one piece, for formats that need it.
 * @bytes: owned by the caller, @n of them.
 * Return: 0; 1 refused (too large, or it does not unpack); -ENOMEM.
 */
int import_slurp(struct import *im, uint8_t **bytes, size_t *n);

/** import_end() - has the stream come to a good end? Return: 0, or 1 with the reason. */
int import_end(struct import *im);

/** import_format_names() - "delegated mrt ...", as an option row wants its words. */
const char *import_format_names(void);

/**
 * place_import() - read @path ("-" standard input) as one source.
 * @part: owned by the caller, whole.
 * @why: why it was refused. @notes: lines about one that was not.
 * Return: 0; 1 refused; 2 it cannot be opened; negative.
 */
int place_import(const char *path, const struct place_import_options *o, struct part **part,
		 struct text *why, struct text *notes);

/** place_import_memory() - the same of bytes (tests, fuzzing). */
int place_import_memory(const uint8_t *bytes, size_t n, const struct place_import_options *o,
			struct part **part, struct text *why, struct text *notes);

/** place_source_name() - make @from what a source may be called: letters, digits and ". _ -".
 * @to: PLACE_SOURCE_MAX. */
void place_source_name(const char *from, char *to);
