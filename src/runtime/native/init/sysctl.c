#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#include "setup.h"
#include "sys.h"

/* `net.ipv4.ip_forward` or `net/ipv4/conf/eth0.1/…`: the first separator decides, as in sysctl(8). */
int sysctl_op(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  char path[512];
  int size = snprintf(path, sizeof path, "%s", op->sysctl.key);
  if (size >= (int)sizeof path) return fail(failure, "sysctl", ENAMETOOLONG, "%s", op->sysctl.key);
  size_t first = strcspn(op->sysctl.key, "./");
  if (op->sysctl.key[first] == '.')
    for (char *at = path; (at = strpbrk(at, "./")); at++) *at = (char)(*at ^ '.' ^ '/');
  int top = openat(setup->launch->host_proc, "sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
  CHECK(top, "sysctl", "/proc/sys");
  int fd = sys_openat2(top, path, O_WRONLY, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  CHECK(fd, "sysctl", "%s", op->sysctl.key);
  close(top);
  struct statfs fs;
  if (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC) return fail(failure, "sysctl", ENOTSUP, "%s is not in a procfs", op->sysctl.key);
  int result = write_all(fd, op->sysctl.value, strlen(op->sysctl.value));
  int error = errno;
  close(fd);
  return result < 0 ? fail(failure, "sysctl", error, "%s = %s", op->sysctl.key, op->sysctl.value) : 0;
}
