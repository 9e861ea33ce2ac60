/* SPDX-License-Identifier: ISC */
/*
 * The kernel behind nftables.c: transactions and listings of one table, through libnftables, in
 * this process's network namespace. Inside the room only.
 */
#pragma once

#include <jansson.h>

#include "base/text.h"
#include "conf/conf.h"

struct nft_ctx;

struct nft_kernel {
	struct nft_ctx *nft; /* owned */
	char table[CONF_DUTY_NAME_MAX];
};

/** nft_kernel_open() - Return: 0, or -ENOMEM; to be closed in either case. */
int nft_kernel_open(struct nft_kernel *k);
void nft_kernel_close(struct nft_kernel *k);

/** nft_kernel_listen() - a netlink socket that is told of every change of rules, non-blocking,
 * owned by the caller; or a negative errno. */
int nft_kernel_listen(void);

/** nft_kernel_run() - one transaction: all of @commands or none. Return: 0, or 1 with the first
 * line of what the kernel or the parser says added to @why. */
int nft_kernel_run(struct nft_kernel *k, const struct text *commands, struct text *why);

/** nft_kernel_list() - Return: 0 with an owned *out; 1 where what is asked for is not there;
 * -ENOMEM, -EPROTO. */
int nft_kernel_list(struct nft_kernel *k, const char *what, json_t **out);
