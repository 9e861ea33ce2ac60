/* SPDX-License-Identifier: ISC */
/*
 * libmicrohttpd with one thread, which answers by what the last beat left. It has no other state
 * and calls nothing of the courier, so it can neither hold it up nor speak for it: when no beat
 * comes, it says that.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/ip.h"
#include "courier/heartbeat.h"
#include "courier/heartbeat_inside.h"

#define CONNECTIONS_MAX 32
#define TIMEOUT_S	5
#define CONNECTION_ROOM 16384

struct heartbeat_http {
	struct MHD_Daemon *daemon;
	uint16_t port;
	int64_t stale_us;
	pthread_mutex_t lock; /* over all below */
	struct text metrics, health;
	bool blind;
	int64_t beat_us; /* monotonic; TIME_NONE: none yet */
};

/* ---- where to listen ---- */

static bool is_loopback(const struct ip *ip)
{
	static const struct ip v6 = {.b = {[15] = 1}};

	return ip_is_v4(ip) ? ip_v4(ip) >> 24 == 127 : ip_equal(ip, &v6);
}

/* "127.0.0.1:9477", "[::1]:9477". */
static int parse(const char *text, struct ip *ip, uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	char host[IP_TEXT_MAX], *end;
	unsigned long n;

	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	if (!len || len >= sizeof(host) || colon[1] < '0' || colon[1] > '9')
		return -EINVAL;
	memcpy(host, text, len);
	host[len] = '\0';
	n = strtoul(colon + 1, &end, 10);
	if (*end || n > UINT16_MAX || ip_parse(host, ip) < 0)
		return -EINVAL;
	*port = (uint16_t)n;
	return 0;
}

static void fill_address(const struct ip *ip, uint16_t port, struct sockaddr_storage *ss)
{
	struct sockaddr_in *in = (void *)ss;
	struct sockaddr_in6 *in6 = (void *)ss;

	*ss = (struct sockaddr_storage){0};
	if (ip_is_v4(ip)) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		in->sin_addr.s_addr = htonl(ip_v4(ip));
	} else {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(port);
		memcpy(in6->sin6_addr.s6_addr, ip->b, 16);
	}
}

/* ---- answers ---- */

/* As the last pass left it; or that none has come. Return: the HTTP status. */
static unsigned health(struct heartbeat_http *h, struct text *body)
{
	int64_t age_us;

	if (h->beat_us == TIME_NONE) {
		text_add(body, "{\"blind\": true, \"stale\": true, \"pass_age_s\": null}\n");
		return MHD_HTTP_SERVICE_UNAVAILABLE;
	}
	age_us = clock_mono_us() - h->beat_us;
	if (age_us > h->stale_us) {
		text_printf(body, "{\"blind\": true, \"stale\": true, \"pass_age_s\": %lld}\n",
			    (long long)(age_us / US_PER_S));
		return MHD_HTTP_SERVICE_UNAVAILABLE;
	}
	text_add(body, text_str(&h->health));
	return h->blind ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK;
}

/* The metrics carry the time of their beat; a monitor that looks at it sees how old they are. */
static unsigned metrics(struct heartbeat_http *h, struct text *body)
{
	text_add(body, text_str(&h->metrics));
	return h->beat_us == TIME_NONE ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK;
}

static const struct {
	const char *path, *type;
	unsigned (*answer)(struct heartbeat_http *h, struct text *body);
} pages[] = {
	{"/health", "application/json", health},
	{"/metrics", "text/plain; version=0.0.4; charset=utf-8", metrics},
};

static enum MHD_Result send_text(struct MHD_Connection *c, unsigned status, const char *type,
				 const struct text *body)
{
	struct MHD_Response *r;
	enum MHD_Result sent;

	if (!text_ok(body))
		return MHD_NO;
	r = MHD_create_response_from_buffer(body->len, (void *)text_str(body),
					    MHD_RESPMEM_MUST_COPY);
	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	sent = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return sent;
}

static enum MHD_Result on_request(void *userdata, struct MHD_Connection *c, const char *url,
				  const char *method, const char *version, const char *upload,
				  size_t *upload_size, void **state)
{
	_cleanup_text_ struct text body = TEXT_NULL;
	struct heartbeat_http *h = userdata;
	unsigned status;

	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
		text_add(&body, "only GET\n");
		return send_text(c, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain", &body);
	}
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		if (strcmp(url, pages[i].path) != 0)
			continue;
		pthread_mutex_lock(&h->lock);
		status = pages[i].answer(h, &body);
		pthread_mutex_unlock(&h->lock);
		return send_text(c, status, pages[i].type, &body);
	}
	text_add(&body, "/health and /metrics are here\n");
	return send_text(c, MHD_HTTP_NOT_FOUND, "text/plain", &body);
}

/* ---- life ---- */

/* All signals stay with the courier's own threads. */
static struct MHD_Daemon *start(struct heartbeat_http *h, struct sockaddr_storage *ss)
{
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL;
	struct MHD_Daemon *d;
	sigset_t all, before;

	if (ss->ss_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	d = MHD_start_daemon(flags, 0, NULL, NULL, on_request, h, MHD_OPTION_SOCK_ADDR,
			     (struct sockaddr *)ss, MHD_OPTION_CONNECTION_LIMIT,
			     (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
			     (unsigned)TIMEOUT_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
			     (size_t)CONNECTION_ROOM, MHD_OPTION_END);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return d;
}

int heartbeat_http_open(const char *listen, int64_t stale_us, struct heartbeat_http **out,
			struct text *why)
{
	struct heartbeat_http *h;
	const union MHD_DaemonInfo *info;
	struct sockaddr_storage ss;
	uint16_t port;
	struct ip ip;

	if (parse(listen, &ip, &port) < 0) {
		text_printf(why, "heartbeat: %s: ADDRESS:PORT is wanted", listen);
		return -EINVAL;
	}
	if (!is_loopback(&ip)) {
		text_printf(why, "heartbeat: %s is no loopback address", listen);
		return -EINVAL;
	}
	h = calloc(1, sizeof(*h));
	if (!h)
		return -ENOMEM;
	pthread_mutex_init(&h->lock, NULL);
	h->beat_us = TIME_NONE;
	h->stale_us = stale_us;
	fill_address(&ip, port, &ss);
	errno = 0;
	h->daemon = start(h, &ss);
	if (!h->daemon) {
		int error = errno ? errno : EADDRINUSE;

		text_printf(why, "heartbeat: cannot listen on %s: %s", listen, strerror(error));
		heartbeat_http_close(h);
		return -error;
	}
	info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_BIND_PORT);
	h->port = info ? info->port : port;
	*out = h;
	return 0;
}

struct heartbeat_http *heartbeat_http_close(struct heartbeat_http *h)
{
	if (!h)
		return NULL;
	if (h->daemon)
		MHD_stop_daemon(h->daemon);
	text_deinit(&h->metrics);
	text_deinit(&h->health);
	pthread_mutex_destroy(&h->lock);
	free(h);
	return NULL;
}

static void replace(struct text *t, struct text *by_take)
{
	text_deinit(t);
	*t = *by_take;
	*by_take = TEXT_NULL;
}

void heartbeat_http_set(struct heartbeat_http *h, struct text *metrics_take,
			struct text *health_take, bool blind)
{
	pthread_mutex_lock(&h->lock);
	replace(&h->metrics, metrics_take);
	replace(&h->health, health_take);
	h->blind = blind;
	h->beat_us = clock_mono_us();
	pthread_mutex_unlock(&h->lock);
}

uint16_t heartbeat_http_port(const struct heartbeat_http *h)
{
	return h->port;
}
