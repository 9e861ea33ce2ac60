/* SPDX-License-Identifier: ISC */
/* What an interface of this machine has sent, by the kernel's own count: a figure of this moment.
 */
#pragma once

#include <stdint.h>

/** line_sent() - packets and bytes that @interface has sent, in this process's network namespace.
 * Bytes are those of frames without preamble and check sequence. Return: 0, or 1 where there is no
 * such interface. */
int line_sent(const char *interface, uint64_t *packets, uint64_t *bytes);

/** line_parse() - the same of the text of /proc/net/dev, proc_net_dev(5). */
int line_parse(const char *text, const char *interface, uint64_t *packets, uint64_t *bytes);
