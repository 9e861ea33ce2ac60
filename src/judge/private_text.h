/* SPDX-License-Identifier: ISC */
/*
 * A text that cannot be printed by accident: a person's name, address, number. What it holds is
 * not in the header, so no format and no copy reaches it; only private_text_reveal() does, and it
 * asks for whom.
 */
#pragma once

#include "judge/circle.h"

struct private_text;

/** private_text_new() - a copy of @secret, for @circle and, whatever that is, the desk at the
 * widest. Owned; NULL without memory. */
struct private_text *private_text_new(const char *secret, const struct circle *circle);

/** private_text_free() - overwrites it first. Return: NULL. */
struct private_text *private_text_free(struct private_text *p);

/** private_text_reveal() - the text for @viewer, borrowed; NULL where it is none of theirs, or @p
 * is NULL. */
const char *private_text_reveal(const struct private_text *p, const struct viewer *viewer);
