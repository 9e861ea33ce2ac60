/* SPDX-License-Identifier: ISC */
/*
 * A wall clock that can be stepped, for one process: preloaded, it adds to the real clock what the
 * file of $CLOCK_SHIM says, also to the kernel's stamps of datagrams. The monotonic clock is left
 * alone, as the kernel leaves it alone when somebody sets the time. (libfaketime cannot change the
 * stamps, which would then be hours apart from the clock.)
 *
 * The file holds three native int64: microseconds to add, since when (real clock, microseconds),
 * and what was added before; a stamp of before the step keeps what was added then.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct step {
	volatile int64_t add_us, since_us, before_us;
};

static const struct step *step;

static __attribute__((constructor)) void open_step(void)
{
	const char *path = getenv("CLOCK_SHIM");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *p = fd >= 0 ? mmap(NULL, sizeof(*step), PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;

	step = p == MAP_FAILED ? NULL : p;
	if (fd >= 0)
		close(fd);
}

static void add_us(struct timespec *t, int64_t us)
{
	int64_t ns = t->tv_nsec + us % 1000000 * 1000;

	t->tv_sec += us / 1000000;
	if (ns < 0) {
		ns += 1000000000;
		t->tv_sec--;
	} else if (ns >= 1000000000) {
		ns -= 1000000000;
		t->tv_sec++;
	}
	t->tv_nsec = ns;
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	static int (*real)(clockid_t, struct timespec *);
	int r;

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "clock_gettime");
	r = real(id, t);
	if (r == 0 && step && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		add_us(t, step->add_us);
	return r;
}

int gettimeofday(struct timeval *restrict t, void *restrict zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	t->tv_sec = now.tv_sec;
	t->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *t)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (t)
		*t = now.tv_sec;
	return now.tv_sec;
}

static void shift_stamps(struct msghdr *m)
{
	struct timespec t;
	int64_t us;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&t, CMSG_DATA(c), sizeof(t));
		us = (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
		add_us(&t, us >= step->since_us ? step->add_us : step->before_us);
		memcpy(CMSG_DATA(c), &t, sizeof(t));
	}
}

int recvmmsg(int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *timeout)
{
	int got = (int)syscall(SYS_recvmmsg, fd, m, n, flags, timeout);

	for (int i = 0; step && i < got; i++)
		shift_stamps(&m[i].msg_hdr);
	return got;
}
