/* SPDX-License-Identifier: ISC */
/*
 * The blind spot of one host: by its own thresholds and by what is usual there, which only the
 * running watch knows. It is asked at its door bell (control.h); without it the last status serves.
 */
#pragma once

#include <jansson.h>

#include "base/text.h"
#include "cli/pipeline.h"
#include "cli/verb.h"

#define BLIND_REQUEST "blind " /* and an address */

/** blind_target_reply() - the watch's side: what is known of host @target, as JSON into @reply.
 * Return: EXIT_GOOD or EXIT_USAGE. */
int blind_target_reply(const struct pipeline *p, const char *target, int64_t now_us,
		       struct text *reply);

/**
 * blind_target_print() - answer `status --blind TARGET`. @dir: the store's; @status: its last one.
 * Return: enum exit_status.
 */
int blind_target_print(const struct cli *cli, const char *dir, const json_t *status,
		       const char *target, bool json);
