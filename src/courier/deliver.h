/* SPDX-License-Identifier: ISC */
/*
 * From a message to its channel. A message is what the spool holds: the row's body under "body",
 * its "kind" (page, notice), "id", "attempt", "repeat" (an attempt before may have been seen),
 * "first" (page: the alarm's first mail, for its thread) and "drill".
 */
#pragma once

#include <jansson.h>

#include "conf/conf_duty.h"
#include "courier/channel.h"

/** deliver() - hand @message to its channel as @conf says. Fills @out. Blocks; only for children.
 */
void deliver(const struct conf_duty *conf, const json_t *message, struct channel_result *out);

/** deliver_input() - what a program is given: the page's data, with "attempt", "repeat" and
 * "drill"; the text of a drill says so. Owned; NULL without memory. */
json_t *deliver_input(const json_t *data, const json_t *message);
