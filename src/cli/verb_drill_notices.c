/* SPDX-License-Identifier: ISC */
/* `drill notices`: what people would write about a scenario's attacks, with the truth. */
#include <errno.h>
#include <string.h>

#include "cli/verb.h"
#include "drill/notices.h"

#define COUNT_MAX 1000000

struct notices_options {
	bool attacks;
	uint64_t seed, count;
};

static int notices_run(struct cli *cli)
{
	const struct notices_options *o = cli->options;
	_cleanup_text_ struct text why = TEXT_NULL;
	int r = drill_notices(cli->operands[0], o->seed ? o->seed : 1,
			      o->count ? (unsigned)o->count : 500, o->attacks, cli->out, &why);

	if (r == 0)
		return EXIT_GOOD;
	return cli_fail(cli, r == -ENOENT || r == -EINVAL ? EXIT_USAGE : EXIT_BROKEN, "%s",
			text_str(&why));
}

static const struct option_row notices_options[] = {
	OPTION_NUMBER("seed", 's', "N", INT64_MAX, offsetof(struct notices_options, seed),
		      "another number gives other notices; 1 when not said",
		      "乱数の種。指定がなければ 1"),
	OPTION_NUMBER("count", 'n', "N", COUNT_MAX, offsetof(struct notices_options, count),
		      "how many, 500 when not said", "件数。指定がなければ 500"),
	OPTION_SWITCH("attacks", 0, offsetof(struct notices_options, attacks),
		      "print the attacks they speak of first", "先に、対象となる攻撃を出力する"),
	{0},
};

extern const struct verb verb_drill_notices;

const struct verb verb_drill_notices = {
	.name = "drill notices",
	.args = "SCENARIO",
	.min_args = 1,
	.max_args = 1,
	.help = PHRASE("write notices of six forms about a scenario's attacks, with the truth",
		       "シナリオの攻撃について 6 種類の通知とその正解を書き出す"),
	.more = PHRASE(
		"One JSON object per line. Beside the scenarios there is \"ledger\": attacks "
		"without traffic that are hard to tell apart.",
		"1 行に 1 つの JSON。シナリオのほかに、見分けにくい攻撃だけを集めた "
		"\"ledger\" がある。"),
	.options = notices_options,
	.options_size = sizeof(struct notices_options),
	.run = notices_run,
};
