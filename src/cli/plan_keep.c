/* SPDX-License-Identifier: ISC */
#include "cli/plan_keep.h"

#include <errno.h>
#include <string.h>

#include "cli/act_ask.h"
#include "judge/json_fields.h"

static void not_kept(struct cli *cli, const struct plan *p, const char *why)
{
	cli_fail(cli, 0,
		 tr(cli, "%s was not kept, so act start takes the incident's id only: %s",
		    "%s は保存されず、act start には事案の ID しか使えません: %s"),
		 p->id, why);
}

static int write_row(struct desk_db *desk, const struct plan *p, const char *actor)
{
	json_t *o = plan_json(p);
	_cleanup_free_ char *body = json_line(o);
	struct desk_plan_row row = {.id = p->id,
				    .incident = p->incident,
				    .hash = p->hash,
				    .made_us = p->made_us,
				    .body = body};

	json_decref(o);
	return body ? desk_act_plan_read(desk, &row, actor) : -ENOMEM;
}

/* No role: who may write the desk does it himself. One that is not there is not made, as it would
 * be this user's and not the role's. */
static void keep_alone(struct cli *cli, struct plan_desk *d, const struct plan *p)
{
	_cleanup_desk_db_ struct desk_db *desk = NULL;
	char actor[DESK_ACTOR_MAX];
	int r;

	if (!d->desk) {
		if (d->conf->act.n_neighbors)
			not_kept(cli, p, tr(cli, "no act role runs", "act が動いていません"));
		return;
	}
	d->desk = desk_db_close(d->desk);
	r = desk_db_open(d->dir, d->conf->desk.key, STORE_ANY, STORE_WRITE, &desk);
	setup_actor(cli, NULL, actor, sizeof(actor));
	r = r ? r : write_row(desk, p, actor);
	if (r)
		not_kept(cli, p, desk_db_answer(r, language_name(cli)));
}

void plan_keep_read(struct cli *cli, struct plan_desk *d, const struct plan *p)
{
	json_t *reply = NULL,
	       *q = json_pack("{ssssss}", "do", "plan", "incident", p->incident, "hash", p->hash);
	const char *why;
	int r;

	strcpy(d->conf->db, d->dir); /* the socket lies beside the store that was read */
	r = act_ask(cli, d->conf, q, &reply);
	if (r == ACT_NO_ROLE) {
		keep_alone(cli, d, p);
		return;
	}
	why = r ? tr(cli, "the role was not reached", "act に届きませんでした")
		: json_string_value(json_object_get(reply, language_name(cli)));
	if (r || json_integer_value(json_object_get(reply, "exit")))
		not_kept(cli, p, why ? why : "");
	json_decref(reply);
}
