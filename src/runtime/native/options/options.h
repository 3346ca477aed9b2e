/* What a launch plan may ask for beyond the engine's own containers: launch-options.ts. */
#pragma once
#include "setup.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080 /* linux/sched.h, which quarrels with glibc's sched.h */
#endif

/* attribute-ops.c */
int attributes_op(struct setup *setup, const struct setup_op *op, struct failure *failure);
/* tmpfs-copy.c */
int tmpfs_copy_op(struct setup *setup, const struct setup_op *op, struct failure *failure);
/* move-root.c */
int move_root_op(struct setup *setup, struct failure *failure);

/* time-namespace.c: moves this process, which has one thread, into the plan's time namespace. */
int enter_time_namespace(struct launch *launch);

/* process-attributes.c: personality, I/O priority and scheduler; before rights are given up. */
int set_process_attributes(struct launch *launch);
/* Runs this process on the processors of `mask`, or of all when that is empty. */
int set_affinity(const struct blob *mask, struct failure *failure);

/*
 * source-trees.c: by the monitor, before the clone. Trees of binds that init could not open or make itself: root of a user
 * namespace may look into no directory that is only root's outside, and only who owns a file system may show it with other
 * owners. launch->sources has one for each such step.
 */
int source_trees_open(struct launch *launch);
void source_trees_close(struct launch *launch);

/* hooks.c */
bool has_hooks(const struct plan *plan, enum hook_choice point);
/* Runs those of `point` in their order; `pid` is the one they get. The first that fails ends it with -1. */
int run_hooks(const struct plan *plan, enum hook_choice point, uint32_t pid, struct failure *failure);
/* By init: asks the monitor for its hooks, then runs its own. */
int hooks_op(struct setup *setup, struct failure *failure);

/* run-hook.c: with `state` on its stdin; -1 when it can't be run, fails, or takes longer than its time. */
int run_hook(const struct hook_plan *hook, const char *point, const char *state, struct failure *failure);

/* caller.c: descriptors of whoever spawned the shim that are the command's own. */
enum { CALLER_FDS = 200, MOST_PRESERVED = 100 }; /* where they are kept until then */
/* Before anything else is opened: keeps 0 to 2 and `preserve` more. */
int caller_fds_keep(uint32_t preserve);
void caller_stdio_open(struct launch *launch);
/* In the monitor, once init has its own. */
void caller_fds_close(const struct plan *plan);
/* The pipes among them: the container's user owns them, or /dev/stderr could not be reopened. */
void caller_stdio_give(const int stdio[3], uint32_t uid, uint32_t gid);
/* By the process that is to be the command: the descriptors behind stdio, in place. The number of the first free one. */
unsigned caller_fds_take(const struct plan *plan);

/* console-socket.c: sends a terminal's master to whoever listens at `path`. */
int console_socket_send(const char *path, int master, struct failure *failure);
