/* SPDX-License-Identifier: ISC */
/*
 * `read`: files through the whole house in one process; the incidents at the end, in the order of
 * their first packet, so that the same files give the same bytes.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "cli/incident_table.h"
#include "cli/pipeline.h"
#include "cli/progress.h"
#include "cli/results.h"
#include "cli/setup.h"
#include "cli/summary.h"
#include "observe/reader.h"

struct read_options {
	bool json, quiet, drill;
	int as; /* 1 + enum reader_as */
	const char *db;
	uint64_t threads;
	struct conf_additions conf;
};

struct reading {
	struct cli *cli;
	const struct read_options *options;
	struct pipeline pipeline;
	struct reader reader;
	struct results results;
	struct summary summary;
	bool ending; /* the last state of each incident comes now */
	bool refused;
};

static int on_incident(void *userdata, const struct incident *inc)
{
	struct reading *r = userdata;

	return r->ending || inc->f.state == FINDING_CLOSED ? results_take(&r->results, inc) : 0;
}

static int open_reading(struct reading *r)
{
	const struct read_options *o = r->options;
	_cleanup_text_ struct text messages = TEXT_NULL;
	_cleanup_conf_ struct conf *conf = NULL;
	struct pipeline_options p = {
		.threads = (unsigned)o->threads,
		.any_exporter = true,
		.db = o->db,
		.kind = o->drill ? STORE_DRILL : STORE_REAL,
		.incident = {.incident = on_incident, .userdata = r},
	};
	int status = setup_conf(&o->conf, &conf, &messages);

	if (status == EXIT_GOOD) {
		fputs(text_str(&messages), r->cli->err); /* warnings */
		text_clear(&messages);
		p.conf = conf;
		setup_language(r->cli, conf);
		status = pipeline_open(&r->pipeline, &p, language_name(r->cli), &messages);
	}
	if (status != EXIT_GOOD)
		setup_complain(r->cli, &messages);
	return status;
}

/* Return: 0, or a negative error of the pipeline. */
static int read_one(struct reading *r, const char *path, struct progress *bar)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	struct reader_info info = {0};
	int got;

	progress_begin(bar, path);
	got = reader_run(&r->reader, path, &info, &why);
	progress_end(bar);
	summary_add(&r->summary, &info, got == 0 || got == 1);
	r->refused |= got == 1;
	if (got == 2)
		cli_fail(r->cli, 0, "%s: %s", path, text_str(&why));
	return got < 0 ? got : 0;
}

static void on_progress(void *userdata, uint64_t done, uint64_t total, uint64_t records)
{
	progress_set(userdata, done, total, records);
}

static int read_all(struct reading *r)
{
	struct progress bar;
	int got = 0;

	progress_init(&bar, r->options->quiet ? NULL : r->cli->err);
	r->reader = (struct reader){
		.exporters = r->pipeline.exporters,
		.exports = r->pipeline.exports,
		.writer = &r->pipeline.writer,
		.as = r->options->as ? (enum reader_as)(r->options->as - 1) : READ_AUTO,
		.progress = on_progress,
		.userdata = &bar,
	};
	for (int i = 0; got == 0 && i < r->cli->n_operands; i++)
		got = read_one(r, r->cli->operands[i], &bar);
	if (got == 0) {
		r->ending = true;
		got = pipeline_end(&r->pipeline);
	}
	return got;
}

static void print_results(struct reading *r)
{
	struct cli *cli = r->cli;

	results_sort(&r->results);
	r->summary.incidents = r->results.n;
	if (r->options->json) {
		for (size_t i = 0; i < r->results.n; i++)
			incident_json_line(cli, r->results.list[i]);
	} else if (r->results.n) {
		incident_table(cli, r->results.list, r->results.n, NULL);
	}
	fflush(cli->out);
	if (r->results.refused)
		cli_fail(cli, 0, "%llu incidents more are not shown",
			 (unsigned long long)r->results.refused);
}

static int finish(struct reading *r, int got)
{
	int kept;

	if (got < 0)
		return cli_fail(r->cli, EXIT_BROKEN, "%s", strerror(-got));
	print_results(r);
	if (!r->options->quiet && r->summary.inputs > r->summary.inputs_unread)
		summary_print(r->cli, &r->summary, &r->pipeline);
	kept = store_flush(r->pipeline.store);
	if (kept)
		return cli_fail(r->cli, EXIT_STORE, "%s: %s", r->options->db,
				kept == STORE_FAILING
					? tr(r->cli,
					     "it cannot be written: what this run found is shown "
					     "above, and not all of it is stored",
					     "書き込めません。この実行の結果は上に表示しましたが、"
					     "すべては保存されていません")
					: store_answer(kept, language_name(r->cli)));
	return r->summary.inputs_unread ? EXIT_USAGE : r->refused ? EXIT_REFUSED : EXIT_GOOD;
}

static int read_main(struct cli *cli)
{
	struct reading r = {.cli = cli, .options = cli->options};
	int status;

	r.results.with_series = r.options->json;
	status = open_reading(&r);
	if (status == EXIT_GOOD)
		status = finish(&r, read_all(&r));
	pipeline_close(&r.pipeline);
	results_deinit(&r.results);
	return status;
}

#define AT(field) offsetof(struct read_options, field)
static const struct option_row options[] = {
	OPTION_CHOICE("as", 'a', "KIND", "auto packets exports", AT(as),
		      "what captures hold, where the content does not tell",
		      "キャプチャの中身の種類 (自動判別に代えて)"),
	OPTION_DB(struct read_options),
	OPTIONS_DETECTION(struct read_options),
	OPTION_SWITCH("drill", 0, AT(drill), "this is a drill: the store and all incidents say so",
		      "訓練として実行する (記録庫と検知結果に明記する)"),
	OPTION_SWITCH("quiet", 'q', AT(quiet), "no progress and no summary",
		      "進み具合とまとめを表示しない"),
	OPTION_JSON(struct read_options),
	{0},
};
#undef AT

extern const struct verb verb_read;
const struct verb verb_read = {
	.name = "read",
	.args = "FILE...",
	.min_args = 1,
	.max_args = -1,
	.help = PHRASE("find incidents in captures and flow exports",
		       "キャプチャやフローエクスポートから攻撃を見つける"),
	.more = PHRASE(
		"FILE is pcap, pcapng, ERF or raw export datagrams, plain or compressed with gzip, "
		"bzip2, xz or zstd, told apart by content; - is standard input. Incidents go to "
		"standard output, scans among them; the summary goes to standard error. The exit "
		"status is 0 with and without incidents, 1 when some input was refused, 2 when an "
		"input could not be read at all.",
		"FILE は "
		"pcap、pcapng、ERF、または生のエクスポートデータグラム。gzip、bzip2、xz、zstd で"
		"圧縮されていてもよく、内容で見分ける。- は標準入力。検知結果 (スキャンを含む) "
		"は標準出力、"
		"まとめは標準エラーに出す。終了コードは検知の有無にかかわらず "
		"0、一部の入力を拒否したら 1、"
		"読めない入力があれば 2。"),
	.options = options,
	.options_size = sizeof(struct read_options),
	.run = read_main,
};
