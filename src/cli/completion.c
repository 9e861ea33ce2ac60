/* SPDX-License-Identifier: ISC */
/*
 * Completion scripts for bash, zsh and fish, written from the rows of verbs and options, so that
 * they can never know less or more than the program.
 */
#include <string.h>

#include "cli/verb.h"

/* What a value or operand of this name is completed with. */
enum complete_kind { COMPLETE_NONE, COMPLETE_FILE, COMPLETE_DIR, COMPLETE_VERB };

static enum complete_kind kind_of(const char *arg)
{
	static const struct {
		const char *in;
		enum complete_kind kind;
	} kinds[] = {
		{"FILE", COMPLETE_FILE}, {"INCIDENTS", COMPLETE_FILE}, {"TRUTH", COMPLETE_FILE},
		{"DIR", COMPLETE_DIR},	 {"VERB", COMPLETE_VERB},
	};

	for (size_t i = 0; arg && i < ARRAY_LEN(kinds); i++) {
		if (strstr(arg, kinds[i].in))
			return kinds[i].kind;
	}
	return COMPLETE_NONE;
}

/* The first words of all verbs, each once; or the second words of those that begin with @first. */
static void verb_words(struct text *t, const char *first)
{
	const char *before = "";
	size_t before_len = 0, first_len = first ? strlen(first) : 0;

	for (const struct verb *const *v = verbs_all(); *v; v++) {
		const char *name = (*v)->name, *space = strchr(name, ' ');
		size_t len = space ? (size_t)(space - name) : strlen(name);

		if (first && space && len == first_len && strncmp(name, first, len) == 0) {
			text_printf(t, "%s%s", t->len ? " " : "", space + 1);
		} else if (!first && !(len == before_len && strncmp(name, before, len) == 0)) {
			text_printf(t, "%s%.*s", t->len ? " " : "", (int)len, name);
			before = name;
			before_len = len;
		}
	}
}

/* Is the first word of a group a verb by itself too? */
static bool stands_alone(const char *first)
{
	for (const struct verb *const *v = verbs_all(); *v; v++)
		if (strcmp((*v)->name, first) == 0)
			return true;
	return false;
}

static void option_words(struct text *t, const struct option_row *rows)
{
	for (const struct option_row *o = rows; o && o->name; o++) {
		text_printf(t, "%s--%s", t->len ? " " : "", o->name);
		if (o->letter)
			text_printf(t, " -%c", o->letter);
	}
}

static void bash_reply(FILE *out, enum complete_kind kind, const char *words)
{
	_cleanup_text_ struct text verbs = TEXT_NULL;

	verb_words(&verbs, NULL);
	if (words || kind == COMPLETE_VERB)
		fprintf(out, "COMPREPLY=($(compgen -W \"%s\" -- \"$cur\"))",
			words ? words : text_str(&verbs));
	else if (kind == COMPLETE_DIR)
		fputs("COMPREPLY=($(compgen -d -- \"$cur\"))", out);
	else if (kind == COMPLETE_FILE)
		fputs("COMPREPLY=($(compgen -f -- \"$cur\"))", out);
	else
		fputs("COMPREPLY=()", out);
	fputs("; return ;;\n", out);
}

/* A value expected behind an option: one case for "VERB:--name". */
static void bash_values(FILE *out, const struct verb *v, const struct option_row *rows)
{
	for (const struct option_row *o = rows; o && o->name; o++) {
		if (!o->arg)
			continue;
		fprintf(out, "\t\"%s:--%s\"", v->name, o->name);
		if (o->letter)
			fprintf(out, "|\"%s:-%c\"", v->name, o->letter);
		fputs(") ", out);
		bash_reply(out, kind_of(o->arg), o->words);
	}
}

static void bash_groups(FILE *out)
{
	const char *before = "";

	for (const struct verb *const *v = verbs_all(); *v; v++) {
		const char *space = strchr((*v)->name, ' ');
		_cleanup_text_ struct text second = TEXT_NULL;
		char first[64];

		if (!space)
			continue;
		snprintf(first, sizeof(first), "%.*s", (int)(space - (*v)->name), (*v)->name);
		if (strncmp(before, first, strlen(first)) == 0)
			continue;
		before = (*v)->name;
		verb_words(&second, first);
		fprintf(out, "\t\"%s\") ", first);
		if (stands_alone(first)) /* its options come further down */
			fprintf(out,
				"[[ \"$cur\" == -* ]] || { COMPREPLY=($(compgen -W \"%s\" -- "
				"\"$cur\")); return; } ;;&\n",
				text_str(&second));
		else
			bash_reply(out, COMPLETE_NONE, text_str(&second));
	}
}

static void write_bash(FILE *out)
{
	_cleanup_text_ struct text verbs = TEXT_NULL;

	verb_words(&verbs, NULL);
	fputs("# bash completion for noroshi\n"
	      "_noroshi() {\n"
	      "\tlocal cur=\"${COMP_WORDS[COMP_CWORD]}\" prev=\"${COMP_WORDS[COMP_CWORD-1]}\" "
	      "verb=\"\" i w\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tw=\"${COMP_WORDS[i]}\"\n"
	      "\t\tcase \"$verb:$w\" in\n"
	      "\t\t:-*) ;;\n"
	      "\t\t:*) verb=\"$w\" ;;\n",
	      out);
	for (const struct verb *const *v = verbs_all(); *v; v++) {
		const char *space = strchr((*v)->name, ' ');

		if (space)
			fprintf(out, "\t\t\"%.*s:%s\") verb=\"%s\" ;;\n", (int)(space - (*v)->name),
				(*v)->name, space + 1, (*v)->name);
	}
	fputs("\t\tesac\n\tdone\n\tcase \"$verb:$prev\" in\n", out);
	for (const struct verb *const *v = verbs_all(); *v; v++) {
		bash_values(out, *v, (*v)->options);
		bash_values(out, *v, options_common());
	}
	fputs("\tesac\n\tcase \"$verb\" in\n\t\"\") ", out);
	fprintf(out, "COMPREPLY=($(compgen -W \"%s --version --help\" -- \"$cur\")); return ;;\n",
		text_str(&verbs));
	bash_groups(out);
	for (const struct verb *const *v = verbs_all(); *v; v++) {
		_cleanup_text_ struct text names = TEXT_NULL;

		option_words(&names, (*v)->options);
		option_words(&names, options_common());
		fprintf(out, "\t\"%s\")\n\t\tcase \"$cur\" in\n\t\t-*) ", (*v)->name);
		bash_reply(out, COMPLETE_NONE, text_str(&names));
		fputs("\t\t*) ", out);
		bash_reply(out, kind_of((*v)->args), (*v)->arg_words);
		fputs("\t\tesac ;;\n", out);
	}
	fputs("\tesac\n}\ncomplete -o filenames -F _noroshi noroshi\n", out);
}

/* Inside single quotes of zsh's and fish's strings. */
static void put_quoted(FILE *out, const char *s, const char *special)
{
	for (; *s; s++) {
		if (strchr(special, *s))
			fputc('\\', out);
		if (*s == '\'')
			fputs("'\\''", out);
		else
			fputc(*s, out);
	}
}

static void zsh_action(FILE *out, enum complete_kind kind, const char *words)
{
	static const char *const actions[] = {
		[COMPLETE_NONE] = " ",
		[COMPLETE_FILE] = "_files",
		[COMPLETE_DIR] = "_files -/",
		[COMPLETE_VERB] = "->verbs",
	};

	if (words)
		fprintf(out, "(%s)", words);
	else
		fputs(actions[kind], out);
}

static void zsh_options(FILE *out, const struct option_row *rows)
{
	for (const struct option_row *o = rows; o && o->name; o++) {
		for (int letter = 0; letter <= (o->letter ? 1 : 0); letter++) {
			if (letter)
				fprintf(out, " \\\n\t\t\t'*-%c[", o->letter);
			else
				fprintf(out, " \\\n\t\t\t'*--%s[", o->name);
			put_quoted(out, o->help.in[LANGUAGE_EN], "[]:");
			fputc(']', out);
			if (o->arg) {
				fprintf(out, ":%s:", o->arg);
				zsh_action(out, kind_of(o->arg), o->words);
			}
			fputc('\'', out);
		}
	}
}

static void write_zsh(FILE *out)
{
	_cleanup_text_ struct text verbs = TEXT_NULL;

	verb_words(&verbs, NULL);
	fputs("#compdef noroshi\n# zsh completion for noroshi\n_noroshi() {\n"
	      "\tlocal state verb=\"${words[2]}\"\n"
	      "\tif (( CURRENT == 2 )); then\n",
	      out);
	fprintf(out, "\t\tcompadd -- %s --version --help\n\t\treturn\n\tfi\n", text_str(&verbs));
	fputs("\tcase \"$verb\" in\n", out);
	for (const struct verb *const *v = verbs_all(); *v; v++) {
		const char *space = strchr((*v)->name, ' ');
		_cleanup_text_ struct text second = TEXT_NULL;
		char first[64];

		if (!space)
			continue;
		snprintf(first, sizeof(first), "%.*s", (int)(space - (*v)->name), (*v)->name);
		if (v != verbs_all() && strncmp(v[-1]->name, (*v)->name, strlen(first) + 1) == 0)
			continue;
		verb_words(&second, first);
		fprintf(out,
			"\t%s)\n\t\tif (( CURRENT == 3 ))%s; then\n\t\t\tcompadd -- "
			"%s\n\t\t\treturn\n\t\tfi\n",
			first, stands_alone(first) ? " && [[ ${words[3]} != -* ]]" : "",
			text_str(&second));
		if (stands_alone(first))
			fprintf(out, "\t\tif [[ \" %s \" == *\" ${words[3]} \"* ]]; then\n",
				text_str(&second));
		fprintf(out,
			"\t\tverb=\"%s ${words[3]}\"\n"
			"\t\twords=(\"${words[1]}\" \"${(@)words[3,-1]}\")\n"
			"\t\t(( CURRENT-- ))%s ;;\n",
			first, stands_alone(first) ? "\n\t\tfi" : "");
	}
	fputs("\tesac\n\twords=(\"${words[1]}\" \"${(@)words[3,-1]}\")\n\t(( CURRENT-- ))\n"
	      "\tcase \"$verb\" in\n",
	      out);
	for (const struct verb *const *v = verbs_all(); *v; v++) {
		fprintf(out, "\t'%s')\n\t\t_arguments", (*v)->name);
		zsh_options(out, (*v)->options);
		zsh_options(out, options_common());
		if ((*v)->args[0]) {
			fprintf(out,
				" \\\n\t\t\t'*:%s:", (*v)->max_args == 1 ? "operand" : "operands");
			zsh_action(out, kind_of((*v)->args), (*v)->arg_words);
			fputc('\'', out);
		}
		fputs(" ;;\n", out);
	}
	fprintf(out, "\tesac\n\t[[ $state == verbs ]] && compadd -- %s\n}\n", text_str(&verbs));
	fputs("_noroshi \"$@\"\n", out);
}

static void fish_condition(FILE *out, const struct verb *v)
{
	const char *space = strchr(v->name, ' ');

	fputs("complete -c noroshi -n '__fish_seen_subcommand_from ", out);
	if (space)
		fprintf(out, "%.*s; and __fish_seen_subcommand_from %s'", (int)(space - v->name),
			v->name, space + 1);
	else
		fprintf(out, "%s'", v->name);
}

static void fish_values(FILE *out, enum complete_kind kind, const char *words)
{
	if (words)
		fprintf(out, " -x -a '%s'", words);
	else if (kind == COMPLETE_DIR)
		fputs(" -x -a '(__fish_complete_directories)'", out);
	else if (kind == COMPLETE_FILE)
		fputs(" -r -F", out);
	else
		fputs(" -x", out);
}

static void fish_options(FILE *out, const struct verb *v, const struct option_row *rows)
{
	for (const struct option_row *o = rows; o && o->name; o++) {
		fish_condition(out, v);
		fprintf(out, " -l %s", o->name);
		if (o->letter)
			fprintf(out, " -s %c", o->letter);
		if (o->arg)
			fish_values(out, kind_of(o->arg), o->words);
		fputs(" -d '", out);
		for (const char *s = o->help.in[LANGUAGE_EN]; *s; s++)
			fprintf(out, "%s%c", *s == '\'' || *s == '\\' ? "\\" : "", *s);
		fputs("'\n", out);
	}
}

static void write_fish(FILE *out)
{
	_cleanup_text_ struct text verbs = TEXT_NULL;

	verb_words(&verbs, NULL);
	fprintf(out,
		"# fish completion for noroshi\ncomplete -c noroshi -f\n"
		"complete -c noroshi -n __fish_use_subcommand -a '%s'\n"
		"complete -c noroshi -n __fish_use_subcommand -l version -d 'print the version'\n",
		text_str(&verbs));
	for (const struct verb *const *v = verbs_all(); *v; v++) {
		const char *space = strchr((*v)->name, ' ');
		enum complete_kind kind = kind_of((*v)->args);

		if (space)
			fprintf(out,
				"complete -c noroshi -n '__fish_seen_subcommand_from %.*s' -a "
				"'%s'\n",
				(int)(space - (*v)->name), (*v)->name, space + 1);
		fish_options(out, *v, (*v)->options);
		fish_options(out, *v, options_common());
		if (kind == COMPLETE_FILE) {
			fish_condition(out, *v);
			fputs(" -F\n", out);
		} else if ((*v)->arg_words || kind == COMPLETE_VERB) {
			fish_condition(out, *v);
			fprintf(out, " -a '%s'\n",
				(*v)->arg_words ? (*v)->arg_words : text_str(&verbs));
		}
	}
}

static int completion_run(struct cli *cli)
{
	static const struct {
		const char *shell;
		void (*write)(FILE *out);
	} shells[] = {{"bash", write_bash}, {"zsh", write_zsh}, {"fish", write_fish}};

	for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
		if (strcmp(cli->operands[0], shells[i].shell) == 0)
			shells[i].write(cli->out);
	}
	return EXIT_GOOD;
}

extern const struct verb verb_completion;
const struct verb verb_completion = {
	.name = "completion",
	.args = "SHELL",
	.min_args = 1,
	.max_args = 1,
	.arg_words = "bash zsh fish",
	.help = PHRASE("write the completion of a shell", "シェル補完スクリプトを出力する"),
	.more = PHRASE("For bash: source <(noroshi completion bash). For zsh: write it to a file "
		       "_noroshi in "
		       "$fpath. For fish: write it to ~/.config/fish/completions/noroshi.fish.",
		       "bash では source <(noroshi completion bash) とする。zsh では $fpath の "
		       "_noroshi に、"
		       "fish では ~/.config/fish/completions/noroshi.fish に書き出す。"),
	.run = completion_run,
};
