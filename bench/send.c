/* SPDX-License-Identifier: ISC */
/*
 * Traffic over loopback UDP. A ring of datagrams is prepared; when one is sent again it gets new
 * sequence numbers and times, its spoofed records new sources, the spread's records new targets:
 * that costs the sender far less than making records, and a collector sees a plausible router.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "traffic.h"

#define RING	      2048 /* datagrams: 57,000 records, 5 MB */
#define BATCH	      8	   /* datagrams a system call: a router sends no longer bursts */
#define BEHIND_US     10000
#define BOOTED_BEFORE (3600 * US_PER_S)

struct ring {
	struct datagram *d;
	unsigned n, next;
};

struct sending {
	struct plan *p;
	struct sent *sent;
	struct exporter e;
	struct ring normal, attack;
	int fd;
	int64_t start_us, slipped_us; /* real clock; how far the plan's clock was moved */
};

static int64_t now_us(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

static int ring_fill(struct ring *r, struct plan *p, unsigned n,
		     void (*next)(struct mix *, struct seen *))
{
	_cleanup_free_ struct builder *b = calloc(1, sizeof(*b));
	struct seen held = {0};

	r->d = calloc(n, sizeof(*r->d));
	if (!b || !r->d)
		return -ENOMEM;
	for (r->n = 0; r->n < n; r->n++) {
		build(p->format, b, &held, next, &p->mix);
		r->d[r->n] = b->d;
	}
	return 0;
}

static void renew(struct datagram *d, struct mix *m)
{
	for (unsigned i = 0; i < d->records; i++) {
		const struct touch *t = &d->touch[i];

		if (t->renew == RENEW_SOURCE)
			mix_source(m, d->b + t->addr_at);
		else if (t->renew == RENEW_TARGET)
			mix_target(m, d->b + t->addr_at);
	}
}

static int send_retry(int fd, struct mmsghdr *m, unsigned n)
{
	for (unsigned done = 0; done < n;) {
		int r = sendmmsg(fd, m + done, n - done, 0);

		if (r > 0)
			done += (unsigned)r;
		else if (errno != EINTR && errno != ENOBUFS && errno != EAGAIN &&
			 errno != ECONNREFUSED) /* said once for a datagram sent before */
			return -errno;
	}
	return 0;
}

static int send_batch(struct sending *s, struct ring *r, unsigned n)
{
	struct mmsghdr m[BATCH] = {0};
	struct iovec v[BATCH];
	int64_t at_us = now_us(CLOCK_REALTIME);
	bool attack = r == &s->attack;

	for (unsigned i = 0; i < n; i++, r->next = (r->next + 1) % r->n) {
		struct datagram *d = &r->d[r->next];

		renew(d, &s->p->mix);
		s->p->format->stamp(&s->e, d, at_us);
		v[i] = (struct iovec){.iov_base = d->b, .iov_len = d->len};
		m[i].msg_hdr = (struct msghdr){.msg_iov = &v[i], .msg_iovlen = 1};
		s->sent->datagrams++;
		s->sent->records += d->records;
		s->sent->packets += d->packets;
		s->sent->bytes += d->len;
		s->sent->attack_records += attack ? d->records : 0;
	}
	if (attack && !s->sent->attack_us)
		s->sent->attack_us = at_us;
	s->sent->last_us = at_us;
	return send_retry(s->fd, m, n);
}

/* Plan's time: the real one less what was lost by being held up. */
static int64_t plan_us(struct sending *s)
{
	return now_us(CLOCK_MONOTONIC) - s->start_us - s->slipped_us;
}

static void wait_until(struct sending *s, double due_us)
{
	int64_t ahead = (int64_t)due_us - plan_us(s);

	if (ahead > 200) {
		struct timespec t = {.tv_nsec = (ahead - 100) % US_PER_S * 1000,
				     .tv_sec = (ahead - 100) / US_PER_S};

		nanosleep(&t, NULL);
	}
	while ((double)plan_us(s) < due_us)
		; /* closer than the system's timers: the sender has a core of its own */
	ahead = (int64_t)due_us - plan_us(s);
	if (-ahead > BEHIND_US)
		s->slipped_us += -ahead;
}

static bool attack_due(const struct sending *s, int64_t at_us)
{
	double since = (double)at_us / (double)US_PER_S - s->p->attack_at;

	return s->attack.n && since > 0 &&
	       since * s->p->attack >= (double)(s->sent->attack_records + s->attack.d[0].records);
}

/* By what was to be sent, or by the clock: a sender that was held up ends when it was told to. */
static bool is_over(const struct plan *p, uint64_t told, double due_us)
{
	return (p->records && told >= p->records) ||
	       (p->seconds && due_us >= p->seconds * (double)US_PER_S) ||
	       (p->until_us && now_us(CLOCK_REALTIME) >= p->until_us);
}

static int send_plan(struct sending *s)
{
	const struct plan *p = s->p;
	double us_per_record = (double)US_PER_S / p->rate;
	int r = 0;

	for (uint64_t told = 0; r == 0;) {
		double due_us = (double)told * us_per_record;
		uint64_t before = s->sent->records;

		if (is_over(p, told, due_us))
			break;
		wait_until(s, due_us);
		r = send_batch(s, &s->normal, BATCH);
		told += s->sent->records - before;
		while (r == 0 && attack_due(s, plan_us(s)))
			r = send_batch(s, &s->attack, 1);
	}
	return r;
}

static int open_socket(uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), room = 4 << 20;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		close(fd);
		return -errno;
	}
	return fd;
}

int send_all(struct plan *p, uint16_t port, struct sent *sent)
{
	_cleanup_close_ int fd = open_socket(port);
	struct sending s = {.p = p, .sent = sent, .fd = fd};
	int r = fd < 0 ? fd : ring_fill(&s.normal, p, RING, mix_next);

	if (r == 0 && p->attack > 0)
		r = ring_fill(&s.attack, p, RING / 16, mix_attack);
	if (r == 0) {
		sent->first_us = now_us(CLOCK_REALTIME);
		s.e.boot_us = sent->first_us - BOOTED_BEFORE;
		s.start_us = now_us(CLOCK_MONOTONIC);
		r = send_plan(&s);
		sent->seconds = (double)(now_us(CLOCK_MONOTONIC) - s.start_us) / (double)US_PER_S;
	}
	free(s.normal.d);
	free(s.attack.d);
	return r;
}
