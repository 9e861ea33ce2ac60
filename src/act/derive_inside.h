/* SPDX-License-Identifier: ISC */
/*
 * What the files that make rules share: the two samples as packets with weights (derive_weigh.c),
 * the conditions that could be put (derive_fields.c), the search among them (derive_search.c) and
 * what is said of the outcome (derive_words.c).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "act/derive.h"

#define WEIGH_SPLIT_MAX 5 /* one record may be as many kinds of packets */
#define WEIGH_MAX	(WEIGH_SPLIT_MAX * EVIDENCE_MAX)
#define WEIGH_WORDS	(WEIGH_MAX / 64)

/* One packet of a sample, and for how many it stands. */
struct packet_weighed {
	struct evidence_record e;
	double weight; /* packets, corrected for sampling; 0: it is not in the sample itself */
	double opens;  /* the same as the first packet of connections (SYN alone), 0 none */
	bool firm;     /* the length is that of a packet, no mean */
	bool bounded;  /* of good traffic, so hit by what could: its length is known between */
	uint16_t shortest, longest;
};

/*
 * SYN lengths as a sample has them. A few hundred packets hold few SYN, so whether a rule hits
 * those of a service's clients is asked with one for every packet to a service, of the lengths in
 * turn.
 */
#define OPENING_LENGTHS 64

struct openings {
	uint16_t octets[OPENING_LENGTHS];
	unsigned n;
};

/** openings_of() - of the good sample; those of the usual stacks where it has too few. */
void openings_of(const struct header_sample *s, struct openings *out);

/**
 * weigh_record() - the packets of a record. A flow of TCP is a SYN and the packets behind it: its
 * flags together would hide that a rule against SYN hits it. A good one is also those that end it,
 * that carry data and that only acknowledge.
 * @o: what opens the connections of packets that do not open any, NULL of an attack. @nth: of the
 * record. @out: WEIGH_SPLIT_MAX of them.
 * Return: how many.
 */
unsigned weigh_record(const struct evidence_record *e, const struct openings *o, unsigned nth,
		      struct packet_weighed *out);

struct weighed {
	struct packet_weighed *p; /* owned */
	unsigned n, records;
	double total, opens; /* weight of all, and of those that open */
	double squares;	     /* of weights */
};

/**
 * weigh() - the records of @s sent to @to. @good: also what opens the connections they belong to.
 * Return: 0, or -ENOMEM.
 */
int weigh(const struct header_sample *s, const struct prefix *to, bool good, struct weighed *out);
void weighed_deinit(struct weighed *w);

/** weighed_effective() - how many records of one weight would say as much (Kish 1965). */
double weighed_effective(const struct weighed *w);

/**
 * weigh_clean() - where ordinary packets of the attack's own kind lie in the attack's sample, as
 * the good one leads to expect, they count for less. Return: 0, or -ENOMEM.
 */
int weigh_clean(struct weighed *attack, const struct weighed *good);

/* A set of packets of a sample. */
struct packet_set {
	uint64_t bit[WEIGH_WORDS];
};

static inline bool set_has(const struct packet_set *s, unsigned i)
{
	return s->bit[i / 64] >> (i % 64) & 1;
}

static inline void set_put(struct packet_set *s, unsigned i)
{
	s->bit[i / 64] |= UINT64_C(1) << (i % 64);
}

double set_weight(const struct packet_set *s, const struct weighed *w);

/* A conjunction of conditions, and what it hits. */
#define DRAFT_CONDITIONS 6

struct draft {
	struct rule_condition condition[DRAFT_CONDITIONS]; /* in the order of fields */
	unsigned n;
	struct packet_set attack, good;
	double covers; /* weight of the attack that no rule before covers */
	double hits;   /* weight of the good that no rule before hits */
	double opens;  /* of it, what opens connections */
};

const struct rule_condition *draft_find(const struct draft *d, enum rule_field f);

/* Weights by value, all zero between two uses; for the fields' own use. */
struct histogram {
	double attack[65536], good[65536];
};

/* What may be tried, as bits, beside what always is. */
enum search_with {
	WITH_LENGTHS = 1,  /* a length says least of what an attack is */
	WITH_ANY_PORT = 2, /* source ports that the sender chooses too; to say what they would do */
};

/* What conditions are made from: what of both samples a draft still hits. */
struct ground {
	struct histogram *histogram;
	const struct weighed *attack, *good;
	const struct draft *draft;
	const struct packet_set *left; /* the attack's packets that no rule covers yet */
	unsigned with;		       /* enum search_with */
};

#define FIELD_CHOICES_MAX 64

struct field_choices {
	struct rule_condition c[FIELD_CHOICES_MAX + 1]; /* one to spare, for what is not kept */
	unsigned n;
};

/** fields_choose() - conditions that the draft could get next. */
void fields_choose(const struct ground *g, struct field_choices *out);

/** field_port_lasts() - does a source port say which service sends (and not what a sender chose)?
 */
bool field_port_lasts(uint16_t port);

/**
 * search_rules() - the fewest rules that cover the attack and spare the good, into @out.
 * @with: enum search_with. Return: 0, or -ENOMEM.
 */
int search_rules(const struct weighed *attack, const struct weighed *good,
		 const struct prefix *target, unsigned with, struct rule *out, unsigned *n);

/**
 * search_narrow() - rules that cover nearly all of the attack by all that its kinds of packets
 * share. Return: 0, or -ENOMEM.
 */
int search_narrow(const struct weighed *attack, const struct prefix *target, struct rule *out,
		  unsigned *n);

/** packet_is_hit() - by one of @rule? */
bool packet_is_hit(const struct packet_weighed *p, const struct rule *rule, unsigned n);

/** rules_cover() - the share of @w's weight that @rule hit; @opens: of what opens connections. */
double rules_cover(const struct rule *rule, unsigned n, const struct weighed *w, bool opens);

/* Why it is as it is; the first that holds is said. */
enum verdict {
	VERDICT_GOOD,
	VERDICT_SO_FAR,	     /* as good, of what is told of an attack that is too young */
	VERDICT_NO_EVIDENCE, /* no header records are kept of it */
	VERDICT_FEW,	     /* too few of the attack */
	VERDICT_NO_SAMPLE,   /* nothing is known of the good traffic */
	VERDICT_SMALL_SAMPLE,
	VERDICT_UNSURE, /* it does, but so few records are no proof */
	VERDICT_PORT,	/* only a source port that the sender chose sets it apart */
	VERDICT_PART,	/* for a part of it there is a rule */
	VERDICT_ALIKE,	/* it looks as the clients do */
};

struct told {
	enum verdict verdict;
	const struct weighed *attack, *good;
	uint16_t port;		 /* VERDICT_PORT */
	unsigned late_s, span_s; /* VERDICT_SO_FAR: how late flows are told; of how long it is */
};

/** derive_say() - fill why_en and why_ja. Return: 0, or -ENOMEM. */
int derive_say(struct derived *d, const struct told *t);
