/* SPDX-License-Identifier: ISC */
/*
 * A Linux box as a router: nftables, in this process's network namespace, through libnftables. What
 * is asked for in one turn of the loop is one transaction of the kernel. What else is there is
 * never touched: all of it stands in a table of our own.
 *
 * The kernel tells of every change of its rules. When somebody else has removed what we put there,
 * it is said like the loss of a session, and whoever calls tells everything again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "router/line.h"
#include "router/nftables_kernel.h"
#include "router/nftables_text.h"
#include "router/router.h"

#define LOOK_NS	    250000000L	      /* after the first news: one change has many */
#define NEAR_END_US (2 * US_PER_S)    /* who ends then may be gone already */
#define COUNTED_US  (500 * US_PER_MS) /* how old a figure may be: reading reads all of them */
#define HELD_MAX    8192
#define DRAIN_MAX   1024
#define BATCH_MAX   1024

/* A measure that we put there, or found there. */
struct held {
	char measure[MEASURE_ID_MAX];
	struct nft_wanted wanted; /* no rules: only found */
	int64_t until_us;
};

/* What the loop brings to the kernel at its next turn. */
struct waiting {
	char measure[MEASURE_ID_MAX];
	struct text commands; /* owned */
	struct nft_wanted wanted;
	int64_t until_us;
	bool away, lift;
};

struct batch {
	struct waiting *list; /* owned, BATCH_MAX; NULL none yet */
	size_t n;
	json_t *listing; /* owned; by measure, as it was when the first asked for it */
};

struct nftables {
	struct router r;
	struct loop *loop;
	router_told told;
	void *userdata;
	struct nft_kernel kernel;
	int bell;     /* eventfd: first to say what was found at the opening, then of a batch */
	bool is_said; /* what was found */
	int monitor;  /* netlink: the kernel's news of rules */
	int timer;    /* timerfd: when to look what the news was */
	struct held *held; /* owned */
	size_t n, room;
	struct batch batch;
	json_t *counters; /* owned; all of them as they were at counted_us, NULL never */
	int64_t counted_us;
};

static void tell(struct nftables *x, enum router_event event, const char *measure, const char *why)
{
	char id[MEASURE_ID_MAX]; /* what is told may be dropped meanwhile */

	snprintf(id, sizeof(id), "%s", measure);
	x->told(x->userdata, &x->r, event, id, why);
}

/* ---- what is held ---- */

static struct held *find(struct nftables *x, const char *measure)
{
	for (size_t i = 0; i < x->n; i++)
		if (strcmp(x->held[i].measure, measure) == 0)
			return &x->held[i];
	return NULL;
}

static struct held *hold(struct nftables *x, const char *measure)
{
	size_t room = x->room ? x->room * 2 : 16;
	struct held *h = find(x, measure);

	if (h)
		return h;
	if (x->n == HELD_MAX)
		return NULL;
	if (x->n == x->room) {
		h = realloc(x->held, room * sizeof(*h));
		if (!h)
			return NULL;
		x->held = h;
		x->room = room;
	}
	h = &x->held[x->n++];
	memset(h, 0, sizeof(*h));
	snprintf(h->measure, sizeof(h->measure), "%s", measure);
	return h;
}

static void drop(struct nftables *x, const char *measure)
{
	struct held *h = find(x, measure);

	if (h)
		*h = x->held[--x->n];
}

/* ---- what waits for the next transaction ---- */

static void batch_deinit(struct batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		text_deinit(&b->list[i].commands);
	free(b->list);
	json_decref(b->listing);
	*b = (struct batch){.n = 0};
}

static bool is_waiting(const struct nftables *x, const char *measure)
{
	for (size_t i = 0; i < x->batch.n; i++)
		if (strcmp(x->batch.list[i].measure, measure) == 0)
			return true;
	return false;
}

static void answer(struct nftables *x, const struct waiting *w, bool good, const char *why)
{
	struct held *h = w->away ? NULL : find(x, w->measure);

	if (!good) {
		if (w->away)
			hold(x, w->measure);
		tell(x, w->lift ? ROUTER_LIFT_NOT : ROUTER_REFUSED, w->measure, why);
		return;
	}
	if (h) {
		h->wanted = w->wanted;
		h->until_us = w->until_us;
	}
	tell(x, w->away ? ROUTER_HAS_NOT : w->lift ? ROUTER_LIFTED : ROUTER_HAS, w->measure, "");
}

/* One transaction for all that waits: each alone would make nft read the whole table again, and a
 * thousand took 22 s. Where the kernel refuses it, each is told alone, so that only what is wrong
 * is refused. Whoever is told may ask for more, so the batch is taken first. */
static void flush(struct nftables *x)
{
	_cleanup_text_ struct text all = TEXT_NULL, why = TEXT_NULL;
	struct batch b = x->batch;
	bool good;

	x->batch = (struct batch){.n = 0};
	for (size_t i = 0; i < b.n; i++) {
		text_add(&all, text_str(&b.list[i].commands));
		if (b.list[i].away)
			drop(x, b.list[i].measure); /* before, so that its going is no loss */
	}
	good = nft_kernel_run(&x->kernel, &all, &why) == 0;
	for (size_t i = 0; i < b.n; i++) {
		struct waiting *w = &b.list[i];
		bool mine = good;

		if (!good) {
			text_clear(&why);
			mine = nft_kernel_run(&x->kernel, &w->commands, &why) == 0;
		}
		answer(x, w, mine, text_str(&why));
	}
	batch_deinit(&b);
}

/* The commands of @w are taken, and run when the loop comes round. */
static int wait_turn(struct nftables *x, struct waiting *w)
{
	struct batch *b = &x->batch;

	if (!b->list)
		b->list = calloc(BATCH_MAX, sizeof(*b->list));
	if (!b->list) {
		text_deinit(&w->commands);
		return -ENOMEM;
	}
	b->list[b->n++] = *w;
	if (b->n == BATCH_MAX)
		flush(x);
	else
		eventfd_write(x->bell, 1);
	return 0;
}

/* What stands of a measure, read once for all that wait; *out is the batch's, NULL: nothing. */
static int listing_for(struct nftables *x, const char *measure, const json_t **out)
{
	json_t *listing = NULL;
	int r;

	if (!x->batch.listing) {
		r = nft_kernel_list(&x->kernel, "table", &listing);
		if (r < 0)
			return r;
		x->batch.listing = nft_by_measure(listing);
		json_decref(listing);
		if (!x->batch.listing)
			return -ENOMEM;
		eventfd_write(x->bell, 1); /* it is of this turn only, though nothing may wait */
	}
	*out = json_object_get(x->batch.listing, measure);
	return 0;
}

/* ---- looking after what we put there ---- */

static int note_found(struct nftables *x, const json_t *listing)
{
	json_t *parts = nft_by_measure(listing);
	const char *id;
	json_t *part;

	if (!parts)
		return -ENOMEM;
	json_object_foreach(parts, id, part) hold(x, id);
	json_decref(parts);
	return 0;
}

/* Each may be dropped while it is told. */
static void tell_found(struct nftables *x)
{
	for (size_t i = x->n; i-- > 0;)
		if (i < x->n && !x->held[i].wanted.n_rules)
			tell(x, ROUTER_FOUND, x->held[i].measure, "");
}

static bool is_whole(const json_t *parts, const struct held *h, int64_t now_us)
{
	struct nft_stands s =
		nft_stands(json_object_get(parts, h->measure), h->measure, h->wanted.mark);

	return s.n_rules >= h->wanted.n_rules && s.n_sets >= h->wanted.n_sets && s.counter &&
	       (s.n_elements >= h->wanted.n_sets || h->until_us - now_us < NEAR_END_US);
}

/* Is something missing of one of those that we put there? */
static bool is_broken(struct nftables *x, const json_t *listing)
{
	json_t *parts = nft_by_measure(listing);
	int64_t now_us = clock_real_us();
	size_t i = 0;

	while (i < x->n && (!x->held[i].wanted.n_rules || is_whole(parts, &x->held[i], now_us)))
		i++;
	json_decref(parts);
	return i < x->n;
}

/* Soon, and once for all the news until then. */
static void look_later(struct nftables *x)
{
	struct itimerspec is, in = {.it_value = {.tv_nsec = LOOK_NS}};

	if (timerfd_gettime(x->timer, &is) == 0 && !is.it_value.tv_sec && !is.it_value.tv_nsec)
		timerfd_settime(x->timer, 0, &in, NULL);
}

/* Table and chain are made anew, and everything is to be told again. */
static void begin_anew(struct nftables *x, const char *why)
{
	_cleanup_text_ struct text commands = TEXT_NULL, wrong = TEXT_NULL;
	bool was_up = x->r.is_up;
	json_t *listing = NULL;

	log_warn("nftables", "name=\"%s\" table=%s lost=\"%s\"", x->r.neighbor->name,
		 x->kernel.table, why);
	x->n = 0;
	batch_deinit(&x->batch); /* is told again with all the rest */
	x->r.is_up = false;
	if (was_up)
		tell(x, ROUTER_LOST, "", why);
	nft_say_table(x->kernel.table, &commands);
	x->r.is_up = nft_kernel_run(&x->kernel, &commands, &wrong) == 0;
	if (!x->r.is_up) {
		log_warn("nftables", "name=\"%s\" table=%s refused=\"%s\"", x->r.neighbor->name,
			 x->kernel.table, text_str(&wrong));
		look_later(x);
		return;
	}
	if (nft_kernel_list(&x->kernel, "table", &listing) == 0)
		note_found(x, listing);
	json_decref(listing);
	tell(x, ROUTER_UP, "", "");
	tell_found(x);
}

static int on_look(void *userdata, int fd, uint32_t events)
{
	struct nftables *x = userdata;
	json_t *listing = NULL;
	uint64_t ticks;
	int r;

	if (read(fd, &ticks, sizeof(ticks)) < 0)
		return 0;
	r = nft_kernel_list(&x->kernel, "table", &listing);
	if (r < 0)
		look_later(x);
	else if (r)
		begin_anew(x, "the table is gone");
	else if (!x->r.is_up || is_broken(x, listing))
		begin_anew(x, "something of a measure was removed by somebody else");
	json_decref(listing);
	return 0;
}

static int on_news(void *userdata, int fd, uint32_t events)
{
	struct nftables *x = userdata;
	char buf[8192];

	for (unsigned i = 0; i < DRAIN_MAX; i++) {
		ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0 && errno != ENOBUFS && errno != EINTR)
			break;
		look_later(x);
	}
	return 0;
}

static int on_bell(void *userdata, int fd, uint32_t events)
{
	struct nftables *x = userdata;
	eventfd_t rings;

	eventfd_read(fd, &rings);
	if (!x->is_said) {
		x->is_said = true;
		tell(x, ROUTER_UP, "", "");
		tell_found(x);
	}
	flush(x);
	return 0;
}

/* ---- the functions ---- */

static void unlisten(struct nftables *x, int fd)
{
	if (fd < 0)
		return;
	loop_remove_fd(x->loop, fd);
	close(fd);
}

static struct router *nftables_close(struct router *r)
{
	struct nftables *x = (struct nftables *)r;

	if (!x)
		return NULL;
	unlisten(x, x->bell);
	unlisten(x, x->monitor);
	unlisten(x, x->timer);
	nft_kernel_close(&x->kernel);
	batch_deinit(&x->batch);
	json_decref(x->counters);
	free(x->held);
	free(x);
	return NULL;
}

static int begin(struct nftables *x, struct text *why)
{
	_cleanup_text_ struct text commands = TEXT_NULL;
	json_t *listing = NULL;
	int r = nft_kernel_open(&x->kernel);

	if (r)
		return r;
	nft_say_table(x->kernel.table, &commands);
	if (nft_kernel_run(&x->kernel, &commands, why))
		return -EPERM;
	r = nft_kernel_list(&x->kernel, "table", &listing);
	if (r) {
		text_add(why, "the table cannot be read");
		return r < 0 ? r : -EPERM;
	}
	r = note_found(x, listing);
	json_decref(listing);
	if (r)
		return r;
	/* Without the kernel's news we would not see that somebody flushed our rules. */
	x->monitor = nft_kernel_listen();
	r = x->monitor < 0 ? x->monitor : loop_add_fd(x->loop, x->monitor, EPOLLIN, on_news, x);
	if (r == 0)
		r = loop_add_fd(x->loop, x->timer, EPOLLIN, on_look, x);
	if (r == 0)
		r = loop_add_fd(x->loop, x->bell, EPOLLIN, on_bell, x);
	return r;
}

static int nftables_open(const struct conf *conf, const struct conf_neighbor *n, struct loop *loop,
			 router_told told, void *userdata, struct router **out, struct text *why)
{
	struct nftables *x = calloc(1, sizeof(*x));
	int r;

	if (!x)
		return -ENOMEM;
	x->r = (struct router){.ops = &router_nftables, .neighbor = n, .is_up = true};
	x->loop = loop;
	x->told = told;
	x->userdata = userdata;
	x->monitor = -1;
	x->bell = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	x->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	snprintf(x->kernel.table, sizeof(x->kernel.table), "%s",
		 *n->table ? n->table : NFT_TABLE_DEFAULT);
	if (!nft_table_is_good(x->kernel.table)) {
		text_printf(why, "%s: a table's name has letters, digits, \"_\" and \"-\"",
			    n->name);
		r = -EINVAL;
	} else {
		r = x->bell < 0 || x->timer < 0 ? -EMFILE : begin(x, why);
	}
	if (r) {
		nftables_close(&x->r);
		return r;
	}
	*out = &x->r;
	return 0;
}

static int nftables_apply(struct router *r, const struct measure *m)
{
	struct nftables *x = (struct nftables *)r;
	struct waiting w = {.until_us = nft_end_us(m), .commands = TEXT_NULL};
	const json_t *listing = NULL;
	int wrong = 0;

	if (!x->r.is_up)
		return -ENOTCONN;
	if (is_waiting(x, m->id))
		flush(x);
	if (find(x, m->id)) /* else nothing of it can stand, and the table may be long */
		wrong = listing_for(x, m->id, &listing);
	if (wrong)
		return wrong;
	snprintf(w.measure, sizeof(w.measure), "%s", m->id);
	if (nft_say_apply(x->kernel.table, m, clock_real_us(), listing, &w.wanted, &w.commands))
		tell(x, ROUTER_UNSAYABLE, m->id, text_str(&w.commands));
	else if (!hold(x, m->id)) /* before it stands, so that it is never there unknown */
		wrong = -ENOMEM;
	else
		return wait_turn(x, &w);
	text_deinit(&w.commands);
	return wrong;
}

static int nftables_take_away(struct router *r, const struct measure *m)
{
	struct nftables *x = (struct nftables *)r;
	struct waiting w = {.away = true, .commands = TEXT_NULL};
	const json_t *listing = NULL;
	int wrong;

	if (!nft_id_is_good(m->id))
		return -EINVAL;
	if (is_waiting(x, m->id))
		flush(x);
	wrong = listing_for(x, m->id, &listing);
	if (wrong)
		return wrong;
	snprintf(w.measure, sizeof(w.measure), "%s", m->id);
	nft_say_away(x->kernel.table, m->id, listing, &w.commands);
	return wait_turn(x, &w);
}

/* The kernel ends it by itself, so nobody has to be there. */
static int nftables_lift(struct router *r, const struct measure *m, unsigned ms)
{
	struct nftables *x = (struct nftables *)r;
	struct waiting w = {.lift = true, .commands = TEXT_NULL};
	const json_t *listing = NULL;
	struct held *h;
	int wrong;

	if (!x->r.is_up)
		return -ENOTCONN;
	if (is_waiting(x, m->id))
		flush(x);
	h = find(x, m->id);
	wrong = h ? listing_for(x, m->id, &listing) : -ENOENT;
	if (wrong)
		return wrong;
	w.until_us = h->until_us;
	snprintf(w.measure, sizeof(w.measure), "%s", m->id);
	if (nft_say_lift(x->kernel.table, m, clock_real_us(), listing, ms, &w.wanted,
			 &w.commands) == 0)
		return wait_turn(x, &w);
	tell(x, ROUTER_LIFT_NOT, m->id, text_str(&w.commands));
	text_deinit(&w.commands);
	return 0;
}

/* All counters, read once for all measures that are asked for at about the same time. */
static int read_counters(struct nftables *x)
{
	json_decref(x->counters);
	x->counters = NULL;
	x->counted_us = clock_mono_us();
	return nft_kernel_list(&x->kernel, "counters table", &x->counters);
}

static int nftables_counter(struct router *r, const struct measure *m, uint64_t *packets,
			    uint64_t *bytes)
{
	struct nftables *x = (struct nftables *)r;
	bool fresh = x->counters && clock_mono_us() - x->counted_us < COUNTED_US;
	int answer;

	if (fresh && nft_counted(x->counters, m->id, packets, bytes) == 0)
		return 0;
	answer = read_counters(x);
	return answer ? answer : nft_counted(x->counters, m->id, packets, bytes);
}

static int nftables_gauge(struct router *r, const struct measure *m, struct router_gauge *g)
{
	struct nftables *x = (struct nftables *)r;
	char passed[NFT_COUNTER_MAX];
	uint64_t packets = 0, bytes = 0;
	int answer = read_counters(x);

	if (answer || nft_counted(x->counters, m->id, &g->packets, &g->bytes))
		return answer ? answer : 1;
	if (nft_counted(x->counters, nft_lift_counter(m->id, passed), &packets, &bytes) == 0) {
		g->packets += packets;
		g->bytes += bytes;
	}
	g->mono_us = clock_mono_us();
	return line_sent(r->neighbor->inside, &g->line_packets, &g->line_bytes);
}

const struct router_ops router_nftables = {
	.name = "nftables",
	.open = nftables_open,
	.close = nftables_close,
	.apply = nftables_apply,
	.take_away = nftables_take_away,
	.counter = nftables_counter,
	.lift = nftables_lift,
	.gauge = nftables_gauge,
};
