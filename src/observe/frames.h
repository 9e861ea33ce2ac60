/* SPDX-License-Identifier: ISC */
/*
 * Capture files as a stream of frames: pcap, pcapng and ERF behind one face, recognised by content.
 * A format is a struct frame_format in its own file and one row in frames.c.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "observe/input.h"
#include "observe/refusal.h"

#define FRAME_MAX (1u << 20) /* captured bytes of one frame; more is a broken container */

struct frame {
	const uint8_t *data; /* borrowed until the next frames_next() */
	size_t caplen, wirelen;
	int64_t time_us;    /* of the frame; the one before it where the format tells none */
	uint32_t linktype;  /* LINKTYPE_* */
	uint32_t interface; /* pcapng interface id or ERF port; 0 where there is one only */
};

struct frames;

/** The answers of frames_next(). */
enum { FRAMES_GOT, FRAMES_END };

/**
 * frames_open() - recognise the capture at the beginning of @in, which is borrowed.
 * @refused: what is broken is counted here, borrowed.
 * Return: 0; 1 when no capture format is recognised (nothing was passed); -ENOMEM.
 */
int frames_open(struct frames **fp, struct input *in, struct refusals *refused);
struct frames *frames_free(struct frames *f);

/** frames_container() - "pcap", "pcapng" or "erf". */
const char *frames_container(const struct frames *f);

/**
 * frames_next() - the next frame.
 * Return: FRAMES_GOT, or FRAMES_END: at the end, or where the container is broken beyond use
 * (counted).
 */
int frames_next(struct frames *f, struct frame *out);

/**
 * frames_some() - as many of the next frames as can be had together, at most @max; all of them are
 * borrowed until the next call for @f. Return: how many; 0 where frames_next() has FRAMES_END.
 */
size_t frames_some(struct frames *f, struct frame *out, size_t max);

/** frames_dropped() - packets that whoever captured them says were lost, as far as read. */
uint64_t frames_dropped(const struct frames *f);

/* One format's contract. `state` is what open() made. */
struct frame_format {
	const char *name;
	/** Does the input begin like this? Looks, passes nothing. */
	bool (*is)(struct input *in);
	/** open(), close(): NULL for a format without state. Return: state, or NULL without memory.
	 */
	void *(*open)(struct input *in);
	int (*next)(void *state, struct input *in, struct refusals *refused, struct frame *out);
	/** Frames that lie whole in what the input shows, at most @max; whatever is odd is left to
	 * next(). Return: how many. NULL for a format of few frames. */
	size_t (*some)(void *state, struct input *in, struct frame *out, size_t max);
	void (*close)(void *state);
	/** Packets that the file itself says were dropped; NULL where a format cannot. */
	uint64_t (*dropped)(const void *state);
};

extern const struct frame_format format_pcap, format_pcapng, format_erf;

/**
 * frame_cut() - the input ended in a record that began @from bytes into it: count it, unless it
 * ended between two. frame_broken() - the container makes no sense from there on: count all that is
 * left. Both pass the rest of the input. Return: FRAMES_END.
 */
int frame_cut(struct refusals *refused, struct input *in, uint64_t from);
int frame_broken(struct refusals *refused, struct input *in, uint64_t from);
