/* SPDX-License-Identifier: ISC */
/* Rules of every kind that a plan makes, by name: what tests render, and try with packets. */
#pragma once

#include <assert.h>
#include <string.h>

#include "act/rule.h"
#include "base/cleanup.h"

#define KIT_TCP_SYN 0x02
#define KIT_TCP_ACK 0x10

struct kit_condition {
	enum rule_field field;
	uint16_t from, to;
};

struct kit_rule {
	const char *name, *destination, *source; /* source NULL: any */
	struct kit_condition on[10];		 /* until from and to are both 0 */
	enum rule_action action;
	double limit_bps;
	const char *redirect;
};

#define KIT_PROTOCOL(p)                                                                            \
	{                                                                                          \
		RULE_PROTOCOL, p, p                                                                \
	}
#define KIT_FROM(p)                                                                                \
	{                                                                                          \
		RULE_SOURCE_PORT, p, p                                                             \
	}
#define KIT_TO(p)                                                                                  \
	{                                                                                          \
		RULE_DESTINATION_PORT, p, p                                                        \
	}

static const struct kit_rule kit_rules[] = {
	{.name = "syn-flood",
	 .destination = "198.51.100.80",
	 .on = {KIT_PROTOCOL(6), KIT_TO(80), KIT_TO(443), {RULE_TCP_FLAGS, 0x02, 0x12}}},
	{.name = "dns-amplification",
	 .destination = "198.51.100.53",
	 .on = {KIT_PROTOCOL(17), KIT_FROM(53), {RULE_LENGTH, 513, 65535}}},
	{.name = "ntp-amplification",
	 .destination = "198.51.100.123",
	 .on = {KIT_PROTOCOL(17), KIT_FROM(123), {RULE_LENGTH, 440, 480}}},
	{.name = "memcached-amplification",
	 .destination = "198.51.100.111",
	 .on = {KIT_PROTOCOL(17), KIT_FROM(11211)}},
	{.name = "many-reflectors",
	 .destination = "198.51.100.9",
	 .on = {KIT_PROTOCOL(17),
		KIT_FROM(1900),
		KIT_FROM(389),
		KIT_FROM(123),
		KIT_FROM(53),
		{RULE_DESTINATION_PORT, 1024, 65535}}},
	{.name = "later-fragments",
	 .destination = "198.51.100.60",
	 .on = {KIT_PROTOCOL(17), {RULE_FRAGMENT, FRAGMENT_IS, FRAGMENT_IS}}},
	{.name = "all-fragments",
	 .destination = "198.51.100.61",
	 .on = {{RULE_FRAGMENT, FRAGMENT_IS, FRAGMENT_IS},
		{RULE_FRAGMENT, FRAGMENT_FIRST, FRAGMENT_FIRST}}},
	{.name = "no-later-fragments",
	 .destination = "198.51.100.62",
	 .on = {KIT_PROTOCOL(17), {RULE_FRAGMENT, 0, FRAGMENT_IS}}},
	{.name = "icmp-echo",
	 .destination = "198.51.100.70",
	 .on = {KIT_PROTOCOL(1), {RULE_ICMP_TYPE, 8, 8}, {RULE_LENGTH, 1000, 65535}}},
	{.name = "carpet",
	 .destination = "203.0.113.0/24",
	 .on = {KIT_PROTOCOL(17), {RULE_DESTINATION_PORT, 0, 1023}, KIT_TO(8080)}},
	{.name = "protocol-flood", .destination = "198.51.100.47", .on = {KIT_PROTOCOL(47)}},
	{.name = "two-protocols",
	 .destination = "198.51.100.48",
	 .on = {KIT_PROTOCOL(6), KIT_PROTOCOL(17), KIT_TO(0xffff)}},
	{.name = "odd-flags",
	 .destination = "198.51.100.81",
	 .on = {KIT_PROTOCOL(6), {RULE_TCP_FLAGS, 0x03, 0x03}, {RULE_TCP_FLAGS, 0, 0x3f}}},
	{.name = "marked",
	 .destination = "198.51.100.82",
	 .on = {KIT_PROTOCOL(17), {RULE_DSCP, 8, 10}, {RULE_DSCP, 46, 46}}},
	{.name = "one-source",
	 .destination = "198.51.100.83",
	 .source = "192.0.2.128/25",
	 .on = {KIT_PROTOCOL(6), KIT_TO(443)}},
	{.name = "everything", .destination = "198.51.100.90"},
	{.name = "limit",
	 .destination = "198.51.100.84",
	 .on = {KIT_PROTOCOL(17)},
	 .action = RULE_LIMIT,
	 .limit_bps = 8e6},
	{.name = "redirect",
	 .destination = "198.51.100.85",
	 .on = {KIT_PROTOCOL(17)},
	 .action = RULE_REDIRECT,
	 .redirect = "64500:666"},
	{.name = "v6-syn-flood",
	 .destination = "2001:db8:5::80",
	 .on = {KIT_PROTOCOL(6), KIT_TO(443), {RULE_TCP_FLAGS, 0x02, 0x12}}},
	{.name = "v6-dns-amplification",
	 .destination = "2001:db8:5::53",
	 .on = {KIT_PROTOCOL(17), KIT_FROM(53), {RULE_LENGTH, 513, 65535}}},
	{.name = "v6-icmp-echo",
	 .destination = "2001:db8:5::70",
	 .on = {KIT_PROTOCOL(58), {RULE_ICMP_TYPE, 128, 128}}},
	{.name = "v6-later-fragments",
	 .destination = "2001:db8:5::60",
	 .on = {KIT_PROTOCOL(17), {RULE_FRAGMENT, FRAGMENT_IS, FRAGMENT_IS}}},
	{.name = "v6-no-later-fragments",
	 .destination = "2001:db8:5::62",
	 .on = {{RULE_FRAGMENT, 0, FRAGMENT_IS}}},
	{.name = "v6-carpet",
	 .destination = "2001:db8:5:1::/64",
	 .on = {KIT_PROTOCOL(17), {RULE_DESTINATION_PORT, 1, 1023}}},
	{.name = "v6-marked",
	 .destination = "2001:db8:5::82",
	 .on = {KIT_PROTOCOL(17), {RULE_DSCP, 46, 46}}},
	{.name = "v6-limit",
	 .destination = "2001:db8:5::84",
	 .on = {KIT_PROTOCOL(17)},
	 .action = RULE_LIMIT,
	 .limit_bps = 8e6},
};

/* A range more of a condition, in the order of fields. */
static inline void kit_on(struct rule *r, enum rule_field field, uint16_t from, uint16_t to)
{
	unsigned at = 0;

	while (at < r->n_conditions && r->condition[at].field < field)
		at++;
	if (at == r->n_conditions || r->condition[at].field != field) {
		assert(r->n_conditions < RULE_CONDITIONS_MAX);
		memmove(&r->condition[at + 1], &r->condition[at],
			(r->n_conditions - at) * sizeof(r->condition[0]));
		r->condition[at] = (struct rule_condition){.field = field};
		r->n_conditions++;
	}
	assert(r->condition[at].n < RULE_RANGES_MAX);
	r->condition[at].range[r->condition[at].n++] = (struct rule_range){from, to};
}

static inline struct rule kit_rule(const struct kit_rule *k)
{
	struct rule r = {.action = k->action, .limit_bps = k->limit_bps};
	int wrong = prefix_parse(k->destination, false, &r.destination);

	if (k->source) {
		r.has_source = true;
		wrong |= prefix_parse(k->source, false, &r.source);
	}
	assert(!wrong);
	for (size_t i = 0; i < ARRAY_LEN(k->on); i++)
		if (k->on[i].from || k->on[i].to)
			kit_on(&r, k->on[i].field, k->on[i].from, k->on[i].to);
	if (k->redirect)
		strncpy(r.redirect, k->redirect, sizeof(r.redirect) - 1);
	return r;
}

static inline struct rule kit_rule_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(kit_rules); i++)
		if (strcmp(kit_rules[i].name, name) == 0)
			return kit_rule(&kit_rules[i]);
	assert(!"a rule of that name");
	return (struct rule){0};
}
