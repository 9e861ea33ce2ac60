/* SPDX-License-Identifier: ISC */
/*
 * Proves the way of a message with real carriers and a clock of its own: pauses that grow and end,
 * failures that are counted and told, one channel that hangs and does not hold the other, carriers
 * that die in between, a clock that is put back, a spool that cannot be written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "courier/outbox.h"
#include "courier/pause.h"
#include "courier/spool.h"
#include "duty/alarm.h"
#include "store/test_help.h"

#define START (T0 + 1000 * US_PER_S)

static char dir[256], hook[300], record[300], spool[300];
static struct desk_db *db;
static struct memory *memory;
static struct outbox *box;
static struct conf_duty conf;
static int64_t now_us, mono_us;
static unsigned told_sent, told_failed;
static bool notice;

static void told(void *userdata, const char *id, const char *person, const char *channel, bool sent,
		 unsigned attempts, const char *why)
{
	assert_string_equal(person, notice ? "" : "alice");
	told_sent += sent;
	told_failed += !sent;
}

static bool urgent(void *userdata, const char *alarm)
{
	return strcmp(alarm, "wdisk") == 0;
}

static const char *no_need;

static const char *unneeded(void *userdata, const char *alarm, const char *person)
{
	assert_string_equal(person, "alice");
	return no_need;
}

static void open_box(void)
{
	struct outbox_sink sink = {.told = told, .urgent = urgent, .unneeded = unneeded};

	assert_int_equal(outbox_new(db, spool, memory, &sink, &box), 0);
}

static int set_up(void **state)
{
	help_dir(dir, sizeof(dir));
	snprintf(hook, sizeof(hook), "%s/hook", dir);
	snprintf(record, sizeof(record), "%s/record", dir);
	snprintf(spool, sizeof(spool), "%s/spool", dir);
	db = NULL;
	now_us = START;
	mono_us = clock_mono_us();
	told_sent = told_failed = 0;
	notice = false;
	no_need = NULL;
	memory = memory_new();
	conf = (struct conf_duty){.program_s = 20};
	assert_int_equal(desk_db_open(dir, "", STORE_REAL, STORE_WRITE, &db), 0);
	open_box();
	return 0;
}

static int tear_down(void **state)
{
	outbox_free(box);
	memory_free(memory);
	desk_db_close(db);
	help_remove_dir(dir);
	return 0;
}

/* $R: the record. */
static void script(const char *body)
{
	FILE *f = fopen(hook, "w");

	fprintf(f, "#!/bin/sh\nR=%s\n%s\n", record, body);
	fclose(f);
	assert_int_equal(chmod(hook, 0700), 0);
}

static void add(const char *id, const char *alarm, enum page_channel channel, const char *to,
		enum page_why why)
{
	struct page p = {.why = why, .step = 1, .channel = channel, .at_us = now_us};
	struct desk_out_row row = {.kind = "page",
				   .state = OUT_DUE,
				   .due_us = now_us,
				   .changed_us = now_us,
				   .why = ""};
	json_t *body;

	strcpy(p.id, id);
	strcpy(p.alarm, alarm);
	strcpy(p.person, "alice");
	strcpy(p.to, to);
	strcpy(p.language, "en");
	strcpy(p.text, "S1 www");
	p.json = json_pack("{ssss}", "id", id, "text", p.text);
	body = page_json(&p);
	row.id = id;
	row.alarm = alarm;
	row.body = json_dumps(body, JSON_COMPACT);
	assert_int_equal(desk_duty_commit(db, NULL, 0, &row, 1), 0);
	free((char *)row.body);
	json_decref(body);
	page_deinit(&p);
}

static void look(void)
{
	assert_int_equal(outbox_look(box, &conf, now_us), 0);
}

/* Reaps without waiting. Return: how many ended. */
static unsigned reap(void)
{
	unsigned n = 0;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		assert_true(memory_reaped(memory, pid, status, mono_us) || outbox_reaped(box, pid));
		n++;
	}
	return n;
}

/* One attempt from hand-over to its end. */
static void carry_all(void)
{
	siginfo_t info;

	look();
	for (int i = 0; i < 2400 && !waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT); i++) {
		usleep(12500);
		reap();
	}
	look();
}

static int in_state(void *ud, const struct desk_out_row *row)
{
	snprintf(ud, 512, "%s %u %s", desk_out_state_name(row->state), row->attempts, row->why);
	return 0;
}

static const char *state_of(const char *alarm)
{
	static char buf[512];

	buf[0] = '\0';
	assert_int_equal(desk_duty_out_of(db, alarm, in_state, buf), 0);
	return buf;
}

static const char *recorded(void)
{
	static char buf[8192];
	FILE *f = fopen(record, "r");
	size_t n = f ? fread(buf, 1, sizeof(buf) - 1, f) : 0;

	if (f)
		fclose(f);
	buf[n] = '\0';
	return buf;
}

static unsigned lines(const char *s)
{
	unsigned n = 0;

	for (; *s; s++)
		n += *s == '\n';
	return n;
}

static unsigned spool_files(void)
{
	char command[400];
	unsigned n = 0;
	FILE *f;

	snprintf(command, sizeof(command), "ls -A %s 2>/dev/null | wc -l", spool);
	f = popen(command, "r");
	assert_int_equal(fscanf(f, "%u", &n), 1);
	pclose(f);
	return n;
}

static void test_goes_out_once(void **state)
{
	script("cat >>$R; echo >>$R");
	add("w1-1-1", "w1", CHANNEL_PROGRAM, hook, PAGE_NEW);
	carry_all();
	assert_string_equal(state_of("w1"), "sent 1 ");
	carry_all();
	assert_string_equal(recorded(), "{\"id\":\"w1-1-1\",\"text\":\"S1 www\",\"attempt\":1,"
					"\"repeat\":false,\"drill\":false}\n");
	assert_int_equal(told_sent, 1);
	assert_int_equal(spool_files(), 0);
}

static void test_fails_three_times(void **state)
{
	static const int pause_s[] = {10, 20, 40};

	script("grep -o '\"attempt\":[0-9]*,\"repeat\":[a-z]*' >>$R\n"
	       "test $(wc -l <$R) -gt 3 || { echo busy; exit 75; }");
	add("w1-1-1", "w1", CHANNEL_PROGRAM, hook, PAGE_NEW);
	for (unsigned i = 0; i < 3; i++) {
		carry_all();
		assert_int_equal(lines(recorded()), i + 1);
		assert_true(strncmp(state_of("w1"), "due ", 4) == 0);
		assert_non_null(strstr(state_of("w1"), "exit status 75: busy"));
		now_us += pause_s[i] * US_PER_S - 1;
		look();
		assert_int_equal(lines(recorded()), i + 1); /* not before its time */
		assert_true(strncmp(state_of("w1"), "due ", 4) == 0);
		now_us += 1;
	}
	carry_all();
	assert_string_equal(state_of("w1"), "sent 4 ");
	assert_string_equal(recorded(),
			    "\"attempt\":1,\"repeat\":false\n\"attempt\":2,\"repeat\":false\n"
			    "\"attempt\":3,\"repeat\":false\n\"attempt\":4,\"repeat\":false\n");
	assert_int_equal(told_failed, 3);
	assert_int_equal(told_sent, 1);
	assert_int_equal(spool_files(), 0);
}

static void test_pause_is_bounded(void **state)
{
	assert_int_equal(pause_us(1), 10 * US_PER_S);
	assert_int_equal(pause_us(6), 320 * US_PER_S);
	assert_int_equal(pause_us(7), 600 * US_PER_S);
	assert_int_equal(pause_us(4000000000u), 600 * US_PER_S);
}

static void test_given_up_after_a_day(void **state)
{
	struct outbox_counts n;

	script("exit 1");
	add("w1-1-1", "w1", CHANNEL_PROGRAM, hook, PAGE_NEW);
	carry_all();
	now_us += 86399 * US_PER_S;
	carry_all();
	assert_string_equal(state_of("w1"), "due 2 exit status 1");
	now_us += 86400 * US_PER_S;
	carry_all();
	assert_string_equal(state_of("w1"), "failed 2 exit status 1");
	outbox_counts(box, &n);
	assert_int_equal(n.given_up, 1);
	assert_int_equal(n.failed, 2);
	now_us += 86400 * US_PER_S;
	carry_all();
	assert_string_equal(state_of("w1"), "failed 2 exit status 1");
}

/* A first attempt is made whatever has happened; no other for what is over. */
static void test_no_longer_needed(void **state)
{
	script("exit 1");
	no_need = "no longer needed: it is over";
	add("w1-1-1", "w1", CHANNEL_PROGRAM, hook, PAGE_NEW);
	carry_all();
	assert_string_equal(state_of("w1"), "due 1 exit status 1");
	script("cat >>$R");
	now_us += 10 * US_PER_S;
	carry_all();
	assert_string_equal(state_of("w1"), "failed 1 no longer needed: it is over");
	assert_string_equal(recorded(), "");
	assert_int_equal(spool_files(), 0);
}

static void test_a_test_is_not_tried_again(void **state)
{
	script("exit 1");
	add("t1-1-1", "t1", CHANNEL_PROGRAM, hook, PAGE_TEST);
	carry_all();
	assert_string_equal(state_of("t1"), "failed 1 exit status 1");
	assert_int_equal(told_failed, 0); /* and is nobody's fault */
}

/* It may have sent something before it hung or died: the next one says so. */
static void test_unsure_is_said(void **state)
{
	script("grep -o '\"repeat\":[a-z]*' >>$R; case $(wc -l <$R) in 1) kill -9 $$;; 2) sleep "
	       "60;; "
	       "3) exit 1;; esac");
	conf.program_s = 1;
	add("w1-1-1", "w1", CHANNEL_PROGRAM, hook, PAGE_NEW);
	carry_all();
	assert_string_equal(state_of("w1"), "due 1 ended by signal 9");
	now_us += 10 * US_PER_S;
	carry_all();
	assert_string_equal(state_of("w1"), "due 2 ended after 1 s without an answer");
	now_us += 20 * US_PER_S;
	carry_all();
	assert_string_equal(state_of("w1"), "due 3 exit status 1");
	now_us += 40 * US_PER_S;
	carry_all();
	assert_string_equal(state_of("w1"), "sent 4 ");
	assert_string_equal(recorded(), "\"repeat\":false\n\"repeat\":true\n\"repeat\":true\n"
					"\"repeat\":true\n");
	assert_int_equal(spool_files(), 0);
}

static pid_t carrier_of(const char *name)
{
	char command[400];
	pid_t pid = 0;
	FILE *f;

	snprintf(command, sizeof(command), "cat %s/%s", dir, name);
	f = popen(command, "r");
	if (fscanf(f, "%d", &pid) != 1)
		pid = 0;
	pclose(f);
	return pid;
}

static void test_carrier_dies(void **state)
{
	struct outbox_counts n;
	pid_t pid = 0;

	script("grep -o '\"attempt\":[0-9]*,\"repeat\":[a-z]*' >>$R\n"
	       "test $(wc -l <$R) -gt 1 || { echo $PPID >${R%record}carrier; sleep 60; }");
	add("w1-1-1", "w1", CHANNEL_PROGRAM, hook, PAGE_NEW);
	look();
	for (int i = 0; i < 200 && !pid; i++) {
		usleep(20000);
		pid = carrier_of("carrier");
	}
	assert_true(pid > 1);
	look();
	assert_string_equal(state_of("w1"), "handed 1 "); /* it is under way */
	kill(pid, SIGKILL);
	for (int i = 0; i < 200 && reap() == 0; i++)
		usleep(20000);
	carry_all();
	assert_string_equal(state_of("w1"), "sent 2 ");
	assert_string_equal(recorded(),
			    "\"attempt\":1,\"repeat\":false\n\"attempt\":2,\"repeat\":true\n");
	outbox_counts(box, &n);
	assert_int_equal(n.repeated, 1);
	assert_int_equal(spool_files(), 0);
}

/* Someone else's end of the way: whoever starts anew takes in what was left, at every place. */
static void test_started_anew(void **state)
{
	static const char *const places[] = {"message written, row due", "row handed, nobody began",
					     "ended, row handed", "files of the past"};

	script("cat >/dev/null; echo x >>$R");
	for (unsigned i = 0; i < ARRAY_LEN(places); i++) {
		json_t *m = NULL;
		struct spool *s = NULL;
		struct spool_claim *c = NULL;
		char id[32], alarm[16];

		snprintf(alarm, sizeof(alarm), "w%u", i);
		snprintf(id, sizeof(id), "w%u-1-1", i);
		unlink(record);
		add(id, alarm, CHANNEL_PROGRAM, hook, PAGE_NEW);
		box = outbox_free(box);
		assert_int_equal(spool_open(spool, &s), 0);
		m = json_pack("{sssssisbss}", "kind", "page", "id", id, "attempt", 1, "repeat", 0,
			      "first", "");
		json_object_set_new(m, "body",
				    json_pack("{sssssssisssssssssssssi}", "id", id, "alarm", alarm,
					      "why", "new", "step", 1, "person", "alice", "channel",
					      "program", "to", hook, "phone", "", "language", "en",
					      "text", "t", "x", 1));
		json_object_set_new(json_object_get(m, "body"), "at",
				    json_string("2008-08-08T12:00:00Z"));
		if (i < 3)
			assert_int_equal(spool_put(s, id, 1, m), 0);
		json_decref(m);
		if (i > 0)
			assert_int_equal(desk_duty_sending(db, id, OUT_DUE, OUT_HANDED, "", now_us),
					 0);
		if (i == 2) {
			assert_int_equal(spool_begin(s, id, 1, &c, &m), 0);
			json_decref(m);
			assert_int_equal(spool_end(s, c, &(struct channel_result){.sent = true}),
					 0);
		}
		spool_close(s);
		open_box();
		carry_all();
		carry_all();
		assert_true(strncmp(state_of(alarm), "sent ", 5) == 0);
		assert_int_equal(lines(recorded()), i == 2 ? 0 : 1);
		assert_int_equal(spool_files(), 0);
	}
}

/* Twelve that hang by one channel: four at once, and the other channel has its own four. */
static void test_bounded_and_apart(void **state)
{
	char id[32], alarm[16];
	unsigned running = 0;
	FILE *f;

	script("sleep 3; echo x >>$R");
	for (unsigned i = 0; i < 12; i++) {
		snprintf(id, sizeof(id), "w%u-1-1", i);
		snprintf(alarm, sizeof(alarm), "w%u", i);
		add(id, alarm, CHANNEL_PROGRAM, hook, PAGE_NEW);
	}
	strcpy(conf.mail.server, "smtp://127.0.0.1:1"); /* nobody there */
	strcpy(conf.mail.from, "noroshi@isp.example");
	add("m1-1-1", "m1", CHANNEL_MAIL, "alice@isp.example", PAGE_NEW);
	look();
	look();
	usleep(300000);
	f = popen("ps -o comm= --ppid $PPID | grep -c noroshi-carrier", "r");
	assert_int_equal(fscanf(f, "%u", &running), 1);
	pclose(f);
	assert_true(running >= OUTBOX_CARRIERS_MAX / 2);
	assert_true(running <= OUTBOX_CARRIERS_MAX / 2 + 1);
	for (int i = 0; i < 100 && strncmp(state_of("m1"), "due 1 ", 6) != 0; i++) {
		usleep(50000);
		reap();
		look();
	}
	/* The mail has failed long before the first of the programs ended. */
	assert_true(strncmp(state_of("m1"), "due 1 ", 6) == 0);
	assert_string_equal(recorded(), "");
	for (int i = 0; i < 600 && lines(recorded()) < 12; i++) {
		usleep(50000);
		reap();
		look();
	}
	assert_int_equal(lines(recorded()), 12);
	carry_all();
	assert_string_equal(state_of("w11"), "sent 1 ");
}

static void test_clock_put_back(void **state)
{
	script("echo x >>$R; test $(wc -l <$R) -gt 1");
	add("w1-1-1", "w1", CHANNEL_PROGRAM, hook, PAGE_NEW);
	now_us -= 9 * 3600 * US_PER_S;
	carry_all();
	assert_true(strncmp(state_of("w1"), "due 1", 5) == 0);
	now_us -= 9 * 3600 * US_PER_S;
	carry_all();
	assert_string_equal(state_of("w1"), "sent 2 ");
}

static void break_spool(void)
{
	char command[700];

	snprintf(command, sizeof(command), "rm -rf %s", spool);
	assert_int_equal(system(command), 0);
}

/* A fault of the store goes out at once, from memory and once; the rest when it lasts. */
static void test_spool_cannot_be_written(void **state)
{
	struct outbox_counts n;

	script("echo $NOROSHI_PAGE_ID >>$R");
	break_spool();
	add("wdisk-1-1", "wdisk", CHANNEL_PROGRAM, hook, PAGE_NEW);
	add("w1-1-1", "w1", CHANNEL_PROGRAM, hook, PAGE_NEW);
	for (unsigned i = 0; i < 5; i++) {
		look();
		outbox_counts(box, &n);
		assert_true(n.stuck);
		memory_go(memory, &conf, mono_us + i * US_PER_S);
		for (int j = 0; j < 100 && memory_running(memory); j++) {
			usleep(20000);
			reap();
		}
	}
	assert_string_equal(recorded(), "wdisk-1-1\n");
	assert_string_equal(state_of("wdisk"), "sent 1 "); /* rows could be written, as it is */
	assert_string_equal(state_of("w1"), "due 0 ");
	mono_us += 2 * MEMORY_PATIENCE_US;
	memory_go(memory, &conf, mono_us);
	while (memory_running(memory)) {
		usleep(20000);
		reap();
	}
	assert_string_equal(recorded(), "wdisk-1-1\nw1-1-1\n");
	outbox_free(box);
	open_box(); /* makes the spool again */
	carry_all();
	assert_string_equal(state_of("w1"), "sent 1 ");
	assert_string_equal(recorded(), "wdisk-1-1\nw1-1-1\n");
}

static void test_memory_tries_again(void **state)
{
	json_t *m;

	script("echo x >>$R; test $(wc -l <$R) -gt 2");
	break_spool();
	add("wdisk-1-1", "wdisk", CHANNEL_PROGRAM, hook, PAGE_NEW);
	look();
	mono_us = clock_mono_us();
	for (unsigned i = 0; i < 3; i++) {
		memory_go(memory, &conf, mono_us);
		while (memory_running(memory)) {
			usleep(20000);
			reap();
		}
		assert_int_equal(lines(recorded()), i + 1);
		memory_go(memory, &conf, mono_us + 5 * US_PER_S);
		assert_int_equal(memory_running(memory), 0); /* not before its pause */
		mono_us += 30 * US_PER_S;
	}
	assert_int_equal(memory_look(memory, "wdisk-1-1"), MEMORY_SENT);
	assert_false(memory_withdraw(memory, "wdisk-1-1"));
	m = json_object();
	assert_int_equal(memory_offer(memory, "wdisk-1-1", m, true, mono_us), 0); /* known */
	memory_go(memory, &conf, mono_us);
	assert_int_equal(memory_running(memory), 0);
}

/* Whoever else writes rows: an id that would be a path goes nowhere, and only once. */
static void test_an_id_that_is_no_name(void **state)
{
	script("echo x >>$R");
	add("../../etc/x", "w1", CHANNEL_PROGRAM, hook, PAGE_NEW);
	carry_all();
	assert_string_equal(state_of("w1"), "failed 0 its id cannot be a file's name");
	assert_string_equal(recorded(), "");
	assert_int_equal(spool_files(), 0);
}

static void test_notice(void **state)
{
	struct desk_out_row row = {.id = "c1",
				   .kind = "notice",
				   .alarm = "w1",
				   .state = OUT_DUE,
				   .due_us = now_us,
				   .changed_us = now_us,
				   .why = "",
				   .body = "{\"text\":\"your line\"}"};

	notice = true; /* without a person to tell of */
	script("cat >>$R");
	assert_int_equal(desk_duty_commit(db, NULL, 0, &row, 1), 0);
	carry_all();
	assert_string_equal(state_of("w1"), "due 1 duty.notice_program is not said");
	strcpy(conf.notice_program, hook);
	now_us += 10 * US_PER_S;
	carry_all();
	assert_non_null(strstr(recorded(), "\"text\":\"your line\""));
}

#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_goes_out_once),
		T(test_fails_three_times),
		T(test_pause_is_bounded),
		T(test_given_up_after_a_day),
		T(test_no_longer_needed),
		T(test_a_test_is_not_tried_again),
		T(test_unsure_is_said),
		T(test_carrier_dies),
		T(test_started_anew),
		T(test_bounded_and_apart),
		T(test_clock_put_back),
		T(test_spool_cannot_be_written),
		T(test_memory_tries_again),
		T(test_an_id_that_is_no_name),
		T(test_notice),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("courier outbox", tests, NULL, NULL);
}
