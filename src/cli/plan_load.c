/* SPDX-License-Identifier: ISC */
#include "cli/plan_load.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"

void plan_desk_close(struct plan_desk *d)
{
	world_deinit(&d->world);
	d->inc = incident_free(d->inc);
	d->law = law_free(d->law);
	d->desk = desk_db_close(d->desk);
	d->watch = store_close(d->watch);
	conf_drop(&d->conf);
}

static int load_conf(struct cli *cli, const struct conf_additions *conf, struct plan_desk *d)
{
	_cleanup_text_ struct text messages = TEXT_NULL;
	int r = setup_conf(conf, &d->conf, &messages);

	if (r) {
		setup_complain(cli, &messages);
		return r;
	}
	fputs(text_str(&messages), cli->err); /* warnings */
	setup_language(cli, d->conf);
	return EXIT_GOOD;
}

/* Without a law a plan is a plan all the same; only nothing in it is allowed. */
static int load_law(struct cli *cli, struct plan_desk *d)
{
	const char *country = conf_act_country(d->conf);
	_cleanup_text_ struct text why = TEXT_NULL;
	int r = law_load(d->conf->act.legal, country, &d->law, &why);

	if (r == -ENOMEM)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	if (r)
		cli_fail(cli, 0,
			 tr(cli, "no law of %s could be read%s%s", "%s の法令を読めません%s%s"),
			 country, why.len ? ": " : "", text_str(&why));
	return EXIT_GOOD;
}

static int open_desk(struct cli *cli, struct plan_desk *d)
{
	int r = desk_db_open(d->dir, d->conf->desk.key, STORE_ANY, STORE_READ, &d->desk);

	if (r == -ENOMEM)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	if (r && r != STORE_MISSING && r != STORE_OLDER)
		cli_fail(cli, 0,
			 tr(cli, "%s: what stands already is not known: %s",
			    "%s: 実施中の措置を読めません: %s"),
			 d->dir, desk_db_answer(r, language_name(cli)));
	return EXIT_GOOD;
}

int plan_desk_open(struct cli *cli, const char *db, const struct conf_additions *conf,
		   struct plan_desk *d)
{
	const char *dir;
	int r = load_conf(cli, conf, d);

	if (r)
		return r;
	d->now_us = clock_real_us();
	dir = db && *db ? db : d->conf->db;
	if (!*dir)
		return cli_usage(cli, "which store? say --db DIR, or --conf FILE that names one");
	if (strlen(dir) >= sizeof(d->dir))
		return cli_usage(cli, "--db: the name is too long");
	strcpy(d->dir, dir);
	r = store_open(d->dir, STORE_ANY, STORE_READ, NULL, &d->watch);
	if (r)
		return cli_fail(cli, EXIT_STORE, "%s: %s", d->dir,
				store_answer(r, language_name(cli)));
	r = open_desk(cli, d);
	return r ? r : load_law(cli, d);
}

/* What cannot be read of the desk is told, and the rest is a world without it. */
static int load_world(struct cli *cli, struct plan_desk *d)
{
	int r = world_load(d->conf, d->watch, d->desk, d->inc, d->now_us, &d->world);

	r = r ? r : world_count_rows(&d->world, d->desk, d->now_us);
	if (r == 0)
		return EXIT_GOOD;
	if (r == -ENOMEM)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	cli_fail(cli, 0,
		 tr(cli, "%s: what stands already is not known: %s",
		    "%s: 実施中の措置を読めません: %s"),
		 d->dir, desk_db_answer(r, language_name(cli)));
	world_deinit(&d->world);
	d->desk = desk_db_close(d->desk);
	r = world_load(d->conf, d->watch, NULL, d->inc, d->now_us, &d->world);
	return r ? cli_fail(cli, EXIT_STORE, "%s: %s", d->dir, store_answer(r, language_name(cli)))
		 : EXIT_GOOD;
}

int plan_desk_incident(struct cli *cli, struct plan_desk *d, const char *id)
{
	int r = store_get(d->watch, id, &d->inc);

	if (r)
		return cli_fail(cli, EXIT_STORE, "%s: %s", id, store_answer(r, language_name(cli)));
	r = store_evidence(d->watch, d->inc);
	if (r == -ENOMEM)
		return cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM));
	if (r && r != STORE_NOT_FOUND)
		return cli_fail(cli, EXIT_STORE, "%s: %s", id, store_answer(r, language_name(cli)));
	return load_world(cli, d);
}

int plan_desk_make(struct cli *cli, struct plan_desk *d, struct plan **out)
{
	struct plan_input in = {.incident = d->inc,
				.conf = d->conf,
				.law = d->law,
				.world = &d->world.w,
				.now_us = d->now_us};

	return plan_make(&in, out) ? cli_fail(cli, EXIT_BROKEN, "%s", strerror(ENOMEM)) : EXIT_GOOD;
}

/* ---- kept ones ---- */

struct kept {
	struct plan *plan; /* the newest */
	bool wrong;
};

static int on_plan(void *userdata, const struct desk_plan_row *row)
{
	struct kept *k = userdata;
	json_t *body;
	int r;

	if (k->plan || k->wrong)
		return 0;
	body = json_loads(row->body, 0, NULL);
	r = plan_from_json(body, &k->plan);
	json_decref(body);
	if (r == -ENOMEM)
		return r;
	k->wrong = r || strcmp(k->plan->hash, row->hash) != 0 || !plan_holds(k->plan);
	if (k->wrong)
		k->plan = plan_free(k->plan);
	return 0;
}

int plan_desk_kept(struct cli *cli, struct plan_desk *d, const char *id, struct plan **out)
{
	struct kept k = {.plan = NULL};
	int r = d->desk ? desk_act_plans(d->desk, id, on_plan, &k) : 0;

	*out = k.plan;
	if (r)
		return cli_fail(cli, r == -ENOMEM ? EXIT_BROKEN : EXIT_STORE, "%s: %s", id,
				desk_db_answer(r, language_name(cli)));
	if (k.wrong)
		return cli_fail(cli, EXIT_STORE, "%s: %s", id,
				tr(cli, "the plan in the store is not the one that its hash names",
				   "記録庫の計画が、そのハッシュと一致しません"));
	if (!k.plan)
		return cli_fail(cli, EXIT_STORE, "%s: %s", id,
				tr(cli, "there is no such plan", "該当する計画はありません"));
	return EXIT_GOOD;
}
