/* SPDX-License-Identifier: ISC */
/* How rows of the schema are written. Inside the room only. */
#pragma once

#include "conf/schema.h"

/* clang-format off: a row stays a row. */

#define FIELD(st, f) .offset = offsetof(struct st, f), .size = sizeof(((struct st *)NULL)->f)
#define MAP(w, rows) .what = (w), .keys = (rows), .n_keys = ARRAY_LEN(rows)
#define MAPS(of, n_field, st, m, most)                                                    \
	{                                                                                 \
		.item = {.name = "", .type = TYPE_MAP, .size = sizeof(struct st),          \
			 .map = &(m)},                                                    \
		.max = (most), .count = offsetof(struct of, n_field)                      \
	}
#define PREFIXES(of, n_field, t, most)                                                        \
	{                                                                                     \
		.item = {.name = "", .type = TYPE_PREFIX, .size = sizeof(struct prefix),      \
			 .tag = (t)},                                                         \
		.max = (most), .count = offsetof(struct of, n_field)                          \
	}
#define LIST(n, f, l, ...) \
	{.name = (n), .type = TYPE_LIST, FIELD(conf, f), .list = &(l), __VA_ARGS__}

#define PPS_MAX UINT64_C(1000000000000)
#define BPS_MAX UINT64_C(1000000000000000)
#define BYTES_MAX UINT64_C(1000000000000000)
#define YEAR_S UINT64_C(31536000)

/* clang-format on */

/* schema_duty.c: what the file says of duty. */
extern const struct conf_map duty_map;
extern const struct conf_list duty_maintenance, duty_heightened;
extern const char *const contract_words[];

/* schema_act.c: what the file says of acting. */
extern const struct conf_map act_map;
extern const char *const act_kind_words[];
