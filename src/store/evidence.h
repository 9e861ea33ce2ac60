/* SPDX-License-Identifier: ISC */
/*
 * Header records packed for keeping: a version, the names of places, then one row per record in
 * which times are differences and small numbers are short. About 60 bytes a record instead of 150.
 */
#pragma once

#include "base/text.h"
#include "judge/incident.h"

#define EVIDENCE_VERSION 1

/**
 * evidence_pack() - one sample of @inc, which must have its records, appended to @out (bytes, not
 * text).
 */
void evidence_pack(const struct incident *inc, enum sample which, struct text *out);

/**
 * evidence_unpack() - put packed records into @inc, replacing that sample; place numbers become
 * those of @inc. Return: 0, -ENOMEM, or -EINVAL for what is no evidence of a known version (@inc is
 * unchanged).
 */
int evidence_unpack(struct incident *inc, enum sample which, const void *packed, size_t n);
