/* SPDX-License-Identifier: ISC */
/*
 * What a measure rests on. Flow export over UDP is not authenticated: whoever can send a datagram
 * with a router's address can make up an attack, and would have us cut off whom he likes. So it
 * takes two exporters that are listed and sound and each tell of a real share, or one that
 * something else bears out. Where packets count as they enter, the second one is a witness: it told
 * of the same ones further inside.
 */
#include <string.h>

#include "act/guard_inside.h"

#define CAPTURE "capture" /* what the reader of packet files calls itself */

bool guard_is_false(struct guard_look *k)
{
	return k->w->marked_false;
}

bool guard_ended(struct guard_look *k)
{
	return k->inc->f.state == FINDING_CLOSED;
}

bool guard_sampling(struct guard_look *k)
{
	if (k->inc->f.sampling_known)
		return false;
	if (k->inc->f.n_exporters == 1)
		snprintf(k->what, sizeof(k->what), "%.90s", k->inc->exporters[0]);
	return true;
}

static bool is_configured(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->n_exporters; i++)
		if (strcmp(c->exporters[i].name, name) == 0)
			return true;
	return false;
}

/* Packets that this machine captured itself: nobody can tell it about them from afar. */
static bool is_capture(const struct conf *c, const char *name)
{
	if (is_configured(c, name))
		return false;
	for (size_t i = 0; i < c->n_captures; i++)
		if (strcmp(c->captures[i].interface, name) == 0)
			return true;
	return strcmp(name, CAPTURE) == 0;
}

/* What is known of exporter @name; of one that the world does not tell of, what the configuration
 * says. */
static struct guard_exporter exporter(const struct guard_look *k, const char *name)
{
	bool own = is_capture(k->conf, name);

	for (unsigned j = 0; j < k->w->n_exporters; j++)
		if (strcmp(k->w->exporters[j].name, name) == 0)
			return k->w->exporters[j];
	return (struct guard_exporter){
		.name = name, .listed = own || is_configured(k->conf, name), .corroborated = own};
}

/* Who tells of the incident, each once: first those whose packets count, then the witnesses. */
struct tellers {
	struct guard_exporter of[FINDING_EXPORTERS_MAX + FINDING_WITNESSES_MAX];
	double share[FINDING_EXPORTERS_MAX + FINDING_WITNESSES_MAX]; /* of what counted, surely */
	unsigned n, counting;
};

static double *teller(struct tellers *t, const char *name)
{
	for (unsigned i = 0; i < t->n; i++)
		if (strcmp(t->of[i].name, name) == 0)
			return &t->share[i];
	return NULL;
}

static void add_teller(struct tellers *t, const struct guard_look *k, const char *name)
{
	if (teller(t, name))
		return;
	t->share[t->n] = 0;
	t->of[t->n++] = exporter(k, name);
}

static void add_share(struct tellers *t, const struct incident_witness *w)
{
	double *share = teller(t, w->exporter);

	if (share && w->share > *share)
		*share = w->share;
}

static void find_tellers(struct tellers *t, const struct guard_look *k)
{
	const struct incident *inc = k->inc;

	t->n = 0;
	for (unsigned i = 0; i < inc->f.n_exporters; i++)
		add_teller(t, k, inc->exporters[i]);
	t->counting = t->n;
	for (unsigned i = 0; i < inc->f.n_told_by; i++)
		add_share(t, &inc->told_by[i]);
	/* Whoever told of less of it may have told of the clients. */
	for (unsigned i = 0; i < inc->f.n_seen_by; i++) {
		if (!(inc->seen_by[i].share >= WITNESS_SHARE))
			continue;
		add_teller(t, k, inc->seen_by[i].exporter);
		add_share(t, &inc->seen_by[i]);
	}
}

static bool is_sound(const struct guard_exporter *e)
{
	return e->listed && !e->broken;
}

/* Of the sound ones whose packets count, who told of most; -1 none. */
static int first_of(const struct tellers *t)
{
	int first = -1;

	for (unsigned i = 0; i < t->counting; i++)
		if (is_sound(&t->of[i]) && (first < 0 || t->share[i] > t->share[first]))
			first = (int)i;
	return first;
}

/*
 * What of the attack is left, counted as it was counted, when the one who told of most is not
 * believed either. Where packets count on entry each of the others tells of other packets; where
 * sides are unknown they may tell of the same, and a witness always does.
 */
static double left_without(const struct tellers *t, unsigned first, bool adds_up)
{
	double sum = 0, most = 0;

	for (unsigned i = 0; i < t->n; i++) {
		if (i == first || !is_sound(&t->of[i]))
			continue;
		if (i < t->counting && adds_up)
			sum += t->share[i];
		else if (t->share[i] > most)
			most = t->share[i];
	}
	return sum > most ? sum : most;
}

/*
 * Does the incident stand on the exporters that can be believed? Its figures are those of the ones
 * that count, so one of these must be among them; a witness only bears it out. A second one bears
 * it out by a real share of it: a single packet to the target is told of by any router on the way
 * of its clients.
 */
static bool stands(const struct tellers *t, const struct incident *inc)
{
	int first = first_of(t);

	if (first < 0)
		return false;
	for (unsigned i = 0; i < t->n; i++)
		if (is_sound(&t->of[i]) && t->of[i].corroborated)
			return true;
	return left_without(t, (unsigned)first, inc->f.dedup == DEDUP_ENTRY) >= WITNESS_SHARE;
}

static bool first_bad(struct guard_look *k, bool unlisted)
{
	struct tellers t;

	find_tellers(&t, k);
	if (stands(&t, k->inc))
		return false;
	for (unsigned i = 0; i < t.n; i++) {
		const struct guard_exporter *e = &t.of[i];

		if (unlisted ? e->listed : !e->listed || !e->broken)
			continue;
		snprintf(k->what, sizeof(k->what), "%.90s", e->name);
		return true;
	}
	return false;
}

bool guard_unlisted(struct guard_look *k)
{
	return first_bad(k, true);
}

bool guard_broken(struct guard_look *k)
{
	return first_bad(k, false);
}

bool guard_one_exporter(struct guard_look *k)
{
	struct tellers t;
	int told;

	find_tellers(&t, k);
	if (stands(&t, k->inc))
		return false;
	told = first_of(&t);
	/* None of those that count is: a sound witness. */
	for (unsigned i = t.counting, none = told < 0; none && i < t.n; i++)
		told = is_sound(&t.of[i]) ? (int)i : told;
	if (told >= 0)
		snprintf(k->what, sizeof(k->what), "%.90s", t.of[told].name);
	return true;
}
