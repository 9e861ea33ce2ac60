/* SPDX-License-Identifier: ISC */
#include "router/nftables_kernel.h"

#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <nftables/libnftables.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int nft_kernel_open(struct nft_kernel *k)
{
	k->nft = nft_ctx_new(NFT_CTX_DEFAULT);
	if (!k->nft || nft_ctx_buffer_output(k->nft) || nft_ctx_buffer_error(k->nft))
		return -ENOMEM;
	return 0;
}

void nft_kernel_close(struct nft_kernel *k)
{
	if (k->nft)
		nft_ctx_free(k->nft);
	k->nft = NULL;
}

int nft_kernel_listen(void)
{
	struct sockaddr_nl to = {.nl_family = AF_NETLINK,
				 .nl_groups = 1u << (NFNLGRP_NFTABLES - 1)};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_NETFILTER);
	int wrong;

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	wrong = -errno;
	close(fd);
	return wrong;
}

int nft_kernel_run(struct nft_kernel *k, const struct text *commands, struct text *why)
{
	const char *said;
	int r;

	if (!text_ok(commands)) {
		text_add(why, "out of memory");
		return 1;
	}
	if (!commands->len)
		return 0;
	nft_ctx_output_set_flags(k->nft, 0);
	r = nft_run_cmd_from_buffer(k->nft, text_str(commands));
	nft_ctx_get_output_buffer(k->nft);
	said = nft_ctx_get_error_buffer(k->nft);
	if (r)
		text_add_n(why, said ? said : "", said ? strcspn(said, "\n") : 0);
	return r ? 1 : 0;
}

int nft_kernel_list(struct nft_kernel *k, const char *what, json_t **out)
{
	_cleanup_text_ struct text command = TEXT_NULL;
	const char *said;
	int r;

	text_printf(&command, "list %s inet %s", what, k->table);
	if (!text_ok(&command))
		return -ENOMEM;
	nft_ctx_output_set_flags(k->nft, NFT_CTX_OUTPUT_JSON | NFT_CTX_OUTPUT_HANDLE);
	r = nft_run_cmd_from_buffer(k->nft, text_str(&command));
	said = nft_ctx_get_output_buffer(k->nft);
	*out = r || !said ? NULL : json_loads(said, 0, NULL);
	nft_ctx_get_error_buffer(k->nft);
	if (r)
		return 1;
	return *out ? 0 : -EPROTO;
}
