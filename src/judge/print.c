/* SPDX-License-Identifier: ISC */
/*
 * One incident for the person on duty: what happened, why it is called so, how far it is known and
 * what could not have been seen. Plain text; colours and widths are the command line's matter.
 */
#include <inttypes.h>
#include <string.h>

#include "judge/incident.h"

#define LABEL_WIDTH 12

struct sheet {
	struct text *out;
	bool ja;
};

static const char *pick(const struct sheet *s, const char *en, const char *ja)
{
	return s->ja ? ja : en;
}

static void pad(struct sheet *s, const char *text, size_t width)
{
	text_add(s->out, text);
	for (size_t w = text_width(text); w < width; w++)
		text_add(s->out, " ");
}

static void label(struct sheet *s, const char *en, const char *ja)
{
	text_add(s->out, "  ");
	pad(s, pick(s, en, ja), LABEL_WIDTH);
	text_add(s->out, "  ");
}

static void more(struct sheet *s)
{
	label(s, "", "");
}

static void end(struct sheet *s)
{
	text_add(s->out, "\n");
}

static void add_time(struct sheet *s, int64_t us)
{
	char local[TIME_TEXT_MAX], utc[TIME_TEXT_MAX];

	if (us == TIME_NONE)
		text_add(s->out, pick(s, "unknown", "不明"));
	else
		text_printf(s->out, "%s (%s)", time_format_local(us, local),
			    time_format_utc(us, utc));
}

static void add_duration(struct sheet *s, int64_t us)
{
	int64_t t = us < 0 ? 0 : us / US_PER_S;

	if (t >= 3600)
		text_printf(
			s->out,
			pick(s, "%" PRId64 " h %" PRId64 " min", "%" PRId64 " 時間 %" PRId64 " 分"),
			t / 3600, t / 60 % 60);
	else if (t >= 60)
		text_printf(
			s->out,
			pick(s, "%" PRId64 " min %" PRId64 " s", "%" PRId64 " 分 %" PRId64 " 秒"),
			t / 60, t % 60);
	else
		text_printf(s->out, pick(s, "%.3f s", "%.3f 秒"),
			    us < 0 ? 0.0 : (double)us / (double)US_PER_S);
}

static const char *class_word(const struct sheet *s, const struct incident *inc)
{
	static const char *const words[CLASS_COUNT][2] = {
		[CLASS_NONE] = {"Attack", "攻撃"},
		[CLASS_CAPACITY] = {"Capacity attack", "回線容量に対する攻撃"},
		[CLASS_SERVER] = {"Server attack", "サーバに対する攻撃"},
		[CLASS_COMPOUND] = {"Compound attack", "複合攻撃"},
	};

	if (inc->f.kind == FINDING_SCAN)
		return pick(s, "Scan", "スキャン");
	return words[inc->class][s->ja];
}

static void print_title(struct sheet *s, const struct incident *inc)
{
	char target[INCIDENT_TARGET_MAX];

	if (inc->drill)
		text_add(s->out,
			 pick(s, "DRILL - not a real incident\n", "訓練 - 実際の事案ではない\n"));
	if (inc->known_test)
		text_add(s->out, pick(s, "KNOWN TEST - announced beforehand\n",
				      "既知の試験 - 事前に届け出あり\n"));
	text_printf(s->out, "%s  %s: %s", inc->id, class_word(s, inc),
		    incident_target(inc, target));
	if (inc->object[0])
		text_printf(s->out, " (%s)", inc->object);
	end(s);
}

static void print_state(struct sheet *s, const struct incident *inc)
{
	static const char *const words[][2] = {
		[FINDING_OPEN] = {"open: going on", "継続中"},
		[FINDING_QUIET] = {"quiet: nothing now, not yet over",
				   "沈静: 現在は見えないが終息とはしない"},
		[FINDING_CLOSED] = {"closed: over", "終息"},
		[FINDING_LOST_SIGHT] = {"lost sight: the exporter fell silent, so it may go on",
					"視界喪失: 送信装置からの記録が途絶え、継続の可能性がある"},
	};
	static const char *const directions[][2] = {
		[DIRECTION_IN] = {"towards us from outside", "外部から自網へ"},
		[DIRECTION_OUT] = {"from our network to others", "自網から外部へ"},
		[DIRECTION_THROUGH] = {"passing through", "通過"},
		[DIRECTION_INSIDE] = {"within our network", "自網内"},
	};

	label(s, "State", "状態");
	text_add(s->out, words[inc->f.state][s->ja]);
	end(s);
	label(s, "Direction", "方向");
	text_add(s->out, inc->f.own_known ? directions[inc->f.direction][s->ja]
					  : pick(s, "unknown: no own prefixes are configured",
						 "不明: 自網プレフィックスが未設定"));
	end(s);
}

static void print_times(struct sheet *s, const struct incident *inc)
{
	const struct finding *f = &inc->f;

	label(s, "Began", "開始");
	add_time(s, f->first_us);
	end(s);
	label(s, "Last seen", "最終確認");
	add_time(s, f->last_us);
	text_add(s->out, pick(s, ", after ", "、継続時間 "));
	add_duration(s, f->last_us - f->first_us);
	end(s);
	label(s, "Detected", "検知");
	add_time(s, f->detected_us);
	end(s);
	more(s);
	text_printf(s->out,
		    pick(s, "%.3f s in exporter and path, %.3f s in noroshi",
			 "送信装置と経路 %.3f 秒、noroshi %.3f 秒"),
		    (double)f->exporter_delay_us / (double)US_PER_S,
		    (double)f->noroshi_delay_us / (double)US_PER_S);
	end(s);
}

static const char *at_least(const struct sheet *s, const struct incident *inc)
{
	return inc->f.sampling_known ? "" : pick(s, "at least ", "少なくとも ");
}

static void print_figures(struct sheet *s, const struct incident *inc)
{
	const struct finding *f = &inc->f;
	_cleanup_text_ struct text bps = TEXT_NULL, pps = TEXT_NULL, syn = TEXT_NULL;
	_cleanup_text_ struct text bytes = TEXT_NULL;

	text_rate(&bps, (double)f->peak_bps, "bit/s");
	text_rate(&pps, (double)f->peak_pps, "pps");
	text_rate(&syn, (double)f->peak_syn_per_s, "SYN/s");
	text_rate(&bytes, (double)f->bytes, "B");
	label(s, "Peak", "最大値");
	text_printf(s->out, "%s%s, %s, %s", at_least(s, inc), text_str(&bps), text_str(&pps),
		    text_str(&syn));
	end(s);
	label(s, "Total", "総量");
	text_printf(s->out,
		    pick(s, "%s%" PRIu64 " packets, %s, %u pulse(s)",
			 "%s%" PRIu64 " パケット、%s、バースト %u 回"),
		    at_least(s, inc), f->packets, text_str(&bytes), f->pulses);
	end(s);
}

static void print_vectors(struct sheet *s, const struct incident *inc)
{
	label(s, "Vectors", "攻撃種別");
	for (unsigned i = 0; i < inc->f.n_vectors; i++) {
		const struct finding_vector *v = &inc->f.vectors[i];
		_cleanup_text_ struct text rate = TEXT_NULL, limit = TEXT_NULL;
		char name[VECTOR_NAME_MAX];

		if (i)
			more(s);
		text_rate(&rate, (double)v->peak_pps, "pps");
		text_rate(&limit, (double)v->threshold_pps, "pps");
		pad(s, vector_name(v->vector, v->port, name), 24);
		text_printf(
			s->out,
			pick(s, "%" PRIu64 " packets, peak %s", "%" PRIu64 " パケット、最大 %s"),
			v->packets, text_str(&rate));
		if (v->over)
			text_printf(s->out,
				    pick(s, ", over its threshold of %s", "、しきい値 %s を超過"),
				    text_str(&limit));
		end(s);
	}
	if (!inc->f.n_vectors)
		end(s);
	label(s, "Why", "理由");
	text_add(s->out, s->ja ? inc->class_reason_ja : inc->class_reason);
	end(s);
}

static void print_hosts(struct sheet *s, const struct incident *inc)
{
	const struct finding *f = &inc->f;
	char text[IP_TEXT_MAX];

	if (!f->n_children)
		return;
	label(s, "Hosts hit", "被害ホスト");
	text_printf(s->out, pick(s, "%" PRIu64 ", most: ", "%" PRIu64 " 台、上位: "), f->hosts_hit);
	for (unsigned i = 0; i < f->n_children && i < 8; i++)
		text_printf(s->out, "%s%s", i ? ", " : "", ip_format(&f->children[i], text));
	end(s);
}

static void print_real(struct sheet *s, const struct incident *inc, const struct ip *ip)
{
	static const char *const words[][2] = {
		[REAL_UNKNOWN] = {", real: unknown", "、実在: 不明"},
		[REAL_HANDSHAKE] = {", real: yes (completed connection)",
				    "、実在: 確認 (接続完了)"},
		[REAL_INGRESS] = {", real: yes (expected link and TTL)",
				  "、実在: 確認 (既知の流入リンクと TTL)"},
	};

	text_add(s->out, words[source_shown_real(inc, ip)][s->ja]);
}

static void print_sources(struct sheet *s, const struct incident *inc)
{
	const struct finding_sources *src = &inc->f.sources;
	const struct source_classes *c = &src->syn[UNIT_ADDRESS];
	char text[IP_TEXT_MAX];

	label(s, "Sources", "送信元");
	text_printf(s->out, pick(s, "%s%" PRIu64 " addresses", "%s%" PRIu64 " アドレス"),
		    src->count_at_least ? pick(s, "at least ", "少なくとも ")
		    : src->count_exact	? ""
					: pick(s, "about ", "約 "),
		    src->count);
	end(s);
	if (inc->f.peak_syn_per_s) {
		more(s);
		text_printf(s->out,
			    pick(s,
				 "by SYN/s: up to 100: %" PRIu64 ", to 999: %" PRIu64
				 ", from 1000: %" PRIu64 ", not decidable: %" PRIu64,
				 "SYN/s 別: 100 以下 %" PRIu64 "、999 以下 %" PRIu64
				 "、1000 以上 %" PRIu64 "、判定不能 %" PRIu64),
			    c->le_100, c->gt_100_lt_1000, c->ge_1000, c->unresolved);
		end(s);
	}
	for (unsigned i = 0; i < src->n_top; i++) {
		more(s);
		pad(s, ip_format(&src->top[i].addr, text), 24);
		text_printf(s->out, pick(s, "%" PRIu64 " packets", "%" PRIu64 " パケット"),
			    src->top[i].packets);
		print_real(s, inc, &src->top[i].addr);
		end(s);
	}
	more(s);
	text_add(s->out, pick(s, "A source not shown real may be forged, and is named to nobody.",
			      "実在と示されない送信元は詐称の可能性があり、誰にも通知しない。"));
	end(s);
	label(s, "Spoofing", "詐称判定");
	spoof_print(inc, s->ja, LABEL_WIDTH + 4, s->out);
}

static void print_witness(struct sheet *s, const struct incident_witness *w)
{
	more(s);
	/* Of a full line more of the border's exports are lost than of those further inside. */
	if (w->share > 1.05)
		text_printf(s->out,
			    pick(s, "borne out by %s, which told of %.1f times as many packets",
				 "%s も同じ攻撃を観測 (その %.1f 倍のパケット)"),
			    w->exporter, w->share);
	else
		text_printf(s->out,
			    pick(s, "borne out by %s, which told of %.0f %% of it",
				 "%s も同じ攻撃を観測 (その %.0f %%)"),
			    w->exporter, 100 * w->share);
	end(s);
}

static void print_seen_by(struct sheet *s, const struct incident *inc)
{
	static const char *const rules[][2] = {
		[DEDUP_NONE] = {"one exporter, each packet counted once",
				"送信装置は 1 台、各パケットは 1 回だけ計上"},
		[DEDUP_ENTRY] = {"counted where packets enter", "流入点でのみ計上"},
		[DEDUP_MAX] = {"sides unknown: the largest of the exporters counts each second",
			       "内外が未設定のため、毎秒、送信装置間の最大値を採用"},
	};
	const struct finding *f = &inc->f;

	label(s, "Seen by", "観測点");
	for (unsigned i = 0; inc->exporters && i < f->n_exporters; i++)
		text_printf(s->out, "%s%s", i ? ", " : "", inc->exporters[i]);
	end(s);
	for (unsigned i = 0; i < f->n_seen_by; i++)
		print_witness(s, &inc->seen_by[i]);
	more(s);
	text_add(s->out, rules[f->dedup][s->ja]);
	end(s);
	more(s);
	if (!f->sampling_known)
		text_add(s->out, pick(s, "sampling unknown: every figure is \"at least\"",
				      "サンプリング率不明: 数値はすべて「少なくとも」"));
	else if (f->sampling_max <= 1)
		text_add(s->out, pick(s, "every packet counted", "全パケットを計上"));
	else
		text_printf(s->out,
			    pick(s, "sampled 1:%u, figures corrected for it",
				 "サンプリング 1:%u、数値は補正済み"),
			    f->sampling_max);
	end(s);
}

static void print_links(struct sheet *s, const struct incident *inc)
{
	if (inc->path) {
		incident_path_print(inc, s->ja, LABEL_WIDTH, s->out);
		return;
	}
	for (unsigned i = 0; i < inc->f.n_links; i++) {
		const struct incident_link *l = &inc->links[i];
		_cleanup_text_ struct text name = TEXT_NULL;

		if (i)
			more(s);
		else
			label(s, "Links", "リンク");
		text_printf(&name, "%s#%" PRIu32, l->exporter, l->input);
		if (l->link[0])
			text_printf(&name, " (%s)", l->link);
		pad(s, text_str(&name), 32);
		text_printf(s->out, "%5.1f %%", 100 * l->share);
		end(s);
	}
}

/* Lines of another part of the incident under one label. */
static void print_lines(struct sheet *s, const char *en, const char *ja, const char *lines)
{
	for (bool first = true; *lines; first = false) {
		size_t n = strcspn(lines, "\n");

		if (first)
			label(s, en, ja);
		else
			more(s);
		text_add_n(s->out, lines, n);
		end(s);
		lines += n + (lines[n] == '\n');
	}
}

static void print_whose(struct sheet *s, const struct incident *inc)
{
	_cleanup_text_ struct text kinds = TEXT_NULL, scope = TEXT_NULL, places = TEXT_NULL;

	if (!inc->kinds.n)
		return;
	kinds_said(&inc->kinds, pick(s, "en", "ja"), &kinds);
	scope_said(&inc->scope, pick(s, "en", "ja"), &scope);
	source_places_said(&inc->kinds.places, pick(s, "en", "ja"), &places);
	print_lines(s, "Kinds", "送信元種別", text_str(&kinds));
	print_lines(s, "Sources in", "送信元の所在", text_str(&places));
	print_lines(s, "Scope", "国内外", text_str(&scope));
}

static void print_course(struct sheet *s, const struct incident *inc)
{
	_cleanup_text_ struct text bar = TEXT_NULL;

	incident_spark(inc, 60, &bar);
	if (!bar.len)
		return;
	label(s, "Course", "推移");
	text_add(s->out, text_str(&bar));
	end(s);
}

static void print_evidence(struct sheet *s, const struct incident *inc)
{
	label(s, "Evidence", "証拠");
	if (inc->erased_us != TIME_NONE) {
		text_add(s->out, pick(s, "erased at ", "消去済み: "));
		add_time(s, inc->erased_us);
	} else if (inc->evidence[SAMPLE_ATTACK].n || inc->evidence[SAMPLE_GOOD].n) {
		text_printf(s->out, pick(s, "%u header records", "ヘッダ記録 %u 件"),
			    inc->evidence[SAMPLE_ATTACK].n);
		if (inc->evidence[SAMPLE_GOOD].n)
			text_printf(s->out,
				    pick(s, " and %u of good traffic before it (consent: %s)",
					 "、直前の正常通信 %u 件 (同意: %s)"),
				    inc->evidence[SAMPLE_GOOD].n, inc->sample_consent);
		text_add(s->out, pick(s, ", to be erased by ", "、消去期限 "));
		add_time(s, inc->erase_by_us);
	} else {
		text_add(s->out, pick(s, "none kept", "保存なし"));
	}
	end(s);
}

static void print_unknown(struct sheet *s, const struct incident *inc)
{
	const struct finding *f = &inc->f;
	_cleanup_text_ struct text rate = TEXT_NULL;

	for (unsigned i = 0; i < inc->n_gaps; i++) {
		if (i)
			more(s);
		else
			label(s, "Not watched", "監視なし");
		add_time(s, inc->gaps[i].from_us);
		text_add(s->out, pick(s, " to ", " から "));
		add_time(s, inc->gaps[i].until_us);
		end(s);
	}
	label(s, "Blind spot", "死角");
	if (f->blind_bps)
		text_rate(&rate, (double)f->blind_bps, "bps");
	else
		text_rate(&rate, (double)f->blind_pps, "pps");
	if (f->blind_pps) {
		text_printf(
			s->out,
			pick(s,
			     "below %s such an attack would not have been seen here (within "
			     "%.0f s, %.0f %%)",
			     "%s 未満の同種の攻撃はここでは見えなかった（%.0f 秒以内、%.0f %%）"),
			text_str(&rate), f->blind_seconds, 100 * f->blind_confidence);
		if (f->blind_at_least)
			text_add(s->out, pick(s, "; the sampling is not known, so it may be more",
					      "。サンプリング不明のため、もっと大きいことがある"));
	} else {
		text_add(s->out, pick(s, "not known", "不明"));
	}
	end(s);
}

void incident_print(const struct incident *inc, const char *language, struct text *out)
{
	struct sheet s = {.out = out, .ja = language && strcmp(language, "ja") == 0};

	print_title(&s, inc);
	print_state(&s, inc);
	print_times(&s, inc);
	print_vectors(&s, inc);
	print_figures(&s, inc);
	print_course(&s, inc);
	print_hosts(&s, inc);
	print_sources(&s, inc);
	print_seen_by(&s, inc);
	print_links(&s, inc);
	print_whose(&s, inc);
	print_evidence(&s, inc);
	print_unknown(&s, inc);
}

static double point_pps(const struct series_point *p)
{
	return p->step_s ? (double)p->packets / p->step_s : 0;
}

void incident_spark(const struct incident *inc, unsigned width, struct text *out)
{
	static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	double column[256] = {0}, most = 0;
	int64_t from, until;
	unsigned n = 0;

	while (inc->series && n < inc->f.n_series && inc->series[n].link == 0)
		n++;
	if (!n || !width)
		return;
	width = width < ARRAY_LEN(column) ? width : ARRAY_LEN(column);
	from = inc->series[0].start_us;
	until = inc->series[n - 1].start_us + (int64_t)inc->series[n - 1].step_s * US_PER_S;
	if ((until - from) / US_PER_S < width)
		width = until - from < US_PER_S ? 1 : (unsigned)((until - from) / US_PER_S);
	for (unsigned i = 0; i < n; i++) {
		const struct series_point *p = &inc->series[i];
		double scale = (double)width / (double)(until - from);
		unsigned at = (unsigned)((double)(p->start_us - from) * scale + 1e-6);
		unsigned to =
			(unsigned)((double)(p->start_us - from + p->step_s * US_PER_S) * scale +
				   1e-6);

		do {
			if (at < width && column[at] < point_pps(p))
				column[at] = point_pps(p);
		} while (++at < to && at < width);
		most = most > point_pps(p) ? most : point_pps(p);
	}
	for (unsigned i = 0; i < width; i++) {
		unsigned h = most > 0 ? (unsigned)(column[i] / most * 8 + 0.999) : 0;

		text_add(out, blocks[h < 8 ? h : 8]);
	}
}
