/* SPDX-License-Identifier: ISC */
#include "conf/sheet.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#define READ_STEP 65536

static void too_large(const struct sheet *s, struct mistakes *mistakes)
{
	size_t kib = s->bytes_max >> 10;
	bool mib = kib % 1024 == 0;

	mistake_add(mistakes, (struct place){1, 1}, "%s is at most %zu %s", s->map->what,
		    mib ? kib / 1024 : kib, mib ? "MiB" : "KiB");
}

static int read_checked(const struct sheet *s, void *base, void *userdata, const char *yaml,
			size_t n, struct mistakes *mistakes)
{
	_cleanup_(marks_deinit) struct marks marks = {0};
	bool whole;
	int r = read_yaml_map(s->map, base, yaml, n, mistakes, &marks, &whole);

	return r ? r : s->check(base, &marks, mistakes, userdata);
}

int sheet_read(const struct sheet *s, void *base, void *userdata, const char *name,
	       const char *yaml, size_t n, struct text *errors)
{
	_cleanup_(mistakes_deinit) struct mistakes mistakes = {.n = 0};
	int r = 0;

	schema_defaults(s->map, base);
	if (n > s->bytes_max)
		too_large(s, &mistakes);
	else
		r = read_checked(s, base, userdata, yaml, n, &mistakes);
	if (r == 0 && !mistakes.n_errors)
		r = s->take(base, userdata);
	if (r < 0)
		text_printf(errors, "%s: not read: %s\n", name, strerror(-r));
	mistakes_print(&mistakes, name, errors);
	schema_clear(s->map, base);
	return r ? r : mistakes.n_errors ? -EINVAL : 0;
}

int sheet_bytes(const char *path, size_t max, struct text *out)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	_cleanup_free_ char *buf = malloc(READ_STEP);
	ssize_t n;

	if (fd < 0)
		return -errno;
	if (!buf)
		return -ENOMEM;
	while (out->len <= max && (n = read(fd, buf, READ_STEP)) != 0) {
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			text_add_n(out, buf, (size_t)n);
	}
	return text_ok(out) ? 0 : -ENOMEM;
}
