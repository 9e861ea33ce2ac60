/* SPDX-License-Identifier: ISC */
/*
 * What `act renew ID` asks for where it was typed without a reason or without an end, as a page
 * says it: at a terminal only. A script is refused as before.
 */
#pragma once

#include "act/law.h"
#include "cli/verb.h"
#include "conf/conf.h"

struct renew_words {
	char necessity[LAW_WORDS_MAX]; /* in and out; "" ask */
	char until[64];		       /* the same; as act_until() reads it */
};

/** renew_may_ask() - do standard input and output belong to somebody? */
bool renew_may_ask(const struct cli *cli);

/** renew_ask() - what is missing in @w, for the measure that @id begins. Return: EXIT_GOOD, or
 * EXIT_USAGE after saying that nothing was said. */
int renew_ask(struct cli *cli, const struct conf *conf, const char *id, struct renew_words *w);
