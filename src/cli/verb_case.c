/* SPDX-License-Identifier: ISC */
/*
 * `case list`, `case show` and `case export`: what the asking circle may see of cases.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/case_desk.h"
#include "cli/table.h"

#define LIMIT_MAX 20000

struct list_options {
	struct case_options c;
	int state; /* 1 + index in the words */
	uint64_t limit;
};

struct found {
	struct desk_case **list;
	size_t n, room;
	int state;
};

static int on_case(void *userdata, struct desk_case *c)
{
	struct found *f = userdata;

	if ((f->state == 1 && c->closed) || (f->state == 2 && !c->closed)) {
		desk_case_free(c);
		return 0;
	}
	if (f->n == f->room) {
		size_t room = f->room ? f->room * 2 : 32;
		void *grown = realloc(f->list, room * sizeof(*f->list));

		if (!grown) {
			desk_case_free(c);
			return -ENOMEM;
		}
		f->list = grown;
		f->room = room;
	}
	f->list[f->n++] = c;
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct desk_case *x = *(struct desk_case *const *)a;
	const struct desk_case *y = *(struct desk_case *const *)b;

	if (x->changed_us != y->changed_us)
		return x->changed_us > y->changed_us ? -1 : 1;
	return strcmp(x->id, y->id);
}

static void found_deinit(struct found *f)
{
	for (size_t i = 0; i < f->n; i++)
		desk_case_free(f->list[i]);
	free(f->list);
}

static const struct table_column columns[LANGUAGE_COUNT][7] = {
	[LANGUAGE_EN] = {{"CASE", TABLE_LEFT, 0, 0},
			 {"STATE", TABLE_LEFT, 7, 0},
			 {"WHAT", TABLE_LEFT, 0, 16},
			 {"FROM", TABLE_LEFT, 5, 0},
			 {"INCIDENTS", TABLE_RIGHT, 4, 0},
			 {"NOTICES", TABLE_RIGHT, 4, 0},
			 {"NOTES", TABLE_RIGHT, 2, 0}},
	[LANGUAGE_JA] = {{"案件", TABLE_LEFT, 0, 0},
			 {"状態", TABLE_LEFT, 7, 0},
			 {"対象", TABLE_LEFT, 0, 16},
			 {"開始", TABLE_LEFT, 5, 0},
			 {"検知", TABLE_RIGHT, 4, 0},
			 {"通知", TABLE_RIGHT, 4, 0},
			 {"メモ", TABLE_RIGHT, 2, 0}},
};

static void add_row(const struct cli *cli, struct table *t, const struct desk_case *c)
{
	_cleanup_text_ struct text what = TEXT_NULL;
	unsigned count[DESK_KINDS] = {0};
	char from[TIME_TEXT_MAX] = "-";

	for (unsigned i = 0; i < c->n_items; i++)
		count[c->items[i].kind]++;
	desk_case_subject(c, &what);
	if (c->from_us != TIME_NONE)
		time_format_local(c->from_us, from);
	table_cell(t, TABLE_PLAIN, "%s", c->id);
	table_cell(t, c->closed ? TABLE_PLAIN : TABLE_YELLOW, "%s",
		   c->closed ? tr(cli, "closed", "終了") : tr(cli, "open", "継続中"));
	table_cell(t, TABLE_BOLD, "%s", what.len ? text_str(&what) : "-");
	table_cell(t, TABLE_PLAIN, "%s", from);
	table_cell(t, TABLE_PLAIN, "%u", count[DESK_INCIDENT]);
	table_cell(t, TABLE_PLAIN, "%u", count[DESK_NOTICE]);
	table_cell(t, TABLE_PLAIN, "%u", count[DESK_NOTE]);
}

/*
 * Said whether anything is hidden or not, so that it tells nothing of it: who has just written for
 * the team would else look for his own case in vain.
 */
static void say_circle(const struct cli *cli, const struct desk *d)
{
	static const char *const who[VIEWER_COUNT][LANGUAGE_COUNT] = {
		[VIEWER_COMPANY] = {"the company", "会社全体"},
		[VIEWER_DESK] = {"the desk", "担当部署"},
	};

	if (who[d->viewer.rank][0])
		fprintf(cli->err,
			tr(cli, "shown is what %s may see; --circle shows what others may\n",
			   "%s に見せてよいものだけを表示。ほかの範囲は --circle で指定\n"),
			who[d->viewer.rank][cli->language]);
}

static int print_table(struct cli *cli, const struct found *f, bool drill)
{
	_cleanup_table_ struct table *t =
		table_new(columns[cli->language], ARRAY_LEN(columns[cli->language]));

	fputs(drill ? "DRILL / 訓練\n" : "", cli->out);
	if (!f->n) {
		fprintf(cli->out, "%s\n", tr(cli, "no cases", "案件はありません"));
		return EXIT_GOOD;
	}
	for (size_t i = 0; t && i < f->n; i++)
		add_row(cli, t, f->list[i]);
	if (!t || table_print(t, cli->out) < 0)
		return cli_fail(cli, EXIT_BROKEN, "the table could not be printed");
	return EXIT_GOOD;
}

static int list_run(struct cli *cli)
{
	const struct list_options *o = cli->options;
	_cleanup_case_desk_ struct case_desk x = {0};
	_cleanup_(found_deinit) struct found f = {.state = o->state};
	int r = case_desk_open(cli, &o->c, NULL, &x);

	if (r)
		return r;
	r = desk_case_each(&x.d, on_case, &f);
	if (r)
		return case_fail(cli, "case list", r);
	if (f.n)
		qsort(f.list, f.n, sizeof(f.list[0]), newest_first);
	while (o->limit && f.n > o->limit)
		desk_case_free(f.list[--f.n]);
	if (!o->c.json) {
		r = print_table(cli, &f, desk_db_kind(x.d.db) == STORE_DRILL);
		say_circle(cli, &x.d);
		return r;
	}
	for (size_t i = 0; r == 0 && i < f.n; i++)
		r = case_print_json(cli, desk_case_json(&x.d, f.list[i], false));
	return r;
}

struct show_options {
	struct case_options c;
	bool contacts;
};

static int show_run(struct cli *cli)
{
	const struct show_options *o = cli->options;
	_cleanup_case_desk_ struct case_desk x = {0};
	_cleanup_desk_case_ struct desk_case *c = NULL;
	_cleanup_text_ struct text out = TEXT_NULL;
	int r = case_desk_open(cli, &o->c, NULL, &x);

	r = r ? r : case_get(cli, &x, cli->operands[0], &c);
	if (r)
		return r;
	if (o->c.json)
		return case_print_json(cli, desk_case_json(&x.d, c, o->contacts));
	desk_case_print(&x.d, c, o->contacts, language_name(cli), &out);
	fputs(text_str(&out), cli->out);
	return EXIT_GOOD;
}

static int export_run(struct cli *cli)
{
	const struct show_options *o = cli->options;
	_cleanup_case_desk_ struct case_desk x = {0};
	_cleanup_desk_case_ struct desk_case *c = NULL;
	char now[TIME_TEXT_MAX];
	int r;

	if (!o->c.circle)
		return cli_usage(cli, "%s",
				 tr(cli, "for whom? say --circle",
				    "誰に渡すのか --circle で指定してください"));
	r = case_desk_open(cli, &o->c, NULL, &x);
	r = r ? r : case_get(cli, &x, cli->operands[0], &c);
	if (r)
		return r;
	time_format_utc(x.d.now_us, now);
	return case_print_json(cli,
			       json_pack("{sssssssbso}", "format", "noroshi-case-1", "exported",
					 now, "circle", viewer_rank_name(x.d.viewer.rank), "drill",
					 c->drill, "case", desk_case_json(&x.d, c, o->contacts)));
}

static const struct option_row list_options[] = {
	OPTIONS_CASE(struct list_options),
	OPTION_CHOICE("state", 0, "STATE", "open closed", offsetof(struct list_options, state),
		      "only those in this state", "この状態のものだけ"),
	OPTION_NUMBER("limit", 'n', "N", LIMIT_MAX, offsetof(struct list_options, limit),
		      "at most so many, all when not said", "件数の上限。指定がなければ全て"),
	{0},
};

#define CONTACTS(type)                                                                             \
	OPTION_SWITCH("contacts", 0, offsetof(type, contacts),                                     \
		      "with whom to call, where the circle may see it",                            \
		      "範囲が許せば連絡先も表示する")

static const struct option_row show_options[] = {
	OPTIONS_CASE(struct show_options), CONTACTS(struct show_options), {0}};

extern const struct verb verb_case_list, verb_case_show, verb_case_export;

const struct verb verb_case_list = {
	.name = "case list",
	.args = "",
	.help = PHRASE("list the cases, last changed first", "案件を更新の新しい順に一覧する"),
	.options = list_options,
	.options_size = sizeof(struct list_options),
	.run = list_run,
};

const struct verb verb_case_show = {
	.name = "case show",
	.args = "CASE",
	.min_args = 1,
	.max_args = 1,
	.help = PHRASE("show one case: incidents, notices and notes in order of time",
		       "案件 1 件の検知、通知、メモを時間順に表示する"),
	.more = PHRASE("The beginning of an ID will do where only one case has it.",
		       "ID は、他と区別できれば先頭の数文字でよい。"),
	.options = show_options,
	.options_size = sizeof(struct show_options),
	.run = show_run,
};

const struct verb verb_case_export = {
	.name = "case export",
	.args = "CASE",
	.min_args = 1,
	.max_args = 1,
	.help = PHRASE("print a case as JSON to be handed to a circle",
		       "ある範囲の人に渡すための案件の JSON を出力する"),
	.more = PHRASE("--circle must be said: it is whom the case goes to, and nothing else is in "
		       "it.",
		       "--circle は必須。渡す相手の範囲であり、それを超えるものは含まれない。"),
	.options = show_options,
	.options_size = sizeof(struct show_options),
	.run = export_run,
};
