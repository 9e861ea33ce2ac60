/* SPDX-License-Identifier: ISC */
/*
 * `tune`: what each threshold of each protected object would have opened in the minutes that are
 * kept, and which would fit. Writes only with --apply.
 */
#include <string.h>

#include "base/clock.h"
#include "base/zone.h"
#include "cli/said_desk.h"
#include "cli/tune_apply.h"
#include "cli/tune_load.h"

#define DAYS_DEFAULT 7
#define DAYS_MAX     90

struct tune_options {
	struct said_options o;
	const char *object;
	uint64_t days;
	bool apply;
};

struct tuning {
	struct cli *cli;
	const struct tune_options *options;
	struct said_desk x;
	struct tune_period period;
	struct tune_apply *apply; /* NULL: nothing is written */
	unsigned proposed, written, refused;
};

static void print_rate(FILE *out, unsigned track, uint64_t rate)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	tune_rate_text(track, rate, &t);
	fputs(text_str(&t), out);
}

static const char *verdict_text(const struct cli *cli, enum tune_verdict v)
{
	static const struct phrase texts[TUNE_VERDICTS] = {
		[TUNE_OFF] = PHRASE("switched off", "無効"),
		[TUNE_TOO_LITTLE] = PHRASE("too little is known", "記録不足"),
		[TUNE_KEEP] = PHRASE("fits", "適切"),
		[TUNE_QUIET] = PHRASE("fits", "適切"),
		[TUNE_RAISE] = PHRASE("raise", "引き上げ"),
		[TUNE_LOWER] = PHRASE("lower", "引き下げ"),
		[TUNE_CONFLICT] = PHRASE("no proposal", "提案なし"),
	};

	return say(cli, &texts[v]);
}

/* "  syn_flood 2500 -> 6200 (raise)", and why. */
static void print_one(const struct tuning *t, const struct tune_result *r)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	FILE *out = t->cli->out;

	fprintf(out, "  %s ", roll_track_name(r->in->track));
	print_rate(out, r->in->track, r->in->threshold);
	if (r->proposed) {
		fputs(" -> ", out);
		print_rate(out, r->in->track, r->proposed);
	}
	fprintf(out, " (%s)\n", verdict_text(t->cli, r->verdict));
	if (r->ordinary && r->most_us != TIME_NONE) {
		_cleanup_text_ struct text course = TEXT_NULL;
		const char *unit = r->in->track == ROLL_ANY_BITS ? "bit/s" : "pps";

		text_add(&course, tr(t->cli, "median ", "中央値 "));
		text_rate(&course, (double)(r->median ? r->median : tune_floor(r)), unit);
		text_add(&course, tr(t->cli, ", 99.9 % ", "、99.9 % "));
		text_rate(&course, (double)(r->p999 ? r->p999 : tune_floor(r)), unit);
		text_add(&course, tr(t->cli, ", maximum ", "、最大 "));
		text_rate(&course, (double)r->most, unit);
		fprintf(out,
			tr(t->cli, "    %s%s (%u ordinary minutes)\n", "    %s%s (平常時 %u 分)\n"),
			r->median && r->p999 ? "" : tr(t->cli, "at most ", "以下: "),
			text_str(&course), r->ordinary);
	}
	tune_say(r, t->x.conf->duty.zone, t->cli->language == LANGUAGE_JA, &why);
	fprintf(out, "    %s\n", text_str(&why));
}

/* Is it one of the many of which there is nothing to say? Of minutes seen it was said before. */
static bool is_quiet(const struct tune_result *r)
{
	return (r->verdict == TUNE_QUIET && !r->now.n) || r->verdict == TUNE_OFF ||
	       (r->verdict == TUNE_TOO_LITTLE && r->seen < TUNE_SEEN_LEAST && !r->now.n);
}

static int apply_one(struct tuning *t, const struct tune_result *r, unsigned *line)
{
	int e = tune_apply_put(t->cli, t->apply, r->in->object, r->in->track, r->proposed, line);

	t->written += e == EXIT_GOOD;
	t->refused += e == EXIT_REFUSED;
	return e == EXIT_REFUSED ? EXIT_GOOD : e;
}

static int take_result(struct tuning *t, const struct tune_result *r, unsigned *quiet)
{
	unsigned line = 0, written = t->written;
	bool all = t->options->object;
	int e = EXIT_GOOD;
	json_t *o;

	t->proposed += r->proposed > 0;
	if (!t->options->o.json && is_quiet(r) && !all)
		(*quiet)++;
	else if (!t->options->o.json)
		print_one(t, r);
	if (r->proposed && t->apply)
		e = apply_one(t, r, &line);
	if (e || !t->options->o.json)
		return e;
	o = tune_json(r);
	if (t->apply) {
		said_put(o, "line", line ? json_integer(line) : json_null());
		said_put(o, "edited", json_boolean(t->written > written));
	}
	return said_line(t->cli, o);
}

static int tune_object(struct tuning *t, const struct conf_object *o)
{
	struct tune_minutes m;
	int r = tune_minutes(&t->x, o, &t->period, &m), e = EXIT_GOOD;
	unsigned quiet = 0;

	if (r == 0 && !t->options->o.json)
		fprintf(t->cli->out, "%s\n", o->name);
	for (unsigned track = 0; r == 0 && e == EXIT_GOOD && track < ROLL_TRACKS; track++) {
		struct tune_input in = tune_input_of(o, &t->period, &m, track);
		struct tune_result result;

		tune_judge(&in, &result);
		e = take_result(t, &result, &quiet);
	}
	if (r == 0 && quiet)
		fprintf(t->cli->out,
			tr(t->cli, "  %u thresholds: nothing came near them\n",
			   "  %u 個のしきい値: 近い値はありません\n"),
			quiet);
	if (m.left_out)
		cli_fail(t->cli, 0,
			 tr(t->cli, "%s: %u incidents are not looked at",
			    "%s: 検知 %u 件は対象外です"),
			 o->name, m.left_out);
	tune_minutes_deinit(&m);
	return r ? cli_fail(t->cli, r < 0 ? EXIT_BROKEN : EXIT_STORE, "%s",
			    store_answer(r, language_name(t->cli)))
		 : e;
}

static void print_period(const struct tuning *t)
{
	char from[TIME_TEXT_MAX], until[TIME_TEXT_MAX];
	const char *zone = t->x.conf->duty.zone;
	unsigned seen = 0;

	if (store_kind(t->x.watch) == STORE_DRILL)
		fputs("DRILL / 訓練\n", t->cli->out);
	for (unsigned i = 0; i < t->period.n; i++)
		seen += t->period.seen[i];
	fprintf(t->cli->out,
		tr(t->cli, "%s to %s, %u of %u minutes seen whole\n",
		   "%s から %s まで。完全に観測できたのは %u 分 (全 %u 分)\n"),
		zone_format(zone, t->period.from_us, true, from),
		zone_format(zone, t->period.until_us, true, until), seen, t->period.n);
	if (seen < TUNE_SEEN_LEAST)
		fprintf(t->cli->out,
			tr(t->cli, "too little to propose anything; it takes %u\n",
			   "提案には少なすぎます。%u 分以上が必要です\n"),
			TUNE_SEEN_LEAST);
}

static int write_file(struct tuning *t)
{
	int r;

	if (!t->apply || !t->written)
		return EXIT_GOOD;
	r = tune_apply_write(t->cli, t->apply);
	if (r == EXIT_GOOD && !t->options->o.json)
		fprintf(t->cli->out,
			tr(t->cli,
			   "%u written to %s; the file as it was is %s~. Now: noroshi reload\n",
			   "%u 件を %s に書き込みました。元のファイルは %s~ です。反映するには "
			   "noroshi reload を実行してください\n"),
			t->written, t->options->o.conf, t->options->o.conf);
	return r;
}

static int tune_all(struct tuning *t)
{
	const struct conf_object *one = NULL;
	int r = EXIT_GOOD;

	if (t->options->object) {
		one = said_object(t->cli, &t->x, t->options->object);
		if (!one)
			return EXIT_USAGE;
	}
	if (!t->x.conf->n_objects)
		return cli_fail(t->cli, EXIT_CONF, "%s: no protected object is configured",
				t->options->o.conf);
	if (t->options->apply && store_kind(t->x.watch) == STORE_DRILL)
		return cli_usage(t->cli, "--apply: %s is a drill store, its traffic is made up",
				 t->x.dir);
	if (t->options->apply)
		r = tune_apply_begin(t->cli, t->options->o.conf, &t->apply);
	if (r == EXIT_GOOD && !t->options->o.json)
		print_period(t);
	for (size_t i = 0; r == EXIT_GOOD && i < t->x.conf->n_objects; i++)
		if (!one || one == &t->x.conf->objects[i])
			r = tune_object(t, &t->x.conf->objects[i]);
	r = r ? r : write_file(t);
	if (r == EXIT_GOOD && !t->apply && t->proposed && !t->options->o.json)
		fputs(tr(t->cli, "nothing was written; --apply writes what is proposed\n",
			 "書き込みはしていません。--apply を付けると提案を書き込みます\n"),
		      t->cli->out);
	return r ? r : t->refused ? EXIT_REFUSED : EXIT_GOOD;
}

static int tune_run(struct cli *cli)
{
	struct tuning t = {.cli = cli, .options = cli->options};
	unsigned days = t.options->days ? (unsigned)t.options->days : DAYS_DEFAULT;
	int r;

	if (!t.options->o.conf)
		return cli_usage(cli, "whose thresholds? say --conf FILE");
	r = said_desk_open(cli, &t.options->o, &t.x);
	if (r == EXIT_GOOD) {
		r = tune_period(t.x.watch, days, &t.period);
		r = r ? cli_fail(cli, r < 0 ? EXIT_BROKEN : EXIT_STORE, "%s",
				 store_answer(r, language_name(cli)))
		      : EXIT_GOOD;
	}
	if (r == EXIT_GOOD && !t.period.n)
		r = cli_fail(cli, EXIT_STORE, "%s: %s", t.x.dir,
			     tr(cli, "no minute is kept yet that was seen whole",
				"完全に観測できた記録がまだありません"));
	r = r ? r : tune_all(&t);
	tune_apply_free(t.apply);
	tune_period_deinit(&t.period);
	said_desk_close(&t.x);
	return r;
}

#define AT(field) offsetof(struct tune_options, field)
static const struct option_row options[] = {
	OPTION_NUMBER("days", 'n', "N", DAYS_MAX, AT(days),
		      "look at so many days up to the last minute seen, 7 when not said",
		      "最後に観測した時刻までの日数。指定がなければ 7"),
	OPTION_ARG("object", 0, "NAME", option_text, AT(object),
		   "only this protected object, with all its thresholds",
		   "この保護対象だけを、すべてのしきい値について調べる"),
	OPTION_SWITCH("apply", 0, AT(apply), "write what is proposed into the configuration file",
		      "提案したしきい値を設定ファイルに書き込む"),
	OPTIONS_SAID(struct tune_options),
	{0},
};
#undef AT

extern const struct verb verb_tune;
const struct verb verb_tune = {
	.name = "tune",
	.args = "",
	.help = PHRASE("what thresholds would have opened, and which would fit",
		       "しきい値ごとの検知回数を過去の記録で調べ、適切な値を提案する"),
	.more = PHRASE(
		"By the minutes that the store keeps of each protected object. What is proposed is "
		"above all ordinary minutes and below every real attack of the time, or nothing is "
		"proposed and it says why. Incidents marked false count as ordinary; known tests "
		"and announced work count for neither. Nothing is written without --apply.",
		"保護対象ごとに保存された 1 "
		"分単位の記録を使う。提案するのは、平常時のすべての値より高く、"
		"期間中の実際の攻撃すべてより低い値だけで、なければ理由を示して提案しない。誤検知と"
		"された"
		"検知は平常時とみなし、予告された試験と作業はどちらにも数えない。--apply "
		"がなければ何も"
		"書き込まない。"),
	.options = options,
	.options_size = sizeof(struct tune_options),
	.run = tune_run,
};
