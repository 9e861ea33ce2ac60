/* SPDX-License-Identifier: ISC */
/*
 * Where the verbs of places find them.
 */
#pragma once

#include <jansson.h>

#include "cli/setup.h"
#include "place/place.h"

#define PLACE_DIR_MAX (CONF_TEXT_MAX + 8)

/**
 * place_setup_dir() - the directory of places: "place" in the store @db, else that of the
 * configuration @path.
 * @buf: PLACE_DIR_MAX. @conf: the configuration with its own world, owned; may be NULL.
 * Return: EXIT_GOOD, or another status after saying why.
 */
int place_setup_dir(struct cli *cli, const char *db, const char *path, char *buf,
		    struct conf **conf);

/** place_setup() - open the places of place_setup_dir(). Return: as above. */
int place_setup(struct cli *cli, const char *db, const char *path, struct places **out);

/** place_put_json() - @o as one line; it is given back. What memory is missing for is counted as
 * lost. */
void place_put_json(const struct cli *cli, json_t *o);

/** place_dir_of() - the directory of places that goes with store @db and @c. */
void place_dir_of(const struct conf *c, const char *db, char *buf);
