/* SPDX-License-Identifier: ISC */
/*
 * What the readers of MRT records share. Inside the room.
 */
#pragma once

#include "place/mrt.h"

#define MRT_SHORT_BY 4 /* what the length of the first tables lacks */

/* Why a record was not used; RECORD_BROKEN ends the file. */
enum mrt_verdict { RECORD_GOOD, RECORD_UNKNOWN, RECORD_BAD_MESSAGE, RECORD_BROKEN };

struct mrt_reader {
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

/** mrt_send() - hand r->e on. Return: false when the sink wants no more. */
bool mrt_send(struct mrt_reader *r);

/** mrt_table_dump(), mrt_table_dump_v2() - one record of a table. */
enum mrt_verdict mrt_table_dump(struct mrt_reader *r, struct cursor c);
enum mrt_verdict mrt_table_dump_v2(struct mrt_reader *r, struct cursor c);

/** mrt_entries_fill() - do the entries of this TABLE_DUMP record end where its @n bytes do? */
bool mrt_entries_fill(const struct mrt_reader *r, const uint8_t *p, size_t n);

static inline enum mrt_verdict mrt_broken(struct mrt_reader *r, const char *sentence)
{
	r->broken = sentence;
	return RECORD_BROKEN;
}

static inline void mrt_read_addr(struct cursor *c, struct mrt_peer *p)
{
	const uint8_t *at = cursor_take(c, p->v6 ? 16 : 4);

	memset(p->addr, 0, sizeof(p->addr));
	if (at)
		memcpy(p->addr, at, p->v6 ? 16 : 4);
}

static inline uint32_t mrt_read_as(struct cursor *c, bool as4)
{
	return as4 ? cursor_be32(c) : cursor_be16(c);
}
