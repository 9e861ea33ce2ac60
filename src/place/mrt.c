// SPDX-License-Identifier: ISC
/*
 * Records one after the other. Which reader a record goes to is a row of one table; they hand
 * events on, and the reader of the file alone knows offsets.
 */
#include "place/mrt.h"

#include <errno.h>
#include <stdlib.h>

enum mrt_type {
	TYPE_BGP = 5,
	TYPE_TABLE_DUMP = 12,
	TYPE_TABLE_DUMP_V2 = 13,
	TYPE_BGP4MP = 16,
	TYPE_BGP4MP_ET = 17,
};

#define BGP_UPDATE    2
#define BGP_HEADER    19
#define MARKER_BYTES  16
#define FIRST_DUMPS_S 788918400u /* 1995 */
#define SUBTYPE_MAX   12
#define PEER_IP6      0x01 /* RFC 6396 section 4.3.1 */
#define PEER_AS4      0x02

/* Why a record was not used; RECORD_BROKEN ends the file. */
enum verdict { RECORD_GOOD, RECORD_UNKNOWN, RECORD_BAD_MESSAGE, RECORD_BROKEN };

struct reader {
	const struct mrt_sink *sink;
	struct mrt_counts *counts;
	struct bgp_attributes *attrs;
	struct mrt_peer *peers;
	unsigned n_peers;
	bool have_peers;
	struct mrt_event e;    /* of the record at work */
	struct bgp_family hop; /* of a BGP4MP_ENTRY */
	uint16_t type, subtype;
	const char *broken;
	int error; /* negative: the sink said stop */
};

static bool send(struct reader *r)
{
	if (r->error == 0)
		r->error = r->sink->event(r->sink->userdata, &r->e);
	return r->error == 0;
}

static enum verdict broken(struct reader *r, const char *sentence)
{
	r->broken = sentence;
	return RECORD_BROKEN;
}

static void read_addr(struct cursor *c, struct mrt_peer *p)
{
	const uint8_t *at = cursor_take(c, p->v6 ? 16 : 4);

	memset(p->addr, 0, sizeof(p->addr));
	if (at)
		memcpy(p->addr, at, p->v6 ? 16 : 4);
}

static uint32_t read_as(struct cursor *c, bool as4)
{
	return as4 ? cursor_be32(c) : cursor_be16(c);
}

/*
 * TABLE_DUMP (RFC 6396 section 4.2): one path of one peer a record. The first collectors, until
 * 2000, wrote many into a record, one behind the other, and a length that is four bytes short.
 */

#define SHORT_BY 4

static bool table_dump_family(const struct reader *r, enum bgp_afi *afi, bool *as4)
{
	*afi = r->subtype % 2 ? BGP_IP : BGP_IP6;
	*as4 = r->subtype > 2;
	return r->subtype >= 1 && r->subtype <= 4;
}

/* Bytes of an entry up to its attributes, whose length is the last two of them. */
static size_t entry_head(enum bgp_afi afi, bool as4)
{
	return (afi == BGP_IP ? 4u : 16u) * 2 + 1 + 1 + 4 + (as4 ? 4 : 2) + 2;
}

/* Do the entries of these @n bytes end where the bytes do? */
static bool entries_fill(const struct reader *r, const uint8_t *p, size_t n)
{
	struct cursor c = cursor_over(p, n);
	enum bgp_afi afi;
	bool as4;

	if (!table_dump_family(r, &afi, &as4) || !cursor_skip(&c, 4) || !cursor_left(&c))
		return false;
	while (cursor_ok(&c) && cursor_left(&c)) {
		cursor_skip(&c, entry_head(afi, as4) - 2);
		cursor_skip(&c, cursor_be16(&c));
	}
	return cursor_ok(&c);
}

static enum verdict read_entry(struct reader *r, struct cursor *c, bool as4)
{
	struct mrt_event *e = &r->e;
	size_t width = e->afi == BGP_IP ? 4 : 16;
	const uint8_t *at = cursor_take(c, width);
	uint16_t attr_len;

	memset(&e->prefix, 0, sizeof(e->prefix));
	if (at)
		memcpy(e->prefix.addr, at, width);
	e->prefix.len = cursor_u8(c);
	cursor_skip(c, 1 + 4); /* status, originated */
	read_addr(c, &e->peer);
	e->peer.as = read_as(c, as4);
	attr_len = cursor_be16(c);
	if (!cursor_ok(c) || e->prefix.len > width * 8)
		return broken(r, "a TABLE_DUMP record that is too short, or no prefix");
	if (attr_len > cursor_left(c))
		return broken(r, "attributes that run over the end of the record");
	bgp_attributes_read(r->attrs, cursor_sub(c, attr_len), as4 ? 4 : 2);
	send(r);
	return RECORD_GOOD;
}

static enum verdict read_table_dump(struct reader *r, struct cursor c)
{
	struct mrt_event *e = &r->e;
	enum verdict v;
	bool as4, many = entries_fill(r, c.p, cursor_left(&c));

	if (!table_dump_family(r, &e->afi, &as4))
		return RECORD_UNKNOWN;
	e->peer.v6 = e->afi == BGP_IP6;
	e->what = MRT_RIB;
	e->label = "TABLE_DUMP";
	cursor_skip(&c, 4); /* view, sequence */
	do
		v = read_entry(r, &c, as4);
	while (many && v == RECORD_GOOD && r->error == 0 && cursor_left(&c));
	return v;
}

/* TABLE_DUMP_V2 (RFC 6396 section 4.3, RFC 8050) */

static enum verdict read_peer_index(struct reader *r, struct cursor c)
{
	struct mrt_peer *peers;
	unsigned n;

	cursor_skip(&c, 4); /* the collector's identifier */
	cursor_skip(&c, cursor_be16(&c));
	n = cursor_be16(&c);
	peers = realloc(r->peers, (n + 1) * sizeof(*peers));
	if (!peers) {
		r->error = -ENOMEM;
		return RECORD_GOOD;
	}
	r->peers = peers;
	r->n_peers = 0;
	r->have_peers = true;
	for (unsigned i = 0; i < n && cursor_ok(&c); i++) {
		struct mrt_peer *p = &r->peers[i];
		uint8_t kind = cursor_u8(&c);

		cursor_skip(&c, 4);
		p->v6 = kind & PEER_IP6;
		read_addr(&c, p);
		p->as = read_as(&c, kind & PEER_AS4);
		r->n_peers++;
	}
	return cursor_ok(&c) ? RECORD_GOOD : broken(r, "a peer index table that is cut");
}

static enum verdict read_rib_entry(struct reader *r, struct cursor *c)
{
	struct mrt_event *e = &r->e;
	unsigned peer = cursor_be16(c);
	size_t attr_len;

	cursor_skip(c, 4); /* originated */
	e->prefix.path_id = e->add_path ? cursor_be32(c) : 0;
	attr_len = cursor_be16(c);
	if (!cursor_ok(c))
		return broken(r, "a RIB entry that is cut");
	if (attr_len > cursor_left(c))
		return broken(r, "attributes that run over the end of the record");
	if (peer >= r->n_peers)
		return broken(r, "a peer that is not in the peer index table");
	e->peer = r->peers[peer];
	bgp_attributes_read(r->attrs, cursor_sub(c, attr_len), 4);
	send(r);
	return RECORD_GOOD;
}

static enum verdict read_rib(struct reader *r, struct cursor c)
{
	struct mrt_event *e = &r->e;
	enum verdict v = RECORD_GOOD;
	unsigned n;

	if (!r->have_peers)
		return broken(r, "a RIB entry before any peer index table");
	cursor_skip(&c, 4); /* sequence */
	if (!bgp_prefix_next(&c, e->afi, false, &e->prefix))
		return broken(r, "no prefix in a RIB record");
	n = cursor_be16(&c);
	if (!cursor_ok(&c))
		return broken(r, "a RIB record that is cut");
	e->what = MRT_RIB;
	e->label = e->add_path ? "TABLE_DUMP2_AP" : "TABLE_DUMP2";
	for (unsigned i = 0; i < n && v == RECORD_GOOD && r->error == 0; i++)
		v = read_rib_entry(r, &c);
	return v;
}

static enum verdict read_table_dump_v2(struct reader *r, struct cursor c)
{
	static const struct {
		uint8_t afi, safi;
		bool add_path;
	} ribs[] = {
		[2] = {BGP_IP, BGP_UNICAST, false},
		[4] = {BGP_IP6, BGP_UNICAST, false},
		[8] = {BGP_IP, BGP_UNICAST, true},
		[10] = {BGP_IP6, BGP_UNICAST, true},
	};

	if (r->subtype == 1)
		return read_peer_index(r, c);
	/* Multicast, generic and geographic tables say nothing of where an address belongs. */
	if (r->subtype >= sizeof(ribs) / sizeof(*ribs) || !ribs[r->subtype].afi)
		return RECORD_UNKNOWN;
	r->e.afi = ribs[r->subtype].afi;
	r->e.safi = ribs[r->subtype].safi;
	r->e.add_path = ribs[r->subtype].add_path;
	return read_rib(r, c);
}

/* BGP4MP (RFC 6396 section 4.4, RFC 8050) */

static void send_prefixes(struct reader *r, struct cursor c, enum bgp_afi afi, enum bgp_safi safi)
{
	struct mrt_event *e = &r->e;

	e->afi = afi;
	e->safi = safi;
	while (r->error == 0 && bgp_prefix_next(&c, afi, e->add_path, &e->prefix))
		send(r);
	if (!cursor_ok(&c))
		r->counts->bad_prefixes++;
}

static void send_families(struct reader *r, struct bgp_family (*table)[BGP_SAFI_COUNT])
{
	for (unsigned afi = BGP_IP; afi < BGP_AFI_COUNT; afi++)
		for (unsigned safi = BGP_UNICAST; safi < BGP_SAFI_COUNT; safi++) {
			if (!table[afi][safi].there)
				continue;
			r->e.family = &table[afi][safi];
			send_prefixes(r, table[afi][safi].nlri, afi, safi);
		}
	r->e.family = NULL;
}

/* An UPDATE without its header: withdrawn, attributes, announced (RFC 4271 section 4.3). */
static enum verdict read_update(struct reader *r, struct cursor c, unsigned as_len)
{
	struct mrt_event *e = &r->e;
	struct cursor withdrawn = cursor_sub(&c, cursor_be16(&c)), attributes;

	attributes = cursor_sub(&c, cursor_be16(&c));
	if (!cursor_ok(&c))
		return RECORD_BAD_MESSAGE;
	bgp_attributes_read(r->attrs, attributes, as_len);
	e->what = MRT_WITHDRAW;
	e->attrs = NULL;
	send_prefixes(r, withdrawn, BGP_IP, BGP_UNICAST);
	send_families(r, r->attrs->withdraw);
	e->what = MRT_ANNOUNCE;
	e->attrs = r->attrs;
	send_prefixes(r, c, BGP_IP, BGP_UNICAST);
	send_families(r, r->attrs->announce);
	return RECORD_GOOD;
}

static bool read_marker(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, MARKER_BYTES);

	for (unsigned i = 0; p && i < MARKER_BYTES; i++)
		if (p[i] != 0xff)
			return false;
	return p != NULL;
}

static enum verdict read_message(struct reader *r, struct cursor c, bool as4)
{
	uint16_t size;

	if (!read_marker(&c))
		return RECORD_BAD_MESSAGE;
	size = cursor_be16(&c);
	if (size < BGP_HEADER || !cursor_ok(&c))
		return RECORD_BAD_MESSAGE;
	/* What a dump has cut off at its end is missing; what is there counts. */
	if (cursor_left(&c) > size - MARKER_BYTES - 2u)
		c.end = c.p + (size - MARKER_BYTES - 2u);
	if (cursor_u8(&c) != BGP_UPDATE)
		return RECORD_GOOD;
	return read_update(r, c, as4 ? 4 : 2);
}

/* Peer and own AS, interface, family, peer and own address. */
static enum verdict read_speakers(struct reader *r, struct cursor *c, bool as4)
{
	struct mrt_peer *p = &r->e.peer, own;
	uint16_t afi;

	p->as = read_as(c, as4);
	read_as(c, as4);
	cursor_skip(c, 2);
	afi = cursor_be16(c);
	if (!cursor_ok(c))
		return RECORD_BAD_MESSAGE;
	/* Old Zebra wrote no addresses into some records. */
	if (afi != BGP_IP && afi != BGP_IP6)
		return RECORD_UNKNOWN;
	own.v6 = p->v6 = afi == BGP_IP6;
	read_addr(c, p);
	read_addr(c, &own);
	return cursor_ok(c) ? RECORD_GOOD : RECORD_BAD_MESSAGE;
}

static enum verdict read_state(struct reader *r, struct cursor c, bool as4)
{
	enum verdict v;

	r->e.what = MRT_STATE;
	r->e.attrs = NULL;
	/* Zebra's short form: two AS numbers of 2 bytes and the states. */
	if (cursor_left(&c) == 8) {
		r->e.peer = (struct mrt_peer){.as = read_as(&c, as4)};
		read_as(&c, as4);
	} else {
		v = read_speakers(r, &c, as4);
		if (v != RECORD_GOOD)
			return v;
	}
	r->e.old_state = cursor_be16(&c);
	r->e.new_state = cursor_be16(&c);
	if (!cursor_ok(&c))
		return RECORD_BAD_MESSAGE;
	send(r);
	return RECORD_GOOD;
}

/*
 * BGP4MP_ENTRY, which RFC 6396 has dropped and OpenBGPD writes: a path of a table, with the next
 * hop in front of it.
 */
static enum verdict read_table_entry(struct reader *r, struct cursor c, bool as4)
{
	struct mrt_event *e = &r->e;
	struct cursor hop;
	const uint8_t *at;
	uint16_t afi;

	cursor_skip(&c, 2 + 2 + 4); /* view, status, last change */
	afi = cursor_be16(&c);
	e->safi = cursor_u8(&c);
	r->hop = (struct bgp_family){.there = true, .nexthop_len = cursor_u8(&c)};
	hop = cursor_sub(&c, r->hop.nexthop_len);
	at = cursor_take(&hop, r->hop.nexthop_len < 16 ? r->hop.nexthop_len : 16);
	if (at)
		memcpy(r->hop.nexthop, at, r->hop.nexthop_len < 16 ? r->hop.nexthop_len : 16);
	if (!cursor_ok(&c))
		return RECORD_BAD_MESSAGE;
	if ((afi != BGP_IP && afi != BGP_IP6) || e->safi != BGP_UNICAST)
		return RECORD_UNKNOWN;
	e->afi = afi;
	if (!bgp_prefix_next(&c, afi, false, &e->prefix))
		return RECORD_BAD_MESSAGE;
	c = cursor_sub(&c, cursor_be16(&c));
	if (!cursor_ok(&c))
		return RECORD_BAD_MESSAGE;
	bgp_attributes_read(r->attrs, c, as4 ? 4 : 2);
	e->what = MRT_RIB;
	e->family = &r->hop;
	send(r);
	return RECORD_GOOD;
}

static enum verdict read_bgp4mp(struct reader *r, struct cursor c)
{
	static const struct {
		bool message, state, entry, as4, local, add_path;
	} kinds[] = {
		[0] = {.state = true},
		[1] = {.message = true},
		[2] = {.entry = true},
		[4] = {.message = true, .as4 = true},
		[5] = {.state = true, .as4 = true},
		[6] = {.message = true, .local = true},
		[7] = {.message = true, .as4 = true, .local = true},
		[8] = {.message = true, .add_path = true},
		[9] = {.message = true, .as4 = true, .add_path = true},
		[10] = {.message = true, .local = true, .add_path = true},
		[11] = {.message = true, .as4 = true, .local = true, .add_path = true},
	};
	static const char *const labels[2][2][2] = {
		{{"BGP4MP", "BGP4MP_AP"}, {"BGP4MP_LOCAL", "BGP4MP_LOCAL_AP"}},
		{{"BGP4MP_ET", "BGP4MP_ET_AP"}, {"BGP4MP_ET_LOCAL", "BGP4MP_ET_LOCAL_AP"}},
	};
	enum verdict v;
	bool as4;

	if (r->type == TYPE_BGP4MP_ET) {
		r->e.extended = true;
		r->e.time_us = cursor_be32(&c);
		if (!cursor_ok(&c))
			return broken(r, "an extended record without its microseconds");
	}
	if (r->subtype >= sizeof(kinds) / sizeof(*kinds) ||
	    !(kinds[r->subtype].message || kinds[r->subtype].state || kinds[r->subtype].entry))
		return RECORD_UNKNOWN;
	as4 = kinds[r->subtype].as4;
	r->e.add_path = kinds[r->subtype].add_path;
	r->e.label = labels[r->e.extended][kinds[r->subtype].local][r->e.add_path];
	if (kinds[r->subtype].state)
		return read_state(r, c, as4);
	v = read_speakers(r, &c, as4);
	if (v != RECORD_GOOD)
		return v;
	return kinds[r->subtype].entry ? read_table_entry(r, c, as4) : read_message(r, c, as4);
}

/* BGP, the type before BGP4MP (RFC 6396 appendix B.1): IPv4 and AS numbers of 2 bytes only. */

static enum verdict read_bgp(struct reader *r, struct cursor c)
{
	struct mrt_event *e = &r->e;

	e->label = "BGP";
	e->legacy = true;
	e->peer.v6 = false;
	if (r->subtype != 1 && r->subtype != 3)
		return RECORD_UNKNOWN;
	e->peer.as = cursor_be16(&c);
	read_addr(&c, &e->peer);
	if (r->subtype == 1) {
		cursor_skip(&c, 6); /* the collector's own */
		return cursor_ok(&c) ? read_update(r, c, 2) : RECORD_BAD_MESSAGE;
	}
	e->what = MRT_STATE;
	e->attrs = NULL;
	e->old_state = cursor_be16(&c);
	e->new_state = cursor_be16(&c);
	if (!cursor_ok(&c))
		return RECORD_BAD_MESSAGE;
	send(r);
	return RECORD_GOOD;
}

/* The file */

static enum verdict read_record(struct reader *r, struct cursor body)
{
	static const struct {
		uint16_t type;
		enum verdict (*read)(struct reader *r, struct cursor c);
	} readers[] = {
		{TYPE_BGP, read_bgp},
		{TYPE_TABLE_DUMP, read_table_dump},
		{TYPE_TABLE_DUMP_V2, read_table_dump_v2},
		{TYPE_BGP4MP, read_bgp4mp},
		{TYPE_BGP4MP_ET, read_bgp4mp},
	};

	for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++)
		if (readers[i].type == r->type)
			return readers[i].read(r, body);
	return RECORD_UNKNOWN;
}

static int refuse(struct text *why, uint64_t at, const char *sentence)
{
	text_printf(why, "%llu: %s", (unsigned long long)at, sentence);
	return 1;
}

/* Return: 1 with a record, which is seen but not passed yet; 0 at the end; 2 refused. */
static int next_record(struct reader *r, struct input *in, struct cursor *body, size_t *bytes,
		       struct text *why)
{
	const uint8_t *p;
	size_t n = input_peek(in, MRT_HEADER_BYTES, &p);
	uint32_t len;

	if (n == 0)
		return 0;
	if (n < MRT_HEADER_BYTES)
		return refuse(why, input_passed(in), "the file ends in the head of a record") + 1;
	len = be32_at(p + 8);
	if (len > MRT_RECORD_MAX - MRT_HEADER_BYTES)
		return refuse(why, input_passed(in), "a record of more than 16 MB") + 1;
	*bytes = MRT_HEADER_BYTES + len;
	n = input_peek(in, *bytes + SHORT_BY, &p);
	if (n < *bytes)
		return refuse(why, input_passed(in), "the file ends in the middle of a record") + 1;
	r->e = (struct mrt_event){.time_s = be32_at(p),
				  .attrs = r->attrs,
				  .safi = BGP_UNICAST,
				  .record = r->counts->records + 1};
	r->type = be16_at(p + 4);
	r->subtype = be16_at(p + 6);
	if (r->type == TYPE_TABLE_DUMP && n >= *bytes + SHORT_BY &&
	    !entries_fill(r, p + MRT_HEADER_BYTES, len) &&
	    entries_fill(r, p + MRT_HEADER_BYTES, len + SHORT_BY)) {
		len += SHORT_BY;
		*bytes += SHORT_BY;
	}
	*body = cursor_over(p + MRT_HEADER_BYTES, len);
	return 1;
}

static int read_all(struct reader *r, struct input *in, struct text *why)
{
	struct cursor body;
	size_t bytes;
	int got;

	while ((got = next_record(r, in, &body, &bytes, why)) == 1) {
		enum verdict v = read_record(r, body);

		r->counts->records++;
		r->counts->unknown_types += v == RECORD_UNKNOWN;
		r->counts->bad_messages += v == RECORD_BAD_MESSAGE;
		if (v == RECORD_BROKEN)
			return refuse(why, input_passed(in), r->broken);
		if (r->error == 0 && r->sink->record)
			r->error = r->sink->record(r->sink->userdata, r->e.time_s);
		if (r->error)
			return r->error;
		input_consume(in, bytes);
	}
	return got == 2;
}

int mrt_read(struct input *in, const struct mrt_sink *sink, struct mrt_counts *counts,
	     struct text *why)
{
	_cleanup_free_ struct bgp_attributes *attrs = malloc(sizeof(*attrs));
	struct reader r = {.sink = sink, .counts = counts, .attrs = attrs};
	int status;

	*counts = (struct mrt_counts){.records = 0};
	if (!attrs)
		return -ENOMEM;
	status = read_all(&r, in, why);
	free(r.peers);
	return status;
}

/* The head of a record of a type that is read here, of a time when there were dumps. */
bool mrt_is(const uint8_t *p, size_t n, bool whole)
{
	static const uint16_t types[] = {TYPE_BGP, TYPE_TABLE_DUMP, TYPE_TABLE_DUMP_V2, TYPE_BGP4MP,
					 TYPE_BGP4MP_ET};
	bool known = false;

	if (n < MRT_HEADER_BYTES)
		return false;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		known |= be16_at(p + 4) == types[i];
	return known && be32_at(p) >= FIRST_DUMPS_S && be16_at(p + 6) <= SUBTYPE_MAX;
}
