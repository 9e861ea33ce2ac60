/* SPDX-License-Identifier: ISC */
/*
 * The snapshot for people: tables where there are many of a kind, a line where there is one.
 * Whatever is missing in it (another version may have written it) is left out.
 */
#include "cli/status_print.h"

#include <string.h>

#include "base/clock.h"
#include "cli/blind_print.h"
#include "cli/table.h"

static const json_t *at(const json_t *o, const char *key)
{
	return json_object_get(o, key);
}

static long long whole(const json_t *o, const char *key)
{
	return (long long)json_integer_value(at(o, key));
}

static const char *word(const json_t *o, const char *key)
{
	const char *s = json_string_value(at(o, key));

	return s ? s : "-";
}

/* A table of @n columns in the language in force; @titles: English and Japanese in turn. */
struct sheet {
	struct table_column columns[10];
	struct table *table;
};

static bool sheet_begin(const struct cli *cli, struct sheet *s, const struct phrase *titles,
			const bool *right, size_t n)
{
	for (size_t i = 0; i < n; i++)
		s->columns[i] = (struct table_column){.title = say(cli, &titles[i]),
						      .align = right[i] ? TABLE_RIGHT : TABLE_LEFT,
						      .worth = i < 2 ? 0 : (unsigned)(n - i)};
	s->table = table_new(s->columns, n);
	return s->table != NULL;
}

static void sheet_end(const struct cli *cli, struct sheet *s, const char *head)
{
	fprintf(cli->out, "\n%s\n", head);
	table_print(s->table, cli->out);
	s->table = table_free(s->table);
}

static void add_refused(struct text *t, const json_t *refused)
{
	const char *reason;
	json_t *one;

	json_object_foreach((json_t *)refused, reason, one)
	{
		text_printf(t, "%s%s %lld (%lld B)", t->len ? ", " : "", reason,
			    whole(one, "count"), whole(one, "bytes"));
	}
	if (!t->len)
		text_add(t, "-");
}

static void add_sampling(const struct cli *cli, struct text *t, const json_t *s)
{
	long long least = whole(s, "min"), most = whole(s, "max");

	if (!json_is_true(at(s, "known")))
		text_add(t, tr(cli, "unknown", "不明"));
	else if (least == most)
		text_printf(t, "1:%lld", most);
	else
		text_printf(t, "1:%lld-%lld", least, most);
}

static void add_formats(struct text *t, const json_t *formats)
{
	const json_t *f;
	size_t i;

	json_array_foreach(formats, i, f)
		text_printf(t, "%s%s", i ? "," : "", json_string_value(f));
	if (!t->len)
		text_add(t, "-");
}

/* Times in a snapshot are of the last seconds: "12 s" ago says more than the hour. */
static void add_ago(struct text *t, const char *when, int64_t now_us)
{
	int64_t us;

	if (time_parse(when, &us) < 0)
		text_add(t, "-");
	else
		text_printf(t, "%lld s", (long long)((now_us - us) / US_PER_S));
}

static void exporter_row(const struct cli *cli, struct table *t, const json_t *e, int64_t now_us)
{
	_cleanup_text_ struct text formats = TEXT_NULL, sampling = TEXT_NULL, refused = TEXT_NULL,
				   seen = TEXT_NULL;
	const json_t *lost = at(e, "lost"), *clock = at(e, "clock"), *account = at(e, "account");

	add_formats(&formats, at(e, "formats"));
	add_sampling(cli, &sampling, at(e, "sampling"));
	add_refused(&refused, at(e, "refused"));
	add_ago(&seen, word(e, "last_seen"), now_us);
	table_cell(t, TABLE_BOLD, "%s", word(e, "name"));
	table_cell(t, TABLE_PLAIN, "%s", word(e, "address"));
	table_cell(t, TABLE_PLAIN, "%s", text_str(&formats));
	table_cell(t, json_is_true(at(at(e, "sampling"), "known")) ? TABLE_PLAIN : TABLE_YELLOW,
		   "%s", text_str(&sampling));
	table_cell(t, TABLE_PLAIN, "%lld", whole(e, "records"));
	table_cell(t, whole(account, "ring_drops") ? TABLE_YELLOW : TABLE_PLAIN, "%lld/%lld/%lld",
		   whole(account, "decoded"), whole(account, "waiting"), whole(account, "refused"));
	table_cell(t, TABLE_PLAIN, "%s", text_str(&seen));
	table_cell(t, json_is_true(at(clock, "shifted")) ? TABLE_YELLOW : TABLE_PLAIN, "%+.1f s",
		   json_number_value(at(clock, "offset_s")));
	table_cell(t,
		   whole(lost, "records") + whole(lost, "datagrams") + whole(lost, "dropped")
			   ? TABLE_YELLOW
			   : TABLE_PLAIN,
		   "%lld/%lld/%lld", whole(lost, "datagrams"), whole(lost, "records"),
		   whole(lost, "dropped"));
	table_cell(t, TABLE_PLAIN, "%s", text_str(&refused));
}

/* A line for each table of an exporter that was full. */
static void print_full_tables(const struct cli *cli, const json_t *status)
{
	const json_t *e, *part;
	const char *name;
	size_t i;

	json_array_foreach(at(status, "exporters"), i, e)
	{
		json_object_foreach((json_t *)at(e, "tables"), name, part)
		{
			if (!whole(part, "evicted") && !whole(part, "refused"))
				continue;
			fprintf(cli->out,
				tr(cli,
				   "%s: table of %s full: %lld held, %lld gave way, %lld found no "
				   "room\n",
				   "%s: %s の表が満杯: 保持 %lld、追い出し %lld、収容不可 %lld\n"),
				word(e, "name"), name, whole(part, "held"), whole(part, "evicted"),
				whole(part, "refused"));
		}
	}
}

/* A line for each exporter whose numbers say that somebody else may speak in its name. */
static void print_doubted(const struct cli *cli, const json_t *status)
{
	const json_t *e;
	size_t i;

	json_array_foreach(at(status, "exporters"), i, e)
	{
		const json_t *recent = at(e, "recent");

		if (!whole(e, "doubted") && !whole(recent, "restarts"))
			continue;
		fprintf(cli->out,
			tr(cli,
			   "%s: %lld datagrams with a sequence number that fits nothing and %lld "
			   "restarts, %lld and %lld of them in the last %lld minutes\n",
			   "%s: シーケンス番号の合わないデータグラム %lld、再起動 %lld (うち %lld "
			   "と "
			   "%lld は直近 %lld 分)\n"),
			word(e, "name"), whole(e, "doubted"), whole(e, "restarts"),
			whole(recent, "doubted"), whole(recent, "restarts"),
			whole(recent, "minutes"));
	}
}

static void print_exporters(const struct cli *cli, const json_t *status, int64_t now_us)
{
	static const struct phrase titles[] = {
		PHRASE("EXPORTER", "エクスポーター"),
		PHRASE("ADDRESS", "アドレス"),
		PHRASE("FORMAT", "形式"),
		PHRASE("SAMPLING", "サンプリング"),
		PHRASE("RECORDS", "レコード"),
		PHRASE("DGRAMS ok/wait/ref", "受信 良/待/拒"),
		PHRASE("SEEN", "最終"),
		PHRASE("CLOCK", "時計"),
		PHRASE("LOST dgram/rec/own", "欠落"),
		PHRASE("REFUSED", "拒否"),
	};
	static const bool right[] = {false, false, false, true, true,
				     true,  true,  true,  true, false};
	struct sheet s;
	const json_t *e;
	size_t i;

	if (!json_array_size(at(status, "exporters")) ||
	    !sheet_begin(cli, &s, titles, right, ARRAY_LEN(titles)))
		return;
	json_array_foreach(at(status, "exporters"), i, e) exporter_row(cli, s.table, e, now_us);
	sheet_end(cli, &s, tr(cli, "Exporters", "エクスポーター"));
	print_full_tables(cli, status);
	print_doubted(cli, status);
}

static void print_unknown(const struct cli *cli, const json_t *status)
{
	static const struct phrase titles[] = {
		PHRASE("SENDER", "送信元"), PHRASE("DATAGRAMS", "データグラム"),
		PHRASE("AT LEAST", "少なくとも"), PHRASE("LAST SEEN", "最終")};
	static const bool right[] = {false, true, true, false};
	const json_t *unknown = at(status, "unknown_exporters"), *one;
	struct sheet s;
	size_t i;

	if (!whole(unknown, "datagrams") || !sheet_begin(cli, &s, titles, right, ARRAY_LEN(titles)))
		return;
	json_array_foreach(at(unknown, "senders"), i, one)
	{
		table_cell(s.table, TABLE_YELLOW, "%s", word(one, "address"));
		table_cell(s.table, TABLE_PLAIN, "%lld", whole(one, "datagrams"));
		table_cell(s.table, TABLE_PLAIN, "%lld", whole(one, "datagrams_at_least"));
		table_cell(s.table, TABLE_PLAIN, "%s", word(one, "last_seen"));
	}
	sheet_end(cli, &s,
		  tr(cli, "Senders that are on no allow-list (counted, not believed)",
		     "許可リストにない送信元 (数えるだけで信用しない)"));
}

static void socket_row(struct table *t, const char *name, const json_t *s)
{
	static const char *const lost[] = {"kernel_drops", "ring_drops", "unknown", "truncated",
					   "errors"};

	table_cell(t, TABLE_BOLD, "%s", name);
	table_cell(t, TABLE_PLAIN, "%lld", whole(s, "datagrams"));
	table_cell(t, TABLE_PLAIN, "%.1f MB", (double)whole(s, "bytes") / 1e6);
	for (size_t i = 0; i < ARRAY_LEN(lost); i++)
		table_cell(t, whole(s, lost[i]) ? TABLE_YELLOW : TABLE_PLAIN, "%lld",
			   whole(s, lost[i]));
	table_cell(t, TABLE_PLAIN, "%.1f MB", (double)whole(s, "buffer_bytes") / 1e6);
}

/* One row for each socket; a listener with several has one of its own, with the sums. */
static void listener_rows(struct table *t, const json_t *l)
{
	const json_t *sockets = at(l, "sockets"), *one;
	_cleanup_text_ struct text name = TEXT_NULL;
	char number[32];
	size_t i;

	text_printf(&name, strchr(word(l, "address"), ':') ? "[%s]:%lld" : "%s:%lld",
		    word(l, "address"), whole(l, "port"));
	socket_row(t, text_str(&name), l);
	if (json_array_size(sockets) < 2)
		return;
	json_array_foreach(sockets, i, one)
	{
		snprintf(number, sizeof(number), "  #%zu", i + 1);
		socket_row(t, number, one);
	}
}

static void print_listeners(const struct cli *cli, const json_t *status)
{
	static const struct phrase titles[] = {
		PHRASE("LISTENER", "待ち受け"),
		PHRASE("DATAGRAMS", "データグラム"),
		PHRASE("BYTES", "バイト"),
		PHRASE("KERNEL DROPS", "カーネル欠落"),
		PHRASE("RING DROPS", "リング欠落"),
		PHRASE("UNKNOWN", "未知"),
		PHRASE("CUT", "切詰"),
		PHRASE("ERRORS", "エラー"),
		PHRASE("BUFFER", "バッファー"),
	};
	static const bool right[] = {false, true, true, true, true, true, true, true, true};
	const json_t *one, *receive = at(status, "receive");
	struct sheet s;
	size_t i;

	if (!json_array_size(at(status, "listeners")) ||
	    !sheet_begin(cli, &s, titles, right, ARRAY_LEN(titles)))
		return;
	json_array_foreach(at(status, "listeners"), i, one) listener_rows(s.table, one);
	sheet_end(cli, &s, tr(cli, "Listeners", "待ち受け"));
	fprintf(cli->out,
		tr(cli,
		   "receiving: %lld threads, %lld datagrams handed to the decoders, %lld waiting, "
		   "%lld out of order\n",
		   "受信: スレッド %lld、復号へ渡したデータグラム %lld、待ち %lld、順不同 %lld\n"),
		whole(receive, "threads"), whole(receive, "handed"), whole(receive, "waiting"),
		whole(receive, "out_of_order"));
}

static void print_inputs(const struct cli *cli, const json_t *status)
{
	const json_t *one;
	size_t i;

	fputc('\n', cli->out);
	json_array_foreach(at(status, "captures"), i, one)
		fprintf(cli->out,
			tr(cli,
			   "capturing on %s: %lld frames, %lld dropped by the kernel, %lld by the "
			   "interface\n",
			   "取り込み %s: フレーム %lld、カーネルでの欠落 "
			   "%lld、インターフェースでの欠落 %lld\n"),
			word(one, "interface"), whole(one, "frames"), whole(one, "kernel_drops"),
			whole(one, "device_drops"));
}

/* Is the watch in time, and does its clock agree with that on the wall? */
static void print_sight(const struct cli *cli, const json_t *status)
{
	const json_t *late = at(status, "late"), *clock = at(status, "clock");
	double ahead_s = json_number_value(at(clock, "ahead_s"));

	if (json_is_object(late))
		fprintf(cli->out,
			tr(cli,
			   "late by: %.1f s ticks, %.1f s datagrams; waiting for a core: %.0f %%\n",
			   "遅れ: 周期処理 %.1f 秒、データグラム %.1f 秒。CPU 待ち: %.0f %%\n"),
			json_number_value(at(late, "ticks_s")),
			json_number_value(at(late, "datagrams_s")),
			100 * json_number_value(at(late, "cpu_wait")));
	if (whole(clock, "steps"))
		fprintf(cli->out,
			tr(cli,
			   "the wall clock was stepped %lld times, the last time by %+.1f s; it is "
			   "%+.1f s ahead\n",
			   "時刻の変更 %lld 回、最後は %+.1f 秒。実時計との差 %+.1f 秒\n"),
			whole(clock, "steps"), json_number_value(at(clock, "step_s")), ahead_s);
}

/* Without it nobody could tell why evidence of the last day is not there yet. */
static void print_heard(const struct cli *cli, const json_t *heard)
{
	char local[TIME_TEXT_MAX];
	int64_t since_us;

	if (!heard)
		return; /* of a program of before */
	if (time_parse(word(heard, "since"), &since_us) < 0)
		fputs(tr(cli,
			 "heard: no completed connections yet, so nothing tells whence prefixes "
			 "come\n",
			 "接続の実績: まだなし (プレフィックスの来る回線は不明)\n"),
		      cli->out);
	else
		fprintf(cli->out,
			tr(cli, "heard: completed connections of %lld prefixes, since %s\n",
			   "接続の実績: %lld プレフィックス、%s 以降\n"),
			whole(heard, "prefixes"), time_format_local(since_us, local));
}

static void print_tables(const struct cli *cli, const json_t *status)
{
	const json_t *d = at(status, "detect"), *inc = at(status, "incidents"),
		     *store = at(status, "store");
	_cleanup_text_ struct text refused = TEXT_NULL;

	fprintf(cli->out,
		tr(cli,
		   "incidents: %lld open, %lld opened, %lld closed, %lld taken over, %lld "
		   "refused\n",
		   "検知: 進行中 %lld、開始 %lld、終了 %lld、引き継ぎ %lld、拒否 %lld\n"),
		whole(inc, "open"), whole(inc, "opened"), whole(inc, "closed"),
		whole(inc, "resumed"), whole(inc, "refused"));
	fprintf(cli->out,
		tr(cli,
		   "detectors: %lld records, %lld hosts (%lld evicted), %lld prefixes, %lld "
		   "followed closely "
		   "(%lld refused, %lld given up), %lld late records, %lld time jumps\n",
		   "検知器: レコード %lld、ホスト %lld (追い出し %lld)、プレフィックス %lld、注視 "
		   "%lld (拒否 %lld、手放し %lld)、"
		   "遅着 %lld、時刻の飛び %lld\n"),
		whole(d, "records"), whole(d, "hosts"), whole(d, "hosts_evicted"),
		whole(d, "prefixes"), whole(d, "hot"), whole(d, "hot_refused"),
		whole(d, "hot_given_up"), whole(d, "late_records"), whole(d, "epochs"));
	print_heard(cli, at(status, "heard"));
	fprintf(cli->out,
		tr(cli, "memory: %.1f MB resident, %.1f MB of it detection state\n",
		   "メモリー: 常駐 %.1f MB、うち検知 %.1f MB\n"),
		(double)whole(status, "resident_bytes") / 1e6,
		(double)whole(d, "memory_bytes") / 1e6);
	fprintf(cli->out,
		tr(cli, "store: %lld rows written, %lld queued, %lld dropped, %.1f MB%s%s\n",
		   "記録庫: 書き込み %lld、待ち %lld、断念 %lld、%.1f MB%s%s\n"),
		whole(store, "written"), whole(store, "queued"), whole(store, "dropped"),
		(double)whole(store, "bytes") / 1e6, json_is_true(at(store, "failing")) ? "; " : "",
		json_is_true(at(store, "failing")) ? word(store, "trouble") : "");
	add_refused(&refused, at(status, "refused"));
	if (json_object_size(at(status, "refused")))
		fprintf(cli->out,
			tr(cli, "refused from unknown senders: %s\n",
			   "未知の送信元からの拒否: %s\n"),
			text_str(&refused));
}

void status_print(const struct cli *cli, const json_t *status, int64_t age_us, bool running)
{
	int64_t now_us = 0;

	if (json_is_true(at(status, "drill")))
		fputs("DRILL / 訓練\n", cli->out);
	if (running)
		fprintf(cli->out,
			tr(cli, "running since %s, status of %.1f s ago\n",
			   "%s から動作中、%.1f 秒前の状態\n"),
			word(status, "started"), (double)age_us / (double)US_PER_S);
	else
		fprintf(cli->out,
			tr(cli, "not running: this status is %.0f s old\n",
			   "停止中: この状態は %.0f 秒前のものです\n"),
			(double)age_us / (double)US_PER_S);
	if (time_parse(word(status, "time"), &now_us) < 0)
		now_us = clock_real_us();
	print_exporters(cli, status, now_us);
	print_unknown(cli, status);
	print_listeners(cli, status);
	print_inputs(cli, status);
	print_sight(cli, status);
	print_tables(cli, status);
	blind_print(cli, at(status, "blind_spot"));
}
