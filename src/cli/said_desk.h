/* SPDX-License-Identifier: ISC */
/*
 * What the verbs share that mark, suppress and tune: the configuration, the watch store, and what
 * people said in the desk's database beside it.
 */
#pragma once

#include "cli/setup.h"
#include "cli/verb.h"
#include "duty/said.h"

struct said_options {
	bool json;
	const char *db, *conf;
};

#define OPTIONS_SAID(type)                                                                         \
	OPTION_ARG("db", 'd', "DIR", option_text, offsetof(type, o.db), "directory of the store",  \
		   "記録庫のディレクトリ"),                                                        \
		OPTION_ARG("conf", 'c', "FILE", option_text, offsetof(type, o.conf),               \
			   "configuration file, see noroshi.conf(5)",                              \
			   "設定ファイル (noroshi.conf(5) を参照)"),                               \
		OPTION_SWITCH("json", 'j', offsetof(type, o.json), "print JSON instead of text",   \
			      "テキストの代わりに JSON を出力する")

#define OPTION_BY(type)                                                                            \
	OPTION_ARG("by", 0, "NAME", option_text, offsetof(type, by),                               \
		   "who does this; the login name when not said",                                  \
		   "操作する人の名前。指定がなければログイン名")

#define OPTION_REASON(type)                                                                        \
	OPTION_ARG("reason", 'r', "TEXT", option_text, offsetof(type, reason), "why, one line",    \
		   "理由 (1 行)")

struct said_desk {
	struct conf *conf;
	char dir[CONF_TEXT_MAX];
	struct store *watch;
	struct desk_db *desk; /* NULL: nothing was said yet, and this only reads */
	struct said said;
	char actor[DESK_ACTOR_MAX];
	int64_t now_us;
};

void said_desk_close(struct said_desk *x);
#define _cleanup_said_desk_ _cleanup_(said_desk_close)

/** said_desk_open() - for reading. Return: EXIT_GOOD, or another after saying why. */
int said_desk_open(struct cli *cli, const struct said_options *o, struct said_desk *x);

/** said_desk_write() - open the desk's database for writing, as @by. Return: as above. */
int said_desk_write(struct cli *cli, const char *by, struct said_desk *x);

/** said_desk_act() - write an act with its line of the log; @body_take is freed. Return: as above.
 */
int said_desk_act(struct cli *cli, struct said_desk *x, const char *act, const char *subject,
		  char *body_take);

/** said_reason() - is @reason one line that fits? Return: EXIT_GOOD, or EXIT_USAGE after saying so.
 */
int said_reason(struct cli *cli, const char *reason);

/** said_object() - the protected object called @name. NULL after saying which is nearest. */
const struct conf_object *said_object(struct cli *cli, const struct said_desk *x, const char *name);

/** said_json() - what was said of @inc, added to its JSON @o where there is anything. */
void said_json(const struct said_desk *x, const struct incident *inc, json_t *o);

/** said_put() - a key into a JSON object, which may be NULL; what is lost is noted. */
void said_put(json_t *o, const char *key, json_t *value_take);

/** said_line() - one JSON object and a newline; takes @o, NULL is out of memory. Return: EXIT_GOOD
 * or EXIT_BROKEN. */
int said_line(struct cli *cli, json_t *o);
