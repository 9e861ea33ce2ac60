// SPDX-License-Identifier: ISC
#include "place/dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/pages.h"
#include "place/builder.h"
#include "place/overlay.h"
#include "place/picture.h"

#define PICTURE	       "picture"
#define SUFFIX	       ".source"
#define TEMPORARY      ".new"
#define FILE_MAX_BYTES (UINT64_C(4) << 30)
#define DIR_MODE       0750
#define FILE_MODE      0640

static int say(struct text *why, const char *dir, const char *name, const char *suffix, int error)
{
	text_printf(why, "%s/%s%s: %s", dir, name, suffix, strerror(error));
	return 1;
}

static void path_of(struct text *t, const char *dir, const char *name, const char *suffix)
{
	text_printf(t, "%s/%s%s", dir, name, suffix);
}

/* Reading */

static int read_whole(int fd, uint8_t *to, size_t size)
{
	size_t at = 0;

	while (at < size) {
		ssize_t n = read(fd, to + at, size - at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EIO;
		at += (size_t)n;
	}
	return 0;
}

/* Read, not mapped: whoever cuts the file under our feet must not end the program. */
static int load(const char *path, void **bytes, size_t *size)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *to;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size <= 0 || (uint64_t)st.st_size > FILE_MAX_BYTES)
		return -EINVAL;
	to = pages_map((size_t)st.st_size);
	if (!to)
		return -ENOMEM;
	r = read_whole(fd, to, (size_t)st.st_size);
	if (r < 0) {
		pages_unmap(to, (size_t)st.st_size);
		return r;
	}
	*bytes = to;
	*size = (size_t)st.st_size;
	return 0;
}

static int open_picture(const char *dir, struct picture *p, struct text *why)
{
	_cleanup_text_ struct text path = TEXT_NULL, inner = TEXT_NULL;
	void *bytes;
	size_t size;
	int r;

	path_of(&path, dir, PICTURE, "");
	r = load(text_str(&path), &bytes, &size);
	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r < 0)
		return r == -ENOMEM ? r : say(why, dir, PICTURE, "", -r);
	r = picture_take(p, bytes, size, &inner);
	if (r > 0)
		text_printf(why, "%s:%s", text_str(&path), text_str(&inner));
	return r;
}

static int open_own(const struct conf *conf, struct picture *p)
{
	_cleanup_place_builder_ struct place_builder *b = place_builder_new();
	_cleanup_text_ struct text why = TEXT_NULL;
	void *bytes;
	size_t size;
	int r = b ? place_builder_conf(b, conf) : -ENOMEM;

	if (r == 0)
		r = place_builder_bytes(b, &bytes, &size);
	if (r == 0)
		r = picture_take(p, bytes, size, &why);
	return r > 0 ? -EINVAL : r;
}

char *place_dir_of(const struct conf *c, const char *db, char *buf)
{
	const char *store = db && *db ? db : c->db;

	if ((!db || !*db) && c->place[0])
		snprintf(buf, PLACE_DIR_MAX, "%s", c->place);
	else
		snprintf(buf, PLACE_DIR_MAX, "%s%s", store, *store ? "/place" : "");
	return buf;
}

int place_dir_open(const char *dir, const struct conf *conf, struct places **out, struct text *why)
{
	_cleanup_places_ struct places *p = places_new();
	int r = 0;

	if (!p)
		return -ENOMEM;
	if (dir && *dir)
		r = open_picture(dir, &p->picture, why);
	if (r == 0 && conf && (conf->n_own || conf->n_interfaces))
		r = open_own(conf, &p->own);
	if (r)
		return r;
	places_tell(p);
	*out = take_ptr(p);
	return 0;
}

/* Writing */

static int make_dirs(const char *dir)
{
	_cleanup_free_ char *path = strdup(dir);

	if (!path)
		return -ENOMEM;
	for (char *at = path + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		if (mkdir(path, DIR_MODE) < 0 && errno != EEXIST)
			return -errno;
		*at = '/';
	}
	return mkdir(path, DIR_MODE) < 0 && errno != EEXIST ? -errno : 0;
}

int place_dir_lock(const char *dir, int *out, struct text *why)
{
	_cleanup_text_ struct text path = TEXT_NULL;
	int fd, r = make_dirs(dir);

	if (r < 0) {
		text_printf(why, "%s: %s", dir, strerror(-r));
		return 1;
	}
	path_of(&path, dir, "lock", "");
	fd = open(text_str(&path), O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return say(why, dir, "lock", "", errno);
	while (flock(fd, LOCK_EX) < 0) {
		if (errno == EINTR)
			continue;
		r = errno;
		close(fd);
		return say(why, dir, "lock", "", r);
	}
	*out = fd;
	return 0;
}

static int write_whole(int fd, const uint8_t *from, size_t size)
{
	while (size) {
		ssize_t n = write(fd, from, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		from += n;
		size -= (size_t)n;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

static int sync_dir(const char *dir)
{
	_cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static int replace(const char *dir, const char *name, const char *suffix, const void *bytes,
		   size_t size)
{
	_cleanup_text_ struct text path = TEXT_NULL, fresh = TEXT_NULL;
	_cleanup_close_ int fd = -1;
	int r;

	path_of(&path, dir, name, suffix);
	text_printf(&fresh, "%s%s", text_str(&path), TEMPORARY);
	if (!text_ok(&path) || !text_ok(&fresh))
		return -ENOMEM;
	fd = open(text_str(&fresh), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, FILE_MODE);
	r = fd < 0 ? -errno : write_whole(fd, bytes, size);
	if (r == 0 && rename(text_str(&fresh), text_str(&path)) < 0)
		r = -errno;
	if (r < 0) {
		unlink(text_str(&fresh));
		return r;
	}
	return sync_dir(dir);
}

int place_dir_put(const char *dir, struct part *part, struct text *why)
{
	char name[PLACE_SOURCE_MAX];
	void *bytes;
	size_t size;
	int r;

	memcpy(name, part->source.name, sizeof(name));
	r = part_pack(part, &bytes, &size);
	if (r < 0)
		return r;
	r = replace(dir, name, SUFFIX, bytes, size);
	pages_unmap(bytes, size);
	return r == -ENOMEM ? r : r < 0 ? say(why, dir, name, SUFFIX, -r) : 0;
}

int place_dir_remove(const char *dir, const char *name, struct text *why)
{
	_cleanup_text_ struct text path = TEXT_NULL;
	char safe[PLACE_SOURCE_MAX];

	place_source_name(name, safe);
	if (strcmp(safe, name) != 0)
		return 2;
	path_of(&path, dir, name, SUFFIX);
	if (unlink(text_str(&path)) == 0)
		return 0;
	return errno == ENOENT || errno == ENOTDIR ? 2 : say(why, dir, name, SUFFIX, errno);
}

/* The picture */

struct stored {
	void *bytes;
	size_t size;
	struct image im;
};

struct stored_list {
	struct stored *s;
	size_t n;
};

static void drop_stored(struct stored_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		pages_unmap(l->s[i].bytes, l->s[i].size);
	free(l->s);
}

static int load_stored(const char *dir, const char *file, struct stored_list *l, struct text *why)
{
	_cleanup_text_ struct text path = TEXT_NULL, inner = TEXT_NULL;
	struct stored *grown = realloc(l->s, (l->n + 1) * sizeof(*grown)), *s;
	int r;

	if (!grown)
		return -ENOMEM;
	l->s = grown;
	s = &grown[l->n];
	path_of(&path, dir, file, "");
	r = load(text_str(&path), &s->bytes, &s->size);
	if (r < 0)
		return r == -ENOMEM ? r : say(why, dir, file, "", -r);
	l->n++;
	r = image_view(&s->im, s->bytes, s->size, &inner);
	if (r == 0 && s->im.n_sources == 1)
		return 0;
	text_printf(why, "%s:%s; import it anew, or remove the file", text_str(&path),
		    r ? text_str(&inner) : "0: not one source");
	return 1;
}

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int load_all(const char *dir, struct stored_list *l, struct text *why)
{
	_cleanup_(close_dir) DIR *d = opendir(dir);
	const struct dirent *e;
	int r = 0;

	if (!d) {
		text_printf(why, "%s: %s", dir, strerror(errno));
		return 1;
	}
	while (r == 0 && (e = readdir(d))) {
		size_t len = strlen(e->d_name), tail = strlen(SUFFIX);

		if (len > tail && strcmp(e->d_name + len - tail, SUFFIX) == 0)
			r = load_stored(dir, e->d_name, l, why);
	}
	return r;
}

/* What stands later counts more: rank, then date, then name, so that it is the same every time. */
static int compare_stored(const void *a, const void *b)
{
	const struct place_source *x = ((const struct stored *)a)->im.sources;
	const struct place_source *y = ((const struct stored *)b)->im.sources;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (x->dated_us != y->dated_us)
		return x->dated_us < y->dated_us ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int lay_over(const struct stored_list *l, void **bytes, size_t *size)
{
	_cleanup_free_ const struct image **images = calloc(l->n + 1, sizeof(*images));

	if (!images)
		return -ENOMEM;
	for (size_t i = 0; i < l->n; i++)
		images[i] = &l->s[i].im;
	return overlay_images(images, l->n, bytes, size);
}

int place_dir_make(const char *dir, struct text *why)
{
	_cleanup_(drop_stored) struct stored_list l = {.n = 0};
	void *bytes;
	size_t size;
	int r = load_all(dir, &l, why);

	if (r)
		return r;
	if (l.n)
		qsort(l.s, l.n, sizeof(*l.s), compare_stored);
	r = lay_over(&l, &bytes, &size);
	if (r == -EFBIG || r == -ENOSPC) {
		text_printf(why, "%s: more sources or ranges than one picture can hold", dir);
		return 1;
	}
	if (r < 0)
		return r;
	r = replace(dir, PICTURE, "", bytes, size);
	pages_unmap(bytes, size);
	return r == -ENOMEM ? r : r < 0 ? say(why, dir, PICTURE, "", -r) : 0;
}
