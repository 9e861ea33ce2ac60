/* SPDX-License-Identifier: ISC */
/*
 * One of the fixed logical shards: every level from host to /20 (v6: /48 to host) of the
 * destinations whose /20 (/44) hashes here. A shard sees its records in input order and touches
 * nothing else's state, so threads may carry shards in any way without changing a result.
 */
#pragma once

#include "conf/conf.h"
#include "detect/attack.h"
#include "detect/bystander.h"
#include "detect/cells.h"
#include "detect/history.h"
#include "observe/exporter.h"

#define SHARDS	     64
#define BUSY_BITS    1024
#define FILTER_WORDS 4
#define FOLLOW_NEAR  8 /* share of a threshold from which a destination is busy */

struct rolls;

/* What the engine knows of an exporter's clock; written between slices only. */
struct exporter_watch {
	int64_t watermark_us; /* newest record time; TIME_NONE */
	int64_t recv_us;      /* last heard */
	bool capture;	      /* silence is silence of the network */
	bool saw_ingress;
	bool egress_alone; /* none was seen when its egress had waited for it (egress_hold.h) */
	uint32_t longest_flow_s;
};

/* What makes a destination of one set of thresholds busy, by level. */
struct follow_rate {
	uint64_t least[LEVELS][FILLS];
};

/* Where the two ends of a record lie: the shards, and the hashes of the /20s (/44s). */
struct shard_ends {
	uint8_t in, in_filter, out, out_filter;
};

#define SHARD_NONE UINT8_MAX /* the record does not count */

/* A record that the shard is to count. */
struct shard_entry {
	uint64_t hash;	 /* in: cells_hash() of the destination */
	uint16_t record; /* of the batch */
	uint8_t times;	 /* so many records it stands for, itself among them */
	uint32_t cell;	 /* in: where shard_fetch() saw its cell, or CELL_NONE */
};

#define SHARD_LIST_END UINT16_MAX /* a record behind the last of `out` */

/*
 * By where its destination lies and by where its source does, both in the order of input. Only
 * what is counted stands in it: of many records that is one in eight. As more is followed in the
 * middle of a list, shard_feed() makes the rest of it anew from the ends. `seen` are records that
 * count elsewhere, towards a /20 (/44) in which something is attacked.
 */
struct shard_list {
	struct shard_entry *in, *out; /* room for FLOW_BATCH_MAX, and the end of `out` */
	uint16_t *seen;		      /* likewise, with an end where it holds any */
	unsigned n_in, n_out, n_seen;
	uint16_t moves; /* of the cells, as they were fetched: 0 not yet */
};

/* The records of the present list: of the batch, those from `from` to before `to`. */
struct shard_slice {
	const struct shard_ends *ends;
	uint32_t from, to;
};

/* What is common to all shards; constant while shards run. */
struct shard_world {
	const struct conf *conf;
	struct exporters *exporters;
	const struct exporter_watch *watch;
	unsigned n_watch;
	struct follow_rate *follow; /* [0] defaults, then objects */
	struct thinning thinning;   /* by how many records the last tick saw */
	const struct history *history;
	struct rolls *rolls;
	struct shard_slice slice;
	int64_t clock_us;
	int64_t now_bin;
	unsigned hot_room;  /* followed destinations a shard may add until the next tick */
	unsigned busy_room; /* the same of busy ones */
	bool live;	    /* the receive clock is a clock: it leaps only where nobody looked */
	bool tight;    /* memory for followed ones is used up: no headers are kept of new ones */
	unsigned near; /* share of a threshold from which a destination is followed */
};

/* An attack that has something to say after a tick. */
struct shard_word {
	struct attack *attack;
	bool ended; /* to be freed after it was told */
};

struct shard {
	unsigned index;
	struct cells cells[LEVELS];
	struct usual **busy; /* dense list */
	unsigned n_busy, room_busy, added_busy;
	struct hot **hot; /* dense list of the followed ones among them */
	unsigned n_hot, room_hot, added;
	uint32_t *lookup; /* open addressing: slot in busy + 1 */
	unsigned lookup_room;
	bool relist; /* what came into the filters changes who counts */
	struct shard_word *word;
	unsigned n_words, room_words;
	/*
	 * Bit per hash of the /20s that hold something busy: most sources are in none, and their
	 * records need not even be listed.
	 */
	uint64_t filter[FILTER_WORDS];
	uint64_t followed[FILTER_WORDS]; /* the same of the /20s in which something is followed */
	uint64_t attacked[FILTER_WORDS]; /* and of those with an open attack */
	uint64_t bits[LEVELS][BUSY_BITS / 64]; /* the same of what is busy, by its own hash */
	struct bystanders bystanders;	       /* what protected objects get by link */
	struct sheet sheet;		       /* sums of the destination that is looked at */
	struct rolls *rolls;		       /* borrowed, shared by all shards */
	uint64_t next_handle, hot_refused, hot_given_up, late;
	int error; /* first negative error of a worker */
};

/** shard_of() - the shard of an address; @filter: the hash of its /20. */
unsigned shard_of(const struct ip *ip, uint8_t *filter);

/** shard_has() - is the bit of a /20 set in one of the shard's filters? */
static inline bool shard_has(const uint64_t bits[FILTER_WORDS], uint8_t filter)
{
	return bits[filter / 64] >> (filter % 64) & 1;
}

/** shard_times() - how many records one stands for at an end: in the /20 of what is followed
 * itself. */
static inline uint8_t shard_times(const struct shard *s, uint8_t filter, uint8_t times)
{
	return shard_has(s->followed, filter) ? 1 : times;
}

/** follow_rate_read() - what makes a destination with these thresholds busy. */
void follow_rate_read(struct follow_rate *f, const struct thresholds *t);

/** level_times() - how many times a host's thresholds a level has. */
static inline uint32_t level_times(const struct thresholds *t, unsigned level)
{
	const uint32_t times[LEVELS] = {1, t->prefix24_times, t->prefix20_times};

	return times[level] ? times[level] : 1;
}

/**
 * shard_init() - what its tables of hosts and of each prefix level may take of @pool. Return: 0 or
 * -ENOMEM; shard_deinit() in both cases.
 */
int shard_init(struct shard *s, unsigned index, struct cell_pool *pool, size_t host_bytes,
	       size_t prefix_bytes);
void shard_deinit(struct shard *s);

/**
 * shard_fetch(), shard_fetch_more(), shard_fetch_wide() - have brought what counting @list will
 * need: its hosts, then what they lead to, then their widest prefixes. They change nothing.
 */
void shard_fetch(const struct shard *s, struct shard_list *list);
void shard_fetch_more(const struct shard *s, const struct shard_world *w,
		      const struct shard_list *list);
void shard_fetch_wide(const struct shard *s, const struct shard_world *w,
		      const struct shard_list *list);

/** shard_feed() - count the records of @list. Errors go to s->error. */
void shard_feed(struct shard *s, const struct shard_world *w, struct shard_list *list);

/** shard_tick() - look, open, update, close; what is to be told stands in word[]. */
void shard_tick(struct shard *s, const struct shard_world *w, bool last_look);

/** shard_pass() - let the prefixes of @h count the runs that it passes on. */
void shard_pass(struct shard *s, struct hot *h);

/** shard_unfollow() - @h stands out no more: drop it, not what is usual there. */
void shard_unfollow(struct shard *s, struct hot *h);

/**
 * shard_give_up() - stop following the calmest, those of open attacks never, until @bytes are free.
 */
void shard_give_up(struct shard *s, uint64_t bytes);

/** shard_settle_busy() - forget destinations that are busy no more. */
void shard_settle_busy(struct shard *s, const struct shard_world *w);

/** shard_told() - after word[] was told: free what ended. */
void shard_told(struct shard *s);

/**
 * shard_keep_senders() - a look has found @groups of @h near: keep their senders from now on, and
 * look back for those of just before. Return: 0 or -ENOMEM.
 */
int shard_keep_senders(const struct shard_world *w, struct hot *h, unsigned groups);

/** shard_thresholds_index() - which count: a protected object's where it holds the whole
 * destination (its number + 1), else the defaults (0); shard_thresholds() - those.
 */
uint16_t shard_thresholds_index(const struct shard_world *w, const struct ip *addr, unsigned len);
const struct thresholds *shard_thresholds(const struct shard_world *w, unsigned index);

/** shard_note_attacks() - which /20s hold an open attack; after one has ended. */
void shard_note_attacks(struct shard *s);

/** shard_note_attack() - @h is attacked from now on. */
void shard_note_attack(struct shard *s, const struct hot *h);

/** shard_drop_hot() - stop following everything (a new epoch); attacks must have been closed. */
void shard_drop_hot(struct shard *s);

/** shard_forget_seconds() - whatever comes next is of a later second than all before. */
void shard_forget_seconds(struct shard *s);

/** shard_reconf() - thresholds anew from w->conf. */
void shard_reconf(struct shard *s, const struct shard_world *w);
uint64_t shard_memory(const struct shard *s);

/** shard_busy_memory() - of it what the destinations take whose usual is learnt. */
uint64_t shard_busy_memory(const struct shard *s);
uint64_t shard_followed_memory(const struct shard *s); /* of the followed ones among it */

/** attack_life() - state from the exporters' clocks; true when the attack is over. */
bool attack_life(struct attack *a, const struct shard_world *w, bool last_look);

/** attack_settle_s() - after so long all is told of a time: packets at once, flows later. */
int64_t attack_settle_s(const struct attack *a);

/** attack_wait_s() - how long the exporters of @h may hold a flow back. */
uint32_t attack_wait_s(const struct hot *h, const struct shard_world *w);
