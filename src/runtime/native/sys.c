#include "sys.h"

#include <errno.h>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <time.h>

enum { OPENAT2_ATTEMPTS = 10000 };

int sys_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  struct open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
  int fd = -1;
  /* EAGAIN: a rename or mount raced with a "..", openat2(2) */
  for (int attempt = 0; attempt < OPENAT2_ATTEMPTS; attempt++) {
    fd = (int)syscall(__NR_openat2, dir, path, &how, sizeof how);
    if (fd >= 0 || errno != EAGAIN) break;
  }
  return fd;
}

int sys_open_tree(int dir, const char *path, unsigned flags) { return (int)syscall(__NR_open_tree, dir, path, flags | OPEN_TREE_CLOEXEC); }

int sys_move_mount(int from, int to) {
  return (int)syscall(__NR_move_mount, from, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int sys_mount_setattr(int fd, unsigned flags, struct mount_attr *attr) {
  return (int)syscall(__NR_mount_setattr, fd, "", flags | AT_EMPTY_PATH, attr, sizeof *attr);
}

int sys_pidfd_open(pid_t pid) { return (int)syscall(__NR_pidfd_open, pid, 0); }
int sys_pidfd_getfd(int pidfd, int fd) { return (int)syscall(__NR_pidfd_getfd, pidfd, fd, 0); }
int sys_pidfd_send_signal(int pidfd, int signal) { return (int)syscall(__NR_pidfd_send_signal, pidfd, signal, NULL, 0); }
int sys_close_range(unsigned first, unsigned last, unsigned flags) { return (int)syscall(__NR_close_range, first, last, flags); }
int sys_pivot_root(const char *new_root, const char *put_old) { return (int)syscall(__NR_pivot_root, new_root, put_old); }
int sys_execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags) {
  return (int)syscall(__NR_execveat, fd, path, argv, envp, flags);
}

int write_all(int fd, const void *data, size_t size) {
  const char *at = data;
  while (size > 0) {
    ssize_t n = write(fd, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -1;
    at += n;
    size -= (size_t)n;
  }
  return 0;
}

int write_file_at(int dir, const char *path, const char *data, size_t size) {
  int fd = openat(dir, path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  /* kernel files take their value in one write; an empty value is written, too */
  int result = size == 0 ? (int)write(fd, data, 0) : write_all(fd, data, size);
  int error = errno;
  close(fd);
  errno = error;
  return result;
}

ssize_t read_file_at(int dir, const char *path, char *data, size_t size) {
  int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  size_t got = 0;
  while (got < size - 1) {
    ssize_t n = read(fd, data + got, size - 1 - got);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    got += (size_t)n;
  }
  data[got] = 0;
  close(fd);
  return (ssize_t)got;
}

const char *boot_id(void) {
  static char boot[64];
  if (*boot) return boot;
  ssize_t size = read_file_at(AT_FDCWD, "/proc/sys/kernel/random/boot_id", boot, sizeof boot);
  if (size > 0 && boot[size - 1] == '\n') boot[size - 1] = 0;
  return boot;
}

void close_fd(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

int open_proc(void) {
  int fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return -1;
  struct statfs fs;
  if (fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC) return fd;
  close(fd);
  errno = ENOTSUP;
  return -1;
}

uint64_t process_start_time(int proc, pid_t pid) {
  char path[32], stat[1024];
  snprintf(path, sizeof path, "%d/stat", pid);
  if (read_file_at(proc, path, stat, sizeof stat) <= 0) return 0;
  char *at = strrchr(stat, ')'); /* the command name may contain spaces and parentheses */
  if (!at) return 0;
  for (int field = 2; field < 22 && at; field++) at = strchr(at + 1, ' ');
  return at ? strtoull(at + 1, NULL, 10) : 0;
}

uint64_t realtime_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t monotonic_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static char *title_area;
static size_t title_size;
static char **first_environment;

void remember_title_area(int argc, char **argv, char **envp) {
  first_environment = envp;
  if (argc < 1) return;
  char *end = argv[0];
  for (int i = 0; i < argc; i++)
    if (argv[i] == end) end += strlen(end) + 1;
  title_area = argv[0];
  title_size = (size_t)(end - argv[0]);
}

void forget_environment(void) {
  static char *none[] = {NULL};
  for (char **at = first_environment; at && *at; at++) memset(*at, 0, strlen(*at));
  first_environment = environ = none;
}

void set_process_title(const char *title, const char *id) {
  prctl(PR_SET_NAME, title);
  if (title_size < 2) return;
  memset(title_area, 0, title_size);
  snprintf(title_area, title_size, "%s %s", title, id);
}
