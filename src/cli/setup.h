/* SPDX-License-Identifier: ISC */
/*
 * What several verbs need before they can begin: the configuration with the command line's
 * additions, and the store they are to look into.
 */
#pragma once

#include "cli/verb.h"
#include "conf/conf.h"
#include "store/store.h"

static inline void conf_drop(struct conf **c)
{
	if (*c)
		*c = conf_unref(*c);
}
#define _cleanup_conf_ _cleanup_(conf_drop)

/* What `read` and `watch` add to a configuration. */
struct conf_additions {
	const char *path; /* NULL: the one built in */
	struct option_list own, threshold;
};

/**
 * setup_conf() - load @a->path and add --own and --threshold.
 * @messages: what is wrong, or warnings, one line each.
 * Return: EXIT_GOOD with an owned reference in *@out, EXIT_CONF, EXIT_USAGE (an addition does not
 * hold) or EXIT_BROKEN.
 */
int setup_conf(const struct conf_additions *a, struct conf **out, struct text *messages);

/**
 * setup_db() - the store's directory: @db, else that of configuration @path, else that built in.
 * @buf: CONF_TEXT_MAX. Return: EXIT_GOOD, or EXIT_CONF or EXIT_USAGE after saying why.
 */
int setup_db(struct cli *cli, const char *db, const char *path, char *buf);

/** setup_store() - open the store of setup_db() for reading. Return: as setup_db(), or EXIT_STORE.
 */
int setup_store(struct cli *cli, const char *db, const char *path, struct store **out);

/** setup_language() - Japanese where @c says so, unless the command line said a language. */
void setup_language(struct cli *cli, const struct conf *c);

/** setup_complain() - lines of @messages on cli->err, each a sentence of this verb. */
void setup_complain(const struct cli *cli, const struct text *messages);

/** language_name() - "en" or "ja", as other rooms want it. */
const char *language_name(const struct cli *cli);

/** setup_name_ok() - a name that may stand in a log: one line of UTF-8, shorter than @room. */
bool setup_name_ok(const char *s, size_t room);

/** setup_actor() - who types: @by (an option's value, may be NULL), else the login name. Return:
 * EXIT_GOOD, or EXIT_USAGE after saying what is wrong with @by. */
int setup_actor(const struct cli *cli, const char *by, char *buf, size_t room);
