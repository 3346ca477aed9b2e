/* From a container that is set up to its command. */
#pragma once
#include "launch.h"

/*
 * Directory, limits, ids, capabilities. When it returns 0 the process is as the command is to be but for the seccomp filter,
 * the monitor knows, and no descriptor is left but stdio (and with --init that of this binary).
 */
int process_prepare(struct launch *launch);
/* The filter, and with it the right to load one; nothing when that has been done. */
int process_confine(struct launch *launch);

/* By the stage: clone(2)'s result, in the parent not before the command has been executed or its process has ended. */
long command_clone(struct launch *launch);
/* Waits for the monitor's word and executes; `cloned`: as the stage's child. */
_Noreturn void command_main(struct launch *launch, bool cloned);
/* Makes a terminal at stdin the controlling one. */
int take_terminal(struct launch *launch);

/* Whether `filter` (struct sock_filter[]) lets a system call with the first arguments `args` pass. False when in doubt. */
bool seccomp_passes(const struct blob *filter, int number, const uint64_t args[3]);
/* Whether it lets all pass that is left to do for command_clone and command_main. */
bool seccomp_passes_rest(const struct launch *launch);
