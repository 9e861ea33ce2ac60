/* SPDX-License-Identifier: ISC */
#include "duty/sight_inside.h"

#include <string.h>

static unsigned oldest(const struct window *w)
{
	return (w->next + WINDOW_SAMPLES - w->used) % WINDOW_SAMPLES;
}

static unsigned newest(const struct window *w)
{
	return (w->next + WINDOW_SAMPLES - 1) % WINDOW_SAMPLES;
}

static void sample(struct window *w, int64_t mono_us, const uint64_t now[WINDOW_COUNTS])
{
	w->at_us[w->next] = mono_us;
	memcpy(w->n[w->next], now, sizeof(w->n[0]));
	w->next = (w->next + 1) % WINDOW_SAMPLES;
	w->used += w->used < WINDOW_SAMPLES;
}

int64_t window_step(struct window *w, int64_t mono_us, const uint64_t now[WINDOW_COUNTS],
		    uint64_t grew[WINDOW_COUNTS])
{
	int64_t span_us = 0;

	memset(grew, 0, WINDOW_COUNTS * sizeof(*grew));
	if (w->used && (now[0] < w->n[newest(w)][0] || mono_us < w->at_us[newest(w)]))
		w->used = 0;
	while (w->used && mono_us - w->at_us[oldest(w)] > WINDOW_US)
		w->used--;
	if (w->used) {
		span_us = mono_us - w->at_us[oldest(w)];
		/* What was counted lost and came late is taken back. */
		for (unsigned i = 0; i < WINDOW_COUNTS; i++)
			grew[i] = now[i] > w->n[oldest(w)][i] ? now[i] - w->n[oldest(w)][i] : 0;
	}
	if (!w->used || mono_us - w->at_us[newest(w)] >= WINDOW_STEP_US)
		sample(w, mono_us, now);
	return span_us;
}
