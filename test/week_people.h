/* SPDX-License-Identifier: ISC */
/*
 * The people of the busy week, played: who gets a page answers as the scenario's truth says, after
 * as long as it says, or sleeps on.
 */
#pragma once

#include <jansson.h>

#include "duty/duty.h"

#define PEOPLE_ACTS_MAX 256

struct people_act {
	int64_t at_us;
	char alarm[ALARM_ID_MAX], person[ALARM_NAME_MAX];
	int64_t snooze_us; /* 0: acknowledges */
};

struct people {
	json_t *things;	  /* borrowed: the truth's */
	json_t *answered; /* owned: pages answered so far, by alarm */
	json_t *done;	  /* owned: what they did */
	struct people_act act[PEOPLE_ACTS_MAX];
	unsigned n_acts;
};

int people_open(struct people *p, json_t *things);
void people_close(struct people *p);

/**
 * people_get() - a page arrives. @target: of an incident's alarm, else NULL.
 * Return: 0 or -ENOMEM.
 */
int people_get(struct people *p, const struct page *page, const struct alarm *alarm,
	       const char *target);

/** people_do() - whatever is due. Return: 0 or a negative error of the duty. */
int people_do(struct people *p, struct duty *d, int64_t now_us);
