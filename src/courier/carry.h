/* SPDX-License-Identifier: ISC */
/*
 * Carriers: children that hand one message over and end. One by the spool has a session of its own,
 * so that it outlives a courier that is killed, and tells by the spool alone how it went. One from
 * memory is for messages that could not be written down, and tells by its exit status.
 */
#pragma once

#include <jansson.h>
#include <sys/types.h>

#include "conf/conf_duty.h"
#include "courier/spool.h"

enum carry_exit { CARRY_SENT, CARRY_FAILED = 1, CARRY_UNSURE = 2 };

/** carry_spooled() - fork a carrier of an attempt that waits in the spool. The caller is
 * single-threaded. Return: its pid, or a negative errno. */
pid_t carry_spooled(struct spool *s, const struct conf_duty *conf, const char *id,
		    unsigned attempt);

/** carry_memory() - fork a carrier of @message itself. Return: as above; its exit status is an enum
 * carry_exit, and it logs why it failed. */
pid_t carry_memory(const struct conf_duty *conf, const json_t *message);
