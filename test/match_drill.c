/* SPDX-License-Identifier: ISC */
/*
 * The matcher against the drill's notices: for each seed the ledger of attacks, each as an incident
 * with a detector's own inaccuracy (some were not seen at all), and five hundred notices that go
 * through the reader as they come. Told are: how often the right incident is proposed first, how
 * many joined by themselves, and whether any of those was wrong.
 *
 *	match_drill [--seeds FROM-TO] [--count N] [--scenario NAME] [--wrong] [--json]
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "drill/notices.h"
#include "judge/match.h"
#include "judge/notice.h"

#define FIRST_BAR    0.95
#define UNSEEN	     3	 /* percent of the attacks that no detector saw */
#define HOME_MINUTES 540 /* the drill's operator sits in Japan */
#define PROPOSALS    5
#define INCIDENT_MAX NOTICE_ATTACKS_MAX

struct counts {
	unsigned notices, belong, first, among, joined, joined_wrong, none, none_proposed, unseen;
	unsigned by_form[NOTICE_FORMS], first_by_form[NOTICE_FORMS];
};

struct options {
	unsigned from, to, count;
	const char *scenario;
	bool wrong, json;
};

struct world_seen {
	struct noticed_attacks attacks;
	struct incident **incidents;
	const char **attack_of; /* id of the attack, by candidate */
	struct match_candidate *candidates;
	unsigned n;
};

static struct incident *incident_of(const struct noticed_attack *a, struct rng *r)
{
	struct incident *inc = incident_new();

	if (!inc || prefix_parse(a->target, true, &inc->f.target))
		abort();
	inc->f.kind = FINDING_ATTACK;
	inc->f.state = FINDING_CLOSED;
	inc->f.level = inc->f.target.len == 128 ? LEVEL_HOST : LEVEL_PREFIX;
	inc->f.first_us = a->first_us + (int64_t)rng_below(r, 2000) * US_PER_MS;
	inc->f.last_us = a->last_us - (int64_t)rng_below(r, 5000) * US_PER_MS;
	for (unsigned i = 0; i < a->n_parts; i++) {
		inc->f.vectors[i].vector = a->part[i].vector;
		inc->f.vectors[i].port = a->part[i].port;
		inc->f.vectors[i].over = true;
		inc->f.vectors[i].packets = 1000000 - i;
	}
	inc->f.n_vectors = a->n_parts;
	for (unsigned i = 0; i < a->n_links; i++)
		snprintf(inc->links[i].link, sizeof(inc->links[i].link), "%s", a->link[i]);
	inc->f.n_links = a->n_links;
	snprintf(inc->object, sizeof(inc->object), "%s", a->object);
	incident_id(inc, 0, inc->id);
	return inc;
}

static void see(struct world_seen *w, uint64_t seed)
{
	struct rng r = rng_derive(seed, 0x5ee);

	w->incidents = calloc(w->attacks.n + 1, sizeof(*w->incidents));
	w->attack_of = calloc(w->attacks.n + 1, sizeof(*w->attack_of));
	w->candidates = calloc(w->attacks.n + 1, sizeof(*w->candidates));
	if (!w->incidents || !w->attack_of || !w->candidates)
		abort();
	for (unsigned i = 0; i < w->attacks.n; i++) {
		if (rng_below(&r, 100) < UNSEEN)
			continue;
		w->incidents[w->n] = incident_of(&w->attacks.list[i], &r);
		w->attack_of[w->n] = w->attacks.list[i].id;
		match_of_incident(w->incidents[w->n], &w->candidates[w->n]);
		w->n++;
	}
}

static void forget(struct world_seen *w)
{
	for (unsigned i = 0; i < w->n; i++)
		incident_free(w->incidents[i]);
	free(w->incidents);
	free(w->attack_of);
	free(w->candidates);
	noticed_attacks_deinit(&w->attacks);
}

static bool is_seen(const struct world_seen *w, const char *attack)
{
	for (unsigned i = 0; i < w->n; i++)
		if (strcmp(w->attack_of[i], attack) == 0)
			return true;
	return false;
}

static void tell_wrong(const json_t *both, const struct world_seen *w, const struct match *m,
		       unsigned n, const char *what)
{
	_cleanup_free_ char *text = json_dumps(both, JSON_COMPACT);

	printf("%s: %s\n", what, text);
	for (unsigned i = 0; i < n && i < 3; i++) {
		_cleanup_text_ struct text why = TEXT_NULL;

		match_reason(&m[i], "en", &why);
		printf("\t%s %d: %s\n", w->attack_of[m[i].candidate], m[i].score, text_str(&why));
	}
}

static void count_one(const struct world_seen *w, const json_t *both, const struct notice *n,
		      const struct options *o, struct counts *c)
{
	const char *attack =
		json_string_value(json_object_get(json_object_get(both, "truth"), "attack"));
	struct match m[PROPOSALS];
	unsigned found = match_rank(n, w->candidates, w->n, HOME_MINUTES, m, PROPOSALS);
	bool seen = attack && is_seen(w, attack);
	bool right = found && attack && strcmp(w->attack_of[m[0].candidate], attack) == 0;

	c->notices++;
	c->unseen += attack && !seen;
	if (seen) {
		c->belong++;
		c->first += right;
		c->by_form[n->form]++;
		c->first_by_form[n->form] += right;
		for (unsigned i = 0; i < found; i++)
			c->among += strcmp(w->attack_of[m[i].candidate], attack) == 0;
	} else {
		c->none++;
		c->none_proposed += found > 0;
	}
	if (found && m[0].certain) {
		c->joined++;
		c->joined_wrong += !right;
	}
	if (o->wrong && found && m[0].certain && !right)
		tell_wrong(both, w, m, found, "WRONG JOIN");
	else if (o->wrong && ((seen && !right) || (!seen && found)))
		tell_wrong(both, w, m, found, seen ? "not first" : "proposed");
}

static struct notice *read_notice(const json_t *both)
{
	_cleanup_free_ char *text = json_dumps(json_object_get(both, "notice"), JSON_COMPACT);
	_cleanup_text_ struct text errors = TEXT_NULL;
	struct notice *n = NULL;

	if (!text || notice_read("drill", text, strlen(text), &n, &errors)) {
		fprintf(stderr, "%s%s\n", text_str(&errors), text ? text : "");
		abort();
	}
	return n;
}

static void run_seed(const struct options *o, unsigned seed, struct counts *c)
{
	struct rng r = rng_derive(seed, 0x6e6f7469u + 1);
	struct world_seen w = {.n = 0};

	if (noticed_attacks_make(o->scenario, seed, &w.attacks)) {
		fprintf(stderr, "%s: no such scenario\n", o->scenario);
		exit(2);
	}
	see(&w, seed);
	for (unsigned i = 0; i < o->count; i++) {
		json_t *both = notice_make(&w.attacks, &r);
		_cleanup_notice_ struct notice *n = read_notice(both);

		count_one(&w, both, n, o, c);
		json_decref(both);
	}
	forget(&w);
}

static double share(unsigned part, unsigned whole)
{
	return whole ? (double)part / whole : 1;
}

static void tell_counts(const struct counts *c, const char *name, bool json)
{
	if (json) {
		printf("{\"run\":\"%s\",\"notices\":%u,\"belong\":%u,\"first\":%u,\"among\":%u,"
		       "\"joined\":%u,\"joined_wrong\":%u,\"none\":%u,\"none_proposed\":%u,"
		       "\"unseen\":%u}\n",
		       name, c->notices, c->belong, c->first, c->among, c->joined, c->joined_wrong,
		       c->none, c->none_proposed, c->unseen);
		return;
	}
	printf("%s: %u notices, %u belong: %.2f %% first, %.2f %% among %d; %u joined, %u wrong; "
	       "%u belong to nothing seen, %u of them proposed\n",
	       name, c->notices, c->belong, 100 * share(c->first, c->belong),
	       100 * share(c->among, c->belong), PROPOSALS, c->joined, c->joined_wrong, c->none,
	       c->none_proposed);
	for (int f = 0; f < NOTICE_FORMS; f++)
		printf("\t%-9s %5u  %.2f %% first\n", notice_form_name((enum notice_form)f),
		       c->by_form[f], 100 * share(c->first_by_form[f], c->by_form[f]));
}

static void add(struct counts *sum, const struct counts *c)
{
	unsigned *to = (unsigned *)sum;
	const unsigned *from = (const unsigned *)c;

	for (size_t i = 0; i < sizeof(*c) / sizeof(unsigned); i++)
		to[i] += from[i];
}

static int read_options(int argc, char **argv, struct options *o)
{
	*o = (struct options){.from = 1, .to = 1, .count = 500, .scenario = NOTICE_LEDGER};
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--wrong") == 0)
			o->wrong = true;
		else if (strcmp(argv[i], "--json") == 0)
			o->json = true;
		else if (i + 1 < argc && strcmp(argv[i], "--count") == 0)
			o->count = (unsigned)atoi(argv[++i]);
		else if (i + 1 < argc && strcmp(argv[i], "--scenario") == 0)
			o->scenario = argv[++i];
		else if (i + 1 < argc && strcmp(argv[i], "--seeds") == 0 &&
			 sscanf(argv[++i], "%u-%u", &o->from, &o->to) >= 1)
			o->to = o->to < o->from ? o->from : o->to;
		else
			return -EINVAL;
	}
	return 0;
}

/* A bar that was missed is a failed case with its command. */
static unsigned hold(bool holds, unsigned seed, const struct options *o, const char *what)
{
	if (!holds)
		printf("FAILED %s: match_drill --seeds %u --count %u --scenario %s --wrong\n", what,
		       seed, o->count, o->scenario);
	return !holds;
}

int main(int argc, char **argv)
{
	struct counts sum = {0};
	struct options o;
	unsigned failed = 0, passed;

	if (read_options(argc, argv, &o)) {
		fprintf(stderr, "match_drill [--seeds FROM-TO] [--count N] [--scenario NAME] "
				"[--wrong] [--json]\n");
		return 2;
	}
	for (unsigned seed = o.from; seed <= o.to; seed++) {
		struct counts c = {0};
		char name[32];

		run_seed(&o, seed, &c);
		snprintf(name, sizeof(name), "seed %u", seed);
		if (o.json || o.from == o.to)
			tell_counts(&c, name, o.json);
		failed += hold(c.joined_wrong == 0, seed, &o, "no wrong automatic join");
		failed += hold(share(c.first, c.belong) >= FIRST_BAR, seed, &o,
			       "the right proposal first");
		failed += hold(c.joined > 0, seed, &o, "something joins by itself");
		add(&sum, &c);
	}
	if (!o.json && o.from != o.to)
		tell_counts(&sum, "all", false);
	passed = 3 * (o.to - o.from + 1) - failed;
	printf("%u passed, %u failed\n", passed, failed);
	return failed > 0;
}
