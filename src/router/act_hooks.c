/* SPDX-License-Identifier: ISC */
/*
 * Programs of the configuration that are told of each event of a measure: JSON on standard input,
 * or the way FastNetMon calls its notify script (ADDRESS DIRECTION PPS ACTION, details on standard
 * input), so that scripts written for that go on working. What they do is their own; nothing waits
 * for them, and one that fails is counted and said, never tried again.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "courier/channel_program.h"
#include "judge/json_fields.h"
#include "router/act_inside.h"

#define WAITING_MAX 1024
#define RUNNING_MAX 4
#define PROGRAM_S   30

struct job {
	char program[CONF_DUTY_TEXT_MAX], id[MEASURE_ID_MAX], address[PREFIX_TEXT_MAX], pps[24];
	const char *action; /* of FastNetMon, NULL: JSON */
	char *input;	    /* owned */
};

struct act_hooks {
	struct job *ring; /* WAITING_MAX, owned */
	size_t head, n;
	pid_t running[RUNNING_MAX];
	char program[RUNNING_MAX][CONF_DUTY_TEXT_MAX];
	uint64_t lost;
};

struct act_hooks *act_hooks_new(void)
{
	struct act_hooks *h = calloc(1, sizeof(*h));

	if (h)
		h->ring = calloc(WAITING_MAX, sizeof(*h->ring));
	return h && h->ring ? h : act_hooks_free(h);
}

/* Those that run have sessions of their own and end by themselves. */
struct act_hooks *act_hooks_free(struct act_hooks *h)
{
	if (!h)
		return NULL;
	for (; h->ring && h->n; h->head++, h->n--)
		free(h->ring[h->head % WAITING_MAX].input);
	free(h->ring);
	free(h);
	return NULL;
}

/* ---- what is told ---- */

static char *dump(json_t *o_take)
{
	char *text = json_line(o_take);

	json_decref(o_take);
	return text;
}

static char *details(const struct measure *m, const char *event)
{
	json_t *o = measure_json(m);

	return dump(json_pack("{sssososb}", "event", event, "at", json_time(clock_real_us()),
			      "measure", o ? o : json_null(), "drill", m->drill));
}

/* FastNetMon bans an address when its measure stands, and unbans it when that is gone. */
static const char *action_of(const char *event)
{
	return strcmp(event, "applied") == 0 ? "ban" : strcmp(event, "gone") == 0 ? "unban" : NULL;
}

/* @m: NULL for what is about none. Takes @input. */
static void queue(struct act *a, const struct conf_hook *c, const struct measure *m,
		  const char *action, char *input)
{
	struct act_hooks *h = a->hooks;
	struct job *j = &h->ring[(h->head + h->n) % WAITING_MAX];

	if (!input)
		return;
	if (h->n == WAITING_MAX) {
		free(input);
		h->lost++;
		a->hook_failures++;
		log_error("hook-lost", "program=\"%s\" lost=%llu", c->program,
			  (unsigned long long)h->lost);
		return;
	}
	*j = (struct job){.action = action, .input = input};
	snprintf(j->program, sizeof(j->program), "%s", c->program);
	snprintf(j->id, sizeof(j->id), "%s", m ? m->id : "-");
	if (action) {
		prefix_format(&m->option.target, j->address);
		snprintf(j->pps, sizeof(j->pps), "%.0f", act_incident_pps(a, m->incident));
	}
	h->n++;
}

static bool wants(const struct conf_hook *c, const char *event)
{
	return *c->program && (!*c->event || strcmp(c->event, event) == 0);
}

void act_hook(struct act *a, const struct measure *m, const char *event)
{
	for (size_t i = 0; i < a->conf->act.n_hooks; i++) {
		const struct conf_hook *c = &a->conf->act.hooks[i];
		const char *action = c->fastnetmon ? action_of(event) : NULL;

		if (wants(c, event) && (!c->fastnetmon || action))
			queue(a, c, m, action, details(m, event));
	}
}

void act_hook_said(struct act *a, const char *event, const char *subject, const char *word,
		   const char *why)
{
	for (size_t i = 0; !a->offline && i < a->conf->act.n_hooks; i++) {
		const struct conf_hook *c = &a->conf->act.hooks[i];

		if (wants(c, event) && !c->fastnetmon)
			queue(a, c, NULL, NULL,
			      dump(json_pack("{sssosssssssb}", "event", event, "at",
					     json_time(clock_real_us()), "subject", subject, "word",
					     word, "why", why, "drill", a->drill)));
	}
}

/* ---- how they run ---- */

static void plain_signals(void)
{
	static const int usual[] = {SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIGALRM};
	sigset_t none;

	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		signal(usual[i], SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* A child of ours that has nothing of the role but a copy of the job. */
static void run(const struct job *j)
{
	const char *args[] = {j->program, j->address, "incoming", j->pps, j->action, NULL};
	struct channel_result result = {.sent = false};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	prctl(PR_SET_NAME, "noroshi-hook");
	plain_signals();
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
		_exit(1);
	close_range(3, ~0u, 0);
	alarm(PROGRAM_S + 30);
	channel_program_args(j->program, j->action ? args : NULL, j->id, j->input, strlen(j->input),
			     PROGRAM_S, &result);
	if (!result.sent)
		dprintf(STDERR_FILENO,
			"noroshi: warn hook-failed program=\"%s\" measure=%s why=\"%s\"\n",
			j->program, j->id, result.why);
	_exit(result.sent ? 0 : 1);
}

static bool runs(const struct act_hooks *h, const char *program)
{
	for (unsigned i = 0; i < RUNNING_MAX; i++)
		if (h->running[i] && strcmp(h->program[i], program) == 0)
			return true;
	return false;
}

/* The first whose program does not run: each is told in order, and one that hangs keeps back
 * nothing but its own. Return: false where there is none. */
static bool take(struct act_hooks *h, struct job *out)
{
	size_t at = 0;

	while (at < h->n && runs(h, h->ring[(h->head + at) % WAITING_MAX].program))
		at++;
	if (at == h->n)
		return false;
	*out = h->ring[(h->head + at) % WAITING_MAX];
	for (; at; at--)
		h->ring[(h->head + at) % WAITING_MAX] = h->ring[(h->head + at - 1) % WAITING_MAX];
	h->head++;
	h->n--;
	return true;
}

void act_hooks_tick(struct act *a)
{
	struct act_hooks *h = a->hooks;
	struct job j;

	for (unsigned i = 0; i < RUNNING_MAX; i++) {
		pid_t pid;

		if (h->running[i] || !take(h, &j))
			continue;
		pid = fork();
		if (pid == 0)
			run(&j);
		if (pid < 0) {
			a->hook_failures++;
			log_error("no-hook", "program=\"%s\" reason=\"%s\"", j.program,
				  strerror(errno));
		} else {
			h->running[i] = pid;
			memcpy(h->program[i], j.program, sizeof(h->program[i]));
		}
		free(j.input);
	}
}

void act_hooks_reap(struct act *a)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (unsigned i = 0; i < RUNNING_MAX; i++) {
			if (a->hooks->running[i] != pid)
				continue;
			a->hooks->running[i] = 0;
			a->hook_failures += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
		}
	}
	act_hooks_tick(a);
}
