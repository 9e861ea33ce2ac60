/* SPDX-License-Identifier: ISC */
/* `plan`: what can be done about an incident, at which point, and at what cost. It changes nothing
 * but that it is known what was read. */
#include <errno.h>
#include <string.h>

#include "cli/plan_keep.h"

struct verb_options {
	bool json, no_keep;
	const char *db;
	struct conf_additions conf;
};

static int print_json(struct cli *cli, json_t *o)
{
	int r = o ? json_dumpf(o, cli->out, JSON_COMPACT | JSON_REAL_PRECISION(9)) : -1;

	json_decref(o);
	if (r)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	fputc('\n', cli->out);
	return EXIT_GOOD;
}

static int print(struct cli *cli, const struct verb_options *o, const struct conf *conf,
		 const struct plan *p)
{
	_cleanup_text_ struct text out = TEXT_NULL;

	if (o->json)
		return print_json(cli, plan_json(p));
	plan_text(p, conf->duty.zone, cli->language == LANGUAGE_JA, &out);
	fputs(text_str(&out), cli->out);
	return text_ok(&out) ? EXIT_GOOD : cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
}

static int plan_run(struct cli *cli)
{
	const struct verb_options *o = cli->options;
	const char *id = cli->operands[0];
	_cleanup_plan_desk_ struct plan_desk d = {.conf = NULL};
	_cleanup_plan_ struct plan *p = NULL;
	int r = plan_desk_open(cli, o->db, &o->conf, &d);

	if (r)
		return r;
	if (id[0] == 'p') {
		r = plan_desk_kept(cli, &d, id, &p);
	} else {
		r = plan_desk_incident(cli, &d, id);
		r = r ? r : plan_desk_make(cli, &d, &p);
	}
	r = r ? r : print(cli, o, d.conf, p);
	if (r == EXIT_GOOD && id[0] != 'p' && !o->no_keep) {
		fflush(cli->out); /* it was read by then, whatever becomes of keeping it */
		plan_keep_read(cli, &d, p);
	}
	return r;
}

static const struct option_row plan_options[] = {
	OPTION_ARG("conf", 'c', "FILE", option_text, offsetof(struct verb_options, conf.path),
		   "configuration file, see noroshi.conf(5)",
		   "設定ファイル (noroshi.conf(5) を参照)"),
	OPTION_DB(struct verb_options),
	OPTION_ARG("own", 'o', "PREFIX", option_list, offsetof(struct verb_options, conf.own),
		   "an own prefix (repeatable)", "自網のプレフィックス (繰り返し可)"),
	OPTION_JSON(struct verb_options),
	OPTION_SWITCH("no-keep", 0, offsetof(struct verb_options, no_keep),
		      "do not note that it was read, for programs that look all the time",
		      "読まれた記録を残さない (定期的に読むプログラム向け)"),
	{0},
};

extern const struct verb verb_plan;

const struct verb verb_plan = {
	.name = "plan",
	.args = "ID",
	.min_args = 1,
	.max_args = 1,
	.help = PHRASE("say what can be done about an incident, where, and at what cost",
		       "検知に対して何をどこでできるか、その代償とともに示す"),
	.more = PHRASE(
		"ID is that of an incident, or its beginning; that of a plan shows one that was "
		"kept. "
		"Nothing is changed and nothing is sent: this is the dry run. What was printed is "
		"kept with a line of the audit log, so that act start begins what was read. "
		"Options "
		"stand from the target outwards, \"do nothing\" first.",
		"ID は検知のもので、先頭の数文字でよい。計画の ID なら保存済みの計画を表示する。"
		"何も変更せず、何も送らない。出力した計画は監査記録とともに保存し、act start "
		"は読まれたものを開始する。"
		"案は「何もしない」から始め、対象に近い順に並べる。"),
	.options = plan_options,
	.options_size = sizeof(struct verb_options),
	.run = plan_run,
};
