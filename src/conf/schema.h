/* SPDX-License-Identifier: ISC */
/*
 * The schema: which keys a configuration may hold, as rows of name, type, limits, default and help.
 * Reading, defaults, printing, freeing and the key list of the manual all walk these same rows, so
 * a new key is one row here, one field in conf.h and one paragraph in the manual.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum conf_type {
	TYPE_NAME,     /* char[]: one word or a few, not empty */
	TYPE_TEXT,     /* char[]: any one line, may be empty */
	TYPE_LINES,    /* char[]: any lines, may be empty */
	TYPE_MAIL,     /* char[] */
	TYPE_CHOICE,   /* char[]: one of the row's words */
	TYPE_WORD,     /* unsigned integer: position in the row's words */
	TYPE_COUNTRY,  /* char[3] */
	TYPE_IP,       /* struct ip */
	TYPE_PREFIX,   /* struct prefix */
	TYPE_ENDPOINT, /* struct conf_listen */
	TYPE_COUNT,    /* the rest: unsigned integers of the row's size */
	TYPE_TIMES,
	TYPE_PERCENT,
	TYPE_PPS,
	TYPE_BPS,
	TYPE_BYTES,
	TYPE_DURATION,
	TYPE_TIME, /* int64_t, microseconds */
	TYPE_DATE, /* int64_t, microseconds of its first moment in UTC */
	TYPE_HOUR, /* unsigned integer, minutes of a day: "HH:MM" up to 24:00 */
	TYPE_MAP,  /* nested keys */
	TYPE_LIST, /* items of one row; a single item may stand without the list */
	TYPE_COUNT_
};

#define KEY_REQUIRED 1u /* a map without it does not hold */
#define KEY_NEVER    2u /* "never" is a value: all bits one */
#define KEY_ZERO     4u /* "never" is a value: 0 */
#define KEY_REGION   8u /* of countries: "EU", and "ZZ" for any other, are values too */

/* Values whose place in the file is kept for the cross checks (check.c). */
enum conf_tag {
	TAG_NONE,
	TAG_OWN,
	TAG_OBJECT_NAME,
	TAG_OBJECT_PREFIX,
	TAG_TEST_UNTIL,
	TAG_EXPORTER_NAME,
	TAG_EXPORTER_ADDRESS,
	TAG_INTERFACE_EXPORTER,
	TAG_INTERFACE_INDEX,
	TAG_INTERFACE_LINK,
	TAG_LINK_NAME,
	TAG_SERVICE_NAME,
	TAG_SERVICE_LINK,
	TAG_DARKNET,
	TAG_SHARED,
	TAG_NEVER,
	TAG_LISTEN,
	TAG_CAPTURE,
	TAG_TIMES,
	TAG_DUTY_ZONE,
	TAG_DUTY_PROGRAM,
	TAG_NOTICE_PROGRAM,
	TAG_PERSON,
	TAG_PERSON_ZONE,
	TAG_PERSON_PROGRAM,
	TAG_SHIFT_PERSON,
	TAG_SHIFT_ZONE,
	TAG_SHIFT_TO,
	TAG_ESCALATION,
	TAG_MAIL_SERVER,
	TAG_HEARTBEAT_LISTEN,
	TAG_MAINTENANCE_UNTIL,
	TAG_MAINTENANCE_OBJECT,
	TAG_MAINTENANCE_EXPORTER,
	TAG_MAINTENANCE_LINK,
	TAG_HEIGHTENED,
	TAG_HEIGHTENED_UNTIL,
	TAG_HEIGHTENED_OBJECT,
	TAG_HEIGHTENED_SERVICE,
	TAG_HEIGHTENED_PERSON,
	TAG_LEGAL,
	TAG_OVERRIDE,
	TAG_NEIGHBOR,
	TAG_NEIGHBOR_TAKES,
	TAG_NEIGHBOR_ADDRESS,
	TAG_NEIGHBOR_ID,
	TAG_NEIGHBOR_HOP,
	TAG_NEIGHBOR_HOP6,
	TAG_NEIGHBOR_LINK,
	TAG_NEIGHBOR_COMMUNITY,
	TAG_NEIGHBOR_REDIRECT,
	TAG_NEIGHBOR_TABLE,
	TAG_NEIGHBOR_INSIDE,
	TAG_APPROVER,
	TAG_APPROVER_USER,
	TAG_APPROVER_KEY,
	TAG_TWO_PERSONS,
	TAG_BREAK_GLASS,
	TAG_STANDING,
	TAG_STANDING_OBJECT,
	TAG_STANDING_KIND,
	TAG_STANDING_APPROVER,
	TAG_STANDING_REVIEW,
	TAG_STANDING_PROBE,
	TAG_ACT_NEVER,
	TAG_HOOK,
	TAG_ACT_SOCKET,
	TAG_ACT_EXABGP,
	TAG_HEAD_FILE,
	TAG_HEAD_MAIL,
	TAG_ACT_PROMETHEUS,
	TAG_COUNT
};

struct conf_map;
struct conf_list;

struct conf_key {
	const char *name;
	enum conf_type type;
	unsigned flags;
	uint32_t offset, size;	      /* of the field in its struct */
	uint64_t min, max;	      /* of numbers */
	const char *dflt, *help;      /* default as an operator writes it; NULL: empty, unknown */
	const char *const *words;     /* TYPE_WORD, TYPE_CHOICE: NULL-terminated */
	const struct conf_map *map;   /* TYPE_MAP */
	const struct conf_list *list; /* TYPE_LIST */
	enum conf_tag tag;
};

struct conf_list {
	struct conf_key item; /* name "" and offset 0 */
	uint32_t max;	      /* most items */
	uint32_t count;	      /* offset of the number of items, a size_t */
	bool in_place;	      /* items stand in the struct itself, not behind a pointer */
};

/* Keys that no row can list: one entry per name, found and named by code. */
struct conf_more {
	const struct conf_key *key; /* the row that reads an entry's value */
	unsigned max;		    /* most entries */
	/* The entry called @name, made when new; NULL where no such name may stand or none fits. */
	void *(*entry)(void *base, const char *name, bool *created);
	/* The @i-th entry and its name (into @name, VECTOR_NAME_MAX), NULL behind the last. */
	void *(*at)(void *base, unsigned i, char *name);
};

struct conf_map {
	const char *what; /* in sentences: "an exporter" */
	const struct conf_key *keys;
	uint32_t n_keys;
	bool inherit;	 /* no defaults of its own */
	bool short_form; /* a lone value is that of the first key */
	const struct conf_more *more;
};

#define MAP_KEYS_MAX 32 /* most rows of one map */

extern const struct conf_map conf_schema;

/** schema_field() - the field of @k in the struct at @base. */
static inline void *schema_field(const struct conf_key *k, const void *base)
{
	return (uint8_t *)(uintptr_t)base + k->offset;
}

/** schema_defaults() - write the defaults of @map into @base, which is all zero. */
void schema_defaults(const struct conf_map *map, void *base);

/** schema_clear() - free every list inside @base. */
void schema_clear(const struct conf_map *map, void *base);

/** list_count() - where the number of items of list row @k is. */
size_t *list_count(const struct conf_key *k, const void *base);

/** list_item() - item @i of list row @k. */
void *list_item(const struct conf_key *k, const void *base, size_t i);

/**
 * list_add() - append a zeroed item with its defaults.
 * @room: items there is memory for, kept by the caller from 0 while the list is filled.
 * Return: 0 and the item; -ENOMEM; or -ENOSPC where the list's cap is reached.
 */
int list_add(const struct conf_key *k, void *base, size_t *room, void **item);
