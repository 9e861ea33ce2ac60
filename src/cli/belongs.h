/* SPDX-License-Identifier: ISC */
/*
 * Which case does an incident belong to, for whoever is asking: what incident show, brief and
 * handover say of it. A case that the asking circle may not see is never named.
 */
#pragma once

#include "cli/verb.h"
#include "desk/waiting.h"

/* Who is asking. */
struct viewer_options {
	const char *person;
	int circle; /* 1 + enum viewer_rank; 0: as the configuration says */
};

#define OPTIONS_VIEWER(type, field)                                                                \
	OPTION_CHOICE("circle", 0, "CIRCLE", "company desk team all",                              \
		      offsetof(type, field.circle), "show what this circle may see",               \
		      "この範囲の人が見てよいものだけを扱う"),                                     \
		OPTION_ARG("person", 0, "NAME", option_text, offsetof(type, field.person),         \
			   "who is asking, for what only named persons may see",                   \
			   "見ている人の名前。指名者だけが見てよいものに使う")

/** viewer_set() - by the options, else by the configuration. Return: EXIT_GOOD, or EXIT_USAGE after
 * saying why. */
int viewer_set(struct cli *cli, const struct viewer_options *o, const struct conf *conf,
	       struct viewer *out);

struct belongs {
	struct desk d;
	struct desk_waiting *waiting; /* owned */
};

void belongs_close(struct belongs *x);
#define _cleanup_belongs_ _cleanup_(belongs_close)

/** belongs_open() - @db: NULL there are no cases. All borrowed. What cannot be read is told, and no
 * case is known then. Return: EXIT_GOOD, EXIT_USAGE, or EXIT_BROKEN without memory. */
int belongs_open(struct cli *cli, const struct viewer_options *o, const struct conf *conf,
		 struct desk_db *db, int64_t now_us, struct belongs *x);

/** belongs_of() - of one incident; .case_id "" where nothing is known. */
void belongs_of(const struct belongs *x, const struct incident *inc, struct desk_belongs *out);
