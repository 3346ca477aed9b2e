/* The procfs of a pid namespace that init's stage is not in. */
#include <errno.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "setup.h"
#include "sys.h"

static unsigned mount_attributes(uint32_t flags) {
  return (flags & MS_RDONLY ? MOUNT_ATTR_RDONLY : 0) | (flags & MS_NOSUID ? MOUNT_ATTR_NOSUID : 0) | (flags & MS_NODEV ? MOUNT_ATTR_NODEV : 0) |
         (flags & MS_NOEXEC ? MOUNT_ATTR_NOEXEC : 0)
         | (flags & MS_NOATIME ? MOUNT_ATTR_NOATIME : 0) | (flags & MS_NODIRATIME ? MOUNT_ATTR_NODIRATIME : 0);
}

/* Sets `hidepid=2,gid=5` option by option. */
static int set_options(int fs, const char *data) {
  char words[256], *rest = words;
  if (snprintf(words, sizeof words, "%s", data) >= (int)sizeof words) return errno = E2BIG, -1;
  for (char *word; (word = strsep(&rest, ","));) {
    char *value = strchr(word, '=');
    if (value) *value++ = 0;
    if (*word && syscall(__NR_fsconfig, fs, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, word, value, 0) < 0) return -1;
  }
  return 0;
}

/* A mounted procfs of the namespace `pidns`; -1 and EINVAL if the kernel does not support this option (before 6.18). */
static int proc_by_option(int pidns, const struct setup_op *op) {
#ifdef WITHOUT_PROC_PIDNS /* for a test on later kernels */
  return errno = EINVAL, -1;
#endif
  int fs = (int)syscall(__NR_fsopen, "proc", FSOPEN_CLOEXEC);
  if (fs < 0) return -1;
  int fd = -1;
  if (syscall(__NR_fsconfig, fs, FSCONFIG_SET_FD, "pidns", NULL, pidns) == 0 && set_options(fs, op->mount.data) == 0 &&
      syscall(__NR_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
    fd = (int)syscall(__NR_fsmount, fs, FSMOUNT_CLOEXEC, mount_attributes(op->mount.flags));
  int error = errno;
  close(fs);
  errno = error;
  return fd;
}

/* Enters a mount namespace with only an empty file system, as root and working directory. */
static int enter_empty_root(void) {
  return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 && mount("none", "/proc", "tmpfs", 0, "mode=755") == 0 &&
                 chdir("/proc") == 0 && sys_pivot_root(".", ".") == 0 && umount2(".", MNT_DETACH) == 0 && chdir("/") == 0 && mkdir("/proc", 0755) == 0
             ? 0
             : -1;
}

/* Mounts without any descriptor and with a single capability, because other processes of the container can see this one. */
static int mount_inside(int pidns, const char *data) {
  if (setns(pidns, CLONE_NEWPID) < 0) return errno;
  sys_close_range(0, ~0u, 0);
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct one[2] = {{.effective = 1u << CAP_SYS_ADMIN, .permitted = 1u << CAP_SYS_ADMIN}};
  if (syscall(__NR_capset, &header, one) < 0) return errno;
  pid_t pid = fork();
  if (pid < 0) return errno;
  if (pid == 0) _exit(mount("proc", "/proc", "proc", 0, *data ? data : NULL) < 0 ? errno : 0);
  int status;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
  return WIFEXITED(status) ? WEXITSTATUS(status) : ESRCH;
}

struct proc_made {
  int pidns;
  const char *data;
  int fd, error;
};

/* Shares the stage's memory and descriptors, but has a root of its own; its grandchild is in the pid namespace. */
static int make_proc(void *data) {
  struct proc_made *made = data;
  made->error = enter_empty_root() < 0 ? errno : 0;
  if (made->error) return 0;
  pid_t inner = fork();
  if (inner == 0) _exit(mount_inside(made->pidns, made->data));
  int status = 0;
  if (inner < 0) made->error = errno;
  while (inner > 0 && waitpid(inner, &status, 0) < 0 && errno == EINTR) {}
  if (!made->error) made->error = WIFEXITED(status) ? WEXITSTATUS(status) : ESRCH;
  if (!made->error && (made->fd = sys_open_tree(AT_FDCWD, "/proc", OPEN_TREE_CLONE)) < 0) made->error = errno;
  return 0;
}

static int proc_by_process(const struct launch *launch, const struct setup_op *op) {
  _Alignas(16) char stack[64 << 10];
  struct proc_made made = {.pidns = launch->joined_pidns, .data = op->mount.data, .fd = -1};
  /* the stage's clones are in the joined namespace, but the present processes, which have its descriptors, must not be */
  int own = openat(launch->host_proc, "self/ns/pid", O_RDONLY | O_CLOEXEC);
  if (own < 0 || setns(own, CLONE_NEWPID) < 0) return -1;
  close(own);
  pid_t pid = clone(make_proc, stack + sizeof stack, CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, &made);
  if (pid < 0) return -1;
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
  if (setns(launch->joined_pidns, CLONE_NEWPID) < 0) return -1;
  if (made.fd < 0) return errno = made.error ? made.error : ESRCH, -1;
  struct mount_attr attr = {.attr_set = mount_attributes(op->mount.flags)};
  if (sys_mount_setattr(made.fd, 0, &attr) == 0) return made.fd;
  int error = errno;
  close(made.fd);
  errno = error;
  return -1;
}

int joined_proc_op(struct setup *setup, const struct setup_op *op, int target, struct failure *failure) {
  int tree = proc_by_option(setup->launch->joined_pidns, op);
  if (tree < 0 && errno == EINVAL) tree = proc_by_process(setup->launch, op);
  CHECK(tree, "mount", "procfs of the joined pid namespace");
  CHECK(sys_move_mount(tree, target), "mount", "%s on %s", op->mount.fstype, op->mount.target);
  close(tree);
  close(target);
  return 0;
}
