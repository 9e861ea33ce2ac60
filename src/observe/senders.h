/* SPDX-License-Identifier: ISC */
/*
 * The noisiest senders of a stream, in fixed room (Metwally, Agrawal, El Abbadi: "Efficient
 * computation of frequent and top-k elements in data streams", 2005): a newcomer takes the place of
 * the quietest and inherits its count as its possible error.
 */
#pragma once

#include <stdint.h>

#include "base/ip.h"

#define SENDERS_MAX 64

struct sender {
	struct ip addr;
	uint64_t datagrams; /* at most; datagrams - error at least */
	uint64_t error;
	uint64_t bytes; /* since it was listed */
	int64_t last_us;
};

struct senders {
	struct sender list[SENDERS_MAX];
	unsigned n;
	uint64_t datagrams, bytes; /* of all, also of those not listed */
};

/** senders_count() - count one datagram of @len bytes from @addr. */
void senders_count(struct senders *s, const struct ip *addr, uint64_t len, int64_t now_us);

/** senders_sort() - noisiest first, equal ones by address. */
void senders_sort(struct senders *s);

/**
 * senders_merge() - put what @from counted to @to. The bounds of both stay true: who stands on one
 * list only may have been counted on the other up to the count of its quietest.
 */
void senders_merge(struct senders *to, const struct senders *from);
