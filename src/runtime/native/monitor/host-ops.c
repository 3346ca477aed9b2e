#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup-end.h"
#include "launch.h"
#include "sys.h"

/* Attaches a device program that allows access by rules, in addition to those of the parents (BPF_F_ALLOW_MULTI). */
static int device_filter(const char *cgroup, const struct blob *program, struct failure *failure) {
  int dir = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0) return FAIL(failure, "device-filter", "open %s", cgroup);
  uint64_t *instructions = malloc(program->size + 8);
  if (!instructions) return FAIL(failure, "device-filter", "memory");
  memcpy(instructions, program->data, program->size);
  union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
                         .insn_cnt = program->size / 8,
                         .insns = (uint64_t)(uintptr_t)instructions,
                         .license = (uint64_t)(uintptr_t) "Apache-2.0"};
  int loaded = (int)syscall(__NR_bpf, BPF_PROG_LOAD, &load, sizeof load);
  int result = 0;
  if (loaded < 0) {
    result = FAIL(failure, "device-filter", "bpf(BPF_PROG_LOAD)");
  } else {
    union bpf_attr attach = {.target_fd = (uint32_t)dir, .attach_bpf_fd = (uint32_t)loaded,
                            .attach_type = BPF_CGROUP_DEVICE, .attach_flags = BPF_F_ALLOW_MULTI};
    if (syscall(__NR_bpf, BPF_PROG_ATTACH, &attach, sizeof attach) < 0) result = FAIL(failure, "device-filter", "bpf(BPF_PROG_ATTACH) %s", cgroup);
    close(loaded);
  }
  free(instructions);
  close(dir);
  return result;
}

/* The device rules are written one by one into the same file: it stays open from one to the next. */
struct open_file {
  const char *path;
  int fd;
};

static void leave_file(struct open_file *file) {
  close_fd(&file->fd);
  file->path = NULL;
}

static int write_to(struct open_file *file, const char *path, const char *data) {
  if (!file->path || strcmp(file->path, path) != 0) {
    leave_file(file);
    file->fd = open(path, O_WRONLY | O_CLOEXEC);
    if (file->fd < 0) return -1;
    file->path = path;
  }
  /* a value in one write, at offset 0 whatever was written before */
  return pwrite(file->fd, data, strlen(data), 0) < 0 ? -1 : 0;
}

/* Permanently: a process in a user namespace of its own can't return to the machine's. */
static int enter_network(const char *path, struct failure *failure) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return FAIL(failure, "enter-network", "open %s", path);
  int result = setns(fd, CLONE_NEWNET) < 0 ? FAIL(failure, "enter-network", "setns %s", path) : 0;
  close(fd);
  return result;
}

static int run(struct launch *launch, const struct host_op *op, struct open_file *file, struct failure *failure) {
  switch ((enum host_code)op->code) {
    case HOST_MKDIR:
      if (mkdir(op->mkdir.path, op->mkdir.mode) < 0 && !(errno == EEXIST && op->mkdir.exist_ok)) return FAIL(failure, "mkdir", "%s", op->mkdir.path);
      return 0;
    case HOST_WRITE:
      if (write_to(file, op->write.path, op->write.data) == 0) return 0;
      if (!op->write.optional) return FAIL(failure, "write", "%s", op->write.path);
      warn(launch, "write %s to %s: %s", op->write.data, op->write.path, strerror(errno));
      return 0;
    case HOST_JOIN_CGROUP:
      return 0;
    case HOST_DEVICE_FILTER:
      return device_filter(op->device_filter.cgroup, &op->device_filter.program, failure);
    case HOST_HOLD_SOCKET:
      return hold_socket(launch, &op->hold_socket, failure);
    case HOST_ENTER_NETWORK:
      return enter_network(op->enter_network.path, failure);
    case HOST_RMDIR:
      return remove_cgroup(op->rmdir.path) < 0 && errno != ENOENT ? FAIL(failure, "rmdir", "%s", op->rmdir.path) : 0;
    case HOST_UNLINK:
      return unlink(op->unlink.path) < 0 && errno != ENOENT ? FAIL(failure, "unlink", "%s", op->unlink.path) : 0;
    case HOST_KILL_CGROUP:
      return kill_cgroup(op->kill_cgroup.path) < 0 && errno != ENOENT ? FAIL(failure, "kill-cgroup", "%s", op->kill_cgroup.path) : 0;
  }
  return fail(failure, "host-op", ENOSYS, "code %d", (int)op->code);
}

int host_ops_run(struct launch *launch, const struct list *ops) {
  struct open_file file = {.fd = -1};
  int result = 0;
  for (uint32_t i = 0; i < ops->count && result == 0; i++) {
    launch->failure.phase = PHASE_HOST;
    launch->failure.step = (int32_t)i;
    result = run(launch, LIST_AT(struct host_op, *ops, i), &file, &launch->failure);
  }
  leave_file(&file);
  return result;
}

int host_ops_open_joins(struct launch *launch) {
  uint32_t count = launch->plan.host.count;
  launch->join_fds = malloc((count + 1) * sizeof *launch->join_fds);
  if (!launch->join_fds) return fail(&launch->failure, "join-cgroup", ENOMEM, "memory");
  for (uint32_t i = 0; i < count; i++) launch->join_fds[i] = -1;
  for (uint32_t i = 0; i < count; i++) {
    const struct host_op *op = LIST_AT(struct host_op, launch->plan.host, i);
    if (op->code != HOST_JOIN_CGROUP) continue;
    launch->join_fds[i] = open(op->join_cgroup.path, O_WRONLY | O_CLOEXEC);
    if (launch->join_fds[i] >= 0) continue;
    if (!op->join_cgroup.optional) {
      launch->failure.phase = PHASE_HOST;
      launch->failure.step = (int32_t)i;
      return FAIL(&launch->failure, "join-cgroup", "%s", op->join_cgroup.path);
    }
    warn(launch, "join cgroup %s: %s", op->join_cgroup.path, strerror(errno));
  }
  return 0;
}

void host_ops_close_joins(struct launch *launch) {
  for (uint32_t i = 0; launch->join_fds && i < launch->plan.host.count; i++)
    if (launch->join_fds[i] >= 0) close(launch->join_fds[i]);
  free(launch->join_fds);
  launch->join_fds = NULL;
}

/*
 * By init itself: "0" in a v1 `tasks` file moves the writing thread without the lock that stops every fork on the machine,
 * which writing another process's pid would take (22 us instead of 260 for each controller).
 */
int host_ops_join(struct launch *launch) {
  for (uint32_t i = 0; i < launch->plan.host.count; i++) {
    if (launch->join_fds[i] < 0 || i == launch->joined_step || write(launch->join_fds[i], "0", 1) == 1) continue;
    const struct host_op *op = LIST_AT(struct host_op, launch->plan.host, i);
    if (!op->join_cgroup.optional) {
      launch->failure.phase = PHASE_HOST;
      launch->failure.step = (int32_t)i;
      return FAIL(&launch->failure, "join-cgroup", "%s", op->join_cgroup.path);
    }
    warn(launch, "join cgroup %s: %s", op->join_cgroup.path, strerror(errno));
  }
  host_ops_close_joins(launch);
  return 0;
}

void host_ops_teardown(struct launch *launch) {
  for (uint32_t i = 0; i < launch->plan.teardown.count; i++) {
    struct failure ignored = {0};
    struct open_file file = {.fd = -1};
    run(launch, LIST_AT(struct host_op, launch->plan.teardown, i), &file, &ignored);
    leave_file(&file);
  }
}

void host_ops_kill(struct launch *launch) {
  for (uint32_t i = 0; i < launch->plan.teardown.count; i++) {
    const struct host_op *op = LIST_AT(struct host_op, launch->plan.teardown, i);
    if (op->code == HOST_KILL_CGROUP) kill_cgroup(op->kill_cgroup.path);
  }
}

uint64_t oom_kill_count(const char *path) {
  char text[1024];
  if (read_file_at(AT_FDCWD, path, text, sizeof text) <= 0) return 0;
  for (char *line = text; line; line = strchr(line, '\n')) {
    if (*line == '\n') line++;
    if (strncmp(line, "oom_kill ", 9) == 0) return strtoull(line + 9, NULL, 10);
    if (!*line) break;
  }
  return 0;
}
