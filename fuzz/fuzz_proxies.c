/* SPDX-License-Identifier: ISC */
/*
 * The reader of proxy lists: whatever the bytes are, each line is an entry, counted as refused, a
 * comment or a heading; and a list written out of single addresses is found again whole.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "judge/proxies.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static uint64_t refused(const struct proxies *p)
{
	uint64_t n = 0;

	for (unsigned r = 0; r < PROXIES_REFUSALS; r++)
		n += proxies_refused(p, (enum proxies_refusal)r);
	return n;
}

static void count_lines(const uint8_t *data, size_t size, const struct proxies *p)
{
	size_t lines = size > 0;

	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	require(proxies_count(p) + refused(p) <= lines);
}

/* The bytes as addresses, one line each, must all be in the list that is made of them. */
static void find_again(const uint8_t *data, size_t size)
{
	_cleanup_proxies_ struct proxies *p = proxies_new();
	_cleanup_text_ struct text list = TEXT_NULL;
	char text[IP_TEXT_MAX];

	if (!p)
		return;
	for (size_t i = 0; i + 4 <= size && i < 1024; i += 4) {
		struct ip ip = ip_from_v4_bytes(data + i);

		text_printf(&list, "\"%s:%u\",2008-08-%02u\n", ip_format(&ip, text), data[i] + 1u,
			    1 + data[i] % 28u);
	}
	if (!text_ok(&list) || proxies_read(p, text_str(&list), list.len, TIME_NONE))
		return;
	require(refused(p) == 0);
	for (size_t i = 0; i + 4 <= size && i < 1024; i += 4) {
		struct ip ip = ip_from_v4_bytes(data + i);
		int64_t dated_us = TIME_NONE;

		require(proxies_find(p, &ip, INT64_C(1218196800) * US_PER_S, &dated_us));
		require(dated_us != TIME_NONE);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxies *p = proxies_new();
	struct ip any = ip_from_v4(0x01020304);

	if (p && proxies_read(p, data, size, TIME_NONE) == 0) {
		count_lines(data, size, p);
		proxies_find(p, &any, 0, NULL);
	}
	proxies_unref(p);
	find_again(data, size);
	return 0;
}
