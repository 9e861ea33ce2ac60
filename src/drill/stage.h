/* SPDX-License-Identifier: ISC */
/*
 * What all families of the standing world have in common: more than a minute of ordinary traffic in
 * both directions before anything happens, one target that has visitors of its own, one attack
 * whose size, rate, length and tools the seed draws.
 */
#pragma once

#include <stdint.h>

#include "drill/assault.h"
#include "drill/plan.h"
#include "drill/random.h"

#define STAGE_SECONDS  110   /* no family lasts longer */
#define STAGE_VISITORS 7050u /* salt of the target's own visitors */
#define STAGE_CLIENTS  4000u /* how many they are */

struct stage {
	struct plan *plan;
	struct rng rng;
	const char *site;
	uint64_t from_ms, until_ms;
	int16_t attack;
	uint32_t pps;
	enum assault_kind kind;
};

/** stage_begin() - target and time; ordinary traffic unless @bare. */
void stage_begin(struct stage *s, struct plan *plan, uint64_t seed, bool bare);

/** stage_attack() - what @kind of attack comes, of @family; its rate keeps the run short. */
void stage_attack(struct stage *s, enum assault_kind kind, const char *family);

/**
 * stage_beside() - a second vector of the same attack, slot 1, neither small beside the other.
 * Return: its rate; the stage's kind is @kind from now on.
 */
uint32_t stage_beside(struct stage *s, enum assault_kind kind);

/** stage_kind() - SYN, ACK or UDP by chance of the seed. */
enum assault_kind stage_kind(struct stage *s);

/** stage_row() - an assault row of this stage: whole time, whole rate, no forging, bots' tools. */
struct assault_row stage_row(struct stage *s, uint32_t senders, enum crowd_kind crowd);

/** stage_forger() - who forges and with which tool: a few rented machines, some, or many bots. */
struct assault_row stage_forger(struct stage *s, enum forging forging);
