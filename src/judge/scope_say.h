/* SPDX-License-Identifier: ISC */
/*
 * From a judged scope to its sentences. Inside the room only.
 */
#pragma once

#include "judge/kind.h"
#include "judge/scope.h"

/* What the judging came upon beside the scope itself; texts are borrowed from the notices. */
struct scope_facts {
	const struct source_kinds *kinds;		   /* NULL: nothing was observed */
	const char *actor_says, *party_says, *hosted_says; /* who says it, NULL nobody */
	bool observed, countries;
	bool relayed; /* from bots, proxies or own customers: hosts that act for somebody */
	bool leaves;  /* own customers send it to others */
	bool actor_disputed, party_disputed, hosted_disputed;
};

/** scope_say() - fill reason and unknown of @out in both languages. */
void scope_say(const struct scope_facts *k, struct scope *out);
