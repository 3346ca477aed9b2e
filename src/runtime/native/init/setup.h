/* What the set-up ops share: the state of init in its own mount namespace. */
#pragma once
#include "launch.h"

struct setup {
  struct launch *launch;
  int root;       /* O_PATH of the new root, -1 before it exists */
  int *shared;    /* by step, the trees of shared binds, taken before the namespace is made private; else -1 */
  int *tty_slave;
  int mask_tmpfs; /* a mounted empty tmpfs from which more masks are cloned, or -1 */
  int parent;     /* directory of the last node or link, with its path and length; or -1 */
  const char *parent_path;
  size_t parent_size;
};

/* rootfs-ops.c */
int rootfs_overlay(struct setup *setup, const struct setup_op *op, struct failure *failure);
int rootfs_bind(struct setup *setup, uint32_t step, const struct setup_op *op, struct failure *failure);
int pivot_op(struct setup *setup, struct failure *failure);
int readonly_root_op(struct setup *setup, struct failure *failure);

/* mount-ops.c */
int mount_op(struct setup *setup, const struct setup_op *op, struct failure *failure);
int bind_op(struct setup *setup, uint32_t step, const struct setup_op *op, struct failure *failure);
/*
 * A clone of what is to be bound. Others may change what is below `source` at any moment: it is looked up once, and never
 * outside.
 */
int bind_tree(const struct setup_op *op);
/*
 * Takes the trees of binds that have to propagate to the host: they must be cloned before the namespace's mounts become slaves.
 */
int take_shared_trees(struct setup *setup, struct failure *failure);

/* joined-proc.c */
/* Mounts procfs on the open `target` when the plan joins a pid namespace. */
int joined_proc_op(struct setup *setup, const struct setup_op *op, int target, struct failure *failure);

/* file-ops.c */
int mkdir_op(struct setup *setup, const struct setup_op *op, struct failure *failure);
/* To be called before an op after which the same path may be another directory. */
void forget_parent(struct setup *setup);
int symlink_op(struct setup *setup, const struct setup_op *op, struct failure *failure);
int device_op(struct setup *setup, const struct setup_op *op, struct failure *failure);
int write_file_op(struct setup *setup, const struct setup_op *op, struct failure *failure);

/* sysctl.c */
int sysctl_op(struct setup *setup, const struct setup_op *op, struct failure *failure);

/* terminal.c */
int console_op(struct setup *setup, struct failure *failure);

/* mask-ops.c */
int mask_op(struct setup *setup, const struct setup_op *op, struct failure *failure);
int readonly_path_op(struct setup *setup, const struct setup_op *op, struct failure *failure);
