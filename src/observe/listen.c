/* SPDX-License-Identifier: ISC */
/*
 * Buffers for a whole batch are laid out once; recvmmsg fills them without a call per datagram. The
 * drop counter that the kernel attaches to a datagram (SO_RXQ_OVFL) is the socket's running total
 * modulo 2^32, and comes only with the next datagram that does arrive.
 */
#include "observe/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

#define BUFFER_WANTED (32 << 20) /* two seconds of 100,000 full datagrams a second, roughly */
#define CONTROL_ROOM  256

struct slot {
	uint8_t data[LISTEN_DATAGRAM_MAX + 1];
	struct sockaddr_storage from;
	_Alignas(struct cmsghdr) char control[CONTROL_ROOM];
	struct iovec iov;
};

struct listener {
	int fd;
	uint16_t port;
	uint32_t drops_seen; /* last running total of the kernel */
	struct listen_stats stats;
	struct mmsghdr msgs[LISTEN_BATCH];
	struct slot slots[LISTEN_BATCH];
};

static struct ip ip_from_sockaddr(const struct sockaddr_storage *ss, uint16_t *port)
{
	if (ss->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)ss;

		*port = ntohs(in->sin_port);
		return ip_from_v4(ntohl(in->sin_addr.s_addr));
	}
	if (ss->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)ss;

		/* A v4-mapped sender is an IPv4 one in this form already. */
		*port = ntohs(in6->sin6_port);
		return ip_from_v6_bytes(in6->sin6_addr.s6_addr);
	}
	*port = 0;
	return ip_from_v4(0);
}

static socklen_t sockaddr_of(const struct ip *addr, uint16_t port, struct sockaddr_storage *ss)
{
	memset(ss, 0, sizeof(*ss));
	if (ip_is_v4(addr)) {
		struct sockaddr_in *in = (void *)ss;

		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		in->sin_addr.s_addr = htonl(ip_v4(addr));
		return sizeof(*in);
	}
	struct sockaddr_in6 *in6 = (void *)ss;

	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	memcpy(in6->sin6_addr.s6_addr, addr->b, 16);
	return sizeof(*in6);
}

static void grant_buffer(struct listener *l)
{
	int want = BUFFER_WANTED, got = 0;
	socklen_t len = sizeof(got);

	/* The forced one needs CAP_NET_ADMIN; without it net.core.rmem_max decides. */
	if (setsockopt(l->fd, SOL_SOCKET, SO_RCVBUFFORCE, &want, sizeof(want)) < 0)
		setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &want, sizeof(want));
	if (getsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &got, &len) == 0)
		l->stats.buffer_bytes = (uint32_t)got;
}

static int set_options(struct listener *l, bool v6)
{
	int on = 1, off = 0;

	if (setsockopt(l->fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0 ||
	    setsockopt(l->fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on)) < 0 ||
	    setsockopt(l->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0)
		return -errno;
	if (v6 && setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0)
		return -errno;
	grant_buffer(l);
	return 0;
}

static int bind_to(struct listener *l, const struct ip *addr, uint16_t port)
{
	struct sockaddr_storage ss;
	socklen_t len = sockaddr_of(addr, port, &ss);
	int r;

	l->fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		return -errno;
	r = set_options(l, ss.ss_family == AF_INET6);
	if (r < 0)
		return r;
	if (bind(l->fd, (struct sockaddr *)&ss, len) < 0)
		return -errno;
	len = sizeof(ss);
	if (getsockname(l->fd, (struct sockaddr *)&ss, &len) < 0)
		return -errno;
	ip_from_sockaddr(&ss, &l->port);
	return 0;
}

static void lay_out(struct listener *l)
{
	for (unsigned i = 0; i < LISTEN_BATCH; i++) {
		struct slot *s = &l->slots[i];
		struct msghdr *m = &l->msgs[i].msg_hdr;

		s->iov = (struct iovec){.iov_base = s->data, .iov_len = sizeof(s->data)};
		*m = (struct msghdr){.msg_name = &s->from,
				     .msg_iov = &s->iov,
				     .msg_iovlen = 1,
				     .msg_control = s->control};
	}
}

static void free_listener(struct listener **l)
{
	listener_free(*l);
}

int listener_open(const struct ip *addr, uint16_t port, struct listener **out)
{
	_cleanup_(free_listener) struct listener *l = calloc(1, sizeof(*l));
	int r;

	if (!l)
		return -ENOMEM;
	l->fd = -1;
	r = bind_to(l, addr, port);
	if (r < 0)
		return r;
	lay_out(l);
	*out = take_ptr(l);
	return 0;
}

struct listener *listener_free(struct listener *l)
{
	if (!l)
		return NULL;
	if (l->fd >= 0)
		close(l->fd);
	free(l);
	return NULL;
}

int listener_fd(const struct listener *l)
{
	return l->fd;
}

uint16_t listener_port(const struct listener *l)
{
	return l->port;
}

void listener_stats(const struct listener *l, struct listen_stats *out)
{
	*out = l->stats;
}

/* The kernel's receive time and drop total of one message. */
static int64_t read_control(struct listener *l, struct msghdr *m, int64_t now_us)
{
	int64_t recv_us = now_us;
	struct timespec ts;
	uint32_t drops;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET)
			continue;
		if (c->cmsg_type == SCM_TIMESTAMPNS && c->cmsg_len >= CMSG_LEN(sizeof(ts))) {
			memcpy(&ts, CMSG_DATA(c), sizeof(ts));
			recv_us = (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
		} else if (c->cmsg_type == SO_RXQ_OVFL && c->cmsg_len >= CMSG_LEN(sizeof(drops))) {
			memcpy(&drops, CMSG_DATA(c), sizeof(drops));
			l->stats.kernel_drops += (uint32_t)(drops - l->drops_seen);
			l->drops_seen = drops;
		}
	}
	return recv_us;
}

static int hand_on(struct listener *l, unsigned i, int64_t now_us, datagram_fn fn, void *userdata)
{
	struct mmsghdr *mm = &l->msgs[i];
	struct datagram d = {.data = l->slots[i].data, .len = mm->msg_len};

	d.recv_us = read_control(l, &mm->msg_hdr, now_us);
	d.from = ip_from_sockaddr(&l->slots[i].from, &d.port);
	l->stats.datagrams++;
	l->stats.bytes += mm->msg_len;
	l->stats.truncated += (mm->msg_hdr.msg_flags & MSG_TRUNC) != 0;
	return fn(userdata, &d);
}

/* The number taken, 0 when none waits. */
static int take_batch(struct listener *l)
{
	int n;

	for (unsigned i = 0; i < LISTEN_BATCH; i++) {
		l->msgs[i].msg_hdr.msg_namelen = sizeof(l->slots[i].from);
		l->msgs[i].msg_hdr.msg_controllen = sizeof(l->slots[i].control);
	}
	n = recvmmsg(l->fd, l->msgs, LISTEN_BATCH, MSG_DONTWAIT, NULL);
	if (n >= 0)
		return n;
	/* A refused answer of ours cannot be: we send nothing; ECONNREFUSED would be another's. */
	return errno == EAGAIN || errno == EINTR || errno == ECONNREFUSED ? 0 : -errno;
}

int listener_dispatch(struct listener *l, datagram_fn fn, void *userdata)
{
	for (unsigned done = 0; done < LISTEN_TURN_MAX; done += LISTEN_BATCH) {
		int64_t now_us = clock_real_us();
		int n = take_batch(l);

		if (n < 0)
			return n;
		for (int i = 0; i < n; i++) {
			int r = hand_on(l, (unsigned)i, now_us, fn, userdata);

			if (r < 0)
				return r;
		}
		if (n < LISTEN_BATCH)
			return 0;
	}
	l->stats.turns_full++;
	return 0;
}

static struct sender *find_sender(struct senders *s, const struct ip *addr)
{
	struct sender *quietest = &s->list[0];

	for (unsigned i = 0; i < s->n; i++) {
		if (ip_equal(&s->list[i].addr, addr))
			return &s->list[i];
		if (s->list[i].datagrams < quietest->datagrams)
			quietest = &s->list[i];
	}
	if (s->n < SENDERS_MAX) {
		s->list[s->n] = (struct sender){.addr = *addr};
		return &s->list[s->n++];
	}
	*quietest = (struct sender){
		.addr = *addr, .datagrams = quietest->datagrams, .error = quietest->datagrams};
	return quietest;
}

void senders_count(struct senders *s, const struct ip *addr, uint64_t len, int64_t now_us)
{
	struct sender *from = find_sender(s, addr);

	from->datagrams++;
	from->bytes += len;
	from->last_us = now_us;
	s->datagrams++;
	s->bytes += len;
}

static int noisier(const void *a, const void *b)
{
	const struct sender *x = a, *y = b;

	if (x->datagrams != y->datagrams)
		return x->datagrams < y->datagrams ? 1 : -1;
	return ip_compare(&x->addr, &y->addr);
}

void senders_sort(struct senders *s)
{
	qsort(s->list, s->n, sizeof(s->list[0]), noisier);
}
