/* SPDX-License-Identifier: ISC */
/*
 * The whole load of every link, by second of record time: all that enters there, not only what goes
 * to followed destinations. A record costs one sum: bytes are gathered until they make a grain, and
 * the record that fills it lends the grain its time (systematic sampling with a probability in
 * proportion to size; Cochran 1977, section 8.1). No byte is lost, larger records stand for
 * themselves, and a second that fills a link consists of a thousand of them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "observe/exporter.h"
#include "observe/flow.h"

#define LOAD_RING_S 256 /* two active timeouts of a minute, delivery, and the time before */
#define LOADS_MAX   4096

/* One link's. */
struct link_load {
	uint16_t link, exporter;
	uint32_t ifindex;
	uint32_t weight;	     /* largest sampling factor seen */
	int64_t newest_s;	     /* newest second that holds anything */
	int64_t begun_s;	     /* the first one */
	bool near;		     /* a second has reached what it is to be looked at for */
	bool followed;		     /* wide.h wants its records */
	uint64_t grain;		     /* loads_grain() */
	uint64_t look_at;	     /* bytes in a second, UINT64_MAX never */
	uint64_t bytes[LOAD_RING_S]; /* [second % LOAD_RING_S], corrected for sampling */
};

struct loads {
	struct exporters *exporters; /* borrowed */
	uint64_t *due;		     /* by link: gathered, less than a grain */
	struct link_load **of;	     /* by link; NULL: nothing yet */
	struct link_load *all;	     /* [LOADS_MAX], dense, in the order of their first grain */
	unsigned n;
	uint64_t refused; /* grains of links that found no room */
	uint32_t look_percent;
};

/** loads_init() - Return: 0 or -ENOMEM; loads_deinit() in both cases. */
int loads_init(struct loads *l, struct exporters *exporters);
void loads_deinit(struct loads *l);

/** loads_reconf() - a link is near at @percent of its capacity in a second; 0 never. */
void loads_reconf(struct loads *l, uint32_t percent);

/** loads_refresh() - at each tick: speeds may have been told since, and loads have changed. */
void loads_refresh(struct loads *l);

/** loads_grain() - bytes that make a grain of @link: 1/1024 of what it can carry in a second, else
 * of what it did. */
uint64_t loads_grain(const struct loads *l, uint16_t link);

/** loads_spread() - what is due of @link came in a record of that time and sampling factor. */
void loads_spread(struct loads *l, uint16_t link, uint32_t weight, int64_t first_us,
		  int64_t last_us);

/** loads_get() - of @link, or NULL where nothing is known of it. */
const struct link_load *loads_get(const struct loads *l, uint16_t link);

/** load_bytes() - what the link carried in the @n seconds that end with @second. */
uint64_t load_bytes(const struct link_load *l, int64_t second, unsigned n);

/** loads_drop() - a new epoch: all seconds are forgotten. */
void loads_drop(struct loads *l);
uint64_t loads_memory(const struct loads *l);
