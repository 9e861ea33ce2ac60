/* SPDX-License-Identifier: ISC */
/*
 * `page list` and `page show`: what people were woken for, and what came of it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"
#include "cli/page_desk.h"
#include "cli/page_measures.h"
#include "cli/table.h"
#include "duty/fault.h"

#define PAGES_MAX 4096

struct list_options {
	struct page_options p;
	bool all;
};

/* Pages of one alarm by what became of them. */
struct tally {
	unsigned n[OUT_STATES];
	char why[128]; /* of the newest that has not gone out */
};

static int on_out(void *userdata, const struct desk_out_row *row)
{
	struct tally *t = userdata;

	t->n[row->state]++;
	if (row->state != OUT_SENT && *row->why)
		snprintf(t->why, sizeof(t->why), "%s", row->why);
	return 0;
}

static const char *word_of(const struct cli *cli, const struct phrase *words, unsigned i)
{
	return say(cli, &words[i]);
}

static const struct phrase state_words[ALARM_STATES] = {
	[ALARM_HELD] = PHRASE("held", "保留"),
	[ALARM_PAGED] = PHRASE("paged", "呼出中"),
	[ALARM_ACKNOWLEDGED] = PHRASE("acknowledged", "対応中"),
	[ALARM_SNOOZED] = PHRASE("snoozed", "後で"),
	[ALARM_ENDED] = PHRASE("ended", "終了"),
};

static const enum table_colour state_colours[ALARM_STATES] = {
	[ALARM_HELD] = TABLE_DIM,
	[ALARM_PAGED] = TABLE_RED,
	[ALARM_ACKNOWLEDGED] = TABLE_YELLOW,
	[ALARM_SNOOZED] = TABLE_YELLOW,
	[ALARM_ENDED] = TABLE_PLAIN,
};

static const struct phrase mute_words[MUTE_KINDS] = {
	[MUTE_NOT] = PHRASE("", ""),
	[MUTE_SHORT] = PHRASE("one short burst so far", "今のところ短い 1 回のみ"),
	[MUTE_SEVERITY] = PHRASE("not bad enough to wake anybody", "呼び出すほどの重大度でない"),
	[MUTE_SUPPRESSED] = PHRASE("suppressed", "抑止中"),
	[MUTE_TEST] = PHRASE("a known test", "予告された試験"),
	[MUTE_MAINTENANCE] = PHRASE("announced work", "予告された作業"),
	[MUTE_FALSE] = PHRASE("marked as no attack", "攻撃でないと判定済み"),
	[MUTE_STORM] = PHRASE("part of a storm", "まとめて呼び出し中"),
};

/* What it is about, without the time. */
static void subject(const struct cli *cli, const struct alarm *a, struct text *out)
{
	struct fault f;

	if (a->kind == ALARM_FAULT && fault_from_ref(a->ref, &f) == 0)
		fault_say(&f, cli->language == LANGUAGE_JA, out);
	else if (a->kind == ALARM_STORM)
		text_printf(out, tr(cli, "storm of %u", "%u 件まとめ"), a->members);
	else
		text_printf(out, "%s%s%s", a->ref, *a->object ? " " : "", a->object);
}

static const struct table_column columns[LANGUAGE_COUNT][8] = {
	[LANGUAGE_EN] = {{"ALARM", TABLE_LEFT, 0, 0},
			 {"SEV", TABLE_RIGHT, 0, 0},
			 {"STATE", TABLE_LEFT, 8, 0},
			 {"WHAT", TABLE_LEFT, 0, 16},
			 {"SINCE", TABLE_LEFT, 5, 0},
			 {"OWNER", TABLE_LEFT, 7, 0},
			 {"PAGED", TABLE_LEFT, 4, 0},
			 {"SENT", TABLE_RIGHT, 6, 0}},
	[LANGUAGE_JA] = {{"警報", TABLE_LEFT, 0, 0},
			 {"重大度", TABLE_RIGHT, 0, 0},
			 {"状態", TABLE_LEFT, 8, 0},
			 {"対象", TABLE_LEFT, 0, 16},
			 {"開始", TABLE_LEFT, 5, 0},
			 {"担当", TABLE_LEFT, 7, 0},
			 {"呼出先", TABLE_LEFT, 4, 0},
			 {"送信", TABLE_RIGHT, 6, 0}},
};

static unsigned total(const struct tally *t)
{
	return t->n[OUT_DUE] + t->n[OUT_HANDED] + t->n[OUT_SENT] + t->n[OUT_FAILED];
}

static void add_row(const struct cli *cli, const struct page_desk *d, struct table *t,
		    const struct alarm *a, const struct tally *pages)
{
	_cleanup_text_ struct text what = TEXT_NULL;
	char since[TIME_TEXT_MAX] = "-";

	subject(cli, a, &what);
	if (a->opened_us != TIME_NONE)
		zone_format(page_desk_zone(d), a->opened_us, true, since);
	table_cell(t, TABLE_PLAIN, "%s", a->id);
	table_cell(t, a->severity == 1 ? TABLE_RED : TABLE_PLAIN, "%u", a->severity);
	table_cell(t, state_colours[a->state], "%s", word_of(cli, state_words, a->state));
	table_cell(t, TABLE_BOLD, "%s", text_str(&what));
	table_cell(t, TABLE_PLAIN, "%s", since);
	table_cell(t, TABLE_PLAIN, "%s", *a->owner ? a->owner : "-");
	table_cell(t, TABLE_PLAIN, "%s", *a->paged ? a->paged : "-");
	table_cell(t, pages->n[OUT_SENT] < total(pages) ? TABLE_YELLOW : TABLE_PLAIN, "%u/%u",
		   pages->n[OUT_SENT], total(pages));
}

static json_t *tally_json(const struct tally *t)
{
	json_t *o = json_object();

	for (unsigned s = 0; o && s < OUT_STATES; s++)
		if (json_object_set_new(o, desk_out_state_name(s), json_integer(t->n[s])))
			text_note_lost();
	if (o && *t->why && json_object_set_new(o, "why", json_string(t->why)))
		text_note_lost();
	return o;
}

static int list_json(struct cli *cli, struct page_desk *d)
{
	int r = EXIT_GOOD;

	for (unsigned i = 0; r == 0 && i < d->n; i++) {
		struct tally t = {0};
		json_t *o = json_incref(d->alarms[i].body);

		r = desk_duty_out_of(d->db, d->alarms[i].a.id, on_out, &t);
		if (r == 0 && json_object_set_new(o, "pages", tally_json(&t)))
			r = -ENOMEM;
		if (r) {
			json_decref(o);
			return page_desk_fail(cli, d->dir, r);
		}
		r = page_print_json(cli, o);
	}
	return r;
}

static int list_table(struct cli *cli, struct page_desk *d)
{
	_cleanup_table_ struct table *t =
		table_new(columns[cli->language], ARRAY_LEN(columns[cli->language]));

	fputs(desk_db_kind(d->db) == STORE_DRILL ? "DRILL / 訓練\n" : "", cli->out);
	if (!d->n) {
		fprintf(cli->out, "%s\n", tr(cli, "no alarms", "警報はありません"));
		return EXIT_GOOD;
	}
	for (unsigned i = 0; t && i < d->n; i++) {
		struct tally pages = {0};
		int r = desk_duty_out_of(d->db, d->alarms[i].a.id, on_out, &pages);

		if (r)
			return page_desk_fail(cli, d->dir, r);
		add_row(cli, d, t, &d->alarms[i].a, &pages);
	}
	if (!t || table_print(t, cli->out) < 0)
		return cli_fail(cli, EXIT_BROKEN, "the table could not be printed");
	return EXIT_GOOD;
}

static int list_run(struct cli *cli)
{
	const struct list_options *o = cli->options;
	_cleanup_page_desk_ struct page_desk d = {0};
	int r = page_desk_open(cli, &o->p, false, &d);

	r = r ? r : page_desk_alarms(cli, &d, o->all);
	if (r)
		return r;
	r = o->p.json ? list_json(cli, &d) : list_table(cli, &d);
	return r ? r : page_measures_list(cli, &d, o->all, o->p.json);
}

/* ---- show ---- */

struct show_options {
	struct page_options p;
};

static const struct phrase out_words[OUT_STATES] = {
	[OUT_DUE] = PHRASE("not sent yet", "未送信"),
	[OUT_HANDED] = PHRASE("on its way", "送信中"),
	[OUT_SENT] = PHRASE("sent", "送信済み"),
	[OUT_FAILED] = PHRASE("given up", "送信断念"),
};

static const struct phrase why_words[PAGE_WHYS] = {
	[PAGE_NEW] = PHRASE("new", "新規"),
	[PAGE_WORSE] = PHRASE("worse", "悪化"),
	[PAGE_ESCALATED] = PHRASE("no answer", "応答なし"),
	[PAGE_SNOOZE_OVER] = PHRASE("snooze over", "再通知"),
	[PAGE_TEST] = PHRASE("test", "試験"),
};

struct showing {
	struct cli *cli;
	const struct page_desk *d;
	json_t *list; /* NULL: text */
};

static void show_page(struct showing *s, const struct desk_out_row *row, const struct page *p)
{
	FILE *out = s->cli->out;
	char at[TIME_TEXT_MAX], done[TIME_TEXT_MAX];
	const char *zone = page_desk_zone(s->d);

	fprintf(out, "  %s  %s  %s  %s  %s  %s %s", zone_format(zone, p->at_us, true, at), p->id,
		word_of(s->cli, why_words, p->why), p->person, page_channel_name(p->channel),
		word_of(s->cli, out_words, row->state),
		row->changed_us != row->due_us ? zone_format(zone, row->changed_us, false, done)
					       : "");
	if (row->attempts > 1)
		fprintf(out, tr(s->cli, ", %u attempts", "、%u 回目"), row->attempts);
	fprintf(out, "\n    %s\n", p->text);
	if (*row->why)
		fprintf(out, tr(s->cli, "    last failure: %s\n", "    直近の失敗: %s\n"),
			row->why);
}

static json_t *page_row_json(const struct desk_out_row *row, const json_t *body)
{
	char changed[TIME_TEXT_MAX];
	json_t *o = json_object();

	if (o && (json_object_update(o, (json_t *)body) ||
		  json_object_set_new(o, "state", json_string(desk_out_state_name(row->state))) ||
		  json_object_set_new(o, "attempts", json_integer(row->attempts)) ||
		  json_object_set_new(o, "last_failure", json_string(row->why)) ||
		  json_object_set_new(o, "changed",
				      json_string(time_format_utc(row->changed_us, changed))))) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static int on_page(void *userdata, const struct desk_out_row *row)
{
	struct showing *s = userdata;
	json_t *body = json_loads(row->body, 0, NULL);
	struct page p = {.id = ""};
	int r = 0;

	if (s->list)
		r = json_array_append_new(s->list, page_row_json(row, body)) ? -ENOMEM : 0;
	else if (page_from_json(body, &p) == 0)
		show_page(s, row, &p);
	page_deinit(&p);
	json_decref(body);
	return r;
}

static void show_reasons(const struct cli *cli, const struct page_alarm *p)
{
	struct severity severity;

	if (!p->reasons || severity_from_json(p->reasons, &severity) < 0)
		return;
	for (unsigned i = 0; i < severity.n_reasons; i++) {
		_cleanup_text_ struct text t = TEXT_NULL;

		severity_say(&severity.reason[i], cli->language == LANGUAGE_JA, &t);
		fprintf(cli->out, "  %u  %s\n", severity.reason[i].level, text_str(&t));
	}
}

static void show_time(const struct cli *cli, const struct page_desk *d, const char *label,
		      int64_t us)
{
	char buf[TIME_TEXT_MAX];

	if (us != TIME_NONE)
		fprintf(cli->out, "%s: %s\n", label, zone_format(page_desk_zone(d), us, true, buf));
}

static void show_alarm(const struct cli *cli, const struct page_desk *d, const struct page_alarm *p)
{
	_cleanup_text_ struct text what = TEXT_NULL;
	const struct alarm *a = &p->a;

	subject(cli, a, &what);
	fputs(desk_db_kind(d->db) == STORE_DRILL ? "DRILL / 訓練\n" : "", cli->out);
	fprintf(cli->out, "%s  %s\n", a->id, text_str(&what));
	fprintf(cli->out, tr(cli, "state: %s", "状態: %s"), word_of(cli, state_words, a->state));
	if (a->mute != MUTE_NOT)
		fprintf(cli->out, tr(cli, " (%s%s%s)", " (%s%s%s)"),
			word_of(cli, mute_words, a->mute), *a->mute_ref ? ": " : "", a->mute_ref);
	fprintf(cli->out, "\n");
	show_time(cli, d, tr(cli, "since", "開始"), a->opened_us);
	show_time(cli, d, tr(cli, "snoozed until", "再通知"), a->snoozed_until_us);
	show_time(cli, d, tr(cli, "ended", "終了"), a->ended_us);
	show_time(cli, d, tr(cli, "next is asked", "次の人へ"),
		  a->state == ALARM_PAGED ? a->next_us : TIME_NONE);
	if (*a->owner)
		fprintf(cli->out, "%s: %s\n", tr(cli, "owner", "担当"), a->owner);
	fprintf(cli->out, tr(cli, "severity: %u\n", "重大度: %u\n"), a->severity);
	show_reasons(cli, p);
}

static int count(void *userdata, const struct desk_out_row *row)
{
	return 0;
}

/* Pages about a measure have no alarm that could be shown above them. Return: as show_run(), or
 * SHOW_NONE where there are none. */
#define SHOW_NONE (-1)
static int show_measure(struct showing *s)
{
	const char *id = s->cli->operands[0];
	const struct show_options *o = s->cli->options;
	unsigned hits = 0;
	int r = page_measures_of(s->d->db, id, count, NULL, &hits);

	if (r == 0 && !hits)
		return SHOW_NONE;
	s->list = r == 0 && o->p.json ? json_array() : NULL;
	if (r == 0 && !o->p.json)
		fprintf(s->cli->out, "%s%s  %s\n",
			desk_db_kind(s->d->db) == STORE_DRILL ? "DRILL / 訓練\n" : "", id,
			tr(s->cli, "pages about a measure:", "措置についての呼び出し:"));
	r = r ? r : page_measures_of(s->d->db, id, on_page, s, &hits);
	if (r) {
		json_decref(s->list);
		return page_desk_fail(s->cli, s->d->dir, r);
	}
	if (!o->p.json)
		return EXIT_GOOD;
	return page_print_json(
		s->cli, json_pack("{ssssso}", "id", id, "kind", "measure", "pages", s->list));
}

static int show_run(struct cli *cli)
{
	const struct show_options *o = cli->options;
	_cleanup_page_desk_ struct page_desk d = {0};
	const struct page_alarm *p = NULL;
	struct showing s = {.cli = cli, .d = &d};
	json_t *body;
	int r = page_desk_open(cli, &o->p, false, &d);

	if (r)
		return r;
	r = show_measure(&s);
	if (r != SHOW_NONE)
		return r;
	r = page_desk_find(cli, &d, cli->operands[0], &p);
	if (r)
		return r;
	if (!o->p.json) {
		show_alarm(cli, &d, p);
		fprintf(cli->out, "%s:\n", tr(cli, "pages", "呼び出し"));
		r = desk_duty_out_of(d.db, p->a.id, on_page, &s);
		return r ? page_desk_fail(cli, d.dir, r) : EXIT_GOOD;
	}
	s.list = json_array();
	r = s.list ? desk_duty_out_of(d.db, p->a.id, on_page, &s) : -ENOMEM;
	body = json_incref(p->body);
	if (json_object_set_new(body, "pages", s.list))
		r = -ENOMEM;
	if (r) {
		json_decref(body);
		return page_desk_fail(cli, d.dir, r);
	}
	return page_print_json(cli, body);
}

static const struct option_row list_options[] = {
	OPTIONS_PAGE(struct list_options),
	OPTION_SWITCH("all", 'a', offsetof(struct list_options, all), "also alarms that have ended",
		      "終了した警報も表示する"),
	{0},
};

static const struct option_row show_options[] = {OPTIONS_PAGE(struct show_options), {0}};

extern const struct verb verb_page_list, verb_page_show;

const struct verb verb_page_list = {
	.name = "page list",
	.args = "",
	.help = PHRASE("list what people were woken for, and who has it",
		       "呼び出しの対象と担当者を一覧する"),
	.options = list_options,
	.options_size = sizeof(struct list_options),
	.run = list_run,
};

const struct verb verb_page_show = {
	.name = "page show",
	.args = "ID",
	.min_args = 1,
	.max_args = 1,
	.help = PHRASE("show one alarm: why it is bad, who was paged when, what failed",
		       "警報 1 件の理由、呼び出した相手と時刻、失敗を表示する"),
	.more = PHRASE("ID is that of an alarm, a page or an incident; the beginning will do where "
		       "only one alarm has it. Or that of a measure, as a whole.",
		       "ID は警報、呼び出し、検知のいずれか。他と区別できれば先頭の数文字でよい。"
		       "措置の ID (全体) でもよい。"),
	.options = show_options,
	.options_size = sizeof(struct show_options),
	.run = show_run,
};
