/* SPDX-License-Identifier: ISC */
/*
 * Inside the reader: one run over one input. Private to reader*.c.
 */
#pragma once

#include "observe/defrag.h"
#include "observe/frames.h"
#include "observe/input.h"
#include "observe/packet_place.h"
#include "observe/reader.h"

#define READER_LINKS 256 /* interfaces whose link index is remembered here */

/* From one frame to the next; more is a jump. */
#define READER_JUMP_FORWARD_US (300 * UINT64_C(1000000))
#define READER_JUMP_BACK_US    (60 * UINT64_C(1000000))

struct run {
	struct reader *r;
	struct reader_info *info;
	struct input *in;
	struct frames *frames;
	struct defrag *defrag;
	uint16_t links[READER_LINKS];
	struct packet_base base;
	packet_place_fn place; /* of ordinary packets; may be NULL */
	uint64_t records;      /* of packets */
	int64_t last_us;       /* TIME_NONE before the first frame */
	bool looking;	   /* read as packets, by what the first were: do exports come after all? */
	bool some_refused; /* by the export decoders, which count it with the exporter */
};

/** run_jump() - the uncommon half of run_time(): count the jump, unless this time is the first. */
void run_jump(struct run *run, int64_t recv_us);

/** run_time() - count jumps between this receive time and the one before. */
static inline void run_time(struct run *run, int64_t recv_us)
{
	uint64_t since_us = (uint64_t)recv_us - (uint64_t)run->last_us;

	if (since_us + READER_JUMP_BACK_US > READER_JUMP_BACK_US + READER_JUMP_FORWARD_US)
		run_jump(run, recv_us);
	run->last_us = recv_us;
}

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
