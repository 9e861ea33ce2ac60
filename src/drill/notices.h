/* SPDX-License-Identifier: ISC */
/*
 * Notices as people would write them about the attacks of a scenario, with the truth: which attack
 * each speaks of, or none, and which mistakes its writer made. Made from the plan of the scenario;
 * nothing of whoever reads or matches them is used here.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "base/ip.h"
#include "base/text.h"
#include "base/vector.h"
#include "drill/random.h"

#define NOTICE_LEDGER	    "ledger" /* a population of attacks of its own, without traffic */
#define NOTICE_ATTACKS_MAX  8192
#define NOTICE_ATTACK_LINKS 3
#define NOTICE_ATTACK_PARTS 4

struct noticed_attack {
	char id[32]; /* "a001" as in the truth of the scenario */
	char target[PREFIX_TEXT_MAX];
	char object[64]; /* name of the protected object, "" none */
	int64_t first_us, last_us;
	struct {
		enum vector vector;
		uint16_t port;
	} part[NOTICE_ATTACK_PARTS];
	unsigned n_parts;
	const char *link[NOTICE_ATTACK_LINKS];
	unsigned n_links;
};

struct noticed_attacks {
	struct noticed_attack *list; /* owned */
	unsigned n;
	int64_t from_us, until_us;
};

/** noticed_attacks_make() - the attacks of @scenario with @seed, by the plan. Return: 0, or
 * -ENOENT, -ENOMEM. */
int noticed_attacks_make(const char *scenario, uint64_t seed, struct noticed_attacks *out);
void noticed_attacks_deinit(struct noticed_attacks *a);

/**
 * notice_make() - one notice: `{notice: {...}, truth: {attack, form, mistakes[]}}`, owned, or NULL
 * without memory. @r: drawn from, so that the same seed gives the same notices.
 */
json_t *notice_make(const struct noticed_attacks *a, struct rng *r);

/** notice_attack_json() - `{attack: {id, target, object, first, last, vectors[], links[]}}`. */
json_t *notice_attack_json(const struct noticed_attack *a);

/**
 * drill_notices() - @count notices as JSON lines on @out, before them the attacks when @attacks.
 * Return: 0, or a negative error with the reason in @why.
 */
int drill_notices(const char *scenario, uint64_t seed, unsigned count, bool attacks, FILE *out,
		  struct text *why);
