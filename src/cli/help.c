/* SPDX-License-Identifier: ISC */
/*
 * Help and completion from the rows of verbs and options.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/verb.h"

#define COLUMN	     26 /* where the sentences begin */
#define WRAP_COLUMNS 96 /* a paragraph's width */

/* Pad to @column by what the text takes on a terminal; a longer text gets a line of its own. */
static void put_column(FILE *out, const char *s, size_t column)
{
	size_t w = text_width(s);

	fputs(s, out);
	if (w + 1 > column) {
		fputc('\n', out);
		w = 0;
	}
	fprintf(out, "%*s", (int)(column - w), "");
}

static size_t sequence_len(const char *p)
{
	size_t n = 1;

	while ((p[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* Words, or, where a language has no spaces, characters; spaces at the end of a line are dropped.
 */
static void put_wrapped(FILE *out, const char *s)
{
	size_t column = 0, spaces = 0;

	while (*s) {
		size_t n = (signed char)*s < 0 ? sequence_len(s) : strcspn(s, " ");
		char piece[128];
		size_t w;

		if (n == 0) {
			spaces++;
			s++;
			continue;
		}
		for (size_t i = 0; i < n; i++) {
			/* A word of this script ends where one of the other begins. */
			if ((signed char)s[i] < 0 && (signed char)*s >= 0)
				n = i;
		}
		snprintf(piece, sizeof(piece), "%.*s", (int)n, s);
		w = text_width(piece);
		if (column && column + spaces + w > WRAP_COLUMNS && strcmp(piece, "。") != 0 &&
		    strcmp(piece, "、") != 0) {
			fputc('\n', out);
			column = spaces = 0;
		}
		fprintf(out, "%*s%s", (int)(column ? spaces : 0), "", piece);
		column += w + (column ? spaces : 0);
		spaces = 0;
		s += n;
	}
	fputc('\n', out);
}

static void help_option(const struct cli *cli, const struct option_row *o, FILE *out)
{
	char left[64];

	if (o->letter)
		snprintf(left, sizeof(left), "  -%c, --%s%s%s", o->letter, o->name,
			 o->arg ? " " : "", o->arg ? o->arg : "");
	else
		snprintf(left, sizeof(left), "      --%s%s%s", o->name, o->arg ? " " : "",
			 o->arg ? o->arg : "");
	put_column(out, left, COLUMN + 4);
	fputs(say(cli, &o->help), out);
	if (o->words) {
		_cleanup_text_ struct text t = TEXT_NULL;
		const char *at = o->words, *word;
		size_t len;

		while (words_each(&at, &word, &len)) {
			text_add(&t, t.len ? ", " : "");
			text_add_n(&t, word, len);
		}
		fprintf(out, " (%s)", text_str(&t));
	}
	fputc('\n', out);
}

void help_verb(const struct cli *cli, const struct verb *v, FILE *out)
{
	fprintf(out, "%s: noroshi %s [%s]%s%s\n\n", tr(cli, "usage", "使い方"), v->name,
		tr(cli, "options", "オプション"), v->args[0] ? " " : "", v->args);
	put_wrapped(out, say(cli, &v->help));
	if (say(cli, &v->more)[0]) {
		fputc('\n', out);
		put_wrapped(out, say(cli, &v->more));
	}
	fputc('\n', out);
	for (const struct option_row *o = v->options; o && o->name; o++)
		help_option(cli, o, out);
	for (const struct option_row *o = options_common(); o->name; o++)
		help_option(cli, o, out);
}

void help_overview(const struct cli *cli, FILE *out)
{
	fprintf(out, "%s\n\n",
		tr(cli,
		   "noroshi sees DDoS attacks in flow exports and packets, and says what is known "
		   "about them.",
		   "noroshi (狼煙) はフローとパケットから DDoS "
		   "攻撃を見つけ、分かったことを伝えます。"));
	for (const struct verb *const *v = verbs_all(); *v; v++) {
		char left[64];

		snprintf(left, sizeof(left), "  %s %s", (*v)->name, (*v)->args);
		put_column(out, left, COLUMN);
		fprintf(out, "%s\n", say(cli, &(*v)->help));
	}
	fprintf(out, "\n%s\n",
		tr(cli, "noroshi help VERB says more; so does noroshi-VERB(1).",
		   "詳しくは noroshi help VERB または noroshi-VERB(1) を見てください。"));
}

static json_t *phrase_json(const struct phrase *p)
{
	return json_pack("{s:s, s:s}", "en", p->in[LANGUAGE_EN] ? p->in[LANGUAGE_EN] : "", "ja",
			 p->in[LANGUAGE_JA] ? p->in[LANGUAGE_JA] : "");
}

static void options_json(json_t *list, const struct option_row *rows)
{
	for (const struct option_row *o = rows; o && o->name; o++) {
		char letter[2] = {o->letter, '\0'};

		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s?, s:s?, s:o}", "name", o->name,
						"letter", letter, "value", o->arg, "words",
						o->words, "help", phrase_json(&o->help)));
	}
}

static int help_json(FILE *out)
{
	json_t *all = json_array();

	for (const struct verb *const *v = verbs_all(); *v; v++) {
		json_t *options = json_array();

		options_json(options, (*v)->options);
		options_json(options, options_common());
		json_array_append_new(all, json_pack("{s:s, s:s, s:o, s:o}", "verb", (*v)->name,
						     "args", (*v)->args, "help",
						     phrase_json(&(*v)->help), "options", options));
	}
	json_dumpf(all, out, JSON_INDENT(2));
	json_decref(all);
	fputc('\n', out);
	return EXIT_GOOD;
}

struct help_options {
	bool json;
};

bool help_group(const struct cli *cli, const char *name)
{
	size_t len = strlen(name);
	unsigned found = 0;

	for (const struct verb *const *v = verbs_all(); *v; v++) {
		if (strncmp((*v)->name, name, len) != 0 ||
		    ((*v)->name[len] && (*v)->name[len] != ' '))
			continue;
		if (found++)
			fputc('\n', cli->out);
		help_verb(cli, *v, cli->out);
	}
	return found > 0;
}

static int help_run(struct cli *cli)
{
	const struct help_options *o = cli->options;
	char name[64];

	if (o->json)
		return help_json(cli->out);
	if (cli->n_operands == 0) {
		help_overview(cli, cli->out);
		return EXIT_GOOD;
	}
	snprintf(name, sizeof(name), "%s%s%s", cli->operands[0], cli->n_operands > 1 ? " " : "",
		 cli->n_operands > 1 ? cli->operands[1] : "");
	return help_group(cli, name)
		       ? EXIT_GOOD
		       : cli_usage(cli, "there is no verb \"%s\"; see noroshi help", name);
}

static const struct option_row options[] = {OPTION_JSON(struct help_options), {0}};

extern const struct verb verb_help;
const struct verb verb_help = {
	.name = "help",
	.args = "[VERB]",
	.max_args = 2,
	.help = PHRASE("say how a verb is used", "動詞の使い方を表示する"),
	.more = PHRASE(
		"Without VERB all verbs are listed. With --json all verbs and their options are "
		"printed as one JSON array.",
		"VERB がなければ動詞の一覧を表示する。--json では全ての動詞とオプションを JSON "
		"で出力する。"),
	.options = options,
	.options_size = sizeof(struct help_options),
	.run = help_run,
};
