/* SPDX-License-Identifier: ISC */
/*
 * ERF, the record format of Endace's DAG cards: a little-endian 32.32 fixed-point time, then type,
 * lengths, extension headers, a sub-header by type, and the frame. There is no file header and no
 * magic, so a file is ERF when its first records make sense one after the other.
 */
#include "base/clock.h"
#include "base/cursor.h"
#include "observe/frames.h"

#define ERF_HEADER	   16
#define ERF_EXTENSION	   8
#define ERF_EXTENSIONS_MAX 32
#define ERF_PROBE	   8 /* records that must make sense */
#define ERF_TYPE_PAD	   48
#define ERF_TYPE_META	   27
#define LINKTYPE_NONE	   UINT32_MAX /* a record, but not of packets we read */

/* Sub-header and link type by record type; a row of zero is a type that does not exist. */
static const struct {
	bool exists;
	uint8_t sub_header;
	uint32_t linktype;
} types[] = {
	[1] = {true, 0, 104}, /* HDLC over SONET */
	[2] = {true, 2, 1},   /* Ethernet: offset and padding before the frame */
	[3] = {true, 0, LINKTYPE_NONE},
	[4] = {true, 0, LINKTYPE_NONE},
	[5] = {true, 4, 104}, /* multi-channel HDLC */
	[6] = {true, 4, LINKTYPE_NONE},
	[7] = {true, 4, LINKTYPE_NONE},
	[8] = {true, 4, LINKTYPE_NONE},
	[9] = {true, 4, LINKTYPE_NONE},
	[10] = {true, 0, 104}, /* coloured HDLC */
	[11] = {true, 2, 1},   /* coloured Ethernet */
	[12] = {true, 4, LINKTYPE_NONE},
	[13] = {true, 0, LINKTYPE_NONE},
	[14] = {true, 0, LINKTYPE_NONE},
	[15] = {true, 0, 104},
	[16] = {true, 2, 1},
	[17] = {true, 4, 104},
	[18] = {true, 4, LINKTYPE_NONE},
	[19] = {true, 0, 104},
	[20] = {true, 2, 1},
	[21] = {true, 0, LINKTYPE_NONE},
	[22] = {true, 0, 228},
	[23] = {true, 0, 229},
	[24] = {true, 0, LINKTYPE_NONE},
	[25] = {true, 0, LINKTYPE_NONE},
	[ERF_TYPE_META] = {true, 0, LINKTYPE_NONE},
	[ERF_TYPE_PAD] = {true, 0, LINKTYPE_NONE},
};

struct erf_record {
	int64_t time_us;
	uint8_t type, port;
	bool extended, reserved;
	size_t len, wirelen;
};

static int64_t erf_time_us(const uint8_t *p)
{
	struct cursor c = cursor_over(p, 8);
	uint64_t fraction = cursor_le32(&c), seconds = cursor_le32(&c);

	/* Rounded: a card counts in 2^-32 s, whoever wrote the file began with microseconds. */
	return (int64_t)seconds * US_PER_S +
	       (int64_t)((fraction * US_PER_S + (UINT64_C(1) << 31)) >> 32);
}

/* Return: false when the header cannot be one. @p: ERF_HEADER bytes. */
static bool read_header(const uint8_t *p, struct erf_record *r)
{
	r->time_us = erf_time_us(p);
	r->type = p[8] & 0x7f;
	r->extended = p[8] & 0x80;
	r->port = p[9] & 3;
	r->reserved = p[9] & 0xc0;
	r->len = be_uint(p + 10, 2);
	r->wirelen = be_uint(p + 14, 2);
	return r->type < sizeof(types) / sizeof(types[0]) && types[r->type].exists &&
	       r->len >= ERF_HEADER;
}

/*
 * One record in the recognition: a year that a card can have written, no reserved flag, a length
 * that the wire length explains, up to padding to 8 bytes. Text passes the first and fails the
 * others.
 */
static bool plausible(const struct erf_record *r)
{
	const int64_t from = INT64_C(631152000) * US_PER_S, until = INT64_C(4102444800) * US_PER_S;

	if (r->time_us < from || r->time_us > until || r->reserved)
		return false;
	if (r->type == ERF_TYPE_PAD || r->type == ERF_TYPE_META)
		return true;
	return r->wirelen && r->len <= r->wirelen + ERF_HEADER + 4 + 8 + ERF_EXTENSION * 8;
}

/* The first records of a capture are of one day; bytes that only look like times are not. */
static bool is_near(int64_t a_us, int64_t b_us)
{
	const int64_t day = INT64_C(86400) * US_PER_S;

	return a_us - b_us < day && b_us - a_us < day;
}

static bool erf_is(struct input *in)
{
	int64_t first_us = 0;
	size_t at = 0;
	unsigned n;

	for (n = 0; n < ERF_PROBE; n++) {
		const uint8_t *p;
		size_t have = input_peek(in, at + ERF_HEADER, &p);
		struct erf_record r;

		if (have == at)
			break;
		if (have < at + ERF_HEADER)
			return n > 1;
		if (!read_header(p + at, &r) || !plausible(&r))
			return false;
		if (n == 0)
			first_us = r.time_us;
		if (!is_near(r.time_us, first_us))
			return false;
		at += r.len;
	}
	return n > 0;
}

/* Return: false when the extension headers or the sub-header do not fit the record. */
static bool read_frame(const struct erf_record *r, const uint8_t *p, struct frame *out)
{
	struct cursor c = cursor_over(p, r->len);
	bool more = r->extended;

	cursor_skip(&c, ERF_HEADER);
	for (unsigned i = 0; more; i++) {
		const uint8_t *h = cursor_take(&c, ERF_EXTENSION);

		if (!h || i == ERF_EXTENSIONS_MAX)
			return false;
		more = h[0] & 0x80;
	}
	if (!cursor_skip(&c, types[r->type].sub_header))
		return false;
	out->data = c.p;
	out->caplen = cursor_left(&c);
	if (out->caplen > r->wirelen) /* padding of the record */
		out->caplen = r->wirelen;
	out->wirelen = r->wirelen;
	out->time_us = r->time_us;
	out->linktype = types[r->type].linktype;
	out->interface = r->port;
	return true;
}

static int erf_next_frame(void *state, struct input *in, struct refusals *refused,
			  struct frame *out)
{
	for (;;) {
		const uint8_t *p;
		size_t have = input_peek(in, ERF_HEADER, &p);
		struct erf_record r;

		if (have < ERF_HEADER)
			return frame_cut(refused, in, input_passed(in));
		if (!read_header(p, &r))
			return frame_broken(refused, in, input_passed(in));
		if (have < r.len)
			have = input_peek(in, r.len, &p);
		if (have < r.len)
			return frame_cut(refused, in, input_passed(in));
		input_consume(in, r.len);
		if (r.type == ERF_TYPE_PAD || r.type == ERF_TYPE_META)
			continue;
		if (types[r.type].linktype == LINKTYPE_NONE)
			refuse(refused, REFUSED_UNSUPPORTED, r.len);
		else if (!read_frame(&r, p, out))
			refuse(refused, REFUSED_BAD_CONTAINER, r.len);
		else
			return FRAMES_GOT;
	}
}

const struct frame_format format_erf = {
	.name = "erf",
	.is = erf_is,
	.next = erf_next_frame,
};
