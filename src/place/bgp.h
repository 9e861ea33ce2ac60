/* SPDX-License-Identifier: ISC */
/*
 * BGP path attributes and prefix lists (RFC 4271 section 4.3, 4760, 6793, 7911) out of bytes that
 * somebody else has written. What an attribute says wrongly is left out; nothing stops a file.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cursor.h"
#include "base/text.h"

#define BGP_PATH_ASNS_MAX     32768 /* an attribute has at most 64 KiB */
#define BGP_PATH_SEGMENTS_MAX 4096
#define AS_TRANS	      23456 /* RFC 6793 section 9 */

enum bgp_afi { BGP_IP = 1, BGP_IP6 = 2, BGP_AFI_COUNT };
enum bgp_safi { BGP_UNICAST = 1, BGP_MULTICAST = 2, BGP_BOTH = 3, BGP_SAFI_COUNT };

enum bgp_segment_type {
	BGP_SET = 1,
	BGP_SEQUENCE = 2,
	BGP_CONFED_SEQUENCE = 3, /* RFC 5065 */
	BGP_CONFED_SET = 4,
};

struct bgp_segment {
	uint8_t type;
	uint16_t n;
	uint32_t first; /* in asns */
};

struct bgp_path {
	struct bgp_segment segments[BGP_PATH_SEGMENTS_MAX];
	uint32_t asns[BGP_PATH_ASNS_MAX];
	unsigned n_segments, n_asns;
	unsigned length; /* a set counts one */
	bool wrong;	 /* not to be read as a path */
};

/* Prefixes of one address family in MP_REACH_NLRI or MP_UNREACH_NLRI. */
struct bgp_family {
	bool there;
	uint8_t nexthop[16], nexthop_len;
	struct cursor nlri;
};

struct bgp_attributes {
	struct bgp_path path, as4_path, merged;
	const struct bgp_path *best; /* path, or what RFC 6793 section 4.2.3 makes of both */
	bool has_path, has_as4_path, atomic, has_aggregator, has_as4_aggregator, has_nexthop,
		has_communities;
	bool reach, unreach;
	int origin; /* -1 none */
	uint8_t nexthop[4], aggregator[4], as4_aggregator[4];
	uint32_t med, local_pref; /* 0 none */
	uint32_t aggregator_as, as4_aggregator_as;
	struct cursor communities;
	struct bgp_family announce[BGP_AFI_COUNT][BGP_SAFI_COUNT],
		withdraw[BGP_AFI_COUNT][BGP_SAFI_COUNT];
	bool wrong; /* an attribute runs over the end */
};

struct bgp_prefix {
	uint8_t addr[16]; /* as sent: bits behind the length may be set */
	uint8_t len;
	uint32_t path_id; /* 0 none */
};

/**
 * bgp_attributes_read() - the attributes in @c.
 * @as_len: bytes of an AS number, 2 or 4. @c: borrowed as long as @a is used.
 */
void bgp_attributes_read(struct bgp_attributes *a, struct cursor c, unsigned as_len);

/**
 * bgp_prefix_next() - the next prefix of a list.
 * Return: false at its end; @c->failed where it is cut or a length cannot be.
 */
bool bgp_prefix_next(struct cursor *c, enum bgp_afi afi, bool add_path, struct bgp_prefix *p);

/**
 * bgp_path_origin() - the AS that a path ends in. Of a set with several members nobody knows which
 * one it was (RFC 6472): it is then the AS before the set, which made the aggregate. Members of a
 * confederation (RFC 5065) do not count. 0: not known, or the path is empty.
 */
uint32_t bgp_path_origin(const struct bgp_path *p);

/** bgp_path_neighbour() - the AS that a path begins with, 0 none. */
uint32_t bgp_path_neighbour(const struct bgp_path *p);

/** bgp_path_text() - as bgpdump writes it: "1 2 {3,4} (5 6) [7,8]". */
void bgp_path_text(const struct bgp_path *p, struct text *out);
