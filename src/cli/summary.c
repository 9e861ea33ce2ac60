/* SPDX-License-Identifier: ISC */
#include "cli/summary.h"

#include "cli/blind_print.h"
#include "cli/setup.h"
#include "duty/blind.h"

#define EXPORTERS_SHOWN 20

void summary_add(struct summary *s, const struct reader_info *info, bool read)
{
	s->inputs++;
	s->inputs_unread += !read;
	s->frames += info->frames;
	s->bytes += info->bytes;
	s->jumps_forward += info->time_jumps_forward;
	s->jumps_back += info->time_jumps_back;
	s->dropped += info->dropped;
	s->probed += info->probed;
	s->exports_seen += info->exports_seen;
	refusals_add(&s->refused, &info->refused);
	refusals_add(&s->noted, &info->noted);
}

static void print_amounts(const struct cli *cli, const struct summary *s,
			  const struct detect_stats *d)
{
	char first[TIME_TEXT_MAX], last[TIME_TEXT_MAX];

	fprintf(cli->err,
		tr(cli, "read: %llu records for %llu packets, %llu bytes; incidents: %zu\n",
		   "読み込み: レコード %llu、パケット %llu、バイト %llu、検知 %zu 件\n"),
		(unsigned long long)d->records, (unsigned long long)d->packets,
		(unsigned long long)d->bytes, s->incidents);
	if (d->first_us != TIME_NONE)
		fprintf(cli->err, tr(cli, "time: %s to %s\n", "時刻: %s から %s\n"),
			time_format_local(d->first_us, first), time_format_local(d->last_us, last));
	if (s->jumps_forward + s->jumps_back)
		fprintf(cli->err,
			tr(cli,
			   "time jumps: %llu forward over 5 minutes, %llu back over a minute\n",
			   "時刻の飛び: 前へ 5 分超 %llu 回、後ろへ 1 分超 %llu 回\n"),
			(unsigned long long)s->jumps_forward, (unsigned long long)s->jumps_back);
}

static void print_odd_times(const struct cli *cli, const struct detect_stats *d)
{
	if (d->odd_times)
		fprintf(cli->err,
			tr(cli,
			   "odd times: %llu records did not go with the clock of the others and "
			   "were taken at its time\n",
			   "時刻の異常: 前後のレコードと時計の合わないレコード %llu 件は、"
			   "周囲の時刻で計上\n"),
			(unsigned long long)d->odd_times);
}

static void print_refused(const struct cli *cli, const struct refusals *r, const char *head)
{
	for (int i = 0; i < REFUSAL_COUNT; i++) {
		if (r->count[i])
			fprintf(cli->err,
				tr(cli, "%s: %s %llu times, %llu bytes (%s)\n",
				   "%s: %s %llu 回、%llu バイト (%s)\n"),
				head, refusal_name((enum refusal)i),
				(unsigned long long)r->count[i], (unsigned long long)r->bytes[i],
				tr(cli, refusal_help((enum refusal)i),
				   refusal_help_ja((enum refusal)i)));
	}
}

static void print_exporter(const struct cli *cli, const struct exporter *e)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	text_printf(&t,
		    tr(cli, "exporter %s: %llu records, ", "エクスポーター %s: レコード %llu、"),
		    e->name, (unsigned long long)e->records);
	if (e->is_capture)
		text_add(&t, e->dropped ? tr(cli, "every packet counted that it holds",
					     "収められた全パケットを計数")
					: tr(cli, "every packet counted", "全パケットを計数"));
	else if (!e->sampling_known || !e->sampling_max)
		text_add(&t, tr(cli, "sampling unknown: every figure is \"at least\"",
				"サンプリング不明のため、数値はすべて「少なくとも」"));
	else if (e->sampling_min == e->sampling_max)
		text_printf(&t, tr(cli, "sampling 1:%u", "サンプリング 1:%u"), e->sampling_max);
	else
		text_printf(&t, tr(cli, "sampling 1:%u to 1:%u", "サンプリング 1:%u から 1:%u"),
			    e->sampling_min, e->sampling_max);
	if (e->lost_datagrams + e->lost_records)
		text_printf(&t,
			    tr(cli, "; lost %llu datagrams, %llu records",
			       "、欠落 データグラム %llu、レコード %llu"),
			    (unsigned long long)e->lost_datagrams,
			    (unsigned long long)e->lost_records);
	if (e->dropped)
		text_printf(&t,
			    tr(cli, "; dropped by its own count %llu",
			       "、自身の計数による取りこぼし %llu"),
			    (unsigned long long)e->dropped);
	if (e->clock_shifted)
		text_printf(&t, tr(cli, "; clock off by %.1f s", "、時計のずれ %.1f 秒"),
			    (double)e->clock_offset_us / (double)US_PER_S);
	if (e->odd_times)
		text_printf(&t,
			    tr(cli, "; clock off in %llu records", "、時計の合わないレコード %llu"),
			    (unsigned long long)e->odd_times);
	fprintf(cli->err, "%s\n", text_str(&t));
}

static void print_exporters(const struct cli *cli, struct exporters *t)
{
	unsigned shown = 0, more = 0;

	for (unsigned i = 1; i < exporters_count(t); i++) {
		const struct exporter *e = exporters_get(t, (uint16_t)i);

		if (!e->records)
			continue;
		if (shown++ < EXPORTERS_SHOWN)
			print_exporter(cli, e);
		else
			more++;
	}
	if (more)
		fprintf(cli->err, tr(cli, "and %u exporters more\n", "ほか %u 台\n"), more);
}

/* What all exporters refused, and what belonged to none. */
static void gather(const struct summary *s, const struct pipeline *p, struct refusals *out)
{
	*out = s->refused;
	for (unsigned i = 0; i < exporters_count(p->exporters); i++)
		refusals_add(out, &exporters_get(p->exporters, (uint16_t)i)->refused);
}

/* What an attack could have been in without being seen. */
struct unseen {
	uint64_t refused, bytes; /* of captures and datagrams */
	uint64_t untold;	 /* sets of data without a template */
	uint64_t lost;		 /* datagrams and records, by sequence numbers */
	uint64_t dropped;	 /* packets and samples, by the sender's own count */
	uint64_t jumps, exports_seen;
};

/* Frames without IP are seen; what was taken for something less stays in sight. */
static bool is_unseen(int why)
{
	return why != REFUSED_NOT_IP && why != REFUSED_NO_TEMPLATE && why != REFUSED_BAD_SAMPLING &&
	       why != REFUSED_WITHDRAWAL;
}

static struct unseen unseen_of(const struct summary *s, const struct pipeline *p,
			       const struct refusals *refused)
{
	struct unseen u = {.untold = refused->count[REFUSED_NO_TEMPLATE],
			   .jumps = s->jumps_forward + s->jumps_back,
			   .exports_seen = s->exports_seen};

	for (int i = 0; i < REFUSAL_COUNT; i++) {
		if (!is_unseen(i))
			continue;
		u.refused += refused->count[i];
		u.bytes += refused->bytes[i];
	}
	for (unsigned i = 1; i < exporters_count(p->exporters); i++) {
		const struct exporter *e = exporters_get(p->exporters, (uint16_t)i);

		u.lost += e->lost_datagrams + e->lost_records;
		if (!e->is_capture)
			u.dropped += e->dropped;
	}
	u.dropped += s->dropped;
	return u;
}

/* One more of a list, where there is any of it. */
static void add_unseen(struct text *t, const char *format, uint64_t n)
{
	if (!n)
		return;
	text_add(t, t->len ? ", " : "");
	text_printf(t, format, (unsigned long long)n);
}

static void say_unseen(const struct cli *cli, const struct unseen *u, struct text *t)
{
	if (u->refused)
		text_printf(
			t, tr(cli, "refused %llu times (%llu bytes)", "拒否 %llu 回 (%llu バイト)"),
			(unsigned long long)u->refused, (unsigned long long)u->bytes);
	add_unseen(t,
		   tr(cli, "sets of data without template %llu", "テンプレートのないデータ %llu"),
		   u->untold);
	add_unseen(
		t,
		tr(cli, "lost datagrams and records %llu", "欠落したデータグラムとレコード %llu"),
		u->lost);
	add_unseen(t,
		   tr(cli, "packets and samples dropped before they were told of %llu",
		      "知らされる前に取りこぼされたパケットとサンプル %llu"),
		   u->dropped);
	add_unseen(t, tr(cli, "time jumps %llu", "時刻の飛び %llu"), u->jumps);
	add_unseen(t,
		   tr(cli, "flow exports taken for packets, at least %llu",
		      "パケットとして数えたフローエクスポート 少なくとも %llu"),
		   u->exports_seen);
}

/* That nothing was seen holds of what was looked at. */
static void say_nothing_seen(const struct cli *cli, const struct unseen *u, struct text *t)
{
	_cleanup_text_ struct text list = TEXT_NULL;

	say_unseen(cli, u, &list);
	if (list.len)
		text_printf(
			t,
			tr(cli,
			   "not looked at, or not surely in its place: %s\n"
			   "no attack was seen in the rest; that means none of it at or above "
			   "these rates:",
			   "見ていないもの、または時刻が確かでないもの: %s\n"
			   "残りに攻撃は見つかりませんでした。残りに次の値以上の攻撃がなかったこと"
			   "を意味します:"),
			text_str(&list));
	else
		text_add(t, tr(cli, "no attack was seen; that means none at or above these rates:",
			       "攻撃は見つかりませんでした。次の値以上の攻撃がなかったことを意味"
			       "します:"));
}

static void print_blind(const struct cli *cli, const struct summary *s, const struct pipeline *p,
			const struct refusals *refused)
{
	json_t *blind = blind_json(p->conf, p->exporters, BLIND_BRIEF);
	struct unseen u = unseen_of(s, p, refused);
	_cleanup_text_ struct text head = TEXT_NULL;

	if (!s->incidents)
		say_nothing_seen(cli, &u, &head);
	blind_print_short(cli, blind, head.len ? text_str(&head) : NULL, cli->err);
	json_decref(blind);
}

/* Two kinds in one file: what was found out by the first packets may be wrong. */
static void print_exports_seen(const struct cli *cli, const struct summary *s)
{
	if (s->exports_seen)
		fprintf(cli->err,
			tr(cli,
			   "read as packets, yet %llu of %llu UDP datagrams looked at are flow "
			   "exports: --as exports decodes them\n",
			   "パケットとして読み込みましたが、調べた UDP データグラムのうち %llu 個 "
			   "(全 %llu 個) はフローエクスポートです。--as exports で復号します\n"),
			(unsigned long long)s->exports_seen, (unsigned long long)s->probed);
}

void summary_print(const struct cli *cli, const struct summary *s, const struct pipeline *p)
{
	struct detect_stats d;
	struct refusals refused;

	detect_stats(p->detect, &d);
	gather(s, p, &refused);
	print_amounts(cli, s, &d);
	print_odd_times(cli, &d);
	print_refused(cli, &refused, tr(cli, "refused", "拒否"));
	print_refused(cli, &s->noted, tr(cli, "used with a doubt", "疑いつつ使用"));
	print_exporters(cli, p->exporters);
	print_exports_seen(cli, s);
	if (d.records)
		print_blind(cli, s, p, &refused);
}
