/* SPDX-License-Identifier: ISC */
/*
 * The engine: cuts batches into slices at quarter seconds of the receive clock, deals the records
 * of a slice to the shards, lets threads carry the shards, and hands out what they have to say in
 * the order of shards. All decisions about clocks, epochs and de-duplication are taken here, in
 * input order.
 */
#include "detect/detect.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "detect/attack_path.h"
#include "detect/blind.h"
#include "detect/budget.h"
#include "detect/busy.h"
#include "detect/crew.h"
#include "detect/deal.h"
#include "detect/egress_hold.h"
#include "detect/good.h"
#include "detect/heard.h"
#include "detect/load.h"
#include "detect/odd_time.h"
#include "detect/rolls.h"
#include "detect/shard.h"
#include "detect/wide.h"

#define FORWARD_US	    (5 * 60 * US_PER_S)
#define BACKWARD_US	    (60 * US_PER_S)
#define MANY_RECORDS	    100000 /* in this quarter second or the last: thinned */
#define MANY_STEP	    8
#define LEVEL_STEP_MAX	    32
#define USUAL_GRAINS	    64 /* of a threshold, for detect_usual() */
#define BYSTANDERS_EVERY_US (10 * US_PER_S)
#define BYSTANDERS_A_TICK   4
#define ROLL_GAP_US	    (30 * US_PER_S) /* half of what a ring holds beyond what is noted */
#define IS_ODD		    1		    /* an answer: the record comes at an odd time, */
#define IS_DUE		    2		    /* or records that waited come before it */
#define LARGE		    32 /* a record of that part of what makes a host busy is large */

/* Before a shard counts, the memory that it needs is asked for while others are asked about. */
enum work { WORK_FETCH, WORK_FETCH_MORE, WORK_FETCH_WIDE, WORK_FEED, WORK_TICK, WORK_LAST_TICK };

struct detect {
	struct conf *conf;
	struct exporters *exporters;
	struct finding_sink sink;
	struct cell_pool pool;
	struct shard *shard;
	struct shard_world world;
	struct loads loads;
	struct wide *wide;
	struct good *good;
	struct blind *blind;
	struct heard *heard;
	struct rolls rolls;
	uint16_t hearable[FLOW_BATCH_MAX + 1]; /* records of the batch that heard.h wants */
	unsigned n_hearable;
	struct exporter_watch *watch;
	struct follow_rate *follow;
	struct history history;
	struct dealer *dealer;
	struct odd_times odd;
	struct egress_hold egress;
	bool sorted;	     /* the records that come have been looked at by `odd`, */
	bool releasing;	     /* or had waited in `egress` */
	bool counts_network; /* some threshold for the whole of it is set */
	bool counts_all;     /* somebody beside the shards wants to see all records */
	bool begun;
	unsigned bystander_room; /* attacks that may look for bystanders in this tick */
	int64_t tick;		 /* bin of the receive clock that is being filled */
	int64_t tick_end_us;	 /* where it ends */
	uint64_t tick_from;	 /* number of its first record */
	struct detect_stats stats;
	struct crew *crew;
};

static void work_on(void *userdata, unsigned index, int work)
{
	struct detect *d = userdata;
	struct shard *s = &d->shard[index];
	struct shard_list *list = deal_list(d->dealer, index);

	switch (work) {
	case WORK_FETCH:
		shard_fetch(s, list);
		break;
	case WORK_FETCH_MORE:
		shard_fetch_more(s, &d->world, list);
		break;
	case WORK_FETCH_WIDE:
		shard_fetch_wide(s, &d->world, list);
		break;
	case WORK_FEED:
		shard_feed(s, &d->world, list);
		break;
	default:
		shard_tick(s, &d->world, work == WORK_LAST_TICK);
	}
}

static int on_sorted(void *userdata, const struct flow_batch *b);

static int run(struct detect *d, enum work work, enum work last)
{
	crew_run(d->crew, work, last);
	for (unsigned i = 0; i < SHARDS; i++)
		if (d->shard[i].error < 0)
			return d->shard[i].error;
	return 0;
}

static void least_times(unsigned times[LEVELS], const struct thresholds *t)
{
	for (unsigned l = 0; l < LEVELS; l++)
		times[l] = level_times(t, l) < times[l] ? level_times(t, l) : times[l];
}

/* The wider levels are counted the more seldom, the higher their thresholds are. */
static void set_level_steps(struct thinning *t, const struct conf *conf)
{
	unsigned times[LEVELS] = {1, UINT_MAX, UINT_MAX};

	least_times(times, &conf->thresholds);
	for (size_t i = 0; i < conf->n_objects; i++)
		least_times(times, &conf->objects[i].thresholds);
	t->level[0] = MANY_STEP;
	for (unsigned l = 1; l < LEVELS; l++) {
		unsigned step = t->level[l - 1];

		while (step < LEVEL_STEP_MAX && step * 2 <= MANY_STEP * times[l])
			step *= 2;
		t->level[l] = step;
	}
}

static int set_conf(struct detect *d, struct conf *conf)
{
	struct follow_rate *f = calloc(conf->n_objects + 1, sizeof(*f));

	if (!f || good_reconf(d->good, conf) < 0 || rolls_reconf(&d->rolls, conf) < 0) {
		free(f);
		return -ENOMEM;
	}
	follow_rate_read(&f[0], &conf->thresholds);
	for (size_t i = 0; i < conf->n_objects; i++)
		follow_rate_read(&f[i + 1], &conf->objects[i].thresholds);
	d->counts_network = conf->thresholds.network_pps != RATE_INHERIT &&
			    conf->thresholds.network_pps != RATE_NEVER;
	free(d->follow);
	d->follow = f;
	d->world.follow = f;
	for (unsigned k = 0; k < FILLS; k++) {
		d->world.thinning.large[k] = UINT64_MAX;
		for (size_t i = 0; i <= conf->n_objects; i++)
			if (f[i].least[0][k] / LARGE < d->world.thinning.large[k])
				d->world.thinning.large[k] = f[i].least[0][k] / LARGE + 1;
	}
	set_level_steps(&d->world.thinning, conf);
	/* A link is followed from half of its limit on. */
	loads_reconf(&d->loads, conf->thresholds.link_percent == UINT32_MAX
					? 0
					: (conf->thresholds.link_percent + 1) / 2);
	d->world.conf = conf;
	conf_ref(conf);
	conf_unref(d->conf);
	d->conf = conf;
	d->history.conf = conf;
	return 0;
}

struct detect *detect_new(struct conf *conf, struct exporters *exporters, unsigned threads,
			  const struct finding_sink *sink)
{
	struct detect *d = aligned_alloc(64, (sizeof(*d) + 63) & ~(size_t)63);
	int r;

	if (!d)
		return NULL;
	memset(d, 0, sizeof(*d));
	d->exporters = exporters;
	d->sink = *sink;
	odd_init(&d->odd, exporters, &(struct flow_sink){.batch = on_sorted, .userdata = d});
	record_hold_init(&d->egress.wait, &(struct flow_sink){.batch = on_sorted, .userdata = d});
	d->shard = calloc(SHARDS, sizeof(*d->shard));
	d->watch = calloc(EXPORTER_MAX + 1, sizeof(*d->watch));
	d->rolls.minute = INT64_MIN;
	d->world.rolls = &d->rolls;
	d->good = good_new();
	d->blind = blind_new();
	d->heard = heard_new();
	r = loads_init(&d->loads, exporters);
	if (!d->shard || !d->watch || !d->good || !d->blind || !d->heard ||
	    history_init(&d->history) < 0)
		r = -ENOMEM;
	if (r == 0)
		d->dealer =
			deal_new(exporters, d->watch, &d->history, d->shard, &d->loads, &d->egress);
	r = d->dealer ? set_conf(d, conf) : -ENOMEM;
	if (r == 0)
		r = budget_begin(d->shard, &d->pool, conf->limits.memory_bytes);
	for (unsigned i = 0; r == 0 && i < SHARDS; i++)
		d->shard[i].rolls = &d->rolls;
	d->wide = r == 0 ? wide_new(&d->loads) : NULL;
	d->crew = r == 0 ? crew_new(threads, work_on, d) : NULL;
	if (!d->wide || !d->crew)
		return detect_free(d);
	d->world.exporters = exporters;
	d->world.watch = d->watch;
	d->world.n_watch = EXPORTER_MAX + 1;
	d->world.history = &d->history;
	d->world.thinning.step = 1;
	d->history.thinning = &d->world.thinning;
	d->world.near = FOLLOW_NEAR;
	budget_tick(d->shard, &d->world);
	return d;
}

struct detect *detect_free(struct detect *d)
{
	if (!d)
		return NULL;
	crew_free(d->crew);
	for (unsigned i = 0; d->shard && i < SHARDS; i++)
		shard_deinit(&d->shard[i]);
	cell_pool_deinit(&d->pool);
	wide_free(d->wide);
	loads_deinit(&d->loads);
	good_free(d->good);
	blind_free(d->blind);
	heard_free(d->heard);
	rolls_deinit(&d->rolls);
	free(d->shard);
	free(d->watch);
	deal_free(d->dealer);
	record_hold_deinit(&d->odd.wait);
	record_hold_deinit(&d->egress.wait);
	history_deinit(&d->history);
	free(d->follow);
	conf_unref(d->conf);
	free(d);
	return NULL;
}

/*
 * The good sample is taken as the attack is told for the first time, without the attack's own
 * records, and lent for that call only.
 */
static void freeze_good(struct detect *d, struct attack *a, struct finding *f)
{
	const struct conf_object *o = finding_object(f, d->conf);

	if (a->told || (f->level != LEVEL_HOST && f->level != LEVEL_PREFIX))
		return;
	good_begin(d->good, &f->target, f->first_us);
	if (o)
		f->evidence[SAMPLE_GOOD] =
			good_sample(d->good, (size_t)(o - d->conf->objects), d->world.clock_us);
}

/* Who shares the links is dear to ask: every ten seconds, and when it is over. */
static int fill_path(struct detect *d, struct attack *a, struct finding *f, bool ended)
{
	const struct conf_object *o = finding_object(f, d->conf);
	int target = o ? (int)(o - d->conf->objects) : -1;
	bool due = ended || a->state == FINDING_CLOSED || a->path->judged_us == TIME_NONE ||
		   d->world.clock_us - a->path->judged_us >= BYSTANDERS_EVERY_US ||
		   d->world.clock_us < a->path->judged_us;

	attack_path_fill(a, &d->loads, d->conf, f);
	if (!d->conf->n_objects || !due || (a->state != FINDING_CLOSED && !d->bystander_room))
		return 0;
	d->bystander_room -= d->bystander_room > 0;
	a->path->judged_us = d->world.clock_us;
	return attack_path_bystanders(a, d->shard, &d->world, target);
}

static int tell(struct detect *d, struct attack *a, bool ended)
{
	struct finding f;
	bool own = a->hot->level == LEVEL_HOST || a->hot->level == LEVEL_PREFIX
			   ? conf_is_own(d->conf, &a->hot->key.addr)
			   : true;
	int r = attack_fill(a, d->exporters, d->conf->n_own > 0, own, d->world.clock_us, &f);

	if (r < 0)
		return r;
	if (a->hot->level == LEVEL_LINK)
		wide_fill(d->wide, a, d->exporters, &f);
	attack_blind(d->blind, a, d->conf, d->exporters, &f);
	r = fill_path(d, a, &f, ended);
	if (r < 0)
		return r;
	f.facts.heard = d->heard;
	freeze_good(d, a, &f);
	if (ended && (f.level == LEVEL_HOST || f.level == LEVEL_PREFIX))
		good_end(d->good, &f.target);
	a->changed = false;
	a->told = true;
	a->emitted_us = d->world.clock_us;
	return d->sink.finding(d->sink.userdata, &f);
}

static int tell_all(struct detect *d)
{
	uint64_t open = 0;

	for (unsigned i = 0; i < SHARDS; i++) {
		struct shard *s = &d->shard[i];

		for (unsigned k = 0; k < s->n_words; k++) {
			int r = tell(d, s->word[k].attack, s->word[k].ended);

			if (r < 0)
				return r;
		}
		shard_told(s);
		for (unsigned k = 0; k < s->n_hot; k++)
			open += s->hot[k]->attack != NULL;
	}
	d->stats.open = open;
	return 0;
}

static void read_watermark(struct detect *d)
{
	int64_t most = TIME_NONE;

	for (unsigned i = 0; i <= exporters_count(d->exporters) && i <= EXPORTER_MAX; i++) {
		const struct exporter_watch *e = &d->watch[i];
		int64_t mark = e->watermark_us;

		if (mark == TIME_NONE)
			continue;
		if (e->capture)
			mark = d->world.clock_us;
		most = mark > most || most == TIME_NONE ? mark : most;
	}
	if (most != TIME_NONE)
		d->world.now_bin = bin_of(most);
}

/* By what the quarter second that is over held; take_record() looks at the present one. */
static void set_thinning(struct detect *d)
{
	struct thinning *t = &d->world.thinning;

	t->step = d->history.end - d->tick_from > MANY_RECORDS ? MANY_STEP : 1;
	d->tick_from = d->history.end;
}

/* All that is held back of the hosts, and then every row. */
static int roll_all(struct detect *d)
{
	for (unsigned i = 0; i < SHARDS; i++)
		roll_shard(&d->rolls, &d->shard[i]);
	return rolls_hand(&d->rolls, d->conf, true);
}

static unsigned known_exporters(const struct detect *d)
{
	unsigned n = exporters_count(d->exporters);

	return n <= EXPORTER_MAX ? n : EXPORTER_MAX + 1;
}

static int tick(struct detect *d, bool last_look)
{
	enum work work = last_look ? WORK_LAST_TICK : WORK_TICK;
	int r = 0;

	if (rolls_clock(&d->rolls, d->world.clock_us, d->watch, known_exporters(d)))
		r = rolls_hand(&d->rolls, d->conf, false);
	if (r < 0)
		return r;
	read_watermark(d);
	d->bystander_room = BYSTANDERS_A_TICK;
	r = run(d, work, work);
	if (r == 0)
		r = wide_tick(d->wide, d->shard, &d->world, last_look);
	if (r == 0)
		r = tell_all(d);
	for (unsigned i = 0; r == 0 && i < wide_words(d->wide); i++)
		r = tell(d, wide_word(d->wide, i), false);
	wide_told(d->wide);
	deal_note_attacks(d->dealer, d->stats.open > 0);
	set_thinning(d);
	budget_tick(d->shard, &d->world);
	return r;
}

/* Before anything is judged of the time that these records are of. */
static void hear(struct detect *d)
{
	const struct flow_batch *b = d->history.batch;

	for (unsigned n = 0; n < d->n_hearable; n++) {
		uint32_t i = d->hearable[n];

		heard_note(d->heard, &b->flow[i], &b->side[i], flow_recv_us(b, i));
	}
	d->n_hearable = 0;
}

static int feed(struct detect *d)
{
	int r;

	hear(d);
	d->world.slice = deal_slice(d->dealer);
	r = run(d, WORK_FETCH, WORK_FEED);
	deal_clear(d->dealer);
	return r < 0 ? r : 0;
}

/* A new epoch: what is open ends as it was last seen, and nothing of the old time is compared. */
static int new_epoch(struct detect *d, int64_t recv_us)
{
	int r = tick(d, true);

	if (r == 0)
		r = roll_all(d);
	rolls_drop(&d->rolls);
	for (unsigned i = 0; i < SHARDS; i++) {
		shard_drop_hot(&d->shard[i]);
		bystanders_clear(&d->shard[i].bystanders);
	}
	wide_drop(d->wide);
	loads_drop(&d->loads);
	if (recv_us < d->world.clock_us) {
		good_drop(d->good);
		heard_drop(d->heard);
	}
	deal_forget_clocks(d->dealer);
	d->stats.epochs++;
	d->history.from = d->history.end;
	d->begun = false;
	return r;
}

void detect_set_live(struct detect *d)
{
	d->world.live = true;
}

int detect_epoch(struct detect *d, int64_t recv_us)
{
	int r = d->begun ? new_epoch(d, recv_us) : 0;

	for (unsigned i = 0; i < SHARDS; i++)
		shard_forget_seconds(&d->shard[i]);
	return r;
}

static void set_tick(struct detect *d, int64_t bin)
{
	d->tick = bin;
	d->tick_end_us = (bin + 1) * BIN_US;
}

/* Of a time in which nothing arrived the rings would be cleared before they are noted. */
static void roll_before_gap(struct detect *d, int64_t recv_us)
{
	if (recv_us - d->world.clock_us < ROLL_GAP_US || !d->rolls.n)
		return;
	for (unsigned i = 0; i < SHARDS; i++)
		roll_shard(&d->rolls, &d->shard[i]);
}

/* Let the receive clock reach @recv_us. Return: 0 or a negative error. */
static int advance_clock(struct detect *d, int64_t recv_us)
{
	int r = 0;

	if (!d->begun) {
		d->begun = true;
		d->world.clock_us = recv_us;
		set_tick(d, bin_of(recv_us));
		return 0;
	}
	if (recv_us <= d->world.clock_us)
		return 0;
	if (bin_of(recv_us) > d->tick) {
		r = tick(d, false);
		roll_before_gap(d, recv_us);
		set_tick(d, bin_of(recv_us));
	}
	d->world.clock_us = recv_us;
	return r;
}

/* Live it has no reason to: late is what comes from before, and nobody looked meanwhile. */
static bool jumps(const struct detect *d, int64_t recv_us)
{
	return d->begun && !d->world.live &&
	       (recv_us - d->world.clock_us > FORWARD_US ||
		d->world.clock_us - recv_us > BACKWARD_US);
}

/* For the good sample, and for the levels above the shards. */
static int show_record(struct detect *d, uint64_t number, uint16_t in_link, bool counts_wide)
{
	if (good_wants(d->good)) {
		struct evidence_record e = history_evidence(&d->history, number);
		int r = good_count(d->good, d->conf, number + 1, &e);

		if (r < 0)
			return r;
	}
	return counts_wide ? wide_count(d->wide, &d->world, number, in_link) : 0;
}

/* None of those that told of what waits has told of ingress: what leaves them counts. */
static void believe_egress(struct detect *d)
{
	for (unsigned i = 0; i < d->egress.wait.n; i++) {
		uint16_t exporter = d->egress.wait.held[i].flow.exporter;
		struct exporter_watch *w = &d->watch[exporter <= EXPORTER_MAX ? exporter : 0];

		w->egress_alone = !w->saw_ingress;
	}
}

static int release_egress(struct detect *d)
{
	int r;

	believe_egress(d);
	d->releasing = true;
	r = egress_hold_release(&d->egress);
	d->releasing = false;
	return r;
}

static int put_off(struct detect *d, uint64_t number)
{
	struct evidence_record e = history_evidence(&d->history, number);
	int r = egress_hold_put(&d->egress, &e);

	if (r == 0 && record_hold_full(&d->egress.wait))
		believe_egress(d);
	return r;
}

static int take_record(struct detect *d, const struct flow_batch *b, uint32_t i)
{
	uint64_t number = d->history.end;
	enum dealt dealt = deal_record(d->dealer, i);

	/* Gathered, as a call from here cost every record 20 instructions. */
	if (heard_wants(&b->flow[i]) && dealt > DEALT_HOLD)
		d->hearable[d->n_hearable++] = (uint16_t)i;
	if (number - d->tick_from == MANY_RECORDS)
		d->world.thinning.step = MANY_STEP;
	if (dealt == DEALT_NOT || (dealt == DEALT && !d->counts_all))
		return 0;
	if (dealt == DEALT_HOLD)
		return put_off(d, number);
	return show_record(d, number, b->flow[i].in_link,
			   dealt == DEALT_BY_LINK || d->counts_network);
}

static int turn_clock(struct detect *d, int64_t recv_us)
{
	bool jumped = jumps(d, recv_us);
	int r = 0;

	if (d->begun && !d->world.live && !d->sorted && odd_is(d->world.clock_us, recv_us))
		return IS_ODD;
	if (!d->releasing && d->egress.wait.n && (jumped || egress_hold_due(&d->egress, recv_us)))
		return IS_DUE;
	if (jumped || (d->begun && bin_of(recv_us) > d->tick))
		r = feed(d);
	if (r == 0 && jumped)
		r = new_epoch(d, recv_us);
	return r < 0 ? r : advance_clock(d, recv_us);
}

/*
 * Let the clock come to record @i, which arrived at another time than the one before. Return: 0,
 * IS_ODD, IS_DUE, or a negative error.
 */
static int arrive(struct detect *d, const struct flow_batch *b, uint32_t i)
{
	int64_t recv_us = flow_recv_us(b, i);
	int r = 0;

	/* Nearly always: within the quarter second that is being filled. */
	if (d->begun && recv_us >= d->world.clock_us && recv_us < d->tick_end_us)
		d->world.clock_us = recv_us;
	else
		r = turn_clock(d, recv_us);
	if (r <= 0)
		deal_arrival(d->dealer, recv_us);
	return r;
}

static bool arrived_together(const struct flow_side *a, const struct flow_side *b)
{
	return ((a->recv_ms ^ b->recv_ms) | (a->recv_rem_us ^ b->recv_rem_us)) == 0;
}

/* From record *@at on, up to the first of which arrive() has an answer: *@at is that one then. */
static int take_some(struct detect *d, const struct flow_batch *b, uint32_t *at)
{
	uint32_t from = *at;
	int r = 0;

	*at = b->n;
	kinds_turn(&d->history.kinds);
	history_begin(&d->history, b, from);
	deal_begin(d->dealer, b, from);
	d->counts_all = d->counts_network || good_wants(d->good);
	for (uint32_t i = from; i < b->n && r == 0; i++) {
		if (i == from || !arrived_together(&b->side[i], &b->side[i - 1]))
			r = arrive(d, b, i);
		if (r == 0)
			r = take_record(d, b, i);
		else if (r > 0)
			*at = i;
	}
	if (r >= 0) {
		int e = feed(d);

		r = e < 0 ? e : r;
	}
	history_keep(&d->history);
	return r;
}

/* Up to the first that comes at an odd time: *@to. Return: 0, IS_ODD or a negative error. */
static int take_batch(struct detect *d, const struct flow_batch *b, uint32_t *to)
{
	int r;

	*to = 0;
	do {
		r = take_some(d, b, to);
		if (r == IS_DUE)
			r = release_egress(d);
	} while (r == 0 && *to < b->n);
	return r;
}

static int on_sorted(void *userdata, const struct flow_batch *b)
{
	struct detect *d = userdata;
	bool sorted = d->sorted;
	uint32_t to;
	int r;

	d->sorted = true;
	r = take_batch(d, b, &to);
	d->sorted = sorted;
	return r;
}

static int on_batch(void *userdata, const struct flow_batch *b)
{
	struct detect *d = userdata;
	uint32_t from = 0;
	int r = odd_waits(&d->odd) ? 0 : take_batch(d, b, &from);

	return r < 0 || from == b->n ? r : odd_sort(&d->odd, b, from, d->world.clock_us);
}

static int on_clock(void *userdata, int64_t recv_us)
{
	struct detect *d = userdata;
	int r = 0;

	if (!d->begun)
		return 0;
	if (d->egress.wait.n && (jumps(d, recv_us) || egress_hold_due(&d->egress, recv_us)))
		r = release_egress(d);
	if (r < 0)
		return r;
	return jumps(d, recv_us) ? new_epoch(d, recv_us) : advance_clock(d, recv_us);
}

struct flow_sink detect_sink(struct detect *d)
{
	return (struct flow_sink){.batch = on_batch, .clock = on_clock, .userdata = d};
}

void detect_set_rolls(struct detect *d, const struct roll_sink *sink)
{
	d->rolls.sink = *sink;
}

int detect_reconf(struct detect *d, struct conf *conf)
{
	/* By the numbers and the names that its objects have had. */
	int r = roll_all(d);

	if (r == 0)
		r = set_conf(d, conf);
	if (r < 0)
		return r;
	for (unsigned i = 0; i < SHARDS; i++)
		shard_reconf(&d->shard[i], &d->world);
	wide_reconf(d->wide, &d->world);
	return 0;
}

int64_t detect_clock(const struct detect *d)
{
	return d->begun ? d->world.clock_us : TIME_NONE;
}

int detect_finish(struct detect *d)
{
	int r = odd_end(&d->odd);

	if (r == 0)
		r = release_egress(d);
	if (r == 0 && d->begun)
		r = tick(d, true);
	return r < 0 ? r : roll_all(d);
}

int detect_pause(struct detect *d)
{
	int e = release_egress(d);

	if (e < 0)
		return e;
	for (unsigned i = 0; i < SHARDS; i++)
		for (unsigned k = 0; k < d->shard[i].n_hot; k++) {
			struct hot *h = d->shard[i].hot[k];
			int r = h->attack ? hot_flush(h) : 0;

			if (r == 0 && h->attack)
				r = tell(d, h->attack, false);

			if (r < 0)
				return r;
		}
	return roll_all(d);
}

void detect_usual(const struct detect *d, const struct ip *addr, bool sampled,
		  struct blind_usual *out)
{
	uint8_t filter;
	const struct shard *s = &d->shard[shard_of(addr, &filter)];
	const struct usual *u = s->n_busy ? busy_find(s, addr, 0) : NULL;

	for (unsigned v = 0; v < VECTOR_COUNT; v++)
		out[v] = u ? blind_usual_of(u, (enum vector)v,
					    conf_thresholds(d->conf, addr)->pps[v], sampled,
					    USUAL_GRAINS)
			   : (struct blind_usual){0};
}

struct heard *detect_heard(struct detect *d)
{
	return d->heard;
}

void detect_stats(const struct detect *d, struct detect_stats *out)
{
	*out = d->stats;
	deal_stats(d->dealer, out);
	out->memory_bytes = sizeof(*d) + good_memory(d->good) + loads_memory(&d->loads) +
			    heard_memory(d->heard) + record_hold_memory(&d->odd.wait) +
			    record_hold_memory(&d->egress.wait);
	out->odd_times = d->odd.records;
	out->memory_bytes += rolls_memory(&d->rolls);
	out->rolls_left_out = d->rolls.left_out;
	out->thinned = d->world.thinning.step > 1;
	for (unsigned i = 0; i < SHARDS; i++) {
		const struct shard *s = &d->shard[i];

		out->hosts += s->cells[0].used;
		out->prefixes += s->cells[1].used + s->cells[2].used;
		for (unsigned l = 0; l < LEVELS; l++)
			out->hosts_evicted += s->cells[l].evicted;
		out->hot_now += s->n_hot;
		out->hot_refused += s->hot_refused;
		out->busy += s->n_busy;
		out->busy_bytes += shard_busy_memory(s);
		out->hot_given_up += s->hot_given_up;
		for (unsigned k = 0; k < s->n_hot; k++)
			out->late_records += s->hot[k]->late;
		out->memory_bytes += shard_memory(s);
	}
}
