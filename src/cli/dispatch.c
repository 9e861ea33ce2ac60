/* SPDX-License-Identifier: ISC */
/*
 * From the command line to a verb: the longest name of the table that the first words make, its
 * options, the language, and what the shell is told.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_whole.h"
#include "cli/verb.h"

#define FIRST_WORDS_MAX 64

static enum language language_of_locale(void)
{
	static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *v = getenv(names[i]);

		if (v && *v)
			return strncmp(v, "ja", 2) == 0 ? LANGUAGE_JA : LANGUAGE_EN;
	}
	return LANGUAGE_EN;
}

/* The verb that argv[1] (and argv[2]) name, and how many words it took. */
static const struct verb *verb_find(int argc, char **argv, int *words)
{
	for (const struct verb *const *v = verbs_all(); *v; v++) {
		const char *name = (*v)->name, *space = strchr(name, ' ');
		size_t len = space ? (size_t)(space - name) : strlen(name);

		if (strlen(argv[1]) != len || strncmp(argv[1], name, len) != 0)
			continue;
		*words = space ? 2 : 1;
		if (!space || (argc > 2 && strcmp(argv[2], space + 1) == 0))
			return *v;
	}
	return NULL;
}

/* The second words that may follow argv[1]; none when it begins no verb. */
static size_t second_words(const char *first, const char **words, size_t max)
{
	size_t n = 0, len = strlen(first);

	for (const struct verb *const *v = verbs_all(); *v && n < max; v++) {
		if (strncmp((*v)->name, first, len) == 0 && (*v)->name[len] == ' ')
			words[n++] = (*v)->name + len + 1;
	}
	return n;
}

static size_t first_words(char (*room)[FIRST_WORDS_MAX], const char **words, size_t max)
{
	size_t n = 0;

	for (const struct verb *const *v = verbs_all(); *v && n < max; v++) {
		snprintf(room[n], FIRST_WORDS_MAX, "%.*s", (int)strcspn((*v)->name, " "),
			 (*v)->name);
		if (n && strcmp(room[n], room[n - 1]) == 0)
			continue;
		words[n] = room[n];
		n++;
	}
	return n;
}

static int unknown_verb(const struct cli *cli, int argc, char **argv)
{
	char room[FIRST_WORDS_MAX][FIRST_WORDS_MAX];
	const char *words[FIRST_WORDS_MAX], *near;
	size_t n = second_words(argv[1], words, ARRAY_LEN(words));
	_cleanup_text_ struct text list = TEXT_NULL;

	for (size_t i = 0; i < n; i++)
		text_printf(&list, "%s%s", i == 0 ? "" : i + 1 == n ? " or " : ", ", words[i]);
	if (n && argc < 3)
		return cli_usage(cli, "%s wants one of %s behind it", argv[1], text_str(&list));
	if (n) {
		near = text_nearest(argv[2], words, n);
		return near ? cli_usage(cli, "unknown verb \"%s %s\"; did you mean %s %s?", argv[1],
					argv[2], argv[1], near)
			    : cli_usage(cli, "unknown verb \"%s %s\"; %s knows %s", argv[1],
					argv[2], argv[1], text_str(&list));
	}
	n = first_words(room, words, ARRAY_LEN(words));
	near = text_nearest(argv[1], words, n);
	return near ? cli_usage(cli, "unknown verb \"%s\"; did you mean %s?", argv[1], near)
		    : cli_usage(cli, "unknown verb \"%s\"; see noroshi help", argv[1]);
}

/* True when the other end of a pipe has been closed: it has read what it wanted. */
static bool reader_left(FILE *out)
{
	struct pollfd p = {.fd = fileno(out), .events = POLLOUT};

	return poll(&p, 1, 0) == 1 && (p.revents & POLLERR);
}

/* What was written must have arrived: a full disk behind a redirection is an error of the verb. */
static int close_output(const struct cli *cli, int status)
{
	bool flushed = fflush(cli->out) == 0;
	int why = errno;

	if ((flushed && !ferror(cli->out)) || reader_left(cli->out))
		return status;
	cli_fail(cli, 0, "cannot write the output%s%s", flushed ? "" : ": ",
		 flushed ? "" : strerror(why));
	return status ? status : EXIT_BROKEN;
}

static bool is_one_of(const char *a, const char *b, const char *c)
{
	return strcmp(a, b) == 0 || strcmp(a, c) == 0;
}

/* What was printed for want of memory in part is not good, whatever the verb says. */
static int whole(const struct cli *cli, int status)
{
	if (!text_lost() || (status != EXIT_GOOD && status != EXIT_REFUSED))
		return status;
	fprintf(cli->err, "noroshi: %s\n",
		tr(cli, "out of memory: some of the output is missing",
		   "メモリ不足のため出力の一部が欠けています"));
	return EXIT_BROKEN;
}

int verb_dispatch(int argc, char **argv)
{
	struct cli cli = {.language = language_of_locale(), .out = stdout, .err = stderr};
	_cleanup_free_ void *options = NULL;
	int words = 0;

	json_watch_memory();
	if (argc < 2) {
		help_overview(&cli, stderr);
		return EXIT_USAGE;
	}
	if (is_one_of(argv[1], "--version", "-V")) {
		printf("noroshi %s\n", NOROSHI_VERSION);
		return close_output(&cli, EXIT_GOOD);
	}
	if (is_one_of(argv[1], "--help", "-h")) {
		help_overview(&cli, stdout);
		return close_output(&cli, EXIT_GOOD);
	}
	cli.verb = verb_find(argc, argv, &words);
	if (!cli.verb && argc == 3 && is_one_of(argv[2], "--help", "-h") &&
	    help_group(&cli, argv[1]))
		return close_output(&cli, EXIT_GOOD);
	if (!cli.verb)
		return unknown_verb(&cli, argc, argv);
	options = calloc(1, cli.verb->options_size + 1);
	if (!options)
		return EXIT_BROKEN;
	cli.options = options;
	if (options_parse(&cli, argc - 1 - words, argv + 1 + words) < 0)
		return EXIT_USAGE;
	if (cli.lang)
		cli.language = cli.lang == 2 ? LANGUAGE_JA : LANGUAGE_EN;
	if (cli.help) {
		help_verb(&cli, cli.verb, stdout);
		return close_output(&cli, EXIT_GOOD);
	}
	return close_output(&cli, whole(&cli, cli.verb->run(&cli)));
}
