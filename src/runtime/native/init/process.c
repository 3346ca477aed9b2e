/* Ids, capabilities, limits, seccomp, then the command: the order is what the kernel's rules leave. */
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "exec-path.h"
#include "launch.h"
#include "root-path.h"
#include "sys.h"

static int set_rlimits(struct launch *launch) {
  struct failure *failure = &launch->failure;
  for (uint32_t i = 0; i < launch->plan.process.rlimits.count; i++) {
    const struct resource_limit *wanted = LIST_AT(struct resource_limit, launch->plan.process.rlimits, i);
    struct rlimit limit = {wanted->soft, wanted->hard}, present;
    if (setrlimit((int)wanted->resource, &limit) == 0) continue;
    if (errno != EPERM || getrlimit((int)wanted->resource, &present) < 0) return FAIL(failure, "setrlimit", "resource %u", wanted->resource);
    limit.rlim_max = present.rlim_max;
    if (limit.rlim_cur > present.rlim_max) limit.rlim_cur = present.rlim_max;
    CHECK(setrlimit((int)wanted->resource, &limit), "setrlimit", "resource %u", wanted->resource);
    warn(launch, "limit of resource %u stays at %llu: raising it is not permitted here", wanted->resource, (unsigned long long)present.rlim_max);
  }
  return 0;
}

/* chdir, and proof that the place is in this root: a path through an open descriptor of the host's would not be. */
static int enter_cwd(struct launch *launch) {
  struct failure *failure = &launch->failure;
  const char *cwd = launch->plan.process.cwd;
  if (*cwd != '/') return fail(failure, "chdir", EINVAL, "%s is not absolute", cwd);
  if (chdir(cwd) < 0) {
    if (errno != ENOENT || launch->plan.kind == KIND_EXEC) return FAIL(failure, "chdir", "%s", cwd);
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    CHECK(root, "chdir", "/");
    int fd = root_open_create(root, cwd, CREATE_DIR);
    CHECK(fd, "mkdir", "%s", cwd);
    CHECK(fchdir(fd), "chdir", "%s", cwd);
    close(fd);
    close(root);
  }
  char where[PATH_MAX];
  if (!getcwd(where, sizeof where) || *where != '/') return fail(failure, "chdir", EXDEV, "%s leads out of the container", cwd);
  return 0;
}

struct caps {
  uint64_t effective, permitted, inheritable;
};

static int get_caps(struct caps *caps) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  if (syscall(__NR_capget, &header, data) < 0) return -1;
  *caps = (struct caps){data[0].effective | (uint64_t)data[1].effective << 32, data[0].permitted | (uint64_t)data[1].permitted << 32,
                        data[0].inheritable | (uint64_t)data[1].inheritable << 32};
  return 0;
}

static int set_caps(const struct caps *caps) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {{(uint32_t)caps->effective, (uint32_t)caps->permitted, (uint32_t)caps->inheritable},
                                           {(uint32_t)(caps->effective >> 32), (uint32_t)(caps->permitted >> 32), (uint32_t)(caps->inheritable >> 32)}};
  return (int)syscall(__NR_capset, &header, data);
}

static int drop_bounding(uint64_t keep, struct failure *failure) {
  for (int cap = 0; cap < 64; cap++) {
    if (keep >> cap & 1) continue;
    int present = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
    if (present < 0) break; /* beyond the kernel's last */
    if (present == 1) CHECK(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0), "capabilities", "drop %d from the bounding set", cap);
  }
  return 0;
}

static int set_ids(struct launch *launch) {
  const struct process_plan *process = &launch->plan.process;
  struct failure *failure = &launch->failure;
  gid_t groups[NGROUPS_MAX > 4096 ? 4096 : NGROUPS_MAX];
  if (process->groups.count > sizeof groups / sizeof *groups) return fail(failure, "setgroups", EINVAL, "%u groups", process->groups.count);
  for (uint32_t i = 0; i < process->groups.count; i++) groups[i] = *LIST_AT(uint32_t, process->groups, i);
  if (setgroups(process->groups.count, groups) < 0) {
    if (errno != EPERM) return FAIL(failure, "setgroups", "%u groups", process->groups.count);
    if (process->groups.count) warn(launch, "additional groups are not set: not permitted in this user namespace");
  }
  CHECK(setresgid(process->gid, process->gid, process->gid), "setresgid", "%u", process->gid);
  CHECK(setresuid(process->uid, process->uid, process->uid), "setresuid", "%u", process->uid);
  return 0;
}

static int load_seccomp(const struct process_plan *process, struct failure *failure) {
  if (!process->seccomp.present) return 0;
  const struct blob *blob = &process->seccomp.value;
  struct sock_filter *filter = malloc(blob->size + sizeof *filter);
  if (!filter) _exit(71);
  memcpy(filter, blob->data, blob->size);
  struct sock_fprog program = {.len = (unsigned short)(blob->size / sizeof *filter), .filter = filter};
  if (blob->size % sizeof *filter || blob->size / sizeof *filter > BPF_MAXINSNS) return fail(failure, "seccomp", EINVAL, "a program of %u bytes", blob->size);
  CHECK((int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program), "seccomp", "load the filter");
  return 0;
}

static char **strings_of(const struct list *list) {
  char **strings = calloc(list->count + 1u, sizeof *strings);
  if (!strings) _exit(71);
  for (uint32_t i = 0; i < list->count; i++) strings[i] = (char *)*LIST_AT(const char *, *list, i);
  return strings;
}

static int raise_ambient(uint64_t ambient, struct failure *failure) {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int cap = 0; cap < 64; cap++)
    if (ambient >> cap & 1) CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0), "capabilities", "ambient %d", cap);
  return 0;
}

/* Returns 0 when all is ready for execve and the monitor has said so. */
static int prepare(struct launch *launch) {
  const struct process_plan *process = &launch->plan.process;
  const struct capability_sets *wanted = &process->capabilities;
  struct failure *failure = &launch->failure;
  if (process->argv.count == 0) return fail(failure, "execve", EINVAL, "no command");
  /* the limits after the last descriptor was opened: theirs may be lower than what is open here */
  if (enter_cwd(launch) < 0 || set_rlimits(launch) < 0) return -1;
  if (process->umask.present) umask(process->umask.value);

  struct caps have;
  CHECK(get_caps(&have), "capabilities", "capget");
  struct caps last = {wanted->effective & have.permitted, wanted->permitted & have.permitted, wanted->inheritable & have.permitted};
  if (last.permitted != wanted->permitted) warn(launch, "capabilities 0x%llx do not exist on this machine", (unsigned long long)(wanted->permitted & ~have.permitted));
  last.effective &= last.permitted;
  if (drop_bounding(wanted->bounding, failure) < 0) return -1;
  CHECK(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "capabilities", "keep over setresuid");
  /* else it would possess the keys of the session that started the keeper; keyrings(7). Where that can't be, seccomp is left. */
  syscall(__NR_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
  if (set_ids(launch) < 0) return -1;
  CHECK(prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0), "capabilities", "keepcaps off");

  /* without no_new_privs only CAP_SYS_ADMIN may load a filter, so that one is put down after it */
  bool filter_first = process->seccomp.present && !process->no_new_privileges;
  uint64_t loader = filter_first ? have.permitted & 1ull << CAP_SYS_ADMIN : 0;
  struct caps now = {last.effective | loader, last.permitted | loader, last.inheritable};
  CHECK(set_caps(&now), "capabilities", "capset");
  if (raise_ambient(wanted->ambient & last.permitted & last.inheritable, failure) < 0) return -1;
  if (process->no_new_privileges) CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs", "set");
  /* after the ids: changing them clears it. Should the monitor have died before, the read below finds no one. */
  CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "prctl", "parent-death signal");

  sync_send_warnings(launch);
  CHECK(sync_send(launch->sync[1], SYNC_READY, NULL, -1), "write", "sync");
  await_monitor(launch, SYNC_START);
  if (load_seccomp(process, failure) < 0) return -1;
  if (filter_first) CHECK(set_caps(&last), "capabilities", "capset");
  return 0;
}

void process_run(struct launch *launch) {
  const struct process_plan *process = &launch->plan.process;
  struct failure *failure = &launch->failure;
  char **argv = strings_of(&process->argv), **env = strings_of(&process->env);
  char **init_argv = NULL;
  if (process->init) {
    init_argv = calloc(process->argv.count + 2u, sizeof *init_argv);
    if (!init_argv) _exit(71);
    init_argv[0] = "tcompose-init";
    memcpy(init_argv + 1, argv, (process->argv.count + 1u) * sizeof *argv);
  }
  /* all of them are close-on-exec already; this also holds for any that were inherited */
  sys_close_range(3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
  if (prepare(launch) < 0) return;
  if (process->init)
    sys_execveat(launch->self_exe, "", init_argv, env, AT_EMPTY_PATH);
  else
    exec_path(argv, env);
  int error = errno;
  failure->phase = PHASE_EXEC;
  fail(failure, "execve", error, "%s", argv[0]);
}
