/* SPDX-License-Identifier: ISC */
/*
 * Files in: recognises what a file or standard input holds by content (pcap, pcapng, ERF, raw
 * export datagrams; plain, gzip, bzip2, xz, zstd) and streams it through the same decoders as live
 * traffic.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "observe/export.h"
#include "observe/exporter.h"
#include "observe/flow.h"
#include "observe/refusal.h"

enum reader_as { READ_AUTO, READ_PACKETS, READ_EXPORTS };

/* What was found in an input; said to the user. */
struct reader_info {
	const char *container;	       /* "pcap", "pcapng", "erf", "raw" */
	const char *compression;       /* "none", "gzip", "bzip2", "xz", "zstd" */
	enum reader_as as;	       /* what it was read as */
	uint64_t frames, bytes;	       /* frames in a capture, uncompressed bytes */
	struct refusals refused;       /* of this input, outside any exporter */
	struct refusals noted;	       /* packets used all the same, with this doubt */
	uint64_t datagrams;	       /* handed to the export decoders */
	uint64_t dropped;	       /* packets that the capture itself says it lost */
	uint64_t probed, exports_seen; /* read as packets: UDP datagrams looked at, and exports
					  among them, which were not decoded */
	uint64_t time_jumps_forward, time_jumps_back; /* over 5 minutes, over a minute */
};

struct reader {
	struct exporters *exporters; /* borrowed */
	struct exports *exports;     /* borrowed */
	struct flow_writer *writer;  /* borrowed */
	enum reader_as as;
	uint16_t
		capture; /* exporter of captured packets, "capture"; made by the first, then kept */
	/** told now and then: bytes of the file (compressed) done and in all (0 unknown); may be
	 * NULL */
	void (*progress)(void *userdata, uint64_t done, uint64_t total, uint64_t records);
	void *userdata;
};

/*
 * A capture is of exports when at least 90 % of its first READER_PROBE UDP datagrams (of all, where
 * it has fewer; at least one) pass exports_probe(). What is read until that is known is held, at
 * most READER_HELD_FRAMES and READER_HELD_BYTES; then what was seen decides. Raw export files have
 * no frames: there the receive time is the export time of the header (sFlow tells none: its uptime,
 * from 1970) and the exporter is 0.0.0.0, or the agent that sFlow names. Captured packets get link
 * (interface + 1) of the exporter `capture`.
 */
#define READER_PROBE	   100
#define READER_HELD_FRAMES 262144
#define READER_HELD_BYTES  (32u << 20)

/**
 * reader_run() - stream one input through, and flush the writer at its end.
 * @path: a file, or "-" for standard input.
 * @info: filled also on failure. @why: the reason in plain words when the result is not 0.
 * Return: 0; 1 when some of it was refused (counted; a frame without IP is not refused input); 2
 * when nothing of it could be read (missing, unreadable, unrecognised: see @why); negative when the
 * sink failed or memory ran out.
 */
int reader_run(struct reader *r, const char *path, struct reader_info *info, struct text *why);
