// SPDX-License-Identifier: ISC
/*
 * A second opinion on MaxMind-format databases, by libmaxminddb:
 *
 *	peer_mmdb DATABASE < addresses
 *
 * One line an address: prefix length (IPv4's own), country, AS; "-" where there is none.
 */
#include <maxminddb.h>
#include <stdio.h>
#include <string.h>

static int is_v4(const char *address)
{
	return strchr(address, ':') == NULL;
}

static int print_number(MMDB_entry_s *e, const char *const *path)
{
	MMDB_entry_data_s d;

	if (MMDB_aget_value(e, &d, path) != MMDB_SUCCESS || !d.has_data ||
	    d.type != MMDB_DATA_TYPE_UINT32)
		return 0;
	printf(" %u", d.uint32);
	return 1;
}

static void print_text(MMDB_entry_s *e, const char *const *path)
{
	MMDB_entry_data_s d;

	if (MMDB_aget_value(e, &d, path) == MMDB_SUCCESS && d.has_data &&
	    d.type == MMDB_DATA_TYPE_UTF8_STRING)
		printf(" %.*s", (int)d.data_size, d.utf8_string);
	else
		printf(" -");
}

int main(int argc, char **argv)
{
	static const char *const country[] = {"country", "iso_code", NULL};
	static const char *const asn[] = {"autonomous_system_number", NULL};
	static const char *const traits[] = {"traits", "autonomous_system_number", NULL};
	char line[256];
	MMDB_s db;

	if (argc != 2 || MMDB_open(argv[1], MMDB_MODE_MMAP, &db) != MMDB_SUCCESS)
		return 2;
	while (fgets(line, sizeof(line), stdin)) {
		int gai, error;
		MMDB_lookup_result_s r;

		line[strcspn(line, "\n")] = '\0';
		r = MMDB_lookup_string(&db, line, &gai, &error);
		if (gai || error || !r.found_entry) {
			puts("- - -");
			continue;
		}
		/* A leaf above ::/96 holds all of IPv4. */
		if (is_v4(line) && db.metadata.ip_version == 6)
			r.netmask = r.netmask < 96 ? 0 : r.netmask - 96;
		printf("%d", r.netmask);
		print_text(&r.entry, country);
		if (!print_number(&r.entry, asn) && !print_number(&r.entry, traits))
			printf(" -");
		putchar('\n');
	}
	MMDB_close(&db);
	return 0;
}
