/* SPDX-License-Identifier: ISC */
#include "observe/senders.h"

#include <stdlib.h>
#include <string.h>

static struct sender *find_sender(struct senders *s, const struct ip *addr)
{
	struct sender *quietest = &s->list[0];

	for (unsigned i = 0; i < s->n; i++) {
		if (ip_equal(&s->list[i].addr, addr))
			return &s->list[i];
		if (s->list[i].datagrams < quietest->datagrams)
			quietest = &s->list[i];
	}
	if (s->n < SENDERS_MAX) {
		s->list[s->n] = (struct sender){.addr = *addr};
		return &s->list[s->n++];
	}
	*quietest = (struct sender){
		.addr = *addr, .datagrams = quietest->datagrams, .error = quietest->datagrams};
	return quietest;
}

void senders_count(struct senders *s, const struct ip *addr, uint64_t len, int64_t now_us)
{
	struct sender *from = find_sender(s, addr);

	from->datagrams++;
	from->bytes += len;
	from->last_us = now_us;
	s->datagrams++;
	s->bytes += len;
}

static int noisier(const void *a, const void *b)
{
	const struct sender *x = a, *y = b;

	if (x->datagrams != y->datagrams)
		return x->datagrams < y->datagrams ? 1 : -1;
	return ip_compare(&x->addr, &y->addr);
}

void senders_sort(struct senders *s)
{
	qsort(s->list, s->n, sizeof(s->list[0]), noisier);
}

/* The most that somebody who is not listed can have sent: 0 while there is room. */
static uint64_t unlisted_most(const struct senders *s)
{
	uint64_t least = s->n < SENDERS_MAX ? 0 : UINT64_MAX;

	for (unsigned i = 0; s->n == SENDERS_MAX && i < s->n; i++)
		least = s->list[i].datagrams < least ? s->list[i].datagrams : least;
	return least;
}

static const struct sender *listed(const struct senders *s, const struct ip *addr)
{
	for (unsigned i = 0; i < s->n; i++)
		if (ip_equal(&s->list[i].addr, addr))
			return &s->list[i];
	return NULL;
}

static struct sender sum_of(const struct sender *one, const struct sender *other, uint64_t most)
{
	struct sender sum = *one;

	sum.datagrams += other ? other->datagrams : most;
	sum.error += other ? other->error : most;
	sum.bytes += other ? other->bytes : 0;
	if (other && other->last_us > sum.last_us)
		sum.last_us = other->last_us;
	return sum;
}

void senders_merge(struct senders *to, const struct senders *from)
{
	uint64_t most_to = unlisted_most(to), most_from = unlisted_most(from);
	struct sender all[2 * SENDERS_MAX];
	unsigned n = 0;

	for (unsigned i = 0; i < to->n; i++)
		all[n++] = sum_of(&to->list[i], listed(from, &to->list[i].addr), most_from);
	for (unsigned i = 0; i < from->n; i++)
		if (!listed(to, &from->list[i].addr))
			all[n++] = sum_of(&from->list[i], NULL, most_to);
	qsort(all, n, sizeof(all[0]), noisier);
	to->n = n < SENDERS_MAX ? n : SENDERS_MAX;
	memcpy(to->list, all, to->n * sizeof(all[0]));
	to->datagrams += from->datagrams;
	to->bytes += from->bytes;
}
