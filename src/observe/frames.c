/* SPDX-License-Identifier: ISC */
/*
 * The list of capture formats, and the face they share.
 */
#include "observe/frames.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"

static const struct frame_format *const formats[] = {
	&format_pcap, &format_pcapng, &format_erf, /* last: it has no magic, only plausibility */
};

struct frames {
	const struct frame_format *format;
	void *state;
	struct input *in;
	struct refusals *refused;
	bool ended; /* what broke it is counted once */
};

int frames_open(struct frames **fp, struct input *in, struct refusals *refused)
{
	struct frames *f;

	for (size_t i = 0; i < ARRAY_LEN(formats); i++) {
		if (!formats[i]->is(in))
			continue;
		f = calloc(1, sizeof(*f));
		if (!f)
			return -ENOMEM;
		f->format = formats[i];
		f->in = in;
		f->refused = refused;
		if (f->format->open) {
			f->state = f->format->open(in);
			if (!f->state) {
				free(f);
				return -ENOMEM;
			}
		}
		*fp = f;
		return 0;
	}
	return 1;
}

struct frames *frames_free(struct frames *f)
{
	if (f) {
		if (f->format->close)
			f->format->close(f->state);
		free(f);
	}
	return NULL;
}

const char *frames_container(const struct frames *f)
{
	return f->format->name;
}

int frames_next(struct frames *f, struct frame *out)
{
	if (f->ended || f->format->next(f->state, f->in, f->refused, out) == FRAMES_END) {
		f->ended = true;
		return FRAMES_END;
	}
	return FRAMES_GOT;
}

size_t frames_some(struct frames *f, struct frame *out, size_t max)
{
	size_t n = 0;

	if (f->format->some && !f->ended)
		n = f->format->some(f->state, f->in, out, max);
	return n ? n : frames_next(f, out) == FRAMES_GOT;
}

uint64_t frames_dropped(const struct frames *f)
{
	return f->format->dropped ? f->format->dropped(f->state) : 0;
}

/* Pass what nobody can read. Return: how much there is of it from @from on. */
static uint64_t pass_rest(struct input *in, uint64_t from)
{
	const uint8_t *p;
	size_t n;

	while ((n = input_peek(in, 1, &p)))
		input_consume(in, n);
	return input_passed(in) - from;
}

int frame_cut(struct refusals *refused, struct input *in, uint64_t from)
{
	uint64_t left = pass_rest(in, from);

	if (left)
		refuse(refused, REFUSED_TRUNCATED, left);
	return FRAMES_END;
}

int frame_broken(struct refusals *refused, struct input *in, uint64_t from)
{
	refuse(refused, REFUSED_BAD_CONTAINER, pass_rest(in, from));
	return FRAMES_END;
}
