/* SPDX-License-Identifier: ISC */
/*
 * Proves that SIGKILL at any moment loses nothing acknowledged: a child writes and tells through a
 * pipe what store_flush() has passed, is killed after a time drawn by seed, and the store must open
 * and hold at least every state it told, whole. Also: a store being born is killed.
 */
#include "store/kill_help.h"

#define ROUNDS	  25
#define INCIDENTS 8

static void write_until_killed(const char *dir, int out, uint32_t revision)
{
	struct store *s = NULL;

	if (store_open(dir, STORE_REAL, STORE_WRITE, NULL, &s))
		_exit(1);
	for (;; revision++) {
		for (unsigned i = 0; i < INCIDENTS; i++)
			if (help_put(s, i, revision, revision % 3 ? 0 : 200))
				_exit(2);
		if (store_flush(s))
			_exit(3);
		kill_tell(out, revision);
	}
}

struct seen {
	uint32_t revision[INCIDENTS];
	unsigned n;
};

static int note(void *userdata, const struct incident *inc)
{
	struct seen *seen = userdata;

	assert_true(seen->n < INCIDENTS);
	assert_int_equal(inc->f.packets, 1000 * (uint64_t)inc->revision); /* whole, not half */
	seen->revision[seen->n++] = inc->revision;
	return 0;
}

/* Return: the newest revision that is there. A store of any age takes another incident. */
static uint32_t look(const char *dir, uint32_t told)
{
	struct seen seen = {.n = 0};
	struct store *s = NULL;
	uint32_t newest = 0;

	assert_int_equal(store_open(dir, STORE_REAL, STORE_WRITE, NULL, &s), 0);
	assert_int_equal(store_list(s, &STORE_FILTER_ALL, note, &seen), 0);
	if (told)
		assert_int_equal(seen.n, INCIDENTS);
	for (unsigned i = 0; i < seen.n; i++) {
		assert_true(seen.revision[i] >= told);
		newest = seen.revision[i] > newest ? seen.revision[i] : newest;
	}
	assert_int_equal(help_put(s, 0, newest + 1, 0), 0);
	assert_int_equal(store_flush(s), 0);
	store_close(s);
	return newest + 1;
}

static void test_kill_loses_nothing_acknowledged(void **state)
{
	kill_rounds(write_until_killed, look, ROUNDS, 20080808);
}

static void test_kill_at_birth(void **state)
{
	kill_births(write_until_killed, look);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kill_at_birth),
		cmocka_unit_test(test_kill_loses_nothing_acknowledged),
	};

	return cmocka_run_group_tests_name("store kill", tests, NULL, NULL);
}
