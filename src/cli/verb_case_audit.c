/* SPDX-License-Identifier: ISC */
/*
 * `case propose` and `case audit`: what might belong together, and what was done.
 */
#include <errno.h>
#include <sodium.h>
#include <string.h>

#include "base/clock.h"
#include "cli/audit_say.h"
#include "cli/case_desk.h"

struct propose_options {
	struct case_options c;
	struct case_writing w;
	bool join;
};

static int join_certain(struct cli *cli, struct case_desk *x, const struct case_options *o)
{
	unsigned n = 0;
	int r = desk_join_certain(&x->d, &n);

	if (r)
		return case_fail(cli, "case propose", r);
	if (!o->json)
		fprintf(cli->out, tr(cli, "%u joined\n", "%u 件を結合しました\n"), n);
	else
		r = case_print_json(cli, json_pack("{sssi}", "did", "joined", "count", (int)n));
	return r;
}

static int propose_run(struct cli *cli)
{
	const struct propose_options *o = cli->options;
	_cleanup_case_desk_ struct case_desk x = {0};
	_cleanup_desk_case_ struct desk_case *only = NULL;
	json_t *list = NULL, *e;
	size_t i;
	int r = case_desk_open(cli, &o->c, o->join ? &o->w : NULL, &x);

	if (r == EXIT_GOOD && cli->n_operands)
		r = case_get(cli, &x, cli->operands[0], &only);
	if (r == EXIT_GOOD && o->join && only)
		r = cli_usage(cli, "--join takes all cases, not one");
	if (r == EXIT_GOOD && o->join)
		r = join_certain(cli, &x, &o->c);
	if (r)
		return r;
	list = o->c.json ? json_array() : NULL;
	r = case_proposals(cli, &x, only, list);
	json_array_foreach(list, i, e) r = r ? r : case_print_json(cli, json_incref(e));
	json_decref(list);
	return r;
}

struct audit_options {
	struct case_options c;
	bool verify, head;
	const char *against;
};

static json_t *act_json(const struct desk_act *a)
{
	char at[TIME_TEXT_MAX], hex[65];
	int lost = 0;
	json_t *o = json_pack("{sIsssssssssOsO}", "line", (json_int_t)a->seq, "id", a->id, "at",
			      time_format_utc(a->at_us, at), "by", a->actor, "act", a->act,
			      "entries", a->entries, "cases", a->cases);

	if (o && json_array_size(a->acts))
		lost |= json_object_set(o, "acts", a->acts);
	if (o && *a->undoes)
		lost |= json_object_set_new(o, "undoes", json_string(a->undoes));
	if (o && a->mac)
		lost |= json_object_set_new(
			o, "mac", json_string(sodium_bin2hex(hex, sizeof(hex), a->mac, 32)));
	if (lost)
		text_note_lost();
	return o;
}

static const char *word(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s && *s ? s : "-";
}

static int on_act(void *userdata, const struct desk_act *a)
{
	struct cli *cli = userdata;
	const struct audit_options *o = cli->options;
	char at[TIME_TEXT_MAX];
	json_t *e;
	size_t i;

	if (o->c.json)
		return case_print_json(cli, act_json(a)) ? -ENOMEM : 0;
	fprintf(cli->out, "%5llu  %s  %s  %-8s %s%s%s\n", (unsigned long long)a->seq,
		time_format_local(a->at_us, at), a->id, a->act, a->actor,
		*a->undoes ? tr(cli, "  undoes ", "  取り消し対象 ") : "", a->undoes);
	json_array_foreach(a->entries, i, e) fprintf(cli->out, "       %s: %s -> %s\n",
						     word(e, "id"), word(e, "from"), word(e, "to"));
	json_array_foreach(a->acts, i, e) fprintf(cli->out, "       %s\n", word(e, "subject"));
	json_array_foreach(a->cases, i, e)
		fprintf(cli->out, "       %s: %s -> %s%s%s\n", word(e, "case"), word(e, "from"),
			word(e, "to"),
			*word(e, "merged_into") != '-' ? tr(cli, ", joined ", "、統合先 ") : "",
			*word(e, "merged_into") != '-' ? word(e, "merged_into") : "");
	return 0;
}

/* How many lines there are, and which is broken, tells of what is hidden: that is for `all`. */
static int tell_verdict(struct cli *cli, const struct case_desk *x, const struct desk_verdict *v)
{
	const struct audit_options *o = cli->options;
	bool all = x->d.viewer.rank == VIEWER_ALL;
	int r;

	if (!o->c.json)
		return audit_tell_verdict(cli, v, all);
	r = case_print_json(cli, audit_verdict_json(v, all));
	return r ? r : v->holds ? EXIT_GOOD : EXIT_STORE;
}

static int verify_run(struct cli *cli, struct case_desk *x)
{
	const struct audit_options *o = cli->options;
	struct desk_verdict v;
	int r = desk_db_verify(x->d.db, o->against, &v);

	if (r)
		return case_fail(cli, o->against ? o->against : "case audit", r);
	if (!o->head)
		return tell_verdict(cli, x, &v);
	if (x->d.viewer.rank != VIEWER_ALL)
		return cli_usage(cli, "%s",
				 tr(cli, "--head is for --circle all",
				    "--head には --circle all が必要です"));
	if (!v.holds)
		return tell_verdict(cli, x, &v);
	if (o->c.json)
		return case_print_json(cli, json_pack("{ss}", "head", v.head));
	fprintf(cli->out, "%s\n", v.head);
	return EXIT_GOOD;
}

static int audit_run(struct cli *cli)
{
	const struct audit_options *o = cli->options;
	_cleanup_case_desk_ struct case_desk x = {0};
	_cleanup_desk_case_ struct desk_case *only = NULL;
	int r = case_desk_open(cli, &o->c, NULL, &x);

	if (r)
		return r;
	if (o->verify || o->head || o->against)
		return verify_run(cli, &x);
	if (cli->n_operands)
		r = case_get(cli, &x, cli->operands[0], &only);
	if (r)
		return r;
	r = desk_audit(&x.d, only, on_act, cli);
	return r ? case_fail(cli, "case audit", r) : EXIT_GOOD;
}

static const struct option_row propose_options[] = {
	OPTIONS_CASE(struct propose_options),
	OPTIONS_CASE_WRITING(struct propose_options),
	OPTION_SWITCH("join", 0, offsetof(struct propose_options, join),
		      "join what is certain, propose the rest",
		      "確実なものを結合し、残りを候補として示す"),
	{0}};

static const struct option_row audit_options[] = {
	OPTIONS_CASE(struct audit_options),
	OPTION_SWITCH("verify", 0, offsetof(struct audit_options, verify),
		      "recount every line, and hold the cases against the log",
		      "全ての行を検算し、案件と照らし合わせる"),
	OPTION_SWITCH("head", 0, offsetof(struct audit_options, head),
		      "print the last line's number and MAC, to be kept elsewhere",
		      "最後の行の番号と MAC を出力する。別の場所に保管するため"),
	OPTION_ARG("against", 0, "HEAD", option_text, offsetof(struct audit_options, against),
		   "verify, and that a head noted before is still in the log",
		   "検算し、以前に控えた HEAD が記録に残っていることも確かめる"),
	{0}};

extern const struct verb verb_case_propose, verb_case_audit;

const struct verb verb_case_propose = {
	.name = "case propose",
	.args = "[CASE]",
	.max_args = 1,
	.help = PHRASE("what might belong together, with the reason",
		       "同じ件かもしれないものを理由とともに示す"),
	.options = propose_options,
	.options_size = sizeof(struct propose_options),
	.run = propose_run,
};

const struct verb verb_case_audit = {
	.name = "case audit",
	.args = "[CASE]",
	.max_args = 1,
	.help = PHRASE("what was done with cases, and proof that it is all of it",
		       "案件への操作の記録と、その正しさの検算"),
	.more = PHRASE("A log that does not hold gives exit status 4.",
		       "記録が改変されていれば終了コードは 4。"),
	.options = audit_options,
	.options_size = sizeof(struct audit_options),
	.run = audit_run,
};
