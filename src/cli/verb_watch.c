/* SPDX-License-Identifier: ISC */
#include "base/log.h"
#include "cli/watch.h"

static int watch_main(struct cli *cli)
{
	_cleanup_free_ struct watch *w = calloc(1, sizeof(*w));
	_cleanup_text_ struct text why = TEXT_NULL;
	int r;

	if (!w)
		return EXIT_BROKEN;
	log_set_level(LOG_LEVEL_INFO);
	r = watch_open(w, cli, &why);
	if (r == EXIT_GOOD) {
		fputs(text_str(&why), cli->err); /* warnings of the configuration */
		r = watch_run(w);
	} else {
		setup_complain(cli, &why);
	}
	watch_close(w);
	return r;
}

#define AT(field) offsetof(struct watch_options, field)
static const struct option_row options[] = {
	OPTION_ARG("listen", 'l', "ADDRESS:PORT", option_list, AT(listen),
		   "take flow exports on this UDP port (repeatable)",
		   "この UDP ポートでフローエクスポートを受ける (繰り返し可)"),
	OPTION_ARG("interface", 'i', "NAME", option_list, AT(interface),
		   "capture packets on this interface (repeatable)",
		   "このインターフェースでパケットを取り込む (繰り返し可)"),
	OPTION_SWITCH("any-exporter", 'a', AT(any_exporter),
		      "take exports from any sender, not only from those configured",
		      "設定にない送信元からのエクスポートも受け付ける"),
	OPTION_DB(struct watch_options),
	OPTIONS_DETECTION(struct watch_options),
	OPTION_ARG("for", 0, "TIME", option_seconds, AT(for_s), "stop after this time",
		   "この時間が過ぎたら終了する"),
	OPTION_SWITCH("drill", 0, AT(drill), "this is a drill: the store and all incidents say so",
		      "訓練として実行する (記録庫と検知結果に明記する)"),
	OPTION_JSON(struct watch_options),
	{0},
};
#undef AT

extern const struct verb verb_watch;
const struct verb verb_watch = {
	.name = "watch",
	.args = "",
	.help = PHRASE("watch live: flow exports and packets",
		       "フローとパケットを実時間で監視する"),
	.more = PHRASE("A line is printed when an attack begins, falls quiet and ends. SIGHUP or "
		       "noroshi reload "
		       "reads the configuration anew; SIGTERM and SIGINT stop, and what is open "
		       "stays open in "
		       "the store for the next start.",
		       "攻撃の開始、静穏、終了のたびに 1 行を表示する。SIGHUP または noroshi "
		       "reload で設定を読み直す。"
		       "SIGTERM と SIGINT で停止し、進行中の検知は次の起動に引き継がれる。"),
	.options = options,
	.options_size = sizeof(struct watch_options),
	.run = watch_main,
};
