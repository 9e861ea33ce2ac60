/* SPDX-License-Identifier: ISC */
/* Parts of the notice to a customer. Inside the room only. */
#pragma once

#include "base/clock.h"
#include "duty/brief_words.h"
#include "duty/notice_customer.h"

typedef const struct customer_notice *notice_input;

static inline const char *notice_pick(notice_input in, const char *en, const char *ja)
{
	return in->ja ? ja : en;
}

/** notice_say_done() - what was done against it. notice_is_offline() - is the target out of reach
 * because of that? */
void notice_say_done(notice_input in, struct text *out);
bool notice_is_offline(notice_input in);
