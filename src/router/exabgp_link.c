/* SPDX-License-Identifier: ISC */
#include "router/exabgp_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "router/pipe_book.h"
#include "router/talk.h"

struct link {
	struct link *next;
	struct loop *loop;
	char path[LINK_PATH_MAX];
	int listen;
	struct talk relay;
	bool hello, ready;
	bool writing; /* the loop tells when its socket takes more */
	uint64_t seq;
	struct link_user *users;
};

static struct link *links; /* of this process, by path */

static int on_relay(void *userdata, int fd, uint32_t events);

/* A full socket is written on when the loop says that there is room. */
static int watch_room(struct link *l)
{
	bool writing = talk_waits(&l->relay);

	if (writing == l->writing)
		return 0;
	l->writing = writing;
	loop_remove_fd(l->loop, l->relay.in);
	return loop_add_fd(l->loop, l->relay.in, EPOLLIN | (writing ? EPOLLOUT : 0), on_relay, l);
}

/* ---- who is told ---- */

static struct link_user *user_of(const struct link *l, const char *undo)
{
	static const char word[] = "neighbor ";
	size_t n;

	if (strncmp(undo, word, sizeof(word) - 1) != 0)
		return NULL;
	undo += sizeof(word) - 1;
	n = strcspn(undo, " ");
	for (struct link_user *u = l->users; u; u = u->next)
		if (strlen(u->address) == n && memcmp(u->address, undo, n) == 0)
			return u;
	return NULL;
}

static void set_state(struct link *l, struct link_user *u)
{
	bool up = l->ready && u->session;

	if (up == u->is_up)
		return;
	u->is_up = up;
	u->state(u);
}

static void relay_gone(struct link *l)
{
	if (!talk_is_open(&l->relay))
		return;
	loop_remove_fd(l->loop, l->relay.in);
	talk_close(&l->relay);
	l->hello = l->ready = l->writing = false;
	for (struct link_user *u = l->users; u; u = u->next) {
		u->session = false;
		set_state(l, u);
		u->reset(u);
	}
	log_warn("relay-gone", "socket=\"%s\"", l->path);
}

/* ---- what the relay says ---- */

static void on_neighbor(struct link *l, const char *address, bool up)
{
	for (struct link_user *u = l->users; u; u = u->next) {
		if (strcmp(u->address, address) != 0)
			continue;
		u->session = up;
		set_state(l, u);
	}
}

static void on_ready(struct link *l)
{
	l->ready = true;
	log_info("relay-ready", "socket=\"%s\"", l->path);
	for (struct link_user *u = l->users; u; u = u->next) {
		u->ready(u);
		set_state(l, u);
	}
}

static void on_line(struct link *l, const json_t *o)
{
	const char *neighbor = json_string_value(json_object_get(o, "neighbor"));
	const char *has = json_string_value(json_object_get(o, "has"));
	const char *ended = json_string_value(json_object_get(o, "ended"));
	const char *undo = json_string_value(json_object_get(o, "undo"));
	const json_t *seq = json_object_get(o, "seq");
	struct link_user *u = undo ? user_of(l, undo) : NULL;

	if (json_object_get(o, "hello")) {
		l->hello = true;
	} else if (neighbor) {
		on_neighbor(l, neighbor, json_is_true(json_object_get(o, "up")));
	} else if ((has || ended) && !book_measure_is_good(has ? has : ended)) {
		log_warn("relay-nonsense", "socket=\"%s\"",
			 l->path); /* none of ours, nor fit to log */
	} else if (has && u) {
		u->has(u, has, undo, json_integer_value(json_object_get(o, "until")));
	} else if (ended && u) {
		u->ended(u, ended, undo);
	} else if (json_object_get(o, "ready") && l->hello) {
		on_ready(l);
	} else if (json_is_integer(seq)) {
		for (u = l->users; u; u = u->next)
			u->answer(u, (uint64_t)json_integer_value(seq),
				  json_is_true(json_object_get(o, "ok")));
	}
}

static int on_relay(void *userdata, int fd, uint32_t events)
{
	struct link *l = userdata;
	int r = events & ~(uint32_t)EPOLLOUT ? talk_read(&l->relay) : 0;
	char *line;

	while (talk_is_open(&l->relay) && (line = talk_line(&l->relay)) != NULL) {
		json_t *o = json_loads(line, 0, NULL);

		on_line(l, o);
		json_decref(o);
	}
	if (r == 0 && talk_is_open(&l->relay))
		r = talk_flush(&l->relay);
	if (r < 0)
		relay_gone(l);
	else if (talk_is_open(&l->relay))
		r = watch_room(l);
	return r == -ENOMEM ? r : 0;
}

/* The newest counts: an ExaBGP that was started anew has a relay of its own. */
static int on_listen(void *userdata, int fd, uint32_t events)
{
	struct link *l = userdata;
	int r, peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (peer < 0)
		return 0;
	relay_gone(l);
	talk_open(&l->relay, peer, peer);
	r = loop_add_fd(l->loop, peer, EPOLLIN, on_relay, l);
	if (r)
		talk_close(&l->relay);
	return r == -ENOMEM ? r : 0;
}

/* ---- joining and leaving ---- */

static void link_free(struct link *l)
{
	struct link **at = &links;

	while (*at && *at != l)
		at = &(*at)->next;
	if (*at)
		*at = l->next;
	if (talk_is_open(&l->relay))
		loop_remove_fd(l->loop, l->relay.in);
	talk_close(&l->relay);
	if (l->listen >= 0)
		loop_remove_fd(l->loop, l->listen);
	talk_unlisten(l->listen, l->path);
	free(l);
}

static int link_new(struct loop *loop, const char *path, struct link **out, struct text *why)
{
	struct link *l = calloc(1, sizeof(*l));
	int r = 0;

	if (!l)
		return -ENOMEM;
	l->loop = loop;
	talk_open(&l->relay, -1, -1);
	l->listen = -1;
	if ((size_t)snprintf(l->path, sizeof(l->path), "%s", path) >= sizeof(l->path))
		r = -ENAMETOOLONG;
	if (r == 0) {
		l->listen = talk_listen(path, 0660);
		r = l->listen < 0 ? l->listen : 0;
	}
	r = r ? r : loop_add_fd(loop, l->listen, EPOLLIN, on_listen, l);
	if (r) {
		text_printf(why, "%s: %s\n", path, strerror(-r));
		link_free(l);
		return r;
	}
	l->next = links;
	links = l;
	*out = l;
	return 0;
}

int link_join(struct loop *loop, const char *path, struct link_user *u, struct link **out,
	      struct text *why)
{
	struct link *l = links;
	int r = 0;

	while (l && (strcmp(l->path, path) != 0 || l->loop != loop))
		l = l->next;
	if (!l)
		r = link_new(loop, path, &l, why);
	if (r)
		return r;
	u->next = l->users;
	l->users = u;
	*out = l;
	return 0;
}

struct link *link_leave(struct link *l, struct link_user *u)
{
	struct link_user **at = l ? &l->users : NULL;

	if (!l)
		return NULL;
	while (*at && *at != u)
		at = &(*at)->next;
	if (*at)
		*at = u->next;
	if (!l->users)
		link_free(l);
	return NULL;
}

bool link_is_ready(const struct link *l)
{
	return l->ready;
}

int link_say(struct link *l, const char *measure, const char *say, const char *undo,
	     int64_t until_us, uint64_t *seq)
{
	json_t *o;
	int r;

	if (!l->ready)
		return -ENOTCONN;
	*seq = ++l->seq;
	o = json_pack("{sIsssIss}", "seq", (json_int_t)*seq, "measure", measure, "until",
		      (json_int_t)until_us, "say", say);
	if (o && undo && json_object_set_new(o, "undo", json_string(undo))) {
		json_decref(o);
		o = NULL;
	}
	r = talk_say_json(&l->relay, o);
	r = r ? r : watch_room(l);
	/* Not closed here: whoever says it may be in the middle of a walk; the loop will see it. */
	return r == -EPIPE ? -ENOTCONN : r;
}
