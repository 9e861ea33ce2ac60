// SPDX-License-Identifier: ISC
/*
 * Routing tables: TABLE_DUMP and TABLE_DUMP_V2. What stands in them the collector has written, so a
 * mistake in their structure ends the file.
 */
#include <errno.h>
#include <stdlib.h>

#include "place/mrt_inside.h"

#define PEER_IP6 0x01 /* RFC 6396 section 4.3.1 */
#define PEER_AS4 0x02

/*
 * TABLE_DUMP (RFC 6396 section 4.2): one path of one peer a record. The first collectors, until
 * 2000, wrote many into a record, one behind the other, and a length that is four bytes short.
 */

static bool table_dump_family(const struct mrt_reader *r, enum bgp_afi *afi, bool *as4)
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
bool mrt_entries_fill(const struct mrt_reader *r, const uint8_t *p, size_t n)
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

static enum mrt_verdict read_entry(struct mrt_reader *r, struct cursor *c, bool as4)
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
	mrt_read_addr(c, &e->peer);
	e->peer.as = mrt_read_as(c, as4);
	attr_len = cursor_be16(c);
	if (!cursor_ok(c) || e->prefix.len > width * 8)
		return mrt_broken(r, "a TABLE_DUMP record that is too short, or no prefix");
	if (attr_len > cursor_left(c))
		return mrt_broken(r, "attributes that run over the end of the record");
	bgp_attributes_read(r->attrs, cursor_sub(c, attr_len), as4 ? 4 : 2);
	mrt_send(r);
	return RECORD_GOOD;
}

enum mrt_verdict mrt_table_dump(struct mrt_reader *r, struct cursor c)
{
	struct mrt_event *e = &r->e;
	enum mrt_verdict v;
	bool as4, many = mrt_entries_fill(r, c.p, cursor_left(&c));

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

static enum mrt_verdict read_peer_index(struct mrt_reader *r, struct cursor c)
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
		mrt_read_addr(&c, p);
		p->as = mrt_read_as(&c, kind & PEER_AS4);
		r->n_peers++;
	}
	return cursor_ok(&c) ? RECORD_GOOD : mrt_broken(r, "a peer index table that is cut");
}

static enum mrt_verdict read_rib_entry(struct mrt_reader *r, struct cursor *c)
{
	struct mrt_event *e = &r->e;
	unsigned peer = cursor_be16(c);
	size_t attr_len;

	cursor_skip(c, 4); /* originated */
	e->prefix.path_id = e->add_path ? cursor_be32(c) : 0;
	attr_len = cursor_be16(c);
	if (!cursor_ok(c))
		return mrt_broken(r, "a RIB entry that is cut");
	if (attr_len > cursor_left(c))
		return mrt_broken(r, "attributes that run over the end of the record");
	if (peer >= r->n_peers)
		return mrt_broken(r, "a peer that is not in the peer index table");
	e->peer = r->peers[peer];
	bgp_attributes_read(r->attrs, cursor_sub(c, attr_len), 4);
	mrt_send(r);
	return RECORD_GOOD;
}

static enum mrt_verdict read_rib(struct mrt_reader *r, struct cursor c)
{
	struct mrt_event *e = &r->e;
	enum mrt_verdict v = RECORD_GOOD;
	unsigned n;

	if (!r->have_peers)
		return mrt_broken(r, "a RIB entry before any peer index table");
	cursor_skip(&c, 4); /* sequence */
	if (!bgp_prefix_next(&c, e->afi, false, &e->prefix))
		return mrt_broken(r, "no prefix in a RIB record");
	n = cursor_be16(&c);
	if (!cursor_ok(&c))
		return mrt_broken(r, "a RIB record that is cut");
	e->what = MRT_RIB;
	e->label = e->add_path ? "TABLE_DUMP2_AP" : "TABLE_DUMP2";
	for (unsigned i = 0; i < n && v == RECORD_GOOD && r->error == 0; i++)
		v = read_rib_entry(r, &c);
	return v;
}

enum mrt_verdict mrt_table_dump_v2(struct mrt_reader *r, struct cursor c)
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
