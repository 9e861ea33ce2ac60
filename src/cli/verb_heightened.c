/* SPDX-License-Identifier: ISC */
/* `heightened list` and `heightened report`: the watches of the configuration, and what was seen.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/zone.h"
#include "cli/table.h"
#include "cli/words_load.h"
#include "duty/heightened_gather.h"

struct heightened_options {
	struct words_options w;
};

/* ---- list ---- */

enum when { WHEN_NOW, WHEN_NEXT, WHEN_OVER, WHEN_NEVER };

static const struct phrase when_words[] = {
	[WHEN_NOW] = PHRASE("now", "実施中"),
	[WHEN_NEXT] = PHRASE("to come", "予定"),
	[WHEN_OVER] = PHRASE("over", "終了"),
	[WHEN_NEVER] = PHRASE("no such event", "該当行事なし"),
};
static const char *const when_names[] = {"now", "to_come", "over", "no_event"};

static enum when when_of(const struct words_desk *d, const struct conf_heightened *h,
			 struct heightened_time *t)
{
	if (!heightened_time(h, d->calendar, d->now_us, t))
		return WHEN_NEVER;
	if (heightened_holds(t, d->now_us))
		return WHEN_NOW;
	return t->from_us > d->now_us ? WHEN_NEXT : WHEN_OVER;
}

static json_t *names_json(conf_name *names, size_t n)
{
	json_t *all = json_array();

	for (size_t i = 0; all && i < n; i++)
		json_array_append_new(all, json_string(names[i]));
	return all;
}

static json_t *watch_json(const struct words_desk *d, const struct conf_heightened *h)
{
	char from[TIME_TEXT_MAX], until[TIME_TEXT_MAX];
	struct heightened_time t;
	enum when when = when_of(d, h, &t);
	bool known = when != WHEN_NEVER;

	return json_pack(
		"{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:i}", "name", h->name, "when",
		when_names[when], "event", h->event[0] ? json_string(h->event) : json_null(),
		"from", known ? json_string(time_format_utc(t.from_us, from)) : json_null(),
		"until", known ? json_string(time_format_utc(t.until_us, until)) : json_null(),
		"objects", names_json(h->objects, h->n_objects), "services",
		names_json(h->services, h->n_services), "people",
		names_json(h->people, h->n_people), "page_from", (int)h->page_from);
}

static const struct table_column columns[LANGUAGE_COUNT][6] = {
	[LANGUAGE_EN] = {{"NAME", TABLE_LEFT, 0, 12},
			 {"WHEN", TABLE_LEFT, 0, 0},
			 {"FROM", TABLE_LEFT, 5, 0},
			 {"UNTIL", TABLE_LEFT, 5, 0},
			 {"PAGES UP TO", TABLE_RIGHT, 4, 0},
			 {"WATCHES", TABLE_LEFT, 3, 16}},
	[LANGUAGE_JA] = {{"名前", TABLE_LEFT, 0, 12},
			 {"状態", TABLE_LEFT, 0, 0},
			 {"開始", TABLE_LEFT, 5, 0},
			 {"終了", TABLE_LEFT, 5, 0},
			 {"呼び出す重大度", TABLE_RIGHT, 4, 0},
			 {"対象", TABLE_LEFT, 3, 16}},
};

static void add_names(conf_name *names, size_t n, struct text *out)
{
	for (size_t i = 0; i < n; i++)
		text_printf(out, "%s%s", out->len ? ", " : "", names[i]);
}

static void add_row(const struct cli *cli, const struct words_desk *d, struct table *t,
		    const struct conf_heightened *h)
{
	_cleanup_text_ struct text covers = TEXT_NULL;
	char from[TIME_TEXT_MAX] = "-", until[TIME_TEXT_MAX] = "-";
	struct heightened_time time;
	enum when when = when_of(d, h, &time);

	if (when != WHEN_NEVER) {
		zone_format(d->conf->duty.zone, time.from_us, true, from);
		zone_format(d->conf->duty.zone, time.until_us, true, until);
	}
	add_names(h->objects, h->n_objects, &covers);
	add_names(h->services, h->n_services, &covers);
	table_cell(t, TABLE_BOLD, "%s", h->name);
	table_cell(t,
		   when == WHEN_NOW	? TABLE_YELLOW
		   : when == WHEN_NEVER ? TABLE_RED
					: TABLE_PLAIN,
		   "%s", say(cli, &when_words[when]));
	table_cell(t, TABLE_PLAIN, "%s", from);
	table_cell(t, TABLE_PLAIN, "%s", until);
	table_cell(t, TABLE_PLAIN, "%u", h->page_from);
	table_cell(t, TABLE_PLAIN, "%s",
		   covers.len ? text_str(&covers)
			      : tr(cli, "everything protected", "全ての保護対象"));
}

static int list_run(struct cli *cli)
{
	const struct heightened_options *o = cli->options;
	_cleanup_words_desk_ struct words_desk d = {0};
	_cleanup_table_ struct table *t = NULL;
	int r = words_conf(cli, &o->w, &d);

	if (r)
		return r;
	if (!d.conf->n_heightened && !o->w.json) {
		fprintf(cli->out, "%s\n",
			tr(cli, "no heightened watches are configured",
			   "警戒強化の設定はありません"));
		return EXIT_GOOD;
	}
	t = table_new(columns[cli->language], ARRAY_LEN(columns[cli->language]));
	if (!t)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	for (size_t i = 0; r == EXIT_GOOD && i < d.conf->n_heightened; i++) {
		if (o->w.json)
			r = words_json_line(cli, cli->out, watch_json(&d, &d.conf->heightened[i]));
		else
			add_row(cli, &d, t, &d.conf->heightened[i]);
	}
	if (r == EXIT_GOOD && !o->w.json && table_print(t, cli->out) < 0)
		r = cli_fail(cli, EXIT_BROKEN, "%s", strerror(errno));
	return r;
}

/* ---- report ---- */

static const struct alarm *known_alarm(void *userdata, unsigned i)
{
	const struct words_desk *d = userdata;

	return i < d->n_alarms ? &d->alarms[i].a : NULL;
}

static unsigned known_severity(void *userdata, const struct incident *inc)
{
	struct words_desk *d = userdata;
	struct severity severity;

	words_severity(d, inc, words_alarm_of(d, inc->id), &severity);
	return severity.level;
}

static bool known_false(void *userdata, const char *incident)
{
	return words_is_false(userdata, incident);
}

/* The watch of that name and the time to report on. */
static int find_watch(struct cli *cli, const struct words_desk *d, const char *name,
		      const struct conf_heightened **watch, struct heightened_time *t)
{
	_cleanup_free_ const char **names = NULL;
	const char *near = NULL;

	*watch = heightened_find(d->conf, name);
	if (!*watch) {
		names = calloc(d->conf->n_heightened + 1, sizeof(*names));
		for (size_t i = 0; names && i < d->conf->n_heightened; i++)
			names[i] = d->conf->heightened[i].name;
		if (names)
			near = text_nearest(name, names, d->conf->n_heightened);
		if (near)
			return cli_usage(cli,
					 "%s: there is no such heightened watch; did you mean %s?",
					 name, near);
		return cli_usage(cli,
				 "%s: there is no such heightened watch; see noroshi heightened "
				 "list",
				 name);
	}
	if (heightened_last(*watch, d->calendar, d->now_us, t))
		return EXIT_GOOD;
	return cli_fail(cli, EXIT_USAGE, "%s: %s", name,
			tr(cli, "it has not begun, or its event is in no calendar",
			   "まだ始まっていないか、行事が暦にありません"));
}

static int print_report(struct cli *cli, const struct heightened_report_input *in, bool json)
{
	_cleanup_text_ struct text out = TEXT_NULL;

	if (json)
		return words_json_line(cli, cli->out, heightened_report_json(in));
	heightened_report(in, &out);
	fputs(text_str(&out), cli->out);
	return EXIT_GOOD;
}

static int report_run(struct cli *cli)
{
	const struct heightened_options *o = cli->options;
	_cleanup_words_desk_ struct words_desk d = {0};
	_cleanup_heightened_gathered_ struct heightened_gathered *g = NULL;
	struct heightened_known k = {.alarm = known_alarm,
				     .severity = known_severity,
				     .is_false = known_false,
				     .userdata = &d};
	const struct conf_heightened *watch;
	struct heightened_time t;
	int r = words_open(cli, &o->w, &d);

	r = r ? r : find_watch(cli, &d, cli->operands[0], &watch, &t);
	r = r ? r : words_alarms(cli, &d, t.from_us);
	if (r)
		return r;
	k.conf = d.conf;
	k.watch = d.watch;
	k.desk_known = d.desk != NULL;
	k.now_us = d.now_us;
	if (heightened_gather(&k, watch, &t, &g))
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	if (heightened_gathered_answer(g))
		cli_fail(cli, 0, "%s: %s", d.dir,
			 store_answer(heightened_gathered_answer(g), language_name(cli)));
	return print_report(cli, heightened_gathered_in(g, cli->language == LANGUAGE_JA),
			    o->w.json);
}

static const struct option_row heightened_options[] = {OPTIONS_WORDS(struct heightened_options),
						       {0}};

extern const struct verb verb_heightened_list, verb_heightened_report;

const struct verb verb_heightened_list = {
	.name = "heightened list",
	.args = "",
	.help = PHRASE("list the heightened watches of the configuration",
		       "設定にある警戒強化を一覧する"),
	.options = heightened_options,
	.options_size = sizeof(struct heightened_options),
	.run = list_run,
};

const struct verb verb_heightened_report = {
	.name = "heightened report",
	.args = "NAME",
	.min_args = 1,
	.max_args = 1,
	.help = PHRASE("report what was seen in a heightened watch",
		       "警戒強化の期間に見えたものを報告する"),
	.more = PHRASE(
		"Its period, what was watched, the incidents seen, the smallest attack that "
		"would have been seen, when we were blind, and what cannot be known. A watch "
		"that goes on is reported so far.",
		"期間、監視対象、観測した検知、見えたはずの最小の攻撃、見えていなかった時間、"
		"知り得ないことを記す。継続中なら途中経過を記す。"),
	.options = heightened_options,
	.options_size = sizeof(struct heightened_options),
	.run = report_run,
};
