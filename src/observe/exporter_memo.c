/* SPDX-License-Identifier: ISC */
/*
 * The slow half of the memos: what to do when the answer is not there.
 */
#include "observe/exporter_memo.h"

uint16_t memo_link_miss(struct link_memo *m, struct exporters *t, uint16_t exporter,
			uint32_t ifindex)
{
	uint16_t link = exporters_link(t, exporter, ifindex);
	size_t i = memo_link_slot(ifindex);

	/* No room for it, or no memory: the table shall be asked again. */
	if (link == LINK_UNKNOWN)
		return link;
	m->slots[i].ifindex = ifindex;
	m->slots[i].link = link;
	return link;
}

void memo_sampling_keep(struct sampling_memo *m, const struct sampling_ask *ask,
			const struct sampling_answer *answer, uint32_t generation)
{
	size_t i = memo_sampling_slot(ask);

	m->slots[i].ask = *ask;
	m->slots[i].answer = *answer;
	m->slots[i].generation = generation;
}
