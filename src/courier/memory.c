/* SPDX-License-Identifier: ISC */
#include "courier/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "courier/carry.h"
#include "courier/pause.h"

#define KEPT_MAX    4096
#define RUNNING_MAX 4

struct kept {
	char id[SPOOL_ID_MAX];
	json_t *message; /* owned; NULL once it is sent */
	pid_t pid;	 /* 0: not under way */
	unsigned attempts;
	int64_t next_us;
	bool sent;
};

struct memory {
	struct kept *list;
	unsigned n, running;
	uint64_t refused;
};

struct memory *memory_new(void)
{
	return calloc(1, sizeof(struct memory));
}

struct memory *memory_free(struct memory *m)
{
	for (unsigned i = 0; m && i < m->n; i++)
		json_decref(m->list[i].message);
	if (m)
		free(m->list);
	free(m);
	return NULL;
}

static struct kept *find(const struct memory *m, const char *id)
{
	for (unsigned i = 0; i < m->n; i++)
		if (strcmp(m->list[i].id, id) == 0)
			return &m->list[i];
	return NULL;
}

static struct kept *add(struct memory *m, const char *id)
{
	struct kept *grown;

	if ((m->n & (m->n - 1)) == 0) {
		grown = realloc(m->list, (m->n ? m->n * 2 : 1) * sizeof(*grown));
		if (!grown)
			return NULL;
		m->list = grown;
	}
	grown = &m->list[m->n++];
	*grown = (struct kept){.pid = 0};
	strcpy(grown->id, id);
	return grown;
}

int memory_offer(struct memory *m, const char *id, json_t *message, bool urgent, int64_t now_us)
{
	struct kept *k = find(m, id);
	int r = !message ? -ENOMEM : strlen(id) >= SPOOL_ID_MAX ? -EINVAL : 0;

	if (r == 0 && !k && m->n == KEPT_MAX) {
		m->refused++;
		r = -ENOSPC;
		log_error("pages-lost", "kept=%u refused=%llu", m->n,
			  (unsigned long long)m->refused);
	}
	if (r || k) {
		json_decref(message);
		return r;
	}
	k = add(m, id);
	if (!k) {
		json_decref(message);
		return -ENOMEM;
	}
	k->message = message;
	k->next_us = urgent ? now_us : now_us + MEMORY_PATIENCE_US;
	return 0;
}

static void start(struct memory *m, struct kept *k, const struct conf_duty *conf)
{
	pid_t pid = carry_memory(conf, k->message);

	if (pid < 0) {
		log_error("no-carrier", "page=%s reason=\"%s\"", k->id, strerror(-pid));
		return;
	}
	k->pid = pid;
	k->attempts++;
	m->running++;
}

void memory_go(struct memory *m, const struct conf_duty *conf, int64_t now_us)
{
	for (unsigned i = 0; i < m->n && m->running < RUNNING_MAX; i++) {
		struct kept *k = &m->list[i];

		if (!k->sent && !k->pid && now_us >= k->next_us)
			start(m, k, conf);
	}
}

static void sent(struct kept *k)
{
	k->sent = true;
	json_decref(k->message);
	k->message = NULL;
	log_warn("page-unwritten", "page=%s advice=\"it went out, and could not be written down\"",
		 k->id);
}

bool memory_reaped(struct memory *m, pid_t pid, int status, int64_t now_us)
{
	for (unsigned i = 0; i < m->n; i++) {
		struct kept *k = &m->list[i];

		if (k->pid != pid)
			continue;
		k->pid = 0;
		m->running--;
		if (WIFEXITED(status) && WEXITSTATUS(status) == CARRY_SENT)
			sent(k);
		else
			k->next_us = now_us + pause_us(k->attempts);
		return true;
	}
	return false;
}

enum memory_state memory_look(const struct memory *m, const char *id)
{
	const struct kept *k = find(m, id);

	return !k	 ? MEMORY_UNKNOWN
	       : k->sent ? MEMORY_SENT
	       : k->pid	 ? MEMORY_RUNNING
			 : MEMORY_UNKNOWN;
}

bool memory_withdraw(struct memory *m, const char *id)
{
	struct kept *k = find(m, id);

	if (!k)
		return true;
	if (k->sent || k->pid)
		return false;
	json_decref(k->message);
	*k = m->list[--m->n];
	return true;
}

unsigned memory_running(const struct memory *m)
{
	return m->running;
}
