/* SPDX-License-Identifier: ISC */
/*
 * A fuzz target as an ordinary test: every file of the directories (or files) given goes through it
 * once, from an exact copy on the heap. A target that is given nothing to replay has not been
 * tested, and fails.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int replay_file(const char *path, off_t size)
{
	_cleanup_fclose_ FILE *f = fopen(path, "rb");
	_cleanup_free_ uint8_t *data = malloc(size ? (size_t)size : 1);

	if (!f || !data || fread(data, 1, (size_t)size, f) != (size_t)size) {
		fprintf(stderr, "%s: cannot read\n", path);
		return -EIO;
	}
	LLVMFuzzerTestOneInput(data, (size_t)size);
	return 1;
}

/* Return: files replayed, or negative. */
static int replay_dir(const char *path)
{
	_cleanup_(close_dir) DIR *d = opendir(path);
	struct dirent *e;
	int n = 0;

	if (!d)
		return -errno;
	while ((e = readdir(d))) {
		_cleanup_text_ struct text name = TEXT_NULL;
		struct stat st;
		int r;

		text_printf(&name, "%s/%s", path, e->d_name);
		if (stat(text_str(&name), &st) < 0 || !S_ISREG(st.st_mode))
			continue;
		r = replay_file(text_str(&name), st.st_size);
		if (r < 0)
			return r;
		n += r;
	}
	return n;
}

int main(int argc, char **argv)
{
	int n = 0;

	for (int i = 1; i < argc; i++) {
		struct stat st;
		int r;

		if (stat(argv[i], &st) < 0) {
			fprintf(stderr, "%s: %s\n", argv[i], strerror(errno));
			return 1;
		}
		r = S_ISDIR(st.st_mode) ? replay_dir(argv[i]) : replay_file(argv[i], st.st_size);
		if (r < 0)
			return 1;
		n += r;
	}
	printf("%d inputs replayed\n", n);
	return n == 0;
}
