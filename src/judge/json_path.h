/* SPDX-License-Identifier: ISC */
/* The links of an incident as JSON. Inside the room only. */
#pragma once

#include <jansson.h>

#include "judge/incident.h"

/** json_path_out() - add the keys to @o. Return: 0 or -ENOMEM. */
int json_path_out(json_t *o, const struct incident *inc);

/** json_path_in() - the reverse; what is missing stays empty. Return: 0, -ENOMEM or -EINVAL. */
int json_path_in(const json_t *o, struct incident *inc);
