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

static void print_refused(const struct cli *cli, const struct refusals *r, const char *head)
{
	for (int i = 0; i < REFUSAL_COUNT; i++) {
		if (r->count[i])
			fprintf(cli->err,
				tr(cli, "%s: %s %llu times, %llu bytes (%s)\n",
				   "%s: %s %llu 回、%llu バイト (%s)\n"),
				head, refusal_name((enum refusal)i),
				(unsigned long long)r->count[i], (unsigned long long)r->bytes[i],
				refusal_help((enum refusal)i));
	}
}

static void print_exporter(const struct cli *cli, const struct exporter *e)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	text_printf(&t,
		    tr(cli, "exporter %s: %llu records, ", "エクスポーター %s: レコード %llu、"),
		    e->name, (unsigned long long)e->records);
	if (e->is_capture)
		text_add(&t, tr(cli, "every packet counted", "全パケットを計数"));
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
	if (e->clock_shifted)
		text_printf(&t, tr(cli, "; clock off by %.1f s", "、時計のずれ %.1f 秒"),
			    (double)e->clock_offset_us / (double)US_PER_S);
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

static void print_blind(const struct cli *cli, const struct summary *s, const struct pipeline *p)
{
	json_t *blind = blind_json(p->conf, p->exporters, BLIND_BRIEF);

	blind_print_short(
		cli, blind,
		s->incidents
			? NULL
			: tr(cli, "no attack was seen; that means none at or above these rates:",
			     "攻撃は見つかりませんでした。次の値以上の攻撃がなかったことを意味"
			     "します:"),
		cli->err);
	json_decref(blind);
}

/* What all exporters refused, and what belonged to none. */
static void gather(const struct summary *s, const struct pipeline *p, struct refusals *out)
{
	*out = s->refused;
	for (unsigned i = 0; i < exporters_count(p->exporters); i++)
		refusals_add(out, &exporters_get(p->exporters, (uint16_t)i)->refused);
}

void summary_print(const struct cli *cli, const struct summary *s, const struct pipeline *p)
{
	struct detect_stats d;
	struct refusals refused;

	detect_stats(p->detect, &d);
	gather(s, p, &refused);
	print_amounts(cli, s, &d);
	print_refused(cli, &refused, tr(cli, "refused", "拒否"));
	print_refused(cli, &s->noted, tr(cli, "used with a doubt", "疑いつつ使用"));
	print_exporters(cli, p->exporters);
	if (d.records)
		print_blind(cli, s, p);
}
