/* SPDX-License-Identifier: ISC */
/*
 * Cross checks of who may approve, and of what was ordered beforehand. What this machine, now,
 * lacks is a warning: the file may be for another one, and an order that lapsed starts nothing.
 */
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "conf/check_inside.h"
#include "conf/schema_rows.h"

/* Approvers */

void relate_approver(struct checker *k, const struct mark *m)
{
	const struct conf_approver *a = &k->c->act.approvers[m->at_item[0]];
	char q[QUOTE_MAX];

	if (k->clean && !*a->user && !*a->key)
		mistake_add(k->mistakes, m->at,
			    "the approver %s has neither a \"user\" nor a \"key\": nobody would be "
			    "known as this person",
			    quote(a->name, q));
}

void relate_user(struct checker *k, const struct mark *m)
{
	const char *user = marked_text(k->c, m);
	struct passwd pw, *found = NULL;
	char buf[4096], q[QUOTE_MAX];

	if (*user && getpwnam_r(user, &pw, buf, sizeof(buf), &found) == 0 && !found)
		mistake_warn(k->mistakes, m->at, "no user of this machine is named %s",
			     quote(user, q));
}

/* One key for two persons would let one of them be both. */
static void relate_same_key(struct checker *k, const struct mark *m)
{
	const struct conf_act *a = &k->c->act;
	const struct conf_approver *this = &a->approvers[m->at_item[0]];
	char q[QUOTE_MAX], q2[QUOTE_MAX];

	for (size_t i = 0; i < m->at_item[0]; i++)
		if (strcmp(a->approvers[i].key, this->key) == 0) {
			mistake_add(k->mistakes, m->at, "%s and %s have the same key",
				    quote(a->approvers[i].name, q), quote(this->name, q2));
			return;
		}
}

void relate_key_file(struct checker *k, const struct mark *m)
{
	const char *path = marked_text(k->c, m);
	char q[QUOTE_MAX];
	struct stat st;

	if (!*path)
		return;
	relate_same_key(k, m);
	if (*path != '/')
		mistake_add(k->mistakes, m->at, "the key file %s is no absolute path",
			    quote(path, q));
	else if (stat(path, &st))
		mistake_warn(k->mistakes, m->at, "the key file %s: %s", quote(path, q),
			     strerror(errno));
	else if (!S_ISREG(st.st_mode))
		mistake_warn(k->mistakes, m->at, "the key file %s is no file", quote(path, q));
	else if (st.st_mode & (S_IWGRP | S_IWOTH))
		mistake_warn(k->mistakes, m->at,
			     "others may write the key file %s: who can change it can approve as "
			     "this person",
			     quote(path, q));
}

static bool is_first(const struct checker *k, const struct mark *m, const char *kind)
{
	const struct conf_act *a = &k->c->act;

	return m->tag == TAG_TWO_PERSONS ? !conf_is_named(a->two_persons, m->at_item[0], kind)
					 : !conf_is_named(a->break_glass, m->at_item[0], kind);
}

/* Of `two_persons` and of `break_glass`, where the second one countersigns. */
void relate_two(struct checker *k, const struct mark *m)
{
	const char *kind = marked_text(k->c, m);

	if (!is_first(k, m, kind))
		mistake_warn(k->mistakes, m->at, "%s stands here twice", kind);
	if (!k->whole || m->at_item[0] || k->c->act.n_approvers >= 2)
		return;
	if (m->tag == TAG_TWO_PERSONS)
		mistake_add(k->mistakes, m->at,
			    "two persons must approve, and %s: no such measure could ever start",
			    k->c->act.n_approvers ? "there is only one approver"
						  : "there are no approvers");
	else
		mistake_warn(k->mistakes, m->at,
			     "nobody could countersign: there %s, so what is started so lapses",
			     k->c->act.n_approvers ? "is only one approver" : "are no approvers");
}

/* Standing orders */

void relate_standing(struct checker *k, const struct mark *m)
{
	const struct conf_standing *s = &k->c->act.standing[m->at_item[0]];
	const char *lapsed;
	char q[QUOTE_MAX];

	/* Its day of review is told where it stands. */
	lapsed = conf_act_lapsed(k->c, s, s->review_us - 1);
	if (lapsed && (s->n_approvers || k->clean))
		mistake_warn(k->mistakes, m->at, "the standing order %s starts nothing: %s",
			     quote(s->name, q), lapsed);
}

void relate_review(struct checker *k, const struct mark *m)
{
	const struct conf_standing *s = &k->c->act.standing[m->at_item[0]];
	char q[QUOTE_MAX];

	if (s->review_us <= clock_real_us())
		mistake_warn(k->mistakes, m->at,
			     "the standing order %s starts nothing: its day of review has come",
			     quote(s->name, q));
}

/* Where second by second can be seen what comes, and how full the line is. */
static bool is_seen_somewhere(const struct conf *c)
{
	for (size_t i = 0; i < c->act.n_neighbors; i++) {
		const struct conf_neighbor *n = &c->act.neighbors[i];

		if (n->kind == ROUTER_NFTABLES && *n->inside && n->capacity_bps)
			return true;
	}
	return false;
}

void relate_probe(struct checker *k, const struct mark *m)
{
	const struct conf_standing *s = &k->c->act.standing[m->at_item[0]];
	char q[QUOTE_MAX];

	if (s->probe_lift && k->whole &&
	    (strcmp(s->kind, "nftables") != 0 || !is_seen_somewhere(k->c)))
		mistake_warn(k->mistakes, m->at,
			     "the standing order %s probes nothing: that takes measures of the "
			     "kind \"nftables\" on a neighbour with \"inside\" and \"capacity\"",
			     quote(s->name, q));
}

static uint32_t takes_bit(const char *kind)
{
	for (unsigned i = 0; act_kind_words[i]; i++)
		if (strcmp(act_kind_words[i], kind) == 0)
			return UINT32_C(1) << i;
	return 0;
}

static bool somebody_takes(const struct conf *c, uint32_t bit)
{
	for (size_t i = 0; i < c->act.n_neighbors; i++)
		if (c->act.neighbors[i].takes & bit)
			return true;
	return false;
}

/* Two orders of the same kind for the same object would count their starts apart. */
void relate_standing_kind(struct checker *k, const struct mark *m)
{
	const struct conf_act *a = &k->c->act;
	const struct conf_standing *s = &a->standing[m->at_item[0]];
	char q[QUOTE_MAX], q2[QUOTE_MAX];

	for (size_t i = 0; i < m->at_item[0]; i++)
		if (strcmp(a->standing[i].object, s->object) == 0 &&
		    strcmp(a->standing[i].kind, s->kind) == 0) {
			mistake_add(k->mistakes, m->at,
				    "the standing orders %s and %s are of the same kind for the "
				    "same object",
				    quote(a->standing[i].name, q), quote(s->name, q2));
			break;
		}
	if (k->whole && !somebody_takes(k->c, takes_bit(s->kind)))
		mistake_warn(k->mistakes, m->at,
			     "the standing order %s starts nothing: no neighbour takes %s",
			     quote(s->name, q), s->kind);
}

void relate_standing_approver(struct checker *k, const struct mark *m)
{
	const struct conf_standing *s = &k->c->act.standing[m->at_item[0]];
	const char *name = marked_text(k->c, m);
	char q[QUOTE_MAX], q2[QUOTE_MAX];

	relate_named(k, m);
	if (conf_is_named(s->approvers, m->at_item[1], name))
		mistake_warn(k->mistakes, m->at, "%s approves the standing order %s twice",
			     quote(name, q), quote(s->name, q2));
}
