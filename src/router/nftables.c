/* SPDX-License-Identifier: ISC */
/*
 * A Linux box as a router: nftables, in this process's network namespace, through libnftables. Each
 * change is one transaction of the kernel. What else is there is never touched: all of it stands in
 * a table of our own.
 *
 * The kernel tells of every change of its rules. When somebody else has removed what we put there,
 * it is said like the loss of a session, and whoever calls tells everything again.
 */
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
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
#include "router/nftables_text.h"
#include "router/router.h"

#define TABLE_DEFAULT "noroshi"
#define LOOK_NS	      250000000L	/* after the first news: one change has many */
#define NEAR_END_US   (2 * US_PER_S)	/* who ends then may be gone already */
#define COUNTED_US    (500 * US_PER_MS) /* how old a figure may be: reading reads all of them */
#define HELD_MAX      8192
#define DRAIN_MAX     1024

/* A measure that we put there, or found there. */
struct held {
	char measure[MEASURE_ID_MAX];
	struct nft_wanted wanted; /* no rules: only found */
	int64_t until_us;
};

struct nftables {
	struct router r;
	struct loop *loop;
	router_told told;
	void *userdata;
	struct nft_ctx *nft;
	char table[CONF_DUTY_NAME_MAX];
	int bell;	   /* eventfd: say once what was found at the opening */
	int monitor;	   /* netlink: the kernel's news of rules */
	int timer;	   /* timerfd: when to look what the news was */
	struct held *held; /* owned */
	size_t n, room;
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

/* ---- the kernel ---- */

/* One transaction. Return: 0, or 1 with what the kernel or the parser says in @why. */
static int run(struct nftables *x, const struct text *commands, struct text *why)
{
	const char *said;
	int r;

	if (!text_ok(commands)) {
		text_add(why, "out of memory");
		return 1;
	}
	if (!commands->len)
		return 0;
	nft_ctx_output_set_flags(x->nft, 0);
	r = nft_run_cmd_from_buffer(x->nft, text_str(commands));
	nft_ctx_get_output_buffer(x->nft);
	said = nft_ctx_get_error_buffer(x->nft);
	if (r)
		text_add_n(why, said ? said : "", said ? strcspn(said, "\n") : 0);
	return r ? 1 : 0;
}

/* Return: 0 with an owned *out; 1 where what is asked for is not there. */
static int list(struct nftables *x, const char *what, const char *name, json_t **out)
{
	_cleanup_text_ struct text command = TEXT_NULL;
	const char *said;
	int r;

	text_printf(&command, "list %s inet %s%s%s", what, x->table, *name ? " " : "", name);
	if (!text_ok(&command))
		return -ENOMEM;
	nft_ctx_output_set_flags(x->nft, NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_HANDLE);
	r = nft_run_cmd_from_buffer(x->nft, text_str(&command));
	said = nft_ctx_get_output_buffer(x->nft);
	*out = r || !said ? NULL : json_loads(said, 0, NULL);
	nft_ctx_get_error_buffer(x->nft);
	if (r)
		return 1;
	return *out ? 0 : -EPROTO;
}

/* ---- looking after what we put there ---- */

static void note_found(void *userdata, const char *id)
{
	hold(userdata, id);
}

/* Each may be dropped while it is told. */
static void tell_found(struct nftables *x)
{
	for (size_t i = x->n; i-- > 0;)
		if (i < x->n && !x->held[i].wanted.n_rules)
			tell(x, ROUTER_FOUND, x->held[i].measure, "");
}

static bool is_whole(const json_t *listing, const struct held *h, int64_t now_us)
{
	struct nft_stands s = nft_stands(listing, h->measure, h->wanted.mark);

	return s.n_rules >= h->wanted.n_rules && s.n_sets >= h->wanted.n_sets && s.counter &&
	       (s.n_elements >= h->wanted.n_sets || h->until_us - now_us < NEAR_END_US);
}

/* Of those that we put there, one of which something is missing; NULL all are whole. */
static const struct held *broken(struct nftables *x, const json_t *listing)
{
	int64_t now_us = clock_real_us();

	for (size_t i = 0; i < x->n; i++)
		if (x->held[i].wanted.n_rules && !is_whole(listing, &x->held[i], now_us))
			return &x->held[i];
	return NULL;
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

	log_warn("nftables", "name=\"%s\" table=%s lost=\"%s\"", x->r.neighbor->name, x->table,
		 why);
	x->n = 0;
	x->r.is_up = false;
	if (was_up)
		tell(x, ROUTER_LOST, "", why);
	nft_say_table(x->table, &commands);
	x->r.is_up = run(x, &commands, &wrong) == 0;
	if (!x->r.is_up) {
		log_warn("nftables", "name=\"%s\" table=%s refused=\"%s\"", x->r.neighbor->name,
			 x->table, text_str(&wrong));
		look_later(x);
		return;
	}
	if (list(x, "table", "", &listing) == 0)
		nft_each(listing, note_found, x);
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
	r = list(x, "table", "", &listing);
	if (r < 0)
		look_later(x);
	else if (r)
		begin_anew(x, "the table is gone");
	else if (!x->r.is_up || broken(x, listing))
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

	loop_remove_fd(x->loop, fd);
	tell(x, ROUTER_UP, "", "");
	tell_found(x);
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
	if (x->nft)
		nft_ctx_free(x->nft);
	json_decref(x->counters);
	free(x->held);
	free(x);
	return NULL;
}

/* The kernel's news of rules; without them we would not see that somebody flushed ours. */
static int listen_for_news(struct nftables *x)
{
	struct sockaddr_nl to = {.nl_family = AF_NETLINK,
				 .nl_groups = 1u << (NFNLGRP_NFTABLES - 1)};

	x->monitor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
	if (x->monitor < 0 || bind(x->monitor, (struct sockaddr *)&to, sizeof(to)) < 0)
		return -errno;
	return loop_add_fd(x->loop, x->monitor, EPOLLIN, on_news, x);
}

static int begin(struct nftables *x, struct text *why)
{
	_cleanup_text_ struct text commands = TEXT_NULL;
	json_t *listing = NULL;
	int r;

	x->nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!x->nft || nft_ctx_buffer_output(x->nft) || nft_ctx_buffer_error(x->nft))
		return -ENOMEM;
	nft_say_table(x->table, &commands);
	if (run(x, &commands, why))
		return -EPERM;
	r = list(x, "table", "", &listing);
	if (r) {
		text_add(why, "the table cannot be read");
		return r < 0 ? r : -EPERM;
	}
	nft_each(listing, note_found, x);
	json_decref(listing);
	r = listen_for_news(x);
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
	snprintf(x->table, sizeof(x->table), "%s", *n->table ? n->table : TABLE_DEFAULT);
	if (!nft_table_is_good(x->table)) {
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

/* Where nothing of it can stand, the table need not be read: it may be long. */
static int listing_for(struct nftables *x, const char *measure, json_t **out)
{
	*out = NULL;
	return find(x, measure) ? list(x, "table", "", out) : 0;
}

static int nftables_apply(struct router *r, const struct measure *m)
{
	struct nftables *x = (struct nftables *)r;
	_cleanup_text_ struct text commands = TEXT_NULL, why = TEXT_NULL;
	struct nft_wanted wanted = {.n_rules = 0};
	json_t *listing = NULL;
	struct held *h;
	int wrong;

	if (!x->r.is_up)
		return -ENOTCONN;
	wrong = listing_for(x, m->id, &listing);
	if (wrong < 0)
		return wrong;
	wrong = nft_say_apply(x->table, m, clock_real_us(), listing, &wanted, &commands);
	json_decref(listing);
	if (wrong) {
		tell(x, ROUTER_REFUSED, m->id, text_str(&commands));
		return 0;
	}
	h = hold(x, m->id); /* before it stands, so that it is never there unknown */
	if (!h)
		return -ENOMEM;
	if (run(x, &commands, &why)) {
		tell(x, ROUTER_REFUSED, m->id, text_str(&why));
		return 0;
	}
	h->wanted = wanted;
	h->until_us = nft_end_us(m);
	tell(x, ROUTER_HAS, m->id, "");
	return 0;
}

static int nftables_take_away(struct router *r, const struct measure *m)
{
	struct nftables *x = (struct nftables *)r;
	_cleanup_text_ struct text commands = TEXT_NULL, why = TEXT_NULL;
	json_t *listing = NULL;
	int wrong;

	if (!nft_id_is_good(m->id))
		return -EINVAL;
	wrong = list(x, "table", "", &listing);
	if (wrong < 0)
		return wrong;
	nft_say_away(x->table, m->id, listing, &commands);
	json_decref(listing);
	drop(x, m->id); /* before it is gone, so that its going is no loss */
	if (run(x, &commands, &why)) {
		hold(x, m->id);
		tell(x, ROUTER_REFUSED, m->id, text_str(&why));
		return 0;
	}
	tell(x, ROUTER_HAS_NOT, m->id, "");
	return 0;
}

/* All counters, read once for all measures that are asked for at about the same time. */
static int read_counters(struct nftables *x)
{
	json_decref(x->counters);
	x->counters = NULL;
	x->counted_us = clock_mono_us();
	return list(x, "counters table", "", &x->counters);
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

const struct router_ops router_nftables = {
	.name = "nftables",
	.open = nftables_open,
	.close = nftables_close,
	.apply = nftables_apply,
	.take_away = nftables_take_away,
	.counter = nftables_counter,
};
