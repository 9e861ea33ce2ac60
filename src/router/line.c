/* SPDX-License-Identifier: ISC */
#include "router/line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define TEXT_MOST (1u << 20)

/* "  eth1: BYTES PACKETS" and six more of what came; then the same of what went. */
int line_parse(const char *text, const char *interface, uint64_t *packets, uint64_t *bytes)
{
	size_t n = strlen(interface);

	for (const char *s = text; n && s && *s; s = strchr(s, '\n')) {
		s += strspn(s, "\n ");
		if (strncmp(s, interface, n) != 0 || s[n] != ':')
			continue;
		return sscanf(s + n + 1, "%*u %*u %*u %*u %*u %*u %*u %*u %" SCNu64 " %" SCNu64,
			      bytes, packets) != 2;
	}
	return 1;
}

int line_sent(const char *interface, uint64_t *packets, uint64_t *bytes)
{
	_cleanup_fclose_ FILE *f = fopen("/proc/thread-self/net/dev", "re");
	_cleanup_text_ struct text all = TEXT_NULL;
	char buf[4096];
	size_t n;

	while (f && all.len < TEXT_MOST && (n = fread(buf, 1, sizeof(buf), f)) > 0)
		text_add_n(&all, buf, n);
	return line_parse(text_str(&all), interface, packets, bytes);
}
