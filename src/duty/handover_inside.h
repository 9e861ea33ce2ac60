/* SPDX-License-Identifier: ISC */
/* Parts of the handover. Inside the room only. */
#pragma once

#include "duty/brief.h"
#include "duty/brief_words.h"
#include "duty/handover.h"
#include "duty/handover_sheet.h"

typedef const struct handover_input *handover;

static inline const char *handover_pick(handover in, const char *en, const char *ja)
{
	return in->ja ? ja : en;
}

/** handover_more() - "5 more." when @all is beyond @shown. */
void handover_more(handover in, uint64_t all, uint64_t shown, struct sheet *s);

/** handover_no_desk() - that the desk cannot be read. handover_owner() - who has an alarm (NULL:
 * none was raised). handover_subject() - what it is about, "" where that is not known; @inc: its
 * incident, NULL unknown. */
void handover_no_desk(struct sheet *s);
void handover_no_conf(struct sheet *s); /* that no configuration is known */
void handover_owner(handover in, const struct alarm *a, struct text *out);
void handover_subject(handover in, const struct alarm *a, const struct incident *inc,
		      struct text *out);

/* Sections, in this order. */
void handover_on_call(handover in, struct sheet *s);
void handover_incidents(handover in, struct sheet *s);
void handover_measures(handover in, struct sheet *s);
void handover_requests(handover in, struct sheet *s);
void handover_unanswered(handover in, struct sheet *s);
void handover_suppressions(handover in, struct sheet *s);
void handover_maintenance(handover in, struct sheet *s);
void handover_blind(handover in, struct sheet *s);
void handover_heightened(handover in, struct sheet *s);
void handover_changes(handover in, struct sheet *s);
void handover_held(handover in, struct sheet *s);

/** handover_open() - is it still there and meant? */
static inline bool handover_open(const struct handover_incident *x)
{
	return x->incident->f.state != FINDING_CLOSED && !x->is_false;
}
