/* The mounts for another runtime, in a mount namespace that nobody else sees. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "foreign.h"
#include "monitor.h"
#include "sys.h"

/* The network namespace at a path that the bundle's config.json contains. */
static int bind_network(struct launch *launch, struct failure *failure) {
  if (launch->netns < 0 || launch->plan.namespaces.net.kind != NS_NEW) return 0;
  char source[40], target[4096];
  snprintf(source, sizeof source, "/proc/self/fd/%d", launch->netns);
  snprintf(target, sizeof target, "%s/netns", launch->plan.foreign.value.bundle);
  CHECK(mount(source, target, NULL, MS_BIND, NULL), "bind", "source the network namespace");
  return 0;
}

/*
 * Resolved below its root, from which no link leads out, and bound by descriptor: a container may be changing these
 * directories.
 */
static int bind_source(int bundle, const struct foreign_source *source, struct failure *failure) {
  int root = open(source->root, O_PATH | O_DIRECTORY | O_CLOEXEC);
  CHECK(root, "bind", "source %s", source->root);
  int found = sys_openat2(root, source->path, O_PATH, 0, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
  CHECK(found, "bind", "subpath %s of %s", source->path, source->root);
  struct stat stat;
  CHECK(fstat(found, &stat), "stat", "%s", source->path);
  int place = S_ISDIR(stat.st_mode) ? mkdirat(bundle, source->name, 0700) : mknodat(bundle, source->name, S_IFREG | 0600, 0);
  CHECK(place, "mkdir", "%s", source->name);
  int tree = sys_open_tree(found, "", OPEN_TREE_CLONE | AT_EMPTY_PATH | AT_RECURSIVE);
  CHECK(tree, "bind", "source %s/%s", source->root, source->path);
  place = openat(bundle, source->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  CHECK(place, "open", "%s", source->name);
  CHECK(sys_move_mount(tree, place), "bind", "source %s/%s", source->root, source->path);
  return 0;
}

static int mount_all(struct launch *launch, struct failure *failure) {
  int no_terminal = -1;
  if (setup_ops_run(launch, &no_terminal) < 0) return -1;
  const struct list *hide = &launch->plan.foreign.value.hide;
  for (uint32_t i = 0; i < hide->count; i++) {
    const char *path = *LIST_AT(const char *, *hide, i);
    if (umount2(path, MNT_DETACH) < 0 && errno != EINVAL && errno != ENOENT) return FAIL(failure, "umount", "%s", path);
  }
  int bundle = open(launch->plan.foreign.value.bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
  CHECK(bundle, "open", "%s", launch->plan.foreign.value.bundle);
  const struct list *sources = &launch->plan.foreign.value.sources;
  for (uint32_t i = 0; i < sources->count; i++)
    if (bind_source(bundle, LIST_AT(struct foreign_source, *sources, i), failure) < 0) return -1;
  return bind_network(launch, failure);
}

/*
 * In a child in the same mount namespace: its descriptors and working directory on the root end with it, so that the file
 * system is free as soon as the namespace is left.
 */
int foreign_root(struct monitor *m) {
  struct launch *launch = &m->launch;
  struct failure *failure = &launch->failure;
  failure->phase = PHASE_SETUP;
  failure->step = -1;
  m->foreign.host_mounts = openat(launch->host_proc, "self/ns/mnt", O_RDONLY | O_CLOEXEC);
  CHECK(m->foreign.host_mounts, "open", "/proc/self/ns/mnt");
  CHECK(unshare(CLONE_NEWNS), "unshare", "mount namespace");
  int ends[2];
  CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "socketpair", "sync");
  pid_t pid = fork();
  if (pid == 0) {
    bool good = mount_all(launch, failure) == 0;
    sync_send(ends[1], good ? SYNC_READY : SYNC_FAILED, failure, -1);
    _exit(0);
  }
  int error = errno;
  close(ends[1]);
  struct sync_message message = {0};
  ssize_t n = -1;
  if (pid > 0)
    do n = read(ends[0], &message, sizeof message);
    while (n < 0 && errno == EINTR);
  close(ends[0]);
  if (pid < 0) return fail(failure, "fork", error, "to mount the root");
  while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
  if (n == (ssize_t)sizeof message && message.kind == SYNC_READY) return 0;
  if (n != (ssize_t)sizeof message) return fail(failure, "init", ESRCH, "the process that mounts the root was killed");
  *failure = message.failure;
  return -1;
}

void foreign_root_leave(struct monitor *m) {
  if (m->foreign.host_mounts < 0) return;
  if (setns(m->foreign.host_mounts, CLONE_NEWNS) < 0) _exit(72);
  close_fd(&m->foreign.host_mounts);
}
