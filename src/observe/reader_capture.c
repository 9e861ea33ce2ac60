/* SPDX-License-Identifier: ISC */
/*
 * A capture is either packets to look at or export datagrams to decode, never both. Until the first
 * UDP datagrams have told which, frames are held; then they and all that follow go one way.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/cursor.h"
#include "observe/packet.h"
#include "observe/reader_inside.h"

#define UDP_HEADER	8
#define PROGRESS_EVERY	8192 /* frames */
#define PROBE_PERCENT	90
#define FRAMES_TOGETHER 64

/* Frames that came before it was known what they are. `data` holds their bytes end to end. */
struct held {
	struct frame *frames;
	size_t n, room;
	uint8_t *data;
	size_t len, data_room;
};

struct probe {
	unsigned datagrams, exports;
};

static void held_deinit(struct held *h)
{
	free(h->frames);
	free(h->data);
	*h = (struct held){0};
}

/* Double @room from @least up until @want fit. Return: the moved array, or NULL. */
static void *grown(void *array, size_t *room, size_t want, size_t least, size_t size)
{
	size_t n = *room ? *room : least;

	while (n < want)
		n *= 2;
	if (n == *room)
		return array;
	array = realloc(array, n * size);
	if (array)
		*room = n;
	return array;
}

static int held_add(struct held *h, const struct frame *f)
{
	struct frame *frames = grown(h->frames, &h->room, h->n + 1, 64, sizeof(*frames));
	uint8_t *data;

	if (!frames)
		return -ENOMEM;
	h->frames = frames;
	data = grown(h->data, &h->data_room, h->len + f->caplen, 65536, 1);
	if (!data)
		return -ENOMEM;
	h->data = data;
	memcpy(h->data + h->len, f->data, f->caplen);
	h->frames[h->n++] = *f;
	h->len += f->caplen;
	return 0;
}

/* Fragments of UDP become datagrams when the last of them is there. */
static int reassemble(struct run *run, const struct packet *p, struct datagram *d)
{
	const uint8_t *data;
	size_t len, told;
	int r;

	if (p->l4_len < p->l4_wire) {
		refuse(&run->info->refused, REFUSED_CAPTURE_CUT, p->l4_len);
		return 1;
	}
	r = defrag_put(run->defrag, p, d->recv_us, &data, &len);
	if (r == DEFRAG_REFUSED)
		refuse(&run->info->noted, REFUSED_TRUNCATED, p->l4_len);
	if (r)
		return r;
	if (len < UDP_HEADER)
		return 1;
	told = be_uint(data + 4, 2);
	d->port = (uint16_t)be_uint(data, 2);
	d->data = data + UDP_HEADER;
	d->len = (told >= UDP_HEADER && told < len ? told : len) - UDP_HEADER;
	return 0;
}

/*
 * The UDP datagram of a packet, as far as captured.
 * Return: 0, 1 when there is none (yet), negative without memory.
 */
static int datagram_of(struct run *run, const struct packet *p, int64_t recv_us, struct datagram *d)
{
	if (p->flow.proto != PROTO_UDP)
		return 1;
	*d = (struct datagram){.from = p->flow.src, .port = p->flow.sport, .recv_us = recv_us};
	if (p->side.flags & FLOW_FRAGMENT)
		return reassemble(run, p, d);
	d->cut = p->l4_len < p->l4_wire;
	if (p->l4_len < UDP_HEADER)
		return 1;
	d->data = p->payload;
	d->len = p->payload_len;
	return 0;
}

static uint16_t link_of(struct run *run, uint32_t interface)
{
	uint16_t link;

	if (interface < READER_LINKS && run->links[interface])
		return run->links[interface];
	link = exporters_link(run->r->exporters, run->r->capture, interface + 1);
	if (interface < READER_LINKS)
		run->links[interface] = link;
	return link;
}

static void take_packet(struct run *run, const struct frame *f, const struct flow_place *to)
{
	uint8_t noted;
	int r = packet_record(to->flow, to->side, run->base.unwrap, f->linktype, f->data, f->caplen,
			      f->wirelen, &noted);

	if (r) {
		refuse(&run->info->refused, (enum refusal)(r - 1), f->caplen);
		return;
	}
	if (noted)
		refuse(&run->info->noted, (enum refusal)(noted - 1), f->caplen);
	to->flow->exporter = run->r->capture;
	to->flow->in_link = link_of(run, f->interface);
	to->side->flags |= FLOW_SAMPLING_KNOWN; /* every packet that the capture holds */
	flow_writer_take(run->r->writer, to);
	run->records++;
}

/* Those at the beginning of @frames that are ordinary, together. Return: how many. */
static size_t take_ordinary(struct run *run, const struct frame *frames, size_t n,
			    const struct flow_place *to)
{
	struct flow_batch *b = run->r->writer->batch;
	size_t room = FLOW_BATCH_MAX - b->n;
	uint16_t link;

	if (!run->place)
		return 0;
	link = link_of(run, frames[0].interface);
	if (run->base.flow.in_link != link) /* else it would be read before it is stored */
		run->base.flow.in_link = link;
	n = run->place(&run->base, frames, n < room ? n : room, b->epoch_us, to->flow, to->side);
	flow_writer_commit(run->r->writer, (uint32_t)n);
	run->records += n;
	return n;
}

/* Exports come to a collector, be it by a tunnel; nothing is counted of what carries them. */
static int take_export(struct run *run, const struct frame *f)
{
	struct packet p;
	struct datagram d;
	int r = packet_decode_inner(&p, UNWRAP_ALL, f->linktype, f->data, f->caplen, f->wirelen);

	if (r) {
		refuse(&run->info->refused, (enum refusal)(r - 1), f->caplen);
		return 0;
	}
	r = datagram_of(run, &p, f->time_us, &d);
	if (r)
		return r < 0 ? r : 0;
	if (d.cut && !d.len) { /* nothing of it is here: told by what the wire had */
		run->info->datagrams++;
		refuse(&run->info->refused, REFUSED_CAPTURE_CUT, p.l4_wire);
		return 0;
	}
	return run_datagram(run, &d);
}

static int take_packets(struct run *run, const struct frame *frames, size_t n)
{
	struct flow_place to;
	int r;

	for (size_t i = 0, taken; i < n; i += taken) {
		r = flow_writer_next(run->r->writer, frames[i].time_us, &to);
		if (r < 0)
			return r;
		taken = take_ordinary(run, &frames[i], n - i, &to);
		if (!taken) {
			take_packet(run, &frames[i], &to);
			taken = 1;
		}
	}
	for (size_t i = 0; i < n; i++)
		run_time(run, frames[i].time_us);
	return 0;
}

static int take_exports(struct run *run, const struct frame *frames, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = take_export(run, &frames[i]);
	return r;
}

static int take(struct run *run, const struct frame *frames, size_t n)
{
	uint64_t told = run->info->frames / PROGRESS_EVERY;

	run->info->frames += n;
	if (run->info->frames / PROGRESS_EVERY != told)
		run_progress(run);
	return run->info->as == READ_EXPORTS ? take_exports(run, frames, n)
					     : take_packets(run, frames, n);
}

static int probe_frame(struct run *run, struct probe *probe, const struct frame *f)
{
	struct packet p;
	struct datagram d;
	int r;

	if (packet_decode_inner(&p, UNWRAP_ALL, f->linktype, f->data, f->caplen, f->wirelen) != 0)
		return 0;
	r = datagram_of(run, &p, f->time_us, &d);
	if (r)
		return r < 0 ? r : 0;
	probe->datagrams++;
	if (d.len && exports_probe(d.data, d.len) > 0)
		probe->exports++;
	return 0;
}

/* Enough is known when the hundred is full, or when it can no longer become exports. */
static bool decided(const struct probe *probe, const struct held *h)
{
	unsigned failed = probe->datagrams - probe->exports;

	return probe->datagrams >= READER_PROBE ||
	       failed * 100 > READER_PROBE * (100 - PROBE_PERCENT) || h->n >= READER_HELD_FRAMES ||
	       h->len >= READER_HELD_BYTES;
}

static int choose(struct run *run, struct held *h)
{
	struct probe probe = {0};
	struct refusals *refused = &run->info->refused;
	uint64_t cut = refused->count[REFUSED_CAPTURE_CUT];
	uint64_t cut_bytes = refused->bytes[REFUSED_CAPTURE_CUT];
	struct frame f;
	int r;

	while (!decided(&probe, h) && frames_next(run->frames, &f) == FRAMES_GOT) {
		r = held_add(h, &f);
		if (r == 0)
			r = probe_frame(run, &probe, &f);
		if (r < 0)
			return r;
	}
	run->info->as = probe.exports && probe.exports * 100 >= probe.datagrams * PROBE_PERCENT
				? READ_EXPORTS
				: READ_PACKETS;
	run->looking = run->info->as == READ_PACKETS;
	run->info->probed = probe.datagrams;
	run->info->exports_seen = probe.exports;
	/* What the probe reassembled and counted must not be there already when the same frames
	 * come again. */
	run->info->noted = (struct refusals){0};
	refused->count[REFUSED_CAPTURE_CUT] = cut;
	refused->bytes[REFUSED_CAPTURE_CUT] = cut_bytes;
	defrag_free(run->defrag);
	run->defrag = defrag_new();
	return run->defrag ? 0 : -ENOMEM;
}

/* One frame in FRAMES_TOGETHER tells whether exports come after all, and costs nothing. */
static void look(struct run *run, const struct frame *f)
{
	struct packet p;

	if (packet_decode_inner(&p, UNWRAP_ALL, f->linktype, f->data, f->caplen, f->wirelen) ||
	    p.flow.proto != PROTO_UDP || p.side.flags & FLOW_FRAGMENT || !p.payload)
		return;
	run->info->probed++;
	run->info->exports_seen += exports_probe(p.payload, p.payload_len) > 0;
}

static int take_held(struct run *run, struct held *h)
{
	const uint8_t *data = h->data;
	int r = 0;

	for (size_t i = 0; i < h->n && r == 0; i++) {
		h->frames[i].data = data;
		data += h->frames[i].caplen;
		r = take(run, &h->frames[i], 1);
	}
	held_deinit(h);
	return r;
}

static void count_lost(struct run *run)
{
	uint64_t bytes, n = defrag_lost(run->defrag, &bytes);

	run->info->refused.count[REFUSED_TRUNCATED] += n;
	run->info->refused.bytes[REFUSED_TRUNCATED] += bytes;
}

/* The exporter that stands for captured packets, and what it has seen by now. */
static void end_packets(struct run *run)
{
	struct exporter *e = exporters_get(run->r->exporters, run->r->capture);

	e->packets_seen += run->info->frames;
	e->dropped += frames_dropped(run->frames);
	e->records += run->records;
	if (run->last_us != TIME_NONE)
		e->last_recv_us = run->last_us;
}

int reader_capture(struct run *run)
{
	_cleanup_(held_deinit) struct held held = {0};
	struct frame frames[FRAMES_TOGETHER];
	size_t n;
	int r = run->info->as == READ_AUTO ? choose(run, &held) : 0;

	if (r < 0)
		return r;
	if (run->info->as == READ_PACKETS && run->r->capture == EXPORTER_UNKNOWN)
		run->r->capture = exporters_add_capture(run->r->exporters, "capture");
	run->place = packet_place();
	run->base = packet_base(run->r->capture, LINK_UNKNOWN, exporters_unwrap(run->r->exporters));
	r = take_held(run, &held);
	while (r == 0 && (n = frames_some(run->frames, frames, FRAMES_TOGETHER)) > 0) {
		if (run->looking)
			look(run, frames);
		r = take(run, frames, n);
	}
	if (run->info->as == READ_PACKETS)
		end_packets(run);
	else
		count_lost(run);
	return r;
}
