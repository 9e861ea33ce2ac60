/* SPDX-License-Identifier: ISC */
/*
 * What reading a capture costs at least on this machine at this moment: the figures of programs are
 * put in relation to these, as a virtual machine has faster and slower minutes.
 *
 *   reference pcap FILE   libpcap with a callback that does nothing
 *   reference walk FILE   the mapped file: record headers followed, one word of each cache line
 * read
 *
 * One JSON object: packets, bytes, seconds, cpu_s.
 */
#include <fcntl.h>
#include <pcap/pcap.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_HEADER   24
#define RECORD_HEADER 16
#define LINE	      64

struct totals {
	uint64_t packets, bytes, sum;
};

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void nothing(u_char *user, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct totals *t = (struct totals *)user;

	t->packets++;
	t->bytes += h->caplen;
}

static int with_libpcap(const char *path, struct totals *t)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_open_offline(path, why);
	int r;

	if (!p)
		return -1;
	r = pcap_loop(p, -1, nothing, (u_char *)t);
	pcap_close(p);
	return r;
}

static void walk(const uint8_t *b, size_t n, struct totals *t)
{
	size_t at = FILE_HEADER;
	uint32_t len;
	uint64_t word;

	while (n - at >= RECORD_HEADER) {
		memcpy(&len, b + at + 8, sizeof(len));
		at += RECORD_HEADER;
		if (len > n - at || n - at < sizeof(word))
			return;
		for (size_t i = 0; i + sizeof(word) <= len; i += LINE) {
			memcpy(&word, b + at + i, sizeof(word));
			t->sum += word;
		}
		at += len;
		t->packets++;
		t->bytes += len;
	}
}

static int with_mmap(const char *path, struct totals *t)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint8_t *b;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || st.st_size < FILE_HEADER) {
		close(fd);
		return -1;
	}
	b = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (b == MAP_FAILED)
		return -1;
	madvise(b, (size_t)st.st_size, MADV_SEQUENTIAL);
	walk(b, (size_t)st.st_size, t);
	munmap(b, (size_t)st.st_size);
	return 0;
}

int main(int argc, char **argv)
{
	struct totals t = {0};
	double wall, cpu;
	int r = -1;

	if (argc != 3) {
		fputs("usage: reference pcap|walk FILE\n", stderr);
		return 2;
	}
	wall = seconds(CLOCK_MONOTONIC);
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	r = strcmp(argv[1], "pcap") == 0 ? with_libpcap(argv[2], &t) : with_mmap(argv[2], &t);
	if (r < 0) {
		fprintf(stderr, "reference: %s: cannot be read\n", argv[2]);
		return 1;
	}
	printf("{\"packets\": %llu, \"bytes\": %llu, \"seconds\": %.6f, \"cpu_s\": %.6f, "
	       "\"sum\": %llu}\n",
	       (unsigned long long)t.packets, (unsigned long long)t.bytes,
	       seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu,
	       (unsigned long long)t.sum);
	return 0;
}
