/* SPDX-License-Identifier: ISC */
/*
 * gzip, bzip2, xz and zstd, streamed: a fixed buffer of packed bytes in, as much out as there is
 * room for, so a bomb costs no memory (xz and zstd windows are limited too).
 * Concatenated members are one stream.
 */
#include "observe/input_unpack.h"

#include <bzlib.h>
#include <limits.h>
#include <lzma.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/cleanup.h"

#define PACKED_ROOM	    (64u << 10)
#define XZ_MEMORY_MAX	    (256u << 20)
#define ZSTD_WINDOW_LOG_MAX 27 /* 128 MiB, what zstd itself takes without --long */

struct unpack {
	struct stage s;
	const struct unpacker *kind;
	uint8_t packed[PACKED_ROOM];
	size_t at, fill;
	bool below_end, in_member;
	union {
		z_stream gz;
		bz_stream bz;
		lzma_stream xz;
		struct {
			ZSTD_DStream *stream;
			size_t next; /* packed bytes up to the end of the next block */
		} zst;
	} lib;
};

enum unpacked { UNPACK_MORE, UNPACK_MEMBER_END, UNPACK_BROKEN };

/* One format. step() takes from packed[at..fill), puts up to @room bytes, and tells how many. */
struct unpacker {
	const char *name;
	uint8_t magic[UNPACK_MAGIC_MAX], magic_len;
	int (*begin)(struct unpack *u); /* also for each further member; 0 or -1 */
	void (*end)(struct unpack *u);	/* frees what begin() made */
	enum unpacked (*step)(struct unpack *u, uint8_t *to, size_t room, size_t *got);
};

static int gz_begin(struct unpack *u)
{
	memset(&u->lib.gz, 0, sizeof(u->lib.gz));
	return inflateInit2(&u->lib.gz, 15 + 16) == Z_OK ? 0 : -1;
}

static void gz_end(struct unpack *u)
{
	inflateEnd(&u->lib.gz);
}

static enum unpacked gz_step(struct unpack *u, uint8_t *to, size_t room, size_t *got)
{
	z_stream *z = &u->lib.gz;
	int r;

	z->next_in = u->packed + u->at;
	z->avail_in = (uInt)(u->fill - u->at);
	z->next_out = to;
	z->avail_out = room > UINT_MAX ? UINT_MAX : (uInt)room;
	r = inflate(z, Z_NO_FLUSH);
	u->at = u->fill - z->avail_in;
	*got = (size_t)(z->next_out - to);
	if (r == Z_STREAM_END)
		return UNPACK_MEMBER_END;
	return r == Z_OK || r == Z_BUF_ERROR ? UNPACK_MORE : UNPACK_BROKEN;
}

static int bz_begin(struct unpack *u)
{
	memset(&u->lib.bz, 0, sizeof(u->lib.bz));
	return BZ2_bzDecompressInit(&u->lib.bz, 0, 0) == BZ_OK ? 0 : -1;
}

static void bz_end(struct unpack *u)
{
	BZ2_bzDecompressEnd(&u->lib.bz);
}

static enum unpacked bz_step(struct unpack *u, uint8_t *to, size_t room, size_t *got)
{
	bz_stream *z = &u->lib.bz;
	int r;

	z->next_in = (char *)u->packed + u->at;
	z->avail_in = (unsigned)(u->fill - u->at);
	z->next_out = (char *)to;
	z->avail_out = room > UINT_MAX ? UINT_MAX : (unsigned)room;
	r = BZ2_bzDecompress(z);
	u->at = u->fill - z->avail_in;
	*got = (size_t)(z->next_out - (char *)to);
	if (r == BZ_STREAM_END)
		return UNPACK_MEMBER_END;
	return r == BZ_OK ? UNPACK_MORE : UNPACK_BROKEN;
}

static int xz_begin(struct unpack *u)
{
	u->lib.xz = (lzma_stream)LZMA_STREAM_INIT;
	return lzma_stream_decoder(&u->lib.xz, XZ_MEMORY_MAX, 0) == LZMA_OK ? 0 : -1;
}

static void xz_end(struct unpack *u)
{
	lzma_end(&u->lib.xz);
}

static enum unpacked xz_step(struct unpack *u, uint8_t *to, size_t room, size_t *got)
{
	lzma_stream *z = &u->lib.xz;
	lzma_ret r;

	z->next_in = u->packed + u->at;
	z->avail_in = u->fill - u->at;
	z->next_out = to;
	z->avail_out = room;
	r = lzma_code(z, LZMA_RUN);
	u->at = u->fill - z->avail_in;
	*got = room - z->avail_out;
	if (r == LZMA_STREAM_END)
		return UNPACK_MEMBER_END;
	return r == LZMA_OK || r == LZMA_BUF_ERROR ? UNPACK_MORE : UNPACK_BROKEN;
}

static int zst_begin(struct unpack *u)
{
	u->lib.zst.stream = ZSTD_createDStream();
	if (!u->lib.zst.stream)
		return -1;
	ZSTD_DCtx_setParameter(u->lib.zst.stream, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
	u->lib.zst.next = ZSTD_initDStream(u->lib.zst.stream);
	return ZSTD_isError(u->lib.zst.next) ? -1 : 0;
}

static void zst_end(struct unpack *u)
{
	ZSTD_freeDStream(u->lib.zst.stream);
	u->lib.zst.stream = NULL;
}

/*
 * Block by block: a call that meets a broken block tells nothing of what it has unpacked before,
 * and how far that reached would depend on the room it was given.
 */
static enum unpacked zst_step(struct unpack *u, uint8_t *to, size_t room, size_t *got)
{
	size_t left = u->fill - u->at, next = u->lib.zst.next;
	ZSTD_inBuffer in = {
		.src = u->packed, .size = u->at + (left < next ? left : next), .pos = u->at};
	ZSTD_outBuffer out = {.dst = to, .size = room};
	size_t r = ZSTD_decompressStream(u->lib.zst.stream, &out, &in);

	u->at = in.pos;
	*got = out.pos;
	if (ZSTD_isError(r))
		return UNPACK_BROKEN;
	u->lib.zst.next = r;
	return r == 0 ? UNPACK_MEMBER_END : UNPACK_MORE;
}

static const struct unpacker unpackers[] = {
	{"gzip", {0x1f, 0x8b, 0x08}, 3, gz_begin, gz_end, gz_step},
	{"bzip2", {'B', 'Z', 'h'}, 3, bz_begin, bz_end, bz_step},
	{"xz", {0xfd, '7', 'z', 'X', 'Z', 0}, 6, xz_begin, xz_end, xz_step},
	{"zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4, zst_begin, zst_end, zst_step},
};

/* Make at least @want packed bytes visible; fewer at the end of the stage below. */
static size_t refill(struct unpack *u, size_t want)
{
	if (u->fill - u->at >= want || u->below_end)
		return u->fill - u->at;
	memmove(u->packed, u->packed + u->at, u->fill - u->at);
	u->fill -= u->at;
	u->at = 0;
	while (u->fill < want) {
		size_t n = u->s.below->read(u->s.below, u->packed + u->fill, PACKED_ROOM - u->fill);

		if (!n) {
			u->below_end = true;
			break;
		}
		u->fill += n;
	}
	return u->fill;
}

static size_t stop(struct unpack *u, enum input_end why)
{
	if (u->in_member)
		u->kind->end(u);
	u->in_member = false;
	if (u->s.ended == INPUT_GOOD)
		u->s.ended = why;
	u->below_end = true;
	u->at = u->fill;
	return 0;
}

/*
 * Begin the next member where there is one. Zero bytes between members and at the end are padding
 * of tapes and of xz (multiples of four), all else is not part of the stream. Return: false at the
 * end.
 */
static bool next_member(struct unpack *u)
{
	const struct unpacker *k = u->kind;

	while (refill(u, 1) && u->packed[u->at] == 0)
		u->at++;
	if (!refill(u, 1))
		return false;
	if (refill(u, k->magic_len) < k->magic_len ||
	    memcmp(u->packed + u->at, k->magic, k->magic_len) != 0) {
		stop(u, INPUT_TRAILING);
		return false;
	}
	if (k->begin(u) < 0) {
		stop(u, INPUT_CORRUPT);
		return false;
	}
	u->in_member = true;
	return true;
}

static size_t unpack_read(struct stage *s, uint8_t *to, size_t room)
{
	struct unpack *u = (struct unpack *)s;
	size_t got = 0, had, was;
	enum unpacked r;

	while (!got) {
		if (!u->in_member && !next_member(u))
			return 0;
		had = refill(u, 1);
		was = u->at;
		r = u->kind->step(u, to, room, &got);
		if (r == UNPACK_MEMBER_END) {
			u->kind->end(u);
			u->in_member = false;
		} else if (r == UNPACK_BROKEN || (had && !got && u->at == was)) {
			stop(u, INPUT_CORRUPT);
			return got;
		} else if (!got && !had) {
			return stop(u, INPUT_TRUNCATED);
		}
	}
	return got;
}

static void unpack_close(struct stage *s)
{
	struct unpack *u = (struct unpack *)s;

	if (u->in_member)
		u->kind->end(u);
	free(u);
}

struct stage *unpack_new(struct stage *below, const uint8_t *magic, size_t n, const char **name)
{
	struct unpack *u;

	*name = NULL;
	for (size_t i = 0; i < ARRAY_LEN(unpackers); i++) {
		const struct unpacker *k = &unpackers[i];

		if (n < k->magic_len || memcmp(magic, k->magic, k->magic_len) != 0)
			continue;
		*name = k->name;
		u = calloc(1, sizeof(*u));
		if (!u)
			return NULL;
		u->s.read = unpack_read;
		u->s.close = unpack_close;
		u->s.below = below;
		u->kind = k;
		memcpy(u->packed, magic, n);
		u->fill = n;
		return &u->s;
	}
	return NULL;
}
