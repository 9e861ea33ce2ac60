/* SPDX-License-Identifier: ISC */
/*
 * Are the source addresses of an attack its senders' own? A verdict with its evidence, never a bare
 * flag. What is measured of the senders (struct spoof_facts) is kept with the incident and holds no
 * address; the verdict is made of it alone, so that it can be made again without one or another
 * piece of evidence. The model stands in doc/spoofing.md, the figures in doc/facts.md. Data class
 * of the facts: volume.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/ip.h"
#include "base/text.h"

struct conf;
struct exporters;
struct finding;
struct incident;
struct places;

/* Whose figures: the attack's senders together, two parts of them, and ordinary ones. */
enum spoof_part {
	PART_ALL,
	PART_ONCE,  /* those seen once, with whom the target has no connection */
	PART_OFTEN, /* those seen three times and more, or connected */
	PART_GOOD,  /* senders of the protected object's traffic before the attack */
	/* Where the attack is made of several groups of packets, each by itself: */
	PART_SYN,
	PART_TCP, /* other TCP; with the SYNs, where the attack is made of connections */
	PART_UDP,
	PART_OTHER,
	PART_COUNT
};
#define PART_GROUPS (PART_COUNT - PART_SYN)

/* Counts over the senders of a sample; where a figure could not be measured its n is 0. */
struct spoof_figures {
	uint32_t n;		      /* senders in the sample, in each group of packets */
	uint32_t hosts;		      /* their distinct addresses */
	uint64_t packets;	      /* of theirs, as counted */
	uint64_t seen;		      /* packets of all senders */
	uint32_t once, twice, thrice; /* senders with so many packets */
	uint32_t scale_log2;	      /* the sample is one in 2^so many of all senders */
	uint32_t v4;
	uint32_t bogon, private; /* addresses that no one can have; private ones */
	uint32_t placed;	 /* senders that were looked up */
	uint32_t unrouted, unallocated;
	double routed_space, allocated_space; /* share of the public addresses that the table has */
	double chi8;			      /* chi-square over the public /8s divided by its df */
	uint32_t edge_octets;		      /* last octet 0 or 255 */
	uint32_t pairs24;		      /* pairs of senders in one /24 */
	uint32_t pairs16;		      /* pairs of senders in one /16 */
	uint32_t even_n;		      /* neighbours of four packets and more together */
	double uneven;			      /* (a - b)^2 / (a + b) of theirs, 1: Poisson */
	uint32_t ttl_n, ttl_values, ttl_top2; /* with a TTL; distinct ones; in the two commonest */
	double ttl_bits;		      /* entropy of the TTL over senders */
	uint32_t ttl_odd;		      /* further than 40 hops below 64, 128 and 255 */
	uint32_t ttl_again,
		ttl_paths; /* senders with three packets; TTLs modulo 32 of all of them */
	uint32_t ttl_pairs, ttl_alike;	   /* neighbours in one /16; of them with the same TTL */
	double ttl_chance;		   /* how many would be alike by chance */
	uint32_t link_n, link_top;	   /* with an ingress link; over the commonest */
	uint32_t link_pairs, link_alike;   /* neighbours in one /16; of them over the same link */
	double link_chance;		   /* how many would be by chance */
	uint32_t link_again, link_several; /* with three records; of them over several links */
	uint32_t heads_n;		   /* senders whose first packet's header is known */
	uint32_t window_top, length_top, bare_syn; /* in the commonest window, length; no options */
	uint32_t ids_n, ids_next, ids_same; /* first records: IP-ID following, or as, another's */
	uint32_t heard_n, heard_match, heard_ttl_n, heard_ttl_match;
	double heard_chance, heard_ttl_chance; /* matches expected of a sender taken at random */
	uint32_t bgp_n, bgp_match;
	double bgp_chance;
	uint32_t answered, established, resets; /* senders; see detect/answers.h */
	uint64_t established_packets;
	uint32_t darknet, own; /* senders inside a darknet, inside the own network from outside */
};

struct spoof_facts {
	struct spoof_figures part[PART_COUNT];
	bool private_counts; /* target and observation point are public */
	bool sampled;	     /* by an exporter: few packets of each sender are seen */
	bool both_ways;	     /* what the target answered was seen */
	bool local;	     /* attack from inside the own network: senders are neighbours */
	uint64_t synacks, refusals, connected; /* packets of the target by what they say */
	uint64_t begun, done; /* handshakes in captured packets; 0, 0 where not visible */
	uint64_t to_darknet;
	uint64_t records; /* of the attack when this was measured */
};

enum spoof_verdict { SPOOF_UNKNOWN, SPOOF_SPOOFED, SPOOF_PARTLY, SPOOF_NOT, SPOOF_VERDICTS };

/* A rule that decided beside the evidence, or bounds the confidence. */
enum spoof_rule {
	SPOOF_BY_EVIDENCE,
	SPOOF_BY_REFLECTION,  /* the senders are reflectors; the requests to them are forged */
	SPOOF_BY_CONNECTIONS, /* the vector is made of completed connections */
	SPOOF_ONE_SOURCE, /* few constant ones without a handshake: a third party's remain possible
			   */
	SPOOF_NO_FACTS,
	SPOOF_RULES
};

#define SPOOF_TESTS_MAX	   28
#define SPOOF_EVIDENCE_MAX 64

/* One piece of evidence as it counted. */
struct spoof_evidence {
	uint8_t test;  /* index of the table of tests */
	uint8_t part;  /* enum spoof_part that it was measured on */
	double figure; /* what was measured, in the test's own unit */
	double weight; /* by how much it changes the log odds of "forged", natural logarithm */
	uint32_t n;    /* senders (or packets) that it rests on */
};

/* One group of an attack that is made of several, judged by itself. */
struct spoof_group_said {
	uint8_t part;	   /* PART_SYN and up */
	uint8_t verdict;   /* enum spoof_verdict */
	bool reflected;	   /* its senders are reflectors */
	double confidence; /* that the verdict holds */
	double share;	   /* of the packets */
};

struct spoofing {
	enum spoof_verdict verdict;
	enum spoof_rule rule;
	double confidence;   /* that the verdict holds; of "unknown" that of the likelier side */
	double forged_share; /* of packets; 0..1, -1 unknown */
	uint32_t without;    /* tests that were left out, bits by index */
	struct spoof_group_said group[PART_GROUPS];
	unsigned n_groups; /* 0: judged as one */
	struct spoof_evidence evidence[SPOOF_EVIDENCE_MAX];
	unsigned n_evidence;
};

/* Whom a verdict says what of. */
enum spoof_real {
	REAL_UNKNOWN,	/* never to be named or filtered */
	REAL_HANDSHAKE, /* most of its packets are of connections that the target answered in */
	REAL_INGRESS,	/* it came over the link, and with the TTL, of earlier connections of its
			   prefix, which others would hardly do by chance */
};

/**
 * spoof_measure() - the figures of @f's senders, and of the good sample in @inc; tells the incident
 * which of its top sources are shown real. Where nothing new was seen since, the old ones stay.
 * @places: may be NULL. Return: 1 when there are new figures, else 0, or -ENOMEM.
 */
int spoof_measure(struct incident *inc, const struct finding *f, const struct places *places,
		  const struct conf *conf, struct exporters *exporters);

/** spoof_judge() - the verdict from inc->facts and its vectors. @without: bits of tests. */
void spoof_judge(struct incident *inc, uint32_t without);

/** spoof_continue() - of two parts of one attack the facts of the larger stay. */
void spoof_continue(struct incident *now, const struct incident *before);

/**
 * source_shown_real() - is @ip itself shown to be real, whatever the verdict on the attack? Only
 * then may it be named to anyone, or stand in a filter (default deny).
 */
enum spoof_real source_shown_real(const struct incident *inc, const struct ip *ip);

/* Names of the interface; the parse functions return an index or -EINVAL. */
const char *spoof_verdict_name(enum spoof_verdict v);
const char *spoof_real_name(enum spoof_real r); /* NULL for unknown */
const char *spoof_part_name(enum spoof_part p);
unsigned spoof_test_count(void);
const char *spoof_test_name(unsigned test);
int spoof_test_find(const char *name);

/**
 * spoof_test_sentence() - a piece of evidence in words, "en" or "ja", appended to @out.
 */
void spoof_test_sentence(const struct incident *inc, const struct spoof_evidence *e, bool ja,
			 struct text *out);

/** spoof_words() - the verdict as a sentence with its caveat, appended to @out. */
void spoof_words(const struct incident *inc, bool ja, struct text *out);

/** spoof_print() - verdict and evidence, one line each with @indent spaces before, for people. */
void spoof_print(const struct incident *inc, bool ja, unsigned indent, struct text *out);

/** spoof_to_json(), spoof_from_json() - keys `spoofing` and `facts`. Return: 0, -ENOMEM, -EINVAL.
 */
int spoof_to_json(json_t *to, const struct incident *inc);
int spoof_from_json(const json_t *from, struct incident *inc);
