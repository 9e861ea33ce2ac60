/* SPDX-License-Identifier: ISC */
#include "cli/case_desk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

void case_desk_close(struct case_desk *x)
{
	desk_db_close(x->d.db);
	store_close(x->watch);
	calendar_free(x->calendar);
	conf_unref(x->conf);
}

int case_fail(struct cli *cli, const char *what, int answer)
{
	int status = answer == DESK_ALREADY || answer == DESK_ITSELF || answer == -EINVAL
			     ? EXIT_USAGE
		     : answer == -ENOMEM ? EXIT_BROKEN
					 : EXIT_STORE;

	return cli_fail(cli, status, "%s: %s", what, desk_answer(answer, language_name(cli)));
}

static int load_conf(struct cli *cli, const struct case_options *o, struct case_desk *x)
{
	_cleanup_text_ struct text messages = TEXT_NULL;

	x->conf = o->conf ? conf_load(o->conf, &messages) : conf_default();
	fputs(text_str(&messages), cli->err);
	if (!x->conf)
		return o->conf ? EXIT_CONF : EXIT_BROKEN;
	setup_language(cli, x->conf);
	return EXIT_GOOD;
}

static int load_calendars(struct cli *cli, struct case_desk *x)
{
	_cleanup_text_ struct text errors = TEXT_NULL;
	int r = 0;

	x->calendar = calendar_new();
	if (!x->calendar)
		return EXIT_BROKEN;
	for (size_t i = 0; r == 0 && i < x->conf->n_countries; i++)
		r = calendar_add_country(x->calendar, x->conf->countries[i], &errors);
	for (size_t i = 0; r == 0 && i < x->conf->desk.n_calendars; i++)
		r = calendar_load(x->calendar, x->conf->desk.calendars[i], &errors);
	fputs(text_str(&errors), cli->err);
	x->d.calendar = x->calendar;
	return r == 0 ? EXIT_GOOD : r == -ENOMEM ? EXIT_BROKEN : EXIT_CONF;
}

static int set_viewer(struct cli *cli, const struct case_options *o, const struct case_writing *w,
		      struct case_desk *x)
{
	_cleanup_text_ struct text why = TEXT_NULL;
	struct viewer_options who = {.person = o->person, .circle = o->circle};
	int r = viewer_set(cli, &who, x->conf, &x->d.viewer);

	if (r)
		return r;
	x->d.written.kind = (enum circle_kind)x->conf->desk.written;
	if (w && w->written_for && circle_parse(w->written_for, &x->d.written, &why) < 0)
		return cli_usage(cli, "--for %s: %s", w->written_for, text_str(&why));
	return EXIT_GOOD;
}

static int open_stores(struct cli *cli, const char *dir, bool writes, struct case_desk *x)
{
	int r = store_open(dir, STORE_ANY, STORE_READ, NULL, &x->watch);

	if (r && r != STORE_MISSING)
		return cli_fail(cli, EXIT_STORE, "%s: %s", dir,
				store_answer(r, language_name(cli)));
	r = desk_db_open(dir, x->conf->desk.key, x->watch ? store_kind(x->watch) : STORE_ANY,
			 writes ? STORE_WRITE : STORE_READ, &x->d.db);
	if (r == STORE_MISSING)
		return cli_fail(cli, EXIT_STORE, "%s: %s", dir,
				tr(cli, "there are no cases yet", "案件はまだありません"));
	return r ? case_fail(cli, dir, r) : EXIT_GOOD;
}

int case_desk_open(struct cli *cli, const struct case_options *o, const struct case_writing *w,
		   struct case_desk *x)
{
	const char *dir;
	unsigned erased;
	int r = load_conf(cli, o, x);

	r = r ? r : load_calendars(cli, x);
	r = r ? r : set_viewer(cli, o, w, x);
	if (r == EXIT_GOOD && w)
		r = setup_actor(cli, w->by, x->d.actor, sizeof(x->d.actor));
	if (r)
		return r;
	dir = o->db ? o->db : x->conf->db;
	if (!*dir)
		return cli_usage(cli, "which store? say --db DIR, or --conf FILE that names one");
	x->d.conf = x->conf;
	x->d.now_us = clock_real_us();
	r = open_stores(cli, dir, w != NULL, x);
	x->d.watch = x->watch;
	if (r || !w)
		return r;
	r = desk_db_erase_due(x->d.db, x->d.now_us, &erased);
	return r ? case_fail(cli, dir, r) : EXIT_GOOD;
}

int case_get(struct cli *cli, struct case_desk *x, const char *id, struct desk_case **out)
{
	int r = desk_case_get(&x->d, id, out);

	return r ? case_fail(cli, id, r) : EXIT_GOOD;
}

int case_print_json(struct cli *cli, json_t *o)
{
	int r = o ? json_dumpf(o, cli->out, JSON_COMPACT | JSON_REAL_PRECISION(15)) : -1;

	json_decref(o);
	if (r)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	fputc('\n', cli->out);
	return EXIT_GOOD;
}

int case_read_all(struct cli *cli, const char *path, size_t max, struct text *out)
{
	bool from_stdin = strcmp(path, "-") == 0;
	int fd = from_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char buf[16384];
	ssize_t n = -1;

	if (fd < 0)
		return cli_fail(cli, EXIT_USAGE, "%s: %s", path, strerror(errno));
	while (out->len <= max) {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		text_add_n(out, buf, (size_t)n);
	}
	if (n < 0)
		cli_fail(cli, EXIT_USAGE, "%s: %s", path, strerror(errno));
	if (!from_stdin)
		close(fd);
	return n < 0 ? EXIT_USAGE : text_ok(out) ? EXIT_GOOD : EXIT_BROKEN;
}

static void add_json(json_t *list, json_t *value_take)
{
	if (json_array_append_new(list, value_take))
		text_note_lost();
}

int case_proposals(struct cli *cli, struct case_desk *x, const struct desk_case *only, json_t *into)
{
	_cleanup_(desk_proposals_deinit) struct desk_proposals p = {0};
	_cleanup_text_ struct text out = TEXT_NULL;
	int r = desk_propose(&x->d, only, &p);

	if (r)
		return case_fail(cli, only ? only->id : "case", r);
	for (unsigned i = 0; i < p.n; i++) {
		if (into)
			add_json(into, desk_proposal_json(&p.list[i]));
		else
			desk_proposal_print(&p.list[i], language_name(cli), &out);
	}
	fputs(text_str(&out), cli->out);
	if (p.cut)
		cli_fail(cli, 0, "%s",
			 tr(cli, "there are more cases than are compared",
			    "案件が多いため一部は比べていません"));
	return EXIT_GOOD;
}
