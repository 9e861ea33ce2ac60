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
	uint32_t in, out, first_ms, last_ms;

	f.src = ip_from_v4(cursor_be32(&c));
	f.dst = ip_from_v4(cursor_be32(&c));
	s.next_hop = ip_from_v4(cursor_be32(&c));
	in = cursor_be16(&c);
	out = cursor_be16(&c);
	f.packets = cursor_be32(&c);
	f.bytes = cursor_be32(&c);
	first_ms = cursor_be32(&c);
	last_ms = cursor_be32(&c);
	first_us = boot_time(boot, first_ms) + p->shift_us;
	last_us = boot_time(boot, last_ms) + p->shift_us;
	if (!(first_ms | last_ms)) { /* no times, as in from_uptime() of export_time.c */
		first_us = last_us = p->header.export_us + p->shift_us;
		s.flags |= FLOW_NO_TIMES;
	}
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
	f.in_link = pass_link(p, in);
	f.out_link = pass_link(p, out);
	pass_sampling(p, &s, 0);
	return pass_flow(p, &f, &s, first_us, last_us);
}

#define IN_FLOW(field) (uint8_t) offsetof(struct plain_image, flow.field)
#define IN_SIDE(field) (uint8_t) offsetof(struct plain_image, side.field)
#define IN_RAW(field)  (uint8_t) offsetof(struct plain_image, raw.field)
#define V4(address)    (address) + 12 /* behind ::ffff: */

struct plain *netflow5_plain(void)
{
	static const struct plain_move moves[] = {
		{V4(IN_FLOW(src)), 0, 4, false},      {V4(IN_FLOW(dst)), 4, 4, false},
		{V4(IN_SIDE(next_hop)), 8, 4, false}, {IN_RAW(in_if), 12, 2, true},
		{IN_RAW(out_if), 14, 2, true},	      {IN_FLOW(packets), 16, 4, true},
		{IN_FLOW(bytes), 20, 4, true},	      {IN_RAW(start), 24, 4, true},
		{IN_RAW(end), 28, 4, true},	      {IN_FLOW(sport), 32, 2, true},
		{IN_FLOW(dport), 34, 2, true},	      {IN_FLOW(tcp_flags), 37, 1, true},
		{IN_FLOW(proto), 38, 1, true},	      {IN_SIDE(tos), 39, 1, true},
		{IN_SIDE(src_as), 40, 2, true},	      {IN_SIDE(dst_as), 42, 2, true},
		{IN_SIDE(src_mask), 44, 1, true},     {IN_SIDE(dst_mask), 45, 1, true},
	};
	struct plain *p = plain_new_moves(moves, ARRAY_LEN(moves), V5_RECORD);

	if (p)
		p->base.flow.src = p->base.flow.dst = p->base.side.next_hop = ip_from_v4(0);
	return p;
}

/* What is more than moving; the same as in record_decode(). */
static bool record_finish(struct export_pass *p, const struct flow_room *room, uint32_t i,
			  const struct plain_raw *raw, struct charge *charge)
{
	struct flow *f = &room->flow[i];
	struct flow_side *s = &room->side[i];
	const struct boot *boot = &p->domain->boot;
	int64_t first_us = boot_time(boot, (uint32_t)raw->start) + p->shift_us;
	int64_t last_us = boot_time(boot, (uint32_t)raw->end) + p->shift_us;

	if (!(raw->start | raw->end) || !flow_room_times(room, f, s, first_us, last_us))
		return false;
	if (f->proto == PROTO_ICMP) {
		s->icmp_type = (uint8_t)(f->dport >> 8);
		s->icmp_code = (uint8_t)f->dport;
		f->sport = f->dport = 0;
	}
	f->in_link = pass_link(p, raw->in_if);
	f->out_link = pass_link(p, raw->out_if);
	charge_flow(charge, f, last_us - first_us);
	return true;
}

/* Return: how many of the next @n records were made in their place, or negative. */
static int records_place(struct export_pass *p, const uint8_t *records, uint32_t n)
{
	struct plain_image base = p->x->v5->base;
	struct plain_raw raw[PLAIN_CHUNK];
	struct charge charge = {0};
	struct flow_room room;
	uint32_t made = 0;
	int r = flow_writer_room(p->x->writer, p->recv_us, &room);

	if (r < 0)
		return r;
	n = n < PLAIN_CHUNK ? n : PLAIN_CHUNK;
	n = n < room.n ? n : room.n;
	pass_base(p, &room, &base);
	pass_sampling(p, &base.side, 0);
	p->x->place(p->x->v5, &base, records, n, room.flow, room.side, raw);
	while (made < n && record_finish(p, &room, made, &raw[made], &charge))
		made++;
	flow_writer_commit(p->x->writer, made);
	if (made)
		charge_factor(&charge, base.side.sampling, base.side.flags & FLOW_SAMPLING_KNOWN);
	charge_pay(&charge, p->e);
	return (int)made;
}

static int record_slow(struct export_pass *p, struct cursor *c, const uint8_t *header)
{
	const uint8_t *rec = c->p;
	struct cursor sub = cursor_sub(c, V5_RECORD);
	int r;

	if (p->x->trace)
		trace_record(p, header, rec);
	r = record_decode(p, sub);
	if (p->x->trace)
		p->x->trace->end(p->x->trace->userdata);
	return r;
}

static int records_decode(struct export_pass *p, struct cursor *c, const uint8_t *header,
			  uint32_t n)
{
	bool plain = p->x->place && !p->x->trace;
	uint32_t left = n;

	while (left) {
		int made = plain ? records_place(p, c->p, left) : 0;

		if (made < 0)
			return made;
		cursor_skip(c, (size_t)made * V5_RECORD);
		left -= (uint32_t)made;
		if (made)
			continue;
		made = record_slow(p, c, header);
		if (made < 0)
			return made;
		left--;
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
