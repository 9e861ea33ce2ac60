/* SPDX-License-Identifier: ISC */
/*
 * One incident in one line, for the live role; and the columns of the incident table.
 */
#pragma once

#include <stdbool.h>

#include "cli/verb.h"
#include "judge/incident.h"

/** incident_line() - the state of @inc now, as one line of text or of JSON, on cli->out. */
void incident_line(const struct cli *cli, const struct incident *inc, bool json);

/** incident_vector_text() - the vectors that name it, "syn_flood, udp_flood", at most three. */
void incident_vector_text(const struct incident *inc, struct text *out);

/** state_text(), class_text() - the word in the language in force. */
const char *state_text(const struct cli *cli, enum finding_state s);
const char *class_text(const struct cli *cli, const struct incident *inc);
