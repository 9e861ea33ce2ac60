/* SPDX-License-Identifier: ISC */
#include "blind_house.h"

#include <string.h>

#include "base/clock.h"
#include "detect/blind.h"
#include "duty/blind.h"

static int on_finding(void *userdata, const struct finding *f)
{
	struct house *h = userdata;
	uint32_t at = ip_v4(&f->target.addr) - HOUSE_FIRST;

	for (unsigned t = 0; f->level == LEVEL_LINK && t < h->feed->targets; t++)
		h->found[t] |= f->link == h->link[t];
	if (f->level <= LEVEL_PREFIX && at / HOUSE_EACH < h->feed->targets &&
	    at % HOUSE_EACH < HOUSE_WIDEST)
		h->found[at / HOUSE_EACH] = true;
	return 0;
}

static void make_links(struct house *h, const struct feed *f)
{
	for (unsigned t = 0; t < f->targets; t++) {
		h->link[t] = exporters_link(h->exporters, h->exporter, 1 + t);
		if (f->link_bps)
			exporters_get_link(h->exporters, h->link[t])->speed_bps = f->link_bps;
	}
}

int house_open(struct house *h, const struct feed *f, struct text *why)
{
	struct finding_sink sink = {.finding = on_finding, .userdata = h};
	struct ip from = ip_from_v4(0x7f000001);
	struct exporter *e;

	h->feed = f;
	h->conf = conf_load_text("case", f->yaml, strlen(f->yaml), why);
	h->exporters = h->conf ? exporters_new(h->conf) : NULL;
	h->detect = h->exporters ? detect_new(h->conf, h->exporters, 1, &sink) : NULL;
	if (!h->detect)
		return -1;
	h->to_detect = detect_sink(h->detect);
	if (flow_writer_init(&h->writer, &h->to_detect) < 0)
		return -1;
	h->exports = exports_new(h->exporters, &h->writer, true);
	if (f->format == FEED_PACKETS) {
		h->exporter = exporters_find(h->exporters, &from, true);
		e = exporters_get(h->exporters, h->exporter);
		e->sampling_min = e->sampling_max = f->sampling;
		e->sampling_known = true;
		e->formats = EXPORT_SFLOW; /* sampled packets, told at once */
		e->records = 1;
		make_links(h, f);
	}
	return h->exports ? 0 : -1;
}

void house_close(struct house *h)
{
	exports_free(h->exports);
	detect_free(h->detect);
	flow_writer_deinit(&h->writer);
	exporters_free(h->exporters);
	if (h->conf)
		conf_unref(h->conf);
	memset(h, 0, sizeof(*h));
}

int house_datagram(struct house *h, const struct ip *from, int64_t recv_us, const uint8_t *bytes,
		   size_t len)
{
	struct datagram d = {
		.data = bytes, .len = len, .from = *from, .port = 50000, .recv_us = recv_us};
	int r = exports_datagram(h->exports, &d);

	return r < 0 ? r : 0;
}

int house_packet(struct house *h, const struct packet *p, uint32_t sampling, unsigned target)
{
	struct flow f = {
		.src = p->src,
		.dst = p->dst,
		.bytes = p->ip_len,
		.packets = 1,
		.sport = p->sport,
		.dport = p->dport,
		.in_link = h->link[target],
		.exporter = h->exporter,
		.proto = p->proto,
		.tcp_flags = p->flags,
	};
	struct flow_side s = {.sampling = sampling,
			      .flags = FLOW_SAMPLING_KNOWN | FLOW_IS_PACKET,
			      .ttl = p->ttl,
			      .icmp_type = p->icmp_type,
			      .icmp_code = p->icmp_code};

	if (p->fragment)
		s.flags |= FLOW_FRAGMENT | FLOW_LATER_FRAGMENT;
	if (p->fragment)
		f.sport = f.dport = 0;
	if (p->dport == 53)
		s.app = APP_DNS_QUERY;
	return flow_writer_put(&h->writer, &f, &s, p->time_us, p->time_us, p->time_us);
}

int house_clock(struct house *h, int64_t now_us)
{
	int r = flow_writer_flush(&h->writer);

	return r < 0 ? r : h->to_detect.clock(h->to_detect.userdata, now_us);
}

int house_end(struct house *h)
{
	int r = flow_writer_flush(&h->writer);

	return r < 0 ? r : detect_finish(h->detect);
}

/* In the lists of the status: vectors by name, each with what is seen within so many seconds. */
static uint64_t pick(const json_t *vectors, const struct feed *f, double *confidence)
{
	const char *name = strstr(f->attack, "_amplification") ? "amplification" : f->attack;
	const json_t *v, *w;
	size_t i, k;

	json_array_foreach(vectors, i, v)
	{
		if (strcmp(json_string_value(json_object_get(v, "vector")), name) != 0)
			continue;
		json_array_foreach(json_object_get(v, "within"), k, w)
		{
			if (json_number_value(json_object_get(w, "seconds")) != f->seconds)
				continue;
			*confidence = json_number_value(json_object_get(w, "confidence"));
			return (uint64_t)json_integer_value(json_object_get(w, "pps"));
		}
	}
	return 0;
}

static uint64_t printed_in_status(struct house *h, const struct feed *f, double *confidence)
{
	static const char *const levels[] = {[FEED_24] = "prefix24", [FEED_20] = "prefix20"};
	json_t *ways = blind_json(h->conf, h->exporters, BLIND_ALL), *way = json_array_get(ways, 0);
	uint64_t pps = 0;
	const json_t *l;
	size_t i;

	if (f->width == FEED_ONE_HOST)
		pps = pick(json_object_get(way, "vectors"), f, confidence);
	json_array_foreach(json_object_get(way, "levels"), i, l)
	{
		if (f->width != FEED_ONE_HOST &&
		    strcmp(json_string_value(json_object_get(l, "level")), levels[f->width]) == 0)
			pps = pick(json_object_get(l, "vectors"), f, confidence);
	}
	json_decref(ways);
	return pps;
}

/* Of a target whose usual level is known, and of links: as its incident would tell. */
static uint64_t printed_of_one(struct house *h, const struct feed *f, double *confidence)
{
	struct blind *b = blind_new();
	struct blind_question q = {
		.detector = BLIND_BITS,
		.level = f->width == FEED_A_LINK ? BLIND_LINK : BLIND_HOST,
		.thresholds = &h->conf->thresholds,
		.link_bps = f->link_bps,
		.packet_bytes = f->packet_bytes,
		.view = blind_view_of(
			exporters_get(h->exporters, (uint16_t)(exporters_count(h->exporters) - 1))),
		.usual = {.known = f->usual_pps > 0,
			  .pps = (double)f->usual_pps,
			  .explained_pps = (double)f->usual_pps,
			  .answering_pps = (double)f->usual_pps,
			  .answers = 4},
		.seconds = f->seconds,
	};
	struct blind_answer a;
	enum vector v;

	if (f->width != FEED_A_LINK && vector_parse(f->attack, &v, &q.port) == 0)
		q.detector = v;
	a = blind_ask(b, &q);
	*confidence = a.confidence;
	blind_free(b);
	return a.pps;
}

uint64_t house_printed(struct house *h, const struct feed *f, double *confidence)
{
	return f->usual_pps || f->width == FEED_A_LINK ? printed_of_one(h, f, confidence)
						       : printed_in_status(h, f, confidence);
}
