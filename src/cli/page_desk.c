/* SPDX-License-Identifier: ISC */
#include "cli/page_desk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "courier/door.h"

void page_desk_close(struct page_desk *d)
{
	for (unsigned i = 0; i < d->n; i++) {
		json_decref(d->alarms[i].body);
		json_decref(d->alarms[i].reasons);
	}
	free(d->alarms);
	desk_db_close(d->db);
	if (d->conf)
		conf_unref(d->conf);
}

int page_desk_fail(struct cli *cli, const char *what, int answer)
{
	return cli_fail(cli, answer == -ENOMEM ? EXIT_BROKEN : EXIT_STORE, "%s: %s", what,
			desk_db_answer(answer, language_name(cli)));
}

static int load_conf(struct cli *cli, const struct page_options *o, struct page_desk *d)
{
	_cleanup_text_ struct text messages = TEXT_NULL;

	d->conf = o->conf ? conf_load(o->conf, &messages) : conf_default();
	fputs(text_str(&messages), cli->err);
	if (!d->conf)
		return o->conf ? EXIT_CONF : EXIT_BROKEN;
	setup_language(cli, d->conf);
	return EXIT_GOOD;
}

int page_desk_open(struct cli *cli, const struct page_options *o, bool writes, struct page_desk *d)
{
	int r = load_conf(cli, o, d);

	if (r)
		return r;
	if ((size_t)snprintf(d->dir, sizeof(d->dir), "%s", o->db ? o->db : d->conf->db) >=
		    sizeof(d->dir) ||
	    !*d->dir)
		return cli_usage(cli, "which store? say --db DIR, or --conf FILE that names one");
	/* A command makes no store: where there is none, nobody was paged. */
	r = desk_db_open(d->dir, d->conf->desk.key, STORE_ANY, STORE_READ, &d->db);
	if (r == STORE_MISSING)
		return cli_fail(cli, EXIT_STORE, "%s: %s", d->dir,
				tr(cli, "no courier has run here yet",
				   "ここではまだ courier が動いたことがありません"));
	if (r == 0 && writes) {
		d->db = desk_db_close(d->db);
		r = desk_db_open(d->dir, d->conf->desk.key, STORE_ANY, STORE_WRITE, &d->db);
	}
	return r ? page_desk_fail(cli, d->dir, r) : EXIT_GOOD;
}

static int on_alarm(void *userdata, const struct desk_alarm_row *row)
{
	struct page_desk *d = userdata;
	json_t *body = json_loads(row->body, 0, NULL);
	struct alarm a;

	if (alarm_from_json(body, &a) < 0) {
		d->unread++;
		json_decref(body);
		return 0;
	}
	if (d->n == d->room) {
		unsigned room = d->room ? d->room * 2 : 32;
		void *grown = realloc(d->alarms, room * sizeof(*d->alarms));

		if (!grown) {
			json_decref(body);
			return -ENOMEM;
		}
		d->alarms = grown;
		d->room = room;
	}
	d->alarms[d->n++] = (struct page_alarm){
		.a = a,
		.body = body,
		.reasons = json_incref(json_object_get(body, "reasons")),
	};
	return 0;
}

int page_desk_alarms(struct cli *cli, struct page_desk *d, bool all)
{
	int r = desk_duty_alarms(d->db, !all, INT64_MIN, on_alarm, d);

	if (r)
		return page_desk_fail(cli, d->dir, r);
	if (d->unread)
		cli_fail(cli, 0, tr(cli, "%u alarms cannot be read", "%u 件の警報を読めません"),
			 d->unread);
	return EXIT_GOOD;
}

/* "w0123456789ab-2-1" is a page of the alarm before its first dash. */
static bool is_page_of(const char *id, const struct alarm *a)
{
	size_t n = strlen(a->id);

	return strncmp(id, a->id, n) == 0 && id[n] == '-';
}

static int say_unknown(struct cli *cli, const struct page_desk *d, const char *id)
{
	const char **words = calloc(2 * (size_t)d->n + 1, sizeof(*words));
	const char *near = NULL;

	for (unsigned i = 0; words && i < d->n; i++) {
		words[2 * i] = d->alarms[i].a.id;
		words[2 * i + 1] = d->alarms[i].a.ref;
	}
	if (words)
		near = text_nearest(id, words, 2 * (size_t)d->n);
	if (near)
		cli_fail(cli, 0,
			 tr(cli, "%s: there is no such alarm; did you mean %s?",
			    "%s: その警報はありません。%s ではありませんか?"),
			 id, near);
	else
		cli_fail(cli, 0,
			 tr(cli, "%s: there is no such alarm; see noroshi page list --all",
			    "%s: その警報はありません。noroshi page list --all で確認してください"),
			 id);
	free(words);
	return EXIT_STORE;
}

int page_desk_find(struct cli *cli, struct page_desk *d, const char *id,
		   const struct page_alarm **out)
{
	const struct page_alarm *begins = NULL;
	size_t len = strlen(id);
	unsigned hits = 0;
	int r = page_desk_alarms(cli, d, true);

	if (r)
		return r;
	for (unsigned i = 0; i < d->n; i++) {
		const struct page_alarm *p = &d->alarms[i];

		if (strcmp(p->a.id, id) == 0 || strcmp(p->a.ref, id) == 0 ||
		    is_page_of(id, &p->a)) {
			*out = p;
			return EXIT_GOOD;
		}
		if (len && (strncmp(p->a.id, id, len) == 0 || strncmp(p->a.ref, id, len) == 0)) {
			begins = p;
			hits++;
		}
	}
	if (hits > 1)
		return cli_fail(cli, EXIT_STORE,
				tr(cli, "%s: more than one alarm begins so",
				   "%s: その文字で始まる警報が複数あります"),
				id);
	if (!hits)
		return say_unknown(cli, d, id);
	*out = begins;
	return EXIT_GOOD;
}

void page_desk_ring(struct cli *cli, const struct page_desk *d)
{
	int r = door_ring(d->dir);

	if (r == -ENOENT || r == -ECONNREFUSED)
		cli_fail(cli, 0, "%s",
			 tr(cli, "no courier runs: it takes effect when one is started",
			    "courier が動いていません。次の起動時に反映されます"));
}

const char *page_desk_zone(const struct page_desk *d)
{
	return d->conf ? d->conf->duty.zone : "";
}

int page_print_json(struct cli *cli, json_t *o)
{
	int r = o ? json_dumpf(o, cli->out, JSON_COMPACT | JSON_REAL_PRECISION(15)) : -1;

	json_decref(o);
	if (r)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	fputc('\n', cli->out);
	return EXIT_GOOD;
}
