/* SPDX-License-Identifier: ISC */
/*
 * `place import`, `list`, `remove` and `dump`: the files that say where addresses belong.
 */
#include <errno.h>
#include <string.h>

#include "cli/place_setup.h"
#include "cli/progress.h"
#include "cli/table.h"
#include "place/dir.h"
#include "place/mrt.h"

#define OUTPUT_PIECE (64u << 10)
#define FORMATS	     "delegated mrt mmdb peeringdb" /* the list of import.c */
#define RANK_MAX     99				    /* below the configuration's */

struct import_options {
	bool json;
	const char *db, *conf, *name, *date;
	int as; /* 1 + index of FORMATS */
	uint64_t rank;
};

/* Dates */

static json_t *date_json(int64_t us)
{
	char buf[TIME_TEXT_MAX];

	return us == TIME_NONE ? json_null() : json_string(time_format_utc(us, buf));
}

static const char *day(int64_t us, char *buf)
{
	if (us == TIME_NONE)
		return "-";
	time_format_utc(us, buf);
	buf[10] = '\0';
	return buf;
}

static int read_date(const char *text, int64_t *us)
{
	char rfc[TIME_TEXT_MAX];

	if (time_parse(text, us) == 0)
		return 0;
	snprintf(rfc, sizeof(rfc), "%.20sT00:00:00Z", text);
	return time_parse(rfc, us);
}

/* Import */

struct importing {
	struct cli *cli;
	const struct import_options *o;
	struct place_import_options import;
	struct progress bar;
	const char *dir;
	unsigned good, refused;
	bool failed; /* the directory took none of it */
};

static void on_step(void *userdata, uint64_t done, uint64_t total, uint64_t records)
{
	struct importing *w = userdata;

	progress_set(&w->bar, done, total, records);
}

static void tell_good(const struct importing *w, const char *file, const struct place_source *s)
{
	struct cli *cli = w->cli;
	char buf[TIME_TEXT_MAX];
	json_t *o;

	if (!w->o->json) {
		fprintf(cli->out,
			tr(cli, "%s: %s, %llu records, %llu ranges, dated %s\n",
			   "%s: %s、レコード %llu、範囲 %llu、日付 %s\n"),
			s->name, s->kind, (unsigned long long)s->records,
			(unsigned long long)s->ranges, day(s->dated_us, buf));
		return;
	}
	o = json_pack("{s:s, s:s, s:s, s:o, s:I, s:I}", "file", file, "name", s->name, "kind",
		      s->kind, "dated", date_json(s->dated_us), "records", (json_int_t)s->records,
		      "ranges", (json_int_t)s->ranges);
	place_put_json(cli, o);
}

static int import_file(struct importing *w, const char *file)
{
	_cleanup_text_ struct text why = TEXT_NULL, notes = TEXT_NULL;
	_cleanup_part_ struct part *part = NULL;
	int r;

	progress_begin(&w->bar, file);
	r = place_import(file, &w->import, &part, &why, &notes);
	progress_end(&w->bar);
	if (r < 0)
		return r;
	fputs(text_str(&notes), w->cli->err);
	if (r == 0) {
		struct place_source source;

		r = place_dir_put(w->dir, part, &why);
		source = part->source;
		if (r == 0) {
			tell_good(w, file, &source);
			w->good++;
			return 0;
		}
		if (r < 0)
			return r;
		w->failed = true;
	}
	w->refused++;
	cli_fail(w->cli, 0, "%s", text_str(&why));
	return 0;
}

static int import_all(struct importing *w)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	_cleanup_close_ int lock = -1;
	int r = place_dir_lock(w->dir, &lock, &why);

	if (r)
		return cli_fail(w->cli, EXIT_STORE, "%s", text_str(&why));
	for (int i = 0; r == 0 && i < w->cli->n_operands; i++)
		r = import_file(w, w->cli->operands[i]);
	if (r == 0 && w->good)
		r = place_dir_make(w->dir, &why);
	if (r < 0)
		return cli_fail(w->cli, EXIT_BROKEN, "%s", strerror(-r));
	if (r > 0)
		return cli_fail(w->cli, EXIT_STORE, "%s", text_str(&why));
	if (w->failed)
		return EXIT_STORE;
	return !w->refused ? EXIT_GOOD : w->good ? EXIT_REFUSED : EXIT_USAGE;
}

static int import_run(struct cli *cli)
{
	static const char *const formats[] = {NULL, "delegated", "mrt", "mmdb", "peeringdb"};
	const struct import_options *o = cli->options;
	struct importing w = {.cli = cli, .o = o};
	struct place_progress progress = {.step = on_step, .userdata = &w};
	char dir[PLACE_DIR_MAX];
	int r;

	w.import = (struct place_import_options){.as = formats[o->as],
						 .name = o->name,
						 .dated_us = TIME_NONE,
						 .rank = (uint32_t)o->rank,
						 .progress = &progress};
	if (o->name && cli->n_operands > 1)
		return cli_usage(cli, "--name: one name cannot stand for several files");
	if (o->date && read_date(o->date, &w.import.dated_us) < 0)
		return cli_usage(cli, "--date %s: a date like 2008-08-08 is wanted", o->date);
	r = place_setup_dir(cli, o->db, o->conf, dir, NULL);
	if (r)
		return r;
	w.dir = dir;
	progress_init(&w.bar, cli->err);
	return import_all(&w);
}

/* List */

struct list_options {
	bool json;
	const char *db, *conf;
};

static void list_json(struct cli *cli, const struct place_source *s)
{
	json_t *o = json_pack("{s:s, s:s, s:o, s:o, s:i, s:I, s:I}", "name", s->name, "kind",
			      s->kind, "dated", date_json(s->dated_us), "imported",
			      date_json(s->imported_us), "rank", (int)s->rank, "records",
			      (json_int_t)s->records, "ranges", (json_int_t)s->ranges);

	place_put_json(cli, o);
}

static int list_table(struct cli *cli, const struct place_source *s, size_t n)
{
	const struct table_column columns[] = {
		{.title = tr(cli, "name", "名前")},
		{.title = tr(cli, "kind", "種類"), .worth = 3},
		{.title = tr(cli, "dated", "日付"), .worth = 4},
		{.title = tr(cli, "rank", "順位"), .align = TABLE_RIGHT, .worth = 2},
		{.title = tr(cli, "records", "レコード"), .align = TABLE_RIGHT, .worth = 2},
		{.title = tr(cli, "ranges", "範囲"), .align = TABLE_RIGHT, .worth = 1},
		{.title = tr(cli, "imported", "取り込み"), .worth = 1},
	};
	_cleanup_table_ struct table *t = table_new(columns, ARRAY_LEN(columns));
	char buf[TIME_TEXT_MAX];

	if (!t)
		return EXIT_BROKEN;
	while (n--) {
		const struct place_source *x = &s[n];

		table_cell(t, TABLE_BOLD, "%s", x->name);
		table_cell(t, TABLE_PLAIN, "%s", x->kind);
		table_cell(t, TABLE_PLAIN, "%s", day(x->dated_us, buf));
		table_cell(t, TABLE_PLAIN, "%u", x->rank);
		table_cell(t, TABLE_PLAIN, "%llu", (unsigned long long)x->records);
		table_cell(t, TABLE_PLAIN, "%llu", (unsigned long long)x->ranges);
		table_cell(t, TABLE_PLAIN, "%s", day(x->imported_us, buf));
	}
	return table_print(t, cli->out) < 0 ? EXIT_BROKEN : EXIT_GOOD;
}

static int list_run(struct cli *cli)
{
	const struct list_options *o = cli->options;
	_cleanup_places_ struct places *p = NULL;
	const struct place_source *s;
	size_t n;
	int r = place_setup(cli, o->db, o->conf, &p);

	if (r)
		return r;
	s = places_sources(p, &n);
	if (o->json) {
		while (n--)
			list_json(cli, &s[n]);
		return EXIT_GOOD;
	}
	if (n == 0) {
		fprintf(cli->out, "%s\n",
			tr(cli, "nothing was imported yet; see noroshi place import",
			   "まだ何も取り込まれていません。noroshi place import を見てください"));
		return EXIT_GOOD;
	}
	return list_table(cli, s, n);
}

/* Remove */

static int remove_run(struct cli *cli)
{
	const struct list_options *o = cli->options;
	_cleanup_text_ struct text why = TEXT_NULL;
	_cleanup_close_ int lock = -1;
	char dir[PLACE_DIR_MAX];
	int r = place_setup_dir(cli, o->db, o->conf, dir, NULL), status = EXIT_GOOD;

	if (r)
		return r;
	r = place_dir_lock(dir, &lock, &why);
	for (int i = 0; r == 0 && i < cli->n_operands; i++) {
		r = place_dir_remove(dir, cli->operands[i], &why);
		if (r == 2) {
			status = cli_fail(cli, EXIT_STORE, "no source is called \"%s\"",
					  cli->operands[i]);
			r = 0;
		}
	}
	if (r == 0)
		r = place_dir_make(dir, &why);
	if (r < 0)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(-r));
	return r ? cli_fail(cli, EXIT_STORE, "%s", text_str(&why)) : status;
}

/* Dump */

struct dumping {
	FILE *out;
	struct text lines;
};

static int on_event(void *userdata, const struct mrt_event *e)
{
	struct dumping *d = userdata;

	mrt_line(e, &d->lines);
	if (!text_ok(&d->lines))
		return -ENOMEM;
	if (d->lines.len < OUTPUT_PIECE)
		return 0;
	if (fwrite(d->lines.s, 1, d->lines.len, d->out) != d->lines.len)
		return -EPIPE;
	text_clear(&d->lines);
	return 0;
}

static void drop_input(struct input **in)
{
	input_free(*in);
}

static int dump_file(struct cli *cli, const char *path)
{
	_cleanup_(drop_input) struct input *in = NULL;
	_cleanup_text_ struct text why = TEXT_NULL;
	struct dumping d = {.out = cli->out};
	const struct mrt_sink sink = {.event = on_event, .userdata = &d};
	struct mrt_counts counts;
	const uint8_t *p;
	size_t n;
	int r = input_open(&in, path, &why);

	if (r)
		return r < 0 ? EXIT_BROKEN
			     : cli_fail(cli, EXIT_USAGE, "%s: %s", path, text_str(&why));
	n = input_peek(in, INPUT_WINDOW, &p);
	if (!mrt_is(p, n, n < INPUT_WINDOW))
		return cli_fail(cli, EXIT_USAGE, "%s:0: this is no MRT", path);
	r = mrt_read(in, &sink, &counts, &why);
	fputs(text_str(&d.lines), cli->out);
	text_deinit(&d.lines);
	if (r == -EPIPE)
		return EXIT_GOOD; /* verb_dispatch() looks whether that was the reader's wish */
	if (r < 0)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(-r));
	if (r > 0 || input_ended(in) != INPUT_GOOD)
		return cli_fail(cli, EXIT_REFUSED, "%s:%s", path,
				r ? text_str(&why) : "the compressed data do not hold");
	return counts.bad_messages || counts.bad_prefixes ? EXIT_REFUSED : EXIT_GOOD;
}

static int dump_run(struct cli *cli)
{
	int status = EXIT_GOOD;

	for (int i = 0; i < cli->n_operands; i++) {
		int r = dump_file(cli, cli->operands[i]);

		status = r > status ? r : status;
	}
	return status;
}

#define AT(field) offsetof(struct import_options, field)
static const struct option_row import_options[] = {
	OPTION_DB(struct import_options),
	OPTION_CONF(struct import_options),
	OPTION_CHOICE("as", 0, "KIND", FORMATS, AT(as),
		      "what the file is, instead of telling by its content",
		      "内容から判断せずにファイルの種類を指定する"),
	OPTION_ARG("name", 'n', "NAME", option_text, AT(name),
		   "what the source is called, instead of as the file",
		   "取り込み元の名前。指定がなければファイル名"),
	OPTION_ARG("date", 0, "DATE", option_text, AT(date),
		   "what time its data are of, instead of what the file says",
		   "データの日付。指定がなければファイルの内容に従う"),
	OPTION_NUMBER("rank", 0, "N", RANK_MAX, AT(rank),
		      "which source counts where several speak, the highest; 0 by kind",
		      "複数の取り込み元があるときの優先順位。0 なら種類による"),
	OPTION_JSON(struct import_options),
	{0},
};
#undef AT

static const struct option_row list_options[] = {OPTION_DB(struct list_options),
						 OPTION_CONF(struct list_options),
						 OPTION_JSON(struct list_options),
						 {0}};
static const struct option_row remove_options[] = {
	OPTION_DB(struct list_options), OPTION_CONF(struct list_options), {0}};

extern const struct verb verb_place_import, verb_place_list, verb_place_remove, verb_place_dump;

const struct verb verb_place_import = {
	.name = "place import",
	.args = "FILE...",
	.min_args = 1,
	.max_args = -1,
	.help = PHRASE("take in files that say where addresses belong",
		       "アドレスの所属を示すファイルを取り込む"),
	.more = PHRASE(
		"Statistics of registries, MRT routing tables and updates, MaxMind-format "
		"databases and PeeringDB JSON, packed or not, are told apart by content. A "
		"file that does not hold is refused whole, and nothing of it is kept. A "
		"source of the same name is replaced.",
		"レジストリの統計、MRT の経路表と更新、MaxMind 形式のデータベース、PeeringDB "
		"の JSON を内容で見分ける。圧縮されていてもよい。壊れたファイルは丸ごと"
		"拒否し、何も取り込まない。同じ名前の取り込み元は置き換える。"),
	.options = import_options,
	.options_size = sizeof(struct import_options),
	.run = import_run,
};

const struct verb verb_place_list = {
	.name = "place list",
	.args = "",
	.help = PHRASE("list what was imported, highest rank first",
		       "取り込んだものを優先順位の高い順に一覧する"),
	.options = list_options,
	.options_size = sizeof(struct list_options),
	.run = list_run,
};

const struct verb verb_place_remove = {
	.name = "place remove",
	.args = "NAME...",
	.min_args = 1,
	.max_args = -1,
	.help = PHRASE("forget an imported source", "取り込んだものを削除する"),
	.options = remove_options,
	.options_size = sizeof(struct list_options),
	.run = remove_run,
};

const struct verb verb_place_dump = {
	.name = "place dump",
	.args = "FILE...",
	.min_args = 1,
	.max_args = -1,
	.help = PHRASE("print MRT routing tables and updates, a path a line",
		       "MRT の経路表と更新を 1 経路 1 行で表示する"),
	.more = PHRASE("The lines are those of bgpdump -m. Nothing is imported.",
		       "行の形式は bgpdump -m と同じ。取り込みはしない。"),
	.run = dump_run,
};
