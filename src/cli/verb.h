/* SPDX-License-Identifier: ISC */
/*
 * Verbs and options are rows. A verb file ends with one `struct verb`, main.c lists them, and the
 * parser, the help, the completion, `help --json` and the test of the manual pages all read the
 * same rows: nothing about a verb stands in two places.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/text.h"

/* What the program says to the shell; noroshi(1), EXIT STATUS. */
enum exit_status {
	EXIT_GOOD = 0,	  /* done, with or without incidents */
	EXIT_REFUSED = 1, /* done, but some input was refused and counted */
	EXIT_USAGE = 2,	  /* wrong usage, or an input that could not be read at all */
	EXIT_CONF = 3,	  /* the configuration does not hold */
	EXIT_STORE = 4,	  /* the store cannot be used, or has not what was asked for */
	EXIT_BROKEN = 5,  /* out of memory or another failure inside */
};

enum language { LANGUAGE_EN, LANGUAGE_JA, LANGUAGE_COUNT };

/* A text in each language; a missing one falls back to English. */
struct phrase {
	const char *in[LANGUAGE_COUNT];
};
#define PHRASE(en, ja)                                                                             \
	{                                                                                          \
		{                                                                                  \
			(en), (ja)                                                                 \
		}                                                                                  \
	}

/* What a verb is given beside its own options. */
struct cli {
	const struct verb *verb;
	void *options;	 /* the verb's own struct, filled from its rows */
	char **operands; /* n_operands of them, borrowed from argv */
	int n_operands;
	int lang; /* 0 not said, else enum language + 1 */
	bool help;
	enum language language; /* in force: --lang, else the locale */
	FILE *out, *err;
};

struct option_row {
	const char *name;  /* long name without its dashes; NULL ends a table */
	char letter;	   /* 0: none */
	const char *arg;   /* what its value is called ("FILE"); NULL: a switch */
	const char *words; /* the only values it may have, separated by spaces; NULL: free */
	/** parse() - put @value into @field. Return: 0, or -EINVAL with the reason in @why. */
	int (*parse)(const struct option_row *o, const char *value, void *field, struct text *why);
	size_t offset; /* of the field in the verb's options */
	uint64_t max;  /* greatest number, for option_count() */
	struct phrase help;
};

struct verb {
	const char *name;		  /* one or two words: "read", "incident list" */
	const char *args;		  /* "FILE...", "[VERB]"; "" none */
	int min_args, max_args;		  /* max < 0: no end */
	const char *arg_words;		  /* the only operands, separated by spaces; NULL: free */
	struct phrase help;		  /* one line */
	struct phrase more;		  /* a paragraph for `help VERB`; may be empty */
	const struct option_row *options; /* ends with an empty row; NULL: none */
	size_t options_size;
	/** run() - Return: enum exit_status. */
	int (*run)(struct cli *cli);
};

/* A repeatable option's values, borrowed from argv. */
#define OPTION_LIST_MAX 256
struct option_list {
	const char *value[OPTION_LIST_MAX];
	unsigned n;
};

/** The value parsers a row may name. */
int option_flag(const struct option_row *o, const char *value, void *field,
		struct text *why); /* bool */
int option_text(const struct option_row *o, const char *value, void *field,
		struct text *why); /* const char * */
int option_list(const struct option_row *o, const char *value, void *field,
		struct text *why); /* struct option_list */
int option_word(const struct option_row *o, const char *value, void *field,
		struct text *why); /* int: 1 + index in words */
int option_count(const struct option_row *o, const char *value, void *field,
		 struct text *why); /* uint64_t up to max */
int option_seconds(const struct option_row *o, const char *value, void *field,
		   struct text *why); /* uint64_t: "90", "5m" */
int option_time(const struct option_row *o, const char *value, void *field,
		struct text *why); /* int64_t us: RFC 3339 or "2h" ago */

/* Rows, in one line each; @at is an offsetof() in the verb's options. */
#define OPTION_SWITCH(long_, short_, at, en, ja)                                                   \
	{                                                                                          \
		.name = (long_), .letter = (short_), .parse = option_flag, .offset = (at),         \
		.help = PHRASE(en, ja)                                                             \
	}
#define OPTION_ARG(long_, short_, value, parser, at, en, ja)                                       \
	{                                                                                          \
		.name = (long_), .letter = (short_), .arg = (value), .parse = (parser),            \
		.offset = (at), .help = PHRASE(en, ja)                                             \
	}
#define OPTION_CHOICE(long_, short_, value, list, at, en, ja)                                      \
	{                                                                                          \
		.name = (long_), .letter = (short_), .arg = (value), .words = (list),              \
		.parse = option_word, .offset = (at), .help = PHRASE(en, ja)                       \
	}
#define OPTION_NUMBER(long_, short_, value, most, at, en, ja)                                      \
	{                                                                                          \
		.name = (long_), .letter = (short_), .arg = (value), .max = (most),                \
		.parse = option_count, .offset = (at), .help = PHRASE(en, ja)                      \
	}

/* Rows that several verbs share; @type is the verb's options struct. */
#define OPTION_JSON(type)                                                                          \
	OPTION_SWITCH("json", 'j', offsetof(type, json), "print JSON instead of text",             \
		      "テキストの代わりに JSON を出力する")
#define OPTION_DB(type)                                                                            \
	OPTION_ARG("db", 'd', "DIR", option_text, offsetof(type, db), "directory of the store",    \
		   "記録庫のディレクトリ")
#define OPTION_CONF(type)                                                                          \
	OPTION_ARG("conf", 'c', "FILE", option_text, offsetof(type, conf),                         \
		   "configuration file, see noroshi.conf(5)",                                      \
		   "設定ファイル (noroshi.conf(5) を参照)")
/* What `read` and `watch` detect with: members conf.path, conf.own, conf.threshold, threads. */
#define OPTIONS_DETECTION(type)                                                                    \
	OPTION_ARG("conf", 'c', "FILE", option_text, offsetof(type, conf.path),                    \
		   "configuration file, see noroshi.conf(5)",                                      \
		   "設定ファイル (noroshi.conf(5) を参照)"),                                       \
		OPTION_ARG("own", 'o', "PREFIX", option_list, offsetof(type, conf.own),            \
			   "an own prefix (repeatable)", "自網のプレフィックス (繰り返し可)"),     \
		OPTION_ARG("threshold", 't', "VECTOR=RATE", option_list,                           \
			   offsetof(type, conf.threshold),                                         \
			   "another threshold than the configured one (repeatable)",               \
			   "設定と異なるしきい値 (繰り返し可)"),                                   \
		OPTION_NUMBER("threads", 0, "N", 64, offsetof(type, threads),                      \
			      "threads of the detectors, 0 by cores",                              \
			      "検知スレッドの数。0 ならコア数")

/** verbs_all() - the table of main.c, ended by NULL. */
const struct verb *const *verbs_all(void);

/** options_common() - the rows that every verb has; their fields are of struct cli. */
const struct option_row *options_common(void);

/**
 * option_find() - a verb's row (or a common one) by long name.
 * @common: says which of the two it is; may be NULL.
 */
const struct option_row *option_find(const struct verb *v, const char *name, size_t len,
				     bool *common);

/**
 * options_parse() - fill @cli from the arguments behind the verb; options and operands may be
 * mixed,
 * "--" ends the options.
 * @argv: n of them; its order is changed.
 * Return: 0, or -EINVAL after saying on cli->err what is wrong.
 */
int options_parse(struct cli *cli, int n, char **argv);

/** cli_usage() - "noroshi VERB: ..." on cli->err. Return: EXIT_USAGE. */
int cli_usage(const struct cli *cli, const char *fmt, ...) _public_printf_(2, 3);

/** cli_fail() - the same for what is not usage; @status is returned. */
int cli_fail(const struct cli *cli, int status, const char *fmt, ...) _public_printf_(3, 4);

/** say() - a phrase in the language in force. */
static inline const char *say(const struct cli *cli, const struct phrase *p)
{
	return p->in[cli->language] ? p->in[cli->language]
	       : p->in[LANGUAGE_EN] ? p->in[LANGUAGE_EN]
				    : "";
}

/** tr() - the text in the language in force, for a sentence used once. */
static inline const char *tr(const struct cli *cli, const char *en, const char *ja)
{
	return cli->language == LANGUAGE_JA ? ja : en;
}

/** help_verb() - usage and options of one verb on @out. */
void help_verb(const struct cli *cli, const struct verb *v, FILE *out);

/** help_group() - help_verb() for @name, or for each verb whose first word it is. False: there is
 * none. */
bool help_group(const struct cli *cli, const char *name);

/** help_overview() - all verbs with one line each on @out. */
void help_overview(const struct cli *cli, FILE *out);

/** verb_dispatch() - find the verb, read its options, run it. Return: enum exit_status. */
int verb_dispatch(int argc, char **argv);

/** words_each() - walk "a b c"; *@at begins at the text. Return: false at the end. */
bool words_each(const char **at, const char **word, size_t *len);
