/* SPDX-License-Identifier: ISC */
/*
 * `act`: the role that speaks to routers; `act pipe`: its relay in ExaBGP; `act exabgp-conf`: what
 * ExaBGP is to be configured with.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/act_ask.h"
#include "router/act.h"
#include "router/exabgp.h"
#include "router/pipe.h"

struct role_options {
	struct act_where w;
	uint64_t for_s;
};

static int act_main(struct cli *cli)
{
	const struct role_options *o = cli->options;
	struct act_options role = {.conf_path = o->w.conf,
				   .db = o->w.db,
				   .for_s = o->for_s,
				   .own = o->w.own.value,
				   .n_own = o->w.own.n,
				   .json = o->w.json ? cli->out : NULL};
	_cleanup_text_ struct text why = TEXT_NULL;
	struct act *a = NULL;
	int r;

	if (!o->w.conf)
		return cli_usage(
			cli, "%s",
			tr(cli, "which routers, and who approves? say --conf FILE",
			   "ルーターと承認者の設定が要ります。--conf FILE を指定してください"));
	log_set_level(LOG_LEVEL_INFO);
	r = act_open(&role, &a, &why);
	setup_complain(cli, &why);
	if (r == ACT_GOOD)
		r = act_run(a);
	act_close(a);
	if (r < 0)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(-r));
	return r == ACT_CONF ? EXIT_CONF : r == ACT_STORE ? EXIT_STORE : EXIT_GOOD;
}

static const struct option_row role_options[] = {
	OPTIONS_ACT(struct role_options),
	OPTION_ARG("for", 0, "TIME", option_seconds, offsetof(struct role_options, for_s),
		   "stop after this time", "この時間が過ぎたら終了する"),
	{0},
};

extern const struct verb verb_act, verb_act_pipe, verb_act_exabgp_conf;
const struct verb verb_act = {
	.name = "act",
	.args = "",
	.help = PHRASE("keep the routers as the store wants them",
		       "記録庫のとおりにルーターの措置を保つ"),
	.more = PHRASE(
		"One runs for each store. It takes requests at act.sock in the store, speaks to "
		"ExaBGP through act pipe and to nftables by itself, and takes every measure away "
		"at "
		"its end. With --json each change is one line. SIGHUP reads the configuration "
		"anew; "
		"SIGTERM and SIGINT stop, and leave what stands to its end.",
		"記録庫ごとに 1 つ動かす。記録庫の act.sock で要求を受け、ExaBGP には act pipe "
		"を通じ、"
		"nftables には直接伝え、期限が来た措置を必ず取り下げる。--json では変化ごとに 1 "
		"行出力"
		"する。SIGHUP で設定を読み直し、SIGTERM と SIGINT "
		"で停止する。続いている措置は期限まで"
		"そのまま残る。"),
	.options = role_options,
	.options_size = sizeof(struct role_options),
	.run = act_main,
};

/* ---- the relay ---- */

struct no_options {
	bool unused;
};

static int pipe_main(struct cli *cli)
{
	int r;

	log_set_level(LOG_LEVEL_INFO);
	r = pipe_run(cli->operands[0]);
	return r < 0 ? cli_fail(cli, EXIT_BROKEN, "%s", strerror(-r)) : EXIT_GOOD;
}

const struct verb verb_act_pipe = {
	.name = "act pipe",
	.args = "SOCKET",
	.min_args = 1,
	.max_args = 1,
	.help = PHRASE("relay between ExaBGP, which runs it, and the role",
		       "ExaBGP が起動する、act との中継"),
	.more = PHRASE(
		"It is no command for people. While the role is away it takes back by itself "
		"what comes to its end.",
		"人が実行するものではない。act がいない間も、期限が来た措置を自ら取り下げる。"),
	.options_size = sizeof(struct no_options),
	.run = pipe_main,
};

/* ---- ExaBGP's configuration ---- */

struct conf_options {
	struct act_where w;
};

/* ExaBGP runs the relay in a directory of its own. */
static void make_absolute(char *dir)
{
	char path[PATH_MAX];

	if (*dir != '/' && realpath(dir, path) && strlen(path) < CONF_TEXT_MAX)
		strcpy(dir, path);
}

static int conf_main(struct cli *cli)
{
	const struct conf_options *o = cli->options;
	_cleanup_text_ struct text out = TEXT_NULL, why = TEXT_NULL;
	_cleanup_conf_ struct conf *conf = NULL;
	char program[PATH_MAX] = "";
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	int r = act_setup(cli, &o->w, &conf);

	if (r)
		return r;
	if (n > 0)
		program[n] = '\0';
	make_absolute(conf->db);
	r = exabgp_conf(conf, program, &out, &why);
	setup_complain(cli, &why);
	if (r)
		return EXIT_CONF;
	fputs(text_str(&out), cli->out);
	return EXIT_GOOD;
}

static const struct option_row conf_options[] = {OPTIONS_ACT(struct conf_options), {0}};

const struct verb verb_act_exabgp_conf = {
	.name = "act exabgp-conf",
	.args = "",
	.help = PHRASE("print a configuration of ExaBGP 4.2 for our neighbours",
		       "隣接のための ExaBGP 4.2 の設定を出力する"),
	.options = conf_options,
	.options_size = sizeof(struct conf_options),
	.run = conf_main,
};
