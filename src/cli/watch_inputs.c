/* SPDX-License-Identifier: ISC */
/*
 * The inputs of the live role. Listeners follow the configuration at a reload: sockets that stay
 * are kept open, so that no datagram is lost by reading a configuration. Captures are fixed at the
 * start.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli/watch.h"

#define CAPTURE_TURN_MAX 4096

static int on_datagram(void *userdata, const struct datagram *d)
{
	struct watch *w = userdata;
	struct exporters *t = w->pipeline.exporters;
	uint16_t index = exporters_find(t, &d->from, w->options->any_exporter);
	int r = accounts_decode(w->accounts, w->pipeline.exports, index, d);

	return r < 0 ? r : 0;
}

int watch_on_arrival(void *userdata, int fd, uint32_t events)
{
	struct watch *w = userdata;

	return receive_dispatch(w->receive, on_datagram, w);
}

int watch_stop_receiving(struct watch *w)
{
	receive_hold(w->receive);
	return receive_rest(w->receive, on_datagram, w);
}

int watch_allow(struct watch *w, const struct conf *conf)
{
	struct map *allowed;

	if (w->options->any_exporter)
		return 0;
	allowed = map_new(sizeof(struct ip), sizeof(uint16_t), 0);
	if (!allowed)
		return -ENOMEM;
	for (size_t i = 0; i < conf->n_exporters; i++) {
		const struct ip *addr = &conf->exporters[i].addr;
		uint16_t *owner = map_put(allowed, addr, NULL);

		if (!owner) {
			map_free(allowed);
			return -ENOMEM;
		}
		*owner = exporters_find(w->pipeline.exporters, addr, false);
	}
	receive_hold(w->receive);
	receive_allow(w->receive, allowed);
	return receive_go(w->receive);
}

void watch_unknown(struct watch *w)
{
	struct exporter *nobody = exporters_get(w->pipeline.exporters, EXPORTER_UNKNOWN);
	uint64_t datagrams = w->unknown.datagrams, bytes = w->unknown.bytes;

	receive_unknown(w->receive, &w->unknown);
	datagrams = w->unknown.datagrams - datagrams;
	nobody->datagrams += datagrams;
	nobody->refused.count[REFUSED_UNKNOWN_EXPORTER] += datagrams;
	nobody->refused.bytes[REFUSED_UNKNOWN_EXPORTER] += w->unknown.bytes - bytes;
}

static int on_capture(void *userdata, int fd, uint32_t events)
{
	struct watch *w = userdata;

	for (unsigned i = 0; i < w->n_captures; i++) {
		struct capture *c = w->captures[i].capture;
		int r;

		if (capture_fd(c) != fd)
			continue;
		r = capture_dispatch(c, CAPTURE_TURN_MAX);
		if (r != -ENETDOWN)
			return r < 0 ? r : 0;
		/* The others go on; the silence is seen by the detectors and shown by the status.
		 */
		log_error("capture-down", "interface=%s reason=\"%s\"",
			  w->captures[i].conf.interface, capture_error(c));
		w->captures[i].down = true;
		loop_remove_fd(w->loop, fd);
	}
	return 0;
}

/* "192.0.2.1:2055", "[2001:db8::1]:2055", "2055" (both families, any address). */
static int parse_endpoint(const char *text, struct conf_listen *out)
{
	char host[IP_TEXT_MAX + 2] = "::", *end;
	const char *colon = strrchr(text, ':'), *port = colon ? colon + 1 : text;
	size_t len = colon ? (size_t)(colon - text) : 0;
	const char *from = text;
	unsigned long n;

	if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
		from++;
		len -= 2;
	}
	if (len >= sizeof(host))
		return -EINVAL;
	if (len) {
		memcpy(host, from, len);
		host[len] = '\0';
	}
	n = strtoul(port, &end, 10);
	if (port[0] < '0' || port[0] > '9' || *end || n > UINT16_MAX ||
	    ip_parse(host, &out->addr) < 0)
		return -EINVAL;
	out->port = (uint16_t)n;
	return 0;
}

static struct watch_listener *find_listener(struct watch_listener *list, unsigned n,
					    const struct conf_listen *at)
{
	for (unsigned i = 0; i < n; i++) {
		if (ip_equal(&list[i].at.addr, &at->addr) && list[i].at.port == at->port)
			return &list[i];
	}
	return NULL;
}

/* What is wanted: the rows of the configuration, then those of the command line, each once. */
static int wanted_listeners(const struct watch *w, const struct conf *conf,
			    struct watch_listener *out, unsigned *n, struct text *why)
{
	const struct option_list *more = &w->options->listen;

	*n = 0;
	for (size_t i = 0; i < conf->n_listen + more->n; i++) {
		struct conf_listen at;

		if (i < conf->n_listen) {
			at = conf->listen[i];
		} else if (parse_endpoint(more->value[i - conf->n_listen], &at) < 0) {
			text_printf(why, "--listen %s: ADDRESS:PORT is wanted",
				    more->value[i - conf->n_listen]);
			return EXIT_USAGE;
		}
		if (find_listener(out, *n, &at))
			continue;
		if (*n == WATCH_LISTENERS_MAX) {
			text_printf(why, "more than %d listeners", WATCH_LISTENERS_MAX);
			return EXIT_USAGE;
		}
		out[(*n)++] = (struct watch_listener){.at = at};
	}
	return EXIT_GOOD;
}

static bool is_any(const struct ip *addr)
{
	return (addr->u[0] == 0 && addr->u[1] == 0) || (ip_is_v4(addr) && ip_v4(addr) == 0);
}

static bool overlap(const struct conf_listen *a, const struct conf_listen *b)
{
	return a->port && a->port == b->port && (is_any(&a->addr) || is_any(&b->addr));
}

/* One of our own has the port already: for all addresses, or for one where @at is all of them. */
static bool is_beside(const struct watch *w, const struct watch_listener *next, unsigned n_next,
		      const struct conf_listen *at)
{
	for (unsigned i = 0; i < w->n_listeners; i++)
		if (overlap(&w->listeners[i].at, at))
			return true;
	for (unsigned i = 0; i < n_next; i++)
		if (next[i].listener && overlap(&next[i].at, at))
			return true;
	return false;
}

static int open_listener(struct watch *w, struct watch_listener *l, bool beside, struct text *why)
{
	struct receive_stats s;
	char addr[IP_TEXT_MAX];
	int r;

	receive_stats(w->receive, &s);
	r = listener_open(&l->at.addr, l->at.port, s.threads, beside, &l->listener);
	if (r == 0)
		r = receive_add(w->receive, l->listener);
	if (r == 0)
		return EXIT_GOOD;
	text_printf(why, "cannot listen on %s port %u: %s", ip_format(&l->at.addr, addr),
		    l->at.port, strerror(-r));
	l->listener = listener_free(l->listener);
	return r == -ENOMEM ? EXIT_BROKEN : EXIT_USAGE;
}

static void close_listener(struct watch *w, struct watch_listener *l)
{
	if (l->listener)
		receive_remove(w->receive, l->listener);
	l->listener = listener_free(l->listener);
}

static int change_listeners(struct watch *w, const struct conf *conf, struct text *why)
{
	struct watch_listener next[WATCH_LISTENERS_MAX], *kept;
	unsigned n, fresh[WATCH_LISTENERS_MAX], n_fresh = 0;
	int r = wanted_listeners(w, conf, next, &n, why);

	for (unsigned i = 0; r == EXIT_GOOD && i < n; i++) {
		kept = find_listener(w->listeners, w->n_listeners, &next[i].at);
		if (kept) {
			next[i].listener = kept->listener;
			continue;
		}
		r = open_listener(w, &next[i], is_beside(w, next, i, &next[i].at), why);
		if (r == EXIT_GOOD)
			fresh[n_fresh++] = i;
	}
	if (r != EXIT_GOOD) {
		while (n_fresh)
			close_listener(w, &next[fresh[--n_fresh]]);
		return r;
	}
	for (unsigned i = 0; i < w->n_listeners; i++) {
		if (!find_listener(next, n, &w->listeners[i].at))
			close_listener(w, &w->listeners[i]);
	}
	memcpy(w->listeners, next, n * sizeof(next[0]));
	w->n_listeners = n;
	return EXIT_GOOD;
}

int watch_listen(struct watch *w, const struct conf *conf, struct text *why)
{
	int r, error;

	receive_hold(w->receive);
	r = change_listeners(w, conf, why);
	error = receive_go(w->receive);
	if (error == 0)
		return r;
	text_printf(why, "cannot start the threads that receive: %s", strerror(-error));
	return EXIT_BROKEN;
}

/* An interface's side is configured with its capture, not with an exporter. */
void watch_capture_sides(struct watch *w)
{
	for (unsigned i = 0; i < w->n_captures; i++) {
		struct link *l = exporters_get_link(w->pipeline.exporters, w->captures[i].link);

		if (l && w->captures[i].link != LINK_UNKNOWN &&
		    w->captures[i].conf.side != SIDE_UNKNOWN)
			l->side = (uint8_t)w->captures[i].conf.side;
	}
}

static int open_capture(struct watch *w, const struct conf_capture *from, struct text *why)
{
	struct watch_capture *c = &w->captures[w->n_captures];
	struct capture_config config = {.interface = from->interface,
					.filter = from->filter,
					.exporters = w->pipeline.exporters,
					.writer = &w->pipeline.writer};
	int r;

	if (w->n_captures == WATCH_CAPTURES_MAX) {
		text_printf(why, "more than %d captures", WATCH_CAPTURES_MAX);
		return EXIT_USAGE;
	}
	config.exporter = exporters_add_capture(w->pipeline.exporters, from->interface);
	config.link = exporters_link(w->pipeline.exporters, config.exporter,
				     from->ifindex_as ? from->ifindex_as : 1);
	r = capture_open(&c->capture, &config, why);
	if (r == 0) {
		w->n_captures++;
		c->conf = *from;
		c->link = config.link;
		watch_capture_sides(w);
		r = loop_add_fd(w->loop, capture_fd(c->capture), EPOLLIN, on_capture, w);
		if (r < 0)
			text_printf(why, "%s: %s", from->interface, strerror(-r));
	}
	return r == 0 ? EXIT_GOOD : r == -ENOMEM ? EXIT_BROKEN : EXIT_USAGE;
}

int watch_capture(struct watch *w, const struct conf *conf, struct text *why)
{
	const struct option_list *more = &w->options->interface;
	int r = EXIT_GOOD;

	for (size_t i = 0; r == EXIT_GOOD && i < conf->n_captures; i++)
		r = open_capture(w, &conf->captures[i], why);
	for (unsigned i = 0; r == EXIT_GOOD && i < more->n; i++) {
		struct conf_capture one = {.side = SIDE_UNKNOWN};

		if (strlen(more->value[i]) >= sizeof(one.interface)) {
			text_printf(why, "--interface %s: no such interface", more->value[i]);
			return EXIT_USAGE;
		}
		strcpy(one.interface, more->value[i]);
		r = open_capture(w, &one, why);
	}
	return r;
}

void watch_inputs_close(struct watch *w)
{
	if (w->receive)
		receive_hold(w->receive);
	for (unsigned i = 0; i < w->n_listeners; i++)
		close_listener(w, &w->listeners[i]);
	w->receive = receive_free(w->receive);
	for (unsigned i = 0; i < w->n_captures; i++)
		w->captures[i].capture = capture_free(w->captures[i].capture);
	w->n_listeners = w->n_captures = 0;
}
