/* SPDX-License-Identifier: ISC */
/*
 * The lines of the audit log that are about plans, measures, refusals and freezes, as people read
 * them, and by what they are about.
 */
#pragma once

#include <jansson.h>

#include "act/measure.h"
#include "base/map.h"
#include "store/desk.h"

enum audit_about { AUDIT_PLAN, AUDIT_MEASURE, AUDIT_REFUSAL, AUDIT_FREEZE, AUDIT_ABOUTS };

#define AUDIT_SUBJECT_MAX 64

struct audit_line {
	enum audit_about about;
	char id[DESK_ID_MAX];		 /* of the act */
	char subject[AUDIT_SUBJECT_MAX]; /* plan, measure, what was refused, kind of freeze */
	char *texts;			 /* owned; those of .line are in it */
	struct measure_line line;
	unsigned next; /* of the same subject, 0 none; else index + 1 */
	bool told;
};

struct audit_lines {
	struct audit_line *line; /* owned */
	unsigned n, room;
	struct map *subjects; /* owned: subject to first and last line, as index + 1 */
};

void audit_lines_deinit(struct audit_lines *l);
#define _cleanup_audit_lines_ _cleanup_(audit_lines_deinit)

/** audit_lines_load() - all of them, oldest first. Return: 0, or an answer. */
int audit_lines_load(struct desk_db *db, struct audit_lines *out);

/** audit_lines_first() - of @subject; then by .next. NULL none. */
struct audit_line *audit_lines_first(const struct audit_lines *l, const char *subject);

/** audit_line_json() - owned, NULL without memory. */
json_t *audit_line_json(const struct audit_line *l);
