/* SPDX-License-Identifier: ISC */
/*
 * A notice: what somebody outside told us. It is the only thing that can say who acts and why, that
 * nobody in the country is concerned, or that something of ours is hosted abroad: none of that is
 * ever inferred from traffic. Everything in it is somebody's word, with that somebody's mistakes;
 * nothing is corrected here. Data class: notice (it ends with `keep: notice`), and it has a circle.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/ip.h"
#include "base/text.h"
#include "base/vector.h"
#include "judge/circle.h"
#include "judge/private_text.h"

#define NOTICE_TARGETS_MAX 16
#define NOTICE_VECTORS_MAX 8
#define NOTICE_LINKS_MAX   4
#define NOTICE_WORD_MAX	   128
#define NOTICE_LINE_MAX	   512
#define NOTICE_TEXT_MAX	   8192
#define NOTICE_BYTES_MAX   (256u << 10) /* a larger file is refused */

/* Who tells: an operator we peer or work with, a customer, the press, an automatic feed, a response
 * team (national CERT, FIRST member, ISAC), the police. */
enum notice_form {
	NOTICE_PARTNER,
	NOTICE_CUSTOMER,
	NOTICE_NEWS,
	NOTICE_FEED,
	NOTICE_CERT,
	NOTICE_POLICE,
	NOTICE_FORMS
};

enum notice_target_kind { NOTICE_ADDRESS, NOTICE_PREFIX, NOTICE_NAME };

struct notice_target {
	char told[NOTICE_WORD_MAX]; /* as it was written */
	enum notice_target_kind kind;
	struct prefix prefix; /* of an address or prefix */
};

struct notice_vector {
	char told[NOTICE_WORD_MAX];
	bool known; /* it names one of ours */
	enum vector vector;
	uint16_t port; /* amplification: 0 any */
};

struct notice {
	enum notice_form form;
	char from[256];			 /* who */
	char reference[NOTICE_WORD_MAX]; /* their number for it */
	int64_t received_us;		 /* TIME_NONE not said */
	int64_t from_us, until_us;	 /* when the attack was, by them; TIME_NONE not said */
	struct notice_target target[NOTICE_TARGETS_MAX];
	size_t n_targets;
	struct notice_vector vector[NOTICE_VECTORS_MAX];
	size_t n_vectors;
	struct {
		char name[NOTICE_WORD_MAX];
	} link[NOTICE_LINKS_MAX];
	size_t n_links;
	char country[3];	      /* of whoever does it, they say; "" not said */
	char actor[NOTICE_LINE_MAX];  /* who does it, they say */
	uint8_t no_domestic_party;    /* they say that nobody in our country is concerned */
	uint8_t hosted_abroad;	      /* they say that the target stands outside our network */
	char motive[NOTICE_LINE_MAX]; /* why, they say */
	char text[NOTICE_TEXT_MAX];
	char language[8]; /* of the text, "en", "ja" or "" */
	bool has_circle;
	struct circle circle;
	struct private_text *contact; /* owned; whom to call there, NULL none */
};

struct notice *notice_new(void);
struct notice *notice_free(struct notice *n);

static inline void notice_freep(struct notice **n)
{
	*n = notice_free(*n);
}
#define _cleanup_notice_ _cleanup_(notice_freep)

const char *notice_form_name(enum notice_form f);
int notice_form_parse(const char *name, enum notice_form *out);

/** notice_form_word() - for people, "en" or "ja". */
const char *notice_form_word(enum notice_form f, const char *language);

/** notice_target_set() - take @told apart: an address, a prefix (host bits are cleared), a name. */
void notice_target_set(struct notice_target *t, const char *told);

/**
 * notice_vector_set() - take @told apart: our own names, and what people write ("SYN flood",
 * "SYNフラッド", "DNS amp", "NTP reflection"); what is none of them stays as told.
 */
void notice_vector_set(struct notice_vector *v, const char *told);

/**
 * notice_read() - a notice from YAML or JSON text.
 * @name: stands for the file in messages. @errors: `file:line:column: sentence`, one per mistake.
 * Return: 0 with *@out owned, -EINVAL, or -ENOMEM.
 */
int notice_read(const char *name, const char *text, size_t n, struct notice **out,
		struct text *errors);

/**
 * notice_to_json() - what @viewer may see of it: all but the contact has the notice's own circle,
 * which the caller has asked about. The same keys as notice_read() takes. Owned; NULL without
 * memory.
 */
json_t *notice_to_json(const struct notice *n, const struct viewer *viewer);
