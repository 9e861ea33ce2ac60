/* SPDX-License-Identifier: ISC */
#pragma once

#include "place/image.h"

/**
 * overlay_images() - lay images over each other: what the later ones say counts, of routes the
 * longest prefix and among equals that of the later image. Where a later one says nothing, the
 * earlier ones show through.
 * @bytes: @size of them, to be given back with pages_unmap().
 * Return: 0, -ENOMEM, -EFBIG, or -ENOSPC with more sources or registries than an image may have.
 */
int overlay_images(const struct image *const *images, size_t n, void **bytes, size_t *size);
