/* SPDX-License-Identifier: ISC */
/*
 * Many incidents as a table that fits the terminal, and as JSON lines.
 */
#pragma once

#include "cli/verb.h"
#include "judge/incident.h"

/**
 * incident_table() - @n incidents in the order given, on cli->out.
 * @said: a word for each, "" none (said.h); NULL leaves the column out.
 */
void incident_table(const struct cli *cli, struct incident *const *list, size_t n,
		    const char *const *said);

/** incident_json_line() - one object and a newline on cli->out. */
void incident_json_line(const struct cli *cli, const struct incident *inc);
