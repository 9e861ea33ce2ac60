/* SPDX-License-Identifier: ISC */
/*
 * MRT as a source, and as the lines of `place dump`.
 */
#include "place/mrt.h"
#include "place_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int on_event(void *userdata, const struct mrt_event *e)
{
	struct text *line = userdata;

	text_clear(line);
	mrt_line(e, line);
	assert(line->len && line->s[line->len - 1] == '\n');
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	_cleanup_text_ struct text why = TEXT_NULL, line = TEXT_NULL;
	const struct mrt_sink sink = {.event = on_event, .userdata = &line};
	struct mrt_counts counts;
	struct input *in;

	place_fuzz("mrt", data, n);
	if (input_open_memory(&in, data, n))
		return 0;
	assert(mrt_read(in, &sink, &counts, &why) >= 0);
	input_free(in);
	return 0;
}
