/* SPDX-License-Identifier: ISC */
/*
 * Imported sources on disk: one directory with a file per source, NAME.source, and the file
 * `picture` that is made of all of them. Both are images (image.h) with a checksum. A file is
 * written beside its place and renamed into it, so that whoever opens one has an old or a new one,
 * whole. Writers wait for each other; readers wait for nobody.
 */
#pragma once

#include "base/text.h"
#include "conf/conf.h"
#include "place/import.h"
#include "place/place.h"

#define PLACE_DIR_MAX (CONF_TEXT_MAX + 8)

/**
 * place_dir_of() - the directory of places that goes with store @db (NULL or "": none given) and
 * configuration @c: "place" in the store, or what the configuration says; "" where there is none.
 * @buf: PLACE_DIR_MAX bytes. Return: @buf.
 */
char *place_dir_of(const struct conf *c, const char *db, char *buf);

/**
 * place_dir_open() - the picture of directory @dir, which may be empty or not there, and the own
 * world of @conf (NULL: none). A running watch calls it at each reload and gives the old one back.
 * @dir: NULL or "": nothing was imported.
 * Return: 0 with an owned reference; 1 with the reason in @why; -ENOMEM.
 */
int place_dir_open(const char *dir, const struct conf *conf, struct places **out, struct text *why);

/** place_dir_lock() - be the only writer until the descriptor is closed; makes @dir where it is
 * not. Return: 0, or 1 with the reason in @why. */
int place_dir_lock(const char *dir, int *fd, struct text *why);

/** place_dir_put() - keep @part as the source of its name; an older one of that name is replaced.
 * @part is empty after it. Return: 0; 1 with the reason in @why; negative. */
int place_dir_put(const char *dir, struct part *part, struct text *why);

/** place_dir_remove() - Return: 0; 1 with the reason in @why, 2 there is no such source. */
int place_dir_remove(const char *dir, const char *name, struct text *why);

/** place_dir_make() - make the picture of what sources there are. Return: 0; 1 with the reason in
 * @why; negative. */
int place_dir_make(const char *dir, struct text *why);

/**
 * place_builder_conf() - the operator's own prefixes as a source called "configuration". Where one
 * country is configured, it is theirs. A peer that is given as "AS64500 Example" names that AS.
 */
int place_builder_conf(struct place_builder *b, const struct conf *c);
