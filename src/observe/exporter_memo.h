/* SPDX-License-Identifier: ISC */
/*
 * What the records of one exporter ask for again and again: the link of an ifIndex, the factor of a
 * sampler. The tables of exporter.c are maps, and a look-up in one costs as much as decoding a
 * record; so the last answers stand in small direct-mapped tables. They change no answer: a
 * link in use never changes, and the memo begins anew with each turn of the exporter (export.c), so
 * that what it holds is in use; factors carry the exporter's generation, which grows whenever a
 * factor is told or the configuration changes. Private to the room.
 */
#pragma once

#include "observe/exporter.h"
#include "observe/flow.h"

#define MEMO_LINKS    128 /* per exporter; a power of two */
#define MEMO_SAMPLERS 16  /* per domain; a power of two */

struct link_memo {
	struct {
		uint32_t ifindex; /* 0 stands for itself: its link is LINK_UNKNOWN */
		uint16_t link;
	} slots[MEMO_LINKS];
};

/* All that a record says which may bear on its factor; what does not is 0. */
struct sampling_ask {
	uint64_t id;		/* samplerId or selectorId */
	uint64_t in_if, out_if; /* ifIndex */
	uint32_t in_record;	/* the factor that the record itself tells */
	uint16_t template_id;
};

struct sampling_answer {
	uint32_t factor, sampler;
	bool known;
};

struct sampling_memo {
	struct {
		struct sampling_ask ask;
		struct sampling_answer answer;
		uint32_t generation; /* 0: holds nothing */
	} slots[MEMO_SAMPLERS];
};

static inline size_t memo_link_slot(uint32_t ifindex)
{
	return (ifindex ^ ifindex >> 7) % MEMO_LINKS;
}

/** memo_link_miss() - ask exporters_link(), and keep the answer where it is for good. */
uint16_t memo_link_miss(struct link_memo *m, struct exporters *t, uint16_t exporter,
			uint32_t ifindex);

/** memo_link() - exporters_link() by way of @m. */
static inline uint16_t memo_link(struct link_memo *m, struct exporters *t, uint16_t exporter,
				 uint32_t ifindex)
{
	size_t i = memo_link_slot(ifindex);

	return m->slots[i].ifindex == ifindex ? m->slots[i].link
					      : memo_link_miss(m, t, exporter, ifindex);
}

/** memo_sampling_slot() - where the answer to @ask stands, if anywhere. */
static inline size_t memo_sampling_slot(const struct sampling_ask *ask)
{
	uint64_t mixed = ask->id + ask->in_if * 3 + ask->out_if * 5 + ask->template_id;

	return (size_t)(mixed ^ mixed >> 4) % MEMO_SAMPLERS;
}

/** memo_sampling() - the answer to @ask, or NULL where it is not known or no longer good. */
static inline const struct sampling_answer *
memo_sampling(const struct sampling_memo *m, const struct sampling_ask *ask, uint32_t generation)
{
	size_t i = memo_sampling_slot(ask);
	const struct sampling_ask *kept = &m->slots[i].ask;

	return m->slots[i].generation == generation && kept->id == ask->id &&
			       kept->in_if == ask->in_if && kept->out_if == ask->out_if &&
			       kept->in_record == ask->in_record &&
			       kept->template_id == ask->template_id
		       ? &m->slots[i].answer
		       : NULL;
}

/** memo_sampling_keep() - the answer to @ask from now on, as long as @generation lasts. */
void memo_sampling_keep(struct sampling_memo *m, const struct sampling_ask *ask,
			const struct sampling_answer *answer, uint32_t generation);
