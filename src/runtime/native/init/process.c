/* Ids, capabilities, limits, seccomp: in the order that the kernel's rules require. */
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

#include "options.h"
#include "process.h"
#include "root-path.h"
#include "sys.h"

/* If the stage and the command's process have the same user, the limit of processes would count one too many. */
static int spare_process(struct launch *launch) {
  struct failure *failure = &launch->failure;
  static struct rlimit wanted;
  CHECK(getrlimit(RLIMIT_NPROC, &wanted), "getrlimit", "resource %d", RLIMIT_NPROC);
  if (wanted.rlim_cur == RLIM_INFINITY) return 0;
  struct rlimit more = {wanted.rlim_cur + 1, wanted.rlim_max == RLIM_INFINITY ? RLIM_INFINITY : wanted.rlim_max + 1};
  if (setrlimit(RLIMIT_NPROC, &more) == 0) launch->command_nproc = &wanted;
  return 0;
}

/* By its number in asm-generic/resource.h, the name that a ulimit has in a compose file. */
static const char *ulimit_name(uint32_t resource) {
  static const char *const names[] = {"cpu",     "fsize", "data",  "stack",      "core",     "rss",  "nproc",  "nofile",
                                      "memlock", "as",    "locks", "sigpending", "msgqueue", "nice", "rtprio", "rttime"};
  return resource < sizeof names / sizeof *names ? names[resource] : "unknown";
}

static int set_rlimits(struct launch *launch) {
  struct failure *failure = &launch->failure;
  for (uint32_t i = 0; i < launch->plan.process.rlimits.count; i++) {
    const struct resource_limit *wanted = LIST_AT(struct resource_limit, launch->plan.process.rlimits, i);
    struct rlimit limit = {wanted->soft, wanted->hard}, present;
    if (setrlimit((int)wanted->resource, &limit) == 0) continue;
    if (errno != EPERM || getrlimit((int)wanted->resource, &present) < 0) return FAIL(failure, "setrlimit", "ulimit %s", ulimit_name(wanted->resource));
    limit.rlim_max = present.rlim_max;
    if (limit.rlim_cur > present.rlim_max) limit.rlim_cur = present.rlim_max;
    CHECK(setrlimit((int)wanted->resource, &limit), "setrlimit", "ulimit %s", ulimit_name(wanted->resource));
    warn(launch, "ulimit %s stays at %llu: raising it is not permitted here", ulimit_name(wanted->resource), (unsigned long long)present.rlim_max);
  }
  return joins_others(&launch->plan) ? spare_process(launch) : 0;
}

/*
 * Links of procfs to open descriptors are refused, so that the path stays below the container's root whatever is open here
 * (CVE-2024-21626).
 */
static int open_cwd(int root, const char *cwd) { return sys_openat2(root, cwd, O_PATH | O_DIRECTORY, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS); }

static int enter_cwd(struct launch *launch) {
  struct failure *failure = &launch->failure;
  const char *cwd = launch->plan.process.cwd;
  if (*cwd != '/') return fail(failure, "chdir", EINVAL, "%s is not absolute", cwd);
  int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  CHECK(root, "chdir", "/");
  int fd = open_cwd(root, cwd);
  if (fd < 0 && errno == ENOENT && launch->plan.kind == KIND_RUN) {
    int made = root_open_create(root, cwd, CREATE_DIR);
    CHECK(made, "mkdir", "%s", cwd);
    close(made);
    fd = open_cwd(root, cwd);
  }
  CHECK(fd, "chdir", "%s", cwd);
  CHECK(fchdir(fd), "chdir", "%s", cwd);
  close(fd);
  close(root);
  return 0;
}

static int get_caps(struct rights *caps) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2];
  if (syscall(__NR_capget, &header, data) < 0) return -1;
  *caps = (struct rights){data[0].effective | (uint64_t)data[1].effective << 32, data[0].permitted | (uint64_t)data[1].permitted << 32,
                        data[0].inheritable | (uint64_t)data[1].inheritable << 32};
  return 0;
}

static int set_caps(const struct rights *caps) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct data[2] = {{(uint32_t)caps->effective, (uint32_t)caps->permitted, (uint32_t)caps->inheritable},
                                           {(uint32_t)(caps->effective >> 32), (uint32_t)(caps->permitted >> 32),
                                            (uint32_t)(caps->inheritable >> 32)}};
  return (int)syscall(__NR_capset, &header, data);
}

static int drop_bounding(uint64_t keep, struct failure *failure) {
  for (int cap = 0; cap < 64; cap++) {
    if (keep >> cap & 1) continue;
    if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0) continue;
    int error = errno, present = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
    if (present < 0) break; /* beyond the last one that the kernel has */
    if (present == 1) return fail(failure, "capabilities", error, "drop %d from the bounding set", cap);
  }
  return 0;
}

static int set_groups(struct launch *launch) {
  const struct process_plan *process = &launch->plan.process;
  struct failure *failure = &launch->failure;
  if (process->keep_groups) return 0;
  gid_t groups[NGROUPS_MAX > 4096 ? 4096 : NGROUPS_MAX];
  if (process->groups.count > sizeof groups / sizeof *groups) return fail(failure, "setgroups", EINVAL, "%u groups", process->groups.count);
  for (uint32_t i = 0; i < process->groups.count; i++) groups[i] = *LIST_AT(uint32_t, process->groups, i);
  if (setgroups(process->groups.count, groups) < 0) {
    if (errno != EPERM) return FAIL(failure, "setgroups", "%u groups", process->groups.count);
    if (process->groups.count) warn(launch, "additional groups are not set: not permitted in this user namespace");
  }
  return 0;
}

static int set_ids(struct launch *launch) {
  const struct process_plan *process = &launch->plan.process;
  struct failure *failure = &launch->failure;
  if (set_groups(launch) < 0) return -1;
  CHECK(setresgid(process->gid, process->gid, process->gid), "setresgid", "%u", process->gid);
  CHECK(setresuid(process->uid, process->uid, process->uid), "setresuid", "%u", process->uid);
  return 0;
}

static int load_seccomp(const struct process_plan *process, struct failure *failure) {
  if (!process->seccomp.present) return 0;
  const struct blob *blob = &process->seccomp.value;
  enum { SIZE = sizeof(struct sock_filter) };
  struct sock_fprog program = {.len = (unsigned short)(blob->size / SIZE), .filter = (void *)(uintptr_t)blob->data};
  if (blob->size % SIZE || blob->size / SIZE > BPF_MAXINSNS) return fail(failure, "seccomp", EINVAL, "a program of %u bytes", blob->size);
  CHECK((int)syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, process->seccomp_flags.present ? process->seccomp_flags.value : 0, &program), "seccomp", "load the filter");
  return 0;
}

static int raise_ambient(uint64_t ambient, struct failure *failure) {
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int cap = 0; cap < 64; cap++)
    if (ambient >> cap & 1) CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0), "capabilities", "ambient %d", cap);
  return 0;
}

/*
 * The container must not get the keys of the session that started the keeper; keyrings(7). If this fails, seccomp still
 * protects them.
 */
static void leave_keyring(void) { syscall(__NR_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL); }

/* Sets ids and capabilities. The right to load a filter stays until process_confine. */
static int take_rights(struct launch *launch) {
  const struct process_plan *process = &launch->plan.process;
  const struct capability_sets *wanted = &process->capabilities;
  struct failure *failure = &launch->failure;
  struct rights have;
  CHECK(get_caps(&have), "capabilities", "capget");
  struct rights last = {wanted->effective & have.permitted, wanted->permitted & have.permitted, wanted->inheritable & have.permitted};
  uint64_t missing = wanted->permitted & ~have.permitted;
  if (missing) warn(launch, "capabilities 0x%llx do not exist on this machine", (unsigned long long)missing);
  last.effective &= last.permitted;
  if (drop_bounding(wanted->bounding, failure) < 0) return -1;
  CHECK(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "capabilities", "keep over setresuid");
  leave_keyring();
  if (set_ids(launch) < 0) return -1;
  CHECK(prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0), "capabilities", "keepcaps off");
  /* without no_new_privs only CAP_SYS_ADMIN may load a filter, so this capability is dropped afterwards */
  bool filter_first = process->seccomp.present && !process->no_new_privileges;
  uint64_t loader = filter_first ? have.permitted & 1ull << CAP_SYS_ADMIN : 0;
  struct rights now = {last.effective | loader, last.permitted | loader, last.inheritable};
  CHECK(set_caps(&now), "capabilities", "capset");
  launch->last_rights = last;
  if (raise_ambient(wanted->ambient & last.permitted & last.inheritable, failure) < 0) return -1;
  if (process->no_new_privileges) CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs", "set");
  /* changing ids makes a process dumpable again if fs.suid_dumpable says so */
  CHECK(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl", "dumpable");
  return 0;
}

static void close_descriptors(struct launch *launch) {
  unsigned first = caller_fds_take(&launch->plan);
  if (launch->plan.process.init) {
    first = (unsigned)launch->self_exe + 1;
    if (launch->self_exe > 3) sys_close_range(3, (unsigned)launch->self_exe - 1, 0);
  }
  sys_close_range(first, ~0u, 0);
  launch->sync[1] = -1;
}

int process_confine(struct launch *launch) {
  const struct process_plan *process = &launch->plan.process;
  struct failure *failure = &launch->failure;
  if (!process->seccomp.present || launch->confined) return 0;
  if (load_seccomp(process, failure) < 0) return -1;
  launch->confined = true;
  if (!process->no_new_privileges) CHECK(set_caps(&launch->last_rights), "capabilities", "capset");
  return 0;
}

int process_prepare(struct launch *launch) {
  const struct process_plan *process = &launch->plan.process;
  struct failure *failure = &launch->failure;
  bool joins = joins_others(&launch->plan);
  if (process->argv.count == 0) return fail(failure, "execve", EINVAL, "no command");
  if (process->init && joins) return fail(failure, "execve", EINVAL, "an init needs a pid namespace of its own");
  /* the limits are set after the last descriptor was opened: they may be lower than the number of descriptors here */
  if (enter_cwd(launch) < 0 || set_rlimits(launch) < 0) return -1;
  if (process->umask.present) umask(process->umask.value);
  if (set_process_attributes(launch) < 0 || take_rights(launch) < 0) return -1;
  /* after the ids, because changing them clears it. If the monitor has died before, the message below reaches nobody. */
  if (!joins) CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0), "prctl", "parent-death signal");
  sync_send_warnings(launch);
  CHECK(sync_send(launch->sync[1], SYNC_READY, NULL, -1), "write", "sync");
  close_descriptors(launch);
  return process->seccomp.present && seccomp_passes_rest(launch) ? process_confine(launch) : 0;
}
