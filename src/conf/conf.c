/* SPDX-License-Identifier: ISC */
/*
 * The life of a configuration: made of defaults and a file, finished (thresholds merged, prefix
 * sets filled), then immutable and shared by reference.
 */
#include "conf/conf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "conf/check.h"
#include "conf/finish.h"
#include "conf/mistake.h"
#include "conf/read.h"
#include "conf/schema.h"
#include "conf/sheet.h"

static struct conf *conf_free(struct conf *c)
{
	if (!c)
		return NULL;
	schema_clear(&conf_schema, c);
	prefix_set_free(c->own_set);
	prefix_set_free(c->object_set);
	prefix_set_free(c->darknet_set);
	prefix_set_free(c->shared_set);
	prefix_set_free(c->never_set);
	free(c->path);
	free(c);
	return NULL;
}

static void conf_free_ptr(struct conf **c)
{
	conf_free(*c);
}

/* The defaults alone, not finished: lists empty, no sets. */
static struct conf *conf_new(void)
{
	struct conf *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->refs = 1;
	schema_defaults(&conf_schema, c);
	return c;
}

struct conf *conf_default(void)
{
	_cleanup_(conf_free_ptr) struct conf *c = conf_new();

	if (!c || finish_conf(c))
		return NULL;
	return take_ptr(c);
}

/* Read, finish and check; negative errno only without memory. */
static int fill(struct conf *c, const char *yaml, size_t n, struct mistakes *mistakes)
{
	_cleanup_(marks_deinit) struct marks marks = {0};
	bool whole = false;
	int rc;

	if (n > READ_BYTES_MAX) {
		mistake_add(mistakes, (struct place){1, 1}, "the file is larger than %u MiB",
			    READ_BYTES_MAX >> 20);
		return 0;
	}
	rc = read_yaml(c, yaml, n, mistakes, &marks, &whole);
	if (rc)
		return rc;
	rc = finish_conf(c);
	return rc ? rc : check_conf(c, &marks, whole, mistakes);
}

struct conf *conf_load_text(const char *name, const char *yaml, size_t n, struct text *errors)
{
	_cleanup_(mistakes_deinit) struct mistakes mistakes = {.n = 0};
	_cleanup_(conf_free_ptr) struct conf *c = conf_new();

	if (c)
		c->path = strdup(name);
	if (!c || !c->path || fill(c, yaml, n, &mistakes)) {
		text_printf(errors, "%s: not read: %s\n", name, strerror(ENOMEM));
		return NULL;
	}
	mistakes_print(&mistakes, name, errors);
	return mistakes.n_errors ? NULL : take_ptr(c);
}

struct conf *conf_load(const char *path, struct text *errors)
{
	_cleanup_text_ struct text yaml = TEXT_NULL;
	int rc = sheet_bytes(path, READ_BYTES_MAX, &yaml);

	if (rc) {
		text_printf(errors, "%s: not read: %s\n", path, strerror(-rc));
		return NULL;
	}
	return conf_load_text(path, text_str(&yaml), yaml.len, errors);
}

struct conf *conf_ref(struct conf *c)
{
	if (c)
		__atomic_fetch_add(&c->refs, 1, __ATOMIC_RELAXED);
	return c;
}

struct conf *conf_unref(struct conf *c)
{
	if (c && __atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL) == 0)
		conf_free(c);
	return NULL;
}

const struct conf_object *conf_object_named(const struct conf *c, const char *name)
{
	for (size_t i = 0; c && *name && i < c->n_objects; i++)
		if (strcmp(c->objects[i].name, name) == 0)
			return &c->objects[i];
	return NULL;
}

const struct conf_object *conf_object(const struct conf *c, const struct ip *ip)
{
	uint32_t i;

	if (!c->n_objects || !prefix_set_find(c->object_set, ip, &i))
		return NULL;
	return &c->objects[i];
}

const struct conf_link *conf_link(const struct conf *c, const char *name)
{
	for (size_t i = 0; i < c->n_links; i++)
		if (strcmp(c->links[i].name, name) == 0)
			return &c->links[i];
	return NULL;
}

const struct thresholds *conf_thresholds(const struct conf *c, const struct ip *ip)
{
	const struct conf_object *o = conf_object(c, ip);

	return o ? &o->thresholds : &c->thresholds;
}

bool conf_is_own(const struct conf *c, const struct ip *ip)
{
	return c->n_own && prefix_set_find(c->own_set, ip, NULL);
}

uint64_t thresholds_pps(const struct thresholds *t, enum vector v, uint16_t port)
{
	for (unsigned i = 0; v == VECTOR_AMPLIFICATION && port && i < t->n_reflectors; i++)
		if (t->reflector[i].port == port)
			return t->reflector[i].pps;
	return t->pps[v];
}
