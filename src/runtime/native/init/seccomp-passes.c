/*
 * Determines what a seccomp filter does with a system call, by running it here: a filter that allows the last steps is loaded
 * before the command's process can be reached by others in the container.
 */
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include "process.h"
#include "sys.h"

#if defined(__x86_64__)
enum { ARCHITECTURE = AUDIT_ARCH_X86_64 };
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "which AUDIT_ARCH_?"
#endif

static struct sock_filter instruction(const struct blob *filter, uint32_t at) {
  struct sock_filter one;
  memcpy(&one, filter->data + (size_t)at * sizeof one, sizeof one);
  return one;
}

/* The value that a filter returns; SECCOMP_RET_KILL_PROCESS for instructions that filters of containers don't contain. */
static uint32_t run_filter(const struct blob *filter, const struct seccomp_data *data) {
  uint32_t count = filter->size / sizeof(struct sock_filter), accumulator = 0;
  for (uint32_t at = 0; at < count; at++) {
    struct sock_filter one = instruction(filter, at);
    switch (one.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        if (one.k > sizeof *data - 4) return SECCOMP_RET_KILL_PROCESS;
        memcpy(&accumulator, (const uint8_t *)data + one.k, 4);
        break;
      case BPF_ALU | BPF_AND | BPF_K: accumulator &= one.k; break;
      case BPF_JMP | BPF_JA: at += one.k; break;
      case BPF_JMP | BPF_JEQ | BPF_K: at += accumulator == one.k ? one.jt : one.jf; break;
      case BPF_JMP | BPF_JGT | BPF_K: at += accumulator > one.k ? one.jt : one.jf; break;
      case BPF_JMP | BPF_JGE | BPF_K: at += accumulator >= one.k ? one.jt : one.jf; break;
      case BPF_JMP | BPF_JSET | BPF_K: at += accumulator & one.k ? one.jt : one.jf; break;
      case BPF_RET | BPF_K: return one.k;
      default: return SECCOMP_RET_KILL_PROCESS;
    }
  }
  return SECCOMP_RET_KILL_PROCESS;
}

bool seccomp_passes(const struct blob *filter, int number, const uint64_t args[3]) {
  struct seccomp_data data = {.nr = number, .arch = ARCHITECTURE, .args = {args[0], args[1], args[2]}};
  uint32_t action = run_filter(filter, &data) & SECCOMP_RET_ACTION_FULL;
  return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG;
}

bool seccomp_passes_rest(const struct launch *launch) {
  const struct process_plan *process = &launch->plan.process;
  if (launch->plan.caller.present || launch->plan.hooks.present) return false; /* they need more calls than are listed here */
  const struct { bool needed; int number; uint64_t args[3]; } rest[] = {
      {true, __NR_futex, {0, FUTEX_WAIT}},
      {true, __NR_futex, {0, FUTEX_WAKE}},
      {true, __NR_exit_group, {0}},
      {!process->no_new_privileges, __NR_capset, {0}},
      {joins_others(&launch->plan), __NR_clone, {COMMAND_CLONE_FLAGS}},
      {joins_others(&launch->plan), __NR_prctl, {PR_SET_PDEATHSIG, SIGKILL}},
      {joins_others(&launch->plan), __NR_setsid, {0}},
      {joins_others(&launch->plan) && launch->command_nproc, __NR_prlimit64, {0}},
      {joins_others(&launch->plan) && launch->plan.stdio.tty, __NR_ioctl, {0, TIOCSCTTY}},
  };
  for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
    if (rest[i].needed && !seccomp_passes(&process->seccomp.value, rest[i].number, rest[i].args)) return false;
  return true;
}
