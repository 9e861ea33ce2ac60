/* SPDX-License-Identifier: ISC */
/*
 * `suppress add`, `list`, `lift`: nobody is woken for an object, or for one vector of it, until a
 * time that must be said. What is suppressed is recorded and counted all the same.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/zone.h"
#include "cli/said_desk.h"
#include "cli/table.h"
#include "conf/suggest.h"

#define HELD_MAX 1000000 /* incidents looked at for one suppression */

struct add_options {
	struct said_options o;
	const char *object, *vector, *reason, *by, *until;
	uint64_t for_s;
};

static int read_end(struct cli *cli, const struct add_options *o, int64_t now_us, int64_t *until_us)
{
	if (!o->for_s == !o->until)
		return cli_usage(cli, "say until when: --for DURATION or --until TIME");
	if (o->for_s > SUPPRESSION_MAX_S)
		return cli_usage(cli, "--for: at most 30d");
	*until_us = now_us + (int64_t)o->for_s * US_PER_S;
	if (!o->until)
		return EXIT_GOOD;
	if (time_parse(o->until, until_us))
		return cli_usage(cli, "--until %s: a time like 2026-08-01T04:00:00+09:00 is wanted",
				 o->until);
	if (*until_us <= now_us)
		return cli_usage(cli, "--until %s: this is over", o->until);
	if (*until_us > now_us + SUPPRESSION_MAX_S * US_PER_S)
		return cli_usage(cli, "--until %s: at most 30 days from now", o->until);
	return EXIT_GOOD;
}

static int read_vector(struct cli *cli, const char *word)
{
	_cleanup_text_ struct text near = TEXT_NULL;
	enum vector v;
	uint16_t port;

	if (!word || vector_parse(word, &v, &port) == 0)
		return EXIT_GOOD;
	suggest_vector(word, &near);
	return cli_usage(cli, "--vector %s: there is no such vector%s", word, text_str(&near));
}

static json_t *one_json(const struct suppression *x, int64_t now_us)
{
	char from[TIME_TEXT_MAX], until[TIME_TEXT_MAX], lifted[TIME_TEXT_MAX];
	bool is_lifted = x->lifted_us != TIME_NONE;

	return json_pack("{s:s, s:s, s:s?, s:s, s:s, s:s?, s:b, s:s, s:s}", "id", x->id, "object",
			 x->object, "vector", x->vector[0] ? x->vector : NULL, "from",
			 time_format_utc(x->from_us, from), "until",
			 time_format_utc(x->until_us, until), "lifted",
			 is_lifted ? time_format_utc(x->lifted_us, lifted) : NULL, "in_force",
			 x->from_us <= now_us && now_us < suppression_end_us(x), "reason",
			 x->reason, "by", x->actor);
}

static int print_added(struct cli *cli, const struct said_desk *d, const struct suppression *x,
		       bool json)
{
	char until[TIME_TEXT_MAX];

	if (json)
		return said_line(cli, one_json(x, d->now_us));
	fprintf(cli->out,
		tr(cli, "%s: %s%s%s is suppressed until %s; it is recorded and counted\n",
		   "%s: %s%s%s の呼び出しを %s まで抑止します。記録と集計は続きます\n"),
		x->id, x->object, x->vector[0] ? " " : "", x->vector,
		zone_format(d->conf->duty.zone, x->until_us, true, until));
	return EXIT_GOOD;
}

static int add_run(struct cli *cli)
{
	const struct add_options *o = cli->options;
	_cleanup_said_desk_ struct said_desk d = {.conf = NULL};
	struct suppression x = {.lifted_us = TIME_NONE};
	int r;

	if (!o->object)
		return cli_usage(cli, "say which: --object NAME");
	r = read_vector(cli, o->vector);
	r = r ? r : said_reason(cli, o->reason);
	r = r ? r : said_desk_open(cli, &o->o, &d);
	r = r ? r : read_end(cli, o, d.now_us, &x.until_us);
	if (r == EXIT_GOOD && !said_object(cli, &d, o->object))
		r = EXIT_USAGE;
	if (r == EXIT_GOOD && d.said.n >= SAID_SUPPRESSIONS_MAX)
		r = cli_fail(cli, EXIT_STORE, "there are too many suppressions already");
	r = r ? r : said_desk_write(cli, o->by, &d);
	if (r)
		return r;
	x.from_us = d.now_us;
	desk_db_id('s', x.id);
	snprintf(x.object, sizeof(x.object), "%s", o->object);
	snprintf(x.vector, sizeof(x.vector), "%s", o->vector ? o->vector : "");
	snprintf(x.reason, sizeof(x.reason), "%s", o->reason);
	snprintf(x.actor, sizeof(x.actor), "%s", d.actor);
	r = said_desk_act(cli, &d, "suppress", x.id, suppression_body(&x));
	return r ? r : print_added(cli, &d, &x, o->o.json);
}

/* ---- list ---- */

struct list_options {
	struct said_options o;
	bool all;
};

struct held {
	const struct suppression *x;
	unsigned n;
};

static int count_held(void *userdata, const struct incident *inc)
{
	struct held *h = userdata;

	h->n += suppression_covers(h->x, inc);
	return 0;
}

static int held_back(const struct said_desk *d, const struct suppression *x, unsigned *n)
{
	struct store_filter f = STORE_FILTER_ALL;
	struct held h = {.x = x};
	int r;

	f.from_us = x->from_us;
	f.until_us = suppression_end_us(x);
	f.object = x->object;
	f.limit = HELD_MAX;
	r = store_list(d->watch, &f, count_held, &h);
	*n = h.n;
	return r;
}

static void add_state(const struct cli *cli, const struct said_desk *d, struct table *t,
		      const struct suppression *x)
{
	char at[TIME_TEXT_MAX];

	if (x->lifted_us != TIME_NONE && x->lifted_us < x->until_us)
		table_cell(t, TABLE_DIM, tr(cli, "lifted %s", "解除 %s"),
			   zone_format(d->conf->duty.zone, x->lifted_us, true, at));
	else if (x->until_us <= d->now_us)
		table_cell(t, TABLE_DIM, tr(cli, "ended %s", "終了 %s"),
			   zone_format(d->conf->duty.zone, x->until_us, true, at));
	else
		table_cell(t, TABLE_YELLOW, "%s",
			   zone_format(d->conf->duty.zone, x->until_us, true, at));
}

static const struct table_column columns[LANGUAGE_COUNT][7] = {
	[LANGUAGE_EN] = {{"ID", TABLE_LEFT, 0, 0},
			 {"OBJECT", TABLE_LEFT, 0, 12},
			 {"VECTOR", TABLE_LEFT, 7, 0},
			 {"UNTIL", TABLE_LEFT, 0, 0},
			 {"BY", TABLE_LEFT, 6, 8},
			 {"HELD BACK", TABLE_RIGHT, 5, 0},
			 {"REASON", TABLE_LEFT, 4, 16}},
	[LANGUAGE_JA] = {{"ID", TABLE_LEFT, 0, 0},
			 {"保護対象", TABLE_LEFT, 0, 12},
			 {"種類", TABLE_LEFT, 7, 0},
			 {"期限", TABLE_LEFT, 0, 0},
			 {"設定者", TABLE_LEFT, 6, 8},
			 {"抑止した検知", TABLE_RIGHT, 5, 0},
			 {"理由", TABLE_LEFT, 4, 16}},
};

static void add_row(const struct cli *cli, const struct said_desk *d, struct table *t,
		    const struct suppression *x, unsigned held)
{
	table_cell(t, TABLE_PLAIN, "%s", x->id);
	table_cell(t, TABLE_BOLD, "%s", x->object);
	table_cell(t, TABLE_PLAIN, "%s", x->vector[0] ? x->vector : tr(cli, "all", "すべて"));
	add_state(cli, d, t, x);
	table_cell(t, TABLE_PLAIN, "%s", x->actor);
	table_cell(t, TABLE_PLAIN, "%u", held);
	table_cell(t, TABLE_PLAIN, "%s", x->reason);
}

static int print_one(struct cli *cli, const struct said_desk *d, struct table *t,
		     const struct suppression *x, bool json)
{
	unsigned held = 0;
	json_t *o;
	int r = held_back(d, x, &held);

	if (r)
		return cli_fail(cli, EXIT_STORE, "%s", store_answer(r, language_name(cli)));
	if (!json) {
		add_row(cli, d, t, x, held);
		return EXIT_GOOD;
	}
	o = one_json(x, d->now_us);
	said_put(o, "held_back", json_integer(held));
	return said_line(cli, o);
}

static int list_run(struct cli *cli)
{
	const struct list_options *o = cli->options;
	_cleanup_table_ struct table *t =
		table_new(columns[cli->language], ARRAY_LEN(columns[cli->language]));
	_cleanup_said_desk_ struct said_desk d = {.conf = NULL};
	unsigned shown = 0;
	int r = said_desk_open(cli, &o->o, &d);

	for (unsigned i = 0; r == EXIT_GOOD && i < d.said.n; i++) {
		const struct suppression *x = &d.said.list[i];

		if (!o->all && suppression_end_us(x) <= d.now_us)
			continue;
		shown++;
		r = print_one(cli, &d, t, x, o->o.json);
	}
	if (r || o->o.json)
		return r;
	if (!shown)
		fprintf(cli->out, "%s\n",
			o->all ? tr(cli, "there were no suppressions", "抑止の記録はありません")
			       : tr(cli, "nothing is suppressed", "抑止中のものはありません"));
	else if (!t || table_print(t, cli->out) < 0)
		return cli_fail(cli, EXIT_BROKEN, "the table could not be printed");
	return EXIT_GOOD;
}

/* ---- lift ---- */

struct lift_options {
	struct said_options o;
	const char *by;
};

static const struct suppression *find(struct cli *cli, const struct said_desk *d, const char *id)
{
	const struct suppression *found = NULL;
	unsigned n = 0;

	for (unsigned i = 0; i < d->said.n; i++)
		if (strncmp(d->said.list[i].id, id, strlen(id)) == 0) {
			found = &d->said.list[i];
			n++;
		}
	if (n == 1)
		return found;
	cli_fail(cli, 0,
		 n ? tr(cli, "%s: more than one begins so", "%s: 複数あります")
		   : tr(cli, "%s: there is no such suppression", "%s: その抑止はありません"),
		 id);
	return NULL;
}

static int lift_run(struct cli *cli)
{
	const struct lift_options *o = cli->options;
	_cleanup_said_desk_ struct said_desk d = {.conf = NULL};
	const struct suppression *x;
	int r = said_desk_open(cli, &o->o, &d);

	if (r)
		return r;
	x = *cli->operands[0] ? find(cli, &d, cli->operands[0]) : NULL;
	if (!x)
		return EXIT_STORE;
	if (suppression_end_us(x) <= d.now_us)
		return cli_fail(cli, EXIT_STORE,
				tr(cli, "%s has ended already", "%s はすでに終わっています"),
				x->id);
	r = said_desk_write(cli, o->by, &d);
	r = r ? r : said_desk_act(cli, &d, "lift", x->id, strdup("{}"));
	if (r)
		return r;
	if (o->o.json)
		return said_line(cli, json_pack("{s:s, s:b}", "id", x->id, "lifted", true));
	fprintf(cli->out, tr(cli, "%s is lifted\n", "%s を解除しました\n"), x->id);
	return EXIT_GOOD;
}

static const struct option_row add_options[] = {
	OPTION_ARG("object", 0, "NAME", option_text, offsetof(struct add_options, object),
		   "the protected object", "保護対象の名前"),
	OPTION_ARG("vector", 0, "VECTOR", option_text, offsetof(struct add_options, vector),
		   "only this vector; all of them when not said",
		   "この種類だけ。指定がなければすべて"),
	OPTION_ARG("for", 0, "DURATION", option_seconds, offsetof(struct add_options, for_s),
		   "for so long, at most 30d", "この長さだけ。最長 30d"),
	OPTION_ARG("until", 'u', "TIME", option_text, offsetof(struct add_options, until),
		   "until this time, RFC 3339", "この時刻まで (RFC 3339)"),
	OPTION_REASON(struct add_options),
	OPTION_BY(struct add_options),
	OPTIONS_SAID(struct add_options),
	{0}};

static const struct option_row list_options[] = {
	OPTION_SWITCH("all", 'a', offsetof(struct list_options, all), "those that have ended too",
		      "終わったものも表示する"),
	OPTIONS_SAID(struct list_options),
	{0}};

static const struct option_row lift_options[] = {
	OPTION_BY(struct lift_options), OPTIONS_SAID(struct lift_options), {0}};

extern const struct verb verb_suppress_add, verb_suppress_list, verb_suppress_lift;

const struct verb verb_suppress_add = {
	.name = "suppress add",
	.args = "",
	.help = PHRASE("page nobody for an object for a while",
		       "保護対象の呼び出しをしばらく止める"),
	.more = PHRASE("An object, a reason and an end are wanted. What is suppressed is recorded, "
		       "shown and counted all the same.",
		       "保護対象、理由、期限は必須。抑止しても検知の記録、表示、集計は続く。"),
	.options = add_options,
	.options_size = sizeof(struct add_options),
	.run = add_run,
};

const struct verb verb_suppress_list = {
	.name = "suppress list",
	.args = "",
	.help = PHRASE("what is suppressed: by whom, why, until when, how much it held back",
		       "抑止の一覧 (設定者、理由、期限、抑止した検知の数)"),
	.options = list_options,
	.options_size = sizeof(struct list_options),
	.run = list_run,
};

const struct verb verb_suppress_lift = {
	.name = "suppress lift",
	.args = "ID",
	.min_args = 1,
	.max_args = 1,
	.help = PHRASE("end a suppression before its time", "抑止を期限より前に解除する"),
	.options = lift_options,
	.options_size = sizeof(struct lift_options),
	.run = lift_run,
};
