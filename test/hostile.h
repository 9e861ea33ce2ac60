/* SPDX-License-Identifier: ISC */
/*
 * Hostile export traffic, made from a seed: streams of datagrams by name, each a way in which an
 * exporter, or someone who writes its address on his datagrams, can go wrong. hostile.c feeds them
 * to the decoders and holds the account.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ip.h"

#define HOSTILE_BYTES_MAX 65507 /* the largest payload of UDP over IPv4 */
#define HOSTILE_ROUTERS	  8	/* addresses on the allow-list, from 192.0.2.1 on */
#define HOSTILE_FORMATS	  4
#define HOSTILE_SHAPES	  6 /* templates that good datagrams use, ids 300 and on */

/* One datagram being written. */
struct hostile_datagram {
	uint8_t b[HOSTILE_BYTES_MAX];
	size_t n;
	struct ip from;
	int64_t recv_us;
};

/* A stream's own state: the random numbers, and what a real exporter would count. */
struct hostile_maker {
	uint64_t random;
	uint64_t i; /* number of the datagram, from 0 */
	uint32_t sequence[HOSTILE_FORMATS];
	bool told[HOSTILE_FORMATS]; /* the templates were sent */
};

enum hostile_format { HOSTILE_V5, HOSTILE_V9, HOSTILE_IPFIX, HOSTILE_SFLOW };

struct hostile_stream {
	const char *name;
	const char *help;
	void (*make)(struct hostile_maker *m, struct hostile_datagram *d);
	long most_kb; /* resident memory stays below; 0: it is flat (hostile.c) */
	bool open;    /* any exporter is taken, as in files */
	bool mostly;  /* an honest exporter's: all but what waits for a template must be used */
};

extern const struct hostile_stream hostile_streams[];
extern const size_t hostile_n_streams;

/** hostile_random() - splitmix64: the same numbers on every run. _below(): 0..n-1. */
uint64_t hostile_random(struct hostile_maker *m);
uint32_t hostile_below(struct hostile_maker *m, uint32_t n);

/** hostile_put() - append @v in @len bytes, big-endian; what finds no room is left out. */
void hostile_put(struct hostile_datagram *d, uint64_t v, unsigned len);

/* hostile_puts(d, 2, 8, 4): several numbers of one width. */
#define hostile_puts(d, width, ...)                                                                \
	do {                                                                                       \
		const uint64_t values_[] = {__VA_ARGS__};                                          \
		for (size_t i_ = 0; i_ < sizeof(values_) / sizeof(values_[0]); i_++)               \
			hostile_put((d), values_[i_], (width));                                    \
	} while (0)

/** hostile_set_open() - begin a set. Return: its place, for hostile_set_close(). */
size_t hostile_set_open(struct hostile_datagram *d, uint32_t id);
void hostile_set_close(struct hostile_datagram *d, size_t at);

/** hostile_header() - v9's or IPFIX's, with the time of @d and the next sequence number. */
void hostile_header(struct hostile_maker *m, struct hostile_datagram *d, bool ipfix,
		    uint32_t domain);

/** hostile_finish() - write what the header says of the whole: IPFIX's length. */
void hostile_finish(struct hostile_datagram *d, bool ipfix);

/** hostile_good() - a whole datagram as an honest exporter of @format sends it. */
void hostile_good(struct hostile_maker *m, struct hostile_datagram *d, enum hostile_format format);
