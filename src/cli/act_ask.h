/* SPDX-License-Identifier: ISC */
/*
 * What the verbs of `act` share: the configuration and the store, asking the role, and what its
 * answer becomes. Exit statuses are those of `act start`: 0 done, 2 usage, 3 refused by a guard, 4
 * refused by law or approval, 5 the router, the role or the store.
 */
#pragma once

#include <jansson.h>

#include "cli/setup.h"
#include "cli/verb.h"

struct act_where {
	bool json;
	const char *db, *conf;
	struct option_list own;
};

#define OPTIONS_ACT(type)                                                                          \
	OPTION_ARG("conf", 'c', "FILE", option_text, offsetof(type, w.conf),                       \
		   "configuration file, see noroshi.conf(5)",                                      \
		   "設定ファイル (noroshi.conf(5) を参照)"),                                       \
		OPTION_ARG("db", 'd', "DIR", option_text, offsetof(type, w.db),                    \
			   "directory of the store", "記録庫のディレクトリ"),                      \
		OPTION_ARG("own", 'o', "PREFIX", option_list, offsetof(type, w.own),               \
			   "an own prefix (repeatable)", "自網のプレフィックス (繰り返し可)"),     \
		OPTION_SWITCH("json", 'j', offsetof(type, w.json), "print JSON instead of text",   \
			      "テキストの代わりに JSON を出力する")

enum act_exit { ACT_EXIT_GUARD = 3, ACT_EXIT_LAW = 4, ACT_EXIT_ROUTER = 5 };

/** act_setup() - load the configuration, and the store's directory into it. Return: EXIT_GOOD with
 * an owned *@out, or another after saying why. */
int act_setup(struct cli *cli, const struct act_where *w, struct conf **out);

/** act_status() - a status of act_setup() for verbs of which 3 is a guard's. */
static inline int act_status(int status)
{
	return status == EXIT_CONF     ? EXIT_USAGE
	       : status == EXIT_BROKEN ? (int)ACT_EXIT_ROUTER
				       : status;
}

/**
 * act_ask() - the role. @request is taken; NULL is out of memory.
 * Return: EXIT_GOOD with an owned *@reply; 1 where no role runs (nothing was said); or an exit
 * status after saying why.
 */
#define ACT_NO_ROLE 1
int act_ask(struct cli *cli, const struct conf *conf, json_t *request, json_t **reply);

/** act_no_role() - says that the role is needed. Return: ACT_EXIT_ROUTER. */
int act_no_role(struct cli *cli, const struct conf *conf);

/** act_said() - print the answer: a refusal on cli->err, with --json on cli->out as well. Takes
 * @reply. Return: its exit status. */
int act_said(struct cli *cli, bool json, json_t *reply);

/** act_what() - what an answer says of the measure that it is about, "" nothing. Borrowed. */
const char *act_what(const struct cli *cli, const json_t *reply);

/** act_put() - a text into a request, where it is said. */
void act_put(json_t *o, const char *key, const char *s);

/** act_signature() - the signature in file @path, with who signed, into a request. Return:
 * EXIT_GOOD, or EXIT_USAGE after saying why. */
int act_signature(struct cli *cli, const char *by, const char *path, json_t *o);

/**
 * act_until() - "2026-11-26T12:00:00Z", "07:30" by the desk's clock, or "2h" from now. @text NULL:
 * TIME_NONE. Return: EXIT_GOOD, or EXIT_USAGE after saying why.
 */
int act_until(struct cli *cli, const struct conf *conf, const char *text, int64_t *out);
