// SPDX-License-Identifier: ISC
/*
 * Routing tables and updates as a source. In a table the paths of all peers to a prefix are counted
 * together; of updates the last word of each peer counts, and what the last of them has withdrawn
 * is gone.
 */
#include <errno.h>
#include <string.h>

#include "base/map.h"
#include "place/import.h"
#include "place/mrt.h"

struct state {
	struct import *im;
	struct map *peers; /* struct speaker -> uint16_t */
	struct ballot ballot;
	struct prefix prefix; /* that the ballot is of */
	bool voting;
	uint64_t used;
	uint32_t newest_s;
};

struct speaker {
	uint8_t addr[16];
	uint32_t as, v6;
};

/* Return: false for a prefix that says nothing about addresses of the Internet. */
static bool to_prefix(const struct mrt_event *e, struct prefix *p)
{
	struct ip ip = e->afi == BGP_IP ? ip_from_v4_bytes(e->prefix.addr)
					: ip_from_v6_bytes(e->prefix.addr);

	if (e->afi == BGP_IP6 && ip_is_v4(&ip))
		return false; /* ::ffff:0:0/96, which stands for IPv4 here */
	*p = prefix_of(&ip, e->prefix.len + (e->afi == BGP_IP ? PREFIX_V4_BASE : 0u));
	return true;
}

static int flush(struct state *s)
{
	if (!s->voting)
		return 0;
	s->voting = false;
	return routes_add(&s->im->part->routes, &s->prefix, ROUTE_PEER_EACH, 0, &s->ballot);
}

static void vote(struct ballot *b, const struct mrt_event *e)
{
	ballot_vote(b, bgp_path_origin(e->attrs->best), bgp_path_neighbour(e->attrs->best), 1);
}

static int on_rib(struct state *s, const struct mrt_event *e, const struct prefix *p)
{
	int r = 0;

	if (s->voting && !prefix_equal(p, &s->prefix))
		r = flush(s);
	if (!s->voting) {
		s->prefix = *p;
		s->ballot = (struct ballot){.n_origins = 0};
		s->voting = true;
	}
	vote(&s->ballot, e);
	return r;
}

static int peer_number(struct state *s, const struct mrt_peer *peer, uint16_t *number)
{
	struct speaker key = {.as = peer->as, .v6 = peer->v6};
	uint16_t *there;
	bool created;

	memcpy(key.addr, peer->addr, sizeof(key.addr));
	*number = ROUTE_PEER_EACH;
	if (map_count(s->peers) >= ROUTE_PEER_EACH && !map_get(s->peers, &key))
		return 0;
	there = map_put(s->peers, &key, &created);
	if (!there)
		return -ENOMEM;
	if (created)
		*there = (uint16_t)(map_count(s->peers) - 1);
	*number = *there;
	return 0;
}

static int on_update(struct state *s, const struct mrt_event *e, const struct prefix *p)
{
	struct ballot b = {.n_origins = 0};
	uint16_t peer;
	int r = peer_number(s, &e->peer, &peer);

	if (r < 0)
		return r;
	if (e->what == MRT_ANNOUNCE)
		vote(&b, e);
	return routes_add(&s->im->part->routes, p, peer, e->prefix.path_id,
			  e->what == MRT_ANNOUNCE ? &b : NULL);
}

static int on_event(void *userdata, const struct mrt_event *e)
{
	struct state *s = userdata;
	struct prefix p;

	s->used++;
	if (e->what == MRT_STATE || e->safi == BGP_MULTICAST || !to_prefix(e, &p))
		return 0;
	return e->what == MRT_RIB ? on_rib(s, e, &p) : on_update(s, e, &p);
}

static int on_record(void *userdata, uint32_t time_s)
{
	struct state *s = userdata;

	if (time_s > s->newest_s)
		s->newest_s = time_s;
	import_step(s->im);
	return flush(s);
}

static void tell_left_out(struct import *im, const struct mrt_counts *c)
{
	if (c->unknown_types)
		import_note(im, "%llu of %llu records are of kinds that say nothing of prefixes",
			    (unsigned long long)c->unknown_types, (unsigned long long)c->records);
	if (c->bad_messages || c->bad_prefixes)
		import_note(im,
			    "%llu BGP messages do not hold and were left out, %llu prefix lists "
			    "were read up to a mistake",
			    (unsigned long long)c->bad_messages,
			    (unsigned long long)c->bad_prefixes);
}

static void drop_map(struct map **m)
{
	map_free(*m);
}

static int mrt_read_file(struct import *im)
{
	_cleanup_(drop_map) struct map *peers =
		map_new(sizeof(struct speaker), sizeof(uint16_t), 0);
	_cleanup_text_ struct text why = TEXT_NULL;
	struct state s = {.im = im, .peers = peers};
	const struct mrt_sink sink = {.event = on_event, .record = on_record, .userdata = &s};
	struct mrt_counts counts;
	int r;

	if (!peers)
		return -ENOMEM;
	r = mrt_read(im->in, &sink, &counts, &why);
	if (r > 0) {
		r = import_end(im);
		if (r == 0)
			text_printf(im->why, "%s:%s", im->path, text_str(&why));
		return 1;
	}
	if (r < 0)
		return r;
	if (s.used == 0)
		return import_refuse(im, input_passed(im->in),
				     "not one record of a kind that is read here");
	im->dated_us = (int64_t)s.newest_s * US_PER_S;
	tell_left_out(im, &counts);
	return 0;
}

const struct import_format import_mrt = {
	.name = "mrt", .rank = 50, .is = mrt_is, .read = mrt_read_file};
