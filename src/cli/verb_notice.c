/* SPDX-License-Identifier: ISC */
/* `notice`: drafts for the owner of an attacked object; printed, written to a file, or handed on.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json_whole.h"
#include "cli/words_load.h"
#include "courier/door.h"
#include "duty/brief_words.h"
#include "duty/notice_customer.h"

struct notice_options {
	struct words_options w;
	bool closing, send;
	const char *out, *by;
};

static int turn_down(struct cli *cli, const char *id, const char *why)
{
	return cli_fail(cli, EXIT_USAGE, "%s: %s", id, why);
}

/* Of a prefix whose hosts belong to several, each is told of its own. */
struct told {
	const struct conf_object *object[WORDS_OBJECTS_MAX];
	unsigned n;
	bool named; /* at least by the incident */
};

static void find_objects(const struct words_desk *d, const struct incident *inc, struct told *out)
{
	const char *names[WORDS_OBJECTS_MAX];
	unsigned n = words_objects_hit(inc, d->conf, names);

	*out = (struct told){.named = n > 0};
	for (unsigned i = 0; i < n; i++) {
		const struct conf_object *o = conf_object_named(d->conf, names[i]);

		if (o)
			out->object[out->n++] = o;
	}
}

/* May anything be told, and is it the right notice? */
static int check(struct cli *cli, const struct words_desk *d, const struct notice_options *o,
		 const struct incident *inc, const struct told *told)
{
	bool over = inc->f.state == FINDING_CLOSED;

	if (!told->named)
		return turn_down(cli, inc->id,
				 tr(cli, "it hits no protected object, so there is nobody to tell",
				    "保護対象への攻撃ではないため、連絡先がありません"));
	if (!told->n)
		return turn_down(
			cli, inc->object,
			tr(cli, "the configuration has no such object; say --conf FILE",
			   "設定にこの保護対象がありません。--conf FILE を指定してください"));
	if (words_is_false(d, inc->id))
		return turn_down(
			cli, inc->id,
			tr(cli, "it was marked as no attack", "攻撃ではないと記録されています"));
	if (o->closing && !over)
		return turn_down(cli, inc->id,
				 tr(cli, "it is not over, so nothing is to be closed",
				    "まだ終息していません"));
	if (!o->closing && over)
		return turn_down(cli, inc->id,
				 tr(cli, "it is over: say --closing",
				    "終息済みです。--closing を指定してください"));
	if (o->send && (inc->drill || d->drill))
		return turn_down(cli, inc->id,
				 tr(cli, "it is a drill: no customer is told",
				    "訓練のため、お客様へは送りません"));
	if (o->send && !d->conf->duty.notice_program[0])
		return cli_usage(cli, "--send: the configuration names no duty.notice_program");
	return EXIT_GOOD;
}

/* Readable by nobody else: it names a customer. */
static FILE *open_out(struct cli *cli, const char *path, int *status)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f) {
		*status = cli_fail(cli, EXIT_USAGE, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
	}
	return f;
}

/* Into the log before into the outbox: what went out is never without a line. */
static int hand_over(struct desk_db *desk, const struct desk_out_row *row, const char *actor)
{
	const struct desk_act_row act = {.act = "send",
					 .subject = row->id,
					 .actor = actor,
					 .at_us = row->due_us,
					 .body = "{}"};
	int r = desk_duty_act(desk, &act, NULL);

	return r ? r : desk_duty_commit(desk, NULL, 0, row, 1);
}

static int hand_on(struct cli *cli, struct words_desk *d, const struct notice_options *o,
		   const struct incident *inc, const json_t *notice)
{
	_cleanup_desk_db_ struct desk_db *desk = NULL;
	_cleanup_free_ char *body = json_whole(notice, JSON_COMPACT);
	char alarm[ALARM_ID_MAX], actor[ALARM_NAME_MAX];
	struct desk_out_row row = {.id = json_string_value(json_object_get(notice, "id")),
				   .kind = "notice",
				   .alarm = alarm_id(ALARM_INCIDENT, inc->id, alarm),
				   .state = OUT_DUE,
				   .due_us = d->now_us,
				   .changed_us = d->now_us,
				   .why = "",
				   .body = body};
	int r = setup_actor(cli, o->by, actor, sizeof(actor));

	if (r)
		return r;
	r = body ? desk_db_open(d->dir, d->conf->desk.key, STORE_ANY, STORE_WRITE, &desk) : -ENOMEM;
	r = r ? r : hand_over(desk, &row, actor);
	if (r)
		return cli_fail(cli, r == -ENOMEM ? EXIT_BROKEN : EXIT_STORE, "%s: %s", d->dir,
				desk_db_answer(r, language_name(cli)));
	r = door_ring(d->dir);
	if (r == -ENOENT || r == -ECONNREFUSED)
		cli_fail(cli, 0, "%s",
			 tr(cli, "no courier runs: it goes out when one is started",
			    "courier が動いていません。次の起動時に送られます"));
	return EXIT_GOOD;
}

static int write_one(struct cli *cli, struct words_desk *d, const struct notice_options *o,
		     const struct customer_notice *in, bool first, FILE *to)
{
	_cleanup_text_ struct text out = TEXT_NULL;
	json_t *notice = o->w.json || o->send ? customer_notice_json(in) : NULL;
	int r = EXIT_GOOD;

	if (o->send)
		r = notice ? hand_on(cli, d, o, in->incident, notice) : EXIT_BROKEN;
	if (o->w.json)
		return r ? (json_decref(notice), r) : words_json_line(cli, to, notice);
	json_decref(notice);
	customer_notice_text(in, &out);
	fprintf(to, "%s%s", first ? "" : "\n----\n\n", text_str(&out));
	return r;
}

static int write_object(struct cli *cli, struct words_desk *d, const struct notice_options *o,
			struct customer_notice *in, bool first, FILE *to)
{
	bool ja[NOTICE_LANGUAGES_MAX];
	unsigned n = customer_notice_languages(in->object, d->conf, ja);
	int r = EXIT_GOOD;

	if (cli->lang) {
		ja[0] = cli->language == LANGUAGE_JA;
		n = 1;
	}
	for (unsigned i = 0; r == EXIT_GOOD && i < n; i++) {
		in->ja = ja[i];
		r = write_one(cli, d, o, in, first && i == 0, to);
	}
	if (!in->object->n_contacts)
		cli_fail(cli, 0,
			 tr(cli, "%s has no contacts in the configuration",
			    "%s の連絡先が設定にありません"),
			 in->object->name);
	return r;
}

static int write_all(struct cli *cli, struct words_desk *d, const struct notice_options *o,
		     struct customer_notice *in, const struct told *told, FILE *to)
{
	int r = EXIT_GOOD;

	for (unsigned i = 0; r == EXIT_GOOD && i < told->n; i++) {
		in->object = told->object[i];
		r = write_object(cli, d, o, in, i == 0, to);
	}
	return r;
}

static int notice_run(struct cli *cli)
{
	const struct notice_options *o = cli->options;
	_cleanup_words_desk_ struct words_desk d = {0};
	_cleanup_incident_ struct incident *inc = NULL;
	const struct words_alarm *alarm;
	struct severity severity = {0};
	struct customer_notice in;
	struct told told;
	FILE *to = cli->out;
	int r = words_open(cli, &o->w, &d);

	r = r ? r : words_alarms(cli, &d, INT64_MIN);
	r = r ? r : words_find(cli, &d, cli->operands[0], &inc, &alarm);
	if (r)
		return r;
	if (!inc)
		return cli_fail(
			cli, EXIT_STORE, "%s: %s", cli->operands[0],
			tr(cli, "no incident that is kept", "保存された検知ではありません"));
	r = words_measures(cli, &d, inc->id, 0);
	if (r)
		return r;
	words_severity(&d, inc, alarm, &severity);
	in = (struct customer_notice){.incident = inc,
				      .conf = d.conf,
				      .measures = words_measures_of(&d),
				      .severity = severity.level,
				      .closing = o->closing,
				      .zone = d.conf->duty.zone,
				      .now_us = d.now_us};
	find_objects(&d, inc, &told);
	r = check(cli, &d, o, inc, &told);
	if (r == EXIT_GOOD && o->out)
		to = open_out(cli, o->out, &r);
	if (r)
		return r;
	r = write_all(cli, &d, o, &in, &told, to);
	if (to != cli->out && fclose(to) && r == EXIT_GOOD)
		r = cli_fail(cli, EXIT_USAGE, "%s: %s", o->out, strerror(errno));
	return r;
}

#define AT(field) offsetof(struct notice_options, field)
static const struct option_row notice_options[] = {
	OPTIONS_WORDS(struct notice_options),
	OPTION_SWITCH("closing", 0, AT(closing), "the last notice, of an attack that is over",
		      "終息した攻撃についての最後の連絡"),
	OPTION_ARG("out", 'o', "FILE", option_text, AT(out),
		   "write to FILE instead of the terminal", "端末の代わりに FILE へ書く"),
	OPTION_SWITCH("send", 0, AT(send), "hand it to the program that the configuration names",
		      "設定で指定したプログラムへ渡す"),
	OPTION_ARG("by", 0, "NAME", option_text, AT(by),
		   "who hands it on, for the log; the login name when not said",
		   "送った人の名前 (監査記録に残る)。指定がなければログイン名"),
	{0},
};
#undef AT

extern const struct verb verb_notice;

const struct verb verb_notice = {
	.name = "notice",
	.args = "ID",
	.min_args = 1,
	.max_args = 1,
	.help = PHRASE("draft the notice to the owner of an attacked object",
		       "攻撃を受けている保護対象の所有者への連絡文を作る"),
	.more = PHRASE(
		"One draft for each language of the object's contacts, or in that of --lang. It "
		"names no address but the target's, no other customer, and nobody as the "
		"attacker. Nothing is sent without --send.",
		"保護対象の連絡先の言語ごとに 1 通、または --lang "
		"の言語で作る。対象以外のアドレス、"
		"ほかのお客様、攻撃者の名は書かない。--send がない限り送らない。"),
	.options = notice_options,
	.options_size = sizeof(struct notice_options),
	.run = notice_run,
};
