/* SPDX-License-Identifier: ISC */
/* What `case audit` and `audit` share: does the log hold, in JSON and in words. */
#pragma once

#include <jansson.h>

#include "cli/verb.h"
#include "store/desk.h"

/** audit_verdict_json() - @all: also how many lines there are and which does not hold. Owned; NULL
 * without memory. */
json_t *audit_verdict_json(const struct desk_verdict *v, bool all);

/** audit_tell_verdict() - a sentence: on cli->out where it holds, else on cli->err. @all: as above.
 * Return: EXIT_GOOD or EXIT_STORE. */
int audit_tell_verdict(struct cli *cli, const struct desk_verdict *v, bool all);
