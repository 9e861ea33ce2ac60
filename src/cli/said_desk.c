/* SPDX-License-Identifier: ISC */
#include "cli/said_desk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

void said_desk_close(struct said_desk *x)
{
	said_deinit(&x->said);
	desk_db_close(x->desk);
	store_close(x->watch);
	conf_unref(x->conf);
}

static int load_conf(struct cli *cli, const char *path, struct said_desk *x)
{
	_cleanup_text_ struct text messages = TEXT_NULL;

	x->conf = path ? conf_load(path, &messages) : conf_default();
	fputs(text_str(&messages), cli->err);
	if (!x->conf)
		return path ? EXIT_CONF : EXIT_BROKEN;
	setup_language(cli, x->conf);
	return EXIT_GOOD;
}

/* Without what people said the incidents are there all the same: it is told, and no more. */
static int read_acts(struct cli *cli, struct said_desk *x)
{
	int r = desk_db_open(x->dir, x->conf->desk.key, STORE_ANY, STORE_READ, &x->desk);

	if (r == STORE_MISSING || r == STORE_OLDER)
		return EXIT_GOOD; /* nothing was said yet */
	r = r ? r : desk_duty_acts(x->desk, NULL, 0, said_act, &x->said);
	if (r == -ENOMEM)
		return EXIT_BROKEN;
	if (r)
		cli_fail(cli, 0,
			 tr(cli, "%s: marks and suppressions are not known: %s",
			    "%s: 判定と抑止を読めません: %s"),
			 x->dir, desk_db_answer(r, language_name(cli)));
	if (x->said.turned_away)
		cli_fail(cli, 0,
			 tr(cli, "%llu marks or suppressions are not looked at",
			    "判定または抑止 %llu 件は対象外です"),
			 (unsigned long long)x->said.turned_away);
	return EXIT_GOOD;
}

int said_desk_open(struct cli *cli, const struct said_options *o, struct said_desk *x)
{
	const char *dir;
	int r = load_conf(cli, o->conf, x);

	if (r)
		return r;
	x->now_us = clock_real_us();
	dir = o->db ? o->db : x->conf->db;
	if (!*dir)
		return cli_usage(cli, "which store? say --db DIR, or --conf FILE that names one");
	if (strlen(dir) >= sizeof(x->dir))
		return cli_usage(cli, "--db: the name is too long");
	strcpy(x->dir, dir);
	if (said_init(&x->said))
		return EXIT_BROKEN;
	r = store_open(x->dir, STORE_ANY, STORE_READ, NULL, &x->watch);
	if (r)
		return cli_fail(cli, EXIT_STORE, "%s: %s", x->dir,
				store_answer(r, language_name(cli)));
	return read_acts(cli, x);
}

int said_desk_write(struct cli *cli, const char *by, struct said_desk *x)
{
	int r = setup_actor(cli, by, x->actor, sizeof(x->actor));

	if (r)
		return r;
	x->desk = desk_db_close(x->desk);
	r = desk_db_open(x->dir, x->conf->desk.key, store_kind(x->watch), STORE_WRITE, &x->desk);
	return r ? cli_fail(cli, EXIT_STORE, "%s: %s", x->dir,
			    desk_db_answer(r, language_name(cli)))
		 : EXIT_GOOD;
}

int said_desk_act(struct cli *cli, struct said_desk *x, const char *act, const char *subject,
		  char *body_take)
{
	_cleanup_free_ char *body = body_take;
	struct desk_act_row row = {.act = act,
				   .subject = subject,
				   .actor = x->actor,
				   .at_us = x->now_us,
				   .body = body};
	int r = body ? desk_duty_act(x->desk, &row, NULL) : -ENOMEM;

	return r ? cli_fail(cli, r == -ENOMEM ? EXIT_BROKEN : EXIT_STORE, "%s: %s", subject,
			    desk_db_answer(r, language_name(cli)))
		 : EXIT_GOOD;
}

int said_reason(struct cli *cli, const char *reason)
{
	const struct mark *m = NULL;
	size_t n = reason ? strlen(reason) : 0, white = reason ? strspn(reason, " \t") : 0;

	if (!n || white == n)
		return cli_usage(cli, "say why: --reason TEXT");
	if (n >= sizeof(m->reason) || !text_is_utf8(reason, n))
		return cli_usage(cli, "--reason: at most %zu bytes of UTF-8 are wanted",
				 sizeof(m->reason) - 1);
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)reason[i] < 0x20 || reason[i] == 0x7f)
			return cli_usage(cli, "--reason: one line is wanted");
	return EXIT_GOOD;
}

const struct conf_object *said_object(struct cli *cli, const struct said_desk *x, const char *name)
{
	_cleanup_free_ const char **names = NULL;
	const struct conf_object *o = conf_object_named(x->conf, name);
	const char *near;

	if (o)
		return o;
	if (!x->conf->n_objects) {
		cli_usage(cli, "--object %s: no protected object is configured; say --conf FILE",
			  name);
		return NULL;
	}
	names = malloc(x->conf->n_objects * sizeof(*names));
	for (size_t i = 0; names && i < x->conf->n_objects; i++)
		names[i] = x->conf->objects[i].name;
	near = names ? text_nearest(name, names, x->conf->n_objects) : NULL;
	if (near)
		cli_usage(cli, "--object %s: there is no such object; did you mean \"%s\"?", name,
			  near);
	else
		cli_usage(cli, "--object %s: there is no such object", name);
	return NULL;
}

void said_put(json_t *o, const char *key, json_t *value_take)
{
	if (json_object_set_new(o, key, value_take))
		text_note_lost();
}

static json_t *mark_json(const struct mark *m)
{
	char at[TIME_TEXT_MAX];

	return json_pack("{s:b, s:s, s:s, s:s}", "false", m->is_false, "reason", m->reason, "by",
			 m->actor, "at", time_format_utc(m->at_us, at));
}

/* Which test, work or suppression it is, by its note or id. */
static json_t *by_json(const struct said_desk *x, const struct incident *inc, enum said_word w)
{
	const struct conf_maintenance *work = said_maintenance(x->conf, inc);
	const struct suppression *s = said_suppression(&x->said, inc);

	if (w == SAID_MAINTENANCE && work)
		return json_string(work->note);
	return w == SAID_SUPPRESSED && s ? json_string(s->id) : json_null();
}

void said_json(const struct said_desk *x, const struct incident *inc, json_t *o)
{
	enum said_word w = said_of(&x->said, x->conf, inc);
	const struct mark *m = said_mark(&x->said, inc->id);

	if (!o || w == SAID_NOTHING)
		return;
	said_put(o, "said",
		 json_pack("{s:s, s:o, s:o}", "word", said_name(w), "by", by_json(x, inc, w),
			   "mark", m ? mark_json(m) : json_null()));
}

int said_line(struct cli *cli, json_t *o)
{
	int r = o ? json_dumpf(o, cli->out, JSON_COMPACT | JSON_REAL_PRECISION(15)) : -1;

	json_decref(o);
	if (r)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	fputc('\n', cli->out);
	return EXIT_GOOD;
}
