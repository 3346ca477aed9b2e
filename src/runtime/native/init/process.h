/* From a container that is set up to its running command. */
#pragma once
#include "launch.h"

/*
 * Sets directory, limits, ids, capabilities. When it returns 0 the process is like the command's except for the seccomp filter,
 * the monitor knows this, and no descriptor is left except stdio (and with --init that of this binary).
 */
int process_prepare(struct launch *launch);
/* Loads the filter and drops the right to load one; does nothing the second time. */
int process_confine(struct launch *launch);

/*
 * Called by the stage: returns clone(2)'s result, in the parent only after the command has been executed or its process has
 * ended.
 */
long command_clone(struct launch *launch);
/* Waits for the monitor's message and executes the command; `cloned`: as the stage's child. */
_Noreturn void command_main(struct launch *launch, bool cloned);
/* Makes a terminal at stdin the controlling one. */
int take_terminal(struct launch *launch);

/* Whether `filter` (struct sock_filter[]) allows a system call with the first arguments `args`. False when in doubt. */
bool seccomp_passes(const struct blob *filter, int number, const uint64_t args[3]);
/* Whether it allows everything that command_clone and command_main still have to do. */
bool seccomp_passes_rest(const struct launch *launch);
