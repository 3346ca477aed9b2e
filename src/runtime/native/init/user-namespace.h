/* Containers in a user namespace other than the monitor's; user_namespaces(7). */
#pragma once
#include "launch.h"

/* The ids of the plan's process outside its user namespace, once they are known: after the clone and write_user_maps. */
void host_ids(const struct launch *launch, uint32_t *uid, uint32_t *gid);
/* Writes the plan's maps for init, which waits for them in its new user namespace. */
int write_user_maps(struct launch *launch);

/*
 * Called by init: becomes root of its user namespace, which setns(2) and clone(2) don't do by themselves. Without supplementary
 * groups.
 */
int become_namespace_root(struct failure *failure);

/*
 * Whether init's stage must join namespaces before it clones: the machine's namespaces can't be joined from inside a new user
 * namespace, and new ones must be made after the user namespace that will own them.
 */
bool joins_before_clone(const struct namespace_plan *namespaces);
