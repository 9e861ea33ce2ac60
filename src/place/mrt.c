// SPDX-License-Identifier: ISC
/*
 * Records one after the other. Which reader a record goes to is a row of one table; they hand
 * events on, and the reader of the file alone knows offsets.
 */
#include "place/mrt_inside.h"

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

bool mrt_send(struct mrt_reader *r)
{
	if (r->error == 0)
		r->error = r->sink->event(r->sink->userdata, &r->e);
	return r->error == 0;
}

/* BGP4MP (RFC 6396 section 4.4, RFC 8050) */

static void send_prefixes(struct mrt_reader *r, struct cursor c, enum bgp_afi afi,
			  enum bgp_safi safi)
{
	struct mrt_event *e = &r->e;

	e->afi = afi;
	e->safi = safi;
	while (r->error == 0 && bgp_prefix_next(&c, afi, e->add_path, &e->prefix))
		mrt_send(r);
	if (!cursor_ok(&c))
		r->counts->bad_prefixes++;
}

static void send_families(struct mrt_reader *r, struct bgp_family (*table)[BGP_SAFI_COUNT])
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
static enum mrt_verdict read_update(struct mrt_reader *r, struct cursor c, unsigned as_len)
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

static enum mrt_verdict read_message(struct mrt_reader *r, struct cursor c, bool as4)
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
static enum mrt_verdict read_speakers(struct mrt_reader *r, struct cursor *c, bool as4)
{
	struct mrt_peer *p = &r->e.peer, own;
	uint16_t afi;

	p->as = mrt_read_as(c, as4);
	mrt_read_as(c, as4);
	cursor_skip(c, 2);
	afi = cursor_be16(c);
	if (!cursor_ok(c))
		return RECORD_BAD_MESSAGE;
	/* Old Zebra wrote no addresses into some records. */
	if (afi != BGP_IP && afi != BGP_IP6)
		return RECORD_UNKNOWN;
	own.v6 = p->v6 = afi == BGP_IP6;
	mrt_read_addr(c, p);
	mrt_read_addr(c, &own);
	return cursor_ok(c) ? RECORD_GOOD : RECORD_BAD_MESSAGE;
}

static enum mrt_verdict read_state(struct mrt_reader *r, struct cursor c, bool as4)
{
	enum mrt_verdict v;

	r->e.what = MRT_STATE;
	r->e.attrs = NULL;
	/* Zebra's short form: two AS numbers of 2 bytes and the states. */
	if (cursor_left(&c) == 8) {
		r->e.peer = (struct mrt_peer){.as = mrt_read_as(&c, as4)};
		mrt_read_as(&c, as4);
	} else {
		v = read_speakers(r, &c, as4);
		if (v != RECORD_GOOD)
			return v;
	}
	r->e.old_state = cursor_be16(&c);
	r->e.new_state = cursor_be16(&c);
	if (!cursor_ok(&c))
		return RECORD_BAD_MESSAGE;
	mrt_send(r);
	return RECORD_GOOD;
}

/*
 * BGP4MP_ENTRY, which RFC 6396 has dropped and OpenBGPD writes: a path of a table, with the next
 * hop in front of it.
 */
static enum mrt_verdict read_table_entry(struct mrt_reader *r, struct cursor c, bool as4)
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
	mrt_send(r);
	return RECORD_GOOD;
}

static enum mrt_verdict read_bgp4mp(struct mrt_reader *r, struct cursor c)
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
	enum mrt_verdict v;
	bool as4;

	if (r->type == TYPE_BGP4MP_ET) {
		r->e.extended = true;
		r->e.time_us = cursor_be32(&c);
		if (!cursor_ok(&c))
			return mrt_broken(r, "an extended record without its microseconds");
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

static enum mrt_verdict read_bgp(struct mrt_reader *r, struct cursor c)
{
	struct mrt_event *e = &r->e;

	e->label = "BGP";
	e->legacy = true;
	e->peer.v6 = false;
	if (r->subtype != 1 && r->subtype != 3)
		return RECORD_UNKNOWN;
	e->peer.as = cursor_be16(&c);
	mrt_read_addr(&c, &e->peer);
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
	mrt_send(r);
	return RECORD_GOOD;
}

/* The file */

static enum mrt_verdict read_record(struct mrt_reader *r, struct cursor body)
{
	static const struct {
		uint16_t type;
		enum mrt_verdict (*read)(struct mrt_reader *r, struct cursor c);
	} readers[] = {
		{TYPE_BGP, read_bgp},
		{TYPE_TABLE_DUMP, mrt_table_dump},
		{TYPE_TABLE_DUMP_V2, mrt_table_dump_v2},
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
static int next_record(struct mrt_reader *r, struct input *in, struct cursor *body, size_t *bytes,
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
	n = input_peek(in, *bytes + MRT_SHORT_BY, &p);
	if (n < *bytes)
		return refuse(why, input_passed(in), "the file ends in the middle of a record") + 1;
	r->e = (struct mrt_event){.time_s = be32_at(p),
				  .attrs = r->attrs,
				  .safi = BGP_UNICAST,
				  .record = r->counts->records + 1};
	r->type = be16_at(p + 4);
	r->subtype = be16_at(p + 6);
	if (r->type == TYPE_TABLE_DUMP && n >= *bytes + MRT_SHORT_BY &&
	    !mrt_entries_fill(r, p + MRT_HEADER_BYTES, len) &&
	    mrt_entries_fill(r, p + MRT_HEADER_BYTES, len + MRT_SHORT_BY)) {
		len += MRT_SHORT_BY;
		*bytes += MRT_SHORT_BY;
	}
	*body = cursor_over(p + MRT_HEADER_BYTES, len);
	return 1;
}

static int read_all(struct mrt_reader *r, struct input *in, struct text *why)
{
	struct cursor body;
	size_t bytes;
	int got;

	while ((got = next_record(r, in, &body, &bytes, why)) == 1) {
		enum mrt_verdict v = read_record(r, body);

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
	struct mrt_reader r = {.sink = sink, .counts = counts, .attrs = attrs};
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
