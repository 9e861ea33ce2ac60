/* SPDX-License-Identifier: ISC */
/*
 * A BGP neighbour of ExaBGP. A measure is one announcement or several; it stands when ExaBGP has
 * acknowledged all of them and the session is up, and is gone when it has acknowledged that none is
 * left. Two measures may announce the same: then the one that stays keeps it.
 */
#include "router/exabgp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "act/render.h"
#include "base/log.h"
#include "router/exabgp_link.h"
#include "router/router.h"

#define HELD_MAX 8192

struct held_line {
	struct exabgp_line l; /* say is NULL where only the relay knows it */
	uint64_t seq;	      /* of what waits for its answer, 0 nothing */
};

struct held {
	char measure[MEASURE_ID_MAX];
	int64_t until_us;
	unsigned n, waiting;
	bool taking, failed;
	struct held_line line[PLAN_RULES_MAX];
};

struct exabgp {
	struct router r;
	struct link_user user;
	struct link *link;
	router_told told;
	void *userdata;
	struct held *held; /* owned */
	size_t n, room;
};

/* ---- what is said ---- */

static int line_of(const char *address, const struct text *announce, struct exabgp_line *out)
{
	static const char word[] = "announce ";
	const char *s = text_str(announce);
	const char *then = strstr(s, " then ");
	_cleanup_text_ struct text undo = TEXT_NULL, say = TEXT_NULL;

	if (!text_ok(announce) || strncmp(s, word, sizeof(word) - 1) != 0)
		return text_ok(announce) ? -EINVAL : -ENOMEM;
	text_printf(&say, "neighbor %s %s", address, s);
	/* What a rule does is no part of its name (RFC 8955 section 4). */
	text_printf(&undo, "neighbor %s withdraw %.*s%s", address,
		    (int)((then ? then : s + strlen(s)) - s - ((int)sizeof(word) - 1)),
		    s + sizeof(word) - 1, then ? " }" : "");
	if (!text_ok(&say) || !text_ok(&undo))
		return -ENOMEM;
	out->say = strdup(text_str(&say));
	out->undo = strdup(text_str(&undo));
	return out->say && out->undo ? 0 : -ENOMEM;
}

static int route_line(const struct conf_neighbor *n, const struct measure *m, const char *address,
		      struct exabgp_line *out, struct text *why)
{
	const struct prefix *target = &m->option.target;
	const char *community = *m->option.community ? m->option.community
				: *n->community	     ? n->community
						     : "65535:666";
	_cleanup_text_ struct text t = TEXT_NULL;
	char hop[IP_TEXT_MAX];

	if (!render_next_hop(n, ip_is_v4(&target->addr), hop)) {
		text_printf(why,
			    "%s: no next_hop%s is configured, and the session is of the other "
			    "family",
			    n->name, ip_is_v4(&target->addr) ? "" : "6");
		return -EINVAL;
	}
	render_rtbh(target, hop, community, false, &t);
	return line_of(address, &t, out);
}

static int rule_line(const struct measure *m, unsigned i, const char *address,
		     struct exabgp_line *out, struct text *why)
{
	_cleanup_text_ struct text t = TEXT_NULL;

	if (render_rule(RENDER_EXABGP, &m->option.rule[i], m->id, &t)) {
		text_add(why, text_str(&t));
		return -EINVAL;
	}
	return line_of(address, &t, out);
}

void exabgp_lines_free(struct exabgp_line *lines, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		free(lines[i].say);
		free(lines[i].undo);
		lines[i] = (struct exabgp_line){.say = NULL};
	}
}

int exabgp_lines(const struct conf_neighbor *n, const struct measure *m, struct exabgp_line *out,
		 struct text *why)
{
	unsigned want = m->option.n_rules ? m->option.n_rules : 1;
	char address[IP_TEXT_MAX];
	int r = 0;

	memset(out, 0, PLAN_RULES_MAX * sizeof(*out));
	ip_format(&n->address, address);
	if (want > PLAN_RULES_MAX)
		return -EINVAL;
	for (unsigned i = 0; r == 0 && i < want; i++)
		r = m->option.n_rules ? rule_line(m, i, address, &out[i], why)
				      : route_line(n, m, address, &out[i], why);
	if (r == 0)
		return (int)want;
	exabgp_lines_free(out, PLAN_RULES_MAX);
	return r;
}

char *exabgp_path(const struct conf *conf, char *buf)
{
	if (*conf->act.exabgp)
		snprintf(buf, EXABGP_PATH_MAX, "%s", conf->act.exabgp);
	else
		snprintf(buf, EXABGP_PATH_MAX, "%s/exabgp.sock", conf->db);
	return buf;
}

/* ---- what is held ---- */

static struct held *find(struct exabgp *x, const char *measure)
{
	for (size_t i = 0; i < x->n; i++)
		if (strcmp(x->held[i].measure, measure) == 0)
			return &x->held[i];
	return NULL;
}

static struct held *add(struct exabgp *x, const char *measure)
{
	size_t room = x->room ? x->room * 2 : 16;
	struct held *grown;

	if (x->n == HELD_MAX)
		return NULL;
	if (x->n == x->room) {
		grown = realloc(x->held, room * sizeof(*grown));
		if (!grown)
			return NULL;
		x->held = grown;
		x->room = room;
	}
	grown = &x->held[x->n++];
	memset(grown, 0, sizeof(*grown));
	snprintf(grown->measure, sizeof(grown->measure), "%s", measure);
	return grown;
}

static void empty(struct held *h)
{
	for (unsigned i = 0; i < PLAN_RULES_MAX; i++)
		exabgp_lines_free(&h->line[i].l, 1);
	h->n = h->waiting = 0;
	h->failed = h->taking = false;
}

static void drop(struct exabgp *x, struct held *h)
{
	empty(h);
	*h = x->held[--x->n];
}

/* Another measure that announces the same and stays. */
static const struct held *sharer(const struct exabgp *x, const struct held *not_this,
				 const char *undo, const struct held_line **line)
{
	for (size_t i = 0; i < x->n; i++) {
		const struct held *h = &x->held[i];

		for (unsigned k = 0; h != not_this && !h->taking && k < h->n; k++) {
			if (!h->line[k].l.say || strcmp(h->line[k].l.undo, undo) != 0)
				continue;
			*line = &h->line[k];
			return h;
		}
	}
	return NULL;
}

static void tell(struct exabgp *x, enum router_event event, const char *measure, const char *why)
{
	char id[MEASURE_ID_MAX]; /* what is told may be dropped meanwhile */

	snprintf(id, sizeof(id), "%s", measure);
	x->told(x->userdata, &x->r, event, id, why);
}

/* All of a measure's commands have been answered. */
static void settle(struct exabgp *x, struct held *h)
{
	char id[MEASURE_ID_MAX];
	bool taking = h->taking, failed = h->failed;

	memcpy(id, h->measure, sizeof(id));
	if (taking && !failed)
		drop(x, h);
	if (failed)
		tell(x, ROUTER_REFUSED, id, "ExaBGP refused it; its own log has the reason");
	else if (taking)
		tell(x, ROUTER_HAS_NOT, id, "");
	else if (x->user.is_up)
		tell(x, ROUTER_HAS, id, "");
}

/* ---- what the link says ---- */

static struct exabgp *of_user(struct link_user *u)
{
	return (struct exabgp *)((char *)u - offsetof(struct exabgp, user));
}

static void on_reset(struct link_user *u)
{
	struct exabgp *x = of_user(u);

	while (x->n)
		drop(x, &x->held[0]);
}

static void on_has(struct link_user *u, const char *measure, const char *undo, int64_t until_us)
{
	struct exabgp *x = of_user(u);
	struct held *h = find(x, measure);

	h = h ? h : add(x, measure);
	if (!h || h->n == PLAN_RULES_MAX)
		return;
	h->until_us = until_us;
	h->line[h->n].l.undo = strdup(undo);
	h->n += h->line[h->n].l.undo != NULL;
}

static void on_ready(struct link_user *u)
{
	struct exabgp *x = of_user(u);

	/* Each may be dropped while it is told. */
	for (size_t i = x->n; i-- > 0;)
		if (i < x->n)
			tell(x, ROUTER_FOUND, x->held[i].measure, "");
}

static void on_state(struct link_user *u)
{
	struct exabgp *x = of_user(u);

	x->r.is_up = u->is_up;
	log_info("neighbor", "name=\"%s\" up=%d", x->r.neighbor->name, u->is_up);
	x->told(x->userdata, &x->r, u->is_up ? ROUTER_UP : ROUTER_LOST, "", "");
}

static void on_answer(struct link_user *u, uint64_t seq, bool ok)
{
	struct exabgp *x = of_user(u);

	for (size_t i = 0; seq && i < x->n; i++) { /* 0: what waits for nothing */
		struct held *h = &x->held[i];

		for (unsigned k = 0; k < h->n; k++) {
			if (h->line[k].seq != seq)
				continue;
			h->line[k].seq = 0;
			h->failed |= !ok;
			if (--h->waiting == 0)
				settle(x, h);
			return;
		}
	}
}

/* The watchdog was faster. */
static void on_ended(struct link_user *u, const char *measure, const char *undo)
{
	struct exabgp *x = of_user(u);
	struct held *h = find(x, measure);

	for (unsigned k = 0; h && k < h->n; k++) {
		if (strcmp(h->line[k].l.undo, undo) != 0)
			continue;
		exabgp_lines_free(&h->line[k].l, 1);
		h->line[k] = h->line[--h->n];
		h->line[h->n] = (struct held_line){.seq = 0};
		break;
	}
	if (h && !h->n) {
		drop(x, h);
		tell(x, ROUTER_HAS_NOT, measure, "");
	}
}

/* ---- the functions ---- */

static struct router *exabgp_close(struct router *r)
{
	struct exabgp *x = (struct exabgp *)r;

	if (!x)
		return NULL;
	x->link = link_leave(x->link, &x->user);
	while (x->n)
		drop(x, &x->held[0]);
	free(x->held);
	free(x);
	return NULL;
}

static int exabgp_open(const struct conf *conf, const struct conf_neighbor *n, struct loop *loop,
		       router_told told, void *userdata, struct router **out, struct text *why)
{
	struct exabgp *x = calloc(1, sizeof(*x));
	char path[EXABGP_PATH_MAX];
	int r;

	if (!x)
		return -ENOMEM;
	x->r = (struct router){.ops = &router_exabgp, .neighbor = n};
	x->told = told;
	x->userdata = userdata;
	x->user = (struct link_user){.reset = on_reset,
				     .has = on_has,
				     .ready = on_ready,
				     .state = on_state,
				     .answer = on_answer,
				     .ended = on_ended};
	ip_format(&n->address, x->user.address);
	r = link_join(loop, exabgp_path(conf, path), &x->user, &x->link, why);
	if (r)
		exabgp_close(&x->r);
	else
		*out = &x->r;
	return r;
}

static int say(struct exabgp *x, struct held *h, struct held_line *l, const char *command,
	       const char *undo, int64_t until_us)
{
	int r = link_say(x->link, h->measure, command, undo, until_us, &l->seq);

	if (r == 0)
		h->waiting++;
	return r;
}

static int apply_lines(struct exabgp *x, struct held *h, const struct measure *m)
{
	int r = 0;

	h->until_us = m->until_us;
	for (unsigned i = 0; r == 0 && i < h->n; i++) {
		struct held_line *l = &h->line[i];
		const struct held_line *other = NULL;
		const struct held *s = sharer(x, h, l->l.undo, &other);
		int64_t until_us = s && s->until_us > h->until_us ? s->until_us : h->until_us;

		r = say(x, h, l, l->l.say, l->l.undo, until_us);
	}
	return r;
}

static int exabgp_apply(struct router *r, const struct measure *m)
{
	struct exabgp *x = (struct exabgp *)r;
	struct exabgp_line lines[PLAN_RULES_MAX];
	_cleanup_text_ struct text why = TEXT_NULL;
	struct held *h = find(x, m->id);
	int n;

	if (!x->user.is_up)
		return -ENOTCONN;
	n = exabgp_lines(r->neighbor, m, lines, &why);
	if (n == -EINVAL) {
		tell(x, ROUTER_UNSAYABLE, m->id, text_str(&why));
		return 0;
	}
	if (n < 0)
		return n;
	h = h ? h : add(x, m->id);
	if (!h) {
		exabgp_lines_free(lines, (unsigned)n);
		return -ENOMEM;
	}
	empty(h);
	h->n = (unsigned)n;
	for (int i = 0; i < n; i++)
		h->line[i] = (struct held_line){.l = lines[i]};
	return apply_lines(x, h, m);
}

/* Where this life of the relay knows nothing of it, it is taken back by what it must have been. */
static int know(struct exabgp *x, const struct measure *m, struct held **out)
{
	struct exabgp_line lines[PLAN_RULES_MAX];
	_cleanup_text_ struct text why = TEXT_NULL;
	int n = *m->incident ? exabgp_lines(x->r.neighbor, m, lines, &why) : 0;

	*out = NULL;
	if (n == -ENOMEM)
		return n;
	if (n <= 0)
		return 0;
	*out = add(x, m->id);
	if (!*out) {
		exabgp_lines_free(lines, (unsigned)n);
		return -ENOMEM;
	}
	(*out)->n = (unsigned)n;
	for (int i = 0; i < n; i++)
		(*out)->line[i] = (struct held_line){.l = lines[i]};
	return 0;
}

static int exabgp_take_away(struct router *r, const struct measure *m)
{
	struct exabgp *x = (struct exabgp *)r;
	struct held *h = find(x, m->id);
	int answer = 0;

	if (!link_is_ready(x->link))
		return -ENOTCONN;
	if (h && h->taking && h->waiting)
		return 0;
	if (!h)
		answer = know(x, m, &h);
	if (answer)
		return answer;
	if (!h) {
		tell(x, ROUTER_HAS_NOT, m->id, "");
		return 0;
	}
	h->taking = true;
	h->failed = false;
	h->waiting = 0;
	for (unsigned i = 0; answer == 0 && i < h->n; i++) {
		struct held_line *l = &h->line[i];
		const struct held_line *other = NULL;
		const struct held *s = sharer(x, h, l->l.undo, &other);

		answer = s ? say(x, h, l, other->l.say, other->l.undo, s->until_us)
			   : say(x, h, l, l->l.undo, NULL, 0);
	}
	return answer;
}

static int exabgp_counter(struct router *r, const struct measure *m, uint64_t *packets,
			  uint64_t *bytes)
{
	return 1; /* BGP carries none */
}

const struct router_ops router_exabgp = {
	.name = "exabgp",
	.open = exabgp_open,
	.close = exabgp_close,
	.apply = exabgp_apply,
	.take_away = exabgp_take_away,
	.counter = exabgp_counter,
};
