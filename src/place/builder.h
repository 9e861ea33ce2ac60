/* SPDX-License-Identifier: ISC */
/*
 * What importers do with a builder beyond the public part. Inside the room.
 */
#pragma once

#include "place/part.h"
#include "place/place.h"

/** place_builder_part() - the source at work, borrowed until the next call; NULL without memory. */
struct part *place_builder_part(struct place_builder *b);

/**
 * place_builder_image() - a source that is an image already, as place_builder_source() would add
 * it. @bytes: of pages_map(), owned from now on. Return: 0, -ENOMEM, or -EINVAL for one that does
 * not hold.
 */
int place_builder_image(struct place_builder *b, void *bytes, size_t size);

/**
 * place_builder_bytes() - all sources laid over each other as an image; the builder is empty after
 * it. @bytes: to be given back with pages_unmap(). Return: 0 or negative.
 */
int place_builder_bytes(struct place_builder *b, void **bytes, size_t *size);
