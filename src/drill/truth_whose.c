/* SPDX-License-Identifier: ISC */
/*
 * The truth about whose an attack is: kinds are counted packet by packet as everything else; scope
 * and notices are what the scenario is about and stand as it says them.
 */
#include <errno.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/vector.h"
#include "drill/truth.h"

static const char *const kind_words[TRUTH_KINDS] = {
	[TRUTH_FORGED] = "unknown",	     [TRUTH_BOTS] = "bots",
	[TRUTH_PROXIES] = "open_proxies",    [TRUTH_REFLECTORS] = "reflectors",
	[TRUTH_CUSTOMERS] = "own_customers", [TRUTH_SINGLE] = "single_host",
};

int truth_kinds_count(struct truth_kinds *k, const struct packet *p)
{
	bool tcp = p->kind == TRUTH_REFLECTORS && p->proto == IPPROTO_OF_TCP;
	uint16_t port = p->kind == TRUTH_REFLECTORS && !tcp ? p->sport : 0;
	unsigned i = 0;

	while (i < k->n &&
	       (k->row[i].kind != p->kind || k->row[i].port != port || k->row[i].tcp != tcp))
		i++;
	if (i == TRUTH_WHOSE_MAX)
		return 0;
	if (i == k->n) {
		k->n++;
		k->row[i].kind = p->kind;
		k->row[i].port = port;
		k->row[i].tcp = tcp;
	}
	k->row[i].packets++;
	return drill_crowd_count(&k->row[i].sources, &p->src, (uint32_t)time_floor_s(p->time_us),
				 false);
}

void truth_kinds_deinit(struct truth_kinds *k)
{
	for (unsigned i = 0; i < k->n; i++)
		drill_crowd_deinit(&k->row[i].sources);
	k->n = 0;
}

static json_t *protocol_json(bool tcp, uint16_t port)
{
	char text[32];

	if (tcp)
		return json_string("tcp");
	if (!port)
		return json_null();
	if (reflector_name(port))
		return json_string(reflector_name(port));
	snprintf(text, sizeof(text), "port%u", port);
	return json_string(text);
}

json_t *truth_kinds_json(const struct truth_kinds *k)
{
	json_t *list = json_array();
	uint64_t packets = 0;

	for (unsigned i = 0; i < k->n; i++)
		packets += k->row[i].packets;
	for (unsigned i = 0; list && i < k->n; i++)
		json_array_append_new(
			list, json_pack("{s:s, s:o, s:f, s:I}", "kind", kind_words[k->row[i].kind],
					"protocol", protocol_json(k->row[i].tcp, k->row[i].port),
					"share", (double)k->row[i].packets / (double)packets,
					"count", (json_int_t)k->row[i].sources.n));
	return list;
}

static json_t *number_or_null(unsigned n)
{
	return n ? json_integer(n) : json_null();
}

static json_t *word_or_null(const char *s)
{
	return s ? json_string(s) : json_null();
}

static json_t *scope_json(const struct scope_truth *s)
{
	return json_pack("{s:s, s:s, s:s, s:o, s:o}", "target", s->target, "traffic", s->traffic,
			 "actor", s->actor, "pattern", number_or_null(s->pattern), "possible",
			 number_or_null(s->possible));
}

static json_t *notices_json(const struct scenario *s)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < s->n_notices; i++) {
		const struct notice_row *n = &s->notices[i];

		json_array_append_new(
			list, json_pack("{s:s, s:s, s:o, s:o, s:o, s:b, s:b}", "from", n->from,
					"says", n->says, "target", word_or_null(n->target), "actor",
					word_or_null(n->actor), "actor_country",
					word_or_null(n->actor_country), "no_domestic_party",
					n->no_domestic_party, "hosted_abroad", n->hosted_abroad));
	}
	return list;
}

int truth_whose_json(const struct scenario *s, json_t *truth)
{
	const struct scope_truth *told = s->told.target ? &s->told : &s->seen;

	/* Where nothing can be seen of an attack, there is no scope to be seen either. */
	if (json_object_set_new(truth, "scope",
				s->seen.target ? scope_json(&s->seen) : json_null()) ||
	    json_object_set_new(truth, "scope_told", scope_json(told)) ||
	    json_object_set_new(truth, "notices", notices_json(s)))
		return -ENOMEM;
	return 0;
}
