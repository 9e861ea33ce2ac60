/* SPDX-License-Identifier: ISC */
/*
 * Attacks made to last, and ordinary traffic before them: for what is judged by minutes and not by
 * the seconds that a scenario needs to show an attack.
 */
#pragma once

#include "drill/plan.h"

#define HOLD_PPS 2000 /* at most so many packets a second of an attack behind its own end */

/**
 * plan_hold() - all rows later, so that no attack begins before @lead_s; each attack lasts @hold_s
 * at least, at no more than HOLD_PPS behind its own end, with the rows that it ended with. Ordinary
 * traffic goes on as long. @visitors: targets of the own network get visitors of their own.
 */
void plan_hold(struct plan *p, uint32_t lead_s, uint32_t hold_s, bool visitors);
