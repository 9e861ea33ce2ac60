/* SPDX-License-Identifier: ISC */
/* The report of a heightened watch. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "duty/brief.h"
#include "duty/brief_words.h"
#include "duty/handover_sheet.h"
#include "duty/heightened.h"

#define SEEN_SHOWN  20
#define BLIND_SHOWN 12
#define NAMES_SHOWN 12

typedef const struct heightened_report_input *input;

static void add_span(input in, int64_t from_us, int64_t until_us, struct text *out)
{
	words_day_time(in->zone, from_us, out);
	text_add(out, in->ja ? " から " : " to ");
	words_time(in->zone, until_us, from_us, out);
	text_add(out, in->ja ? " まで" : "");
}

static void period(input in, struct sheet *s)
{
	_cleanup_text_ struct text t = TEXT_NULL;
	const char *event = in->ja ? in->time.event_ja : in->time.event;

	sheet_head(s, "PERIOD", "期間");
	if (event[0])
		text_printf(&t, in->ja ? "%s。" : "%s. ", event);
	add_span(in, in->time.from_us, in->time.until_us, &t);
	text_add(&t, in->now_us < in->time.until_us
			     ? in->ja ? "。継続中のため、途中経過。"
				      : "; it still goes on, so this is what was seen so far."
		     : in->ja ? "。"
			      : ".");
	sheet_item(s, 2, NULL, text_str(&t));
}

static void add_names(input in, const char *en, const char *ja, conf_name *names, size_t n,
		      struct text *out)
{
	const char *list[NAMES_SHOWN];
	_cleanup_text_ struct text joined = TEXT_NULL;

	if (!n)
		return;
	for (size_t i = 0; i < n && i < NAMES_SHOWN; i++)
		list[i] = names[i];
	words_list(list, n < NAMES_SHOWN ? (unsigned)n : NAMES_SHOWN, NAMES_SHOWN, in->ja, &joined);
	if (n > NAMES_SHOWN)
		text_printf(&joined, in->ja ? "ほか %zu" : " and %zu more", n - NAMES_SHOWN);
	text_printf(out, "%s%s%s", out->len && !in->ja ? " " : "", in->ja ? ja : en,
		    text_str(&joined));
	text_add(out, in->ja ? "。" : ".");
}

static void watched(input in, struct sheet *s)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	sheet_head(s, "WATCHED", "監視対象");
	add_names(in, "Objects: ", "保護対象: ", in->watch->objects, in->watch->n_objects, &t);
	add_names(in, "Services: ", "サービス: ", in->watch->services, in->watch->n_services, &t);
	if (!t.len)
		text_add(&t, in->ja ? "全ての保護対象。" : "Everything that is protected.");
	text_printf(&t, in->ja ? "重大度 %u まで呼び出し。" : " Paged up to severity %u.",
		    in->watch->page_from);
	sheet_item(s, 2, NULL, text_str(&t));
}

static unsigned count_false(input in)
{
	unsigned n = 0;

	for (unsigned i = 0; i < in->n_seen; i++)
		n += in->seen[i].is_false;
	return n;
}

/* Worst first; not judged last; then by time. */
static int worse(const void *a, const void *b)
{
	const struct heightened_seen *x = *(const struct heightened_seen *const *)a;
	const struct heightened_seen *y = *(const struct heightened_seen *const *)b;
	unsigned sx = x->severity ? x->severity : 9, sy = y->severity ? y->severity : 9;

	if (sx != sy)
		return sx < sy ? -1 : 1;
	if (x->incident->f.first_us != y->incident->f.first_us)
		return x->incident->f.first_us < y->incident->f.first_us ? -1 : 1;
	return strcmp(x->incident->id, y->incident->id);
}

static void say_seen(input in, const struct heightened_seen *x, struct sheet *s)
{
	const struct incident *inc = x->incident;
	_cleanup_text_ struct text t = TEXT_NULL;
	bool began = inc->f.first_us != TIME_NONE && inc->f.first_us > 0;

	if (x->severity)
		text_printf(&t, in->ja ? "重大度 %u " : "S%u ", x->severity);
	text_printf(&t, "%s ", inc->id);
	words_target(inc, in->conf, in->ja, &t);
	if (began) {
		text_add(&t, in->ja ? "、" : ", ");
		if (inc->f.state == FINDING_CLOSED && inc->f.last_us >= inc->f.first_us) {
			words_span(in->zone, inc->f.first_us, inc->f.last_us, 0, in->ja, &t);
		} else {
			text_add(&t, in->ja ? "" : "since ");
			words_day_time(in->zone, inc->f.first_us, &t);
			text_add(&t, in->ja ? " から継続" : "");
		}
	}
	text_add(&t, in->ja ? "、" : ", ");
	if (inc->f.kind == FINDING_SCAN)
		text_add(&t, in->ja ? "スキャン" : "scan");
	else if (!words_vectors(inc, 3, in->ja, &t))
		text_add(&t, in->ja ? "攻撃" : "attack");
	text_add(&t, in->ja ? "、" : ", ");
	if (!words_figures(inc, in->ja, &t))
		text_add(&t, in->ja ? "規模不明" : "size not known");
	sheet_item(s, 2, inc, text_str(&t));
}

static void list_seen(input in, struct sheet *s, unsigned n)
{
	_cleanup_free_ const struct heightened_seen **list = malloc((n ? n : 1) * sizeof(*list));
	unsigned k = 0;

	if (!list) {
		text_note_lost();
		return;
	}
	for (unsigned i = 0; i < in->n_seen && k < n; i++)
		if (!in->seen[i].is_false)
			list[k++] = &in->seen[i];
	qsort(list, k, sizeof(*list), worse);
	for (unsigned i = 0; i < k && i < SEEN_SHOWN; i++)
		say_seen(in, list[i], s);
}

static bool all_silent(input in)
{
	for (unsigned i = 0; i < in->n_ways; i++)
		if (!in->ways[i].silent)
			return false;
	return in->n_ways > 0;
}

static void seen(input in, struct sheet *s)
{
	unsigned n_false = count_false(in), n = in->n_seen - n_false;
	uint64_t more = in->more_seen + (n > SEEN_SHOWN ? n - SEEN_SHOWN : 0);
	_cleanup_text_ struct text t = TEXT_NULL;

	sheet_head(s, "SEEN", "観測した検知");
	if (!in->watch_known) {
		sheet_say(s, "Not known: the store of incidents could not be read.",
			  "不明: 検知の記録庫を読めない。");
		return;
	}
	list_seen(in, s, n);
	if (more)
		text_printf(&t, in->ja ? "ほか %" PRIu64 " 件。" : "%" PRIu64 " more. ", more);
	if (!n && in->unwatched)
		text_add(&t,
			 in->ja ? "何も見えなかった。この期間は監視していなかった。"
				: "Nothing was seen, as nothing was watched in all that time. ");
	else if (!n && all_silent(in))
		text_add(&t,
			 in->ja ? "何も見えなかった。どのエクスポーターからも記録が届いていない。"
				: "Nothing was seen, as nothing could be: no exporter tells us "
				  "anything. ");
	else if (!n && in->n_ways)
		text_add(&t, in->ja ? "下記を超えるものは見えなかった。"
				    : "Nothing above what stands below was seen. ");
	else if (!n)
		text_add(&t, in->ja ? "何も見えなかった。どの規模から見えたはずかは不明。"
				    : "Nothing was seen. From what size on it would have been seen "
				      "is not known. ");
	if (n_false)
		text_printf(&t,
			    in->ja ? "攻撃ではないと記録されたもの %u 件は除く。"
				   : "%u marked as no attack not listed.",
			    n_false);
	if (t.len)
		sheet_item(s, 2, NULL, text_str(&t));
}

static void sight(input in, struct sheet *s)
{
	sheet_head(s, "SMALLEST ATTACK THAT WOULD HAVE BEEN SEEN", "見えたはずの最小の攻撃");
	if (!in->n_ways) {
		sheet_say(s, "Not known: there is no status of the watch.",
			  "不明: 監視の状態記録がない。");
		return;
	}
	for (unsigned i = 0; i < in->n_ways; i++) {
		_cleanup_text_ struct text t = TEXT_NULL;

		text_printf(&t, "%s: %s", in->ways[i].exporters, in->ways[i].smallest);
		sheet_item(s, 2, NULL, text_str(&t));
	}
	if (in->ways_us != TIME_NONE) {
		_cleanup_text_ struct text t = TEXT_NULL;

		text_add(&t, in->ja ? "" : "As the exporters were at ");
		words_day_time(in->zone, in->ways_us, &t);
		text_add(&t, in->ja ? " 時点のエクスポーターによる。" : ".");
		sheet_item(s, 2, NULL, text_str(&t));
	}
}

static unsigned say_gaps(input in, struct sheet *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < in->n_seen; i++) {
		const struct incident *inc = in->seen[i].incident;

		for (unsigned g = 0; g < inc->n_gaps && g < INCIDENT_GAPS_MAX; g++) {
			_cleanup_text_ struct text t = TEXT_NULL;

			if (n++ >= BLIND_SHOWN)
				continue;
			add_span(in, inc->gaps[g].from_us, inc->gaps[g].until_us, &t);
			text_printf(&t,
				    in->ja ? "、監視なし（%s の間）" : ": not watched (during %s)",
				    inc->id);
			sheet_item(s, 2, NULL, text_str(&t));
		}
	}
	return n;
}

static unsigned say_faults(input in, struct sheet *s)
{
	for (unsigned i = 0; i < in->n_blind && i < BLIND_SHOWN; i++) {
		const struct heightened_blind *b = &in->blind[i];
		_cleanup_text_ struct text t = TEXT_NULL;

		if (b->until_us != TIME_NONE) {
			add_span(in, b->from_us, b->until_us, &t);
		} else {
			text_add(&t, in->ja ? "" : "since ");
			words_day_time(in->zone, b->from_us, &t);
			text_add(&t, in->ja ? " から継続" : ", still");
		}
		text_add(&t, in->ja ? "、" : ": ");
		if (b->ref[0])
			brief_fault(b->ref, in->ja, &t);
		else
			text_add(&t, in->ja ? "監視なし" : "nothing was watched");
		sheet_item(s, 2, NULL, text_str(&t));
	}
	return in->n_blind;
}

static void blind(input in, struct sheet *s)
{
	unsigned gaps, faults;
	_cleanup_text_ struct text t = TEXT_NULL;

	sheet_head(s, "WHEN WE WERE BLIND", "見えていなかった時間");
	gaps = say_gaps(in, s);
	faults = say_faults(in, s);
	if (gaps > BLIND_SHOWN || faults > BLIND_SHOWN)
		text_printf(&t, in->ja ? "ほか %u 件。" : "%u more. ",
			    (gaps > BLIND_SHOWN ? gaps - BLIND_SHOWN : 0) +
				    (faults > BLIND_SHOWN ? faults - BLIND_SHOWN : 0));
	if (!in->minutes_known)
		text_add(&t, in->ja ? "監視していた時間は不明（分ごとの記録がない）。"
				    : "Which minutes were watched is not known: none are kept. ");
	if (!in->desk_known)
		text_add(&t, in->ja ? "障害の記録は不明（当直の記録がない）。"
				    : "Faults are not known: there are no records of the desk.");
	else if (!gaps && !faults && in->minutes_known)
		text_add(&t, in->ja ? "記録上はなし。" : "No such time is on record.");
	if (t.len)
		sheet_item(s, 2, NULL, text_str(&t));
}

static void limits(struct sheet *s)
{
	sheet_head(s, "WHAT CANNOT BE KNOWN", "知り得ないこと");
	sheet_say(s,
		  "Attacks smaller than the above; what passed no exporter of ours; requests that "
		  "look like ordinary use; who acts, and why.",
		  "上記より小さい攻撃、自網のエクスポーターを通らない通信、通常の利用と見分けのつか"
		  "ない要求、"
		  "行為者とその動機。");
}

uint64_t heightened_report(const struct heightened_report_input *in, struct text *out)
{
	struct sheet s = {.out = out, .conf = in->conf, .ja = in->ja};
	_cleanup_text_ struct text now = TEXT_NULL, left = TEXT_NULL, title = TEXT_NULL;
	struct guard guard = guard_about(GUARD_HOUSE, in->conf, NULL);

	words_day_time(in->zone, in->now_us, &now);
	text_printf(&left, in->ja ? "noroshi 警戒強化の報告: %s" : "noroshi heightened watch: %s",
		    in->watch->name);
	guard_text(&guard, text_str(&left), in->ja, &title);
	sheet_title(&s, text_str(&title), text_str(&now));
	period(in, &s);
	watched(in, &s);
	seen(in, &s);
	sight(in, &s);
	blind(in, &s);
	limits(&s);
	return s.withheld + guard.withheld;
}

static json_t *seen_json(input in)
{
	json_t *all = json_array();

	for (unsigned i = 0; all && i < in->n_seen; i++) {
		const struct heightened_seen *x = &in->seen[i];
		struct guard guard = guard_about(GUARD_HOUSE, in->conf, x->incident);
		char first[TIME_TEXT_MAX];
		json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:b}", "id", x->incident->id, "object",
				      x->incident->object, "state",
				      finding_state_name(x->incident->f.state), "first",
				      time_format_utc(x->incident->f.first_us, first), "false",
				      x->is_false);

		if (!o || guard_json(&guard, o, in->ja) < 0)
			text_note_lost();
		json_object_set_new(o, "severity",
				    x->severity ? json_integer((json_int_t)x->severity)
						: json_null());
		json_array_append_new(all, o);
	}
	return all;
}

json_t *heightened_report_json(const struct heightened_report_input *in)
{
	struct guard guard = guard_about(GUARD_HOUSE, in->conf, NULL);
	_cleanup_text_ struct text text = TEXT_NULL;
	uint64_t withheld = heightened_report(in, &text);
	char from[TIME_TEXT_MAX], until[TIME_TEXT_MAX], now[TIME_TEXT_MAX];
	json_t *ways = json_array(), *o;

	for (unsigned i = 0; i < in->n_ways; i++)
		json_array_append_new(ways,
				      json_pack("{s:s, s:s}", "exporters", in->ways[i].exporters,
						"smallest", in->ways[i].smallest));
	o = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:b, s:I, s:I, s:o, s:I}", "name",
		in->watch->name, "language", in->ja ? "ja" : "en", "from",
		time_format_utc(in->time.from_us, from), "until",
		time_format_utc(in->time.until_us, until), "at", time_format_utc(in->now_us, now),
		"over", in->now_us >= in->time.until_us, "incidents_known", in->watch_known,
		"faults_known", in->desk_known, "minutes_known", in->minutes_known, "unwatched",
		in->unwatched, "marked_false", (json_int_t)count_false(in), "more",
		(json_int_t)in->more_seen, "ways", ways, "blind_times", (json_int_t)in->n_blind);
	if (!o || guard_json(&guard, o, in->ja) < 0) {
		json_decref(o);
		return NULL;
	}
	json_object_set_new(o, "withheld", json_integer((json_int_t)withheld));
	json_object_set_new(o, "incidents", seen_json(in));
	json_object_set_new(o, "text", json_string(text_str(&text)));
	return o;
}
