/* SPDX-License-Identifier: ISC */
/*
 * The line of a page is put together from parts. Two of them are names (of what is attacked, and
 * of the link or service that the figure is about), and only these give way; where that is not
 * enough, the time goes, then the vector.
 */
#include "duty/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/zone.h"
#include "judge/json_fields.h"

#define NAME_LEAST 10 /* characters of a name, below which other parts give way */
#define NAME_ALL   256

/* clang-format off: a row stays a row. */
static const char *const vector_words[VECTOR_COUNT][2] = {
	[VECTOR_SYN_FLOOD] = {"SYN flood", "SYNフラッド"},
	[VECTOR_SYNACK_REFLECTION] = {"SYN-ACK reflection", "SYN-ACKリフレクション"},
	[VECTOR_RST_FLOOD] = {"RST flood", "RSTフラッド"},
	[VECTOR_ACK_FLOOD] = {"ACK flood", "ACKフラッド"},
	[VECTOR_CONN_FLOOD] = {"connection flood", "コネクションフラッド"},
	[VECTOR_UDP_FLOOD] = {"UDP flood", "UDPフラッド"},
	[VECTOR_ICMP_FLOOD] = {"ICMP flood", "ICMPフラッド"},
	[VECTOR_FRAGMENT_FLOOD] = {"fragment flood", "フラグメントフラッド"},
	[VECTOR_AMPLIFICATION] = {"amplification", "リフレクション攻撃"},
	[VECTOR_HTTP_FLOOD] = {"HTTP flood", "HTTPフラッド"},
	[VECTOR_PROTO_FLOOD] = {"protocol flood", "プロトコルフラッド"},
	[VECTOR_MALFORMED] = {"malformed packets", "不正パケット"},
	[VECTOR_DNS_QUERY_FLOOD] = {"DNS query flood", "DNSクエリフラッド"},
	[VECTOR_QUIC_FLOOD] = {"QUIC flood", "QUICフラッド"},
};

static const char *const why_words[PAGE_WHYS][2] = {
	[PAGE_NEW] = {"", ""},
	[PAGE_WORSE] = {"WORSE ", "悪化 "},
	[PAGE_ESCALATED] = {"NO ANSWER ", "応答なし "},
	[PAGE_SNOOZE_OVER] = {"STILL ON ", "継続中 "},
	[PAGE_TEST] = {"TEST ", "試験 "},
};

/* The figure of the deciding reason: %F figure with its unit, %A "at least", %N a name. */
static const struct figure_row {
	enum severity_rule rule;
	bool named;	  /* for reasons with a name */
	unsigned level;	  /* only for this, 0 any */
	bool single;	  /* only for one */
	const char *form; /* what becomes of the figure: share, times, count, seconds, pps */
	const char *en, *ja;
} figure_rows[] = {
	{RULE_LINE, false, 0, false, "share", "%A%F of its line", "回線の%F%A"},
	{RULE_LINK, true, 1, false, "share", "link %N %F full", "リンク%Nの使用率%F"},
	{RULE_LINK, false, 1, false, "share", "its link %F full", "リンク使用率%F"},
	{RULE_LINK, true, 0, false, "share", "%A%F of link %N", "リンク%Nの%F%A"},
	{RULE_LINK, false, 0, false, "share", "%A%F of its link", "リンクの%F%A"},
	{RULE_BYSTANDERS, true, 0, true, "count", "%F service loses traffic: %N",
	 "サービス%F件で通信損失 (%N)"},
	{RULE_BYSTANDERS, true, 0, false, "count", "%F services lose traffic: %N",
	 "サービス%F件で通信損失 (%Nほか)"},
	{RULE_BYSTANDERS, false, 0, true, "count", "%F other loses traffic",
	 "ほか%F対象で通信損失"},
	{RULE_BYSTANDERS, false, 0, false, "count", "%F others lose traffic",
	 "ほか%F対象で通信損失"},
	{RULE_SPREAD, true, 0, false, "count", "%F objects hit over link %N",
	 "リンク%N経由で%F対象に攻撃"},
	{RULE_SPREAD, false, 0, false, "count", "%A%F hosts hit", "攻撃先%Fホスト%A"},
	{RULE_OVER, false, 0, false, "times", "%A%F times its threshold", "しきい値の%F倍%A"},
	{RULE_SERVER, false, 0, false, "share", "%F of connections completed", "接続確立率%F"},
	{RULE_DURATION, false, 0, false, "seconds", "for %F", "継続%F"},
	{RULE_OUTGOING, false, 0, false, "pps", "our hosts send %A%F", "自網から%F%A送信"},
	{RULE_LOST_SIGHT, false, 0, false, "seconds", "not seen for %F", "%F前から観測不能"},
};
/* clang-format on */

/* Code points that turn the direction of a text, or end its line (Unicode TR 9, UAX 14). */
static bool is_unwanted(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x61c || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x2069) || c == 0xfeff;
}

static size_t next_character(const char *s, uint32_t *point)
{
	unsigned char c = (unsigned char)*s;
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (strnlen(s, n) < n || !text_is_utf8(s, n))
		return 0;
	*point = n == 1 ? c : c & (0x3fu >> (n - 1));
	for (size_t i = 1; i < n; i++)
		*point = *point << 6 | ((unsigned char)s[i] & 0x3f);
	return n;
}

unsigned page_characters(const char *s)
{
	unsigned n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

void page_cut(const char *name, unsigned most, struct text *out)
{
	size_t last = out->len;
	unsigned n = 0;

	while (*name) {
		uint32_t point;
		size_t bytes = next_character(name, &point);

		if (!bytes || is_unwanted(point)) {
			name += bytes ? bytes : 1;
			continue;
		}
		if (n == most) {
			/* Its last character gives way to the ellipsis. */
			if (text_ok(out) && out->s) {
				out->len = last;
				out->s[last] = '\0';
			}
			text_add(out, "…");
			return;
		}
		last = out->len;
		text_add_n(out, name, bytes);
		name += bytes;
		n++;
	}
}

void page_vector(enum vector v, uint16_t port, bool ja, struct text *out)
{
	const char *protocol = reflector_name(port);

	if (v == VECTOR_AMPLIFICATION && protocol) {
		for (; *protocol; protocol++) {
			char c = *protocol >= 'a' && *protocol <= 'z' ? (char)(*protocol - 32)
								      : *protocol;

			text_add_n(out, &c, 1);
		}
		text_add(out, ja ? "" : " ");
	} else if (v == VECTOR_AMPLIFICATION && port) {
		text_printf(out, ja ? "ポート%uの" : "port %u ", port);
	}
	text_add(out, vector_words[v][ja]);
}

static void say_vectors(const struct incident *inc, bool ja, struct text *out)
{
	unsigned which[FINDING_VECTORS_MAX], n = incident_vectors(inc, which);

	if (inc->f.kind == FINDING_SCAN) {
		text_add(out, ja ? "スキャン" : "scan");
		return;
	}
	if (!n)
		return;
	page_vector(inc->f.vectors[which[0]].vector, inc->f.vectors[which[0]].port, ja, out);
	if (n > 1)
		text_printf(out, ja ? "ほか%u種" : " +%u", n - 1);
}

/* ---- the figure ---- */

static const struct figure_row *figure_row(const struct severity_reason *r)
{
	for (size_t i = 0; r && i < ARRAY_LEN(figure_rows); i++) {
		const struct figure_row *row = &figure_rows[i];

		if (row->rule == r->rule && row->named == (r->name[0] != '\0') &&
		    (!row->level || row->level == r->level) && (!row->single || r->figure == 1))
			return row;
	}
	return NULL;
}

static void say_seconds(double s, bool ja, struct text *out)
{
	if (s >= 5400)
		text_printf(out, ja ? "%.1f 時間" : "%.1f h", s / 3600);
	else if (s >= 120)
		text_printf(out, ja ? "%.0f 分" : "%.0f min", s / 60);
	else
		text_printf(out, ja ? "%.0f 秒" : "%.0f s", s);
}

static void say_number(const char *form, double figure, bool ja, struct text *out)
{
	if (strcmp(form, "share") == 0)
		text_printf(out, figure > 0 && figure < 0.1 ? "%.1f %%" : "%.0f %%", 100 * figure);
	else if (strcmp(form, "times") == 0)
		text_printf(out, figure < 9.95 ? "%.1f" : "%.0f", figure);
	else if (strcmp(form, "seconds") == 0)
		say_seconds(figure, ja, out);
	else if (strcmp(form, "pps") == 0)
		text_rate(out, figure, "pps");
	else
		text_printf(out, "%.0f", figure);
}

static void say_row(const struct figure_row *row, const struct severity_reason *r, bool ja,
		    unsigned name_room, struct text *out)
{
	for (const char *p = ja ? row->ja : row->en; *p; p++) {
		if (p[0] != '%') {
			text_add_n(out, p, 1);
			continue;
		}
		p++;
		if (*p == 'F')
			say_number(row->form, r->figure, ja, out);
		else if (*p == 'N')
			page_cut(r->name, name_room, out);
		else if (r->at_least)
			text_add(out, ja ? "以上" : "at least ");
	}
}

/* The peak, in what the attack exhausts: packets of a server, bits of a line. */
static void say_peak(const struct incident *inc, bool ja, struct text *out)
{
	bool packets =
		inc->class == CLASS_SERVER || inc->f.kind == FINDING_SCAN || !inc->f.peak_bps;
	uint64_t peak = packets ? inc->f.peak_pps : inc->f.peak_bps;

	if (!peak)
		return;
	text_add(out, ja ? "ピーク" : "peak ");
	if (!inc->f.sampling_known && !ja)
		text_add(out, "at least ");
	text_rate(out, (double)peak, packets ? "pps" : "bit/s");
	if (!inc->f.sampling_known && ja)
		text_add(out, "以上");
}

static const struct severity_reason *deciding(const struct page_about *about)
{
	return about->severity && about->severity->n_reasons ? &about->severity->reason[0] : NULL;
}

/* Its name is @room characters long at most. */
static void say_figure(const struct page_about *about, bool ja, unsigned room, struct text *out)
{
	const struct figure_row *row = figure_row(deciding(about));

	if (row)
		say_row(row, deciding(about), ja, room, out);
	else if (about->incident)
		say_peak(about->incident, ja, out);
}

/* ---- the line ---- */

struct line {
	const struct page_about *about;
	enum page_why why;
	bool ja;
	char name[INCIDENT_TARGET_MAX + 8]; /* of what is attacked */
	bool keep_name;			    /* an address: not to be cut */
	char since[TIME_TEXT_MAX];
	bool with_since, with_what;
	unsigned name_room, figure_room;
};

static unsigned level_of(const struct page_about *about)
{
	return about->severity && about->severity->n_reasons ? about->severity->level
							     : about->alarm->severity;
}

static void say_head(const struct line *l, struct text *out)
{
	if (l->about->drill)
		text_add(out, l->ja ? "訓練 " : "DRILL ");
	text_add(out, why_words[l->why][l->ja]);
	text_printf(out, l->ja ? "重大度%u " : "SEV%u ", level_of(l->about));
}

static void command_of(const struct page_about *about, struct text *out)
{
	text_printf(out, "noroshi brief %s",
		    about->alarm->kind == ALARM_INCIDENT ? about->alarm->ref : about->alarm->id);
}

static void say_tail(const struct line *l, struct text *out)
{
	if (l->with_since && l->since[0])
		text_printf(out, l->ja ? "、%sから" : ", since %s", l->since);
	text_add(out, l->ja ? "。 " : ". ");
	command_of(l->about, out);
}

static void say_count(unsigned n, const char *one, const char *many, struct text *out)
{
	text_printf(out, "%u %s", n, n == 1 ? one : many);
}

static void say_storm(const struct line *l, struct text *out)
{
	const struct page_storm *s = l->about->storm;
	size_t before;

	text_add(out, l->ja ? "多発: " : "storm: ");
	before = out->len;
	if (s->incidents && l->ja)
		text_printf(out, "インシデント%u件", s->incidents);
	else if (s->incidents)
		say_count(s->incidents, "incident", "incidents", out);
	if (s->faults)
		text_add(out, out->len == before ? "" : l->ja ? "、" : ", ");
	if (s->faults && l->ja)
		text_printf(out, "監視障害%u件", s->faults);
	else if (s->faults)
		say_count(s->faults, "fault", "faults", out);
	if (out->len == before) {
		text_add(out, l->ja ? "全件個別に応答済み" : "all answered one by one");
		return;
	}
	if (s->objects) {
		text_printf(out, l->ja ? "、対象%u" : ", %u object", s->objects);
		text_add(out, l->ja || s->objects == 1 ? "" : "s");
	}
	if (s->links == 1 && s->link[0]) {
		text_add(out, l->ja ? "、リンク1本 (" : ", one link ");
		page_cut(s->link, l->figure_room, out);
		text_add(out, l->ja ? ")" : "");
	} else if (s->links > 1) {
		text_printf(out, l->ja ? "、リンク%u本" : ", %u links", s->links);
	}
}

static void say_fault(const struct line *l, struct text *out)
{
	_cleanup_text_ struct text subject = TEXT_NULL;
	struct fault f = *l->about->fault;

	page_cut(f.subject, l->name_room, &subject);
	snprintf(f.subject, sizeof(f.subject), "%s", text_str(&subject));
	text_add(out, l->ja ? "監視障害: " : "fault: ");
	fault_say(&f, l->ja, out);
}

static void say_incident(const struct line *l, struct text *out)
{
	_cleanup_text_ struct text what = TEXT_NULL, figure = TEXT_NULL;

	if (l->about->incident && l->with_what)
		say_vectors(l->about->incident, l->ja, &what);
	say_figure(l->about, l->ja, l->figure_room, &figure);
	page_cut(l->name, l->keep_name ? NAME_ALL : l->name_room, out);
	if (what.len || figure.len)
		text_printf(out, ": %s", text_str(&what));
	if (what.len && figure.len)
		text_add(out, l->ja ? "、" : ", ");
	text_add(out, text_str(&figure));
}

static void say_line(const struct line *l, struct text *out)
{
	text_clear(out);
	say_head(l, out);
	if (l->about->storm)
		say_storm(l, out);
	else if (l->about->fault)
		say_fault(l, out);
	else
		say_incident(l, out);
	say_tail(l, out);
}

static void find_name(struct line *l)
{
	const struct incident *inc = l->about->incident;
	const char *object = l->about->alarm->object;

	if (object[0]) {
		snprintf(l->name, sizeof(l->name), "%s", object);
	} else if (!inc) {
		snprintf(l->name, sizeof(l->name), "%s", l->ja ? "対象" : "target");
	} else if (inc->f.level == LEVEL_NETWORK) {
		snprintf(l->name, sizeof(l->name), "%s",
			 l->ja ? "ネットワーク全体" : "the network");
	} else if (inc->f.level == LEVEL_LINK) {
		char link[SEVERITY_LINK_MAX];

		snprintf(l->name, sizeof(l->name), l->ja ? "リンク%s" : "link %s",
			 severity_link(inc, link));
	} else {
		incident_target(inc, l->name);
		l->keep_name = true;
	}
}

static void find_since(struct line *l, const char *zone, int64_t now_us)
{
	int64_t since_us = l->about->alarm->opened_us;
	struct tm then, now;

	if (since_us == TIME_NONE)
		return;
	zone_local(zone, since_us, &then);
	zone_local(zone, now_us, &now);
	zone_format(zone, since_us, then.tm_year != now.tm_year || then.tm_yday != now.tm_yday,
		    l->since);
}

/* Names get what room there is: each at least half of it, and what the other leaves. */
static bool fit(struct line *l, struct text *out)
{
	_cleanup_text_ struct text bare = TEXT_NULL, name = TEXT_NULL, figure = TEXT_NULL;
	const struct severity_reason *r = deciding(l->about);
	unsigned bare_n, names, rest, want[2], room[2];

	page_cut(l->about->fault ? l->about->fault->subject
		 : l->keep_name	 ? ""
				 : l->name,
		 NAME_ALL, &name);
	page_cut(l->about->storm ? l->about->storm->link : r ? r->name : "", NAME_ALL, &figure);
	want[0] = page_characters(text_str(&name));
	want[1] = page_characters(text_str(&figure));
	l->name_room = l->figure_room = NAME_ALL;
	say_line(l, out);
	if (page_characters(text_str(out)) <= PAGE_CHARS_MAX)
		return true;
	/* A name of one character is what the parts around the names are measured with. */
	l->name_room = l->figure_room = 1;
	say_line(l, &bare);
	bare_n = page_characters(text_str(&bare));
	names = (want[0] > 0) + (want[1] > 0);
	rest = names + (PAGE_CHARS_MAX > bare_n ? PAGE_CHARS_MAX - bare_n : 0);
	room[0] = want[0] <= rest / 2 ? want[0] : want[1] <= rest / 2 ? rest - want[1] : rest / 2;
	room[1] = rest - (room[0] < rest ? room[0] : rest);
	l->name_room = room[0] ? room[0] : 1;
	l->figure_room = room[1] ? room[1] : 1;
	say_line(l, out);
	return page_characters(text_str(out)) <= PAGE_CHARS_MAX &&
	       (want[0] <= room[0] || room[0] >= NAME_LEAST) &&
	       (want[1] <= room[1] || room[1] >= NAME_LEAST);
}

void page_words(const struct page_about *about, enum page_why why, bool ja, const char *zone,
		int64_t now_us, struct text *out)
{
	struct line l = {
		.about = about, .why = why, .ja = ja, .with_since = true, .with_what = true};
	_cleanup_text_ struct text line = TEXT_NULL;

	find_name(&l);
	find_since(&l, zone, now_us);
	if (!fit(&l, &line)) {
		l.with_since = false;
		if (!fit(&l, &line)) {
			l.with_what = false;
			fit(&l, &line);
		}
	}
	/* Nothing above can be longer; a page that is not whole would still be better than none. */
	page_cut(text_str(&line), PAGE_CHARS_MAX, out);
	if (!text_ok(&line))
		out->failed = true;
}

void page_test_words(bool ja, bool drill, const char *zone, int64_t now_us, struct text *out)
{
	char when[TIME_TEXT_MAX];

	zone_format(zone, now_us, false, when);
	if (drill)
		text_add(out, ja ? "訓練 " : "DRILL ");
	text_add(out, why_words[PAGE_TEST][ja]);
	text_printf(out,
		    ja ? "noroshiの呼び出し試験、%s。対応は不要。 noroshi status"
		       : "of noroshi's pages, %s. Nothing is wrong. noroshi status",
		    when);
}
