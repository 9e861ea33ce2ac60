/* SPDX-License-Identifier: ISC */
/* The sentences of a brief. Inside the room only. */
#pragma once

#include "duty/brief.h"
#include "duty/brief_words.h"

typedef void (*brief_sayer)(const struct brief_input *in, struct text *out);

/* Of an incident. */
void brief_say_mark(const struct brief_input *in, struct text *out);
void brief_say_what(const struct brief_input *in, struct text *out);
void brief_say_severity(const struct brief_input *in, struct text *out);
void brief_say_figures(const struct brief_input *in, struct text *out);
void brief_say_spread(const struct brief_input *in, struct text *out);
void brief_say_others(const struct brief_input *in, struct text *out);
void brief_say_services(const struct brief_input *in, struct text *out);
void brief_say_from(const struct brief_input *in, struct text *out);
void brief_say_unknown(const struct brief_input *in, struct text *out);
void brief_say_blind(const struct brief_input *in, struct text *out);
void brief_say_case(const struct brief_input *in, struct text *out);
void brief_say_next(const struct brief_input *in, struct text *out);

/** brief_say_measure() - what stands against it. brief_say_measure_next() - what comes next because
 * of that; false: nothing does. brief_measure.c. */
void brief_say_measure(const struct brief_input *in, struct text *out);
bool brief_say_measure_next(const struct brief_input *in, struct text *out);

/* Of a fault or a storm. */
void brief_say_fault(const struct brief_input *in, struct text *out);
void brief_say_fault_means(const struct brief_input *in, struct text *out);
void brief_say_fault_next(const struct brief_input *in, struct text *out);
void brief_say_storm(const struct brief_input *in, struct text *out);
void brief_say_storm_next(const struct brief_input *in, struct text *out);

/* Of any alarm. */
void brief_say_owner(const struct brief_input *in, struct text *out);

static inline const char *in_words(const struct brief_input *in, const char *en, const char *ja)
{
	return in->ja ? ja : en;
}
