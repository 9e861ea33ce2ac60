/* SPDX-License-Identifier: ISC */
/*
 * An alarm is one thing that people are woken for: an incident with all its vectors, updates and
 * bursts, a fault of our own sight, or a storm that holds many of both. A page is one message of it
 * to one person by one channel. Data class: header; no address but the target's is in them.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "duty/fault.h"
#include "duty/severity.h"

#define ALARM_ID_MAX   16 /* "w" and 12 hexadecimal digits, made of kind and ref */
#define ALARM_REF_MAX  128
#define ALARM_NAME_MAX 64
#define PAGE_ID_MAX    32 /* ALARM-STEP-NUMBER */
#define PAGE_CHARS_MAX 140
#define PAGE_TEXT_MAX  (4 * PAGE_CHARS_MAX + 1)

enum alarm_kind { ALARM_INCIDENT, ALARM_FAULT, ALARM_STORM, ALARM_KINDS };

enum alarm_state {
	ALARM_HELD,	    /* known, and not (yet) worth waking anybody: `mute` says why */
	ALARM_PAGED,	    /* somebody was paged, nobody has answered */
	ALARM_ACKNOWLEDGED, /* it has an owner */
	ALARM_SNOOZED,	    /* until snoozed_until_us, then it pages again unless it is over */
	ALARM_ENDED,
	ALARM_STATES
};

/* Why nobody is paged. */
enum alarm_mute {
	MUTE_NOT,
	MUTE_SHORT,	  /* a single burst, so far */
	MUTE_SEVERITY,	  /* not bad enough for its object */
	MUTE_SUPPRESSED,  /* somebody said so, until a time */
	MUTE_TEST,	  /* a known test */
	MUTE_MAINTENANCE, /* announced work */
	MUTE_FALSE,	  /* marked as no attack */
	MUTE_STORM,	  /* a storm's page stands for it */
	MUTE_KINDS
};

struct alarm {
	char id[ALARM_ID_MAX];
	enum alarm_kind kind;
	/* Incident id, fault_ref(), or "FIRST@SECOND": a storm's first alarm and when it began. */
	char ref[ALARM_REF_MAX];
	enum alarm_state state;
	enum alarm_mute mute;
	char mute_ref[ALARM_REF_MAX]; /* suppression, note of the test or work, storm; "" none */
	unsigned severity;	      /* worst so far; it pages again only to say it got worse */
	char object[ALARM_NAME_MAX];
	char owner[ALARM_NAME_MAX]; /* who acknowledged, "" nobody */
	char paged[ALARM_NAME_MAX]; /* who was paged last */
	unsigned step;		    /* times that somebody was paged so far */
	unsigned asked;		    /* of them in a row without an answer */
	int64_t opened_us;	    /* of the thing itself, record time for incidents */
	int64_t seen_us;	    /* when duty heard of it */
	int64_t due_us;		    /* when its first page fell due; TIME_NONE not yet */
	int64_t paged_us, next_us;  /* last page; when silence is too long; TIME_NONE none */
	int64_t snoozed_until_us, ended_us; /* TIME_NONE none */
	unsigned members, told;		    /* storm: alarms it took on so far; when last paged */
};

enum page_channel { CHANNEL_PROGRAM, CHANNEL_MAIL, CHANNELS };

enum page_why { PAGE_NEW, PAGE_WORSE, PAGE_ESCALATED, PAGE_SNOOZE_OVER, PAGE_TEST, PAGE_WHYS };

struct page {
	char id[PAGE_ID_MAX]; /* the same page has the same id, whoever makes it again */
	char alarm[ALARM_ID_MAX];
	enum page_why why;
	unsigned step;
	char person[ALARM_NAME_MAX];
	enum page_channel channel;
	char to[256]; /* mail address or program */
	char phone[ALARM_NAME_MAX];
	char language[8];
	char text[PAGE_TEXT_MAX]; /* at most PAGE_CHARS_MAX characters */
	int64_t at_us;
	json_t *json; /* owned: what the program is given, text included */
};

/** alarm_id() - from kind and ref alone: "w" and FNV-1a of "KIND REF", folded as incident_id() does
 * it. @buf: ALARM_ID_MAX. */
char *alarm_id(enum alarm_kind kind, const char *ref, char *buf);

const char *alarm_kind_name(enum alarm_kind k);
const char *alarm_state_name(enum alarm_state s);
const char *alarm_mute_name(enum alarm_mute m);
const char *page_channel_name(enum page_channel c);
const char *page_why_name(enum page_why w);

/** alarm_clear() - an alarm of nothing: every byte 0, every time TIME_NONE. */
void alarm_clear(struct alarm *a);

/** page_id() - "ALARM-STEP-NUMBER" into @buf (PAGE_ID_MAX). */
char *page_id(const char *alarm, unsigned step, unsigned number, char *buf);

/** alarm_json(), owned; alarm_from_json(): 0 or -EINVAL. */
json_t *alarm_json(const struct alarm *a);
int alarm_from_json(const json_t *from, struct alarm *out);

/** page_json() - all of it but `json`, which stands under "data". page_deinit() frees json. */
json_t *page_json(const struct page *p);
int page_from_json(const json_t *from, struct page *out);
void page_deinit(struct page *p);
