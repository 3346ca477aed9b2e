/* Carries out the set-up ops of a plan in order. */
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "options.h"
#include "setup.h"

static int run(struct setup *setup, uint32_t step, const struct setup_op *op, struct failure *failure) {
  bool needs_root = op->code != SETUP_ROOTFS_OVERLAY && op->code != SETUP_ROOTFS_BIND && op->code != SETUP_SYSCTL
                    && op->code != SETUP_HOSTNAME && op->code != SETUP_DOMAINNAME;
  if (needs_root && setup->root < 0) return fail(failure, setup_op_names[op->code], EINVAL, "no root file system yet");
  if (op->code != SETUP_SYMLINK && op->code != SETUP_DEVICE) forget_parent(setup);
  switch ((enum setup_code)op->code) {
    case SETUP_ROOTFS_OVERLAY: return rootfs_overlay(setup, op, failure);
    case SETUP_ROOTFS_BIND: return rootfs_bind(setup, step, op, failure);
    case SETUP_MOUNT: return mount_op(setup, op, failure);
    case SETUP_BIND: return bind_op(setup, step, op, failure);
    case SETUP_MKDIR: return mkdir_op(setup, op, failure);
    case SETUP_SYMLINK: return symlink_op(setup, op, failure);
    case SETUP_DEVICE: return device_op(setup, op, failure);
    case SETUP_WRITE_FILE: return write_file_op(setup, op, failure);
    case SETUP_SYSCTL: return sysctl_op(setup, op, failure);
    case SETUP_HOSTNAME: CHECK(sethostname(op->hostname.name, strlen(op->hostname.name)), "hostname", "%s", op->hostname.name); return 0;
    case SETUP_DOMAINNAME: CHECK(setdomainname(op->domainname.name, strlen(op->domainname.name)), "domainname", "%s", op->domainname.name); return 0;
    case SETUP_CONSOLE: return console_op(setup, failure);
    case SETUP_PIVOT: return pivot_op(setup, failure);
    case SETUP_READONLY_ROOT: return readonly_root_op(setup, failure);
    case SETUP_MASK: return mask_op(setup, op, failure);
    case SETUP_READONLY_PATH: return readonly_path_op(setup, op, failure);
    case SETUP_HOOKS: return hooks_op(setup, failure);
    case SETUP_ATTRIBUTES: return attributes_op(setup, op, failure);
    case SETUP_TMPFS_COPY: return tmpfs_copy_op(setup, op, failure);
    case SETUP_MOVE_ROOT: return move_root_op(setup, failure);
  }
  return fail(failure, "setup-op", ENOSYS, "code %d", (int)op->code);
}

int setup_ops_run(struct launch *launch, int *tty_slave) {
  struct failure *failure = &launch->failure;
  const struct list *ops = &launch->plan.setup;
  struct setup setup = {.launch = launch, .root = -1, .tty_slave = tty_slave, .mask_tmpfs = -1, .parent = -1};
  failure->phase = PHASE_SETUP;
  failure->step = -1;
  mode_t old_umask = umask(0);
  if (launch->plan.namespaces.mount.kind == NS_NEW) {
    if (take_shared_trees(&setup, failure) < 0) return -1;
    failure->step = -1;
    /* mounts of the host still propagate here, ours never propagate out */
    CHECK(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), "mount", "make the namespace's mounts slaves");
  }
  for (uint32_t i = 0; i < ops->count; i++) {
    failure->step = (int32_t)i;
    if (run(&setup, i, LIST_AT(struct setup_op, *ops, i), failure) < 0) return -1;
  }
  forget_parent(&setup);
  umask(old_umask);
  failure->step = -1;
  return 0;
}
