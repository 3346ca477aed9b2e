/* Containers in a user namespace other than the monitor's; user_namespaces(7). */
#pragma once
#include "launch.h"

/* What the ids of the plan's process are outside its user namespace, once that is known: after the clone and write_user_maps. */
void host_ids(const struct launch *launch, uint32_t *uid, uint32_t *gid);
/* Writes the plan's maps for init, which waits for them in its new user namespace. */
int write_user_maps(struct launch *launch);

/* From init: root of the user namespace it is in, which setns(2) and clone(2) leave to it. No one's additional groups. */
int become_namespace_root(struct failure *failure);

/*
 * Whether init's stage must join namespaces before it clones: those of the machine can't be joined from within a new user
 * namespace, and new ones must come after the user namespace that is to own them.
 */
bool joins_before_clone(const struct namespace_plan *namespaces);
