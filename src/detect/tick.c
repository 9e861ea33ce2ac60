/* SPDX-License-Identifier: ISC */
/*
 * The quarter-second look of a shard: hosts first, then the prefixes around them, each for what its
 * reported children do not explain; then the life of what is open.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "detect/rolls.h"
#include "detect/shard.h"
#include "detect/witness.h"

#define FOLD_HOSTS     8    /* hosts of one /24 crossing together are one prefix attack */
#define ONE_HOST_SHARE 0.75 /* of a prefix's excess: then the host is the target */
#define LOOK_LOAD      0.99 /* sums are rounded; a little less than a threshold must do */
#define NEAR_LOAD      0.25 /* 1 / NEAR_KEPT */
#define STAND_OUT      2    /* times its threshold, for a host inside a reported prefix */
#define UPDATE_US      US_PER_S
#define QUIET_AFTER_US (2 * US_PER_S)
#define SILENT_US      (10 * US_PER_S)
#define CALM_US	       (60 * US_PER_S) /* without standing out, until it is followed no more */
#define CALM_NEW_US    (4 * US_PER_S)  /* all stands out when nothing is known yet */
#define SUSPICION_US   (64 * US_PER_S)
#define WAIT_MAX_S     300
#define INACTIVE_S     15 /* the usual inactive timeout */
#define DELIVERY_S     8

uint32_t attack_wait_s(const struct hot *h, const struct shard_world *w)
{
	uint32_t wait = 0;

	for (unsigned i = 0; i < h->n_exporters; i++)
		if (h->exporters[i] < w->n_watch && w->watch[h->exporters[i]].longest_flow_s > wait)
			wait = w->watch[h->exporters[i]].longest_flow_s;
	return wait > WAIT_MAX_S ? WAIT_MAX_S : wait;
}

/* Packets of the attack's destination that came through the exporter's links. */
static uint64_t carried_by(const struct hot *h, uint16_t exporter)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < h->n_links; i++)
		if (h->links[i].exporter == exporter)
			n += h->links[i].packets;
	return n;
}

/*
 * Least record time that the attack's speaking exporters have reached; TIME_NONE where those that
 * carried most of it are silent. @exported: does any of them tell of it by flow records?
 */
static int64_t watermark_of(const struct hot *h, const struct shard_world *w, bool *exported)
{
	uint64_t silent = 0, speaking = 0;
	int64_t least = TIME_NONE;

	*exported = false;

	for (unsigned i = 0; i < h->n_exporters; i++) {
		const struct exporter_watch *e;
		int64_t mark;

		if (h->exporters[i] >= w->n_watch)
			continue;
		e = &w->watch[h->exporters[i]];
		*exported |= !e->capture;
		if (!e->capture && w->clock_us - e->recv_us > SILENT_US) {
			silent += carried_by(h, h->exporters[i]);
			continue;
		}
		speaking += carried_by(h, h->exporters[i]);
		mark = e->capture ? w->clock_us : e->watermark_us;
		if (least == TIME_NONE || mark < least)
			least = mark;
	}
	return silent > speaking ? TIME_NONE : least;
}

static void set_state(struct attack *a, enum finding_state state)
{
	if (a->state == state)
		return;
	a->state = state;
	a->changed = true;
	a->emitted_us = TIME_NONE;
}

/*
 * For how long it has been seen to be quiet. Where exporters come to speak again after a silence,
 * or, live, we to listen, their time leaps: what it leapt over was not seen. Only in a file of
 * packets a leap is a quiet network.
 */
static int64_t quiet_of(struct attack *a, const struct shard_world *w, int64_t mark_us,
			bool exported)
{
	if ((w->live || exported) && a->mark_us != TIME_NONE && mark_us - a->mark_us > SILENT_US) {
		a->blind_us += mark_us - a->mark_us - SILENT_US;
		a->blind_until_us = mark_us;
	}
	if (mark_us > a->mark_us)
		a->mark_us = mark_us;
	if (a->blind_us && a->over_us > a->blind_until_us)
		a->blind_us = 0;
	return mark_us - a->over_us - a->blind_us;
}

bool attack_life(struct attack *a, const struct shard_world *w, bool last_look)
{
	bool exported;
	int64_t mark = watermark_of(a->hot, w, &exported), quiet, wait;

	a->wait_s = attack_wait_s(a->hot, w);
	wait = a->wait_s * US_PER_S;
	if (mark == TIME_NONE) {
		/* A full link kills the in-band exports first: silence is no end. */
		set_state(a, FINDING_LOST_SIGHT);
		return last_look;
	}
	quiet = quiet_of(a, w, mark, exported);
	if (last_look || quiet >= QUIET_US + wait) {
		set_state(a, FINDING_CLOSED);
		return true;
	}
	set_state(a, quiet > QUIET_AFTER_US + wait ? FINDING_QUIET : FINDING_OPEN);
	return false;
}

static void say(struct shard *s, struct attack *a, bool ended)
{
	if (s->n_words == s->room_words) {
		unsigned room = s->room_words ? s->room_words * 2 : 16;
		struct shard_word *p = realloc(s->word, room * sizeof(*p));

		if (!p) {
			s->error = -ENOMEM;
			return;
		}
		s->word = p;
		s->room_words = room;
	}
	s->word[s->n_words++] = (struct shard_word){.attack = a, .ended = ended};
}

/* Reported hosts (and reported inner prefixes) inside @h, each packet under one of them only. */
static unsigned children_of(const struct shard *s, const struct hot *h, const struct hot **out,
			    unsigned max)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n_hot && n < max; i++) {
		const struct hot *c = s->hot[i];
		bool covered = false;

		if (!c->attack || c == h || c->key.len <= h->key.len ||
		    !prefix_covers(&h->key, &c->key))
			continue;
		for (unsigned k = 0; k < s->n_hot && !covered; k++)
			covered = s->hot[k] != h && s->hot[k] != c && s->hot[k]->attack &&
				  s->hot[k]->key.len < c->key.len &&
				  s->hot[k]->key.len > h->key.len &&
				  prefix_covers(&s->hot[k]->key, &c->key);
		if (!covered)
			out[n++] = c;
	}
	return n;
}

static bool inside_reported_prefix(const struct shard *s, const struct hot *h)
{
	for (unsigned i = 0; i < s->n_hot; i++)
		if (s->hot[i]->attack && s->hot[i]->key.len < h->key.len &&
		    prefix_covers(&s->hot[i]->key, &h->key))
			return true;
	return false;
}

static void open_attack(struct shard *s, const struct shard_world *w, struct hot *h,
			const struct crossing *c)
{
	uint64_t handle = ((uint64_t)s->index + 1) << 40 | ++s->next_handle;
	struct attack *a = attack_open(h, c, handle, attack_wait_s(h, w), w->clock_us);

	if (!a) {
		s->error = -ENOMEM;
		return;
	}
	a->emitted_us = TIME_NONE;
	shard_note_attack(s, h);
	s->error = witness_look_back(a, w);
}

struct candidate {
	struct hot *hot;
	struct crossing crossing;
};

/* A host that crossed beside many neighbours is left to their prefix. */
static bool left_to_prefix(const struct shard *s, const struct candidate *all, unsigned n,
			   const struct candidate *one)
{
	unsigned neighbours = 0;
	struct prefix p24 = prefix_of(&one->hot->key.addr,
				      ip_is_v4(&one->hot->key.addr) ? PREFIX_V4_BASE + 24 : 64);
	bool followed = false;

	for (unsigned i = 0; i < n; i++)
		neighbours += prefix_contains(&p24, &all[i].hot->key.addr);
	for (unsigned i = 0; i < s->n_hot && !followed; i++)
		followed = prefix_equal(&s->hot[i]->key, &p24);
	return followed && neighbours >= FOLD_HOSTS;
}

/* Who of several exporters is counted, once in a look. */
static void choose_voice(struct hot *h)
{
	if (h->meters.n_views > 1 && meters_exporters(&h->meters) > 1)
		h->voice = meters_voice(&h->meters, h->voice);
}

/* evaluate() over a sheet, when what came since the last time could change its answer. */
static bool look(struct shard *s, const struct shard_world *w, struct hot *h,
		 const struct reported *r, bool last_look, struct crossing *c)
{
	double least = h->load < NEAR_LOAD && !h->tracked ? NEAR_LOAD : LOOK_LOAD;
	bool crossed;

	if (h->dirty_first > h->dirty_last || (!last_look && h->load + h->gained < least))
		return false;
	sheet_open(&s->sheet, &h->meters, evaluate_from(h));
	choose_voice(h);
	crossed = evaluate(h, r, 1, last_look, c);
	sheet_close(&h->meters);
	h->looked = true;
	h->load = c->load;
	h->gained = 0;
	if (c->near & ~h->tracked)
		s->error = shard_keep_senders(w, h, c->near);
	return crossed;
}

static int look_at_hosts(struct shard *s, const struct shard_world *w, bool last_look)
{
	_cleanup_free_ struct candidate *list = NULL;
	unsigned n = 0, room = 0;

	for (unsigned i = 0; i < s->n_hot; i++) {
		struct hot *h = s->hot[i];
		struct crossing c;

		if (h->level != LEVEL_HOST || h->attack || !look(s, w, h, NULL, last_look, &c))
			continue;
		if (inside_reported_prefix(s, h)) {
			struct hot strict = *h;

			strict.times = h->times * STAND_OUT;
			if (!evaluate(&strict, NULL, 1, last_look, &c))
				continue;
		}
		if (n == room) {
			room = room ? room * 2 : 16;
			struct candidate *p = realloc(list, room * sizeof(*p));

			if (!p)
				return -ENOMEM;
			list = p;
		}
		list[n++] = (struct candidate){.hot = h, .crossing = c};
	}
	for (unsigned i = 0; i < n && s->error == 0; i++)
		if (!left_to_prefix(s, list, n, &list[i]))
			open_attack(s, w, list[i].hot, &list[i].crossing);
	return s->error;
}

#define CHILDREN_MAX 512

/*
 * What one host draws is that host's: at three quarters of twice the threshold it crosses its own
 * unless something explains it there (its own thresholds, answers, too few senders so far).
 */
static bool one_host_carries(const struct shard *s, const struct hot *h, const struct reported *r,
			     const struct crossing *c)
{
	for (unsigned i = 0; i < s->n_hot; i++) {
		const struct hot *host = s->hot[i];

		if (host->level == LEVEL_HOST && !host->attack &&
		    prefix_covers(&h->key, &host->key) &&
		    child_share(h, r, host, c) >= ONE_HOST_SHARE)
			return true;
	}
	return false;
}

static void look_at_prefixes(struct shard *s, const struct shard_world *w, bool last_look)
{
	const struct hot *children[CHILDREN_MAX];

	/* The narrow prefixes first: the wide ones answer only for the rest. */
	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < s->n_hot && s->error == 0; i++) {
			struct hot *h = s->hot[i];
			struct reported r = {.child = children};
			struct crossing c;
			bool narrow =
				h->key.len == (ip_is_v4(&h->key.addr) ? PREFIX_V4_BASE + 24 : 64);

			if (h->level != LEVEL_PREFIX || h->attack || narrow != (pass == 0))
				continue;
			if (!look(s, w, h, NULL, last_look, &c))
				continue;
			r.n = children_of(s, h, children, CHILDREN_MAX);
			if (r.n && !look(s, w, h, &r, last_look, &c))
				continue;
			if (one_host_carries(s, h, &r, &c))
				continue;
			open_attack(s, w, h, &c);
		}
}

/* Flow records come late by a timeout and their delivery; packets come at once. */
int64_t attack_settle_s(const struct attack *a)
{
	if (!a->hot->has_flows)
		return 1;
	return (a->wait_s > INACTIVE_S ? (int64_t)a->wait_s : INACTIVE_S) + DELIVERY_S;
}

static void update_attack(struct shard *s, const struct shard_world *w, struct hot *h,
			  bool last_look)
{
	const struct hot *children[CHILDREN_MAX];
	struct reported r = {.child = children};
	struct attack *a = h->attack;
	struct crossing half, full;
	int64_t lag;
	bool ended;

	if (h->level == LEVEL_PREFIX)
		r.n = children_of(s, h, children, CHILDREN_MAX);
	sheet_open(&s->sheet, &h->meters, INT64_MIN / 2);
	choose_voice(h);
	evaluate(h, &r, 2, last_look, &half);
	evaluate(h, &r, 1, last_look, &full);
	attack_update(a, &half, &full);
	ended = attack_life(a, w, last_look);
	lag = ended ? 0 : BINS_PER_S * attack_settle_s(a);
	if (lag > RING_BINS - 16)
		lag = RING_BINS - 16;
	if (s->error == 0)
		s->error = attack_settle(a, h->meters.newest - lag);
	sheet_close(&h->meters);
	if (ended || (a->changed &&
		      (a->emitted_us == TIME_NONE || w->clock_us - a->emitted_us >= UPDATE_US)))
		say(s, a, ended);
}

/* Stop following what stands out no more. */
static void demote(struct shard *s, const struct shard_world *w)
{
	for (unsigned i = s->n_hot; i-- > 0;) {
		struct hot *h = s->hot[i];

		int64_t calm = usual_is_new(h->usual) ? CALM_NEW_US : CALM_US;

		if (!h->attack && w->clock_us - h->usual->out_us > calm)
			shard_unfollow(s, h);
	}
}

static void settle_hot(struct shard *s, const struct shard_world *w)
{
	for (unsigned i = 0; i < s->n_hot; i++) {
		struct hot *h = s->hot[i];

		if (h->looked || h->attack) {
			h->dirty_first = INT64_MAX;
			h->dirty_last = INT64_MIN;
			h->looked = false;
		}
		h->usual->frozen = h->attack != NULL;
		if (h->attack) {
			h->load = 1; /* when it ends, all of it is looked at */
			continue;
		}
		if (h->suspect_us != TIME_NONE && h->last_us - h->suspect_us > SUSPICION_US)
			hot_reset_suspicion(h);
	}
}

/* What a reported host gets is not counted for its object, which is no bystander then. */
static void note_attacked(struct shard *s, const struct shard_world *w, const struct hot *h)
{
	const struct conf_object *o = s->bystanders.n ? conf_object(w->conf, &h->key.addr) : NULL;

	if (o)
		bystanders_attacked(&s->bystanders, (uint16_t)(o - w->conf->objects),
				    w->clock_us / BYSTANDER_STEP_US);
}

void shard_tick(struct shard *s, const struct shard_world *w, bool last_look)
{
	for (unsigned i = 0; i < s->n_hot && s->error == 0; i++) {
		s->error = hot_flush(s->hot[i]);
		if (s->error == 0 && s->hot[i]->n_passed)
			shard_pass(s, s->hot[i]);
	}
	for (unsigned i = 0; i < s->n_hot && s->error == 0; i++) {
		s->error = hot_flush(s->hot[i]); /* what was passed to it */
		if (s->error == 0 && s->hot[i]->meters.newest != INT64_MIN)
			s->error = hot_advance(s->hot[i], w->now_bin);
		if (s->error == 0)
			roll_hot(w->rolls, s, s->hot[i], false);
	}
	s->added = s->added_busy = 0;
	if (s->error == 0)
		s->error = look_at_hosts(s, w, last_look);
	if (s->error == 0)
		look_at_prefixes(s, w, last_look);
	for (unsigned i = 0; i < s->n_hot && s->error == 0; i++)
		if (s->hot[i]->attack) {
			note_attacked(s, w, s->hot[i]);
			update_attack(s, w, s->hot[i], last_look);
		}
	settle_hot(s, w);
	if (!last_look) {
		demote(s, w);
		shard_settle_busy(s, w);
	}
	/* Its room, tens of kB a view in each of 64 shards, would stay until the next attack. */
	if (!s->n_hot)
		sheet_deinit(&s->sheet);
}

void shard_told(struct shard *s)
{
	bool ended = false;

	for (unsigned i = 0; i < s->n_words; i++) {
		struct shard_word *word = &s->word[i];
		struct hot *h = word->attack->hot;

		if (!word->ended)
			continue;
		attack_free(word->attack);
		hot_reset_suspicion(h);
		ended = true;
	}
	s->n_words = 0;
	if (ended)
		shard_note_attacks(s);
}
