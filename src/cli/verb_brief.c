/* SPDX-License-Identifier: ISC */
/* `brief`: one paragraph about an incident or an alarm. */
#include <string.h>

#include "cli/belongs.h"
#include "cli/words_load.h"
#include "duty/brief.h"

struct brief_options {
	struct words_options w;
	struct viewer_options v;
};

static int print(struct cli *cli, const struct brief_options *o, const struct brief_input *in)
{
	_cleanup_brief_ struct brief b = {0};
	_cleanup_text_ struct text out = TEXT_NULL;

	brief_make(in, &b);
	if (o->w.json)
		return words_json_line(cli, cli->out, brief_json(in, &b));
	brief_text(&b, in->ja, &out);
	fprintf(cli->out, "%s\n", text_str(&out));
	return EXIT_GOOD;
}

static int brief_run(struct cli *cli)
{
	const struct brief_options *o = cli->options;
	_cleanup_words_desk_ struct words_desk d = {0};
	_cleanup_incident_ struct incident *inc = NULL;
	const struct words_alarm *alarm;
	_cleanup_belongs_ struct belongs cases = {.waiting = NULL};
	struct desk_belongs where = {.proposed = false};
	struct severity severity = {0};
	struct brief_input in;
	int r = words_open(cli, &o->w, &d);

	/* All alarms: an incident's may have ended long ago. */
	r = r ? r : words_alarms(cli, &d, INT64_MIN);
	r = r ? r : words_find(cli, &d, cli->operands[0], &inc, &alarm);
	if (r)
		return r;
	if (inc)
		r = words_measures(cli, &d, inc->id, 0);
	r = r ? r : belongs_open(cli, &o->v, d.conf, d.desk, d.now_us, &cases);
	if (r)
		return r;
	if (inc) {
		words_severity(&d, inc, alarm, &severity);
		belongs_of(&cases, inc, &where);
	} else {
		severity.level = alarm->a.severity;
	}
	if (!inc && alarm->a.kind == ALARM_INCIDENT)
		return cli_fail(cli, EXIT_STORE, "%s: %s", alarm->a.ref,
				tr(cli, "the incident of this alarm is not kept",
				   "この警報の検知は保存されていません"));
	in = (struct brief_input){.incident = inc,
				  .alarm = alarm ? &alarm->a : NULL,
				  .severity = severity.level ? &severity : NULL,
				  .conf = d.conf,
				  .belongs = *where.case_id ? &where : NULL,
				  .measures = words_measures_of(&d),
				  .desk_known = d.desk != NULL,
				  .courier_gone = d.courier_gone,
				  .is_false = inc && words_is_false(&d, inc->id),
				  .zone = d.conf->duty.zone,
				  .ja = cli->language == LANGUAGE_JA,
				  .now_us = d.now_us};
	return print(cli, o, &in);
}

static const struct option_row brief_options[] = {
	OPTIONS_WORDS(struct brief_options), OPTIONS_VIEWER(struct brief_options, v), {0}};

extern const struct verb verb_brief;

const struct verb verb_brief = {
	.name = "brief",
	.args = "ID",
	.min_args = 1,
	.max_args = 1,
	.help = PHRASE("say in one paragraph what an incident or alarm is about",
		       "検知または警報の要点を 1 段落で述べる"),
	.more = PHRASE(
		"For the telephone, for chat and for the manager: what is attacked, how, since "
		"when, how bad, whom else it hurts, what is not known, who has it, what comes "
		"next. ID is that of an incident, an alarm or a page, or its beginning.",
		"電話、チャット、上長への報告用に、何が、どのように、いつから攻撃され、どれほど深刻"
		"で、"
		"ほかに誰に影響し、何が不明で、誰が担当し、次に何をするかを述べる。ID "
		"は検知、警報、"
		"呼び出しのいずれかで、先頭の数文字でよい。"),
	.options = brief_options,
	.options_size = sizeof(struct brief_options),
	.run = brief_run,
};
