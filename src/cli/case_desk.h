/* SPDX-License-Identifier: ISC */
/*
 * What every verb of `case` shares: who is asking, the desk's database beside the watch store, and
 * the calendars.
 */
#pragma once

#include "cli/belongs.h"
#include "cli/setup.h"
#include "cli/verb.h"
#include "desk/desk.h"

struct case_options {
	bool json;
	const char *db, *conf, *person;
	int circle; /* 1 + enum viewer_rank */
};

/* For verbs that write. */
struct case_writing {
	const char *by, *written_for;
};

#define OPTIONS_CASE(type)                                                                         \
	OPTION_ARG("db", 'd', "DIR", option_text, offsetof(type, c.db), "directory of the store",  \
		   "記録庫のディレクトリ"),                                                        \
		OPTION_ARG("conf", 'c', "FILE", option_text, offsetof(type, c.conf),               \
			   "configuration file, see noroshi.conf(5)",                              \
			   "設定ファイル (noroshi.conf(5) を参照)"),                               \
		OPTION_CHOICE("circle", 0, "CIRCLE", "company desk team all",                      \
			      offsetof(type, c.circle), "show what this circle may see",           \
			      "この範囲の人が見てよいものだけを扱う"),                             \
		OPTION_ARG("person", 0, "NAME", option_text, offsetof(type, c.person),             \
			   "who is asking, for what only named persons may see",                   \
			   "見ている人の名前。指名者だけが見てよいものに使う"),                    \
		OPTION_SWITCH("json", 'j', offsetof(type, c.json), "print JSON instead of text",   \
			      "テキストの代わりに JSON を出力する")

#define OPTIONS_CASE_WRITING(type)                                                                 \
	OPTION_ARG("by", 0, "NAME", option_text, offsetof(type, w.by),                             \
		   "who does this; the login name when not said",                                  \
		   "操作する人の名前。指定がなければログイン名"),                                  \
		OPTION_ARG("for", 0, "CIRCLE", option_text, offsetof(type, w.written_for),         \
			   "who may see what is written: team, desk, company or "                  \
			   "persons:NAME,NAME",                                                    \
			   "書いたものを見てよい範囲: team、desk、company、persons:名前,名前")

struct case_desk {
	struct conf *conf;
	struct store *watch;
	struct calendar *calendar;
	struct desk d;
};

void case_desk_close(struct case_desk *x);
#define _cleanup_case_desk_ _cleanup_(case_desk_close)

/**
 * case_desk_open() - all of it. @w: NULL reads only; else what is past its time is erased first.
 * Return: EXIT_GOOD, or another after saying why.
 */
int case_desk_open(struct cli *cli, const struct case_options *o, const struct case_writing *w,
		   struct case_desk *x);

/** case_fail() - "@what: sentence of @answer". Return: EXIT_STORE, EXIT_USAGE or EXIT_BROKEN. */
int case_fail(struct cli *cli, const char *what, int answer);

/** case_get() - the case that operand @id names. Return: EXIT_GOOD or another after saying why. */
int case_get(struct cli *cli, struct case_desk *x, const char *id, struct desk_case **out);

/** case_print_json() - one line; takes @o, NULL is out of memory. Return: EXIT_GOOD or
 * EXIT_BROKEN. */
int case_print_json(struct cli *cli, json_t *o);

/** case_read_all() - a file, or with "-" the standard input, of at most @max bytes. Return:
 * EXIT_GOOD or EXIT_USAGE after saying why. */
int case_read_all(struct cli *cli, const char *path, size_t max, struct text *out);

/** case_proposals() - what @propose says of a case, printed or as JSON @into (may be NULL). */
int case_proposals(struct cli *cli, struct case_desk *x, const struct desk_case *only,
		   json_t *into);
