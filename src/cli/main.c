/* SPDX-License-Identifier: ISC */
/*
 * The program: a table of verbs, and the way from the command line to one of them.
 */
#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>

#include "cli/verb.h"

/* In the order in which help shows them; verbs of one first word stand together. */
#define VERB_LIST(X)                                                                               \
	X(read)                                                                                    \
	X(watch)                                                                                   \
	X(incident_list)                                                                           \
	X(incident_show)                                                                           \
	X(incident_mark)                                                                           \
	X(suppress_add)                                                                            \
	X(suppress_list)                                                                           \
	X(suppress_lift)                                                                           \
	X(tune)                                                                                    \
	X(act_start)                                                                               \
	X(act_approve)                                                                             \
	X(act_list)                                                                                \
	X(act_show)                                                                                \
	X(act_withdraw)                                                                            \
	X(act_renew)                                                                               \
	X(act_freeze)                                                                              \
	X(act_thaw)                                                                                \
	X(act_exabgp_conf)                                                                         \
	X(act_pipe)                                                                                \
	X(act)                                                                                     \
	X(courier)                                                                                 \
	X(page_list)                                                                               \
	X(page_show)                                                                               \
	X(page_ack)                                                                                \
	X(page_snooze)                                                                             \
	X(page_test)                                                                               \
	X(case_list)                                                                               \
	X(case_show)                                                                               \
	X(case_open)                                                                               \
	X(case_join)                                                                               \
	X(case_split)                                                                              \
	X(case_note)                                                                               \
	X(case_close)                                                                              \
	X(case_reopen)                                                                             \
	X(case_undo)                                                                               \
	X(case_propose)                                                                            \
	X(case_audit)                                                                              \
	X(case_export)                                                                             \
	X(audit_verify)                                                                            \
	X(audit_print)                                                                             \
	X(plan)                                                                                    \
	X(brief)                                                                                   \
	X(handover)                                                                                \
	X(notice)                                                                                  \
	X(heightened_list)                                                                         \
	X(heightened_report)                                                                       \
	X(judge)                                                                                   \
	X(status)                                                                                  \
	X(reload)                                                                                  \
	X(decode)                                                                                  \
	X(flowspec_decode)                                                                         \
	X(flowspec_check)                                                                          \
	X(conf_check)                                                                              \
	X(conf_print)                                                                              \
	X(place_import)                                                                            \
	X(place_list)                                                                              \
	X(place_remove)                                                                            \
	X(place_dump)                                                                              \
	X(place)                                                                                   \
	X(drill_list)                                                                              \
	X(drill_write)                                                                             \
	X(drill_notices)                                                                           \
	X(drill_score)                                                                             \
	X(completion)                                                                              \
	X(help)

#define X(v) extern const struct verb verb_##v;
VERB_LIST(X)
#undef X

static const struct verb *const verbs[] = {
#define X(v) &verb_##v,
	VERB_LIST(X)
#undef X
		NULL,
};

const struct verb *const *verbs_all(void)
{
	return verbs;
}

/*
 * What one attack needs beside its host's counters comes in pieces of 200 KiB to 1 MiB. Those are
 * to go back to the system when it ends; by itself the library keeps pieces of up to 32 MiB in its
 * heap once one was freed, and holes between what stays make a watch grow for days.
 */
#define OWN_PAGES_FROM (128 << 10)

static void keep_memory_level(void)
{
#ifdef M_MMAP_THRESHOLD
	mallopt(M_MMAP_THRESHOLD, OWN_PAGES_FROM);
#endif
}

int main(int argc, char **argv)
{
	keep_memory_level();
	/* A reader that goes away ends a write with an error, which every verb reports at its end.
	 */
	signal(SIGPIPE, SIG_IGN);
	setlocale(LC_CTYPE, "");
	return verb_dispatch(argc, argv);
}
