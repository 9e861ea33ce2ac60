/* SPDX-License-Identifier: ISC */
/*
 * The classic pcap file: a 24-byte header whose magic tells byte order and time unit, then records
 * of 16 bytes and the frame. Read besides: the modified format of Kuznetzov's patches (8 more bytes
 * per record) and files older than version 2.4, which have the two lengths the other way round.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "observe/frames.h"

#define PCAP_HEADER	24
#define PCAP_RECORD	16
#define KUZNETZOV_EXTRA 8

/* Where a record ends is in its header: without this each waits for the line of the one before, 1
 * ns of 29 a packet. */
#define AHEAD 512

static const struct {
	uint32_t magic;
	uint8_t extra;
	bool nanoseconds;
} magics[] = {
	{0xa1b2c3d4, 0, false},
	{0xa1b23c4d, 0, true},
	{0xa1b2cd34, KUZNETZOV_EXTRA, false},
};

struct pcap_state {
	bool swapped; /* the file is little-endian */
	bool nanoseconds, lengths_swapped, lengths_maybe_swapped;
	size_t record; /* length of a record's header */
	uint32_t linktype;
};

static uint32_t get32(const struct pcap_state *s, const uint8_t *p)
{
	uint32_t v = be32_at(p);

	return s->swapped ? __builtin_bswap32(v) : v;
}

static bool find_magic(const uint8_t *p, struct pcap_state *s)
{
	uint32_t v = (uint32_t)be_uint(p, 4);

	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		if (v != magics[i].magic && __builtin_bswap32(v) != magics[i].magic)
			continue;
		s->swapped = v != magics[i].magic;
		s->nanoseconds = magics[i].nanoseconds;
		s->record = PCAP_RECORD + magics[i].extra;
		return true;
	}
	return false;
}

static bool pcap_is(struct input *in)
{
	struct pcap_state s;
	const uint8_t *p;

	return input_peek(in, PCAP_HEADER, &p) >= PCAP_HEADER && find_magic(p, &s);
}

/* @p: a header that pcap_is() knows, which is passed. */
static void read_header(struct pcap_state *s, struct input *in, const uint8_t *p)
{
	uint32_t version, minor;

	*s = (struct pcap_state){0};
	find_magic(p, s);
	version = get32(s, p + 4);
	minor = s->swapped ? version >> 16 : version & 0xffff;
	s->lengths_swapped = minor < 3;
	s->lengths_maybe_swapped = minor == 3;
	s->linktype = get32(s, p + 20) & 0x03ffffff; /* above it: length of the check sequence */
	input_consume(in, PCAP_HEADER);
}

static void *pcap_open_state(struct input *in)
{
	struct pcap_state *s = calloc(1, sizeof(*s));
	const uint8_t *p;

	if (!s)
		return NULL;
	input_peek(in, PCAP_HEADER, &p);
	read_header(s, in, p);
	return s;
}

/*
 * Files are put together with cat(1). Where a record should begin, the header of a file would be
 * one of no bytes at all, in the year 2055 or later.
 */
static bool begins_anew(struct pcap_state *s, struct input *in)
{
	const uint8_t *p;

	if (!pcap_is(in))
		return false;
	input_peek(in, PCAP_HEADER, &p);
	if (be_uint(p + 8, 8) != 0) /* time zone and accuracy: always 0, and here the lengths */
		return false;
	read_header(s, in, p);
	return true;
}

static void set_lengths(const struct pcap_state *s, const uint8_t *p, struct frame *out)
{
	uint32_t a = get32(s, p + 8), b = get32(s, p + 12);
	bool swap = s->lengths_swapped || (s->lengths_maybe_swapped && a > b);

	out->caplen = swap ? b : a;
	out->wirelen = swap ? a : b;
}

/* All of a frame but its bytes, from a record's header. */
static inline void read_record(const struct pcap_state *s, const uint8_t *p, struct frame *out)
{
	uint32_t fraction = get32(s, p + 4);

	set_lengths(s, p, out);
	out->time_us =
		(int64_t)get32(s, p) * US_PER_S + (s->nanoseconds ? fraction / 1000 : fraction);
	out->linktype = s->linktype;
	out->interface = 0;
	out->data = p + s->record;
}

static int pcap_next_frame(void *state, struct input *in, struct refusals *refused,
			   struct frame *out)
{
	struct pcap_state *s = state;
	const uint8_t *p;
	size_t have = input_peek(in, s->record, &p);

	while (have >= s->record && begins_anew(s, in))
		have = input_peek(in, s->record, &p);
	if (have < s->record)
		return frame_cut(refused, in, input_passed(in));
	have = input_peek(in, s->record, &p);
	read_record(s, p, out);
	if (out->caplen > FRAME_MAX)
		return frame_broken(refused, in, input_passed(in));
	if (have < s->record + out->caplen)
		have = input_peek(in, s->record + out->caplen, &p);
	if (have < s->record + out->caplen)
		return frame_cut(refused, in, input_passed(in));
	out->data = p + s->record;
	input_consume(in, s->record + out->caplen);
	return FRAMES_GOT;
}

static size_t pcap_some(void *state, struct input *in, struct frame *out, size_t max)
{
	const struct pcap_state own = *(const struct pcap_state *)state, *s = &own;
	const uint8_t *p, *from;
	size_t have = input_peek(in, s->record, &from), n = 0;

	for (p = from; n < max && have >= s->record; n++) {
		size_t len;

		read_record(s, p, &out[n]);
		__builtin_prefetch((const void *)((uintptr_t)p + AHEAD));
		len = s->record + out[n].caplen;
		if (out[n].caplen - 1 >= FRAME_MAX || len > have) /* none: a header, maybe */
			break;
		p += len;
		have -= len;
	}
	input_consume(in, (size_t)(p - from));
	return n;
}

const struct frame_format format_pcap = {
	.name = "pcap",
	.is = pcap_is,
	.open = pcap_open_state,
	.next = pcap_next_frame,
	.some = pcap_some,
	.close = free,
};
