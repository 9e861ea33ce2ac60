/* SPDX-License-Identifier: ISC */
/*
 * What the senders of an attack look like, to judge whether their addresses are their own: a sample
 * of senders, chosen by a hash of the address, each with all of its packets. Up to FACTS_SOURCES
 * are held; when there are more, every second one is let go by one more bit of the hash (adaptive
 * sampling, Wegman; Flajolet 1990), so a sender that is in the sample was counted from its first
 * packet on, and the sample does not depend on how often anyone sends. The same is done as their
 * packets become many, so that an attack costs ever less; where senders are few, packets are
 * thinned. Nothing depends on threads: a shard sees its records in input order. Data class: header,
 * while the attack is followed; doc/facts.md says what is made of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "observe/flow.h"

#define FACTS_SOURCES	4096
#define FACTS_WHOLE	8192u /* records of those in the sample before fewer are kept, */
#define FACTS_KEPT	1024  /* but not fewer than half of these: then one record in ... */
#define FACTS_THIN_LOG2 4     /* ... sixteen is looked at, by a hash of its number */
#define FACTS_FIRST	4096  /* records whose IP-ID is compared with that of the one before */

enum facts_flag {
	FACTS_ANSWERED = 1 << 0, /* the target answered it, be it in vain */
	FACTS_TALKED = 1 << 1,	 /* it acknowledged a SYN-ACK, with a TTL that is in `ttls` */
	FACTS_RESET = 1 << 2,	 /* it sent a RST */
	FACTS_HAS_TTL = 1 << 3,
	FACTS_HAS_WINDOW = 1 << 4,
	FACTS_IS_PACKET = 1 << 5, /* length is one packet's */
	FACTS_BARE_SYN = 1 << 6,  /* a SYN without a TCP option */
};

/* One sender of the sample: a cache line. */
struct facts_source {
	struct ip ip;
	uint64_t hash;
	uint32_t packets, records; /* as sampled by the exporter, thinned */
	uint32_t first_s, last_s;  /* record time, seconds since 1970 */
	/* Of its packets those of connections in which the target sent data or FIN, and those
	 * whose SYN-ACK was acknowledged and not refused (answers.h). */
	uint32_t connected, taken;
	uint32_t ttls;		   /* a bit per TTL, modulo 32 */
	uint16_t link, other_link; /* where it came in, and another one; LINK_UNKNOWN none */
	uint16_t exporter;
	uint16_t window, length; /* of its first record */
	uint8_t ttl;		 /* of its first record */
	uint8_t flags;		 /* enum facts_flag */
};

_Static_assert(sizeof(struct facts_source) == 64, "a sender is one cache line");

struct facts {
	struct facts_source *source; /* dense, in the order of their coming */
	uint16_t *slot;		     /* open addressing by hash: index + 1 */
	unsigned n, room;
	unsigned level;	  /* a sender is in where so many top bits of its hash are zero */
	uint64_t seen;	  /* records of this group, */
	uint64_t packets; /* and their packets, as sampled by the exporter */
	uint64_t counted; /* of those in the sample, looked at */
	uint64_t until;	  /* so many, then fewer are kept */
	bool thinned;	  /* not all records are looked at any more */
	/* Of the first records: those whose IP-ID follows that of the record before, by another. */
	uint32_t ids, ids_next, ids_same;
	uint16_t last_id;
	struct ip last_ip;
	bool failed; /* out of memory once: no more is taken */
};

/** facts_new() - an empty sample, owned; NULL without memory. */
struct facts *facts_new(void);
struct facts *facts_free(struct facts *f);

/**
 * facts_add_looked() - count a record that is looked at. @hash: source_hash() of its sender.
 * Several exporters may show the same packet, so that a sender's are those of the first that
 * showed it. Return: the sender, until the next call, or NULL where the record did not count.
 */
struct facts_source *facts_add_looked(struct facts *f, const struct flow *flow,
				      const struct flow_side *side, uint64_t hash, int64_t first_us,
				      int64_t last_us);

/** facts_in() - is a sender with that hash in the sample, if it sent? */
static inline bool facts_in(const struct facts *f, uint64_t hash)
{
	return f->level == 0 || hash >> (64 - f->level) == 0;
}

/** facts_add() - the same, with most of a large flood passed over at the place of the call. */
static inline struct facts_source *facts_add(struct facts *f, const struct flow *flow,
					     const struct flow_side *side, uint64_t hash,
					     int64_t first_us, int64_t last_us)
{
	uint64_t number = f->seen++;

	f->packets += flow->packets;
	if (!facts_in(f, hash) && number >= FACTS_FIRST)
		return NULL;
	if (f->thinned && (number * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - FACTS_THIN_LOG2) != 0)
		return NULL;
	return facts_add_looked(f, flow, side, hash, first_us, last_us);
}

/** facts_mark() - set @flag of a sender, where it is in the sample. */
void facts_mark(struct facts *f, const struct ip *ip, uint64_t hash, enum facts_flag flag);

/** facts_find() - a sender, or NULL; borrowed. */
struct facts_source *facts_find(const struct facts *f, const struct ip *ip, uint64_t hash);
uint64_t facts_memory(const struct facts *f);
