/* Tries what a container must not be able to do; prints one line `name errno` for each attempt (0: it was allowed). */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

static void say(const char *name, long result) {
  printf("%s %d\n", name, result < 0 ? errno : 0);
  fflush(stdout);
}

/* For calls whose failure beyond the filter is expected too: only the errno counts. */
#define TRY(name, call) (errno = 0, say(name, (long)(call)))

/* In a child, for calls that would change what later attempts see. */
#define TRY_APART(name, call)      \
  do {                             \
    pid_t child = fork();          \
    if (child == 0) {              \
      TRY(name, call);             \
      _exit(0);                    \
    }                              \
    waitpid(child, NULL, 0);       \
  } while (0)

static long clone_child(unsigned long flags) {
  long pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
  if (pid == 0) _exit(0);
  if (pid > 0) waitpid((pid_t)pid, NULL, 0);
  return pid;
}

/* Where it is allowed it is a fork, whose child would try everything a second time beside its parent. */
static long clone3_child(void) {
  unsigned char arguments[64] = {0};
  long pid = syscall(SYS_clone3, arguments, sizeof arguments);
  if (pid == 0) _exit(0);
  if (pid > 0) waitpid((pid_t)pid, NULL, __WALL);
  return pid;
}

static long write_to(const char *path, const char *text) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  long n = write(fd, text, strlen(text));
  int error = errno;
  close(fd);
  errno = error;
  return n;
}

/* Whether a file could be written: what it governs is the machine's, so nothing is. */
static long open_to_write(const char *path) {
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd >= 0) close(fd);
  return fd;
}

static long make_directory(const char *path) {
  long result = mkdir(path, 0755);
  if (result == 0) rmdir(path);
  return result;
}

static long open_node(const char *path, mode_t type, unsigned major, unsigned minor) {
  unlink(path);
  if (mknod(path, type | 0600, makedev(major, minor)) < 0) return -1;
  int fd = open(path, O_RDONLY | O_NONBLOCK);
  int error = errno;
  if (fd >= 0) close(fd);
  unlink(path);
  errno = error;
  return fd;
}

static long bytes_in(const char *path) {
  char data[64];
  int fd = open(path, O_RDONLY);
  if (fd < 0) return -1;
  long n = read(fd, data, sizeof data);
  close(fd);
  return n;
}

#if defined WITH_I386
static long i386_call(long number, long first) {
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(first), "c"(0L), "d"(0L) : "memory", "r8", "r9", "r10", "r11");
  if (result < 0 && result > -4096) return errno = (int)-result, -1;
  return result;
}
#endif

int main(void) {
  DIR *fds = opendir("/proc/self/fd");
  for (struct dirent *entry; fds && (entry = readdir(fds));) {
    int fd = atoi(entry->d_name);
    if (entry->d_name[0] != '.' && fd != dirfd(fds) && fd > 2) printf("open-fd %d\n", fd);
  }
  closedir(fds);

  unsigned char attr[128] = {0};
  TRY("getpid", syscall(SYS_getpid));
  TRY("fork", clone_child(0));
  TRY("clone-newuser", clone_child(CLONE_NEWUSER));
  TRY("clone-newnet", clone_child(CLONE_NEWNET));
  TRY("clone3", clone3_child());
  TRY_APART("unshare-user", unshare(CLONE_NEWUSER));
  TRY_APART("unshare-mount", unshare(CLONE_NEWNS));
  TRY_APART("setns", setns(0, 0));
  TRY_APART("mount", mount("none", "/tmp", "tmpfs", 0, NULL));
  umount2("/tmp", MNT_DETACH);
  TRY_APART("umount-mask", umount2("/proc/kcore", MNT_DETACH));
  TRY("open_tree", syscall(SYS_open_tree, -1, "/", 1));
  TRY("fsopen", syscall(SYS_fsopen, "tmpfs", 0));
  TRY_APART("pivot_root", syscall(SYS_pivot_root, "/tmp", "/tmp"));
  TRY("keyctl", syscall(SYS_keyctl, 0, 0, 0, 0, 0));
  TRY("bpf", syscall(SYS_bpf, 0, attr, sizeof attr));
  TRY("perf", syscall(SYS_perf_event_open, attr, 0, -1, -1, 0));
  TRY("io_uring", syscall(SYS_io_uring_setup, 1, attr));
  TRY("userfaultfd", syscall(SYS_userfaultfd, 0));
  TRY("reboot", syscall(SYS_reboot, 0, 0, 0, 0));
  TRY("module", syscall(SYS_init_module, attr, 0, ""));
  TRY("open_by_handle_at", syscall(SYS_open_by_handle_at, -1, attr, 0));
  TRY("personality-query", syscall(SYS_personality, 0xffffffff));
  TRY_APART("personality-norandom", syscall(SYS_personality, ADDR_NO_RANDOMIZE));
  TRY("socket-inet", socket(AF_INET, SOCK_STREAM, 0));
  TRY("socket-alg", socket(38, SOCK_SEQPACKET, 0));
  TRY("socket-vsock", socket(40, SOCK_STREAM, 0));
  TRY("socket-alg-high", syscall(SYS_socket, 38 | 1L << 32, SOCK_SEQPACKET, 0));
  TRY("unknown-call", syscall(900));
  TRY("newest-known-to-nobody", syscall(0x3fffffff));
#if defined __x86_64__
  TRY("x32-getpid", syscall(0x40000000 | 39));
#if defined WITH_I386
  TRY("i386-getpid", i386_call(20, 0));
  TRY("i386-socketcall-socket", i386_call(102, 1));
  TRY("i386-socket-alg", i386_call(359, 38));
#endif
#endif

  printf("kcore-bytes %ld\n", bytes_in("/proc/kcore"));
  printf("keys-bytes %ld\n", bytes_in("/proc/keys"));
  printf("timer_list-bytes %ld\n", bytes_in("/proc/timer_list"));
  printf("interrupts-bytes %ld\n", bytes_in("/proc/interrupts"));
  TRY("write-sysrq", open_to_write("/proc/sysrq-trigger"));
  TRY("write-sysctl", open_to_write("/proc/sys/kernel/core_pattern"));
  TRY("write-net-sysctl", write_to("/proc/sys/net/ipv4/ip_forward", "1"));
  TRY("write-sys", open_to_write("/sys/kernel/mm/transparent_hugepage/enabled"));
  TRY("write-cgroup", open_to_write("/sys/fs/cgroup/devices/devices.allow"));
  TRY("release-agent", open_to_write("/sys/fs/cgroup/memory/release_agent"));
  TRY("mkdir-cgroup", make_directory("/sys/fs/cgroup/memory/x"));
  TRY("mkdir-cgroup-top", make_directory("/sys/fs/cgroup/x"));
  TRY("null", open_node("/tmp/n", S_IFCHR, 1, 3));
  TRY("mem", open_node("/tmp/n", S_IFCHR, 1, 1));
  TRY("kmsg", open_node("/tmp/n", S_IFCHR, 1, 11));
  TRY("sda", open_node("/tmp/n", S_IFBLK, 8, 0));
  TRY("fuse", open_node("/tmp/n", S_IFCHR, 10, 229));
  TRY_APART("chroot", chroot("/"));
  return 0;
}
