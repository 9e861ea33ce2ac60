/* SPDX-License-Identifier: ISC */
/*
 * Traffic as a file or into a pipe: a capture of datagrams, a capture of packets, or bare
 * datagrams. Every record is made anew; record time advances with the records.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "traffic.h"

#define PCAP_HEADER   24
#define PCAP_RECORD   16
#define CARRIER	      42 /* Ethernet, IPv4 and UDP */
#define BOOTED_BEFORE (3600 * US_PER_S)

static void put_le32(uint8_t *p, uint32_t v)
{
	memcpy(p, &v, 4); /* a capture is in its writer's byte order */
}

static void capture_begin(FILE *out, uint32_t snaplen)
{
	uint8_t h[PCAP_HEADER] = {0};
	const uint16_t version[2] = {2, 4};

	put_le32(h, 0xa1b2c3d4);
	memcpy(h + 4, version, sizeof(version));
	put_le32(h + 16, snaplen);
	put_le32(h + 20, 1); /* Ethernet */
	fwrite(h, sizeof(h), 1, out);
}

static void capture_record(FILE *out, int64_t at_us, uint32_t len, uint32_t wire_len)
{
	uint8_t h[PCAP_RECORD];

	put_le32(h, (uint32_t)(at_us / US_PER_S));
	put_le32(h + 4, (uint32_t)(at_us % US_PER_S));
	put_le32(h + 8, len);
	put_le32(h + 12, wire_len);
	fwrite(h, sizeof(h), 1, out);
}

/* From the exporter 192.0.2.1 to the collector 192.0.2.2. */
static void write_carrier(FILE *out, uint16_t port, unsigned len)
{
	uint8_t h[CARRIER] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};
	uint8_t *p = put16(put16(h + 14, 0x4500), len + 28);

	p = put16(put8(put8(put16(put16(p, 0), 0x4000), 64), 17), 0);
	put32(put32(p, 0xc0000201), 0xc0000202);
	ip_checksum_set(h + 14);
	put16(put16(put16(put16(h + 34, 50000), port), len + 8), 0);
	fwrite(h, sizeof(h), 1, out);
}

struct writing {
	struct plan *p;
	FILE *out;
	struct sent *sent;
	struct exporter e;
	int64_t now_us;
	uint64_t told; /* records of the plan's rate */
};

static void write_datagram(struct writing *w, struct datagram *d)
{
	w->p->format->stamp(&w->e, d, w->now_us);
	if (!w->p->raw) {
		capture_record(w->out, w->now_us, CARRIER + d->len, CARRIER + d->len);
		write_carrier(w->out, w->p->format->port, d->len);
	}
	fwrite(d->b, d->len, 1, w->out);
	w->sent->datagrams++;
	w->sent->records += d->records;
	w->sent->packets += d->packets;
	w->sent->bytes += d->len;
}

static void write_packet(struct writing *w, const struct seen *f)
{
	struct frame frame;

	frame_make(&frame, f);
	capture_record(w->out, w->now_us, frame.len, frame.wire_len);
	fwrite(frame.b, frame.len, 1, w->out);
	w->sent->datagrams++;
	w->sent->records++;
	w->sent->packets++;
	w->sent->bytes += frame.wire_len;
}

/* Whether the attack is behind its rate by @records or more. */
static bool attack_due(const struct writing *w, unsigned records)
{
	double since = (double)(w->now_us - w->p->start_us) / (double)US_PER_S - w->p->attack_at;

	return since > 0 && since * w->p->attack - (double)w->sent->attack_records >= records;
}

static void note_attack(struct writing *w, unsigned records)
{
	if (!w->sent->attack_us)
		w->sent->attack_us = w->now_us;
	w->sent->attack_records += records;
}

static bool more(const struct writing *w)
{
	const struct plan *p = w->p;

	if (p->records && w->told >= p->records)
		return false;
	return !p->seconds || (double)w->told < p->seconds * p->rate;
}

static void advance(struct writing *w, unsigned records)
{
	w->told += records;
	w->now_us = w->p->start_us + (int64_t)((double)w->told / w->p->rate * (double)US_PER_S);
}

static void write_datagrams(struct writing *w)
{
	struct builder *b = calloc(2, sizeof(*b));
	struct seen held = {0}, attack_held = {0};
	unsigned due = 0;

	if (!b)
		return;
	if (w->p->attack > 0) { /* prepared, as its size tells when the next one is due */
		build(w->p->format, &b[1], &attack_held, mix_attack, &w->p->mix);
		due = b[1].d.records;
	}
	while (more(w) && !ferror(w->out)) {
		build(w->p->format, &b[0], &held, mix_next, &w->p->mix);
		advance(w, b[0].d.records);
		write_datagram(w, &b[0].d);
		while (due && attack_due(w, due)) {
			note_attack(w, b[1].d.records);
			write_datagram(w, &b[1].d);
			build(w->p->format, &b[1], &attack_held, mix_attack, &w->p->mix);
			due = b[1].d.records;
		}
	}
	free(b);
}

static void write_packets(struct writing *w)
{
	struct seen f = {0};

	while (more(w) && !ferror(w->out)) {
		mix_next(&w->p->mix, &f);
		advance(w, 1);
		write_packet(w, &f);
		while (w->p->attack > 0 && attack_due(w, 1)) {
			mix_attack(&w->p->mix, &f);
			note_attack(w, 1);
			write_packet(w, &f);
		}
	}
}

int write_file(struct plan *p, FILE *out, struct sent *sent)
{
	struct writing w = {.p = p, .out = out, .sent = sent, .now_us = p->start_us};
	static char room[1 << 20]; /* the stream keeps it after we return */

	setvbuf(out, room, _IOFBF, sizeof(room));
	w.e.boot_us = p->start_us - BOOTED_BEFORE;
	if (!p->raw)
		capture_begin(out, p->format ? 65535 : FRAME_MAX);
	if (p->format)
		write_datagrams(&w);
	else
		write_packets(&w);
	sent->first_us = p->start_us;
	sent->last_us = w.now_us;
	sent->seconds = (double)(w.now_us - p->start_us) / (double)US_PER_S;
	errno = 0;
	return fflush(out) != 0 || ferror(out) ? -(errno ? errno : EIO) : 0;
}
