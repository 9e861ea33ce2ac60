/* SPDX-License-Identifier: ISC */
#pragma once

#include <jansson.h>

#include "cli/verb.h"

/** status_print() - a snapshot for people on cli->out. @age_us: its age; @running: young enough. */
void status_print(const struct cli *cli, const json_t *status, int64_t age_us, bool running);
