/* SPDX-License-Identifier: ISC */
/*
 * `conf check` and `conf print`: what a configuration file says, before anything runs on it.
 */
#include <string.h>

#include "act/law.h"
#include "base/clock.h"
#include "cli/verb.h"
#include "conf/conf.h"

struct conf_options {
	bool json;
};

static void drop_conf(struct conf **c)
{
	conf_unref(*c);
}

/* A law that is signed by nobody, or not yet, lets nothing start: better known now than at night.
 */
static void look_at_law(struct cli *cli, const struct conf *c)
{
	_cleanup_text_ struct text why = TEXT_NULL, said = TEXT_NULL;
	_cleanup_law_ struct law *law = NULL;

	if (!*c->act.legal)
		return;
	if (law_load(c->act.legal, conf_act_country(c), &law, &why) == 0 &&
	    !law_is_reviewed(law, clock_real_us())) {
		law_review_say(law, clock_real_us(), cli->language == LANGUAGE_JA, &said);
		text_printf(&why, tr(cli, "%s: warning: %s\n", "%s: 警告: %s\n"), law->file,
			    text_str(&said));
	}
	fputs(text_str(&why), cli->err);
}

static int check_run(struct cli *cli)
{
	_cleanup_text_ struct text messages = TEXT_NULL;
	_cleanup_(drop_conf) struct conf *c = conf_load(cli->operands[0], &messages);

	fputs(text_str(&messages), cli->err);
	if (!c)
		return EXIT_CONF;
	look_at_law(cli, c);
	fprintf(cli->out,
		tr(cli,
		   "%s holds: %zu own prefixes, %zu protected objects, %zu exporters, %zu "
		   "interfaces\n",
		   "%s は正しい設定です: 自網プレフィックス %zu、保護対象 %zu、エクスポーター %zu、"
		   "インターフェース %zu\n"),
		cli->operands[0], c->n_own, c->n_objects, c->n_exporters, c->n_interfaces);
	return EXIT_GOOD;
}

static int print_run(struct cli *cli)
{
	const struct conf_options *o = cli->options;
	_cleanup_text_ struct text messages = TEXT_NULL, out = TEXT_NULL;
	_cleanup_(drop_conf) struct conf *c =
		cli->n_operands ? conf_load(cli->operands[0], &messages) : conf_default();

	fputs(text_str(&messages), cli->err);
	if (!c)
		return cli->n_operands ? EXIT_CONF : EXIT_BROKEN;
	if (o->json)
		conf_print_json(c, &out);
	else
		conf_print(c, &out);
	if (!text_ok(&out))
		return EXIT_BROKEN;
	fputs(text_str(&out), cli->out);
	if (out.len && out.s[out.len - 1] != '\n')
		fputc('\n', cli->out);
	return EXIT_GOOD;
}

static const struct option_row print_options[] = {OPTION_JSON(struct conf_options), {0}};

extern const struct verb verb_conf_check, verb_conf_print;

const struct verb verb_conf_check = {
	.name = "conf check",
	.args = "FILE",
	.min_args = 1,
	.max_args = 1,
	.help = PHRASE("say whether a configuration file holds",
		       "設定ファイルが正しいかどうかを調べる"),
	.more = PHRASE("Every mistake is named with its file, line and column. The exit status is "
		       "3 when the "
		       "file does not hold; warnings do not change it.",
		       "誤りはすべてファイル名、行、桁とともに表示する。誤りがあれば終了コードは "
		       "3。警告では変わらない。"),
	.run = check_run,
};

const struct verb verb_conf_print = {
	.name = "conf print",
	.args = "[FILE]",
	.max_args = 1,
	.help = PHRASE("print the configuration in force", "有効な設定を表示する"),
	.more = PHRASE(
		"Every value is printed, also those that FILE does not mention. What is printed is "
		"itself "
		"a configuration with the same meaning. Without FILE it is the one built in.",
		"FILE "
		"に書かれていない値も含めて全て表示する。出力はそのまま同じ意味の設定として読める。"
		"FILE がなければ組み込みの設定を表示する。"),
	.options = print_options,
	.options_size = sizeof(struct conf_options),
	.run = print_run,
};
