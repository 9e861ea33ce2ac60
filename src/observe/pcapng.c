/* SPDX-License-Identifier: ISC */
/*
 * pcapng (draft-ietf-opsawg-pcapng): blocks in sections, each section of its own byte order and
 * with its own interfaces, each interface with its own clock unit. Enhanced, simple and the old
 * packet blocks are frames; what else there is, known or not, is passed by its length.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "observe/frames.h"

#define BLOCK_SECTION	 0x0a0d0d0a
#define BLOCK_INTERFACE	 1
#define BLOCK_OLD_PACKET 2
#define BLOCK_SIMPLE	 3
#define BLOCK_STATISTICS 5
#define BLOCK_ENHANCED	 6
#define BYTE_ORDER_MAGIC 0x1a2b3c4d
#define BLOCK_FRAME	 12		     /* type, length, and the length again */
#define BLOCK_MAX	 (FRAME_MAX + 65536) /* of one that is read, not passed */
#define INTERFACES_MAX	 4096

#define OPTION_END	 0
#define OPTION_TSRESOL	 9
#define OPTION_TSOFFSET	 14
#define OPTION_DROPCOUNT 4 /* of an enhanced packet: lost between the one before and this */
#define OPTION_IFDROP	 5 /* of statistics: by the interface, since it was opened */
#define OPTION_OSDROP	 7 /* by the operating system */
#define DROPS_UNKNOWN	 0xffff

struct interface {
	uint32_t linktype, snaplen;
	uint8_t tsresol; /* as in the file: a power of ten, or of two with the high bit */
	int64_t offset_s;
	uint64_t drops_told, drops_between; /* by statistics; by packets. The same ones. */
};

struct pcapng_state {
	bool swapped; /* the section is little-endian */
	struct interface *interfaces;
	uint32_t n_interfaces, room;
	uint64_t dropped; /* of sections that are over */
	int64_t last_us;
};

static uint32_t get32(const struct pcapng_state *s, const uint8_t *p)
{
	uint32_t v = (uint32_t)be_uint(p, 4);

	return s->swapped ? __builtin_bswap32(v) : v;
}

static uint16_t get16(const struct pcapng_state *s, const uint8_t *p)
{
	uint16_t v = (uint16_t)be_uint(p, 2);

	return s->swapped ? __builtin_bswap16(v) : v;
}

static uint64_t get64(const struct pcapng_state *s, const uint8_t *p)
{
	uint64_t v = be_uint(p, 8);

	return s->swapped ? __builtin_bswap64(v) : v;
}

static bool byte_order(const uint8_t *p, bool *swapped)
{
	uint32_t v = (uint32_t)be_uint(p, 4);

	*swapped = v != BYTE_ORDER_MAGIC;
	return v == BYTE_ORDER_MAGIC || __builtin_bswap32(v) == BYTE_ORDER_MAGIC;
}

static bool pcapng_is(struct input *in)
{
	const uint8_t *p;
	bool swapped;

	return input_peek(in, BLOCK_FRAME, &p) >= BLOCK_FRAME && be_uint(p, 4) == BLOCK_SECTION &&
	       byte_order(p + 8, &swapped);
}

static void *pcapng_open_state(struct input *in)
{
	return calloc(1, sizeof(struct pcapng_state));
}

static void pcapng_close(void *state)
{
	struct pcapng_state *s = state;

	free(s->interfaces);
	free(s);
}

static int time_clamp(uint128_t us, int64_t offset_s, int64_t *out)
{
	const int64_t far = INT64_C(1) << 59; /* 18,000 years; beyond is nonsense */
	int64_t offset_us;

	if (us > (uint128_t)far || __builtin_mul_overflow(offset_s, US_PER_S, &offset_us) ||
	    offset_us > far || offset_us < -far)
		return -1;
	*out = (int64_t)us + offset_us;
	return 0;
}

/* Units of 10^-n or 2^-n seconds to microseconds; 10^-38 is the last that 128 bits can hold. */
static int time_us(const struct interface *i, uint64_t ticks, int64_t *out)
{
	unsigned n = i->tsresol & 0x7f;
	uint128_t us = ticks;

	if (i->tsresol & 0x80)
		return time_clamp(us * US_PER_S >> n, i->offset_s, out);
	for (; n > 6; n--)
		us /= 10;
	for (; n < 6; n++)
		us *= 10;
	return time_clamp(us, i->offset_s, out);
}

/* A time that cannot be: count it, and go on with the last one. */
static void set_time(struct pcapng_state *s, const struct interface *i, uint64_t ticks,
		     struct refusals *refused, struct frame *out)
{
	if (time_us(i, ticks, &s->last_us) < 0)
		refuse(refused, REFUSED_BAD_CONTAINER, 0);
	out->time_us = s->last_us;
}

struct option {
	uint16_t code, len;
	const uint8_t *value;
};

/* Return: false behind the last, or at one that is not whole, which is counted. */
static bool next_option(const struct pcapng_state *s, struct cursor *c, struct refusals *refused,
			struct option *o)
{
	const uint8_t *h = cursor_left(c) >= 4 ? cursor_take(c, 4) : NULL;

	if (!h)
		return false;
	o->code = get16(s, h);
	o->len = get16(s, h + 2);
	if (o->code == OPTION_END)
		return false;
	o->value = cursor_take(c, ((size_t)o->len + 3) & ~(size_t)3);
	if (!o->value)
		refuse(refused, REFUSED_BAD_CONTAINER, 0);
	return o->value;
}

static void interface_options(struct pcapng_state *s, struct interface *i, struct cursor c,
			      struct refusals *refused)
{
	struct option o;

	while (next_option(s, &c, refused, &o)) {
		if (o.code == OPTION_TSRESOL && o.len == 1)
			i->tsresol = o.value[0];
		else if (o.code == OPTION_TSOFFSET && o.len == 8)
			i->offset_s = (int64_t)get64(s, o.value);
	}
}

static void packet_options(struct pcapng_state *s, struct interface *i, struct cursor c,
			   struct refusals *refused)
{
	struct option o;

	while (next_option(s, &c, refused, &o))
		if (o.code == OPTION_DROPCOUNT && o.len == 8)
			i->drops_between += get64(s, o.value);
}

static int add_interface(struct pcapng_state *s, struct cursor c, struct refusals *refused)
{
	const uint8_t *h = cursor_take(&c, 8);
	struct interface *i;

	if (!h || s->n_interfaces == INTERFACES_MAX) {
		refuse(refused, REFUSED_BAD_CONTAINER, 0);
		return 0;
	}
	if (s->n_interfaces == s->room) {
		uint32_t room = s->room ? s->room * 2 : 8;
		struct interface *more = realloc(s->interfaces, room * sizeof(*more));

		if (!more)
			return -1;
		s->interfaces = more;
		s->room = room;
	}
	i = &s->interfaces[s->n_interfaces++];
	*i = (struct interface){.linktype = get16(s, h), .snaplen = get32(s, h + 4), .tsresol = 6};
	interface_options(s, i, c, refused);
	return 0;
}

/* The interface of a packet block; one that was never described makes the frame unreadable. */
static struct interface *interface_of(const struct pcapng_state *s, uint32_t id)
{
	return id < s->n_interfaces ? &s->interfaces[id] : NULL;
}

/* Counts since the interface was opened: a later block says more than an earlier one. */
static void read_statistics(struct pcapng_state *s, struct cursor c, struct refusals *refused)
{
	const uint8_t *h = cursor_take(&c, 12);
	struct interface *i = h ? interface_of(s, get32(s, h)) : NULL;
	uint64_t drops = 0;
	struct option o;

	while (i && next_option(s, &c, refused, &o))
		if ((o.code == OPTION_IFDROP || o.code == OPTION_OSDROP) && o.len == 8)
			drops += get64(s, o.value);
	if (i && drops > i->drops_told)
		i->drops_told = drops;
}

static uint64_t section_drops(const struct pcapng_state *s)
{
	uint64_t sum = 0;

	for (uint32_t n = 0; n < s->n_interfaces; n++) {
		const struct interface *i = &s->interfaces[n];

		sum += i->drops_told > i->drops_between ? i->drops_told : i->drops_between;
	}
	return sum;
}

static uint64_t pcapng_dropped(const void *state)
{
	const struct pcapng_state *s = state;

	return s->dropped + section_drops(s);
}

/* Enhanced and old packet blocks differ in how they name the interface. */
static bool read_packet(struct pcapng_state *s, uint32_t type, struct cursor c,
			struct refusals *refused, struct frame *out)
{
	const uint8_t *h = cursor_take(&c, 20);
	struct interface *i;

	if (!h)
		return false;
	out->interface = type == BLOCK_ENHANCED ? get32(s, h) : get16(s, h);
	out->caplen = get32(s, h + 12);
	out->wirelen = get32(s, h + 16);
	out->data = cursor_take(&c, out->caplen);
	i = interface_of(s, out->interface);
	if (!out->data || !i)
		return false;
	out->linktype = i->linktype;
	if (type == BLOCK_OLD_PACKET && get16(s, h + 2) != DROPS_UNKNOWN)
		i->drops_between += get16(s, h + 2);
	cursor_skip(&c, -out->caplen & 3);
	if (type == BLOCK_ENHANCED && cursor_left(&c))
		packet_options(s, i, c, refused);
	set_time(s, i, (uint64_t)get32(s, h + 4) << 32 | get32(s, h + 8), refused, out);
	return true;
}

/* A simple packet block has no time and belongs to the first interface. */
static bool read_simple(struct pcapng_state *s, struct cursor c, struct frame *out)
{
	const struct interface *i = interface_of(s, 0);
	const uint8_t *h = cursor_take(&c, 4);

	if (!h || !i)
		return false;
	out->wirelen = get32(s, h);
	out->caplen = out->wirelen;
	if (i->snaplen && out->caplen > i->snaplen)
		out->caplen = i->snaplen;
	if (out->caplen > cursor_left(&c))
		out->caplen = cursor_left(&c);
	out->data = cursor_take(&c, out->caplen);
	out->linktype = i->linktype;
	out->interface = 0;
	out->time_us = s->last_us;
	return true;
}

/* Return: 1 when @out is a frame, 0 to go on, -1 without memory. */
static int read_block(struct pcapng_state *s, uint32_t type, struct cursor body,
		      struct refusals *refused, struct frame *out)
{
	bool good;

	switch (type) {
	case BLOCK_SECTION:
		s->dropped += section_drops(s);
		s->n_interfaces = 0;
		return 0;
	case BLOCK_INTERFACE:
		return add_interface(s, body, refused);
	case BLOCK_STATISTICS:
		read_statistics(s, body, refused);
		return 0;
	case BLOCK_ENHANCED:
	case BLOCK_OLD_PACKET:
		good = read_packet(s, type, body, refused, out);
		break;
	case BLOCK_SIMPLE:
		good = read_simple(s, body, out);
		break;
	default:
		return 0;
	}
	if (!good)
		refuse(refused, REFUSED_BAD_CONTAINER, cursor_left(&body));
	return good;
}

static bool is_read(uint32_t type)
{
	return type == BLOCK_SECTION || type == BLOCK_INTERFACE || type == BLOCK_OLD_PACKET ||
	       type == BLOCK_SIMPLE || type == BLOCK_STATISTICS || type == BLOCK_ENHANCED;
}

/* The byte order of a section is told inside its header, before its length can be read. */
static bool block_header(struct pcapng_state *s, const uint8_t *p, uint32_t *type, uint32_t *len)
{
	*type = (uint32_t)be_uint(p, 4);
	if (*type == BLOCK_SECTION && !byte_order(p + 8, &s->swapped))
		return false;
	*type = get32(s, p);
	*len = get32(s, p + 4);
	return *len >= BLOCK_FRAME && *len % 4 == 0;
}

static int pcapng_next_frame(void *state, struct input *in, struct refusals *refused,
			     struct frame *out)
{
	struct pcapng_state *s = state;

	for (;;) {
		const uint8_t *p;
		size_t have = input_peek(in, BLOCK_FRAME, &p);
		uint64_t from = input_passed(in);
		uint32_t type, len;
		int r;

		if (have < BLOCK_FRAME)
			return frame_cut(refused, in, from);
		if (!block_header(s, p, &type, &len))
			return frame_broken(refused, in, from);
		if (!is_read(type)) {
			if (!input_skip(in, len))
				return frame_cut(refused, in, from);
			continue;
		}
		if (len > BLOCK_MAX)
			return frame_broken(refused, in, from);
		if (have < len)
			have = input_peek(in, len, &p);
		if (have < len)
			return frame_cut(refused, in, from);
		if (get32(s, p + len - 4) != len)
			return frame_broken(refused, in, from);
		input_consume(in, len);
		r = read_block(s, type, cursor_over(p + 8, len - BLOCK_FRAME), refused, out);
		if (r < 0)
			return frame_broken(refused, in, from);
		if (r)
			return FRAMES_GOT;
	}
}

const struct frame_format format_pcapng = {
	.name = "pcapng",
	.is = pcapng_is,
	.open = pcapng_open_state,
	.next = pcapng_next_frame,
	.close = pcapng_close,
	.dropped = pcapng_dropped,
};
