/* SPDX-License-Identifier: ISC */
/*
 * `drill list`, `drill write` and `drill score`: input with its truth, and incidents held against
 * it.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/verb.h"
#include "drill/drill.h"

struct list_options {
	bool json;
};

static int list_json(FILE *out)
{
	const char *name, *help;
	uint32_t seconds;
	json_t *all = json_array();

	for (size_t i = 0; drill_scenario(i, &name, &help, &seconds); i++)
		json_array_append_new(all,
				      json_pack("{s:s, s:s, s:I, s:s}", "scenario", name, "help",
						help, "seconds", (json_int_t)seconds, "group",
						drill_group_name(drill_scenario_group(i))));
	json_dumpf(all, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(all);
	return EXIT_GOOD;
}

static int list_run(struct cli *cli)
{
	const struct list_options *o = cli->options;
	const char *name, *help;
	uint32_t seconds;

	if (o->json)
		return list_json(cli->out);
	for (size_t i = 0; drill_scenario(i, &name, &help, &seconds); i++)
		fprintf(cli->out, "%-22s %8u s  %s\n", name, seconds, help);
	return EXIT_GOOD;
}

struct write_options {
	bool json, random, no_background, yaml, places;
	int format, view; /* 1 + index in the words */
	uint64_t seed, sampling, active_s, inactive_s, exporters, max_records, snaplen, cache;
	int64_t start_us;
	struct option_list each_sampling, clock_offset;
};

/* The n-th value of --exporter-sampling and --clock-offset belongs to the n-th exporter. */
static int read_each(const struct cli *cli, const struct write_options *o, struct drill_options *d)
{
	if (o->each_sampling.n > DRILL_EXPORTERS_MAX || o->clock_offset.n > DRILL_EXPORTERS_MAX)
		return cli_usage(cli, "there are at most %d exporters", DRILL_EXPORTERS_MAX);
	for (unsigned i = 0; i < o->each_sampling.n; i++) {
		char *end;
		unsigned long n = strtoul(o->each_sampling.value[i], &end, 10);

		if (*end || n == 0 || n > UINT32_MAX)
			return cli_usage(cli,
					 "--exporter-sampling %s: a whole number from 1 is wanted",
					 o->each_sampling.value[i]);
		d->exporter[i].sampling = (uint32_t)n;
	}
	for (unsigned i = 0; i < o->clock_offset.n; i++) {
		char *end;
		double s = strtod(o->clock_offset.value[i], &end);

		if (*end || end == o->clock_offset.value[i] || !(s > -1e9 && s < 1e9))
			return cli_usage(cli, "--clock-offset %s: a number of seconds is wanted",
					 o->clock_offset.value[i]);
		d->exporter[i].clock_offset_us = (int64_t)(s * (double)US_PER_S);
	}
	return 0;
}

static void say_written(const struct cli *cli, const struct write_options *o,
			const struct drill_figures *f)
{
	const char *path = cli->operands[1];

	if (o->json) {
		fprintf(cli->out,
			"{\"packets\": %llu, \"bytes\": %llu, \"frames\": %llu, \"datagrams\": "
			"%llu, "
			"\"records\": %llu, \"silenced\": %llu, \"refused\": %llu, \"unexported\": "
			"%llu}\n",
			(unsigned long long)f->packets, (unsigned long long)f->bytes,
			(unsigned long long)f->frames, (unsigned long long)f->datagrams,
			(unsigned long long)f->records, (unsigned long long)f->silenced,
			(unsigned long long)f->refused, (unsigned long long)f->unexported);
		return;
	}
	if (f->datagrams)
		fprintf(cli->out,
			tr(cli, "%s: %llu datagrams with %llu records of %llu packets\n",
			   "%s: データグラム %llu、レコード %llu、パケット %llu\n"),
			path, (unsigned long long)f->datagrams, (unsigned long long)f->records,
			(unsigned long long)f->packets);
	else
		fprintf(cli->out, tr(cli, "%s: %llu frames\n", "%s: フレーム %llu\n"), path,
			(unsigned long long)f->frames);
	fprintf(cli->out, "%s.truth.json%s%s%s\n", path, o->yaml ? "\n" : "", o->yaml ? path : "",
		o->yaml ? ".yaml" : "");
	if (o->yaml && drill_has_map(cli->operands[0]))
		fprintf(cli->out, "%s.proxies\n", path);
	if (o->places)
		fprintf(cli->out, "%s.mrt\n%s.delegated\n", path, path);
}

static bool scenario_known(const struct cli *cli, const char *wanted)
{
	const char *names[256], *help, *near;
	uint32_t seconds;
	size_t n = 0;

	while (n < ARRAY_LEN(names) && drill_scenario(n, &names[n], &help, &seconds)) {
		if (strcmp(names[n], wanted) == 0)
			return true;
		n++;
	}
	near = text_nearest(wanted, names, n);
	if (near)
		cli_usage(cli, "unknown scenario \"%s\"; did you mean %s?", wanted, near);
	else
		cli_usage(cli, "unknown scenario \"%s\"; see noroshi drill list", wanted);
	return false;
}

static int write_run(struct cli *cli)
{
	const struct write_options *o = cli->options;
	struct drill_options d = {
		.format = o->format ? (enum drill_format)(o->format - 1) : DRILL_PACKETS,
		.sampling = (uint32_t)o->sampling,
		.sampling_random = o->random,
		.active_s = (uint32_t)o->active_s,
		.inactive_s = (uint32_t)o->inactive_s,
		.exporters = (unsigned)o->exporters,
		.view = o->view == 2 ? DRILL_SPLIT : DRILL_SAME,
		.max_records = o->max_records,
		.no_background = o->no_background,
		.base_us = o->start_us,
		.snaplen = (uint32_t)o->snaplen,
		.cache_entries = (uint32_t)o->cache,
	};
	struct drill_figures figures = {0};
	_cleanup_text_ struct text why = TEXT_NULL;
	int r = read_each(cli, o, &d);

	if (r)
		return r;
	if (!scenario_known(cli, cli->operands[0]))
		return EXIT_USAGE;
	r = drill_write(cli->operands[0], o->seed ? o->seed : 1, &d, cli->operands[1],
			(o->yaml ? DRILL_BESIDE_CONF : 0) | (o->places ? DRILL_BESIDE_PLACES : 0),
			&figures, &why);
	if (r < 0)
		return cli_fail(cli, r == -ENOMEM ? EXIT_BROKEN : EXIT_USAGE, "%s",
				why.len ? text_str(&why) : strerror(-r));
	say_written(cli, o, &figures);
	return EXIT_GOOD;
}

struct score_options {
	bool json;
	int only_visible;
	uint64_t above_pps;
};

static int score_run(struct cli *cli)
{
	const struct score_options *o = cli->options;
	struct drill_score_options s = {
		.only_visible = o->only_visible ? drill_format_name(
							  (enum drill_format)(o->only_visible - 1))
						: NULL,
		.above_pps = o->above_pps,
		.json = o->json,
	};
	_cleanup_text_ struct text why = TEXT_NULL;
	int r = drill_score(cli->operands[0], cli->operands[1], &s, cli->out, &why);

	if (r == 0)
		return EXIT_GOOD;
	return cli_fail(cli, r > 0 ? EXIT_USAGE : EXIT_BROKEN, "%s", text_str(&why));
}

#define FORMATS "packets v5 v9 ipfix sflow" /* in the order of enum drill_format */

static const struct option_row list_options[] = {OPTION_JSON(struct list_options), {0}};

#define AT(field) offsetof(struct write_options, field)
static const struct option_row write_options[] = {
	OPTION_CHOICE("format", 'f', "FORMAT", FORMATS, AT(format), "what the file holds",
		      "ファイルの中身の形式"),
	OPTION_NUMBER("seed", 's', "N", INT64_MAX, AT(seed),
		      "another number gives other traffic; 1 when not said",
		      "乱数の種。指定がなければ 1"),
	OPTION_NUMBER("sampling", 'n', "N", UINT32_MAX, AT(sampling),
		      "exporters see one packet in N", "エクスポーターは N パケットに 1 つを見る"),
	OPTION_SWITCH("random", 0, AT(random), "each packet with chance 1/N, not every Nth",
		      "N 個ごとではなく確率 1/N で選ぶ"),
	OPTION_ARG("active", 0, "TIME", option_seconds, AT(active_s),
		   "active timeout of the exporters, 60s when not said",
		   "エクスポーターの active timeout。指定がなければ 60s"),
	OPTION_ARG("inactive", 0, "TIME", option_seconds, AT(inactive_s),
		   "inactive timeout, 15s when not said", "inactive timeout。指定がなければ 15s"),
	OPTION_NUMBER("exporters", 0, "N", DRILL_EXPORTERS_MAX, AT(exporters),
		      "how many exporters see the traffic, 1 to 3",
		      "エクスポーターの数 (1 から 3)"),
	OPTION_CHOICE("view", 0, "VIEW", "same split", AT(view),
		      "each sees all of it, or its own links only",
		      "全員が同じものを見るか、自分の回線だけを見るか"),
	OPTION_ARG("exporter-sampling", 0, "N", option_list, AT(each_sampling),
		   "sampling of the first, second, third exporter (repeatable)",
		   "1 番目、2 番目、3 番目のサンプリング (繰り返し可)"),
	OPTION_ARG("clock-offset", 0, "SECONDS", option_list, AT(clock_offset),
		   "how far the clock of the first, second, third is ahead (repeatable)",
		   "1 番目、2 番目、3 番目の時計の進み (繰り返し可)"),
	OPTION_NUMBER("max-records", 0, "N", INT64_MAX, AT(max_records),
		      "end after so many frames or records", "フレームまたはレコードの上限"),
	OPTION_SWITCH("no-background", 0, AT(no_background), "leave the ordinary traffic out",
		      "通常の通信を含めない"),
	OPTION_ARG("start", 0, "TIME", option_time, AT(start_us), "when the traffic begins",
		   "通信の開始時刻"),
	OPTION_NUMBER("snaplen", 0, "BYTES", 65535, AT(snaplen),
		      "bytes kept of each frame, 256 when not said",
		      "フレームごとに残すバイト数。指定がなければ 256"),
	OPTION_NUMBER("cache", 0, "N", 1 << 24, AT(cache),
		      "flows that an exporter can hold at a time",
		      "エクスポーターが同時に持てるフローの数"),
	OPTION_SWITCH("yaml", 'y', AT(yaml), "also write FILE.yaml, a matching configuration",
		      "対応する設定 FILE.yaml も書く"),
	OPTION_SWITCH("places", 0, AT(places),
		      "also write FILE.mrt and FILE.delegated, whose the addresses are",
		      "アドレスの持ち主を示す FILE.mrt と FILE.delegated も書く"),
	OPTION_JSON(struct write_options),
	{0},
};
#undef AT

static const struct option_row score_options[] = {
	OPTION_CHOICE(
		"only-visible", 0, "FORMAT", FORMATS, offsetof(struct score_options, only_visible),
		"leave out attacks that this format cannot show", "この形式では見えない攻撃を除く"),
	OPTION_NUMBER("above", 0, "PPS", INT64_MAX, offsetof(struct score_options, above_pps),
		      "leave out attacks with a lower peak", "ピークがこれより低い攻撃を除く"),
	OPTION_JSON(struct score_options),
	{0},
};

extern const struct verb verb_drill_list, verb_drill_write, verb_drill_score;

const struct verb verb_drill_list = {
	.name = "drill list",
	.args = "",
	.help = PHRASE("list the scenarios", "シナリオの一覧"),
	.options = list_options,
	.options_size = sizeof(struct list_options),
	.run = list_run,
};

const struct verb verb_drill_write = {
	.name = "drill write",
	.args = "SCENARIO FILE",
	.min_args = 2,
	.max_args = 2,
	.help = PHRASE("write a scenario's traffic and the truth about it",
		       "シナリオの通信とその正解を書き出す"),
	.more = PHRASE(
		"FILE becomes a pcap of packets, or of the datagrams that exporters would send. "
		"FILE.truth.json says what is in it. The same scenario, seed and options give the "
		"same "
		"bytes.",
		"FILE はパケット、またはエクスポーターが送るデータグラムの pcap になる。正解は "
		"FILE.truth.json "
		"に書く。シナリオ、種、オプションが同じなら同じバイト列になる。"),
	.options = write_options,
	.options_size = sizeof(struct write_options),
	.run = write_run,
};

const struct verb verb_drill_score = {
	.name = "drill score",
	.args = "INCIDENTS TRUTH",
	.min_args = 2,
	.max_args = 2,
	.help = PHRASE("hold incidents against the truth", "検知結果を正解と照らし合わせる"),
	.more = PHRASE("INCIDENTS is what noroshi read --json printed, TRUTH the FILE.truth.json "
		       "of noroshi "
		       "drill write. Any score gives exit status 0.",
		       "INCIDENTS は noroshi read --json の出力、TRUTH は noroshi drill write の "
		       "FILE.truth.json。"
		       "点数にかかわらず終了コードは 0。"),
	.options = score_options,
	.options_size = sizeof(struct score_options),
	.run = score_run,
};
