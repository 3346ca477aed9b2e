/* Id maps of user namespaces; user_namespaces(7). */
#pragma once
#include "launch.h"

/* What the ids of the plan's process are outside its user namespace. */
void host_ids(const struct launch *launch, uint32_t *uid, uint32_t *gid);
/* Writes the plan's maps for init, which waits for them in its new user namespace. */
int write_user_maps(struct launch *launch);
