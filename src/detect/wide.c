/* SPDX-License-Identifier: ISC */
#include "detect/wide.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FOLLOWED_MAX 64 /* links at a time */
#define CHILDREN_MAX 1024

/* A link, or the network, with thresholds of its own. */
struct followed {
	struct hot *hot;
	struct usual *usual;
	struct thresholds th;
	uint16_t link;
	uint64_t capacity_bps;
};

struct wide {
	struct loads *loads; /* borrowed */
	struct followed followed[FOLLOWED_MAX];
	unsigned n_followed;
	struct followed network;
	struct attack *word[FOLLOWED_MAX + 1];
	bool ended[FOLLOWED_MAX + 1];
	unsigned n_words;
	uint64_t next_handle;
};

struct wide *wide_new(struct loads *loads)
{
	struct wide *w = calloc(1, sizeof(*w));

	if (w)
		w->loads = loads;
	return w;
}

static void followed_end(struct followed *f)
{
	if (f->hot) {
		attack_free(f->hot->attack);
		hot_free(f->hot);
		free(f->usual);
	}
	*f = (struct followed){0};
}

void wide_drop(struct wide *w)
{
	for (unsigned i = 0; i < w->n_followed; i++)
		followed_end(&w->followed[i]);
	for (unsigned i = 0; i < w->loads->n; i++)
		w->loads->all[i].followed = false;
	w->n_followed = 0;
	followed_end(&w->network);
}

struct wide *wide_free(struct wide *w)
{
	if (!w)
		return NULL;
	wide_drop(w);
	free(w);
	return NULL;
}

static void set_never(struct thresholds *t)
{
	for (int v = 0; v < VECTOR_COUNT; v++)
		t->pps[v] = RATE_NEVER;
	t->any_pps = t->any_bps = RATE_NEVER;
}

static int followed_make(struct followed *f, enum level level)
{
	struct prefix none = {0};

	f->usual = usual_new(&none);
	f->hot = f->usual ? hot_new(f->usual, level, &f->th, 1) : NULL;
	if (f->hot)
		return 0;
	free(f->usual);
	f->usual = NULL;
	return -ENOMEM;
}

static uint64_t limit_bps(const struct shard_world *world, uint64_t capacity_bps)
{
	uint32_t percent = world->conf->thresholds.link_percent;

	return percent ? capacity_bps / 100 * percent : 0;
}

static int follow_link(struct wide *w, const struct shard_world *world, struct link_load *l)
{
	struct followed *f;

	if (w->n_followed == FOLLOWED_MAX)
		return 0;
	f = &w->followed[w->n_followed];
	set_never(&f->th);
	f->capacity_bps = exporters_get_link(world->exporters, l->link)->speed_bps;
	f->th.any_bps = limit_bps(world, f->capacity_bps);
	f->link = l->link;
	if (followed_make(f, LEVEL_LINK) < 0)
		return -ENOMEM;
	w->n_followed++;
	l->followed = true;
	return 0;
}

/* There is no looking back here: what made a link followed is no attack yet. */
static int put_in(struct wide *w, struct hot *h, struct hot_record *r)
{
	int e;

	e = hot_in(h, r);
	if (e == 0 && h->wanted) {
		e = hot_look_back(h, r);
		hot_keep(h);
	}
	return e;
}

static int count_network(struct wide *w, const struct shard_world *world, struct hot_record *r)
{
	uint64_t pps = world->conf->thresholds.network_pps;

	if (pps == RATE_INHERIT || pps == RATE_NEVER)
		return 0;
	if (!w->network.hot) {
		set_never(&w->network.th);
		for (int v = 0; v < VECTOR_COUNT; v++)
			if (v != VECTOR_ACK_FLOOD)
				w->network.th.pps[v] = pps;
		if (followed_make(&w->network, LEVEL_NETWORK) < 0)
			return -ENOMEM;
	}
	return put_in(w, w->network.hot, r);
}

static struct followed *followed_link(struct wide *w, uint16_t link)
{
	for (unsigned i = 0; i < w->n_followed; i++)
		if (w->followed[i].link == link)
			return &w->followed[i];
	return NULL;
}

int wide_count(struct wide *w, const struct shard_world *world, uint64_t number, uint16_t in_link)
{
	struct followed *f = followed_link(w, in_link);
	struct hot_record r;
	int e;

	history_recall(world->history, number, &r);
	e = count_network(w, world, &r);
	return e == 0 && f ? put_in(w, f->hot, &r) : e;
}

/* Those that have come near since the last look. */
static int follow_near(struct wide *w, const struct shard_world *world)
{
	int e = 0;

	loads_refresh(w->loads);
	for (unsigned i = 0; i < w->loads->n && e == 0; i++) {
		struct link_load *l = &w->loads->all[i];

		if (l->near && !l->followed)
			e = follow_link(w, world, l);
		l->near = false;
	}
	return e;
}

/* Everything reported in the shards; a host inside a reported prefix is counted with the prefix. */
static unsigned reported_in(struct shard *shards, const struct hot **out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < SHARDS; i++) {
		const struct shard *s = &shards[i];

		for (unsigned k = 0; k < s->n_hot && n < CHILDREN_MAX; k++) {
			const struct hot *h = s->hot[k];
			bool covered = false;

			for (unsigned j = 0; h->attack && j < s->n_hot && !covered; j++)
				covered = s->hot[j]->attack && s->hot[j]->key.len < h->key.len &&
					  prefix_covers(&s->hot[j]->key, &h->key);
			if (h->attack && !covered)
				out[n++] = h;
		}
	}
	return n;
}

static int look_at(struct wide *w, struct followed *f, const struct reported *r,
		   const struct shard_world *world, bool last_look)
{
	struct hot *h = f->hot;
	struct crossing half, full;
	int e = hot_flush(h);

	if (e == 0)
		e = hot_advance(h, world->now_bin);

	if (!h->attack && evaluate(h, r, 1, last_look, &full) &&
	    !attack_open(h, &full, UINT64_C(0xff) << 40 | ++w->next_handle, attack_wait_s(h, world),
			 world->clock_us))
		return -ENOMEM;
	if (h->attack) {
		bool ended;

		evaluate(h, r, 2, last_look, &half);
		evaluate(h, r, 1, last_look, &full);
		attack_update(h->attack, &half, &full);
		ended = attack_life(h->attack, world, last_look);
		if (e == 0)
			e = attack_settle(h->attack, h->meters.newest - (ended ? 0 : BINS_PER_S));
		if (ended ||
		    (h->attack->changed && (h->attack->emitted_us == TIME_NONE ||
					    world->clock_us - h->attack->emitted_us >= US_PER_S))) {
			w->ended[w->n_words] = ended;
			w->word[w->n_words++] = h->attack;
		}
	}
	h->dirty_first = INT64_MAX;
	h->dirty_last = INT64_MIN;
	if (!h->attack && h->last_us != TIME_NONE && h->suspect_us != TIME_NONE &&
	    h->last_us - h->suspect_us > 64 * US_PER_S)
		hot_reset_suspicion(h);
	return e;
}

int wide_tick(struct wide *w, struct shard *shards, const struct shard_world *world, bool last_look)
{
	const struct hot *children[CHILDREN_MAX];
	struct reported r = {.child = children};
	int e = follow_near(w, world);

	if (!w->n_followed && !w->network.hot)
		return 0;
	r.n = reported_in(shards, children);
	for (unsigned i = 0; i < w->n_followed && e == 0; i++) {
		r.link = w->followed[i].link;
		e = look_at(w, &w->followed[i], &r, world, last_look);
	}
	r.link = LINK_UNKNOWN;
	if (w->network.hot && e == 0)
		e = look_at(w, &w->network, &r, world, last_look);
	return e;
}

unsigned wide_words(const struct wide *w)
{
	return w->n_words;
}

struct attack *wide_word(struct wide *w, unsigned i)
{
	return w->word[i];
}

void wide_told(struct wide *w)
{
	for (unsigned i = 0; i < w->n_words; i++) {
		struct hot *h = w->word[i]->hot;

		if (!w->ended[i])
			continue;
		attack_free(w->word[i]);
		hot_reset_suspicion(h);
	}
	w->n_words = 0;
}

void wide_reconf(struct wide *w, const struct shard_world *world)
{
	for (unsigned i = 0; i < w->n_followed; i++)
		w->followed[i].th.any_bps = limit_bps(world, w->followed[i].capacity_bps);
	for (int v = 0; v < VECTOR_COUNT; v++)
		if (v != VECTOR_ACK_FLOOD)
			w->network.th.pps[v] = world->conf->thresholds.network_pps
						       ? world->conf->thresholds.network_pps
						       : RATE_NEVER;
}

void wide_fill(struct wide *w, struct attack *a, struct exporters *ex, struct finding *f)
{
	for (unsigned i = 0; i < w->n_followed; i++) {
		if (w->followed[i].hot != a->hot)
			continue;
		f->link = w->followed[i].link;
		f->link_capacity_bps = w->followed[i].capacity_bps;
		f->link_peak_bps = a->peak_bps;
	}
}
