/* SPDX-License-Identifier: ISC */
/*
 * `page test`: one page to each person by each channel, the way that real ones go, and what came of
 * it. It is not tried again.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/json_whole.h"
#include "cli/page_desk.h"
#include "courier/courier.h"
#include "courier/door.h"
#include "duty/roster.h"
#include "duty/words.h"

#define ROWS_MAX 2048 /* people times channels */
#define LOOK_MS	 100
#define EXTRA_S	 10 /* beyond what a program may take */

struct test_options {
	struct page_options p;
	const char *to;
};

struct test {
	struct cli *cli;
	struct page_desk *d;
	char alarm[ALARM_ID_MAX];
	int64_t now_us;
	struct desk_out_row rows[ROWS_MAX];
	char ids[ROWS_MAX][PAGE_ID_MAX];
	unsigned n, open, failed;
	bool print;
};

static int add(struct test *t, const struct conf_person *who, enum page_channel channel,
	       const char *to)
{
	const struct conf *c = t->d->conf;
	_cleanup_text_ struct text words = TEXT_NULL;
	struct page p = {.why = PAGE_TEST, .step = 1, .channel = channel, .at_us = t->now_us};
	struct desk_out_row *row = &t->rows[t->n];
	json_t *body;

	if (t->n == ROWS_MAX)
		return -ENOSPC;
	page_test_words(strcmp(roster_language(c, who), "ja") == 0,
			desk_db_kind(t->d->db) == STORE_DRILL, roster_zone(c, who), t->now_us,
			&words);
	memcpy(p.alarm, t->alarm, sizeof(p.alarm));
	page_id(t->alarm, 1, t->n + 1, p.id);
	snprintf(p.person, sizeof(p.person), "%s", who->name);
	snprintf(p.to, sizeof(p.to), "%s", to);
	snprintf(p.phone, sizeof(p.phone), "%s", who->phone);
	snprintf(p.language, sizeof(p.language), "%s", roster_language(c, who));
	snprintf(p.text, sizeof(p.text), "%s", text_str(&words));
	p.json = page_data_plain(&p, "test", "", desk_db_kind(t->d->db) == STORE_DRILL);
	body = p.json ? page_json(&p) : NULL;
	page_deinit(&p);
	*row = (struct desk_out_row){.id = t->ids[t->n],
				     .kind = "page",
				     .alarm = t->alarm,
				     .state = OUT_DUE,
				     .due_us = t->now_us,
				     .changed_us = t->now_us,
				     .why = "",
				     .body = json_whole(body, JSON_COMPACT)};
	memcpy(t->ids[t->n], p.id, sizeof(p.id));
	json_decref(body);
	t->n += row->body != NULL;
	return row->body ? 0 : -ENOMEM;
}

static int add_person(struct test *t, const struct conf_person *who)
{
	const struct conf_duty *duty = &t->d->conf->duty;
	const char *program = *who->program ? who->program : duty->program;
	int r = *program ? add(t, who, CHANNEL_PROGRAM, program) : 0;

	if (r == 0 && *who->mail && *duty->mail.server)
		r = add(t, who, CHANNEL_MAIL, who->mail);
	return r;
}

static int unknown_person(struct cli *cli, const struct conf_duty *duty, const char *name)
{
	const char *words[1024], *near;
	size_t n = 0;

	for (; n < duty->n_people && n < ARRAY_LEN(words); n++)
		words[n] = duty->people[n].name;
	near = text_nearest(name, words, n);
	return near ? cli_usage(cli,
				tr(cli, "--to %s: nobody is called so; did you mean %s?",
				   "--to %s: その名前の人はいません。%s ではありませんか?"),
				name, near)
		    : cli_usage(cli,
				tr(cli, "--to %s: nobody in duty.people is called so",
				   "--to %s: duty.people にその名前の人はいません"),
				name);
}

static int add_all(struct test *t)
{
	const struct test_options *o = t->cli->options;
	const struct conf_duty *duty = &t->d->conf->duty;
	const struct conf_person *who = o->to ? roster_person(t->d->conf, o->to) : NULL;
	int r = 0;

	if (o->to && !who)
		return unknown_person(t->cli, duty, o->to);
	for (size_t i = 0; r == 0 && i < duty->n_people; i++)
		if (!o->to || who == &duty->people[i])
			r = add_person(t, &duty->people[i]);
	if (r)
		return page_desk_fail(t->cli, t->d->dir, r);
	if (!t->n)
		return cli_usage(t->cli, "%s",
				 tr(t->cli,
				    "there is nobody to page: see duty.people, duty.program and "
				    "duty.mail in noroshi.conf(5)",
				    "呼び出す相手がいません。noroshi.conf(5) の duty.people、"
				    "duty.program、duty.mail を参照"));
	return EXIT_GOOD;
}

/* ---- what came of it ---- */

static const char *outcome(const struct cli *cli, const struct desk_out_row *row)
{
	switch (row->state) {
	case OUT_SENT:
		return tr(cli, "sent", "送信済み");
	case OUT_FAILED:
		return tr(cli, "failed", "失敗");
	default:
		return tr(cli, "no answer yet", "応答待ち");
	}
}

static int print_one(struct test *t, const struct desk_out_row *row, const struct page *p)
{
	const struct test_options *o = t->cli->options;

	if (o->p.json)
		return page_print_json(t->cli, json_pack("{ssssssssssss}", "id", row->id, "person",
							 p->person, "channel",
							 page_channel_name(p->channel), "to", p->to,
							 "state", desk_out_state_name(row->state),
							 "why", row->why));
	fprintf(t->cli->out, "%s  %s  %s  %s%s%s\n", p->person, page_channel_name(p->channel),
		p->to, outcome(t->cli, row), *row->why ? ": " : "", row->why);
	return EXIT_GOOD;
}

static int on_row(void *userdata, const struct desk_out_row *row)
{
	struct test *t = userdata;
	struct page p = {.id = ""};
	json_t *body;
	int r = 0;

	t->open += row->state == OUT_DUE || row->state == OUT_HANDED;
	t->failed += row->state == OUT_FAILED;
	if (!t->print)
		return 0;
	body = json_loads(row->body, 0, NULL);
	if (page_from_json(body, &p) == 0)
		r = print_one(t, row, &p);
	page_deinit(&p);
	json_decref(body);
	return r;
}

static int look(struct test *t, bool print)
{
	t->open = t->failed = 0;
	t->print = print;
	return desk_duty_out_of(t->d->db, t->alarm, on_row, t);
}

static int wait_for(struct test *t)
{
	int64_t until_us = clock_mono_us() + (int64_t)(t->d->conf->duty.program_s + EXTRA_S) *
						     US_PER_S * (1 + t->n / 4);
	int r = look(t, false);

	while (r == 0 && t->open && clock_mono_us() < until_us) {
		usleep(LOOK_MS * 1000);
		r = look(t, false);
	}
	r = r ? r : look(t, true);
	if (r)
		return page_desk_fail(t->cli, t->d->dir, r);
	return t->open || t->failed ? EXIT_REFUSED : EXIT_GOOD;
}

/* Where no courier runs the pages would wait for one, and then come at a bad time. */
static int need_courier(struct cli *cli, const struct page_desk *d)
{
	int lock = courier_lock(d->dir);

	if (lock == -EWOULDBLOCK)
		return EXIT_GOOD;
	if (lock >= 0)
		close(lock);
	return cli_fail(cli, EXIT_STORE,
			tr(cli, "no courier runs on %s", "%s では courier が動いていません"),
			d->dir);
}

static int send_all(struct test *t)
{
	int r = desk_duty_commit(t->d->db, NULL, 0, t->rows, t->n);

	if (r)
		return page_desk_fail(t->cli, t->d->dir, r);
	door_ring(t->d->dir);
	return wait_for(t);
}

static int test_run(struct cli *cli)
{
	const struct test_options *o = cli->options;
	_cleanup_page_desk_ struct page_desk d = {0};
	struct test *t = calloc(1, sizeof(*t));
	int r = t ? EXIT_GOOD : EXIT_BROKEN;

	if (r == EXIT_GOOD && !o->p.conf)
		r = cli_usage(cli, "%s",
			      tr(cli, "whom to page, and how? say --conf FILE",
				 "誰をどう呼び出すかが要ります。--conf FILE を指定してください"));
	r = r ? r : page_desk_open(cli, &o->p, true, &d);
	r = r ? r : need_courier(cli, &d);
	if (r == EXIT_GOOD) {
		t->cli = cli;
		t->d = &d;
		t->now_us = clock_real_us();
		desk_db_id('t', t->alarm);
		r = add_all(t);
		r = r ? r : send_all(t);
	}
	for (unsigned i = 0; t && i < t->n; i++)
		free((char *)t->rows[i].body);
	free(t);
	return r;
}

static const struct option_row test_options[] = {
	OPTIONS_PAGE(struct test_options),
	OPTION_ARG("to", 0, "PERSON", option_text, offsetof(struct test_options, to),
		   "only to this person", "この人だけに送る"),
	{0},
};

extern const struct verb verb_page_test;

const struct verb verb_page_test = {
	.name = "page test",
	.args = "",
	.help = PHRASE("send a test page by every channel and say what came of it",
		       "全ての経路で試験の呼び出しを送り、結果を表示する"),
	.more = PHRASE("It goes the way of real pages, so a courier must run. It is not tried "
		       "again; what failed gives exit status 1.",
		       "本物と同じ経路を通るため、courier が動いている必要がある。再送はしない。"
		       "失敗があれば終了コードは 1。"),
	.options = test_options,
	.options_size = sizeof(struct test_options),
	.run = test_run,
};
