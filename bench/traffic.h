/* SPDX-License-Identifier: ISC */
/*
 * The bench's traffic: what the network carries (mix), how a router tells it (format), and how that
 * leaves (write, send). Nothing here is shared with src/drill or with a detector; of src only the
 * headers of base are used. The same seed and options give the same bytes.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define DATAGRAM_MAX	1464 /* 30 NetFlow v5 records; fits an Ethernet frame with its headers */
#define RECORDS_MAX	64   /* more than any format puts into DATAGRAM_MAX */
#define FRAME_MAX	128  /* bytes of a packet that sFlow and captures keep */
#define TEMPLATES_EVERY 64   /* datagrams between two sendings of the templates */

/* What was seen once: a flow, or one packet of it. IPv4 stands in the first 4 bytes. */
struct seen {
	uint8_t src[16], dst[16];
	uint16_t sport, dport, in, out;
	uint32_t packets, bytes; /* bytes of all the packets, from the IP header on */
	uint32_t lasted_ms;
	uint8_t v6, proto, flags;
	uint8_t renew; /* enum renew: what has to change each time a prepared record is sent again
			*/
};

enum renew { RENEW_NOTHING, RENEW_SOURCE, RENEW_TARGET };

/* mix: who talks to whom */

struct mix {
	uint64_t state, turn;	 /* of the random numbers; of the spread */
	uint64_t spread;	 /* every record goes to the next of so many targets; 0: no */
	uint32_t hosts, sources; /* inside and outside */
	bool flood;		 /* 95 % SYN from random sources, else 9 % of it and 4 % UDP */
	bool quiet;		 /* background alone */
	bool single;		 /* single packets, not flows */
	bool v6;		 /* a tenth of the background is IPv6 */
};

#define SPREAD_MAX (UINT64_C(1) << 30) /* addresses of 64.0.0.0/2 */

/** mix_next() - the next thing to be seen. */
void mix_next(struct mix *m, struct seen *f);

/** mix_attack() - one SYN of the attack that comes on top: random source, always the same target.
 */
void mix_attack(struct mix *m, struct seen *f);

/** mix_source() - a random source address in @b, 4 bytes. mix_target() - the spread's next. */
void mix_source(struct mix *m, uint8_t *b);
void mix_target(struct mix *m, uint8_t *b);

/* frame: a packet's bytes */

struct frame {
	uint8_t b[FRAME_MAX];
	uint16_t len, wire_len; /* kept here; on the wire, without checksum of Ethernet */
	uint16_t ip_at;		/* where the IP header begins */
};

/** frame_make() - Ethernet, IP, TCP or UDP or ICMP, payload of zeros; the IP checksum is right. */
void frame_make(struct frame *o, const struct seen *f);

/** ip_checksum_set() - of the IPv4 header of 20 bytes at @ip. */
void ip_checksum_set(uint8_t *ip);

/* format: datagrams of one exporter */

/* Where a prepared record has to be touched when it is sent again. 0: nowhere. */
struct touch {
	uint16_t time_at, addr_at;
	uint32_t lasted_ms;
	uint8_t renew;
};

struct datagram {
	uint16_t len, records;
	uint32_t packets; /* that its records count */
	bool templates;
	uint8_t b[DATAGRAM_MAX];
	struct touch touch[RECORDS_MAX];
};

struct exporter {
	int64_t boot_us;
	uint32_t sequence;
	uint32_t samples[16]; /* sFlow numbers its samples for each source */
};

struct builder;

struct format {
	const char *name;
	uint16_t port; /* where collectors expect it */
	bool v6, single;
	/** begin() - an empty datagram. */
	void (*begin)(struct builder *b, bool templates);
	/** put() - add a record. Return: false when it does not fit, and nothing was added. */
	bool (*put)(struct builder *b, const struct seen *f);
	/** end() - everything but what stamp() writes; leaves b->d complete. */
	void (*end)(struct builder *b);
	/** stamp() - sequence numbers, the header's times and those of the records: all of now. */
	void (*stamp)(struct exporter *e, struct datagram *d, int64_t now_us);
};

#define PARTS 3 /* templates in use: IPv4, IPv4 with counters of 64 bits, IPv6 */

/* A datagram in the making; v9 and IPFIX collect the records of each template apart. */
struct builder {
	struct datagram d;
	unsigned since_templates;
	struct part {
		uint16_t len, records;
		uint8_t b[DATAGRAM_MAX];
		struct touch touch[RECORDS_MAX];
	} part[PARTS];
};

extern const struct format *const formats[]; /* ended by NULL */
extern const struct format format_v5, format_v9, format_ipfix, format_sflow;

/**
 * build() - fill @b from @next until it is full, and end it.
 * The record that did not fit is kept in *@held and comes first the next time; set @held->packets
 * to 0 before the first call.
 */
void build(const struct format *how, struct builder *b, struct seen *held,
	   void (*next)(struct mix *, struct seen *), struct mix *m);

/* the program */

struct plan {
	const struct format *format; /* NULL: packets */
	struct mix mix;
	uint64_t records;	  /* how many; 0: only the time counts */
	double rate, seconds;	  /* records a second of record time; how long, 0: only @records */
	double attack, attack_at; /* packets a second; seconds after the start */
	int64_t start_us;	  /* record time of the first */
	int64_t until_us;	  /* sending ends at this time of the real clock; 0: no */
	bool raw;		  /* datagrams without a capture around them */
};

struct sent {
	uint64_t datagrams, records, packets, bytes, attack_records;
	int64_t first_us, last_us, attack_us; /* attack_us 0: none */
	double seconds;
};

/**
 * write_file() - datagrams or packets into @out. Return: 0, or a negative errno.
 */
int write_file(struct plan *p, FILE *out, struct sent *sent);

/**
 * send_all() - prepare datagrams, then send them to 127.0.0.1:@port at the plan's rate by the real
 * clock. A sender that was held up for over 10 ms does not catch up: the plan's clock is moved, so
 * that a busy machine never makes a burst. Return: 0, or a negative errno.
 */
int send_all(struct plan *p, uint16_t port, struct sent *sent);

/* big-endian bytes */

static inline uint8_t *put8(uint8_t *p, unsigned v)
{
	*p = (uint8_t)v;
	return p + 1;
}

static inline uint8_t *put16(uint8_t *p, unsigned v)
{
	uint16_t be = __builtin_bswap16((uint16_t)v);

	__builtin_memcpy(p, &be, 2);
	return p + 2;
}

static inline uint8_t *put32(uint8_t *p, uint32_t v)
{
	uint32_t be = __builtin_bswap32(v);

	__builtin_memcpy(p, &be, 4);
	return p + 4;
}

static inline uint8_t *put64(uint8_t *p, uint64_t v)
{
	uint64_t be = __builtin_bswap64(v);

	__builtin_memcpy(p, &be, 8);
	return p + 8;
}

static inline uint8_t *put_bytes(uint8_t *p, const void *from, size_t n)
{
	__builtin_memcpy(p, from, n);
	return p + n;
}
