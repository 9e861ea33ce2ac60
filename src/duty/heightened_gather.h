/* SPDX-License-Identifier: ISC */
/*
 * What the report of a heightened watch is made of, gathered from the store: the incidents that it
 * covers, what would have been seen, when nobody looked. Whoever asks tells what the desk knows.
 */
#pragma once

#include "duty/alarm.h"
#include "duty/heightened.h"
#include "store/store.h"

#define HEIGHTENED_SETTLED_US (900 * US_PER_S) /* minutes are written every five, settled ones */

struct heightened_known {
	const struct conf *conf;
	struct store *watch; /* NULL: it cannot be read */
	bool desk_known;
	/** Alarms that may touch the time, one after the other; NULL behind the last. */
	const struct alarm *(*alarm)(void *userdata, unsigned i);
	/** How bad is it; 0 not judged. Did somebody mark it as no attack? */
	unsigned (*severity)(void *userdata, const struct incident *inc);
	bool (*is_false)(void *userdata, const char *incident);
	void *userdata;
	int64_t now_us;
};

struct heightened_gathered;

/**
 * heightened_gather() - of @watch in @t; both, and the configuration, are borrowed for as long as
 * it lives. Return: 0 with *@out owned; what of the store could not be read the report says, and
 * heightened_gathered_answer() has the answer. -ENOMEM.
 */
int heightened_gather(const struct heightened_known *k, const struct conf_heightened *watch,
		      const struct heightened_time *t, struct heightened_gathered **out);
struct heightened_gathered *heightened_gathered_free(struct heightened_gathered *g);
static inline void heightened_gathered_freep(struct heightened_gathered **g)
{
	*g = heightened_gathered_free(*g);
}
#define _cleanup_heightened_gathered_ _cleanup_(heightened_gathered_freep)

int heightened_gathered_answer(const struct heightened_gathered *g);

/** heightened_gathered_in() - as input of a report in that language; borrowed until the next. */
const struct heightened_report_input *heightened_gathered_in(struct heightened_gathered *g,
							     bool ja);
