/* SPDX-License-Identifier: ISC */
/*
 * What a carrier has of the courier is a copy of its memory and nothing else: no file, no lock, no
 * terminal, no blocked signal. The heartbeat answers by a thread, which may hold a lock of the C
 * library at that moment; so a carrier keeps off what that thread uses (the log, broken-down
 * times), and an alarm clock ends one that hangs in spite of it.
 */
#include "courier/carry.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/cleanup.h"
#include "courier/deliver.h"

#define HUNG_S 60 /* beyond what a program may take */

static void plain_signals(void)
{
	static const int usual[] = {SIGHUP, SIGINT, SIGTERM, SIGCHLD, SIGALRM, SIGUSR1, SIGUSR2};
	sigset_t none;

	for (size_t i = 0; i < ARRAY_LEN(usual); i++)
		signal(usual[i], SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Closes all but @keep (-1 none), and the log where it is @wanted. Return: @keep's new number. */
static int close_all(int keep, bool log_wanted)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null < 0)
		_exit(CARRY_FAILED);
	for (int fd = 0; fd <= 2; fd++)
		if (fd < 2 || !log_wanted)
			dup2(null, fd);
	if (keep >= 0) {
		keep = fcntl(keep, F_DUPFD_CLOEXEC, 10);
		if (keep < 0 || dup3(keep, 3, O_CLOEXEC) < 0)
			_exit(CARRY_FAILED);
		keep = 3;
	}
	close_range(keep >= 0 ? 4 : 3, ~0u, 0);
	return keep;
}

static void become_carrier(const struct conf_duty *conf)
{
	setsid();
	alarm((unsigned)conf->program_s + HUNG_S);
	prctl(PR_SET_NAME, "noroshi-carrier");
	plain_signals();
}

static void carry(struct spool *s, const struct conf_duty *conf, const char *id, unsigned attempt)
{
	struct channel_result result = {.sent = false};
	struct spool_claim *claim = NULL;
	json_t *message = NULL;

	if (spool_begin(s, id, attempt, &claim, &message))
		_exit(CARRY_FAILED);
	deliver(conf, message, &result);
	_exit(spool_end(s, claim, &result) ? CARRY_FAILED : CARRY_SENT);
}

pid_t carry_spooled(struct spool *s, const struct conf_duty *conf, const char *id, unsigned attempt)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid)
		return pid;
	become_carrier(conf);
	spool_set_fd(s, close_all(spool_fd(s), false));
	carry(s, conf, id, attempt);
	return 0;
}

pid_t carry_memory(const struct conf_duty *conf, const json_t *message)
{
	struct channel_result result = {.sent = false};
	const char *id = json_string_value(json_object_get(message, "id"));
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid)
		return pid;
	become_carrier(conf);
	close_all(-1, true);
	deliver(conf, message, &result);
	if (result.sent)
		_exit(CARRY_SENT);
	dprintf(STDERR_FILENO, "noroshi: warn page-not-sent page=%s why=\"%s\"\n", id ? id : "?",
		result.why);
	_exit(result.unsure ? CARRY_UNSURE : CARRY_FAILED);
}
