/* SPDX-License-Identifier: ISC */
#include "cli/belongs.h"

#include <errno.h>
#include <string.h>

#include "cli/setup.h"

int viewer_set(struct cli *cli, const struct viewer_options *o, const struct conf *conf,
	       struct viewer *out)
{
	const char *person = o->person ? o->person : conf->desk.person;

	out->rank =
		o->circle ? (enum viewer_rank)(o->circle - 1) : (enum viewer_rank)conf->desk.circle;
	if (*person && !setup_name_ok(person, sizeof(out->person)))
		return cli_usage(cli, "--person: a name of one line is wanted");
	snprintf(out->person, sizeof(out->person), "%s", person);
	return EXIT_GOOD;
}

void belongs_close(struct belongs *x)
{
	desk_waiting_free(x->waiting);
}

int belongs_open(struct cli *cli, const struct viewer_options *o, const struct conf *conf,
		 struct desk_db *db, int64_t now_us, struct belongs *x)
{
	int r = viewer_set(cli, o, conf, &x->d.viewer);

	x->d.conf = conf;
	x->d.now_us = now_us;
	x->d.db = db;
	if (r || !db)
		return r;
	r = desk_waiting_load(&x->d, &x->waiting);
	if (r == -ENOMEM)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	if (r)
		cli_fail(cli, 0, tr(cli, "cases are not known: %s", "案件を読めません: %s"),
			 desk_answer(r, language_name(cli)));
	return EXIT_GOOD;
}

void belongs_of(const struct belongs *x, const struct incident *inc, struct desk_belongs *out)
{
	*out = (struct desk_belongs){.proposed = false};
	if (x->waiting)
		desk_belongs(&x->d, x->waiting, inc, out);
}
