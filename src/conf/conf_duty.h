/* SPDX-License-Identifier: ISC */
/*
 * The part of the configuration that says who is woken, when, how, and by what: people, shifts,
 * channels, maintenance, and the times of a heightened watch.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define CONF_DUTY_NAME_MAX 64
#define CONF_DUTY_TEXT_MAX 256
#define CONF_ZONE_MAX	   64

/* What is agreed with the customer: how soon somebody must look. */
enum conf_contract { CONTRACT_STANDARD, CONTRACT_CRITICAL, CONTRACT_BASIC };

typedef char conf_name[CONF_DUTY_NAME_MAX];

/** conf_is_named() - is @name one of the @n names of a list? */
static inline bool conf_is_named(conf_name *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* Somebody who can be paged. */
struct conf_person {
	conf_name name;
	char language[8];		  /* of what is written to them, "" as the configuration */
	char zone[CONF_ZONE_MAX];	  /* of times in it, "" the duty's */
	char mail[CONF_DUTY_TEXT_MAX];	  /* "" not by mail */
	char program[CONF_DUTY_TEXT_MAX]; /* "" the duty's */
	char phone[CONF_DUTY_NAME_MAX];	  /* given to the program */
};

#define DAY_MONDAY 1u /* bit 0 of `days`; Sunday is bit 6 */
#define DAYS_ALL   127u

enum conf_day { CONF_MON, CONF_TUE, CONF_WED, CONF_THU, CONF_FRI, CONF_SAT, CONF_SUN,
		CONF_WEEKDAYS, CONF_WEEKEND };

/* Who is on call. The first shift that holds a moment counts; its people in their order. */
struct conf_shift {
	conf_name *people;
	size_t n_people;
	uint32_t *day_words; /* enum conf_day */
	size_t n_day_words;
	uint32_t days;		  /* from day_words; of the day on which the shift begins */
	uint32_t from_min, until_min; /* minutes of the local day; until <= from: into the next */
	char zone[CONF_ZONE_MAX]; /* "" the duty's */
	int64_t from_us, until_us;    /* only in this time; 0: no bound */
};

/* Work that is announced: what it touches does not page. Everything empty: the whole network. */
struct conf_maintenance {
	char note[CONF_DUTY_TEXT_MAX];
	conf_name *objects, *exporters, *links;
	size_t n_objects, n_exporters, n_links;
	int64_t from_us, until_us;
};

/* A time in which more is looked at: an event of a calendar, or days of its own. */
struct conf_heightened {
	conf_name name;
	conf_name event;	   /* id in a calendar, "" from and until stand here */
	int64_t from_us, until_us; /* 0: the event's */
	uint64_t ahead_s;	   /* begins so long before; 0: the event's */
	conf_name *objects, *services;
	size_t n_objects, n_services; /* both empty: everything protected */
	uint32_t page_from;	      /* severity that pages, for those */
	conf_name *people;	      /* on call instead of the shifts; empty: as always */
	size_t n_people;
};

struct conf_mail_out {
	char server[CONF_DUTY_TEXT_MAX]; /* smtp://HOST:PORT or smtps://HOST:PORT, "" no mail */
	char from[CONF_DUTY_TEXT_MAX];
	char user[CONF_DUTY_NAME_MAX], password_file[CONF_DUTY_TEXT_MAX]; /* "" none */
	uint32_t tls; /* 0 never, 1 where offered, 2 always */
};

/* From when on the program calls itself blind. */
struct conf_sight {
	uint64_t silent_s;	/* exporter told nothing */
	uint32_t loss_percent;	/* of an exporter's datagrams, over a minute */
	uint64_t template_s;	/* data wait for their template */
	uint64_t clock_s;	/* an exporter's clock is off by more */
	uint64_t late_s;	/* the own queue is behind, or the watch's status is so old */
};

struct conf_heartbeat {
	char file[CONF_DUTY_TEXT_MAX];	     /* rewritten at each beat, "" none */
	char prometheus[CONF_DUTY_TEXT_MAX]; /* text file for a node exporter, "" none */
	char listen[CONF_DUTY_NAME_MAX];     /* "127.0.0.1:9477", "" none */
};

struct conf_duty {
	char zone[CONF_ZONE_MAX]; /* IANA name, "" the program's TZ */
	struct conf_person *people;
	size_t n_people;
	struct conf_shift *shifts;
	size_t n_shifts;
	conf_name *escalation; /* behind the people of the shift, in this order */
	size_t n_escalation;
	uint64_t ack_within_s; /* silence after which the next is paged */
	uint32_t page_from;    /* severity 1 (worst) to 4: up to this one it pages */
	uint64_t burst_s;      /* a single burst shorter than this pages nobody */
	uint64_t fold_s;       /* bursts with such pauses between them are one incident */
	uint32_t storm_pages;  /* more pages than so many ... */
	uint64_t storm_s;      /* ... in so long are grouped */
	char program[CONF_DUTY_TEXT_MAX];	 /* given each page as JSON, "" none */
	uint64_t program_s;			 /* how long it may take */
	char notice_program[CONF_DUTY_TEXT_MAX]; /* given notices to customers, "" none */
	char contact[CONF_DUTY_TEXT_MAX];	 /* whom customers call, for notices, "" none */
	char spool[CONF_DUTY_TEXT_MAX];		 /* "" spool in the store */
	struct conf_mail_out mail;
	struct conf_sight sight;
	struct conf_heartbeat heartbeat;
};
