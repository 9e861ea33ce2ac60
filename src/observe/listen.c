/* SPDX-License-Identifier: ISC */
/*
 * Buffers for a whole batch are laid out once; recvmmsg fills them without a call per datagram. The
 * kernel's drop counter is the running total that SO_RXQ_OVFL would attach to datagrams. It is read
 * by SO_MEMINFO, which needs no later datagram to arrive before the loss of the last ones is seen.
 */
#include "observe/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/steady.h"

/* Of all sockets of an address; at 100,000 datagrams of 1,400 bytes a second about 0.3 s. */
#define BUFFER_WANTED (64 << 20)
#define CONTROL_ROOM  128

struct slot {
	uint8_t data[LISTEN_DATAGRAM_MAX + 1];
	struct sockaddr_storage from;
	_Alignas(struct cmsghdr) char control[CONTROL_ROOM];
	struct iovec iov;
};

struct listen_batch {
	struct mmsghdr msgs[LISTEN_BATCH];
	struct slot slots[LISTEN_BATCH];
};

/* Counters have one writer, whoever receives; others may look at any time. */
typedef _Atomic uint64_t counter;

struct socket {
	int fd;
	counter datagrams, bytes, truncated, errors, turns_full;
	uint32_t drops_seen; /* last running total of the kernel, modulo 2^32 */
	uint64_t kernel_drops;
	uint32_t buffer_bytes;
};

struct listener {
	uint16_t port;
	unsigned n;
	struct socket sockets[LISTEN_SOCKETS_MAX];
};

static void count(counter *c, uint64_t n)
{
	atomic_store_explicit(c, atomic_load_explicit(c, memory_order_relaxed) + n,
			      memory_order_relaxed);
}

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

static void grant_buffer(struct socket *s, unsigned sockets)
{
	/* The kernel doubles what it is asked for, to pay for its own headers. */
	int want = BUFFER_WANTED / 2 / (int)sockets, got = 0;
	socklen_t len = sizeof(got);

	/* The forced one needs CAP_NET_ADMIN; without it net.core.rmem_max decides. */
	if (setsockopt(s->fd, SOL_SOCKET, SO_RCVBUFFORCE, &want, sizeof(want)) < 0)
		setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &want, sizeof(want));
	if (getsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &got, &len) == 0)
		s->buffer_bytes = (uint32_t)got;
}

static int share_port(int fd)
{
	int on = 1;

	return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) < 0 ? -errno : 0;
}

static int set_options(struct socket *s, bool v6, unsigned sockets)
{
	int on = 1, off = 0;

	if (setsockopt(s->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0)
		return -errno;
	if (v6 && setsockopt(s->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0)
		return -errno;
	grant_buffer(s, sockets);
	return 0;
}

/*
 * The first socket is bound without SO_REUSEPORT, which the kernel refuses when anybody is there,
 * sharing or not; only then does it begin to share, with those that we bind next. So there is no
 * moment in which two programs could both find the port free.
 */
static int bind_one(struct listener *l, const struct ip *addr, unsigned i, unsigned sockets,
		    bool share_first)
{
	struct socket *s = &l->sockets[i];
	struct sockaddr_storage ss;
	socklen_t len = sockaddr_of(addr, l->port, &ss);
	int r;

	s->fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return -errno;
	l->n++;
	r = set_options(s, ss.ss_family == AF_INET6, sockets);
	if (r == 0 && share_first)
		r = share_port(s->fd);
	if (r < 0)
		return r;
	if (bind(s->fd, (struct sockaddr *)&ss, len) < 0)
		return -errno;
	len = sizeof(ss);
	if (getsockname(s->fd, (struct sockaddr *)&ss, &len) < 0)
		return -errno;
	ip_from_sockaddr(&ss, &l->port);
	return share_first ? 0 : share_port(s->fd);
}

/*
 * Which socket gets a datagram: by itself the kernel hashes addresses and ports, and of three
 * exporters two may fall on one socket. A random number spreads any number of them evenly; what
 * that does to their order, the receive times repair (receive.c). Without the program, by hash.
 */
static void deal_at_random(struct listener *l)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_RANDOM)),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, l->n),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sock_fprog program = {.len = ARRAY_LEN(code), .filter = code};

	if (l->n > 1)
		setsockopt(l->sockets[0].fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
			   sizeof(program));
}

static void free_listener(struct listener **l)
{
	listener_free(*l);
}

int listener_open(const struct ip *addr, uint16_t port, unsigned sockets, bool beside,
		  struct listener **out)
{
	_cleanup_(free_listener) struct listener *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->port = port;
	sockets = sockets < LISTEN_SOCKETS_MAX ? sockets : LISTEN_SOCKETS_MAX;
	for (unsigned i = 0; i < (sockets ? sockets : 1); i++) {
		int r = bind_one(l, addr, i, sockets ? sockets : 1, beside || i > 0);

		if (r < 0)
			return r;
	}
	deal_at_random(l);
	*out = take_ptr(l);
	return 0;
}

struct listener *listener_free(struct listener *l)
{
	for (unsigned i = 0; l && i < l->n; i++)
		close(l->sockets[i].fd);
	free(l);
	return NULL;
}

unsigned listener_sockets(const struct listener *l)
{
	return l->n;
}

int listener_fd(const struct listener *l, unsigned socket)
{
	return l->sockets[socket].fd;
}

uint16_t listener_port(const struct listener *l)
{
	return l->port;
}

static bool ask_kernel(const struct socket *s, uint32_t info[SK_MEMINFO_VARS])
{
	socklen_t len = SK_MEMINFO_VARS * sizeof(*info);

	return getsockopt(s->fd, SOL_SOCKET, SO_MEMINFO, info, &len) == 0 &&
	       len == SK_MEMINFO_VARS * sizeof(*info);
}

uint32_t listener_buffer(const struct listener *l, unsigned socket)
{
	return l->sockets[socket].buffer_bytes;
}

bool listener_half_full(const struct listener *l, unsigned socket)
{
	uint32_t info[SK_MEMINFO_VARS];

	return !ask_kernel(&l->sockets[socket], info) ||
	       info[SK_MEMINFO_RMEM_ALLOC] > info[SK_MEMINFO_RCVBUF] / 2;
}

void listener_stats(struct listener *l, unsigned socket, struct listen_stats *out)
{
	struct socket *s = &l->sockets[socket];
	uint32_t info[SK_MEMINFO_VARS];

	if (ask_kernel(s, info)) {
		s->kernel_drops += (uint32_t)(info[SK_MEMINFO_DROPS] - s->drops_seen);
		s->drops_seen = info[SK_MEMINFO_DROPS];
	}
	*out = (struct listen_stats){.datagrams = s->datagrams,
				     .bytes = s->bytes,
				     .truncated = s->truncated,
				     .kernel_drops = s->kernel_drops,
				     .errors = s->errors,
				     .turns_full = s->turns_full,
				     .buffer_bytes = s->buffer_bytes};
}

struct listen_batch *listen_batch_new(void)
{
	struct listen_batch *b = calloc(1, sizeof(*b));

	for (unsigned i = 0; b && i < LISTEN_BATCH; i++) {
		struct slot *s = &b->slots[i];

		s->iov = (struct iovec){.iov_base = s->data, .iov_len = sizeof(s->data)};
		b->msgs[i].msg_hdr = (struct msghdr){.msg_name = &s->from,
						     .msg_iov = &s->iov,
						     .msg_iovlen = 1,
						     .msg_control = s->control};
	}
	return b;
}

struct listen_batch *listen_batch_free(struct listen_batch *b)
{
	free(b);
	return NULL;
}

/* The kernel's receive time of one message, by the receive clock. */
static int64_t received_us(struct msghdr *m, const struct steady_look *look)
{
	struct timespec ts;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS ||
		    c->cmsg_len < CMSG_LEN(sizeof(ts)))
			continue;
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		return steady_of(look, (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000);
	}
	return look->now_us;
}

/*
 * The number taken, 0 when none waits. What passes by itself is no end of the listening: a signal,
 * an ICMP error, a kernel short of memory.
 */
static int take_batch(struct socket *s, struct listen_batch *b)
{
	int n;

	for (unsigned i = 0; i < LISTEN_BATCH; i++) {
		b->msgs[i].msg_hdr.msg_namelen = sizeof(b->slots[i].from);
		b->msgs[i].msg_hdr.msg_controllen = sizeof(b->slots[i].control);
	}
	n = recvmmsg(s->fd, b->msgs, LISTEN_BATCH, MSG_DONTWAIT, NULL);
	if (n >= 0)
		return n;
	if (errno == EBADF || errno == ENOTSOCK || errno == EFAULT || errno == EINVAL)
		return -errno;
	if (errno != EAGAIN && errno != EINTR)
		count(&s->errors, 1);
	return 0;
}

static int hand_on(struct listen_batch *b, int n, datagram_fn fn, void *userdata)
{
	struct steady_look look;

	steady_look(&look);
	for (int i = 0; i < n; i++) {
		struct datagram d = {.data = b->slots[i].data, .len = b->msgs[i].msg_len};
		int r;

		d.recv_us = received_us(&b->msgs[i].msg_hdr, &look);
		d.from = ip_from_sockaddr(&b->slots[i].from, &d.port);
		r = fn(userdata, &d);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Before they are handed on: whoever has one of them finds it counted. */
static void count_batch(struct socket *s, const struct listen_batch *b, int n)
{
	uint64_t bytes = 0, truncated = 0;

	for (int i = 0; i < n; i++) {
		bytes += b->msgs[i].msg_len;
		truncated += (b->msgs[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
	}
	count(&s->datagrams, (uint64_t)n);
	count(&s->bytes, bytes);
	count(&s->truncated, truncated);
}

int listener_dispatch(struct listener *l, unsigned socket, struct listen_batch *b, datagram_fn fn,
		      void *userdata)
{
	struct socket *s = &l->sockets[socket];
	int done = 0;

	while (done < LISTEN_TURN_MAX) {
		int n = take_batch(s, b), r;

		if (n < 0)
			return n;
		count_batch(s, b, n);
		r = hand_on(b, n, fn, userdata);
		if (r < 0)
			return r;
		done += n;
		if (n < LISTEN_BATCH)
			return done;
	}
	count(&s->turns_full, 1);
	return done;
}
