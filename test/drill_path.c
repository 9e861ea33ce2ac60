/* SPDX-License-Identifier: ISC */
#include "drill_path.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "observe/packet.h"

#define LINKTYPE_ETHERNET 1
#define MAC_NET		  10 /* of the source: 1 outside, 0 our router */
#define MAC_LINK	  11 /* outside: the link */
#define INSIDE		  10 /* ifindex */
#define CLOCK_STEP_US	  (250 * US_PER_MS)
#define CLOCK_AFTER_US	  (120 * US_PER_S) /* how long the clock goes on behind the last datagram */

static void note_state(struct path *p, const struct incident *inc)
{
	size_t i = 0;

	while (i < p->n_seen && strcmp(p->seen[i].id, inc->id) != 0)
		i++;
	if (i == SEEN_MAX)
		return;
	if (i == p->n_seen)
		memcpy(p->seen[p->n_seen++].id, inc->id, sizeof(inc->id));
	p->seen[i].states |= 1u << inc->f.state;
}

static int on_incident(void *userdata, const struct incident *inc)
{
	struct path *p = userdata;

	note_state(p, inc);
	return p->ending || inc->f.state == FINDING_CLOSED ? results_take(&p->results, inc) : 0;
}

/* With places each link has its tap, and the inside one; the frames' MAC addresses tell which. */
static unsigned tap_of(const uint8_t *frame)
{
	unsigned link = frame[MAC_LINK];

	return frame[MAC_NET] && link < PATH_TAPS - 1 ? 1 + link : 0;
}

static int on_frame(void *userdata, int64_t time_us, const uint8_t *bytes, size_t len,
		    size_t wirelen)
{
	struct path *p = userdata;
	struct packet packet;

	if (packet_decode(&packet, LINKTYPE_ETHERNET, bytes, len, wirelen)) {
		p->refused++;
		return 0;
	}
	packet.flow.exporter = p->capture;
	packet.flow.in_link = p->options->places ? p->taps[tap_of(bytes)] : p->link;
	packet.side.flags |= FLOW_SAMPLING_KNOWN;
	return flow_writer_put(&p->pipeline.writer, &packet.flow, &packet.side, time_us, time_us,
			       time_us);
}

/* What a clock that ticks by itself would have said by @until_us. */
static int tick(struct path *p, int64_t until_us)
{
	int r = 0;

	if (p->clock_us == TIME_NONE)
		p->clock_us = until_us;
	while (r >= 0 && p->clock_us <= until_us) {
		r = pipeline_clock(&p->pipeline, p->clock_us);
		p->clock_us += CLOCK_STEP_US;
	}
	return r < 0 ? r : 0;
}

static int on_datagram(void *userdata, int64_t recv_us, const struct ip *exporter,
		       const uint8_t *bytes, size_t len)
{
	struct path *p = userdata;
	struct datagram d = {
		.data = bytes, .len = len, .from = *exporter, .port = 50000, .recv_us = recv_us};
	int r = p->options->clock ? tick(p, recv_us) : 0;

	if (r == 0)
		r = exports_datagram(p->pipeline.exports, &d);
	p->refused += r > 0;
	return r < 0 ? r : 0;
}

/* Of the drill's own configuration the part with the routers' addresses. */
static int add_exporters(struct text *yaml, const char *whole)
{
	const char *from = strstr(whole, "\nexporters:\n"),
		   *until = strstr(whole, "\ninterfaces:\n");

	if (!from || !until || until < from)
		return -EINVAL;
	text_add_n(yaml, from + 1, (size_t)(until - from));
	return 0;
}

static int make_conf(struct path *p, struct text *why)
{
	_cleanup_free_ char *whole = drill_conf_yaml(p->drill);
	_cleanup_text_ struct text yaml = TEXT_NULL;
	const char *own;
	size_t at = 0;

	if (!whole)
		return -ENOMEM;
	if (p->options->world == WORLD_WHOLE) {
		text_add(&yaml, whole);
	} else {
		text_add(&yaml, "own:\n");
		while ((own = drill_next_own(&at)) != NULL)
			text_printf(&yaml, "  - \"%s\"\n", own);
		if (add_exporters(&yaml, whole))
			return -EINVAL;
	}
	if (!text_ok(&yaml))
		return -ENOMEM;
	p->conf = conf_load_text("drill", yaml.s, yaml.len, why);
	return p->conf ? 0 : -EINVAL;
}

static int open_path(struct path *p, struct text *why)
{
	struct pipeline_options o = {.threads = p->options->threads,
				     .kind = STORE_DRILL,
				     .incident = {.incident = on_incident, .userdata = p}};

	p->drill = drill_new(p->options->scenario, p->options->seed, &p->options->drill);
	if (!p->drill || make_conf(p, why) < 0) {
		text_printf(why, "%s: cannot begin: %s", p->options->scenario, strerror(errno));
		return 1;
	}
	o.conf = p->conf;
	if (pipeline_open(&p->pipeline, &o, "en", why) != EXIT_GOOD)
		return 1;
	p->results.with_series = true;
	if (p->options->places) {
		if (path_places(p->drill, p->clock_us, &p->places) < 0)
			return 1;
		judge_set_places(p->pipeline.judge, p->places);
	}
	if (p->options->drill.format == DRILL_PACKETS) {
		p->capture = exporters_add_capture(p->pipeline.exporters, "drill");
		p->link = exporters_link(p->pipeline.exporters, p->capture, 1);
		for (unsigned t = 0; t < PATH_TAPS; t++)
			p->taps[t] =
				exporters_link(p->pipeline.exporters, p->capture, t ? t : INSIDE);
	}
	return 0;
}

/* Open attacks are left to the ticking clock for as long as they take to fall quiet. */
static int end_path(struct path *p)
{
	int r = 0;

	if (p->options->clock && p->clock_us != TIME_NONE)
		r = tick(p, p->clock_us + CLOCK_AFTER_US);
	p->ending = true;
	return r < 0 ? r : pipeline_end(&p->pipeline);
}

int path_run(struct path *p, const struct path_options *o, struct text *why)
{
	struct drill_sink sink = {.frame = on_frame, .datagram = on_datagram, .userdata = p};
	int r;

	p->options = o;
	p->clock_us = TIME_NONE;
	if (open_path(p, why))
		return 1;
	r = drill_run(p->drill, &sink);
	if (r == 0)
		r = end_path(p);
	results_sort(&p->results);
	if (r == 0 && p->results.refused == 0)
		return 0;
	text_printf(why, "%s: %s", o->scenario, r ? strerror(-r) : "too many incidents");
	return 1;
}

void path_close(struct path *p)
{
	pipeline_close(&p->pipeline);
	results_deinit(&p->results);
	places_unref(p->places);
	if (p->conf)
		conf_unref(p->conf);
	drill_free(p->drill);
	memset(p, 0, sizeof(*p));
}
