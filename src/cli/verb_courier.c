/* SPDX-License-Identifier: ISC */
/*
 * `courier`: the role that wakes people.
 */
#include <string.h>

#include "base/log.h"
#include "cli/setup.h"
#include "courier/courier.h"

struct role_options {
	bool json;
	const char *db, *conf;
	uint64_t for_s;
};

static int courier_main(struct cli *cli)
{
	const struct role_options *o = cli->options;
	struct courier_options role = {.conf_path = o->conf,
				       .db = o->db,
				       .for_s = o->for_s,
				       .json = o->json ? cli->out : NULL};
	_cleanup_text_ struct text why = TEXT_NULL;
	struct courier *c = NULL;
	int r;

	if (!o->conf)
		return cli_usage(
			cli, "%s",
			tr(cli, "whom to page, and how? say --conf FILE",
			   "誰をどう呼び出すかが要ります。--conf FILE を指定してください"));
	log_set_level(LOG_LEVEL_INFO);
	r = courier_open(&role, &c, &why);
	setup_complain(cli, &why);
	if (r == COURIER_GOOD)
		r = courier_run(c);
	courier_close(c);
	if (r < 0)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(-r));
	return r == COURIER_CONF ? EXIT_CONF : r == COURIER_STORE ? EXIT_STORE : EXIT_GOOD;
}

#define AT(field) offsetof(struct role_options, field)
static const struct option_row options[] = {
	OPTION_CONF(struct role_options),
	OPTION_DB(struct role_options),
	OPTION_ARG("for", 0, "TIME", option_seconds, AT(for_s), "stop after this time",
		   "この時間が過ぎたら終了する"),
	OPTION_SWITCH("json", 'j', AT(json), "print each page as one line of JSON",
		      "呼び出しのたびに JSON を 1 行出力する"),
	{0},
};
#undef AT

extern const struct verb verb_courier;
const struct verb verb_courier = {
	.name = "courier",
	.args = "",
	.help = PHRASE("wake people: pages by program and by mail",
		       "担当者を呼び出す (プログラムとメール)"),
	.more = PHRASE(
		"One runs for each store, beside the watch. It says nothing unless something "
		"goes wrong. SIGHUP reads the configuration anew; SIGTERM and SIGINT stop, and "
		"pages that are on their way arrive.",
		"記録庫ごとに 1 つ、watch と並べて動かす。問題がなければ何も表示しない。SIGHUP "
		"で設定を読み直し、SIGTERM と SIGINT で停止する。送信中の呼び出しは届く。"),
	.options = options,
	.options_size = sizeof(struct role_options),
	.run = courier_main,
};
