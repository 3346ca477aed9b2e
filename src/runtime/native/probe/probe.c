#include "probe.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "sys.h"

bool probe_tell(const char *name, int result) {
  printf("%s %d\n", name, result < 0 ? errno : 0);
  (void)fflush(stdout);
  return result >= 0;
}

/* Descriptors and keys are counted per user, so they are tried before a namespace makes this another user. */
static void try_counted(void) {
  int fd = inotify_init1(IN_CLOEXEC);
  probe_tell("inotify", fd);
  close_fd(&fd);
  probe_tell("keyring", (int)syscall(__NR_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL));
  fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  probe_tell("fuse", fd);
  close_fd(&fd);
  fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  probe_tell("tun", fd);
  close_fd(&fd);
}

static int map_self(uid_t uid, gid_t gid) {
  char line[64];
  int size = snprintf(line, sizeof line, "0 %u 1\n", uid);
  if (write_file_at(AT_FDCWD, "/proc/self/uid_map", line, (size_t)size) < 0) return -1;
  if (write_file_at(AT_FDCWD, "/proc/self/setgroups", "deny", 4) < 0) return -1;
  size = snprintf(line, sizeof line, "0 %u 1\n", gid);
  return write_file_at(AT_FDCWD, "/proc/self/gid_map", line, (size_t)size);
}

/* In a mount namespace of its own, on a tmpfs over /tmp that nobody else sees. */
static int try_overlay(bool user) {
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 || mount("none", "/tmp", "tmpfs", 0, "size=64k") < 0 || chdir("/tmp") < 0)
    return -1;
  static const char *const names[] = {"lower", "upper", "work", "merged"};
  for (int n = 0; n < 4; n++)
    if (mkdir(names[n], 0700) < 0) return -1;
  char options[128];
  (void)snprintf(options, sizeof options, "lowerdir=lower,upperdir=upper,workdir=work%s", user ? ",userxattr" : "");
  return mount("none", "merged", "overlay", 0, options);
}

/* procfs of a new pid namespace; it is refused if parts of the machine's own are hidden. */
static int try_proc(void) {
  pid_t pid = fork();
  if (pid < 0) return -1;
  if (pid == 0) _exit(mount("proc", "work", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0 ? errno : 0);
  int status;
  if (waitpid(pid, &status, 0) < 0) return -1;
  errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
  return errno == 0 ? 0 : -1;
}

int probe_main(bool user) {
  uid_t uid = getuid();
  gid_t gid = getgid();
  try_counted();
  if (user && (!probe_tell("user", unshare(CLONE_NEWUSER)) || !probe_tell("map", map_self(uid, gid)))) return 0;
  probe_tell("ipc", unshare(CLONE_NEWIPC));
  probe_tell("uts", unshare(CLONE_NEWUTS));
  probe_tell("cgroup", unshare(CLONE_NEWCGROUP));
  if (probe_tell("net", unshare(CLONE_NEWNET))) probe_network();
  if (!probe_tell("mnt", unshare(CLONE_NEWNS))) return 0;
  probe_tell("overlay", try_overlay(user));
  if (probe_tell("pid", unshare(CLONE_NEWPID))) probe_tell("proc", try_proc());
  return 0;
}
