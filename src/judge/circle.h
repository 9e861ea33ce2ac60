/* SPDX-License-Identifier: ISC */
/*
 * Circles: how far a notice or a note may go. Confidentiality is held by the team, not by its
 * company (the rule of FIRST), so each thing that somebody told us carries its circle from the
 * start, and every question is asked by a viewer. This is a filter, not a lock: who can read the
 * database reads all of it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

#define CIRCLE_PERSONS_MAX 256 /* bytes of all names together */
#define CIRCLE_TEXT_MAX	   (CIRCLE_PERSONS_MAX + 16)
#define VIEWER_PERSON_MAX  64

/* The team that answers incidents; the desk around it; the whole company; named persons alone. */
enum circle_kind { CIRCLE_TEAM, CIRCLE_DESK, CIRCLE_COMPANY, CIRCLE_PERSONS, CIRCLE_COUNT };

struct circle {
	enum circle_kind kind;
	char persons[CIRCLE_PERSONS_MAX]; /* CIRCLE_PERSONS: names with commas between */
};

/* VIEWER_ALL answers for the store itself: the audit's numbers, erasing, moving house. */
enum viewer_rank { VIEWER_COMPANY, VIEWER_DESK, VIEWER_TEAM, VIEWER_ALL, VIEWER_COUNT };

struct viewer {
	enum viewer_rank rank;
	char person[VIEWER_PERSON_MAX]; /* "" nobody in particular */
};

/** circle_parse() - "team", "desk", "company" or "persons:NAME,NAME". Return: 0, or -EINVAL with
 * the reason in @why (may be NULL). */
int circle_parse(const char *text, struct circle *out, struct text *why);

/** circle_format() - the reverse. @buf: CIRCLE_TEXT_MAX. Return: @buf. */
char *circle_format(const struct circle *c, char *buf);

/** circle_word() - "team" ..., for people in "en" or "ja". */
const char *circle_word(enum circle_kind kind, const char *language);

/**
 * circle_seen() - may @v see what is for @c? The team sees what is for team, desk and company, the
 * desk what is for desk and company; what is for named persons only they see, whatever their rank.
 */
bool circle_seen(const struct circle *c, const struct viewer *v);

/** viewer_rank_parse() - "company", "desk", "team" or "all". Return: 0 or -EINVAL. */
int viewer_rank_parse(const char *text, enum viewer_rank *out);
const char *viewer_rank_name(enum viewer_rank r);
