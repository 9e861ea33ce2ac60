/* SPDX-License-Identifier: ISC */
#include "courier/heartbeat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "courier/heartbeat_inside.h"

#define FILE_MODE 0644 /* whoever monitors reads it */

struct heartbeat {
	struct conf_heartbeat conf;
	struct heartbeat_http *http; /* NULL none */
	bool failing;		     /* the log has it */
};

int heartbeat_open(const struct conf_heartbeat *conf, struct heartbeat **out, struct text *why)
{
	struct heartbeat *h = calloc(1, sizeof(*h));
	int r = 0;

	if (!h)
		return -ENOMEM;
	h->conf = *conf;
	if (conf->listen[0])
		r = heartbeat_http_open(conf->listen, HEARTBEAT_STALE_US, &h->http, why);
	if (r < 0) {
		heartbeat_close(h);
		return r;
	}
	*out = h;
	return 0;
}

struct heartbeat *heartbeat_close(struct heartbeat *h)
{
	if (!h)
		return NULL;
	heartbeat_http_close(h->http);
	free(h);
	return NULL;
}

static int write_whole(int fd, const struct text *t)
{
	for (size_t at = 0; at < t->len;) {
		ssize_t n = write(fd, t->s + at, t->len - at);

		if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/*
 * Into a file beside it, which takes its place: whoever reads finds one beat or the other. Not
 * synced: after a power cut an old one serves as well as none.
 */
static int write_file(const char *path, const struct text *t)
{
	_cleanup_text_ struct text beside = TEXT_NULL;
	const char *slash = strrchr(path, '/');
	int dir = slash ? (int)(slash - path) + 1 : 0, fd, r;

	/* A name with a dot in front and without its ending is read by nobody else. */
	text_printf(&beside, "%.*s.%s.new", dir, path, path + dir);
	if (!text_ok(&beside))
		return -ENOMEM;
	fd = open(text_str(&beside), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		  FILE_MODE);
	if (fd < 0)
		return -errno;
	r = write_whole(fd, t);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0 && rename(text_str(&beside), path) < 0)
		r = -errno;
	if (r < 0)
		unlink(text_str(&beside));
	return r;
}

static int put(const struct heartbeat *h, const char *path, const struct text *t)
{
	int r = path[0] ? write_file(path, t) : 0;

	if (r < 0 && !h->failing)
		log_error("heartbeat", "file=\"%s\" reason=\"%s\"", path, strerror(-r));
	return r;
}

int heartbeat_beat(struct heartbeat *h, const struct beat *b)
{
	_cleanup_text_ struct text metrics = TEXT_NULL, health = TEXT_NULL;
	int first, second;

	beat_prometheus(b, &metrics);
	if (beat_json(b, &health) < 0 || !text_ok(&metrics))
		return -ENOMEM;
	first = put(h, h->conf.file, &health);
	second = put(h, h->conf.prometheus, &metrics);
	if (h->failing && first == 0 && second == 0)
		log_warn("heartbeat", "files can be written again");
	h->failing = first < 0 || second < 0;
	if (h->http)
		heartbeat_http_set(h->http, &metrics, &health, beat_is_blind(b));
	return h->failing ? HEARTBEAT_FAILED : 0;
}

uint16_t heartbeat_port(const struct heartbeat *h)
{
	return h->http ? heartbeat_http_port(h->http) : 0;
}
