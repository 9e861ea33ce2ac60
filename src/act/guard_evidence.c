/* SPDX-License-Identifier: ISC */
/*
 * What a measure rests on. Flow export over UDP is not authenticated: whoever can send a datagram
 * with a router's address can make up an attack, and would have us cut off whom he likes. So it
 * takes two exporters that are listed and sound, or one that something else bears out. Where
 * packets count as they enter, the second one is a witness: it told of the same ones further
 * inside.
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
	unsigned n, counting;
};

static void add_teller(struct tellers *t, const struct guard_look *k, const char *name)
{
	for (unsigned i = 0; i < t->n; i++)
		if (strcmp(t->of[i].name, name) == 0)
			return;
	t->of[t->n++] = exporter(k, name);
}

static void find_tellers(struct tellers *t, const struct guard_look *k)
{
	const struct incident *inc = k->inc;

	t->n = 0;
	for (unsigned i = 0; i < inc->f.n_exporters; i++)
		add_teller(t, k, inc->exporters[i]);
	t->counting = t->n;
	/* Whoever told of less of it may have told of the clients. */
	for (unsigned i = 0; i < inc->f.n_seen_by; i++)
		if (inc->seen_by[i].share >= WITNESS_SHARE)
			add_teller(t, k, inc->seen_by[i].exporter);
}

static bool is_sound(const struct guard_exporter *e)
{
	return e->listed && !e->broken;
}

/*
 * Does the incident stand on the exporters that can be believed? Its figures are those of the ones
 * that count, so one of these must be among them; a witness only bears it out.
 */
static bool stands(const struct tellers *t)
{
	unsigned sound = 0, counting = 0;
	bool borne_out = false;

	for (unsigned i = 0; i < t->n; i++) {
		if (!is_sound(&t->of[i]))
			continue;
		sound++;
		counting += i < t->counting;
		borne_out |= t->of[i].corroborated;
	}
	return counting && (sound >= 2 || borne_out);
}

static bool first_bad(struct guard_look *k, bool unlisted)
{
	struct tellers t;

	find_tellers(&t, k);
	if (stands(&t))
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

	find_tellers(&t, k);
	if (stands(&t))
		return false;
	for (unsigned i = 0; i < t.n; i++)
		if (is_sound(&t.of[i]))
			snprintf(k->what, sizeof(k->what), "%.90s", t.of[i].name);
	return true;
}
