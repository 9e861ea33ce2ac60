/* SPDX-License-Identifier: ISC */
/*
 * NetFlow v9 (RFC 3954): a header of 20 bytes, then sets. Templates are kept per exporter and
 * source id. The header's count is not trusted; the sets' own lengths are.
 */
#include "observe/export_state.h"

#define V9_HEADER	     20
#define SET_HEADER	     4
#define SET_TEMPLATE	     0
#define SET_OPTIONS_TEMPLATE 1
#define SET_DATA_MIN	     256

static int set_decode(struct export_pass *p, uint16_t id, struct cursor set, uint32_t *records)
{
	int r;

	if (id >= SET_DATA_MIN)
		return pass_data(p, set, id, records);
	if (id > SET_OPTIONS_TEMPLATE) {
		pass_refuse(p, REFUSED_UNSUPPORTED, cursor_left(&set) + SET_HEADER);
		return 0;
	}
	r = pass_templates(p, set, id == SET_TEMPLATE ? TEMPLATE_V9 : TEMPLATE_V9_OPTIONS);
	if (r > 0)
		*records += (uint32_t)r;
	return r < 0 ? r : 0;
}

/*
 * RFC 3954 section 5.1: the sequence counts datagrams. Some exporters count records as IPFIX does;
 * the first two datagrams with different record counts tell.
 */
static void follow_sequence(struct export_pass *p, uint32_t records)
{
	struct domain *d = p->domain;
	uint32_t step = p->header.sequence - d->last_sequence;

	if (d->sequence.seen && !d->unit_known && d->last_records != 1) {
		d->unit_known = step == 1 || step == d->last_records;
		d->by_records = step != 1 && step == d->last_records;
		if (d->by_records)
			d->sequence.next = p->header.sequence;
	}
	d->last_records = records;
	d->last_sequence = p->header.sequence;
	pass_sequence(p, d->by_records ? records : 1, d->by_records);
}

static int sets_decode(struct export_pass *p, struct cursor *c, uint32_t *records)
{
	while (cursor_left(c) >= SET_HEADER) {
		uint16_t id = cursor_be16(c), len = cursor_be16(c);
		struct cursor set;
		int r;

		if (len < SET_HEADER) {
			/* Some fill the datagram with zeros behind the last set. */
			if (id || len)
				pass_refuse(p, REFUSED_BAD_LENGTH, cursor_left(c) + SET_HEADER);
			return 0;
		}
		if ((size_t)len - SET_HEADER > cursor_left(c)) {
			pass_refuse(p, REFUSED_TRUNCATED, cursor_left(c) + SET_HEADER);
			return 0;
		}
		set = cursor_sub(c, len - SET_HEADER);
		r = set_decode(p, id, set, records);
		if (r < 0)
			return r;
	}
	if (cursor_left(c))
		pass_refuse(p, REFUSED_TRAILING, cursor_left(c));
	return 0;
}

int netflow9_decode(struct export_pass *p, struct cursor *c)
{
	struct export_header *h = &p->header;
	uint32_t records = 0;
	int r;

	if (cursor_left(c) < V9_HEADER) {
		pass_refuse(p, REFUSED_TRUNCATED, cursor_left(c));
		return 0;
	}
	cursor_skip(c, 2);
	h->count = cursor_be16(c);
	h->uptime_ms = cursor_be32(c);
	h->export_us = (int64_t)cursor_be32(c) * US_PER_S;
	h->sequence = cursor_be32(c);
	h->domain = cursor_be32(c);
	h->has_uptime = h->has_time = true;
	r = pass_begin(p, NULL);
	if (r)
		return r < 0 ? r : 0;
	if (boot_learn(&p->domain->boot, h->export_us, US_PER_S, h->uptime_ms))
		pass_restarted(p);
	r = sets_decode(p, c, &records);
	if (r < 0)
		return r;
	follow_sequence(p, records);
	return 0;
}

bool netflow9_probe(const uint8_t *data, size_t len)
{
	size_t at = V9_HEADER;

	if (len < V9_HEADER + SET_HEADER || be_uint(data, 2) != 9)
		return false;
	while (len - at >= SET_HEADER) {
		size_t set = (size_t)be_uint(data + at + 2, 2);

		if (set < SET_HEADER || set > len - at)
			return false;
		at += set;
	}
	return at == len;
}
