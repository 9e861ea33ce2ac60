/* SPDX-License-Identifier: ISC */
/*
 * The program may read nothing, print without end, leave children that hold its output, or never
 * end: so its end is what the kernel says, its input and output are moved as far as it lets us, and
 * of its output only the end is kept.
 */
#include "courier/channel_program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define SAID_MAX  500
#define LOOK_MS	  20		 /* how often its end is looked for */
#define GRACE_US  (2 * US_PER_S) /* between being asked to end and being ended */
#define NOT_FOUND 127
#define UNKNOWN	  (255 << 8) /* an end that nobody told; as exit status 255 */

struct run {
	pid_t pid;
	int in, out; /* pipes, -1 closed */
	const char *input;
	size_t n, written;
	char said[SAID_MAX + 1]; /* the end of what it printed */
	size_t n_said;
	int64_t ends_us, kill_us; /* 0: not asked to end yet */
};

static void close_pipe(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* In the child. What it prints of a failure becomes the reason. */
static void become(const char *path, const char *const *args, const char *id, int in, int out)
{
	char page[64], *const alone[] = {(char *)path, NULL};
	const char *env[] = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			     "LANG=C.UTF-8", page, NULL};

	snprintf(page, sizeof(page), "NOROSHI_PAGE_ID=%s", id);
	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	umask(077);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 || chdir("/"))
		_exit(NOT_FOUND);
	close_range(3, ~0u, 0);
	execve(path, args ? (char *const *)args : alone, (char *const *)env);
	dprintf(2, "%s", strerror(errno));
	_exit(NOT_FOUND);
}

static int start(struct run *r, const char *path, const char *const *args, const char *id)
{
	int in[2] = {-1, -1}, out[2] = {-1, -1};

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || (r->pid = fork()) < 0) {
		int why = -errno;

		for (int i = 0; i < 2; i++) {
			close_pipe(&in[i]);
			close_pipe(&out[i]);
		}
		return why;
	}
	if (r->pid == 0)
		become(path, args, id, in[0], out[1]);
	setpgid(r->pid, r->pid); /* whichever of both is first */
	close(in[0]);
	close(out[1]);
	r->in = in[1];
	r->out = out[0];
	fcntl(r->in, F_SETFL, O_NONBLOCK);
	fcntl(r->out, F_SETFL, O_NONBLOCK);
	return 0;
}

static void give(struct run *r)
{
	ssize_t n = write(r->in, r->input + r->written, r->n - r->written);

	if (n > 0)
		r->written += (size_t)n;
	/* Who closes its input early has read enough. */
	if (r->written == r->n || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_pipe(&r->in);
}

static void keep_end(struct run *r, const char *s, size_t n)
{
	size_t cut;

	if (n > SAID_MAX) {
		s += n - SAID_MAX;
		n = SAID_MAX;
	}
	cut = r->n_said + n > SAID_MAX ? r->n_said + n - SAID_MAX : 0;
	memmove(r->said, r->said + cut, r->n_said - cut);
	r->n_said -= cut;
	memcpy(r->said + r->n_said, s, n);
	r->n_said += n;
}

/* Return: was there something? */
static bool listen_to(struct run *r)
{
	char buf[4096];
	ssize_t n = read(r->out, buf, sizeof(buf));

	if (n > 0)
		keep_end(r, buf, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_pipe(&r->out);
	return n > 0;
}

/* Its time is over: asked once, then ended, with all of its group. */
static void hurry(struct run *r, int64_t now_us)
{
	if (now_us < r->ends_us)
		return;
	if (!r->kill_us) {
		kill(-r->pid, SIGTERM);
		kill(-r->pid, SIGCONT);
		r->kill_us = now_us + GRACE_US;
	} else if (now_us >= r->kill_us) {
		kill(-r->pid, SIGKILL);
	}
}

/* Without taking its end away, so that its number stays its own. */
static bool has_ended(const struct run *r)
{
	siginfo_t info = {.si_pid = 0};

	return waitid(P_PID, (id_t)r->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
	       info.si_pid == r->pid;
}

static int wait_end(struct run *r)
{
	int status = 0;

	while (!has_ended(r)) {
		struct pollfd p[] = {{.fd = r->in, .events = POLLOUT},
				     {.fd = r->out, .events = POLLIN}};

		poll(p, 2, LOOK_MS);
		if (p[0].revents)
			give(r);
		if (p[1].revents)
			listen_to(r);
		hurry(r, clock_mono_us());
	}
	/* What it printed last; a child it left behind may print on, so not to the end. */
	for (int i = 0; i < 16 && r->out >= 0 && listen_to(r); i++)
		;
	close_pipe(&r->in);
	close_pipe(&r->out);
	r->said[r->n_said] = '\0';
	if (r->kill_us) /* what it started; before its number can be another's */
		kill(-r->pid, SIGKILL);
	return waitpid(r->pid, &status, 0) == r->pid ? status : UNKNOWN;
}

static void judge(const struct run *r, int status, uint64_t most_s, struct channel_result *out)
{
	const char *colon = r->n_said ? ": " : "";

	if (r->kill_us)
		channel_failed(out, true, "ended after %llu s without an answer%s%s",
			       (unsigned long long)most_s, colon, r->said);
	else if (WIFSIGNALED(status))
		channel_failed(out, true, "ended by signal %d%s%s", WTERMSIG(status), colon,
			       r->said);
	else if (WEXITSTATUS(status) == NOT_FOUND)
		channel_failed(out, false, "could not run%s%s", colon, r->said);
	else if (WEXITSTATUS(status))
		channel_failed(out, false, "exit status %d%s%s", WEXITSTATUS(status), colon,
			       r->said);
	else
		*out = (struct channel_result){.sent = true};
}

void channel_program_args(const char *path, const char *const *args, const char *id,
			  const char *input, size_t n, uint64_t most_s, struct channel_result *out)
{
	struct run r = {.in = -1,
			.out = -1,
			.input = input,
			.n = n,
			.ends_us = clock_mono_us() + (int64_t)most_s * US_PER_S};
	int why;

	if (*path != '/') {
		channel_failed(out, false, "%s: a program is named by its absolute path", path);
		return;
	}
	why = start(&r, path, args, id);
	if (why) {
		channel_failed(out, false, "could not run: %s", strerror(-why));
		return;
	}
	judge(&r, wait_end(&r), most_s, out);
}

void channel_program(const char *path, const char *id, const char *input, size_t n, uint64_t most_s,
		     struct channel_result *out)
{
	channel_program_args(path, NULL, id, input, n, most_s, out);
}
