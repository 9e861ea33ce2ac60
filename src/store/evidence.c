/* SPDX-License-Identifier: ISC */
/*
 * Form, version 1: "NE", the version; number of places, each a length, its name and an interface
 * index; number of records, each its flow. Numbers are unsigned LEB128 (differences zigzag), an
 * address is a byte 0 (none), 4 or 16 and that many bytes.
 */
#include "store/evidence.h"

#include <errno.h>
#include <string.h>

#include "base/cursor.h"

#define FIELD(member)                                                                              \
	{                                                                                          \
		offsetof(struct evidence_record, member),                                          \
			sizeof(((struct evidence_record *)0)->member)                              \
	}

static const struct {
	size_t offset, size;
} numbers[] = {
	FIELD(flow.bytes),     FIELD(flow.packets),    FIELD(flow.sport),    FIELD(flow.dport),
	FIELD(flow.proto),     FIELD(flow.tcp_flags),  FIELD(side.sampling), FIELD(side.domain),
	FIELD(side.sampler),   FIELD(side.src_as),     FIELD(side.dst_as),   FIELD(side.flags),
	FIELD(side.vlan),      FIELD(side.tcp_window), FIELD(side.ip_id),    FIELD(side.fragment),
	FIELD(side.ttl),       FIELD(side.tos),	       FIELD(side.src_mask), FIELD(side.dst_mask),
	FIELD(side.icmp_type), FIELD(side.icmp_code),  FIELD(side.app),	     FIELD(side.forwarding),
};

/* Numbers that name a place. */
static const size_t place_fields[] = {
	offsetof(struct evidence_record, flow.in_link),
	offsetof(struct evidence_record, flow.out_link),
	offsetof(struct evidence_record, flow.exporter),
};

static const size_t addresses[] = {
	offsetof(struct evidence_record, flow.src),
	offsetof(struct evidence_record, flow.dst),
	offsetof(struct evidence_record, side.next_hop),
};

static void put_number(struct text *out, uint64_t v)
{
	do {
		char c = (char)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));

		text_add_n(out, &c, 1);
		v >>= 7;
	} while (v);
}

static void put_difference(struct text *out, int64_t to, int64_t from)
{
	uint64_t d = (uint64_t)to - (uint64_t)from;

	put_number(out, d << 1 ^ (uint64_t)((int64_t)d >> 63));
}

static void put_address(struct text *out, const struct ip *ip)
{
	if (ip->u[0] == 0 && ip->u[1] == 0) {
		text_add_n(out, "\0", 1);
	} else if (ip_is_v4(ip)) {
		text_add_n(out, "\4", 1);
		text_add_n(out, (const char *)&ip->b[12], 4);
	} else {
		text_add_n(out, "\20", 1);
		text_add_n(out, (const char *)ip->b, 16);
	}
}

static uint64_t read_field(const void *record, size_t offset, size_t size)
{
	const char *p = (const char *)record + offset;
	uint64_t v64;
	uint32_t v32;
	uint16_t v16;

	switch (size) {
	case 8:
		memcpy(&v64, p, 8);
		return v64;
	case 4:
		memcpy(&v32, p, 4);
		return v32;
	case 2:
		memcpy(&v16, p, 2);
		return v16;
	default:
		return *(const uint8_t *)p;
	}
}

static bool write_field(void *record, size_t offset, size_t size, uint64_t v)
{
	char *p = (char *)record + offset;
	uint32_t v32 = (uint32_t)v;
	uint16_t v16 = (uint16_t)v;

	if (size < 8 && v >> (8 * size))
		return false;
	switch (size) {
	case 8:
		memcpy(p, &v, 8);
		return true;
	case 4:
		memcpy(p, &v32, 4);
		return true;
	case 2:
		memcpy(p, &v16, 2);
		return true;
	default:
		*(uint8_t *)p = (uint8_t)v;
		return true;
	}
}

static void pack_record(const struct evidence_record *e, int64_t before_us, struct text *out)
{
	struct ip ip;

	put_difference(out, e->first_us, before_us);
	put_difference(out, e->last_us, e->first_us);
	put_difference(out, e->recv_us, e->last_us);
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		memcpy(&ip, (const char *)e + addresses[i], sizeof(ip));
		put_address(out, &ip);
	}
	for (size_t i = 0; i < ARRAY_LEN(place_fields); i++)
		put_number(out, read_field(e, place_fields[i], 2));
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		put_number(out, read_field(e, numbers[i].offset, numbers[i].size));
}

void evidence_pack(const struct incident *inc, enum sample which, struct text *out)
{
	const struct header_sample *sample = &inc->evidence[which];
	static const char head[] = {'N', 'E', EVIDENCE_VERSION};
	int64_t before_us = 0;

	text_add_n(out, head, sizeof(head));
	put_number(out, inc->n_places);
	for (unsigned i = 0; i < inc->n_places; i++) {
		put_number(out, strlen(inc->places[i].exporter));
		text_add(out, inc->places[i].exporter);
		put_number(out, inc->places[i].input);
	}
	put_number(out, sample->n);
	for (unsigned i = 0; i < sample->n; i++) {
		pack_record(&sample->record[i], before_us, out);
		before_us = sample->record[i].first_us;
	}
}

static uint64_t get_number(struct cursor *c)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t b = cursor_u8(c);

		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return v;
	}
	c->failed = true;
	return 0;
}

static int64_t get_difference(struct cursor *c, int64_t from)
{
	uint64_t z = get_number(c);

	return (int64_t)((uint64_t)from + ((z >> 1) ^ -(z & 1)));
}

static struct ip get_address(struct cursor *c)
{
	uint8_t n = cursor_u8(c);
	const uint8_t *p = n == 4 || n == 16 ? cursor_take(c, n) : NULL;

	if (!p) {
		c->failed |= n != 0;
		return (struct ip){.u = {0, 0}};
	}
	return n == 4 ? ip_from_v4_bytes(p) : ip_from_v6_bytes(p);
}

static void unpack_record(struct cursor *c, struct evidence_record *e, int64_t before_us)
{
	e->first_us = get_difference(c, before_us);
	e->last_us = get_difference(c, e->first_us);
	e->recv_us = get_difference(c, e->last_us);
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
		struct ip ip = get_address(c);

		memcpy((char *)e + addresses[i], &ip, sizeof(ip));
	}
	for (size_t i = 0; i < ARRAY_LEN(place_fields); i++)
		c->failed |= !write_field(e, place_fields[i], 2, get_number(c));
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		c->failed |= !write_field(e, numbers[i].offset, numbers[i].size, get_number(c));
}

/* Places of the packed form, at most INCIDENT_PLACES_MAX. */
static unsigned unpack_places(struct cursor *c, struct incident_place *places)
{
	uint64_t n = get_number(c);

	if (n > INCIDENT_PLACES_MAX)
		c->failed = true;
	for (uint64_t i = 0; i < n && cursor_ok(c); i++) {
		uint64_t len = get_number(c), input;
		const uint8_t *name = len < INCIDENT_EXPORTER_MAX ? cursor_take(c, len) : NULL;

		if (!name || memchr(name, '\0', len)) {
			c->failed = true;
			break;
		}
		memcpy(places[i].exporter, name, len);
		input = get_number(c);
		c->failed |= input > UINT32_MAX;
		places[i].input = (uint32_t)input;
	}
	return cursor_ok(c) ? (unsigned)n : 0;
}

static void rename_places(struct incident *inc, struct evidence_record *e, unsigned n,
			  const struct incident_place *places, unsigned n_places)
{
	uint16_t to[INCIDENT_PLACES_MAX + 1] = {0};

	for (unsigned i = 0; i < n_places; i++)
		to[i + 1] = incident_place(inc, places[i].exporter, places[i].input);
	for (unsigned i = 0; i < n; i++) {
		for (size_t k = 0; k < ARRAY_LEN(place_fields); k++) {
			uint64_t from = read_field(&e[i], place_fields[k], 2);

			write_field(&e[i], place_fields[k], 2, from <= n_places ? to[from] : 0);
		}
	}
}

int evidence_unpack(struct incident *inc, enum sample which, const void *packed, size_t n)
{
	struct incident_place places[INCIDENT_PLACES_MAX] = {0};
	struct cursor c = cursor_over(packed, n);
	_cleanup_free_ struct evidence_record *e = NULL;
	const uint8_t *head = cursor_take(&c, 3);
	unsigned n_places;
	uint64_t records;

	if (!head || head[0] != 'N' || head[1] != 'E' || head[2] != EVIDENCE_VERSION)
		return -EINVAL;
	n_places = unpack_places(&c, places);
	records = get_number(&c);
	if (!cursor_ok(&c) || records > EVIDENCE_MAX)
		return -EINVAL;
	e = calloc(records ? records : 1, sizeof(*e));
	if (!e)
		return -ENOMEM;
	for (uint64_t i = 0; i < records && cursor_ok(&c); i++)
		unpack_record(&c, &e[i], i ? e[i - 1].first_us : 0);
	if (!cursor_ok(&c) || cursor_left(&c))
		return -EINVAL;
	rename_places(inc, e, (unsigned)records, places, n_places);
	free(inc->evidence[which].record);
	inc->evidence[which] =
		(struct header_sample){.record = take_ptr(e), .n = (unsigned)records};
	return 0;
}
