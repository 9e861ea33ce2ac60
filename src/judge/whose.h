/* SPDX-License-Identifier: ISC */
/*
 * Whose attack an incident is: kinds of its sources and its scope, judged together when it is
 * handed out. Inside the room only.
 */
#pragma once

#include "conf/conf.h"
#include "judge/incident.h"
#include "judge/proxies.h"
#include "place/place.h"

/**
 * incident_judge_whose() - fill kinds and scope of @inc; the kinds are judged anew only where a
 * quarter more header records are there than last time, and at the end; the scope always, without
 * any notice.
 * @places, @proxies: may be NULL.
 * Return: 0 or -ENOMEM.
 */
int incident_judge_whose(struct incident *inc, const struct conf *conf, const struct places *places,
			 const struct proxies *proxies);
