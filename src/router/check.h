/* SPDX-License-Identifier: ISC */
/*
 * May this option be started now, with these words? The same question is asked by the command that
 * finds no role and by the role itself, which asks it from the store and the configuration and
 * believes nothing that it was told. Pure.
 */
#pragma once

#include "act/law.h"
#include "act/plan.h"
#include "conf/conf.h"

/* Exit statuses of `act start`. */
enum check_answer {
	CHECK_GOOD = 0,
	CHECK_USAGE = 2, /* there is nothing of that name or number that could be started */
	CHECK_GUARD = 3,
	CHECK_LAW = 4,	  /* law or approval */
	CHECK_ROUTER = 5, /* the role, the store or the router is not there, or said no */
};

struct check {
	const struct conf *conf;
	const struct law *law; /* NULL: none could be read; @law_why */
	const char *law_why;
	const struct incident *incident;
	const struct plan *plan; /* made just now */
	const struct guard_world *world;
	unsigned option; /* its number */
	const struct law_words *words;
	bool break_glass;
	uint64_t spent_s;     /* on this basis for the target */
	const char *approver; /* a person of the configuration, NULL none */
	const char *user;     /* who asks, for the sentence */
	const char *log_why;  /* which line of the audit log does not hold; NULL: it holds */
	int64_t now_us;
};

/* One word and a sentence in both languages. */
struct refusal_text {
	const char *word; /* "no_basis", "never_touch", "no_approver" */
	struct text en, ja;
};
void refusal_deinit(struct refusal_text *t);
#define _cleanup_refusal_ _cleanup_(refusal_deinit)
#define REFUSAL_NULL	  ((struct refusal_text){.word = ""})

/** check_refuse() - @word, and both sentences. Return: @answer. */
int check_refuse(struct refusal_text *t, int answer, const char *word, const char *en,
		 const char *ja);

/** check_start() - all of it. @option: the one that is meant. Return: enum check_answer; refused:
 * @t. */
int check_start(const struct check *c, const struct plan_option **option, struct refusal_text *t);

/**
 * check_renewal() - may a measure that stands, of option @o, go on with these words? All that is
 * asked of a start but that the plan gives it anew, and what counts rules and changes, as it adds
 * none. That the incident is over is no reason either: behind a measure nothing may be seen of an
 * attack that goes on. c->option is not looked at.
 */
int check_renewal(const struct check *c, const struct plan_option *o, struct refusal_text *t);

/** check_agreed() - what the owner of the target's object agreed to for @o; NULL nothing. */
const struct conf_measure *check_agreed(const struct conf *conf, const struct incident *inc,
					const struct plan_option *o);

/** check_consent() - what a person's start rests on where he gives no reference himself: what
 * check_agreed() finds, else of an option that takes several owners along what each of them agreed
 * to. @buf: CONF_TEXT_MAX, "" nothing. Return: seconds that it holds for, 0 no limit. */
uint64_t check_consent(const struct conf *conf, const struct incident *inc,
		       const struct plan_option *o, char *buf);

/** check_alone() - is @o a matter of the owner of @object alone (act/owners.h)? */
bool check_alone(const struct conf *conf, const char *object, const struct plan_option *o);

/** check_data() - classes of data that @o rests on: bits of enum law_data. */
uint32_t check_data(const struct plan_option *o);

/** check_same() - do both do the same thing at the same point? Limits may be 5 % apart. */
bool check_same(const struct plan_option *a, const struct plan_option *b);

/** check_keep() - @o with the limits that were approved, of one that is the same. */
void check_keep(struct plan_option *o, const struct plan_option *approved);

/** check_override() - "by NAME, DATE: NOTE" where the law is not reviewed and the configuration's
 * override holds, else "". @buf: CONF_TEXT_MAX. Return: @buf. */
char *check_override(const struct conf *conf, const struct law *law, int64_t now_us, char *buf);
