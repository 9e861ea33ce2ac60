/* SPDX-License-Identifier: ISC */
/*
 * What a measure rests on. Flow export over UDP is not authenticated: whoever can send a datagram
 * with a router's address can make up an attack, and would have us cut off whom he likes. So it
 * takes two exporters that are listed and sound, or one that something else bears out.
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

/* What is known of the incident's @i-th exporter; of one that the world does not tell of, what the
 * configuration says. */
static struct guard_exporter exporter(const struct guard_look *k, unsigned i)
{
	const char *name = k->inc->exporters[i];
	bool own = is_capture(k->conf, name);

	for (unsigned j = 0; j < k->w->n_exporters; j++)
		if (strcmp(k->w->exporters[j].name, name) == 0)
			return k->w->exporters[j];
	return (struct guard_exporter){
		.name = name, .listed = own || is_configured(k->conf, name), .corroborated = own};
}

/* Does the incident stand on the exporters that can be believed alone? @n: how many these are. */
static bool stands(const struct guard_look *k, unsigned *n)
{
	bool borne_out = false;

	*n = 0;
	for (unsigned i = 0; i < k->inc->f.n_exporters; i++) {
		struct guard_exporter e = exporter(k, i);

		if (!e.listed || e.broken)
			continue;
		(*n)++;
		borne_out |= e.corroborated;
	}
	return *n >= 2 || borne_out;
}

static bool first_bad(struct guard_look *k, bool unlisted)
{
	unsigned n;

	if (stands(k, &n))
		return false;
	for (unsigned i = 0; i < k->inc->f.n_exporters; i++) {
		struct guard_exporter e = exporter(k, i);

		if (unlisted ? e.listed : !e.listed || !e.broken)
			continue;
		snprintf(k->what, sizeof(k->what), "%.90s", e.name);
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
	unsigned n;

	if (stands(k, &n))
		return false;
	for (unsigned i = 0; n && i < k->inc->f.n_exporters; i++) {
		struct guard_exporter e = exporter(k, i);

		if (e.listed && !e.broken)
			snprintf(k->what, sizeof(k->what), "%.90s", e.name);
	}
	return true;
}
