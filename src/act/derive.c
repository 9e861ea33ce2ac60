/* SPDX-License-Identifier: ISC */
/*
 * From an incident's two samples to rules and the answer whether they tell the attack from clients.
 * What is promised (99 % of the attack, 1 % of the good) is held with something to spare, since the
 * rules are to hold for what has not come yet.
 */
#include "act/derive.h"

#include <errno.h>
#include <string.h>

#include "act/derive_inside.h"
#include "base/cleanup.h"
#include "base/clock.h"

#define COVER_LEAST	0.99
#define COVER_WELL	0.995 /* so much needs no better rules */
#define COVER_LOW_LEAST 0.95  /* of its interval: so few records must not promise */
#define SPARE_MOST	0.01
#define SPARE_HIGH_MOST 0.0175
#define RECORDS_LEAST	50
#define PART_LEAST	0.1
#define STAGGER_S	5 /* the flows of an attack need not begin with it */

struct samples {
	struct weighed attack, good;
};

static void samples_deinit(struct samples *s)
{
	weighed_deinit(&s->attack);
	weighed_deinit(&s->good);
}
#define _cleanup_samples_ _cleanup_(samples_deinit)

static void cover(struct derived *d, const struct weighed *attack)
{
	d->covers = rules_cover(d->rule, d->n, attack, false);
	d->covers_low = 0;
	d->covers_high = 1;
	if (attack->total > 0)
		share_interval(d->covers, weighed_effective(attack), &d->covers_low,
			       &d->covers_high);
}

/* Of what goes to the target itself; the collateral is of the whole object. */
static bool is_spared(const struct derived *d, const struct weighed *good)
{
	double share = rules_cover(d->rule, d->n, good, false), low, high;

	share_interval(share, weighed_effective(good), &low, &high);
	return share <= SPARE_MOST && high <= SPARE_HIGH_MOST &&
	       rules_cover(d->rule, d->n, good, true) <= SPARE_MOST;
}

static bool tells_apart(const struct derived *d, const struct weighed *good)
{
	return d->n && d->covers >= COVER_LEAST && d->covers_low >= COVER_LOW_LEAST &&
	       is_spared(d, good);
}

/* The source port that would have set it apart, 0 none. */
static int ask_port(const struct samples *s, const struct prefix *target, uint16_t *port)
{
	struct derived d = {.n = 0};
	int r = search_rules(&s->attack, &s->good, target, WITH_LENGTHS | WITH_ANY_PORT, d.rule,
			     &d.n);

	*port = 0;
	cover(&d, &s->attack);
	if (r || !tells_apart(&d, &s->good))
		return r;
	for (unsigned i = 0; i < d.n; i++)
		for (unsigned c = 0; c < d.rule[i].n_conditions; c++)
			if (d.rule[i].condition[c].field == RULE_SOURCE_PORT)
				*port = d.rule[i].condition[c].range[0].from;
	return 0;
}

/* Without lengths first: what they add must be worth it. */
static int search_best(const struct samples *s, const struct prefix *target, struct derived *out)
{
	struct derived d = {.n = 0};
	int r = search_rules(&s->attack, &s->good, target, 0, out->rule, &out->n);

	cover(out, &s->attack);
	if (r || out->covers >= COVER_WELL)
		return r;
	r = search_rules(&s->attack, &s->good, target, WITH_LENGTHS, d.rule, &d.n);
	cover(&d, &s->attack);
	if (r == 0 && d.covers > out->covers)
		*out = d;
	return r;
}

/* Between the arrival of what first showed the attack and that of the newest record kept. */
static unsigned span_s(const struct incident *inc, unsigned most)
{
	const struct header_sample *s = &inc->evidence[SAMPLE_ATTACK];
	int64_t shown = inc->f.shown_us, newest = shown;

	if (shown == TIME_NONE)
		return most;
	for (unsigned i = 0; s->record && i < s->n; i++)
		newest = s->record[i].recv_us > newest ? s->record[i].recv_us : newest;
	return newest < shown + most * US_PER_S ? (unsigned)((newest - shown) / US_PER_S) : most;
}

/*
 * Flows that go on are told after the exporters' timeout, those that end with FIN or RST at once:
 * what has come before that is no fair sample of the attack. Of one that is over all is told.
 */
static bool is_young(const struct incident *inc, struct told *t)
{
	t->late_s = inc->f.flows_s + STAGGER_S;
	t->span_s = span_s(inc, t->late_s);
	return inc->f.flows_s && inc->f.state != FINDING_CLOSED && t->span_s < t->late_s;
}

static int judge(const struct samples *s, const struct incident *inc, struct derived *out,
		 struct told *t)
{
	int r = search_best(s, &inc->f.target, out);

	if (r)
		return r;
	if (tells_apart(out, &s->good)) {
		t->verdict = is_young(inc, t) ? VERDICT_SO_FAR : VERDICT_GOOD;
		return 0;
	}
	if (out->n && out->covers >= COVER_LEAST) {
		t->verdict = VERDICT_UNSURE;
		return 0;
	}
	r = ask_port(s, &inc->f.target, &t->port);
	t->verdict = t->port			 ? VERDICT_PORT
		     : out->covers >= PART_LEAST ? VERDICT_PART
						 : VERDICT_ALIKE;
	if (t->verdict == VERDICT_ALIKE)
		out->n = 0;
	return r;
}

/* Nothing is known of the good: rules that say all that the attack shares hit fewest others. */
static int guess(const struct samples *s, const struct incident *inc, struct derived *out,
		 struct told *t)
{
	int r = search_narrow(&s->attack, &inc->f.target, out->rule, &out->n);

	cover(out, &s->attack);
	t->verdict = s->good.records ? VERDICT_SMALL_SAMPLE : VERDICT_NO_SAMPLE;
	return r;
}

static int add_limit(const struct samples *s, const struct incident *inc, const struct conf *conf,
		     struct derived *out)
{
	int r = search_narrow(&s->attack, &inc->f.target, out->limit, &out->n_limit);

	if (r || !out->n_limit)
		return r;
	out->limit_covers = rules_cover(out->limit, out->n_limit, &s->attack, false);
	collateral_of(out->limit, out->n_limit, &inc->f.target, inc, conf, &out->limit_collateral);
	return 0;
}

static bool has_target(const struct incident *inc)
{
	return inc->f.level == LEVEL_HOST || inc->f.level == LEVEL_PREFIX;
}

int derive_rules(const struct incident *inc, const struct conf *conf, struct derived *out)
{
	_cleanup_samples_ struct samples s = {.attack = {.n = 0}};
	struct told t = {.verdict = VERDICT_NO_EVIDENCE, .attack = &s.attack, .good = &s.good};
	int r = 0;

	*out = (struct derived){.covers_high = 1};
	if (has_target(inc)) {
		r = weigh(&inc->evidence[SAMPLE_ATTACK], &inc->f.target, false, &s.attack);
		r = r ? r : weigh(&inc->evidence[SAMPLE_GOOD], &inc->f.target, true, &s.good);
	}
	if (r == 0 && s.good.records >= COLLATERAL_LEAST)
		r = weigh_clean(&s.attack, &s.good);
	if (r)
		return r;
	if (s.attack.records && s.attack.records < RECORDS_LEAST)
		t.verdict = VERDICT_FEW;
	else if (s.attack.records)
		r = s.good.records >= COLLATERAL_LEAST ? judge(&s, inc, out, &t)
						       : guess(&s, inc, out, &t);
	if (r == 0 && out->n)
		collateral_of(out->rule, out->n, &inc->f.target, inc, conf, &out->collateral);
	out->separable = t.verdict == VERDICT_GOOD;
	out->so_far = t.verdict == VERDICT_SO_FAR;
	if (r == 0 && !out->separable && s.attack.records >= RECORDS_LEAST)
		r = add_limit(&s, inc, conf, out);
	return r ? r : derive_say(out, &t);
}
