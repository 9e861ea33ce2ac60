/* SPDX-License-Identifier: ISC */
/*
 * The brief: one paragraph about one alarm, for the telephone, for chat, and for the manager. Each
 * thing that is to be said is one sentence with a name and a rank; where the paragraph would become
 * too long the sentences of least rank stay away, and a sentence about what is not there is never
 * begun. doc/words.md states the rules.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/text.h"
#include "conf/conf.h"
#include "desk/waiting.h"
#include "duty/alarm.h"
#include "duty/fault.h"
#include "duty/measures.h"
#include "duty/severity.h"
#include "judge/incident.h"

#define BRIEF_WORDS_MAX	     120 /* English */
#define BRIEF_CHARACTERS_MAX 300 /* Japanese */

enum brief_about {
	BRIEF_MARK,	/* a drill, a known test, marked as no attack */
	BRIEF_WHAT,	/* what is attacked, how, since when, does it go on */
	BRIEF_SEVERITY, /* how bad, with the deciding reason */
	BRIEF_FIGURES,	/* the peak, and what it means to line and link */
	BRIEF_SPREAD,	/* hosts and objects hit */
	BRIEF_OTHERS,	/* who loses though it is not meant */
	BRIEF_SERVICES, /* services at risk */
	BRIEF_FROM,	/* where from, as far as that is known */
	BRIEF_UNKNOWN,	/* what is not known */
	BRIEF_BLIND,	/* what would not be seen */
	BRIEF_CASE,	/* which case it is part of, or may be */
	BRIEF_OWNER,	/* who has it, what was done */
	BRIEF_NEXT,	/* what comes next */
	BRIEF_ABOUTS
};

/* All borrowed. Of incident, fault and alarm at least one is given; what is NULL is not known. */
struct brief_input {
	const struct incident *incident;
	const struct fault *fault;
	const struct alarm *alarm;	      /* NULL: none was raised, or there is no desk */
	const struct severity *severity;      /* NULL: not judged */
	const struct conf *conf;	      /* NULL: none */
	const struct desk_belongs *belongs;   /* NULL: no case is known */
	const struct duty_measures *measures; /* NULL: not known */
	bool desk_known;		      /* desk.db could be read */
	bool courier_gone;		      /* people are to be paged, and no courier runs */
	bool is_false;			      /* marked as no attack */
	const char *zone;		      /* "" the program's own */
	bool ja;
	int64_t now_us;
};

struct brief {
	struct text sentence[BRIEF_ABOUTS]; /* empty where there is nothing to say */
	bool left_out[BRIEF_ABOUTS];	    /* for want of room */
	uint64_t withheld;		    /* addresses that the guard replaced */
};

void brief_deinit(struct brief *b);
#define _cleanup_brief_ _cleanup_(brief_deinit)

/** brief_make() - every sentence, guarded, and which of them have room. @b: all zero. */
void brief_make(const struct brief_input *in, struct brief *b);

/** brief_text() - those with room as one paragraph without a line's end. */
void brief_text(const struct brief *b, bool ja, struct text *out);

/** brief_json() - {id, kind, language, at, text, sentences[{about, text}], left_out[], withheld};
 * owned, NULL without memory. */
json_t *brief_json(const struct brief_input *in, const struct brief *b);

/** brief_about_name() - stable word. */
const char *brief_about_name(enum brief_about a);

/** brief_fault() - what an alarm's reference says of a fault, without its figure. */
void brief_fault(const char *ref, bool ja, struct text *out);

/** brief_mute() - why nobody is paged, as a clause. */
const char *brief_mute(enum alarm_mute m, bool ja);
