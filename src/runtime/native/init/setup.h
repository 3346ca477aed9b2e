/* What the set-up ops share: init in its own mount namespace, on its way to the container's root. */
#pragma once
#include "launch.h"

struct setup {
  struct launch *launch;
  int root;       /* O_PATH of the new root, -1 before it exists */
  int *shared;    /* trees of shared binds by step, taken before the namespace is made private; else -1 */
  int *tty_slave;
  int mask_tmpfs; /* a mounted empty tmpfs to clone further masks from, or -1 */
  int parent;     /* directory of the node or link that was made last, of that path and length; -1 when there is none */
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
/* A clone of what is bound. What is below `source` may be changed by others at any moment: it is looked up once, never out of it. */
int bind_tree(const struct setup_op *op);
/* Trees of binds that shall propagate to the host: they must be cloned before the namespace's mounts become slaves. */
int take_shared_trees(struct setup *setup, struct failure *failure);

/* joined-proc.c */
/* A mount of procfs on the open `target` when the plan joins a pid namespace. */
int joined_proc_op(struct setup *setup, const struct setup_op *op, int target, struct failure *failure);

/* file-ops.c */
int mkdir_op(struct setup *setup, const struct setup_op *op, struct failure *failure);
/* Call it before an op after which another directory may be at the same path. */
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
