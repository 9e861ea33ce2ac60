/* SPDX-License-Identifier: ISC */
/*
 * What the law of a country lets an operator do, as a file says it (data/legal/CC.yaml): bases,
 * what each allows, its conditions, the classes of data it may use. noroshi records, it never
 * decides: a file that nobody has reviewed lets nothing start.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "conf/conf.h"

#define LAW_ID_MAX	   32
#define LAW_TEXT_MAX	   512
#define LAW_BASES_MAX	   16
#define LAW_CONDITIONS_MAX 12
#define LAW_WORDS_MAX	   1024 /* of purpose, necessity and weaker */
#define LAW_MEMBERS_MAX	   40
#define LAW_BYTES_MAX	   (1u << 20)
#define LAW_REVIEW_NOBODY  "nobody yet"

/* bits of law_basis.allows: 1 << enum plan_kind, see plan.h */
struct law_basis {
	char id[LAW_ID_MAX];
	char name_en[LAW_TEXT_MAX], name_ja[LAW_TEXT_MAX];
	uint32_t allows;
	bool needs_consent; /* of the object's owner, by its reference */
	bool automatic;	    /* a standing order may rest on it */
	uint64_t longest_s; /* in all, renewals counted; 0: no limit */
	uint32_t data;	    /* bits of enum law_data */
	char condition_en[LAW_CONDITIONS_MAX][LAW_TEXT_MAX];
	char condition_ja[LAW_CONDITIONS_MAX][LAW_TEXT_MAX];
	unsigned n_conditions;
	char source[LAW_TEXT_MAX], source_ja[LAW_TEXT_MAX]; /* where it is written; edition */
};

enum law_data { DATA_CONTENT = 1, DATA_HEADER = 2, DATA_VOLUME = 4, DATA_LIST = 8 };

struct law {
	char country[3];		 /* "EU", and "ZZ" for any other */
	char member[LAW_MEMBERS_MAX][3]; /* countries it is for, where they have no file */
	unsigned n_members;
	char name_en[LAW_TEXT_MAX], name_ja[LAW_TEXT_MAX];
	char reviewed_by[LAW_TEXT_MAX]; /* LAW_REVIEW_NOBODY: by nobody */
	int64_t reviewed_us;		/* TIME_NONE: never */
	struct law_basis basis[LAW_BASES_MAX];
	unsigned n_bases;
	char file[LAW_TEXT_MAX]; /* it was read from */
};

/**
 * law_read() - the law of a YAML text; @name stands for the file in messages.
 * Return: 0 with an owned *out; -EINVAL with `file:line:column: sentence` in @errors; -ENOMEM.
 */
int law_read(const char *name, const char *yaml, size_t n, struct law **out, struct text *errors);

/**
 * law_load() - @dir/CC.yaml of @country, else EU.yaml where it is for that country, else the
 * generic ZZ.yaml (and @why says so). @dir NULL or "": the installed directory, and where that has
 * no such file, what is built in. @country "": the generic one. Return: 0 with an owned *out;
 * -EINVAL with file:line:column in @why; -ENOENT; -ENOMEM.
 */
int law_load(const char *dir, const char *country, struct law **out, struct text *why);
struct law *law_free(struct law *l);

static inline void law_freep(struct law **l)
{
	*l = law_free(*l);
}
#define _cleanup_law_ _cleanup_(law_freep)

/* The built-in files: name ("JP") and text. */
struct law_file {
	const char *country, *yaml;
};
extern const struct law_file law_files[];
extern const unsigned law_n_files;

/** law_is_reviewed() - by somebody, and at @now_us or before: "TBD" is nobody, and what is dated
 * later has not happened. law_review_say() - by whom and when, or why it does not count. */
bool law_is_reviewed(const struct law *l, int64_t now_us);
void law_review_say(const struct law *l, int64_t now_us, bool ja, struct text *out);
const struct law_basis *law_find(const struct law *l, const char *id);

/* What somebody says when a measure is to start; texts borrowed. NULL and "" are missing. */
struct law_words {
	const char *basis, *purpose, *necessity, *weaker, *consent;
	int64_t until_us; /* TIME_NONE: missing */
	uint32_t data;	  /* classes that the measure used */
	/* Longest that the customer agreed to, by `measures` of the object; 0: no limit there. */
	uint64_t agreed_s;
};

enum law_refusal {
	LAW_GOOD,
	LAW_NONE, /* no law could be read */
	LAW_UNREVIEWED,
	LAW_NO_BASIS,
	LAW_UNKNOWN_BASIS,
	LAW_NOT_ALLOWED, /* the basis does not carry this kind of measure */
	LAW_NO_PURPOSE,
	LAW_NO_NECESSITY,
	LAW_NO_WEAKER,
	LAW_NO_CONSENT,
	LAW_NO_END,
	LAW_PAST_END,
	LAW_LONG,	    /* beyond the basis, the consent or the object's agreed measure */
	LAW_DATA,	    /* it used a class of data that the basis does not cover */
	LAW_PURPOSE_BARRED, /* ordinary peer-to-peer traffic, a phishing page */
	LAW_REFUSALS
};

/** law_says_something() - is @text more than a word or two, in letters, of different words? See
 * law_check(). law_purpose_barred() - does it speak of limiting ordinary peer-to-peer traffic, or
 * of blocking a phishing page? Both: UTF-8, hostile; NULL is "". */
bool law_says_something(const char *text);
bool law_purpose_barred(const char *text);

/**
 * law_check() - may a measure of @kind (enum plan_kind) start now? The first refusal counts; what
 * is missing comes before what does not fit, and that before LAW_UNREVIEWED.
 * A text of fewer than three words (Japanese: eight characters) or without a letter is missing.
 * @override: conf->act.override holds, so an unreviewed file does not refuse (the caller prints
 * it).
 * @spent_s: how long measures on this basis for the target have stood already.
 */
enum law_refusal law_check(const struct law *l, const struct law_words *w, unsigned kind,
			   bool override, uint64_t spent_s, int64_t now_us);

/** law_refusal_name() - stable word, "no_basis". law_refusal_say() - a sentence that names what is
 * missing. */
const char *law_refusal_name(enum law_refusal r);
void law_refusal_say(enum law_refusal r, const struct law_words *w, bool ja, struct text *out);

/** law_kind_name() - of enum plan_kind, as law files and plans write it: "flowspec". */
const char *law_kind_name(unsigned kind);

/** law_data_name() - of one bit of enum law_data: "header"; law_data_add() - "header, volume" for
 * people; law_data_parse(): 0, or -EINVAL. */
const char *law_data_name(enum law_data d);
void law_data_add(uint32_t data, bool ja, struct text *out);
int law_data_parse(const char *name, uint32_t *bit);

/** law_print() - the law for people: bases, conditions, who reviewed it. law_json() - the same;
 * owned, NULL without memory. */
void law_print(const struct law *l, bool ja, struct text *out);
json_t *law_json(const struct law *l);
