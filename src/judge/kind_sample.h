/* SPDX-License-Identifier: ISC */
/*
 * The header records of an attack by source: what each address sent of the attack's own vectors,
 * whether it went on with connections, by which links and from what distance. Inside the room only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "judge/kind.h"

/* What the addresses of one source sent. Packets and bytes are corrected for sampling. */
struct sample_source {
	uint64_t packets, bytes; /* of the attack's vectors */
	uint32_t seen;		 /* packets as counted by the exporter that showed most records */
	uint64_t answers;	 /* of them from the port of a reflector */
	bool amplified;		 /* in an amplification over its threshold */
	uint8_t groups;		 /* bits of enum kind_group that they are of */
	uint64_t unasked;	 /* SYN-ACK in a reflection of them, ICMP errors and echo replies */
	uint64_t fragments;
	bool icmp;		     /* those were ICMP */
	uint16_t port;		     /* reflector's, 0 none */
	uint64_t connected;	     /* of them in connections that it went on with */
	bool went_on;		     /* most of them are, or came as those did */
	bool all_tcp;		     /* all of them are */
	uint8_t ttl_least, ttl_most; /* 0 unknown */
	uint8_t ttl_connected;	     /* of a connection that it went on with, 0 unknown */
	uint16_t link;		     /* place number of the first record's ingress, 0 unknown */
	bool links;		     /* and others too */
	uint64_t by_domestic, by_foreign; /* packets by the country of the ingress link */
	bool own, never, listed;
	bool inside;	/* came in by an interface that leads inside */
	uint8_t shared; /* 1 + enum conf_shared_kind, 0: nobody shares it as far as is known */
	int64_t listed_us;
	uint8_t side; /* enum scope_side of its country */
	char country[3];
	uint32_t asn;					    /* origin AS, 0 unknown */
	const struct place_source *said_country, *said_asn; /* NULL nobody; of the tables */
	enum source_kind kind;				    /* set while judging */
	uint16_t basis;
};

struct source_sample {
	struct map *sources; /* struct ip -> struct sample_source, in order of first record */
	struct map *talks;   /* connections, while records are read */
	uint64_t packets, bytes;
	unsigned records;  /* looked at, whatever they hold */
	uint16_t exporter; /* place number of the one that showed most */
	unsigned n;	   /* sources with packets of the attack */
	bool whole;	   /* every packet of the attack is among them, unsampled */
};

/** sample_read() - Return: 0, or -ENOMEM; to be given to sample_deinit() in any case. */
int sample_read(struct source_sample *s, const struct kinds_input *in);
void sample_deinit(struct source_sample *s);

/** sample_next() - walk the sources that sent packets of the attack; start with *@at = 0. */
struct sample_source *sample_next(const struct source_sample *s, size_t *at);

/* kind_sides.c */

/** kind_is_shown() - by that basis, would the address not have come to be seen if forged at random?
 */
bool kind_is_shown(uint16_t basis);

/** kind_is_doubtful() - is that basis one of those that leave its address unshown, or forged? */
bool kind_is_doubtful(uint16_t basis);

/** kinds_sides() - whose the traffic is, when its sources are named. */
void kinds_sides(const struct source_sample *all, struct source_kinds *out);

/** kinds_places() - kind_places.c: where those that are shown real are. Return: 0 or -ENOMEM. */
int kinds_places(const struct source_sample *all, struct source_kinds *out);
