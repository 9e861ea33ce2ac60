/* SPDX-License-Identifier: ISC */
/*
 * One command is with ExaBGP at a time: its answers carry no name, so only their order says what
 * they answer. A relay begins by having ExaBGP forget whatever it announces: where ExaBGP itself is
 * new that is nothing; where only the relay died, nobody knows the ends of what stands there, and
 * nothing may stand without an end.
 */
#include "router/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "router/pipe_book.h"
#include "router/talk.h"

#define QUEUE_MAX     16384
#define CONNECT_US    (200 * US_PER_MS) /* between tries to reach the role */
#define GRACE_US      (500 * US_PER_MS) /* for a role that is there to take it back itself */
#define ANSWER_US     (30 * US_PER_S)	/* an ExaBGP that says nothing so long is begun anew with */
#define AGAIN_US      US_PER_S		/* after a withdrawal that was refused */
#define NEIGHBORS_MAX 64
#define LINES_A_TURN  512

enum from { FROM_ROLE, FROM_WATCHDOG, FROM_START };

struct command {
	enum from from;
	json_int_t seq;
	int64_t until_us;
	char measure[MEASURE_ID_MAX];
	char *say, *undo; /* owned; undo NULL: it takes back */
};

struct neighbor_state {
	char address[48];
	bool up;
};

struct pipe {
	const char *socket;
	struct talk exabgp, role;
	int64_t connect_us;    /* monotonic; when to try again */
	struct command *queue; /* ring of QUEUE_MAX, owned */
	size_t head, n;
	bool asked; /* the command at the head is with ExaBGP, since asked_us (monotonic) */
	int64_t asked_us;
	bool started; /* what it begins with has been answered */
	bool greeted; /* the role was told what stands */
	struct book book;
	struct neighbor_state neighbors[NEIGHBORS_MAX];
	unsigned n_neighbors;
};

static volatile sig_atomic_t stop;

static void on_signal(int signo)
{
	stop = 1;
}

/* ---- the queue ---- */

static struct command *head(struct pipe *p)
{
	return &p->queue[p->head % QUEUE_MAX];
}

static void command_free(struct command *c)
{
	free(c->say);
	free(c->undo);
	*c = (struct command){.say = NULL};
}

static void pop(struct pipe *p)
{
	command_free(head(p));
	p->head++;
	p->n--;
	p->asked = false;
}

/* Takes nothing; copies. */
static int push(struct pipe *p, enum from from, json_int_t seq, const char *measure,
		const char *say, const char *undo, int64_t until_us)
{
	struct command *c = &p->queue[(p->head + p->n) % QUEUE_MAX];

	if (p->n == QUEUE_MAX)
		return -ENOSPC;
	*c = (struct command){.from = from, .seq = seq, .until_us = until_us};
	snprintf(c->measure, sizeof(c->measure), "%s", measure);
	c->say = strdup(say);
	c->undo = undo ? strdup(undo) : NULL;
	if (!c->say || (undo && !c->undo)) {
		command_free(c);
		return -ENOMEM;
	}
	p->n++;
	return 0;
}

/* What the role asked and is not with ExaBGP yet: it will tell it again. */
static void drop_asked(struct pipe *p)
{
	size_t n = p->n, kept = 0;

	for (size_t i = 0; i < n; i++) {
		struct command *c = &p->queue[(p->head + i) % QUEUE_MAX];
		struct command moved = *c;

		*c = (struct command){.say = NULL};
		if (moved.from == FROM_ROLE && !(i == 0 && p->asked))
			command_free(&moved);
		else
			p->queue[(p->head + kept++) % QUEUE_MAX] = moved;
	}
	p->n = kept;
}

/* It stands in the book before ExaBGP hears of it, so that nothing is announced whose end nobody
 * knows. */
static int next_command(struct pipe *p)
{
	while (p->n && !p->asked) {
		struct command *c = head(p);
		int r = 0;

		if (c->undo)
			r = book_put(&p->book, c->measure, c->undo, c->until_us);
		if (r == -ENOMEM)
			return r;
		if (r) {
			log_error("book-full", "measure=%s", c->measure);
			if (p->greeted)
				talk_say_json(&p->role,
					      json_pack("{sIsb}", "seq", c->seq, "ok", 0));
			pop(p);
			continue;
		}
		p->asked = true;
		p->asked_us = clock_mono_us();
		return talk_say(&p->exabgp, c->say);
	}
	return 0;
}

/* ---- what ExaBGP says ---- */

static void tell_neighbor(struct pipe *p, const struct neighbor_state *n)
{
	if (p->greeted)
		talk_say_json(&p->role, json_pack("{sssb}", "neighbor", n->address, "up", n->up));
}

static void neighbor_is(struct pipe *p, const char *address, bool up)
{
	unsigned i = 0;

	while (i < p->n_neighbors && strcmp(p->neighbors[i].address, address) != 0)
		i++;
	if (i == NEIGHBORS_MAX || strlen(address) >= sizeof(p->neighbors[i].address))
		return;
	if (i == p->n_neighbors)
		p->n_neighbors++;
	strcpy(p->neighbors[i].address, address);
	p->neighbors[i].up = up;
	tell_neighbor(p, &p->neighbors[i]);
}

/* {"type":"state","neighbor":{"address":{"peer":A},"state":"up"}} of ExaBGP 4.2. */
static void on_event(struct pipe *p, const json_t *o)
{
	const json_t *n = json_object_get(o, "neighbor");
	const char *type = json_string_value(json_object_get(o, "type"));
	const char *state = json_string_value(json_object_get(n, "state"));
	const char *peer =
		json_string_value(json_object_get(json_object_get(n, "address"), "peer"));

	if (!type || !state || !peer || strcmp(type, "state") != 0)
		return;
	if (strcmp(state, "up") == 0 || strcmp(state, "down") == 0)
		neighbor_is(p, peer, *state == 'u');
}

/* A line of `show neighbor summary`: address, AS, since when, state. */
static void on_summary(struct pipe *p, const char *line)
{
	char address[48], as[24], since[24], state[24];

	if (sscanf(line, "%47s %23s %23s %23s", address, as, since, state) == 4 &&
	    strcmp(state, "established") == 0)
		neighbor_is(p, address, true);
}

static void tell_end(struct pipe *p, const struct command *c)
{
	if (p->greeted)
		talk_say_json(&p->role, json_pack("{ssss}", "ended", c->measure, "undo", c->say));
}

static void on_answer(struct pipe *p, bool ok)
{
	struct command *c = head(p);
	struct book_entry *e;

	if (!p->n || !p->asked) {
		log_warn("answer-unasked", "ok=%d", ok);
		return;
	}
	if (c->undo ? !ok : ok)
		book_take(&p->book, c->undo ? c->undo : c->say);
	else if (!c->undo && (e = book_find(&p->book, c->say)) != NULL) {
		e->asked = false;
		e->due_us = clock_real_us() + AGAIN_US;
	}
	if (c->from == FROM_ROLE && p->greeted)
		talk_say_json(&p->role, json_pack("{sIsb}", "seq", c->seq, "ok", ok));
	if (c->from == FROM_WATCHDOG) {
		log_warn("watchdog", "measure=%s ok=%d", c->measure, ok);
		if (ok)
			tell_end(p, c);
	}
	pop(p);
}

static void on_exabgp_line(struct pipe *p, const char *line)
{
	json_t *o;
	const char *answer;

	if (strcmp(line, "done") == 0 || strcmp(line, "error") == 0) {
		on_answer(p, *line == 'd');
		return;
	}
	if (*line != '{') {
		on_summary(p, line);
		return;
	}
	o = json_loads(line, 0, NULL);
	answer = json_string_value(json_object_get(o, "answer"));
	if (answer)
		on_answer(p, strcmp(answer, "done") == 0);
	else
		on_event(p, o);
	json_decref(o);
}

/* Return: 0, -EPIPE when ExaBGP is gone, or another errno. */
static int listen_to_exabgp(struct pipe *p)
{
	int r = talk_read(&p->exabgp);
	char *line;

	while ((line = talk_line(&p->exabgp)) != NULL) {
		on_exabgp_line(p, line);
		if (!p->asked) {
			int sent = next_command(p);

			r = r ? r : sent;
		}
	}
	return r;
}

/* ---- the role ---- */

static void role_gone(struct pipe *p)
{
	if (talk_is_open(&p->role))
		log_info("role-away", "standing=%zu", p->book.n);
	talk_close(&p->role);
	p->greeted = false;
	p->connect_us = clock_mono_us() + CONNECT_US;
	drop_asked(p);
}

static void connect_role(struct pipe *p)
{
	int fd;

	if (talk_is_open(&p->role) || clock_mono_us() < p->connect_us)
		return;
	p->connect_us = clock_mono_us() + CONNECT_US;
	fd = talk_connect(p->socket);
	if (fd >= 0)
		talk_open(&p->role, fd, fd);
}

/* Once it is there and the beginning is over: all that stands. */
static int greet(struct pipe *p)
{
	int r;

	if (p->greeted || !p->started || !talk_is_open(&p->role))
		return 0;
	p->greeted = true;
	r = talk_say_json(&p->role, json_pack("{si}", "hello", 1));
	for (unsigned i = 0; i < p->n_neighbors; i++)
		tell_neighbor(p, &p->neighbors[i]);
	for (size_t i = 0; r == 0 && i < p->book.n; i++)
		r = talk_say_json(&p->role, json_pack("{sssssI}", "has", p->book.list[i].measure,
						      "undo", p->book.list[i].undo, "until",
						      (json_int_t)p->book.list[i].until_us));
	return r ? r : talk_say_json(&p->role, json_pack("{sb}", "ready", 1));
}

static bool one_line(const char *s)
{
	return s && *s && !strpbrk(s, "\r\n") && strlen(s) < 4096;
}

static int on_role_line(struct pipe *p, const char *line)
{
	json_t *o = json_loads(line, 0, NULL);
	const char *measure = json_string_value(json_object_get(o, "measure"));
	const char *say = json_string_value(json_object_get(o, "say"));
	const char *undo = json_string_value(json_object_get(o, "undo"));
	json_int_t seq = json_integer_value(json_object_get(o, "seq"));
	int64_t until_us = json_integer_value(json_object_get(o, "until"));
	int r = -EINVAL;

	/* An announcement without an end is none. */
	if (measure && one_line(say) && (!undo || (one_line(undo) && until_us > 0)))
		r = push(p, FROM_ROLE, seq, measure, say, undo, until_us);
	json_decref(o);
	if (r == -EINVAL || r == -ENOSPC)
		return talk_say_json(&p->role, json_pack("{sIsb}", "seq", seq, "ok", 0));
	return r;
}

static int listen_to_role(struct pipe *p)
{
	int r = talk_read(&p->role), answer = 0;
	char *line;

	while (answer != -ENOMEM && (line = talk_line(&p->role)) != NULL)
		answer = on_role_line(p, line);
	if (r < 0 || (answer < 0 && answer != -ENOMEM))
		role_gone(p);
	return r == -ENOMEM || answer == -ENOMEM ? -ENOMEM : next_command(p);
}

/* ---- the watchdog ---- */

static int watchdog(struct pipe *p)
{
	int64_t grace_us = p->greeted ? GRACE_US : 0;
	struct book_entry *e;
	int r = 0;

	while (r == 0 && (e = book_due(&p->book, clock_real_us(), grace_us)) != NULL) {
		e->asked = true;
		r = push(p, FROM_WATCHDOG, 0, e->measure, e->undo, NULL, 0);
		if (r == -ENOSPC) {
			e->asked = false;
			e->due_us = clock_real_us() + AGAIN_US;
			r = 0;
		}
	}
	return r ? r : next_command(p);
}

static int patience_ms(const struct pipe *p)
{
	int64_t grace_us = p->greeted ? GRACE_US : 0, next_us = book_next_us(&p->book),
		us = US_PER_S;

	if (!talk_is_open(&p->role))
		us = CONNECT_US;
	if (next_us != INT64_MAX && next_us + grace_us - clock_real_us() < us)
		us = next_us + grace_us - clock_real_us();
	return us <= 0 ? 0 : (int)(us / US_PER_MS) + 1;
}

/* ---- the loop ---- */

static int turn(struct pipe *p)
{
	struct pollfd fds[] = {
		{.fd = p->exabgp.in, .events = POLLIN},
		{.fd = talk_waits(&p->exabgp) ? p->exabgp.out : -1, .events = POLLOUT},
		{.fd = talk_is_open(&p->role) ? p->role.in : -1,
		 .events = POLLIN | (talk_waits(&p->role) ? POLLOUT : 0)},
	};
	int r = 0;

	if (poll(fds, 3, patience_ms(p)) < 0 && errno != EINTR)
		return -errno;
	if (fds[1].revents)
		r = talk_flush(&p->exabgp);
	if (r >= 0 && fds[0].revents)
		r = listen_to_exabgp(p);
	if (r >= 0 && fds[2].revents & POLLOUT && talk_flush(&p->role) < 0)
		role_gone(p);
	if (r >= 0 && fds[2].revents & ~POLLOUT && talk_is_open(&p->role))
		r = listen_to_role(p);
	if (r < 0)
		return r;
	/* Its answers have no names: with one missing nobody knows which is which. */
	if (p->asked && clock_mono_us() > p->asked_us + ANSWER_US) {
		log_error("exabgp-silent", "advice=\"ExaBGP starts another relay\"");
		return -ETIMEDOUT;
	}
	p->started = p->started || !p->n || head(p)->from != FROM_START;
	connect_role(p);
	r = greet(p);
	if (r < 0 && r != -ENOMEM) {
		role_gone(p);
		r = 0;
	}
	return r < 0 ? r : watchdog(p);
}

static int begin(struct pipe *p)
{
	static const char *const first[] = {"show neighbor summary", "clear adj-rib out"};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_LEN(first); i++)
		r = push(p, FROM_START, 0, "", first[i], NULL, 0);
	return r ? r : next_command(p);
}

static void open_streams(struct pipe *p)
{
	struct sigaction a = {.sa_handler = on_signal};

	sigaction(SIGTERM, &a, NULL);
	sigaction(SIGINT, &a, NULL);
	signal(SIGPIPE, SIG_IGN);
	fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
	fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK);
	talk_open(&p->exabgp, STDIN_FILENO, STDOUT_FILENO);
	talk_open(&p->role, -1, -1);
}

int pipe_run(const char *socket)
{
	struct pipe p = {.socket = socket};
	int r;

	p.queue = calloc(QUEUE_MAX, sizeof(*p.queue));
	if (!p.queue)
		return -ENOMEM;
	open_streams(&p);
	r = begin(&p);
	while (r == 0 && !stop)
		r = turn(&p);
	while (p.n)
		pop(&p);
	talk_close(&p.role);
	free(p.exabgp.buf);
	text_deinit(&p.exabgp.say);
	book_deinit(&p.book);
	free(p.queue);
	return r == -EPIPE ? 0 : r;
}
