/* SPDX-License-Identifier: ISC */
/*
 * Whose addresses a measure takes along, and who of them agreed to it beforehand. Consent is of one
 * owner, for his own addresses: nobody agrees for his neighbour in the same prefix.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "conf/conf.h"

struct plan_option;

#define OWNERS_MAX 16

struct owner {
	const char *name; /* customer, else the protected object; borrowed */
	bool is_object; /* owner of the incident's object, or of what is attacked where it has none
			 */
	bool agreed;	/* for all that is his in the prefix */
	const struct conf_measure
		*measure; /* that he agreed to, NULL none; the shortest of several */
};

struct owners {
	struct owner owner[OWNERS_MAX];
	unsigned n;
	bool more; /* than there is room for: of these nothing is known */
};

/** owners_of() - all with addresses in the target of @o: of prefixes around it the narrowest, and
 * every one inside. @object: of the incident, NULL none. Pure. */
void owners_of(const struct conf *conf, const struct conf_object *object,
	       const struct plan_option *o, struct owners *out);

/** owners_others_agreed() - did each of them but the object's own? Where there are none too. */
bool owners_others_agreed(const struct owners *w);

/** owners_missing() - names of those but the object's own who did not, a comma between; at most
 * @room bytes with the NUL, whole names. Return: how many. */
unsigned owners_missing(const struct owners *w, char *buf, size_t room);

/** owners_agreement() - where each of them agreed: their references into @refs (@room bytes, a
 * comma between, cut at a whole character) and the shortest time in @max_s, 0 no limit. Return:
 * false, "" and 0 where somebody did not. */
bool owners_agreement(const struct owners *w, char *refs, size_t room, uint64_t *max_s);

/** owners_alone() - is @o a matter of the owner of @object alone? Its own prefixes hold the target
 * and where each rule goes, and a route takes nobody along who did not agree. @object: NULL is
 * nobody's. */
bool owners_alone(const struct conf *conf, const struct conf_object *object,
		  const struct plan_option *o);

/** owners_measure() - the first of `measures` of @object that has a reference and agrees to what @o
 * does, wherever that may be; NULL none. */
const struct conf_measure *owners_measure(const struct conf_object *object,
					  const struct plan_option *o);
