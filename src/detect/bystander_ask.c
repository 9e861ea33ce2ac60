/* SPDX-License-Identifier: ISC */
/* From an attack's links to the question who else uses them. */
#include "detect/attack_path.h"
#include "detect/bystander.h"
#include "detect/shard.h"

static void ask_link(struct bystander_question *q, const struct path_link *l,
		     const struct attack *a, const struct shard_world *w)
{
	const struct exporter_watch *e = l->exporter < w->n_watch ? &w->watch[l->exporter] : NULL;
	int64_t settle_us = attack_settle_s(a) * US_PER_S, mark;

	if (!e || !l->counted || l->link == LINK_UNKNOWN)
		return;
	mark = e->capture ? w->clock_us : e->watermark_us;
	for (unsigned i = 0; i < q->n_links; i++)
		if (q->link[i].link == l->link)
			return;
	q->link[q->n_links].link = l->link;
	q->link[q->n_links].known_until_us = mark == TIME_NONE ? TIME_NONE / 2 : mark - settle_us;
	q->link[q->n_links++].longest_us = e->longest_flow_s * US_PER_S;
}

int attack_path_bystanders(struct attack *a, struct shard *shards, const struct shard_world *w,
			   int target)
{
	struct finding_path *t = &a->path->told;
	const struct bystanders *all[SHARDS];
	struct bystander_question q = {
		.first_us = a->first_us, .last_us = a->last_us, .target = target, .conf = w->conf};

	/* Later on the minutes before are forgotten, and what was found stands. */
	if (a->last_us - a->first_us >
		    (BYSTANDER_STEPS / 2 - 2) * BYSTANDER_STEP_US + attack_settle_s(a) * US_PER_S &&
	    t->confidence > 0)
		return 0;
	for (unsigned i = 0; i < SHARDS; i++)
		all[i] = &shards[i].bystanders;
	for (unsigned i = 0; i < t->n_links; i++)
		ask_link(&q, &t->link[i], a, w);
	return bystanders_judge(all, SHARDS, &q, t);
}
