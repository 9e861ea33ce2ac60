/* SPDX-License-Identifier: ISC */
/*
 * Export datagrams one behind the other in a file, as collectors' test data and dumps have them.
 * The only task here is to find where one ends and the next begins; what they hold is the
 * decoders'.
 */
#include "base/cursor.h"
#include "observe/reader_inside.h"

#define DATAGRAM_MAX   65535
#define V5_HEADER      24
#define V5_RECORD      48
#define V9_HEADER      20
#define IPFIX_HEADER   16
#define SFLOW_AGENT_V4 1
#define SFLOW_AGENT_V6 2
#define PROGRESS_EVERY 256 /* datagrams */

/* The version words also tell formats apart; sFlow's has 32 bits. 0 is none of them. */
static int version_of(const uint8_t *p, size_t n)
{
	if (n >= 4 && be_uint(p, 4) == 5)
		return EXPORT_SFLOW;
	switch (n >= 2 ? be_uint(p, 2) : 0) {
	case 5:
		return EXPORT_V5;
	case 9:
		return EXPORT_V9;
	case 10:
		return EXPORT_IPFIX;
	default:
		return 0;
	}
}

bool raw_recognised(struct input *in)
{
	const uint8_t *p;
	size_t n = input_peek(in, 4, &p);

	return version_of(p, n) != 0;
}

/*
 * A v9 header tells no length (RFC 3954 section 5.1). Its flowsets are walked; their ids 2 to 255
 * are reserved, so 5, 9 and 10 can only be the version of the next datagram, and a flowset 0 of
 * length 5 only that of an sFlow one.
 */
static size_t v9_length(const uint8_t *p, size_t n)
{
	size_t at = V9_HEADER;

	while (at + 4 <= n) {
		size_t len = be_uint(p + at + 2, 2);

		if (version_of(p + at, n - at))
			return at;
		if (len < 4 || len > n - at)
			return n;
		at += len;
	}
	return n;
}

static size_t sflow_length(const uint8_t *p, size_t n)
{
	struct cursor c = cursor_over(p, n);
	uint32_t samples, agent;

	cursor_skip(&c, 4);
	agent = cursor_be32(&c);
	if (agent != SFLOW_AGENT_V4 && agent != SFLOW_AGENT_V6)
		return n;
	cursor_skip(&c, (agent == SFLOW_AGENT_V4 ? 4 : 16) + 12);
	samples = cursor_be32(&c);
	for (uint32_t i = 0; i < samples && cursor_ok(&c); i++) {
		cursor_skip(&c, 4);
		cursor_skip(&c, cursor_be32(&c));
	}
	return cursor_ok(&c) ? (size_t)(c.p - p) : n;
}

/* Where the datagram at @p ends; all @n bytes when its own lengths do not say. */
static size_t datagram_length(const uint8_t *p, size_t n)
{
	size_t len = n;

	switch (version_of(p, n)) {
	case EXPORT_V5:
		len = n >= V5_HEADER ? V5_HEADER + V5_RECORD * (size_t)be_uint(p + 2, 2) : n;
		break;
	case EXPORT_V9:
		len = n >= V9_HEADER ? v9_length(p, n) : n;
		break;
	case EXPORT_IPFIX:
		len = n >= IPFIX_HEADER ? (size_t)be_uint(p + 2, 2) : n;
		if (len < IPFIX_HEADER)
			len = n;
		break;
	case EXPORT_SFLOW:
		len = sflow_length(p, n);
		break;
	}
	/* What follows must be another datagram; if not, it is trailing bytes of this one. */
	return len < n && version_of(p + len, n - len) ? len : n;
}

/* v5 and v9 have their seconds at 8, IPFIX at 4; sFlow only knows how long its agent is up. */
static int64_t export_time_us(const uint8_t *p, size_t n)
{
	struct cursor c = cursor_over(p, n);

	switch (version_of(p, n)) {
	case EXPORT_V5: {
		int64_t s;

		cursor_skip(&c, 8);
		s = cursor_be32(&c);
		return s * US_PER_S + cursor_be32(&c) / 1000;
	}
	case EXPORT_V9:
		cursor_skip(&c, 8);
		return (int64_t)cursor_be32(&c) * US_PER_S;
	case EXPORT_IPFIX:
		cursor_skip(&c, 4);
		return (int64_t)cursor_be32(&c) * US_PER_S;
	default:
		cursor_skip(&c, 4);
		cursor_skip(&c, (cursor_be32(&c) == SFLOW_AGENT_V6 ? 16 : 4) + 8);
		return (int64_t)cursor_be32(&c) * US_PER_MS;
	}
}

static struct ip exporter_of(const uint8_t *p, size_t n)
{
	struct cursor c = cursor_over(p, n);
	struct ip none = ip_from_v4(0);
	const uint8_t *addr;

	if (version_of(p, n) != EXPORT_SFLOW)
		return none;
	cursor_skip(&c, 4);
	switch (cursor_be32(&c)) {
	case SFLOW_AGENT_V4:
		addr = cursor_take(&c, 4);
		return addr ? ip_from_v4_bytes(addr) : none;
	case SFLOW_AGENT_V6:
		addr = cursor_take(&c, 16);
		return addr ? ip_from_v6_bytes(addr) : none;
	default:
		return none;
	}
}

int reader_raw(struct run *run)
{
	const uint8_t *p;
	size_t n;

	while ((n = input_peek(run->in, DATAGRAM_MAX, &p)) != 0) {
		struct datagram d = {.data = p, .stream = true};
		int r;

		if (n > DATAGRAM_MAX)
			n = DATAGRAM_MAX;
		d.len = datagram_length(p, n);
		d.recv_us = export_time_us(p, d.len);
		d.from = exporter_of(p, d.len);
		r = run_datagram(run, &d);
		if (r < 0)
			return r;
		input_consume(run->in, d.len);
		if (run->info->datagrams % PROGRESS_EVERY == 0)
			run_progress(run);
	}
	return 0;
}
