/* SPDX-License-Identifier: ISC */
/*
 * `case split`, `note`, `close`, `reopen` and `undo`.
 */
#include <string.h>

#include "cli/case_desk.h"

#define NOTE_MAX (16u << 10)

struct change_options {
	struct case_options c;
	struct case_writing w;
	const char *note;
};

static int tell(struct cli *cli, const struct change_options *o, const char *case_id,
		const char *did, const char *new_case)
{
	if (o->c.json)
		return case_print_json(
			cli, json_pack("{ssssso}", "case", case_id, "did", did, "new_case",
				       new_case ? json_string(new_case) : json_null()));
	fprintf(cli->out, tr(cli, "case %s\n", "案件 %s\n"), new_case ? new_case : case_id);
	return EXIT_GOOD;
}

static int begin(struct cli *cli, struct case_desk *x, struct desk_case **c)
{
	const struct change_options *o = cli->options;
	int r = case_desk_open(cli, &o->c, &o->w, x);

	return r ? r : case_get(cli, x, cli->operands[0], c);
}

static int split_run(struct cli *cli)
{
	_cleanup_case_desk_ struct case_desk x = {0};
	_cleanup_desk_case_ struct desk_case *c = NULL;
	char case_id[DESK_ID_MAX];
	int r = begin(cli, &x, &c);

	if (r)
		return r;
	r = desk_split(&x.d, c, cli->operands + 1, (unsigned)cli->n_operands - 1, case_id);
	return r ? case_fail(cli, c->id, r) : tell(cli, cli->options, c->id, "split", case_id);
}

/* A note as it may stand in a case: UTF-8 of any lines, without controls. */
static int check_note(const struct cli *cli, const char *s, size_t n)
{
	bool good = n > 0 && n <= NOTE_MAX && strlen(s) == n && text_is_utf8(s, n);

	for (size_t i = 0; good && i < n; i++)
		good = ((unsigned char)s[i] >= 0x20 && s[i] != 0x7f) || s[i] == '\n' ||
		       s[i] == '\t';
	return good ? EXIT_GOOD
		    : cli_usage(cli,
				tr(cli,
				   "a note is a text of at most %u KiB without control characters",
				   "メモは制御文字を含まない %u KiB 以下の文章です"),
				NOTE_MAX >> 10);
}

static int add_note(struct cli *cli, struct case_desk *x, const struct desk_case *c,
		    const char *text)
{
	struct desk_new e = {.kind = DESK_NOTE, .text = text};
	int r = desk_add(&x->d, c, &e, 1, NULL);

	return r ? case_fail(cli, c->id, r) : EXIT_GOOD;
}

static int note_text(struct cli *cli, struct text *out)
{
	if (cli->n_operands == 2 && strcmp(cli->operands[1], "-") == 0)
		return case_read_all(cli, "-", NOTE_MAX, out);
	for (int i = 1; i < cli->n_operands; i++)
		text_printf(out, "%s%s", i > 1 ? " " : "", cli->operands[i]);
	return EXIT_GOOD;
}

static int note_run(struct cli *cli)
{
	_cleanup_case_desk_ struct case_desk x = {0};
	_cleanup_desk_case_ struct desk_case *c = NULL;
	_cleanup_text_ struct text text = TEXT_NULL;
	int r = note_text(cli, &text);

	r = r ? r : check_note(cli, text_str(&text), text.len);
	r = r ? r : begin(cli, &x, &c);
	r = r ? r : add_note(cli, &x, c, text_str(&text));
	return r ? r : tell(cli, cli->options, c->id, "noted", NULL);
}

static int set_closed(struct cli *cli, bool closed)
{
	const struct change_options *o = cli->options;
	_cleanup_case_desk_ struct case_desk x = {0};
	_cleanup_desk_case_ struct desk_case *c = NULL;
	int r = o->note ? check_note(cli, o->note, strlen(o->note)) : EXIT_GOOD;

	r = r ? r : begin(cli, &x, &c);
	if (r)
		return r;
	r = desk_set_closed(&x.d, c, closed);
	if (r)
		return case_fail(cli, c->id, r);
	r = o->note ? add_note(cli, &x, c, o->note) : EXIT_GOOD;
	return r ? r : tell(cli, o, c->id, closed ? "closed" : "reopened", NULL);
}

static int close_run(struct cli *cli)
{
	return set_closed(cli, true);
}

static int reopen_run(struct cli *cli)
{
	return set_closed(cli, false);
}

static int undo_run(struct cli *cli)
{
	const struct change_options *o = cli->options;
	_cleanup_case_desk_ struct case_desk x = {0};
	_cleanup_desk_case_ struct desk_case *c = NULL;
	char did[16];
	int r = begin(cli, &x, &c);

	if (r)
		return r;
	r = desk_undo(&x.d, c, cli->n_operands > 1 ? cli->operands[1] : NULL, did);
	if (r)
		return case_fail(cli, cli->operands[cli->n_operands - 1], r);
	if (o->c.json)
		return case_print_json(
			cli, json_pack("{ssssss}", "case", c->id, "did", "undone", "act", did));
	fprintf(cli->out, tr(cli, "case %s: undone: %s\n", "案件 %s: 取り消し: %s\n"), c->id, did);
	return EXIT_GOOD;
}

static const struct option_row change_options[] = {
	OPTIONS_CASE(struct change_options), OPTIONS_CASE_WRITING(struct change_options), {0}};

static const struct option_row state_options[] = {
	OPTIONS_CASE(struct change_options),
	OPTIONS_CASE_WRITING(struct change_options),
	OPTION_ARG("note", 0, "TEXT", option_text, offsetof(struct change_options, note),
		   "why, kept as a note", "理由。メモとして残す"),
	{0}};

extern const struct verb verb_case_split, verb_case_note, verb_case_close, verb_case_reopen,
	verb_case_undo;

const struct verb verb_case_split = {
	.name = "case split",
	.args = "CASE ENTRY...",
	.min_args = 2,
	.max_args = -1,
	.help = PHRASE("move entries of a case into a new one", "案件の項目を新しい案件に分ける"),
	.more = PHRASE("An ENTRY is named as case show names it, or by its incident.",
		       "ENTRY は case show に出る名前、または検知の ID。"),
	.options = change_options,
	.options_size = sizeof(struct change_options),
	.run = split_run,
};

const struct verb verb_case_note = {
	.name = "case note",
	.args = "CASE TEXT...",
	.min_args = 2,
	.max_args = -1,
	.help = PHRASE("write a note into a case", "案件にメモを書く"),
	.more = PHRASE("With - the text is read from the standard input.",
		       "- なら標準入力から読む。"),
	.options = change_options,
	.options_size = sizeof(struct change_options),
	.run = note_run,
};

const struct verb verb_case_close = {
	.name = "case close",
	.args = "CASE",
	.min_args = 1,
	.max_args = 1,
	.help = PHRASE("close a case", "案件を終了する"),
	.options = state_options,
	.options_size = sizeof(struct change_options),
	.run = close_run,
};

const struct verb verb_case_reopen = {
	.name = "case reopen",
	.args = "CASE",
	.min_args = 1,
	.max_args = 1,
	.help = PHRASE("open a closed case again", "終了した案件を再開する"),
	.options = state_options,
	.options_size = sizeof(struct change_options),
	.run = reopen_run,
};

const struct verb verb_case_undo = {
	.name = "case undo",
	.args = "CASE [ACT]",
	.min_args = 1,
	.max_args = 2,
	.help = PHRASE("take back the last act on a case, or a named one",
		       "案件への最後の操作、または指定した操作を取り消す"),
	.more = PHRASE("An ACT is named as case audit names it. An undone undo is done again.",
		       "ACT は case audit に出る名前。取り消しも取り消せる。"),
	.options = change_options,
	.options_size = sizeof(struct change_options),
	.run = undo_run,
};
