/* SPDX-License-Identifier: ISC */
#include "drill/crowd.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"

struct source {
	struct ip ip; /* zero: free slot; no packet comes from :: */
	uint32_t second, now, best, used;
};

static struct source *slot_of(struct source *slots, uint64_t room, const struct ip *ip)
{
	uint64_t i = hash_u128(ip->u, 21) & (room - 1);

	while (slots[i].used && !ip_equal(&slots[i].ip, ip))
		i = (i + 1) & (room - 1);
	return &slots[i];
}

static int grow(struct crowd *s)
{
	uint64_t room = s->room ? s->room * 2 : 256;
	struct source *slots = calloc(room, sizeof(*slots));

	if (!slots)
		return -ENOMEM;
	for (uint64_t i = 0; i < s->room; i++)
		if (s->slots[i].used)
			*slot_of(slots, room, &s->slots[i].ip) = s->slots[i];
	free(s->slots);
	s->slots = slots;
	s->room = room;
	return 0;
}

int drill_crowd_count(struct crowd *s, const struct ip *src, uint32_t second, bool syn)
{
	struct source *e;

	if (s->n * 3 >= s->room * 2 && grow(s))
		return -ENOMEM;
	e = slot_of(s->slots, s->room, src);
	if (!e->used) {
		*e = (struct source){.ip = *src, .used = 1};
		s->n++;
	}
	if (!syn)
		return 0;
	if (e->second != second) {
		e->second = second;
		e->now = 0;
	}
	if (++e->now > e->best)
		e->best = e->now;
	return 0;
}

struct syn_classes drill_crowd_classes(const struct crowd *s)
{
	struct syn_classes c = {0};

	for (uint64_t i = 0; i < s->room; i++) {
		uint32_t best = s->slots[i].best;

		c.le_100 += best > 0 && best <= 100;
		c.gt_100_lt_1000 += best > 100 && best < 1000;
		c.ge_1000 += best >= 1000;
	}
	return c;
}

void drill_crowd_deinit(struct crowd *s)
{
	free(s->slots);
	*s = (struct crowd){0};
}
