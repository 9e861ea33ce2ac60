/* SPDX-License-Identifier: ISC */
/*
 * `act start`: one option of the plan of an incident becomes a measure. The role checks and does
 * it; where none runs, the checks are made here, so that a refusal is one in either case.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "act/plan.h"
#include "cli/act_ask.h"
#include "router/act.h"

struct start_options {
	struct act_where w;
	uint64_t option;
	const char *basis, *purpose, *necessity, *weaker, *until, *consent, *by, *signature;
	bool glass, propose;
	int kind;
};

#define PLAN_DIGITS 12 /* of its hash, in its id */
#define HEX	    "0123456789abcdef"
#define KINDS	    "rtbh flowspec nftables community diversion"

/* "p" and 12 digits is a plan, and so is its whole hash; anything else means an incident. */
static bool is_plan(const char *id)
{
	return *id == 'p' && strlen(id) == PLAN_DIGITS + 1 && strspn(id + 1, HEX) == PLAN_DIGITS;
}

static bool is_hash(const char *id)
{
	return strlen(id) == PLAN_HASH_MAX - 1 && strspn(id, HEX) == PLAN_HASH_MAX - 1;
}

static void put_id(json_t *q, const char *id)
{
	char plan[PLAN_ID_MAX];

	if (is_hash(id)) {
		act_put(q, "plan", plan_id(id, plan));
		act_put(q, "hash", id);
	} else {
		act_put(q, is_plan(id) ? "plan" : "incident", id);
	}
}

/* Word @kind (from 1) of KINDS. */
static void put_kind(json_t *q, int kind)
{
	const char *at = KINDS;

	for (int i = 1; i < kind; i++)
		at += strcspn(at, " ") + 1;
	if (kind && json_object_set_new(q, "kind", json_stringn(at, strcspn(at, " "))))
		text_note_lost();
}

/* Somebody who can be asked. */
static bool is_terminal(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

static int request_of(struct cli *cli, const struct conf *conf, json_t **out)
{
	const struct start_options *o = cli->options;
	int64_t until_us;
	int r = act_until(cli, conf, o->until, &until_us);
	json_t *q;

	if (r)
		return r;
	q = json_pack("{sssIsbsbsb}", "do", "start", "option", (json_int_t)o->option, "break_glass",
		      o->glass, "propose", o->propose, "unsure", is_terminal());
	if (!q)
		return cli_fail(cli, ACT_EXIT_ROUTER, "%s", strerror(ENOMEM));
	put_id(q, cli->operands[0]);
	put_kind(q, o->kind);
	act_put(q, "basis", o->basis);
	act_put(q, "purpose", o->purpose);
	act_put(q, "necessity", o->necessity);
	act_put(q, "weaker", o->weaker);
	act_put(q, "language", cli->language == LANGUAGE_JA ? "ja" : "en");
	act_put(q, "consent", o->consent);
	if (until_us != TIME_NONE && json_object_set_new(q, "until", json_integer(until_us)))
		text_note_lost();
	r = act_signature(cli, o->by, o->signature, q);
	if (r)
		json_decref(q);
	else
		*out = q;
	return r;
}

static int alone(struct cli *cli, const struct conf *conf, json_t *request)
{
	const struct start_options *o = cli->options;
	struct act_options role = {
		.conf_path = o->w.conf, .db = conf->db, .own = o->w.own.value, .n_own = o->w.own.n};
	_cleanup_text_ struct text why = TEXT_NULL;
	json_t *reply = NULL;
	int r = act_offline(&role, request, &reply, &why);

	json_decref(request);
	setup_complain(cli, &why);
	if (r == ACT_GOOD)
		return act_said(cli, o->w.json, reply);
	return r < 0	       ? cli_fail(cli, ACT_EXIT_ROUTER, "%s", strerror(-r))
	       : r == ACT_CONF ? EXIT_USAGE
			       : ACT_EXIT_ROUTER;
}

/* The role wants to know whether that is meant. Takes @reply. Return: EXIT_GOOD with the kind in
 * @request, or a status after saying why. */
static int confirm(struct cli *cli, json_t *reply, json_t *request)
{
	char line[64] = "";
	bool yes;

	fprintf(cli->err, "%s\n%s", act_what(cli, reply),
		tr(cli, "Is that meant? yes begins it: ", "開始しますか。yes で開始します: "));
	fflush(cli->err);
	yes = fgets(line, sizeof(line), stdin) && strcspn(line, "\n") == 3 &&
	      strncmp(line, "yes", 3) == 0;
	if (yes && json_object_set(request, "kind", json_object_get(reply, "kind")))
		text_note_lost();
	json_decref(reply);
	return yes ? EXIT_GOOD
		   : cli_fail(cli, ACT_EXIT_LAW, "%s",
			      tr(cli, "nothing was begun", "何も開始していません"));
}

static int ask(struct cli *cli, const struct conf *conf, json_t *request, json_t **reply)
{
	const char *word;
	int r = act_ask(cli, conf, json_incref(request), reply);

	word = r ? NULL : json_string_value(json_object_get(*reply, "word"));
	if (!word || strcmp(word, "confirm") != 0)
		return r;
	r = confirm(cli, *reply, request);
	return r ? r : act_ask(cli, conf, json_incref(request), reply);
}

static int start_run(struct cli *cli)
{
	const struct start_options *o = cli->options;
	_cleanup_conf_ struct conf *conf = NULL;
	json_t *request = NULL, *reply = NULL;
	int r;

	if (!o->option)
		return cli_usage(
			cli, "%s",
			tr(cli, "which option of the plan? say --option N; see noroshi plan",
			   "計画のどの選択肢ですか。--option N を指定してください (noroshi plan "
			   "を参照)"));
	r = act_status(act_setup(cli, &o->w, &conf));
	r = r ? r : request_of(cli, conf, &request);
	if (r)
		return r;
	r = ask(cli, conf, request, &reply);
	if (r == ACT_NO_ROLE)
		return alone(cli, conf, request);
	json_decref(request);
	return r ? r : act_said(cli, o->w.json, reply);
}

#define AT(field) offsetof(struct start_options, field)
static const struct option_row start_options[] = {
	OPTIONS_ACT(struct start_options),
	OPTION_NUMBER("option", 'n', "N", 1000, AT(option), "which option of the plan",
		      "計画の選択肢の番号"),
	OPTION_ARG("basis", 0, "ID", option_text, AT(basis),
		   "legal basis, as the law file names it", "法的根拠 (法令ファイルの ID)"),
	OPTION_ARG("purpose", 0, "TEXT", option_text, AT(purpose), "what it is for", "目的"),
	OPTION_ARG("necessity", 0, "TEXT", option_text, AT(necessity), "why it is necessary",
		   "必要性"),
	OPTION_ARG("weaker", 0, "TEXT", option_text, AT(weaker),
		   "why nothing weaker would do (else: the plan's own comparison)",
		   "より弱い手段では足りない理由 (省略時は計画の比較による)"),
	OPTION_CHOICE("kind", 0, "KIND", KINDS, AT(kind),
		      "refuse it unless the option is of this kind",
		      "選択肢がこの種類でなければ拒否する"),
	OPTION_ARG("until", 0, "TIME", option_text, AT(until),
		   "its end: 07:30 by the desk's clock, 2h from now, or 2026-11-26T12:00:00Z",
		   "期限 (07:30、2h、2026-11-26T12:00:00Z)"),
	OPTION_ARG("consent", 0, "REF", option_text, AT(consent),
		   "reference of the owner's consent", "所有者の同意の参照"),
	OPTION_SWITCH(
		"break-glass", 0, AT(glass),
		"begin alone what was agreed beforehand; a second person signs within the hour",
		"事前合意の措置を 1 人で開始する。1 時間以内に 2 人目の承認が必要"),
	OPTION_SWITCH("propose", 0, AT(propose),
		      "only write it down for an approver, who has a quarter of an hour",
		      "承認者のために書き込むだけで開始しない (承認は 15 分以内)"),
	OPTION_ARG("by", 0, "NAME", option_text, AT(by), "whose signature it is", "署名した承認者"),
	OPTION_ARG("signature", 0, "FILE", option_text, AT(signature),
		   "Ed25519 signature over HASH:N of the plan", "計画の HASH:N への Ed25519 署名"),
	{0},
};
#undef AT

extern const struct verb verb_act_start;
const struct verb verb_act_start = {
	.name = "act start",
	.args = "ID",
	.min_args = 1,
	.max_args = 1,
	.help = PHRASE("begin one option of a plan, after all checks",
		       "計画の選択肢を、検査のうえ開始する"),
	.more = PHRASE(
		"ID is a plan as noroshi plan printed it, by its id or its hash, or an incident. "
		"Of a "
		"plan the option begins only if it is still the same. Of an incident the plan is "
		"made "
		"anew, and what has become something else since it was read last is refused; "
		"--kind "
		"says which kind is meant. At a terminal what takes the target offline is asked "
		"for "
		"once more. Exit status: 0 it began, 2 usage, 3 refused by a guard, 4 refused by "
		"law or "
		"approval, 5 the router, the role or the store.",
		"ID は noroshi plan が出力した計画の ID かハッシュ、または事案の ID。計画なら、"
		"選択肢が今も同じ時だけ開始する。事案なら計画を作り直し、最後に読まれた時と別の"
		"ものになった選択肢は拒否する。--kind で種類を指定できる。端末では、対象が到達不能"
		"になる措置を開始前に確認する。終了コード: 0 "
		"開始、2 用法、3 安全規則による拒否、4 法令または承認による拒否、5 ルーター・act・"
		"記録庫。"),
	.options = start_options,
	.options_size = sizeof(struct start_options),
	.run = start_run,
};
