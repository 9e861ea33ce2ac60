/* SPDX-License-Identifier: ISC */
/*
 * libpcap does the ring; here are its settings and the way of a frame into a record.
 */
#include "observe/capture.h"

#include <errno.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/steady.h"
#include "observe/packet.h"

#define BUFFER_LEAST (1 << 20)

struct capture {
	pcap_t *pcap;
	struct capture_config config;
	uint32_t linktype;
	int error;		 /* of the sink, within a dispatch */
	struct steady_look look; /* of this dispatch */
	struct capture_stats stats;
	uint32_t kernel_drops_seen, device_drops_seen; /* libpcap's 32 bits, which wrap */
};

static bool is_loopback(const char *interface)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq req = {0};

	if (fd < 0 || strlen(interface) >= sizeof(req.ifr_name))
		return false;
	memcpy(req.ifr_name, interface, strlen(interface) + 1);
	return ioctl(fd, SIOCGIFFLAGS, &req) == 0 && req.ifr_flags & IFF_LOOPBACK;
}

static int say(const struct capture *c, struct text *why, const char *what)
{
	const char *more = pcap_geterr(c->pcap);

	text_printf(why, "%s: %s%s%s", c->config.interface, what, *more ? ": " : "", more);
	return 1;
}

/* Settings that must precede the activation. */
static void configure(struct capture *c, int buffer)
{
	pcap_set_snaplen(c->pcap, CAPTURE_SNAPLEN);
	pcap_set_promisc(c->pcap, 1);
	pcap_set_timeout(c->pcap, CAPTURE_TIMEOUT_MS);
	pcap_set_immediate_mode(c->pcap, 0);
	pcap_set_buffer_size(c->pcap, buffer);
}

/* A ring that the machine cannot give is asked for again at half the size. */
static int activate(struct capture *c, struct text *why)
{
	char err[PCAP_ERRBUF_SIZE] = "";
	int r = PCAP_ERROR;

	for (int buffer = CAPTURE_BUFFER_BYTES; buffer >= BUFFER_LEAST; buffer /= 2) {
		if (c->pcap)
			pcap_close(c->pcap);
		c->pcap = pcap_create(c->config.interface, err);
		if (!c->pcap) {
			text_printf(why, "%s: %s", c->config.interface, err);
			return 1;
		}
		configure(c, buffer);
		r = pcap_activate(c->pcap);
		c->stats.buffer_bytes = (uint32_t)buffer;
		if (r != PCAP_ERROR)
			break;
	}
	if (r < 0)
		return say(c, why, r == PCAP_ERROR ? "cannot capture" : pcap_statustostr(r));
	return 0;
}

static int set_filter(struct capture *c, struct text *why)
{
	struct bpf_program program;
	int r;

	if (!c->config.filter || !*c->config.filter)
		return 0;
	if (pcap_compile(c->pcap, &program, c->config.filter, 1, PCAP_NETMASK_UNKNOWN) < 0)
		return say(c, why, "filter does not hold");
	r = pcap_setfilter(c->pcap, &program);
	pcap_freecode(&program);
	return r < 0 ? say(c, why, "filter cannot be set") : 0;
}

static int prepare(struct capture *c, struct text *why)
{
	char err[PCAP_ERRBUF_SIZE] = "";
	int r = activate(c, why);

	if (r == 0)
		r = set_filter(c, why);
	if (r)
		return r;
	if (is_loopback(c->config.interface) && pcap_setdirection(c->pcap, PCAP_D_IN) < 0)
		return say(c, why, "cannot leave out departing frames");
	if (pcap_setnonblock(c->pcap, 1, err) < 0 || pcap_get_selectable_fd(c->pcap) < 0)
		return say(c, why, "cannot be watched");
	c->linktype = (uint32_t)pcap_datalink(c->pcap);
	if (!packet_knows_linktype(c->linktype)) {
		text_printf(why, "%s: link type %u is not read", c->config.interface, c->linktype);
		return 1;
	}
	return 0;
}

int capture_open(struct capture **cp, const struct capture_config *config, struct text *why)
{
	struct capture *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->config = *config;
	r = prepare(c, why);
	c->config.interface = c->config.filter = NULL; /* the caller's, only for the opening */
	if (r) {
		capture_free(c);
		return r;
	}
	*cp = c;
	return 0;
}

struct capture *capture_free(struct capture *c)
{
	if (!c)
		return NULL;
	if (c->pcap)
		pcap_close(c->pcap);
	free(c);
	return NULL;
}

int capture_fd(const struct capture *c)
{
	return pcap_get_selectable_fd(c->pcap);
}

static int take(struct capture *c, struct exporter *e, const struct pcap_pkthdr *h,
		const uint8_t *data, int64_t us)
{
	struct flow_place to;
	uint8_t noted;
	int r = flow_writer_next(c->config.writer, us, &to);

	if (r < 0)
		return r;
	r = packet_record(to.flow, to.side, exporters_unwrap(c->config.exporters), c->linktype,
			  data, h->caplen, h->len, &noted);
	if (r || noted)
		refuse(&e->refused, (enum refusal)((r ? r : noted) - 1), h->caplen);
	if (r)
		return 0;
	to.flow->exporter = c->config.exporter;
	to.flow->in_link = c->config.link;
	to.side->flags |= FLOW_SAMPLING_KNOWN;
	flow_writer_take(c->config.writer, &to);
	c->stats.records++;
	e->records++;
	return 0;
}

static void on_frame(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct capture *c = (struct capture *)user;
	struct exporter *e = exporters_get(c->config.exporters, c->config.exporter);
	int64_t us = steady_of(&c->look, (int64_t)h->ts.tv_sec * US_PER_S + h->ts.tv_usec);
	int r;

	c->stats.frames++;
	e->packets_seen++;
	e->last_recv_us = us;
	r = take(c, e, h, data, us);
	if (r < 0) {
		c->error = r;
		pcap_breakloop(c->pcap);
	}
}

int capture_dispatch(struct capture *c, int max)
{
	int n;

	c->error = 0;
	steady_look(&c->look);
	n = pcap_dispatch(c->pcap, max, on_frame, (u_char *)c);
	if (c->error)
		return c->error;
	if (n < 0 && n != PCAP_ERROR_BREAK)
		return -ENETDOWN;
	return n >= max;
}

void capture_stats(struct capture *c, struct capture_stats *out)
{
	struct pcap_stat s;

	if (pcap_stats(c->pcap, &s) == 0) {
		c->stats.kernel_drops += s.ps_drop - c->kernel_drops_seen;
		c->stats.device_drops += s.ps_ifdrop - c->device_drops_seen;
		c->kernel_drops_seen = s.ps_drop;
		c->device_drops_seen = s.ps_ifdrop;
	}
	*out = c->stats;
}

const char *capture_error(const struct capture *c)
{
	return pcap_geterr(c->pcap);
}
