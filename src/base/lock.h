/* SPDX-License-Identifier: ISC */
/* One of each role works on a store: who holds the role's lock file there. */
#pragma once

/**
 * lock_role() - lock @dir/@name, both made where they are not there. Whoever only asks whether the
 * role runs holds it for a moment, so it is tried for 0.3 s.
 * Return: a descriptor to be closed, -EWOULDBLOCK where one runs, or another negative errno.
 */
int lock_role(const char *dir, const char *name);
