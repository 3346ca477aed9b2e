/* What monitor and init share while one plan is carried out. */
#pragma once
#include <errno.h>
#include <sys/types.h>

#include "plan.h"

enum phase { PHASE_PLAN, PHASE_HOST, PHASE_NETWORK, PHASE_CLONE, PHASE_SETUP, PHASE_PROCESS, PHASE_EXEC, PHASE_RUNTIME };

/* Why a launch failed; goes from init to the monitor and on to the engine. */
struct failure {
  int32_t phase, step, error;
  char op[32];
  char detail[480];
};

struct held_socket {
  struct held_socket *next;
  int fd;
  char name[];
};

struct warning {
  struct warning *next;
  char text[];
};

struct launch {
  struct plan plan;
  struct arena arena;
  struct failure failure;
  struct warning *warnings;
  uint32_t warning_count, warnings_sent;
  struct held_socket *sockets;

  int host_proc;  /* the host's /proc, verified to be procfs */
  int self_exe;   /* this binary, for --init */
  int run_dir;
  int host_netns; /* where the monitor belongs */
  int netns;      /* the container's, -1 when it is the host's */
  int host_pidns;
  int join_pidfd; /* exec */
  uint32_t joined_step; /* the join-cgroup op the clone itself has done */
  int *join_fds;  /* by host op: an open cgroup.procs or tasks, or -1 */

  int sync[2];     /* SOCK_SEQPACKET: [0] monitor, [1] init */
  int stdio[3];    /* init's ends: read, write, write; with a tty made by init */
  int monitor_stdio[3];
  pid_t init_pid;
  int init_pidfd;
  uint64_t start_time;
  uint64_t oom_kills;
};

/* Records the first failure and returns -1. `format` describes what the op was done to. */
__attribute__((format(printf, 4, 5))) int fail(struct failure *failure, const char *op, int error, const char *format, ...);
/* As fail, with errno. */
#define FAIL(failure, op, ...) fail(failure, op, errno, __VA_ARGS__)
/* Leaves init's step with a failure. What it has open stays open: init ends next. */
#define CHECK(expression, op, ...)                              \
  do {                                                          \
    if ((expression) < 0) return FAIL(failure, op, __VA_ARGS__); \
  } while (0)

__attribute__((format(printf, 2, 3))) void warn(struct launch *launch, const char *format, ...);

/* Host ops; `join-cgroup` ones are opened by the monitor before the clone and written by init. */
int host_ops_run(struct launch *launch, const struct list *ops);
int host_ops_open_joins(struct launch *launch);
void host_ops_close_joins(struct launch *launch);
int host_ops_join(struct launch *launch);
/* Each is tried whatever the others did. */
void host_ops_teardown(struct launch *launch);
/* The kill-cgroup ops of the teardown, ahead of it: without a pid namespace of its own, a container's other processes outlive init. */
void host_ops_kill(struct launch *launch);
/* `oom_kill N` of a memory.oom_control or memory.events file; 0 when there is none. */
uint64_t oom_kill_count(const char *path);

/*
 * Moves the monitor into the container's network namespace and carries out the plan's ops there; does nothing yet when
 * init's clone makes that namespace.
 */
int network_enter(struct launch *launch);
/* As network_enter, once init has been cloned with a network namespace that its user namespace owns. */
int network_enter_init(struct launch *launch);
/* Whether init's clone makes the network namespace: a user namespace of its own must own it, or sysfs can't be mounted. */
bool network_by_clone(const struct launch *launch);
/* Back to the host's; ends the process when that is impossible. */
void network_leave(struct launch *launch);
int network_ops_run(struct launch *launch, const struct list *ops, struct failure *failure);

int hold_socket(struct launch *launch, const struct op_hold_socket *op, struct failure *failure);
int release_socket(struct launch *launch, const char *name);
void release_all_sockets(struct launch *launch);

/* Pipes for stdio, or nothing with a terminal. */
int stdio_open(struct launch *launch);
/* Once init is cloned and its ids are mapped: the container's user owns the pipes. */
int stdio_give_to_user(struct launch *launch);
/* fork with the flags of clone(2); into a v2 cgroup where the plan has one. */
long clone_init(struct launch *launch, uint64_t flags, int *pidfd);
/* Joins the namespaces that the plan gives as paths, except those of pids and the network. */
int join_planned(struct launch *launch);
/* Clones init; ids are mapped when it returns 0, and init has been told to join its cgroups and go on. */
int launch_clone(struct launch *launch);

/* Messages on the sync socket. */
enum sync_kind { SYNC_GO = 1, SYNC_TTY, SYNC_WARNING, SYNC_READY, SYNC_START, SYNC_FAILED };
struct sync_message {
  uint32_t kind;
  struct failure failure; /* FAILED; WARNING uses detail */
};
/* The part of a message that is sent: WARNING and FAILED whole, else the kind. */
int sync_send(int fd, enum sync_kind kind, const struct failure *failure, int passed_fd);

/* From init: waits for a word of the monitor; ends when that has gone. */
void await_monitor(struct launch *launch, uint32_t kind);
/* From init: the warnings the monitor has not heard of yet. */
void sync_send_warnings(struct launch *launch);

/* The child's whole life up to execve. */
_Noreturn void init_main(struct launch *launch);
int setup_ops_run(struct launch *launch, int *tty_slave);
/* Everything from ids to execve; returns only on failure. */
void process_run(struct launch *launch);
/* A terminal of the devpts at `root`/dev/pts, its slave owned by `uid`. */
int tty_open(int root, const struct stdio_plan *stdio, uint32_t uid, int *master, int *slave);
