/* SPDX-License-Identifier: ISC */
/* `heightened list` and `heightened report`: the watches of the configuration, and what was seen.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/zone.h"
#include "cli/blind.h"
#include "cli/table.h"
#include "cli/tune_load.h"
#include "cli/words_load.h"
#include "duty/heightened.h"

#define MINUTE_US     (60 * US_PER_S)
#define LATE_US	      (15 * MINUTE_US) /* minutes are written every five, settled ones */
#define UNWATCHED_MAX 4096
#define WAYS_MAX      64

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

struct report {
	struct words_desk *d;
	struct results found;
	struct heightened_seen *seen;
	struct heightened_way ways[WAYS_MAX];
	struct text names[WAYS_MAX], lines[WAYS_MAX];
	struct heightened_blind *blind;
	unsigned room;
	struct heightened_report_input in;
};

static void report_deinit(struct report *x)
{
	results_deinit(&x->found);
	free(x->seen);
	free(x->blind);
	for (unsigned i = 0; i < WAYS_MAX; i++) {
		text_deinit(&x->names[i]);
		text_deinit(&x->lines[i]);
	}
}

static void gather_seen(struct report *x)
{
	for (size_t i = 0; i < x->found.n; i++) {
		const struct incident *inc = x->found.list[i];
		struct severity severity;

		if (!heightened_covers_incident(x->in.watch, x->d->conf, inc))
			continue;
		words_severity(x->d, inc, words_alarm_of(x->d, inc->id), &severity);
		x->seen[x->in.n_seen++] = (struct heightened_seen){inc, severity.level,
								   words_is_false(x->d, inc->id)};
	}
}

/* As `status --blind` has them: one line for each way of exporting, under its exporters' names. */
static void gather_ways(struct cli *cli, struct report *x)
{
	_cleanup_text_ struct text text = TEXT_NULL;
	json_t *status, *way, *name;
	size_t i, k;

	x->in.ways_us = TIME_NONE;
	if (!x->d->watch || store_get_status(x->d->watch, &text, &x->in.ways_us))
		return;
	status = json_loadb(text_str(&text), text.len, 0, NULL);
	blind_in_status(status, NULL, BLIND_BRIEF);
	json_array_foreach(json_object_get(status, "blind_spot"), i, way)
	{
		unsigned n = x->in.n_ways;

		if (n == WAYS_MAX)
			break;
		json_array_foreach(json_object_get(way, "exporters"), k, name)
			text_printf(&x->names[n], "%s%s", k ? ", " : "", json_string_value(name));
		x->ways[n].silent = json_is_true(json_object_get(way, "silent"));
		if (x->ways[n].silent) {
			text_add(&x->lines[n],
				 tr(cli, "silent, so nothing at all would be seen there",
				    "何も送ってこないため、何も見えない"));
		} else {
			json_t *one = json_pack("[O]", way);

			blind_text(one, language_name(cli), &x->lines[n]);
			json_decref(one);
		}
		while (x->lines[n].len && x->lines[n].s[x->lines[n].len - 1] == '\n')
			x->lines[n].s[--x->lines[n].len] = '\0';
		x->ways[n].exporters = text_str(&x->names[n]);
		x->ways[n].smallest = text_str(&x->lines[n]);
		x->in.n_ways = n + 1;
	}
	json_decref(status);
}

static void gather_blind(struct report *x)
{
	for (unsigned i = 0; i < x->d->n_alarms; i++) {
		const struct alarm *a = &x->d->alarms[i].a;
		int64_t until_us = a->state == ALARM_ENDED ? a->ended_us : TIME_NONE;

		if (a->kind != ALARM_FAULT || a->opened_us >= x->in.time.until_us ||
		    (until_us != TIME_NONE && until_us <= x->in.time.from_us))
			continue;
		x->blind[x->in.n_blind++] =
			(struct heightened_blind){a->ref, a->opened_us, until_us};
	}
}

/* Minutes that nobody saw whole, one span after the other; those of now are not written yet. */
static int gather_unwatched(struct cli *cli, struct report *x)
{
	int64_t until_us = x->in.time.until_us, now_us = x->d->now_us - LATE_US;
	_cleanup_(tune_period_deinit) struct tune_period p = {.n = 0};
	unsigned seen = 0;
	bool any = false;
	int r;

	if (!x->d->watch)
		return EXIT_GOOD;
	r = tune_seen(x->d->watch, x->in.time.from_us, until_us < now_us ? until_us : now_us, &p,
		      &any);
	if (r == -ENOMEM)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	/* What is erased by now tells nothing. */
	x->in.minutes_known =
		r == 0 && any &&
		p.from_us >= x->d->now_us - (int64_t)x->d->conf->keep.rollup_s * US_PER_S;
	if (!x->in.minutes_known)
		return EXIT_GOOD;
	for (unsigned m = 0; m < p.n; m++) {
		int64_t at_us = p.from_us + m * MINUTE_US;
		struct heightened_blind *last = x->in.n_blind ? &x->blind[x->in.n_blind - 1] : NULL;

		seen += p.seen[m];
		if (p.seen[m])
			continue;
		if (last && !last->ref[0] && last->until_us == at_us)
			last->until_us += MINUTE_US;
		else if (x->in.n_blind < x->room)
			x->blind[x->in.n_blind++] =
				(struct heightened_blind){"", at_us, at_us + MINUTE_US};
	}
	x->in.unwatched = p.n && !seen;
	return EXIT_GOOD;
}

static int gather(struct cli *cli, struct report *x)
{
	struct words_desk *d = x->d;
	int r = words_alarms(cli, d, x->in.time.from_us);

	r = r ? r
	      : words_incidents(cli, d, x->in.time.from_us, x->in.time.until_us, false, &x->found);
	if (r)
		return r;
	x->seen = calloc(x->found.n + 1, sizeof(*x->seen));
	x->room = d->n_alarms + UNWATCHED_MAX;
	x->blind = calloc(x->room, sizeof(*x->blind));
	if (!x->seen || !x->blind)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	gather_seen(x);
	gather_ways(cli, x);
	gather_blind(x);
	r = gather_unwatched(cli, x);
	if (r)
		return r;
	x->in.conf = d->conf;
	x->in.watch_known = d->watch != NULL;
	x->in.seen = x->seen;
	x->in.more_seen = x->found.refused;
	x->in.ways = x->ways;
	x->in.desk_known = d->desk != NULL;
	x->in.blind = x->blind;
	x->in.zone = d->conf->duty.zone;
	x->in.ja = cli->language == LANGUAGE_JA;
	x->in.now_us = d->now_us;
	return EXIT_GOOD;
}

/* The watch of that name and the time to report on. */
static int find_watch(struct cli *cli, const struct words_desk *d, const char *name,
		      struct heightened_report_input *in)
{
	_cleanup_free_ const char **names = NULL;
	const char *near = NULL;

	in->watch = heightened_find(d->conf, name);
	if (!in->watch) {
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
	if (heightened_last(in->watch, d->calendar, d->now_us, &in->time))
		return EXIT_GOOD;
	return cli_fail(cli, EXIT_USAGE, "%s: %s", name,
			tr(cli, "it has not begun, or its event is in no calendar",
			   "まだ始まっていないか、行事が暦にありません"));
}

static int report_run(struct cli *cli)
{
	const struct heightened_options *o = cli->options;
	_cleanup_words_desk_ struct words_desk d = {0};
	_cleanup_(report_deinit) struct report x = {.d = &d};
	_cleanup_text_ struct text out = TEXT_NULL;
	int r = words_open(cli, &o->w, &d);

	r = r ? r : find_watch(cli, &d, cli->operands[0], &x.in);
	r = r ? r : gather(cli, &x);
	if (r)
		return r;
	if (o->w.json)
		return words_json_line(cli, cli->out, heightened_report_json(&x.in));
	heightened_report(&x.in, &out);
	fputs(text_str(&out), cli->out);
	return EXIT_GOOD;
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
