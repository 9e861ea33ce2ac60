/* SPDX-License-Identifier: ISC */
/*
 * What the targets of capture formats share: read every frame of one format and decode it, touching
 * all of its bytes.
 */
#pragma once

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "observe/frames.h"
#include "observe/packet.h"

static inline void fuzz_frames(const uint8_t *data, size_t size, const char *container)
{
	struct refusals refused = {0};
	struct input *in = NULL;
	struct frames *frames = NULL;
	struct packet p;
	struct frame f;
	unsigned sum = 0;

	if (input_open_memory(&in, data, size) < 0)
		return;
	if (frames_open(&frames, in, &refused) == 0 &&
	    !strcmp(frames_container(frames), container)) {
		while (frames_next(frames, &f) == FRAMES_GOT) {
			for (size_t i = 0; i < f.caplen; i++)
				sum += f.data[i];
			packet_decode_inner(&p, UNWRAP_ALL, f.linktype, f.data, f.caplen,
					    f.wirelen);
		}
		if (frames_next(frames, &f) != FRAMES_END || sum == UINT_MAX)
			abort();
	}
	frames_free(frames);
	input_free(in);
}
