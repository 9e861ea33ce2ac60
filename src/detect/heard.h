/* SPDX-License-Identifier: ISC */
/*
 * Whence a prefix is expected: the /24 (IPv6 /48) of whoever completed a connection in the last
 * day, with the ingress links and the TTLs of his own packets. A connection counts when packets
 * that only an established one has are seen in both directions (answers.h), so no forger fills it.
 * One connection in 32 is looked at, by its ports alike in both directions. Fixed size; the
 * oldest of eight gives way. Data class: header, a day; also where the store keeps it over a
 * restart.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "observe/exporter.h"
#include "observe/flow.h"

#define HEARD_LINKS 3
#define HEARD_S	    86400

struct heard;

#define NO_HOPS UINT8_MAX

/** ttl_hops() - how many routers a TTL has passed, from the nearest usual first value above it. */
static inline uint8_t ttl_hops(uint8_t ttl)
{
	return (uint8_t)((ttl <= 64 ? 64 : ttl <= 128 ? 128 : 255) - ttl);
}

/* What is known of a prefix. */
struct heard_prefix {
	uint16_t link[HEARD_LINKS]; /* LINK_UNKNOWN: none */
	uint8_t hops_min, hops_max; /* of ttl_hops(); NO_HOPS, 0: no TTL seen */
	uint16_t connections;	    /* looked at, capped */
};

struct heard *heard_new(void);
struct heard *heard_free(struct heard *h);

/**
 * heard_wants() - may the record tell something? Asked of every record, so the test that few pass
 * comes first: the sum of the ports is the same both ways, and its lowest bit tells nothing, as
 * many systems give their clients ports of one parity.
 */
static inline bool heard_wants(const struct flow *f)
{
	if (__builtin_expect(((uint32_t)f->sport + f->dport) >> 1 & 31, 1))
		return false;
	return (f->proto == PROTO_TCP) & ((f->tcp_flags & (TH_ACK | TH_RST)) == TH_ACK) &
	       (f->in_link != LINK_UNKNOWN);
}

/** heard_note() - a record that heard_wants(), received at @recv_us, in input order. */
void heard_note(struct heard *h, const struct flow *f, const struct flow_side *s, int64_t recv_us);

/** heard_find() - what the last day said of the prefix of @ip; false: nothing. */
bool heard_find(const struct heard *h, const struct ip *ip, int64_t now_us,
		struct heard_prefix *out);

#define HEARD_PACKED_MAX (4u << 20)

/**
 * heard_pack() - all that is not older than a day, appended as bytes that another run can take
 * over: links by their exporter and interface, with version and checksum. What was seen one way
 * only is not in it. Return: 0 or -ENOMEM.
 */
int heard_pack(const struct heard *h, struct exporters *t, int64_t now_us, struct text *out);

/**
 * heard_unpack() - take over @n bytes of heard_pack(); what is known by now, and what is older than
 * a day at @now_us or of the future, stays. Links of exporters that @t does not know are left out.
 * Return: 0, -ENOMEM, or -EBADMSG (damaged, or of another version) with nothing taken.
 */
int heard_unpack(struct heard *h, struct exporters *t, int64_t now_us, const void *packed,
		 size_t n);

/** heard_since() - from when on it was filled, at most a day before @now_us; TIME_NONE: nothing was
 * heard yet. heard_count() - prefixes. */
int64_t heard_since(const struct heard *h, int64_t now_us);
unsigned heard_count(const struct heard *h);

/** heard_drop() - forget all (record time began anew). */
void heard_drop(struct heard *h);
uint64_t heard_memory(const struct heard *h);
