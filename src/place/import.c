// SPDX-License-Identifier: ISC
#include "place/import.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SNIFF_BYTES INPUT_PEEK_MAX
#define STEP_EVERY  4096

static const struct import_format *const formats[] = {
	&import_mmdb,
	&import_peeringdb,
	&import_delegated,
	&import_mrt,
};

const char *import_format_names(void)
{
	return "delegated mrt mmdb peeringdb";
}

int import_refuse(struct import *im, uint64_t at, const char *fmt, ...)
{
	va_list ap;

	text_printf(im->why, "%s:%llu: ", im->path, (unsigned long long)at);
	va_start(ap, fmt);
	text_vprintf(im->why, fmt, ap);
	va_end(ap);
	return 1;
}

void import_note(struct import *im, const char *fmt, ...)
{
	va_list ap;

	text_printf(im->notes, "%s: ", im->path);
	va_start(ap, fmt);
	text_vprintf(im->notes, fmt, ap);
	va_end(ap);
	text_add(im->notes, "\n");
}

static void tell_progress(struct import *im)
{
	uint64_t done, total;

	if (!im->progress)
		return;
	input_progress(im->in, &done, &total);
	im->progress->step(im->progress->userdata, done, total, im->records);
}

void import_step(struct import *im)
{
	if (++im->records % STEP_EVERY == 0)
		tell_progress(im);
}

int import_end(struct import *im)
{
	static const char *const reasons[] = {
		[INPUT_TRUNCATED] = "the compressed data end in their middle",
		[INPUT_CORRUPT] = "the compressed data do not unpack from here on",
		[INPUT_TRAILING] = "bytes follow behind the compressed data",
		[INPUT_SWOLLEN] = "the compressed data unpack to over 4,000 times their size",
	};
	enum input_end end = input_ended(im->in);

	if (end == INPUT_GOOD)
		return 0;
	return import_refuse(im, input_passed(im->in), "%s",
			     end == INPUT_IO ? strerror(input_errno(im->in)) : reasons[end]);
}

int import_slurp(struct import *im, uint8_t **bytes, size_t *n)
{
	_cleanup_free_ uint8_t *all = NULL;
	size_t room = 0, len = 0;
	const uint8_t *p;

	for (;;) {
		size_t have = input_peek(im->in, 1, &p);

		if (!have)
			break;
		if (len + have > IMPORT_BYTES_MAX)
			return import_refuse(im, len, "more than %llu bytes",
					     (unsigned long long)IMPORT_BYTES_MAX);
		if (len + have > room) {
			uint8_t *grown;

			room = (len + have) * 3 / 2 + 4096;
			grown = realloc(all, room);
			if (!grown)
				return -ENOMEM;
			all = grown;
		}
		memcpy(all + len, p, have);
		len += have;
		input_consume(im->in, have);
		tell_progress(im);
	}
	*bytes = take_ptr(all);
	*n = len;
	return import_end(im);
}

/* Names */

void place_source_name(const char *from, char *to)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "._-";
	size_t n = 0;

	for (; *from && n + 1 < PLACE_SOURCE_MAX; from++, n++)
		to[n] = strchr(safe, *from) && (n || *from != '.') ? *from : '_';
	to[n] = '\0';
	if (!n)
		strcpy(to, "unnamed");
}

/* The file's own name, without its folder and what only says how it is packed. */
static void name_of_path(const char *path, char *to)
{
	static const char *const packed[] = {".gz", ".bz2", ".xz", ".zst", ".Z"};
	const char *slash = strrchr(path, '/');
	char name[PLACE_SOURCE_MAX];
	size_t len;

	snprintf(name, sizeof(name), "%s",
		 strcmp(path, "-") == 0 ? "stdin"
		 : slash		? slash + 1
					: path);
	len = strlen(name);
	for (size_t i = 0; i < ARRAY_LEN(packed); i++) {
		size_t tail = strlen(packed[i]);

		if (len > tail && strcmp(name + len - tail, packed[i]) == 0)
			name[len - tail] = '\0';
	}
	place_source_name(name, to);
}

/* The way of a file */

static int find_format(struct import *im, const char *as, const struct import_format **out)
{
	const uint8_t *p;
	size_t n;

	for (size_t i = 0; as && i < ARRAY_LEN(formats); i++)
		if (strcmp(formats[i]->name, as) == 0) {
			*out = formats[i];
			return 0;
		}
	n = input_peek(im->in, SNIFF_BYTES, &p);
	if (n == 0)
		return import_end(im) ? 1 : import_refuse(im, 0, "there is nothing in it");
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (formats[i]->is(p, n, n < SNIFF_BYTES)) {
			*out = formats[i];
			return 0;
		}
	if (n >= SNIFF_BYTES) { /* a database tells what it is at its end only */
		*out = &import_mmdb;
		return 0;
	}
	return import_refuse(im, 0,
			     "this is neither statistics of a registry, nor MRT, nor a "
			     "MaxMind database, nor PeeringDB JSON");
}

static int64_t time_of_file(const char *path)
{
	struct stat st;

	if (strcmp(path, "-") == 0 || stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return clock_real_us();
	return (int64_t)st.st_mtim.tv_sec * US_PER_S + st.st_mtim.tv_nsec / 1000;
}

static int read_as(struct import *im, const struct import_format *f,
		   const struct place_import_options *o, int64_t file_us, struct part **out)
{
	_cleanup_part_ struct part *part = NULL;
	char name[PLACE_SOURCE_MAX];
	int r;

	if (o->name)
		place_source_name(o->name, name);
	else
		name_of_path(im->path, name);
	part = part_new(name, f->name, TIME_NONE);
	if (!part)
		return -ENOMEM;
	im->part = part;
	r = f->read(im);
	if (r == 0)
		r = import_end(im);
	if (r)
		return r;
	part->source.records = im->records;
	part->source.rank = o->rank ? o->rank : f->rank;
	part->source.imported_us = clock_real_us();
	part->source.dated_us = o->dated_us != TIME_NONE    ? o->dated_us
				: im->dated_us != TIME_NONE ? im->dated_us
							    : file_us;
	*out = take_ptr(part);
	return 0;
}

static int import(struct import *im, const struct place_import_options *o, int64_t file_us,
		  struct part **out)
{
	const struct import_format *f = NULL;
	int r = find_format(im, o->as, &f);

	if (r == 0)
		r = read_as(im, f, o, file_us, out);
	if (r == -EFBIG || r == -ENOSPC)
		return import_refuse(im, input_passed(im->in), "more in it than this can keep");
	return r;
}

static void drop_input(struct input **in)
{
	input_free(*in);
}

int place_import(const char *path, const struct place_import_options *o, struct part **part,
		 struct text *why, struct text *notes)
{
	_cleanup_(drop_input) struct input *in = NULL;
	struct import im = {.path = path,
			    .why = why,
			    .notes = notes,
			    .progress = o->progress,
			    .dated_us = TIME_NONE};
	_cleanup_text_ struct text reason = TEXT_NULL;
	int r = input_open(&in, path, &reason);

	if (r > 0)
		text_printf(why, "%s: %s", path, text_str(&reason));
	if (r)
		return r < 0 ? r : 2;
	im.in = in;
	return import(&im, o, time_of_file(path), part);
}

int place_import_memory(const uint8_t *bytes, size_t n, const struct place_import_options *o,
			struct part **part, struct text *why, struct text *notes)
{
	_cleanup_(drop_input) struct input *in = NULL;
	struct import im = {.path = "memory", .why = why, .notes = notes, .dated_us = TIME_NONE};
	int r = input_open_memory(&in, bytes, n);

	if (r)
		return r;
	im.in = in;
	return import(&im, o, TIME_NONE, part);
}
