#include "rootless.h"

#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/wait.h>

#include "sys.h"

enum { NO_USER_NAMESPACE = 4, NO_NAMESPACES = 5, MADE_MEANWHILE = 6 };

static int complain(int status, const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  return status;
}

/* Becomes root of the namespace, and keeps every group of the user, so that files of those stay accessible. */
static int become_root(void) {
  return setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0 ? -1 : 0;
}

static int make_namespaces(void) {
  if (unshare(CLONE_NEWUSER) < 0) return complain(NO_USER_NAMESPACE, "unshare(CLONE_NEWUSER)");
  char word = 'u';
  if (write_all(1, &word, 1) < 0 || read(0, &word, 1) != 1) return NO_NAMESPACES; /* the client has gone, or given up */
  if (become_root() < 0) return complain(NO_NAMESPACES, "becoming root of the user namespace");
  if (unshare(CLONE_NEWNS) < 0) return complain(NO_NAMESPACES, "unshare(CLONE_NEWNS)");
  /* later mounts of the machine propagate here, nothing propagates out */
  if (mount(NULL, "/", NULL, MS_SLAVE | MS_REC, NULL) < 0) return complain(NO_NAMESPACES, "making the mount namespace a slave");
  return 0;
}

static int enter(const char *pid, const char *name, int type) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%s/ns/%s", pid, name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return complain(NO_NAMESPACES, path);
  int result = setns(fd, type);
  if (result < 0) result = complain(NO_NAMESPACES, path);
  close(fd);
  return result;
}

static int enter_namespaces(const char *pid) {
  /* before the first command changes what may be opened of the process */
  char path[64];
  snprintf(path, sizeof path, "/proc/%s/ns/mnt", pid);
  int mounts = open(path, O_RDONLY | O_CLOEXEC);
  if (mounts < 0) return complain(NO_NAMESPACES, path);
  int result = enter(pid, "user", CLONE_NEWUSER);
  if (result == 0 && become_root() < 0) result = complain(NO_NAMESPACES, "becoming root of the user namespace");
  if (result == 0 && setns(mounts, CLONE_NEWNS) < 0) result = complain(NO_NAMESPACES, path);
  close(mounts);
  return result;
}

static int start_holder(const char *run, const char *file) {
  int ready[2];
  if (pipe2(ready, O_CLOEXEC) < 0) return complain(NO_NAMESPACES, "pipe");
  pid_t pid = fork();
  if (pid < 0) return complain(NO_NAMESPACES, "fork");
  if (pid == 0) {
    close(ready[0]);
    holder_main(run, file, ready[1]);
  }
  close(ready[1]);
  char word;
  ssize_t said = read(ready[0], &word, 1);
  close(ready[0]);
  if (said == 1) return 0;
  int status = 0;
  waitpid(pid, &status, 0);
  return NO_NAMESPACES; /* it has reported why */
}

/* If several commands find no namespaces, one makes them; the turn ends when this process executes the next mode. */
static int take_turn(const char *run) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/holder.lock", run);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  return fd < 0 || flock(fd, LOCK_EX) < 0 ? complain(NO_NAMESPACES, path) : 0;
}

int rootless_main(int argc, char **argv, char **envp) {
  if (argc < 4 || strcmp(argv[2], "--") != 0) return 2;
  const char *run = argv[0], *pid = argv[1];
  char file[PATH_MAX], variable[PATH_MAX + 32], self[PATH_MAX];
  ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
  if (size < 0) return complain(NO_NAMESPACES, "/proc/self/exe");
  self[size] = 0;
  bool make = strcmp(pid, "0") == 0;
  int result = take_turn(run);
  if (result == 0 && make && holder_serves(run)) return MADE_MEANWHILE;
  if (result == 0) result = make ? make_namespaces() : enter_namespaces(pid);
  if (result != 0) return result;
  if (snprintf(file, sizeof file, "%s/netns", run) >= (int)sizeof file) return NO_NAMESPACES;
  if (!holder_serves(run) && (result = start_holder(run, file)) != 0) return result;
  snprintf(variable, sizeof variable, "TCOMPOSE_NETWORK=%s", file);
  putenv(variable);
  (void)envp;
  argv[2] = self;
  execv("/proc/self/exe", argv + 2);
  return complain(NO_NAMESPACES, self);
}
