/* SPDX-License-Identifier: ISC */
/*
 * Ways of being blind. A fault is about one subject (an exporter, a listener, the store, ourselves)
 * and lasts from since_us until it is told with `over`. Who finds faults is sight.h; who wakes
 * somebody for them is duty.h.
 */
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"

#define FAULT_SUBJECT_MAX 64
#define FAULT_KEY_MAX	  96  /* "exporter_silent/border-1" */
#define FAULT_REF_MAX	  128 /* "exporter_silent/border-1@1218196800" */

enum fault_kind {
	/* In brackets: the figure. */
	FAULT_WATCH_GONE,	/* no watch runs, or it writes no status (s since its last) */
	FAULT_STARVED,		/* it runs, and is behind: its seconds are late (s) */
	FAULT_EXPORTER_SILENT,	/* subject: exporter (s) */
	FAULT_EXPORTER_LOSS,	/* datagrams of an exporter are missing (percent) */
	FAULT_TEMPLATE_MISSING, /* an exporter's data wait for their template (s) */
	FAULT_EXPORTER_CLOCK,	/* its clock is off (s, ahead of ours above 0) */
	FAULT_OWN_CLOCK,	/* ours stepped, or all exporters disagree with it alike (s) */
	FAULT_KERNEL_DROPS,	/* subject: listener (datagrams) */
	FAULT_QUEUE_LATE,	/* rings or the store's queue are behind (s) */
	FAULT_STORE_FAILING,	/* it cannot be written, though the disk is not full (s) */
	FAULT_DISK_FULL,	/* (bytes free) */
	FAULT_CHANNEL,		/* pages do not go out by subject: a person and channel (pages) */
	FAULT_KINDS
};

struct fault {
	enum fault_kind kind;
	char subject[FAULT_SUBJECT_MAX]; /* "" ourselves */
	double figure;			 /* the one that matters, NAN unknown: as its kind has it */
	int64_t since_us;		 /* when it began; before the moment it was noticed */
	bool over;
};

/** fault_name() - stable word, "exporter_silent". */
const char *fault_name(enum fault_kind k);
int fault_parse(const char *name, enum fault_kind *out);

/** fault_key() - "KIND/SUBJECT" into @buf (FAULT_KEY_MAX): what makes two faults the same. */
char *fault_key(const struct fault *f, char *buf);

/**
 * fault_ref() - what an alarm about it refers to, into @buf (FAULT_REF_MAX): "KEY@SECOND" of since,
 * as the same fault of another day is another alarm. fault_from_ref(): kind, subject and since_us
 * again, the figure unknown; 0 or -EINVAL.
 */
char *fault_ref(const struct fault *f, char *buf);
int fault_from_ref(const char *ref, struct fault *out);

/** fault_severity() - 1 (we see nothing) to 3 (we see worse). */
unsigned fault_severity(enum fault_kind k);

/** fault_say() - one sentence with its figure (without one, where that is not known), without the
 * time: "no export from border-1 for 45 s". */
void fault_say(const struct fault *f, bool ja, struct text *out);
