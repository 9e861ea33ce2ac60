/* SPDX-License-Identifier: ISC */
/*
 * The socket at which people ask: each connection one request and one answer. Owner and group may
 * connect; who it is comes from the kernel.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "router/act_inside.h"
#include "router/request.h"

static void client_close(struct act *a, struct act_client *c)
{
	if (!talk_is_open(&c->talk))
		return;
	loop_remove_fd(a->loop, c->talk.in);
	talk_close(&c->talk);
	c->id = 0;
	c->waits = false;
}

static struct act_client *client_of(struct act *a, uint64_t id)
{
	for (unsigned i = 0; id && i < ACT_CLIENTS_MAX; i++)
		if (a->clients[i].id == id)
			return &a->clients[i];
	return NULL;
}

void act_reply(struct act *a, uint64_t client, json_t *o)
{
	struct act_client *c = client_of(a, client);

	if (a->offline) {
		json_decref(a->offline_reply);
		a->offline_reply = o;
		return;
	}
	if (!c) {
		json_decref(o);
		return;
	}
	if (talk_say_json(&c->talk, o) < 0)
		log_warn("reply-unsent", "client=%llu", (unsigned long long)client);
	c->waits = false;
	if (!talk_waits(&c->talk))
		shutdown(c->talk.in, SHUT_WR); /* one answer; closed when it is read */
	c->ends_us = clock_mono_us() + US_PER_S;
}

void act_reply_for(struct act *a, struct act_measure *am, int answer, const char *en,
		   const char *ja)
{
	json_t *o;

	if (!am->client)
		return;
	o = json_pack("{sisssssssssssssb}", "exit", answer, "word", answer ? "router" : "", "en",
		      en, "ja", ja, "id", am->m.id, "stage", measure_stage_name(am->m.stage),
		      "override", am->m.override, "drill", am->m.drill);
	act_facts(a, &am->m, o);
	act_reply(a, am->client, o);
	am->client = 0;
}

static int on_client(void *userdata, int fd, uint32_t events)
{
	struct act_client *c = userdata;
	struct act *a = c->act;
	int r = talk_read(&c->talk), answer = 0;
	char *line = talk_line(&c->talk);
	json_t *request;

	if (line && !c->waits && c->id) {
		request = request_parse(line);
		answer = act_request(a, c, request);
		json_decref(request);
		c->ends_us = clock_mono_us() + (c->waits ? 2 * ACT_ANSWER_US : US_PER_S);
	}
	if (r < 0 && !c->waits)
		client_close(a, c);
	else if (r < 0) /* who waits has said all; the answer still finds it, or nobody */
		loop_remove_fd(a->loop, c->talk.in);
	return answer;
}

static int take(struct act *a, struct act_client *c, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int r;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0) {
		close(fd);
		return 0;
	}
	talk_open(&c->talk, fd, fd);
	c->act = a;
	c->id = ++a->client_id;
	c->uid = peer.uid;
	c->waits = false;
	c->ends_us = clock_mono_us() + ACT_CLIENT_US;
	r = loop_add_fd(a->loop, fd, EPOLLIN, on_client, c);
	if (r) {
		talk_close(&c->talk);
		c->id = 0;
	}
	return r == -ENOMEM ? r : 0;
}

static int on_door(void *userdata, int fd, uint32_t events)
{
	struct act *a = userdata;

	for (unsigned i = 0; i < ACT_CLIENTS_MAX; i++) {
		int peer;

		if (talk_is_open(&a->clients[i].talk))
			continue;
		peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		return peer < 0 ? 0 : take(a, &a->clients[i], peer);
	}
	usleep(1000); /* all places are taken: the tick makes room */
	return 0;
}

void act_door_tick(struct act *a)
{
	int64_t mono_us = clock_mono_us();

	for (unsigned i = 0; i < ACT_CLIENTS_MAX; i++) {
		struct act_client *c = &a->clients[i];

		if (!talk_is_open(&c->talk))
			continue;
		if (mono_us > c->ends_us || (talk_waits(&c->talk) && talk_flush(&c->talk) < 0))
			client_close(a, c);
	}
}

int act_open_door(struct act *a)
{
	for (unsigned i = 0; i < ACT_CLIENTS_MAX; i++)
		talk_open(&a->clients[i].talk, -1, -1);
	act_socket(a->conf, a->dir, a->socket);
	a->door = talk_listen(a->socket, 0660);
	if (a->door < 0) {
		log_error("no-door", "socket=\"%s\" reason=\"%s\"", a->socket, strerror(-a->door));
		return a->door;
	}
	return loop_add_fd(a->loop, a->door, EPOLLIN, on_door, a);
}

void act_close_door(struct act *a)
{
	for (unsigned i = 0; i < ACT_CLIENTS_MAX; i++)
		if (a->clients[i].act)
			client_close(a, &a->clients[i]);
	a->door = talk_unlisten(a->door, a->socket);
}
