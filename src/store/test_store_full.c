/* SPDX-License-Identifier: ISC */
/*
 * Proves that a full disk is said once, stops nothing, loses no state, and heals: on a small tmpfs
 * where this process may mount one, else with a limit on file size. Then every single write and
 * sync that SQLite asks for fails in turn, and the store must come through each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/log.h"
#include "store/test_help.h"

struct trouble {
	_Atomic unsigned failing, working;
	char sentence[512];
};

static void hear(void *userdata, bool failing, const char *sentence)
{
	struct trouble *t = userdata;

	if (failing) {
		snprintf(t->sentence, sizeof(t->sentence), "%s", sentence);
		t->failing++;
	} else {
		t->working++;
	}
}

/* A place that gets full, by its way of getting full and empty again. */
struct place {
	char dir[256];
	bool mounted;
};

static void fill_up(struct place *p)
{
	char path[300];
	char block[4096] = {1};
	FILE *f;

	if (!p->mounted) {
		struct rlimit limit = {.rlim_cur = 4096, .rlim_max = RLIM_INFINITY};

		signal(SIGXFSZ, SIG_IGN);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		return;
	}
	snprintf(path, sizeof(path), "%s/ballast", p->dir);
	f = fopen(path, "w");
	assert_non_null(f);
	setvbuf(f, NULL, _IONBF, 0);
	while (fwrite(block, 1, sizeof(block), f) == sizeof(block))
		;
	fclose(f);
}

static void make_room(struct place *p)
{
	char path[300];

	if (!p->mounted) {
		struct rlimit limit = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};

		assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
		return;
	}
	snprintf(path, sizeof(path), "%s/ballast", p->dir);
	assert_int_equal(remove(path), 0);
}

static void wait_for(_Atomic unsigned *n, unsigned want)
{
	int64_t start = clock_mono_us();

	while (*n < want && clock_mono_us() - start < 30 * US_PER_S)
		usleep(10000);
	assert_int_equal(*n, want);
}

static int note(void *userdata, const struct incident *inc)
{
	++*(unsigned *)userdata;
	assert_int_equal(inc->revision, 50);
	return 0;
}

static int count_all(void *userdata, const struct incident *inc)
{
	++*(unsigned *)userdata;
	return 0;
}

static void full_and_empty_again(struct place *p)
{
	struct trouble t = {0};
	struct store_watcher watcher = {.trouble = hear, .userdata = &t};
	struct store_stats stats;
	struct store *s = NULL;
	unsigned seen = 0;
	int64_t slowest = 0;

	assert_int_equal(store_open(p->dir, STORE_REAL, STORE_WRITE, &watcher, &s), 0);
	assert_int_equal(help_put(s, 0, 1, 0), 0);
	assert_int_equal(store_flush(s), 0);
	fill_up(p);
	for (uint32_t revision = 1; revision <= 50; revision++) {
		for (unsigned i = 0; i < 40; i++) {
			int64_t start = clock_mono_us();

			assert_int_equal(help_put(s, i, revision, revision == 1 ? 100 : 0), 0);
			slowest = clock_mono_us() - start > slowest ? clock_mono_us() - start
								    : slowest;
		}
	}
	assert_int_equal(store_flush(s), STORE_FAILING);
	wait_for(&t.failing, 1);
	assert_non_null(strstr(t.sentence, "cannot write"));
	assert_true(slowest < US_PER_S); /* nobody waited for the disk */
	assert_int_equal(store_flush(s), STORE_FAILING);
	assert_int_equal(t.failing, 1); /* said once */
	store_stats(s, &stats);
	assert_true(stats.failing && stats.failures >= 2 && stats.queued == 40);
	assert_int_equal(store_list(s, &STORE_FILTER_ALL, count_all, &seen), 0);
	assert_int_equal(seen, 1); /* reading goes on */
	make_room(p);
	wait_for(&t.working, 1); /* by itself, without a new put */
	assert_int_equal(store_flush(s), 0);
	seen = 0;
	assert_int_equal(store_list(s, &STORE_FILTER_ALL, note, &seen), 0);
	assert_int_equal(seen, 40);
	store_stats(s, &stats);
	assert_int_equal(stats.queued, 0);
	assert_int_equal(stats.queue_dropped, 0);
	assert_string_equal(stats.sentence, "");
	store_close(s);
}

static void test_full_disk(void **state)
{
	struct place p = {.mounted = false};
	int status;
	pid_t pid;

	help_dir(p.dir, sizeof(p.dir));
	pid = fork(); /* a mount and a limit of its own */
	if (pid == 0) {
		p.mounted = unshare(CLONE_NEWNS) == 0 &&
			    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
			    mount("none", p.dir, "tmpfs", 0, "size=1m") == 0;
		print_message("a full disk by %s\n", p.mounted ? "tmpfs" : "a limit on file size");
		full_and_empty_again(&p);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	help_remove_dir(p.dir);
}

/* ---- a file system that fails when told ---- */

static sqlite3_vfs shim, *real;
static _Atomic long countdown = -1; /* operations until one fails; negative: none fails */
static _Atomic long operations;

struct shim_file {
	sqlite3_file base;
	sqlite3_io_methods methods;
	sqlite3_file *real;
};

static bool fails_now(void)
{
	operations++;
	return countdown >= 0 && countdown-- == 0;
}

static sqlite3_file *inner(sqlite3_file *f)
{
	return ((struct shim_file *)f)->real;
}

static int shim_close(sqlite3_file *f)
{
	int r = inner(f)->pMethods->xClose(inner(f));

	sqlite3_free(inner(f));
	return r;
}

static int shim_read(sqlite3_file *f, void *to, int n, sqlite3_int64 at)
{
	return inner(f)->pMethods->xRead(inner(f), to, n, at);
}

static int shim_write(sqlite3_file *f, const void *from, int n, sqlite3_int64 at)
{
	if (fails_now())
		return SQLITE_FULL;
	return inner(f)->pMethods->xWrite(inner(f), from, n, at);
}

static int shim_truncate(sqlite3_file *f, sqlite3_int64 n)
{
	return fails_now() ? SQLITE_IOERR_TRUNCATE : inner(f)->pMethods->xTruncate(inner(f), n);
}

static int shim_sync(sqlite3_file *f, int flags)
{
	return fails_now() ? SQLITE_IOERR_FSYNC : inner(f)->pMethods->xSync(inner(f), flags);
}

static int shim_size(sqlite3_file *f, sqlite3_int64 *n)
{
	return inner(f)->pMethods->xFileSize(inner(f), n);
}

static int shim_lock(sqlite3_file *f, int lock)
{
	return inner(f)->pMethods->xLock(inner(f), lock);
}

static int shim_unlock(sqlite3_file *f, int lock)
{
	return inner(f)->pMethods->xUnlock(inner(f), lock);
}

static int shim_check(sqlite3_file *f, int *out)
{
	return inner(f)->pMethods->xCheckReservedLock(inner(f), out);
}

static int shim_control(sqlite3_file *f, int op, void *arg)
{
	return inner(f)->pMethods->xFileControl(inner(f), op, arg);
}

static int shim_sector(sqlite3_file *f)
{
	return inner(f)->pMethods->xSectorSize(inner(f));
}

static int shim_features(sqlite3_file *f)
{
	return inner(f)->pMethods->xDeviceCharacteristics(inner(f));
}

static int shim_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
	return inner(f)->pMethods->xShmMap(inner(f), page, size, extend, out);
}

static int shim_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
	return inner(f)->pMethods->xShmLock(inner(f), offset, n, flags);
}

static void shim_barrier(sqlite3_file *f)
{
	inner(f)->pMethods->xShmBarrier(inner(f));
}

static int shim_unmap(sqlite3_file *f, int remove_it)
{
	return inner(f)->pMethods->xShmUnmap(inner(f), remove_it);
}

static int shim_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
	static const sqlite3_io_methods methods = {
		.iVersion = 2,
		.xClose = shim_close,
		.xRead = shim_read,
		.xWrite = shim_write,
		.xTruncate = shim_truncate,
		.xSync = shim_sync,
		.xFileSize = shim_size,
		.xLock = shim_lock,
		.xUnlock = shim_unlock,
		.xCheckReservedLock = shim_check,
		.xFileControl = shim_control,
		.xSectorSize = shim_sector,
		.xDeviceCharacteristics = shim_features,
		.xShmMap = shim_map,
		.xShmLock = shim_shm_lock,
		.xShmBarrier = shim_barrier,
		.xShmUnmap = shim_unmap,
	};
	struct shim_file *f = (struct shim_file *)file;
	int r;

	f->base.pMethods = NULL;
	f->real = sqlite3_malloc(real->szOsFile);
	if (!f->real)
		return SQLITE_NOMEM;
	r = real->xOpen(real, name, f->real, flags, out);
	if (r)
		sqlite3_free(f->real);
	else
		f->base.pMethods = &methods;
	return r;
}

static int put_shim(void **state)
{
	real = sqlite3_vfs_find(NULL);
	shim = *real;
	shim.zName = "failing";
	shim.szOsFile = sizeof(struct shim_file);
	shim.xOpen = shim_open;
	return sqlite3_vfs_register(&shim, 1);
}

static int take_shim(void **state)
{
	sqlite3_vfs_unregister(&shim);
	return sqlite3_vfs_register(real, 1);
}

/* One life of a store in which operation @fail fails. Return: how many operations it had. */
static long one_life(long fail)
{
	struct trouble t = {0};
	struct store_watcher watcher = {.trouble = hear, .userdata = &t};
	struct store *s = NULL;
	unsigned seen = 0;
	char dir[256];
	int r;

	help_dir(dir, sizeof(dir));
	operations = 0;
	countdown = fail;
	r = store_open(dir, STORE_REAL, STORE_WRITE, &watcher, &s);
	if (r) {
		assert_true(r == -ENOSPC || r == -EIO);
		countdown = -1;
		assert_int_equal(store_open(dir, STORE_REAL, STORE_WRITE, &watcher, &s), 0);
	}
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(help_put(s, i, 50, 20), 0);
		store_flush(s);
	}
	store_erase_due(s, T0 + 40 * 86400 * US_PER_S, NULL);
	store_flush(s);
	countdown = -1;
	assert_int_equal(store_flush(s), 0);
	assert_int_equal(store_list(s, &STORE_FILTER_ALL, count_all, &seen), 0);
	assert_int_equal(seen, 3);
	assert_true(t.failing <= 1 && t.working <= t.failing);
	store_close(s);
	assert_int_equal(store_open(dir, STORE_REAL, STORE_READ, NULL, &s), 0);
	store_close(s);
	help_remove_dir(dir);
	return operations;
}

static void test_every_write_fails_in_turn(void **state)
{
	long n = one_life(-1), fail = 0;

	assert_true(n > 20);
	log_set_level((enum log_level)(LOG_LEVEL_ERROR + 1));
	for (; fail < n; fail++)
		one_life(fail);
	print_message("each of %ld writes and syncs failed once\n", n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full_disk),
		cmocka_unit_test_setup_teardown(test_every_write_fails_in_turn, put_shim,
						take_shim),
	};

	return cmocka_run_group_tests_name("store full", tests, NULL, NULL);
}
