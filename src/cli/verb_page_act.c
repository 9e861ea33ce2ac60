/* SPDX-License-Identifier: ISC */
/*
 * `page ack` and `page snooze`: what people say to a page. It is a row and a line of the log; the
 * courier takes it at once.
 */
#include <errno.h>
#include <string.h>

#include "base/zone.h"
#include "cli/page_desk.h"
#include "conf/units.h"
#include "judge/json_fields.h"

#define SNOOZE_MOST_S (7 * UINT64_C(86400)) /* what sleeps longer is forgotten */

struct act_options {
	struct page_options p;
	const char *by, *until;
	uint64_t for_s;
};

/* Opens, finds, and refuses what has ended. */
static int find_open(struct cli *cli, struct page_desk *d, const struct page_alarm **p, char *actor)
{
	const struct act_options *o = cli->options;
	char at[TIME_TEXT_MAX];
	int r = setup_actor(cli, o->by, actor, ALARM_NAME_MAX);

	r = r ? r : page_desk_open(cli, &o->p, true, d);
	r = r ? r : page_desk_find(cli, d, cli->operands[0], p);
	if (r || (*p)->a.state != ALARM_ENDED)
		return r;
	return cli_fail(cli, EXIT_STORE,
			tr(cli, "%s is over since %s", "%s は %s に終了しています"), (*p)->a.id,
			zone_format(page_desk_zone(d), (*p)->a.ended_us, true, at));
}

/* Writes the act and rings; takes @body. Return: EXIT_GOOD or another after saying why. */
static int write_act(struct cli *cli, struct page_desk *d, const char *act, const struct alarm *a,
		     const char *actor, json_t *body)
{
	_cleanup_free_ char *text = json_line(body);
	struct desk_act_row row = {.act = act,
				   .subject = a->id,
				   .actor = actor,
				   .at_us = clock_real_us(),
				   .body = text};
	int r = text ? desk_duty_act(d->db, &row, NULL) : -ENOMEM;

	json_decref(body);
	if (r)
		return page_desk_fail(cli, a->id, r);
	page_desk_ring(cli, d);
	return EXIT_GOOD;
}

static int ack_run(struct cli *cli)
{
	const struct act_options *o = cli->options;
	_cleanup_page_desk_ struct page_desk d = {0};
	const struct page_alarm *p = NULL;
	char actor[ALARM_NAME_MAX];
	int r = find_open(cli, &d, &p, actor);

	r = r ? r : write_act(cli, &d, "acknowledge", &p->a, actor, json_object());
	if (r)
		return r;
	if (o->p.json)
		return page_print_json(cli, json_pack("{ssssss}", "did", "acknowledge", "alarm",
						      p->a.id, "by", actor));
	if (*p->a.owner && strcmp(p->a.owner, actor) != 0)
		fprintf(cli->out,
			tr(cli, "%s takes %s over from %s\n", "%s が %s を %s から引き継いだ\n"),
			actor, p->a.id, p->a.owner);
	else
		fprintf(cli->out, tr(cli, "%s has %s\n", "%s が %s を担当する\n"), actor, p->a.id);
	return EXIT_GOOD;
}

static int snooze_end(struct cli *cli, const char *zone, int64_t now_us, int64_t *until_us)
{
	const struct act_options *o = cli->options;

	if (!o->until == !o->for_s)
		return cli_usage(
			cli, "%s",
			tr(cli, "until when? say --for DURATION or --until TIME",
			   "いつまでですか。--for 時間 か --until 時刻 を指定してください"));
	if (o->for_s)
		*until_us = now_us +
			    (int64_t)(o->for_s < SNOOZE_MOST_S ? o->for_s : SNOOZE_MOST_S + 1) *
				    US_PER_S;
	else if (time_parse(o->until, until_us) < 0 &&
		 !zone_next_hour(zone, o->until, now_us, until_us))
		return cli_usage(cli,
				 "--until %s: a time like 07:30 or 2008-08-08T12:00:00Z is wanted",
				 o->until);
	if (*until_us <= now_us)
		return cli_usage(cli, "--until %s: that is past", o->until);
	if (*until_us > now_us + (int64_t)SNOOZE_MOST_S * US_PER_S)
		return cli_usage(cli, "%s",
				 tr(cli, "a snooze lasts seven days at most",
				    "再通知までの時間は 7 日以内です"));
	return EXIT_GOOD;
}

static int snooze_run(struct cli *cli)
{
	const struct act_options *o = cli->options;
	_cleanup_page_desk_ struct page_desk d = {0};
	const struct page_alarm *p = NULL;
	char actor[ALARM_NAME_MAX], until[TIME_TEXT_MAX];
	int64_t until_us = 0, now_us = clock_real_us();
	int r = find_open(cli, &d, &p, actor);

	r = r ? r : snooze_end(cli, page_desk_zone(&d), now_us, &until_us);
	if (r)
		return r;
	time_format_utc(until_us, until);
	r = write_act(cli, &d, "snooze", &p->a, actor, json_pack("{ss}", "until", until));
	if (r)
		return r;
	if (o->p.json)
		return page_print_json(cli, json_pack("{ssssssss}", "did", "snooze", "alarm",
						      p->a.id, "by", actor, "until", until));
	fprintf(cli->out,
		tr(cli, "%s pages again at %s unless it is over\n",
		   "%s は %s に、続いていれば再び呼び出す\n"),
		p->a.id, zone_format(page_desk_zone(&d), until_us, true, until));
	return EXIT_GOOD;
}

#define OPTION_BY                                                                                  \
	OPTION_ARG("by", 0, "NAME", option_text, offsetof(struct act_options, by),                 \
		   "who does this; the login name when not said",                                  \
		   "操作する人の名前。指定がなければログイン名")

static const struct option_row ack_options[] = {OPTIONS_PAGE(struct act_options), OPTION_BY, {0}};

static const struct option_row snooze_options[] = {
	OPTIONS_PAGE(struct act_options),
	OPTION_BY,
	OPTION_ARG("for", 0, "DURATION", option_seconds, offsetof(struct act_options, for_s),
		   "how long, such as 30m", "再び呼び出すまでの時間 (30m など)"),
	OPTION_ARG("until", 0, "TIME", option_text, offsetof(struct act_options, until),
		   "until when: 07:30 by the desk's clock, or 2008-08-08T12:00:00Z",
		   "再び呼び出す時刻 (07:30、または 2008-08-08T12:00:00Z)"),
	{0},
};

extern const struct verb verb_page_ack, verb_page_snooze;

const struct verb verb_page_ack = {
	.name = "page ack",
	.args = "ID",
	.min_args = 1,
	.max_args = 1,
	.help = PHRASE("say that you have it: nobody else is woken for it",
		       "自分が対応すると伝える。ほかの人は呼び出されない"),
	.options = ack_options,
	.options_size = sizeof(struct act_options),
	.run = ack_run,
};

const struct verb verb_page_snooze = {
	.name = "page snooze",
	.args = "ID",
	.min_args = 1,
	.max_args = 1,
	.help = PHRASE("be woken again later, unless it is over by then",
		       "終わっていなければ後でもう一度呼び出す"),
	.options = snooze_options,
	.options_size = sizeof(struct act_options),
	.run = snooze_run,
};
