/* SPDX-License-Identifier: ISC */
/*
 * Messages that could not be written down. A fault of the store itself goes out at once, anything
 * else when writing has failed for a while: better a page that may come twice after a crash than
 * none. Each goes out once in the life of this process.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "conf/conf_duty.h"

#define MEMORY_PATIENCE_US (30 * INT64_C(1000000))

struct memory;

struct memory *memory_new(void);
struct memory *memory_free(struct memory *m);

/** memory_offer() - this message could not be written; known ids are passed over. @urgent: now.
 * Takes @message. Return: 0, -ENOMEM, or -ENOSPC (too many; counted). */
int memory_offer(struct memory *m, const char *id, json_t *message, bool urgent, int64_t now_us);

/** memory_go() - start what is due, a few at a time. @now_us of the monotonic clock, as above. */
void memory_go(struct memory *m, const struct conf_duty *conf, int64_t now_us);

/** memory_reaped() - was @pid one of ours? @status: of waitpid(). */
bool memory_reaped(struct memory *m, pid_t pid, int status, int64_t now_us);

enum memory_state {
	MEMORY_UNKNOWN, /* never offered, or not begun: it may be written and go the usual way */
	MEMORY_RUNNING,
	MEMORY_SENT,
};

/** memory_look() - of an id. memory_withdraw(): it is written now; false while it runs or has been
 * sent. */
enum memory_state memory_look(const struct memory *m, const char *id);
bool memory_withdraw(struct memory *m, const char *id);

/** memory_running() - how many are under way. */
unsigned memory_running(const struct memory *m);
