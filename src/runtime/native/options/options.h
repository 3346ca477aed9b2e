/* What a launch plan may contain beyond the engine's own containers: launch-options.ts. */
#pragma once
#include "setup.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080 /* linux/sched.h, which conflicts with glibc's sched.h */
#endif

/* attribute-ops.c */
int attributes_op(struct setup *setup, const struct setup_op *op, struct failure *failure);
/* tmpfs-copy.c */
int tmpfs_copy_op(struct setup *setup, const struct setup_op *op, struct failure *failure);
/* move-root.c */
int move_root_op(struct setup *setup, struct failure *failure);

/* time-namespace.c: moves this process, which has a single thread, into the plan's time namespace. */
int enter_time_namespace(struct launch *launch);

/* process-attributes.c: personality, I/O priority and scheduler; before rights are given up. */
int set_process_attributes(struct launch *launch);
/* Runs this process on the processors of `mask`, or of all when that is empty. */
int set_affinity(const struct blob *mask, struct failure *failure);

/*
 * source-trees.c: called by the monitor, before the clone. Trees of binds that init could not open or make itself: root in a
 * user namespace can't enter directories that are only accessible to root outside, and only the owner of a file system may
 * mount it with other owners. launch->sources has one for each such step.
 */
int source_trees_open(struct launch *launch);
void source_trees_close(struct launch *launch);

/* hooks.c */
bool has_hooks(const struct plan *plan, enum hook_choice point);
/* Runs the hooks of `point` in order; they receive `pid`. Stops with -1 at the first failure. */
int run_hooks(const struct plan *plan, enum hook_choice point, uint32_t pid, struct failure *failure);
/* Called by init: asks the monitor to run its hooks, then runs init's own. */
int hooks_op(struct setup *setup, struct failure *failure);

/* run-hook.c: runs it with `state` on its stdin; -1 when it can't be run, fails, or exceeds its time. */
int run_hook(const struct hook_plan *hook, const char *point, const char *state, struct failure *failure);

/* caller.c: descriptors of the process that spawned the shim which the command gets. */
enum { CALLER_FDS = 200, MOST_PRESERVED = 100 }; /* where they are kept until then */
/* Called before anything else is opened: keeps 0 to 2 and `preserve` more. */
int caller_fds_keep(uint32_t preserve);
void caller_stdio_open(struct launch *launch);
/* In the monitor, once init has its own copies. */
void caller_fds_close(const struct plan *plan);
/* Makes the container's user the owner of the pipes among them; otherwise /dev/stderr could not be reopened. */
void caller_stdio_give(const int stdio[3], uint32_t uid, uint32_t gid);
/*
 * Called by the process that becomes the command: puts the descriptors after stdio in place. Returns the number of the first
 * free one.
 */
unsigned caller_fds_take(const struct plan *plan);

/* console-socket.c: sends a terminal's master to the process that listens at `path`. */
int console_socket_send(const char *path, int master, struct failure *failure);
