/* SPDX-License-Identifier: ISC */
/* `act approve`, `withdraw`, `renew`, `freeze` and `thaw`: the role is asked, and does it. */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "cli/act_ask.h"
#include "cli/renew_ask.h"

struct change_options {
	struct act_where w;
	const char *by, *signature, *plan, *neighbor, *case_id, *why, *necessity, *until;
	uint64_t all;
	bool automatic;
};

/* Takes @request. */
static int ask(struct cli *cli, const struct conf *conf, json_t *request)
{
	const struct change_options *o = cli->options;
	json_t *reply = NULL;
	int r = act_ask(cli, conf, request, &reply);

	if (r == ACT_NO_ROLE)
		return act_no_role(cli, conf);
	return r ? r : act_said(cli, o->w.json, reply);
}

static int begin(struct cli *cli, const char *what, struct conf **conf, json_t **request)
{
	const struct change_options *o = cli->options;
	int r = act_status(act_setup(cli, &o->w, conf));

	if (r)
		return r;
	*request = json_pack("{ss}", "do", what);
	if (!*request)
		return cli_fail(cli, ACT_EXIT_ROUTER, "%s", strerror(ENOMEM));
	if (cli->n_operands)
		act_put(*request, "measure", cli->operands[0]);
	act_put(*request, "why", o->why);
	return EXIT_GOOD;
}

static int approve_run(struct cli *cli)
{
	const struct change_options *o = cli->options;
	_cleanup_conf_ struct conf *conf = NULL;
	json_t *q = NULL;
	int r = begin(cli, "approve", &conf, &q);

	if (r)
		return r;
	act_put(q, "hash", o->plan);
	r = act_signature(cli, o->by, o->signature, q);
	if (r) {
		json_decref(q);
		return r;
	}
	return ask(cli, conf, q);
}

static int withdraw_run(struct cli *cli)
{
	const struct change_options *o = cli->options;
	_cleanup_conf_ struct conf *conf = NULL;
	unsigned ways =
		(cli->n_operands > 0) + (o->neighbor != NULL) + (o->case_id != NULL) + (o->all > 0);
	json_t *q = NULL;
	int r;

	if (ways != 1)
		return cli_usage(
			cli, "%s",
			tr(cli,
			   "what? say one of ID, --neighbor NAME, --case ID, or --all COUNT with "
			   "how many stand",
			   "どれですか。ID、--neighbor 名前、--case ID、または件数を付けた --all "
			   "のどれか 1 つを指定してください"));
	r = begin(cli, "withdraw", &conf, &q);
	if (r)
		return r;
	act_put(q, "neighbor", o->neighbor);
	act_put(q, "case", o->case_id);
	if (o->all && json_object_set_new(q, "all", json_integer((json_int_t)o->all)))
		text_note_lost();
	return ask(cli, conf, q);
}

/* What was not said is asked for, where somebody is there to answer. */
static int renew_words(struct cli *cli, const struct conf *conf, struct renew_words *w)
{
	const struct change_options *o = cli->options;

	if ((o->necessity && o->until) || o->w.json || !renew_may_ask(cli))
		return EXIT_GOOD;
	if (o->necessity)
		text_cut(w->necessity, sizeof(w->necessity), o->necessity);
	if (o->until)
		text_cut(w->until, sizeof(w->until), o->until);
	return renew_ask(cli, conf, cli->operands[0], w);
}

static int renew_run(struct cli *cli)
{
	const struct change_options *o = cli->options;
	_cleanup_conf_ struct conf *conf = NULL;
	struct renew_words w = {.until = ""};
	int64_t until_us = TIME_NONE;
	json_t *q = NULL;
	int r = begin(cli, "renew", &conf, &q);

	if (r)
		return r;
	r = renew_words(cli, conf, &w);
	r = r ? r : act_until(cli, conf, o->until || !*w.until ? o->until : w.until, &until_us);
	if (r) {
		json_decref(q);
		return r;
	}
	act_put(q, "necessity", o->necessity || !*w.necessity ? o->necessity : w.necessity);
	if (until_us != TIME_NONE && json_object_set_new(q, "until", json_integer(until_us)))
		text_note_lost();
	return ask(cli, conf, q);
}

static int freeze(struct cli *cli, const char *what)
{
	const struct change_options *o = cli->options;
	_cleanup_conf_ struct conf *conf = NULL;
	json_t *q = NULL;
	int r = begin(cli, what, &conf, &q);

	if (r)
		return r;
	if (json_object_set_new(q, "automatic", json_boolean(o->automatic)))
		text_note_lost();
	return ask(cli, conf, q);
}

static int freeze_run(struct cli *cli)
{
	return freeze(cli, "freeze");
}

static int thaw_run(struct cli *cli)
{
	return freeze(cli, "thaw");
}

#define AT(field) offsetof(struct change_options, field)
#define OPTION_WHY                                                                                 \
	OPTION_ARG("why", 0, "TEXT", option_text, AT(why), "why, one line, for the log",           \
		   "理由 (1 行、監査記録に残る)")
#define OPTION_AUTOMATIC                                                                           \
	OPTION_SWITCH("automatic", 0, AT(automatic), "only what standing orders begin",            \
		      "事前指示による開始だけ")

static const struct option_row approve_options[] = {
	OPTIONS_ACT(struct change_options),
	OPTION_ARG("plan", 0, "HASH", option_text, AT(plan), "hash of the plan that was read",
		   "読んだ計画のハッシュ"),
	OPTION_ARG("by", 0, "NAME", option_text, AT(by), "whose signature it is", "署名した承認者"),
	OPTION_ARG("signature", 0, "FILE", option_text, AT(signature),
		   "Ed25519 signature over HASH:N of the plan", "計画の HASH:N への Ed25519 署名"),
	{0},
};
static const struct option_row withdraw_options[] = {
	OPTIONS_ACT(struct change_options),
	OPTION_ARG("neighbor", 0, "NAME", option_text, AT(neighbor), "all at this neighbour",
		   "この隣接の全て"),
	OPTION_ARG("case", 0, "ID", option_text, AT(case_id), "all of this case", "この案件の全て"),
	OPTION_NUMBER("all", 0, "COUNT", 100000, AT(all), "all of them; COUNT is how many stand",
		      "全て。COUNT には現在の件数を書く"),
	OPTION_WHY,
	{0},
};
static const struct option_row renew_options[] = {
	OPTIONS_ACT(struct change_options),
	OPTION_ARG("necessity", 0, "TEXT", option_text, AT(necessity), "why it is still necessary",
		   "なお必要な理由"),
	OPTION_ARG("until", 0, "TIME", option_text, AT(until),
		   "its new end: 07:30 by the desk's clock, 2h from now, or 2026-11-26T12:00:00Z",
		   "新しい期限 (07:30、2h、2026-11-26T12:00:00Z)"),
	{0},
};
static const struct option_row freeze_options[] = {
	OPTIONS_ACT(struct change_options),
	OPTION_AUTOMATIC,
	OPTION_WHY,
	{0},
};
#undef AT

extern const struct verb verb_act_approve, verb_act_withdraw, verb_act_renew, verb_act_freeze,
	verb_act_thaw;

const struct verb verb_act_approve = {
	.name = "act approve",
	.args = "ID",
	.min_args = 1,
	.max_args = 1,
	.help = PHRASE("approve a measure that waits for another person",
		       "別の人の承認を待つ措置を承認する"),
	.options = approve_options,
	.options_size = sizeof(struct change_options),
	.run = approve_run,
};

const struct verb verb_act_withdraw = {
	.name = "act withdraw",
	.args = "[ID]",
	.max_args = 1,
	.help = PHRASE("end measures before their time", "期限前に措置を取り下げる"),
	.options = withdraw_options,
	.options_size = sizeof(struct change_options),
	.run = withdraw_run,
};

const struct verb verb_act_renew = {
	.name = "act renew",
	.args = "ID",
	.min_args = 1,
	.max_args = 1,
	.help = PHRASE("give a measure a new end, with a new reason",
		       "新しい理由を付けて措置の期限を延ばす"),
	.more = PHRASE("At a terminal what is not said is asked for; the end that is offered is as "
		       "long again, within what the basis allows.",
		       "端末では、指定のない項目を尋ねる。提案する期限は、根拠の許す範囲で今回と"
		       "同じ長さ。"),
	.options = renew_options,
	.options_size = sizeof(struct change_options),
	.run = renew_run,
};

const struct verb verb_act_freeze = {
	.name = "act freeze",
	.args = "",
	.help = PHRASE("nothing new begins and nothing is taken away but at its end",
		       "新たな開始も期限前の取り下げも止める"),
	.options = freeze_options,
	.options_size = sizeof(struct change_options),
	.run = freeze_run,
};

const struct verb verb_act_thaw = {
	.name = "act thaw",
	.args = "",
	.help = PHRASE("lift a freeze, that of automatic starts too",
		       "凍結を解く (自動開始の凍結も)"),
	.options = freeze_options,
	.options_size = sizeof(struct change_options),
	.run = thaw_run,
};
