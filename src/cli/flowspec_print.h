/* SPDX-License-Identifier: ISC */
/*
 * What is said of one FlowSpec NLRI: whether it is accepted, normalised or refused, as a line for
 * people or as JSON (doc/flowspec.md).
 */
#pragma once

#include <jansson.h>

#include "act/flowspec.h"
#include "cli/verb.h"

enum flowspec_state { FLOWSPEC_ACCEPTED, FLOWSPEC_NORMALISED, FLOWSPEC_REFUSED };

struct flowspec_answer {
	enum flowspec_state state;
	bool framed;	/* it came with its length */
	bool ambiguous; /* the other way it reads as well */
	bool has_path;	/* it came with a path identifier: path */
	uint32_t path;
	const struct flowspec *spec;	     /* means nothing where refused */
	const struct flowspec_actions *then; /* from communities; may be empty */
	struct flowspec_verdict verdict;
	const uint8_t *given; /* the octets it is about, NULL none */
	size_t n_given;
	char *clean, *canonical; /* owned; hexadecimal with the length; NULL where refused */
	size_t head;		 /* digits of clean that are the length */
	size_t canonical_head;
};

/**
 * flowspec_answer_make() - from what was decoded; @strict: what has to be ignored is refused.
 * Return: 0 or -ENOMEM; either way flowspec_answer_deinit() is to be called.
 */
int flowspec_answer_make(const struct flowspec *spec, bool decoded, bool strict,
			 struct flowspec_answer *a);
void flowspec_answer_deinit(struct flowspec_answer *a);
#define _cleanup_flowspec_answer_ _cleanup_(flowspec_answer_deinit)

/** flowspec_answer_refuse() - an answer to what is no NLRI at all. */
void flowspec_answer_refuse(struct flowspec_answer *a, enum flowspec_reason why);

/** flowspec_answer_say() - the line of `check`, and a second one where the canonical form differs.
 */
void flowspec_answer_say(const struct cli *cli, const struct flowspec_answer *a, struct text *out);

/** flowspec_answer_packets() - what it matches and what is done with that, on one line without end.
 */
void flowspec_answer_packets(const struct flowspec_answer *a, struct text *out);

/** flowspec_answer_doubt() - a line where it could be read another way; else nothing. */
void flowspec_answer_doubt(const struct cli *cli, const struct flowspec_answer *a,
			   struct text *out);

/** flowspec_answer_json() - owned, NULL without memory. */
json_t *flowspec_answer_json(const struct flowspec_answer *a);
