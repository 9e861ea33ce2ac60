/* SPDX-License-Identifier: ISC */
/*
 * Options from their rows. Long names are never abbreviated: a script that works today must not
 * become ambiguous when a verb learns another option.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/verb.h"
#include "conf/conf.h"

#define NAMES_MAX 64

static const struct option_row common[] = {
	{
		.name = "lang",
		.arg = "LANG",
		.words = "en ja",
		.parse = option_word,
		.offset = offsetof(struct cli, lang),
		.help = PHRASE("language of what is printed", "表示する言語"),
	},
	{
		.name = "help",
		.letter = 'h',
		.parse = option_flag,
		.offset = offsetof(struct cli, help),
		.help = PHRASE("say how this verb is used", "この動詞の使い方を表示する"),
	},
	{0},
};

const struct option_row *options_common(void)
{
	return common;
}

static void complain(const struct cli *cli, const char *fmt, va_list ap)
{
	fprintf(cli->err, "noroshi%s%s: ", cli->verb ? " " : "", cli->verb ? cli->verb->name : "");
	vfprintf(cli->err, fmt, ap);
	fputc('\n', cli->err);
}

int cli_usage(const struct cli *cli, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(cli, fmt, ap);
	va_end(ap);
	return EXIT_USAGE;
}

int cli_fail(const struct cli *cli, int status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(cli, fmt, ap);
	va_end(ap);
	return status;
}

bool words_each(const char **at, const char **word, size_t *len)
{
	*at += strspn(*at, " ");
	*word = *at;
	*len = strcspn(*at, " ");
	*at += *len;
	return *len > 0;
}

int option_flag(const struct option_row *o, const char *value, void *field, struct text *why)
{
	*(bool *)field = true;
	return 0;
}

int option_text(const struct option_row *o, const char *value, void *field, struct text *why)
{
	*(const char **)field = value;
	return 0;
}

int option_list(const struct option_row *o, const char *value, void *field, struct text *why)
{
	struct option_list *list = field;

	if (list->n == OPTION_LIST_MAX) {
		text_printf(why, "given more than %d times", OPTION_LIST_MAX);
		return -EINVAL;
	}
	list->value[list->n++] = value;
	return 0;
}

/* The words as "a, b or c". */
static void add_choice(struct text *why, const char *words)
{
	const char *at = words, *word, *next;
	size_t len;

	for (bool first = true; words_each(&at, &word, &len); first = false) {
		next = at + strspn(at, " ");
		text_add(why, first ? "" : *next ? ", " : " or ");
		text_add_n(why, word, len);
	}
}

int option_word(const struct option_row *o, const char *value, void *field, struct text *why)
{
	const char *at = o->words, *word;
	size_t len;

	for (int i = 1; words_each(&at, &word, &len); i++) {
		if (strlen(value) == len && strncmp(value, word, len) == 0) {
			*(int *)field = i;
			return 0;
		}
	}
	text_add(why, "it may be ");
	add_choice(why, o->words);
	return -EINVAL;
}

int option_count(const struct option_row *o, const char *value, void *field, struct text *why)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(value, &end, 10);
	if (value[0] < '0' || value[0] > '9' || *end || errno || n > o->max) {
		text_printf(why, "a whole number from 0 to %llu is wanted",
			    (unsigned long long)o->max);
		return -EINVAL;
	}
	*(uint64_t *)field = n;
	return 0;
}

int option_seconds(const struct option_row *o, const char *value, void *field, struct text *why)
{
	if (conf_parse_duration(value, field) == 0)
		return 0;
	text_add(why, "a time like 90, 10s, 5m, 2h or 30d is wanted");
	return -EINVAL;
}

int option_time(const struct option_row *o, const char *value, void *field, struct text *why)
{
	uint64_t ago_s;

	if (time_parse(value, field) == 0)
		return 0;
	if (conf_parse_duration(value, &ago_s) == 0 && ago_s <= INT64_MAX / US_PER_S / 2) {
		*(int64_t *)field = clock_real_us() - (int64_t)ago_s * US_PER_S;
		return 0;
	}
	text_add(why, "a time like 2008-08-08T12:00:00Z, or how long ago like 2h, is wanted");
	return -EINVAL;
}

static const struct option_row *find_in(const struct option_row *rows, const char *name, size_t len,
					char letter)
{
	for (const struct option_row *o = rows; o && o->name; o++) {
		if (name ? strlen(o->name) == len && memcmp(o->name, name, len) == 0
			 : letter && o->letter == letter)
			return o;
	}
	return NULL;
}

static const struct option_row *find(const struct verb *v, const char *name, size_t len,
				     char letter, bool *is_common)
{
	const struct option_row *o = find_in(v->options, name, len, letter);

	if (is_common)
		*is_common = !o;
	return o ? o : find_in(common, name, len, letter);
}

const struct option_row *option_find(const struct verb *v, const char *name, size_t len,
				     bool *is_common)
{
	return find(v, name, len, 0, is_common);
}

/* "unknown option --thresold; did you mean --threshold?" */
static int unknown_long(const struct cli *cli, const char *name, size_t len)
{
	const char *names[NAMES_MAX], *near;
	char word[NAMES_MAX];
	size_t n = 0;

	for (const struct option_row *o = cli->verb->options; o && o->name && n < NAMES_MAX; o++)
		names[n++] = o->name;
	for (const struct option_row *o = common; o->name && n < NAMES_MAX; o++)
		names[n++] = o->name;
	snprintf(word, sizeof(word), "%.*s", (int)len, name);
	near = text_nearest(word, names, n);
	if (near)
		cli_usage(cli, "unknown option --%s; did you mean --%s?", word, near);
	else
		cli_usage(cli, "unknown option --%s; see noroshi %s --help", word, cli->verb->name);
	return -EINVAL;
}

static int set(struct cli *cli, const struct option_row *o, bool is_common, const char *value)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	char *base = is_common ? (char *)cli : cli->options;
	int r = o->parse(o, value, base + o->offset, &why);

	if (r < 0)
		cli_usage(cli, "--%s %s: %s", o->name, value, text_str(&why));
	return r;
}

/* The value of an option that wants one: behind its "=" or letter, else the next argument. */
static int take_value(struct cli *cli, const struct option_row *o, const char *attached, int n,
		      char **argv, int *at, const char **value)
{
	*value = attached;
	if (attached)
		return 0;
	if (*at + 1 < n) {
		*value = argv[++*at];
		return 0;
	}
	cli_usage(cli, "--%s wants a value: --%s %s", o->name, o->name, o->arg);
	return -EINVAL;
}

static int parse_long(struct cli *cli, int n, char **argv, int *at)
{
	const char *name = argv[*at] + 2, *equal = strchr(name, '='), *value = NULL;
	size_t len = equal ? (size_t)(equal - name) : strlen(name);
	bool is_common;
	const struct option_row *o = find(cli->verb, name, len, 0, &is_common);
	int r;

	if (!o)
		return unknown_long(cli, name, len);
	if (!o->arg && equal) {
		cli_usage(cli, "--%s takes no value", o->name);
		return -EINVAL;
	}
	if (o->arg) {
		r = take_value(cli, o, equal ? equal + 1 : NULL, n, argv, at, &value);
		if (r < 0)
			return r;
	}
	return set(cli, o, is_common, value);
}

/* "-j", "-d DIR", "-dDIR", and switches together as in "-jh". */
static int parse_letters(struct cli *cli, int n, char **argv, int *at)
{
	for (const char *p = argv[*at] + 1; *p; p++) {
		bool is_common;
		const struct option_row *o = find(cli->verb, NULL, 0, *p, &is_common);
		const char *value = NULL;
		int r;

		if (!o) {
			cli_usage(cli, "unknown option -%c; see noroshi %s --help", *p,
				  cli->verb->name);
			return -EINVAL;
		}
		if (o->arg) {
			r = take_value(cli, o, p[1] ? p + 1 : NULL, n, argv, at, &value);
			if (r < 0)
				return r;
		}
		r = set(cli, o, is_common, value);
		if (r < 0 || o->arg)
			return r;
	}
	return 0;
}

static int check_operands(const struct cli *cli)
{
	const struct verb *v = cli->verb;

	if (cli->n_operands < v->min_args) {
		cli_usage(cli, "%s is missing; usage: noroshi %s %s", v->args, v->name, v->args);
		return -EINVAL;
	}
	if (v->max_args >= 0 && cli->n_operands > v->max_args) {
		cli_usage(cli, "does not know what to do with \"%s\"", cli->operands[v->max_args]);
		return -EINVAL;
	}
	for (int i = 0; v->arg_words && i < cli->n_operands; i++) {
		struct option_row as = {.words = v->arg_words};
		_cleanup_text_ struct text why = TEXT_NULL;
		int index;

		if (option_word(&as, cli->operands[i], &index, &why) < 0) {
			cli_usage(cli, "%s: %s", cli->operands[i], text_str(&why));
			return -EINVAL;
		}
	}
	return 0;
}

int options_parse(struct cli *cli, int n, char **argv)
{
	bool only_operands = false;
	int r;

	cli->operands = argv;
	cli->n_operands = 0;
	for (int i = 0; i < n; i++) {
		char *a = argv[i];

		if (only_operands || a[0] != '-' || a[1] == '\0') {
			cli->operands[cli->n_operands++] = a; /* never ahead of i */
			continue;
		}
		if (strcmp(a, "--") == 0) {
			only_operands = true;
			continue;
		}
		r = a[1] == '-' ? parse_long(cli, n, argv, &i) : parse_letters(cli, n, argv, &i);
		if (r < 0)
			return r;
	}
	return cli->help ? 0 : check_operands(cli);
}
