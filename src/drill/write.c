/* SPDX-License-Identifier: ISC */
/*
 * A run into files: a pcap of frames or of export datagrams, its truth, its configuration. Each is
 * written under a temporary name and renamed when whole.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "drill/engine.h"
#include "drill/packet.h"

#define COLLECTOR	  "192.0.2.100"
#define LINKTYPE_ETHERNET 1
#define UDP_FRAME_HEADERS 42

struct writer {
	FILE *f;
	struct ip collector;
	uint16_t port, id;
	uint8_t frame[UDP_FRAME_HEADERS + 65536];
};

/* pcap numbers stand in the order of the little-endian magic. */
static void le32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static int write_all(FILE *f, const void *p, size_t n)
{
	return fwrite(p, 1, n, f) == n ? 0 : -(errno ? errno : EIO);
}

static int write_head(FILE *f)
{
	uint8_t h[24] = {0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0};

	le32(h + 16, 65535);
	le32(h + 20, LINKTYPE_ETHERNET);
	return write_all(f, h, sizeof(h));
}

static int write_frame(void *userdata, int64_t time_us, const uint8_t *bytes, size_t len,
		       size_t wirelen)
{
	struct writer *w = userdata;
	uint8_t h[16];
	int r;

	le32(h, (uint32_t)time_floor_s(time_us));
	le32(h + 4, (uint32_t)(time_us - time_floor_s(time_us) * US_PER_S));
	le32(h + 8, (uint32_t)len);
	le32(h + 12, (uint32_t)wirelen);
	r = write_all(w->f, h, sizeof(h));
	return r ? r : write_all(w->f, bytes, len);
}

static int write_datagram(void *userdata, int64_t recv_us, const struct ip *exporter,
			  const uint8_t *bytes, size_t len)
{
	struct writer *w = userdata;
	size_t n =
		frame_udp(exporter, &w->collector, 50000, w->port, w->id++, bytes, len, w->frame);

	return write_frame(w, recv_us, w->frame, n, n);
}

static int fail(struct text *why, const char *path, int r)
{
	text_printf(why, "%s: %s", path, strerror(-r));
	return r;
}

/* Close, and give the file its name when all went well. @f is closed in any case. */
static int finish(FILE *f, const char *temporary, const char *path, int r)
{
	if (fclose(f) && r == 0)
		r = -errno;
	if (r == 0 && rename(temporary, path))
		r = -errno;
	if (r)
		remove(temporary);
	return r;
}

static FILE *open_temporary(const char *path, struct text *temporary)
{
	text_printf(temporary, "%s.tmp", path);
	if (!text_ok(temporary)) {
		errno = ENOMEM;
		return NULL;
	}
	return fopen(text_str(temporary), "wb");
}

static int write_text(const char *path, const char *suffix, const char *content, struct text *why)
{
	_cleanup_text_ struct text name = TEXT_NULL, temporary = TEXT_NULL;
	FILE *f;
	int r;

	text_printf(&name, "%s%s", path, suffix);
	if (!text_ok(&name) || !content)
		return fail(why, path, -ENOMEM);
	f = open_temporary(text_str(&name), &temporary);
	if (!f)
		return fail(why, text_str(&name), -errno);
	r = write_all(f, content, strlen(content));
	if (r == 0)
		r = write_all(f, "\n", 1);
	r = finish(f, text_str(&temporary), text_str(&name), r);
	return r ? fail(why, text_str(&name), r) : 0;
}

static int write_capture(struct drill *d, enum drill_format format, const char *path,
			 struct text *why)
{
	_cleanup_text_ struct text temporary = TEXT_NULL;
	_cleanup_free_ struct writer *w = calloc(1, sizeof(*w));
	struct drill_sink sink = {.userdata = w};
	int r;

	if (!w)
		return fail(why, path, -ENOMEM);
	w->port = drill_default_port(format);
	ip_parse(COLLECTOR, &w->collector);
	w->f = open_temporary(path, &temporary);
	if (!w->f)
		return fail(why, path, -errno);
	if (format == DRILL_PACKETS)
		sink.frame = write_frame;
	else
		sink.datagram = write_datagram;
	r = write_head(w->f);
	if (r == 0)
		r = drill_run(d, &sink);
	r = finish(w->f, text_str(&temporary), path, r);
	return r ? fail(why, path, r) : 0;
}

/* The list of proxies, and the configuration that names it. */
static int write_with_map(struct drill *d, const char *path, const char *yaml, struct text *why)
{
	_cleanup_free_ char *proxies = drill_proxies_list(d);
	_cleanup_text_ struct text whole = TEXT_NULL;
	int r = write_text(path, ".proxies", proxies, why);

	if (r)
		return r;
	text_printf(&whole, "%sproxy_lists: [{file: \"%s.proxies\"}]\n", yaml ? yaml : "", path);
	return write_text(path, ".yaml", yaml && text_ok(&whole) ? text_str(&whole) : NULL, why);
}

static int write_places(struct drill *d, const char *path, const char *suffix,
			int (*put)(const struct drill *d, FILE *out), struct text *why)
{
	_cleanup_text_ struct text name = TEXT_NULL, temporary = TEXT_NULL;
	FILE *f;
	int r;

	text_printf(&name, "%s%s", path, suffix);
	if (!text_ok(&name))
		return fail(why, path, -ENOMEM);
	f = open_temporary(text_str(&name), &temporary);
	if (!f)
		return fail(why, text_str(&name), -errno);
	r = finish(f, text_str(&temporary), text_str(&name), put(d, f));
	return r ? fail(why, text_str(&name), r) : 0;
}

static int write_all_files(struct drill *d, enum drill_format format, const char *path,
			   unsigned beside, bool map, struct text *why)
{
	_cleanup_free_ char *truth = NULL, *yaml = NULL;
	int r = write_capture(d, format, path, why);

	if (r)
		return r;
	truth = drill_truth_json(d);
	r = write_text(path, ".truth.json", truth, why);
	if (r == 0 && beside & DRILL_BESIDE_PLACES)
		r = write_places(d, path, ".mrt", drill_mrt, why);
	if (r == 0 && beside & DRILL_BESIDE_PLACES)
		r = write_places(d, path, ".delegated", drill_delegated, why);
	if (r || !(beside & DRILL_BESIDE_CONF))
		return r;
	yaml = drill_conf_yaml(d);
	if (!map)
		return write_text(path, ".yaml", yaml, why);
	return write_with_map(d, path, yaml, why);
}

int drill_write(const char *name, uint64_t seed, const struct drill_options *options,
		const char *path, unsigned beside, struct drill_figures *figures, struct text *why)
{
	struct drill *d = drill_new(name, seed, options);
	int r;

	if (!d) {
		r = -errno;
		text_printf(why, "%s: %s", name,
			    r == -ENOENT   ? "no such scenario"
			    : r == -EINVAL ? "options that cannot be"
					   : strerror(-r));
		return r;
	}
	if (beside & DRILL_BESIDE_PLACES && !d->standing) {
		drill_free(d);
		text_printf(why, "%s: this scenario has no places", name);
		return -ENOENT;
	}
	r = write_all_files(d, options ? options->format : DRILL_PACKETS, path, beside,
			    drill_has_map(name), why);
	if (r == 0 && figures)
		*figures = *drill_figures(d);
	drill_free(d);
	return r;
}
