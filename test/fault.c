/* SPDX-License-Identifier: ISC */
/*
 * A library to preload into noroshi: the Nth allocation, write or SQL step of the process fails,
 * and everything else works. The program must then say what went wrong or do without; it may not
 * crash, hang, or print a wrong result as if it were good.
 *
 * A SQL step only fails where the caller of SQLite asked for it: a step of SQLite's own (it reads
 * its schema so after ALTER) would be believed to have gone well, since the statement itself holds
 * no error, and no failing disk does that. So sqlite3_exec() fails as a whole, before anything is
 * done. The C library's look-up of a user fails as a whole too: glibc 2.36 falls over when the
 * first allocation of its own in there fails (nss_database_check_reload_and_get), which is not
 * ours.
 *
 * NOROSHI_FAULT_KIND   memory, write or sql
 * NOROSHI_FAULT_AT     which call of that kind fails, from 1; 0 none
 * NOROSHI_FAULT_ON     anything: all later calls fail too
 * NOROSHI_FAULT_COUNT  a file that gets the number of calls at exit
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define SQLITE_IOERR 10

enum kind { MEMORY, WRITE, SQL, NONE };

static enum kind kind = NONE;
static unsigned long at;
static bool stays;
static atomic_ulong calls;
static _Thread_local bool looks_up; /* a user: nothing fails within */

/* glibc's own names: a dlsym() would allocate before there is anything to allocate with. */
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

void *malloc(size_t n);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t n);
ssize_t write(int fd, const void *p, size_t n);
ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at_byte);
int fsync(int fd);
int fdatasync(int fd);
int ftruncate64(int fd, off64_t n);
int sqlite3_step(void *statement);
int sqlite3_exec(void *db, const char *sql, int (*row)(void *, int, char **, char **),
		 void *userdata, char **why);

__attribute__((constructor)) static void begin(void)
{
	static const char *const names[] = {"memory", "write", "sql"};
	const char *name = getenv("NOROSHI_FAULT_KIND");
	const char *number = getenv("NOROSHI_FAULT_AT");

	at = number ? strtoul(number, NULL, 10) : 0;
	stays = getenv("NOROSHI_FAULT_ON") != NULL;
	for (unsigned i = 0; name && i < NONE; i++)
		if (strcmp(name, names[i]) == 0)
			kind = (enum kind)i;
}

__attribute__((destructor)) static void end(void)
{
	const char *path = getenv("NOROSHI_FAULT_COUNT");
	unsigned long n = atomic_load(&calls);
	char text[32];
	int fd;

	kind = NONE;
	if (!path)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0)
		return;
	if (write(fd, text, (size_t)snprintf(text, sizeof(text), "%lu\n", n)) < 0)
		perror(path);
	close(fd);
}

/* True when this call is the one that fails. */
static bool fails(enum kind which)
{
	unsigned long n;

	if (which != kind || looks_up)
		return false;
	n = atomic_fetch_add(&calls, 1) + 1;
	return at && (n == at || (stays && n > at));
}

void *malloc(size_t n)
{
	if (!fails(MEMORY))
		return __libc_malloc(n);
	errno = ENOMEM;
	return NULL;
}

void *calloc(size_t n, size_t size)
{
	if (!fails(MEMORY))
		return __libc_calloc(n, size);
	errno = ENOMEM;
	return NULL;
}

void *realloc(void *p, size_t n)
{
	if (!fails(MEMORY))
		return __libc_realloc(p, n);
	errno = ENOMEM;
	return NULL;
}

/* ISO C has no cast from an object pointer to a function pointer; copying the bytes is what POSIX
 * means. */
static void find_next(void *function, const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (!found)
		abort();
	memcpy(function, &found, sizeof(found));
}

int getpwnam_r(const char *name, struct passwd *pw, char *buf, size_t n, struct passwd **found)
{
	static int (*next)(const char *, struct passwd *, char *, size_t, struct passwd **);
	int r;

	*found = NULL;
	if (fails(MEMORY))
		return ENOMEM;
	looks_up = true;
	if (!next)
		find_next(&next, "getpwnam_r");
	r = next(name, pw, buf, n, found);
	looks_up = false;
	return r;
}

/* Writes to files fail as a full disk does; what people read on 0 to 2 is left alone. */
ssize_t write(int fd, const void *p, size_t n)
{
	static ssize_t (*next)(int, const void *, size_t);

	if (fd > 2 && fails(WRITE)) {
		errno = ENOSPC;
		return -1;
	}
	if (!next)
		find_next(&next, "write");
	return next(fd, p, n);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at_byte)
{
	static ssize_t (*next)(int, const void *, size_t, off64_t);

	if (fails(WRITE)) {
		errno = ENOSPC;
		return -1;
	}
	if (!next)
		find_next(&next, "pwrite64");
	return next(fd, p, n, at_byte);
}

int fsync(int fd)
{
	static int (*next)(int);

	if (fails(WRITE)) {
		errno = EIO;
		return -1;
	}
	if (!next)
		find_next(&next, "fsync");
	return next(fd);
}

int fdatasync(int fd)
{
	static int (*next)(int);

	if (fails(WRITE)) {
		errno = EIO;
		return -1;
	}
	if (!next)
		find_next(&next, "fdatasync");
	return next(fd);
}

int ftruncate64(int fd, off64_t n)
{
	static int (*next)(int, off64_t);

	if (fails(WRITE)) {
		errno = ENOSPC;
		return -1;
	}
	if (!next)
		find_next(&next, "ftruncate64");
	return next(fd, n);
}

static _Thread_local unsigned in_exec;

int sqlite3_exec(void *db, const char *sql, int (*row)(void *, int, char **, char **),
		 void *userdata, char **why)
{
	static int (*next)(void *, const char *, int (*)(void *, int, char **, char **), void *,
			   char **);
	int code;

	if (fails(SQL))
		return SQLITE_IOERR;
	if (!next)
		find_next(&next, "sqlite3_exec");
	in_exec++;
	code = next(db, sql, row, userdata, why);
	in_exec--;
	return code;
}

int sqlite3_step(void *statement)
{
	static int (*next)(void *);

	if (!in_exec && fails(SQL))
		return SQLITE_IOERR;
	if (!next)
		find_next(&next, "sqlite3_step");
	return next(statement);
}
