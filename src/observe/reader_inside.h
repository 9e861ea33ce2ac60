/* SPDX-License-Identifier: ISC */
/*
 * Inside the reader: one run over one input. Private to reader*.c.
 */
#pragma once

#include "observe/defrag.h"
#include "observe/frames.h"
#include "observe/input.h"
#include "observe/reader.h"

#define READER_LINKS 256 /* interfaces whose link index is remembered here */

struct run {
	struct reader *r;
	struct reader_info *info;
	struct input *in;
	struct frames *frames;
	struct defrag *defrag;
	uint16_t links[READER_LINKS];
	uint64_t records;  /* of packets */
	int64_t last_us;   /* TIME_NONE before the first frame */
	bool some_refused; /* by the export decoders, which count it with the exporter */
};

/** run_time() - count jumps between this receive time and the one before. */
void run_time(struct run *run, int64_t recv_us);

/** run_progress() - tell the caller, if it wants to know. */
void run_progress(const struct run *run);

/** run_datagram() - hand a datagram to the export decoders. Return: 0 or negative. */
int run_datagram(struct run *run, const struct datagram *d);

/**
 * reader_capture() - frames as packets or as exports, as the run's info says or finds out.
 * Return: 0 or negative.
 */
int reader_capture(struct run *run);

/** reader_raw() - export datagrams one behind the other. Return: 0 or negative. */
int reader_raw(struct run *run);

/** raw_recognised() - does the input begin with the version of an export format? */
bool raw_recognised(struct input *in);
