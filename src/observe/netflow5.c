/* SPDX-License-Identifier: ISC */
/*
 * NetFlow v5: a fixed header of 24 bytes and up to 30 fixed records of 48 bytes (Cisco, "NetFlow
 * Export Datagram Format", version 5). The same table of fields gives the trace its elements under
 * their IANA names.
 */
#include "base/cleanup.h"
#include "observe/export_state.h"

#define V5_HEADER	 24
#define V5_RECORD	 48
#define V5_INTERVAL_MASK 0x3fff /* the upper two bits are the sampling mode */

/* Where a field stands, and its element. Header fields follow as if they stood in the record. */
static const struct {
	uint8_t offset, len;
	uint16_t id;
} fields[] = {
	{0, 4, 8},  {4, 4, 12},	 {8, 4, 15},  {12, 2, 10}, {14, 2, 14}, {16, 4, 2},
	{20, 4, 1}, {24, 4, 22}, {28, 4, 21}, {32, 2, 7},  {34, 2, 11}, {37, 1, 6},
	{38, 1, 4}, {39, 1, 5},	 {40, 2, 16}, {42, 2, 17}, {44, 1, 9},	{45, 1, 13},
};

static void trace_value(const struct export_trace *t, uint16_t id, const uint8_t *data, size_t len)
{
	const struct element *e = element_find(PEN_IANA, id);
	struct export_value v = {
		.id = id, .type = e->type, .name = e->name, .data = data, .len = len};

	t->value(t->userdata, &v);
}

static void trace_record(const struct export_pass *p, const uint8_t *header, const uint8_t *rec)
{
	const struct export_trace *t = p->x->trace;
	struct export_record_head head = {.header = &p->header, .kind = KIND_DATA};
	uint8_t mode = header[22] >> 6;
	uint8_t interval[2] = {header[22] & (V5_INTERVAL_MASK >> 8), header[23]};

	t->begin(t->userdata, &head);
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		trace_value(t, fields[i].id, rec + fields[i].offset, fields[i].len);
	trace_value(t, 38, header + 20, 1);
	trace_value(t, 39, header + 21, 1);
	trace_value(t, 35, &mode, 1);
	trace_value(t, 34, interval, 2);
}

static int record_decode(struct export_pass *p, struct cursor c)
{
	struct flow f = {0};
	struct flow_side s = {0};
	const struct boot *boot = &p->domain->boot;
	int64_t first_us, last_us;
	uint32_t in, out;

	f.src = ip_from_v4(cursor_be32(&c));
	f.dst = ip_from_v4(cursor_be32(&c));
	s.next_hop = ip_from_v4(cursor_be32(&c));
	in = cursor_be16(&c);
	out = cursor_be16(&c);
	f.packets = cursor_be32(&c);
	f.bytes = cursor_be32(&c);
	first_us = boot_time(boot, cursor_be32(&c)) + p->shift_us;
	last_us = boot_time(boot, cursor_be32(&c)) + p->shift_us;
	f.sport = cursor_be16(&c);
	f.dport = cursor_be16(&c);
	cursor_skip(&c, 1);
	f.tcp_flags = cursor_u8(&c);
	f.proto = cursor_u8(&c);
	s.tos = cursor_u8(&c);
	s.src_as = cursor_be16(&c);
	s.dst_as = cursor_be16(&c);
	s.src_mask = cursor_u8(&c);
	s.dst_mask = cursor_u8(&c);
	if (f.proto == PROTO_ICMP) {
		s.icmp_type = (uint8_t)(f.dport >> 8);
		s.icmp_code = (uint8_t)f.dport;
		f.sport = f.dport = 0;
	}
	f.in_link = exporters_link(p->x->exporters, p->header.exporter, in);
	f.out_link = exporters_link(p->x->exporters, p->header.exporter, out);
	pass_sampling(p, &s, 0, 0);
	return pass_flow(p, &f, &s, first_us, last_us);
}

static int records_decode(struct export_pass *p, struct cursor *c, const uint8_t *header,
			  uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		const uint8_t *rec = c->p;
		struct cursor sub = cursor_sub(c, V5_RECORD);
		int r;

		if (p->x->trace)
			trace_record(p, header, rec);
		r = record_decode(p, sub);
		if (p->x->trace)
			p->x->trace->end(p->x->trace->userdata);
		if (r < 0)
			return r;
	}
	if (cursor_left(c) && p->header.count == n)
		pass_refuse(p, REFUSED_TRAILING, cursor_left(c));
	return 0;
}

int netflow5_decode(struct export_pass *p, struct cursor *c)
{
	struct export_header *h = &p->header;
	const uint8_t *header = c->p;
	uint32_t seconds, nanoseconds;
	size_t present;
	int64_t grain_us;
	int r;

	if (cursor_left(c) < V5_HEADER) {
		pass_refuse(p, REFUSED_TRUNCATED, cursor_left(c));
		return 0;
	}
	cursor_skip(c, 2);
	h->count = cursor_be16(c);
	h->uptime_ms = cursor_be32(c);
	seconds = cursor_be32(c);
	nanoseconds = cursor_be32(c);
	h->sequence = cursor_be32(c);
	h->domain = cursor_be16(c); /* engine type and id: each engine counts for itself */
	p->sampling = cursor_be16(c) & V5_INTERVAL_MASK;
	h->has_uptime = h->has_time = true;
	h->export_us =
		(int64_t)seconds * US_PER_S + (nanoseconds < 1000000000 ? nanoseconds / 1000 : 0);
	r = pass_begin(p, NULL);
	if (r)
		return r < 0 ? r : 0;
	/* Whole records are used also where the count says more than the datagram holds. */
	present = cursor_left(c) / V5_RECORD;
	if (h->count == 0 || h->count > present)
		pass_refuse(p, REFUSED_BAD_COUNT, V5_HEADER + cursor_left(c) % V5_RECORD);
	present = h->count < present ? h->count : present;
	/* A header whose nanoseconds are always zero tells whole seconds only. */
	grain_us = nanoseconds ? US_PER_MS : US_PER_S;
	if (boot_learn(&p->domain->boot, h->export_us, grain_us, h->uptime_ms))
		pass_restarted(p);
	pass_sequence(p, (uint32_t)present, true);
	return records_decode(p, c, header, (uint32_t)present);
}

bool netflow5_probe(const uint8_t *data, size_t len)
{
	size_t count;

	if (len < V5_HEADER || be_uint(data, 2) != 5)
		return false;
	count = (size_t)be_uint(data + 2, 2);
	return count > 0 && len == V5_HEADER + count * V5_RECORD;
}
