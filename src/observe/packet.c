/* SPDX-License-Identifier: ISC */
/*
 * The loop that carries a walk from header to header. The steps themselves stand in packet_link.c,
 * packet_ip.c, packet_l4.c and packet_tunnel.c.
 */
#include "observe/packet.h"

#include "observe/packet_walk.h"

static enum step (*const steps[STEP_COUNT])(struct walk *w) = {
	[STEP_ETHERNET] = step_ethernet,
	[STEP_ETHERTYPE] = step_ethertype,
	[STEP_IP] = step_ip,
	[STEP_IPV4] = step_ipv4,
	[STEP_IPV6] = step_ipv6,
	[STEP_MPLS] = step_mpls,
	[STEP_PPP] = step_ppp,
	[STEP_LLC] = step_llc,
	[STEP_GRE] = step_gre,
	[STEP_ERSPAN2] = step_erspan2,
	[STEP_ERSPAN3] = step_erspan3,
	[STEP_ETHERIP] = step_etherip,
	[STEP_VXLAN] = step_vxlan,
	[STEP_GENEVE] = step_geneve,
	[STEP_TEREDO] = step_teredo,
	[STEP_NSH] = step_nsh,
};

/*
 * A refusal behind an IP packet leaves that packet as the record. Only two are worth a note: bytes
 * that the capture did not keep, and nesting that hides what it carries.
 */
static int walk_end(struct walk *w, enum step s)
{
	if (s == STEP_DONE || w->have_ip) {
		if (s == STEP_REFUSED + REFUSED_TOO_DEEP)
			w->p->side.flags |= FLOW_MALFORMED;
		if (s == STEP_REFUSED + REFUSED_CAPTURE_CUT || s == STEP_REFUSED + REFUSED_TOO_DEEP)
			w->noted = (uint8_t)(s - STEP_REFUSED + 1);
		w->p->noted = w->noted;
		return 0;
	}
	return (int)(s - STEP_REFUSED) + 1;
}

static int walk_run(struct walk *w, enum step s)
{
	while (s < STEP_COUNT) {
		if (++w->layers > PACKET_LAYERS_MAX)
			s = walk_refuse(REFUSED_TOO_DEEP);
		else
			s = steps[s](w);
	}
	return walk_end(w, s);
}

static struct walk walk_over(struct packet *p, unsigned unwrap, const uint8_t *data, size_t caplen,
			     size_t wirelen)
{
	return (struct walk){
		.p = p,
		.c = cursor_over(data, caplen),
		.start = data,
		.wire_end = wirelen > caplen ? wirelen : caplen,
		.unwrap = unwrap,
	};
}

int packet_decode_ip(struct packet *p, const uint8_t *data, size_t caplen, size_t wirelen)
{
	struct walk w = walk_over(p, 0, data, caplen, wirelen);

	return walk_run(&w, STEP_IP);
}

int packet_decode_inner(struct packet *p, unsigned unwrap, uint32_t linktype, const uint8_t *data,
			size_t caplen, size_t wirelen)
{
	struct walk w = walk_over(p, unwrap, data, caplen, wirelen);

	return walk_run(&w, step_link(&w, linktype));
}

int packet_decode(struct packet *p, uint32_t linktype, const uint8_t *data, size_t caplen,
		  size_t wirelen)
{
	return packet_decode_inner(p, 0, linktype, data, caplen, wirelen);
}
