/* SPDX-License-Identifier: ISC */
#include "cli/account.h"

#include <stdlib.h>

#include "base/clock.h"

#define MINUTE_US (60 * US_PER_S)

struct accounts *accounts_new(void)
{
	struct accounts *a = calloc(1, sizeof(*a));

	if (a)
		a->minute_us = a->last_us = TIME_NONE;
	return a;
}

/* A missing template is a reason only where there is no other. */
static void book_refused(struct account *a, uint32_t reasons)
{
	reasons &= ~(UINT32_C(1) << REFUSED_NO_TEMPLATE);
	if (!reasons) {
		a->total.waiting++;
		return;
	}
	a->total.refused++;
	a->refused[__builtin_ctz(reasons)]++;
}

int accounts_decode(struct accounts *a, struct exports *x, uint16_t index, const struct datagram *d)
{
	struct account *of = &a->of[index % (EXPORTER_MAX + 1)];
	int r = exports_datagram(x, d);

	of->total.delivered++;
	if (r == 0)
		of->total.decoded++;
	else if (r > 0)
		book_refused(of, exports_refused(x));
	return r;
}

void accounts_tick(struct accounts *a, int64_t now_us)
{
	int64_t minute_us = now_us - now_us % MINUTE_US;

	if (minute_us == a->minute_us)
		return;
	for (unsigned i = 0; i <= EXPORTER_MAX; i++) {
		struct account *of = &a->of[i];
		const struct fates *now = &of->total, *began = &of->minute_began;

		if (!now->delivered)
			continue;
		of->last_minute = (struct fates){
			now->delivered - began->delivered, now->decoded - began->decoded,
			now->waiting - began->waiting, now->refused - began->refused};
		of->minute_began = *now;
	}
	a->last_us = a->minute_us;
	a->minute_us = minute_us;
}
