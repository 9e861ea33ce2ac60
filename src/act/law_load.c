/* SPDX-License-Identifier: ISC */
/*
 * Which file's law counts. A directory that the configuration names is taken alone; else the files
 * that were installed beside the program count, which the operator's counsel may have signed, and
 * where there are none (a program that runs from where it was built) what is built in.
 */
#include "act/law.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "conf/sheet.h"

#define REGION	"EU"
#define GENERIC "ZZ"
#define BESIDE	"/share/noroshi/legal" /* of the directory above the program's own */

static int load_file(const char *path, struct law **out, struct text *why)
{
	_cleanup_text_ struct text yaml = TEXT_NULL;
	int r = sheet_bytes(path, LAW_BYTES_MAX, &yaml);

	if (r == -ENOENT || r == -ENOTDIR)
		return -ENOENT;
	if (r < 0) {
		text_printf(why, "%s: not read: %s\n", path, strerror(-r));
		return r == -ENOMEM ? r : -EINVAL;
	}
	return law_read(path, text_str(&yaml), yaml.len, out, why);
}

static int load_built_in(const char *country, struct law **out, struct text *why)
{
	char name[32];

	for (unsigned i = 0; i < law_n_files; i++) {
		if (strcmp(law_files[i].country, country) != 0)
			continue;
		snprintf(name, sizeof(name), "legal/%s.yaml", country);
		return law_read(name, law_files[i].yaml, strlen(law_files[i].yaml), out, why);
	}
	return -ENOENT;
}

/* "/usr/bin/noroshi" -> "/usr/share/noroshi/legal"; "" where that cannot be told. */
static void installed_dir(struct text *out)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	for (int up = 0; up < 2; up++) {
		while (n > 0 && exe[n - 1] != '/')
			n--;
		n--;
	}
	if (n < 0 || n >= (ssize_t)sizeof(exe) - 1)
		return;
	text_add_n(out, exe, (size_t)n);
	text_add(out, BESIDE);
}

static int load_one(const char *dir, const char *country, struct law **out, struct text *why)
{
	_cleanup_text_ struct text path = TEXT_NULL;
	bool named = dir && *dir;
	int r;

	if (named)
		text_add(&path, dir);
	else
		installed_dir(&path);
	text_printf(&path, "/%s.yaml", country);
	if (!text_ok(&path))
		return -ENOMEM;
	r = load_file(text_str(&path), out, why);
	if (r == -ENOENT && !named)
		r = load_built_in(country, out, why);
	if (r == 0 && strcmp((*out)->country, country) != 0) {
		text_printf(why, "%s: this is the law of %s, not of %s\n", (*out)->file,
			    (*out)->country, country);
		*out = law_free(*out);
		return -EINVAL;
	}
	return r;
}

static bool is_member(const struct law *l, const char *country)
{
	for (unsigned i = 0; i < l->n_members; i++)
		if (strcmp(l->member[i], country) == 0)
			return true;
	return false;
}

/* A code may become part of a path. */
static bool is_code(const char *s)
{
	return s && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z' && s[2] == '\0';
}

int law_load(const char *dir, const char *country, struct law **out, struct text *why)
{
	_cleanup_law_ struct law *l = NULL;
	bool code = is_code(country);
	int r = code ? load_one(dir, country, &l, why) : -ENOENT;

	*out = NULL;
	if (r == -ENOENT && code) {
		r = load_one(dir, REGION, &l, why);
		if (r == 0 && is_member(l, country)) {
			text_printf(why, "no law file for %s: that of %s counts\n", country,
				    REGION);
		} else if (r == 0) {
			l = law_free(l);
			r = -ENOENT;
		}
	}
	if (r == -ENOENT) {
		r = load_one(dir, GENERIC, &l, why);
		if (r == 0 && (!code || strcmp(country, GENERIC) != 0))
			text_printf(why, "no law file for %s: the generic one counts (%s)\n",
				    code ? country : "this country", l->file);
	}
	if (r == -ENOENT)
		text_printf(why, "no law file for %s, and no %s.yaml, in %s\n",
			    code ? country : "this country", GENERIC,
			    dir && *dir ? dir : "the installed directory");
	if (r == 0)
		*out = take_ptr(l);
	return r;
}
