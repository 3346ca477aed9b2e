/* What monitor and init share while one plan is carried out. */
#pragma once
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "plan.h"

enum phase { PHASE_PLAN, PHASE_HOST, PHASE_NETWORK, PHASE_CLONE, PHASE_SETUP, PHASE_PROCESS, PHASE_EXEC, PHASE_RUNTIME };

/* Why a launch failed; goes from init to the monitor and on to the engine. */
struct failure {
  int32_t phase, step, error;
  char op[32];
  char detail[480];
};

/*
 * Memory that monitor, stage and the command's process share, in place of descriptors: whoever may trace a process can
 * reach what it has open. A neighbour that may trace can write here too, so nothing in it is trusted further than a failure.
 */
struct command_page {
  uint32_t ready;   /* by the command's process: it has no descriptor but its stdio, and waits */
  uint32_t go;      /* by the monitor */
  uint32_t monitor; /* a robust futex of the monitor: the kernel marks it when that ends (get_robust_list(2)) */
  uint32_t pid;     /* of the command's process outside, for hooks; by the monitor */
  uint32_t failed;  /* `failure` is the command's last word */
  struct failure failure;
};

struct rights {
  uint64_t effective, permitted, inheritable;
};

struct held_socket {
  struct held_socket *next;
  int fd;
  uint8_t protocol; /* 0: tcp, 1: udp */
  char name[];
};

/* A held socket and where the forwarder takes what comes in by it. */
struct way {
  socklen_t size; /* 0: there is none */
  struct sockaddr_storage target;
};

struct forward {
  struct forward *next;
  int fd; /* the held socket's */
  uint8_t protocol; /* 0: tcp, 1: udp */
  bool keep_client;
  struct way usual;
  struct way by_ipv6; /* for clients of IPv6 whose address is to be seen */
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
  struct forward *forwards;
  pid_t forwarder; /* 0 without one */

  int host_proc;  /* the host's /proc, verified to be procfs */
  int self_exe;   /* this binary, for --init */
  int run_dir;
  int host_netns; /* where the monitor belongs */
  int netns;      /* the container's, -1 when it is the host's */
  int join_pidfd; /* exec */
  int joined_pidns; /* stage: another container's pid namespace, -1 when the plan joins none */
  uint32_t joined_step; /* the join-cgroup op the clone itself has done */
  int *sources;   /* trees that the monitor has opened for init, by setup step, or NULL */
  int *join_fds;  /* by host op: an open cgroup.procs or tasks, or -1 */

  int sync[2];     /* SOCK_SEQPACKET: [0] monitor, [1] init or stage */
  int stdio[3];    /* init's ends: read, write, write; with a tty made by init */
  int monitor_stdio[3];
  struct command_page *page;
  pid_t *command_pid; /* shared by monitor and stage alone; the kernel writes it when the command's process is cloned */
  char *stage_stack;  /* its end */
  pid_t stage_pid;    /* 0 once it has ended */
  pid_t init_pid;     /* until there is a command: the stage that sets up outside of the pid namespace */
  int init_pidfd;
  uint64_t start_time;

  /* of the process that is to be the command */
  struct rights last_rights; /* without the one to load a filter */
  bool confined;
  struct rlimit *command_nproc; /* its limit of processes, where the stage's is one higher */
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
/* Keeps a copy of a socket that another process (pid, fd) holds. 0 or an errno. */
int take_socket(struct launch *launch, const char *name, pid_t pid, int fd);
int release_socket(struct launch *launch, const char *name);
void release_all_sockets(struct launch *launch);
/* forward.c: a held socket leads there from now on; nothing is taken along until forwarder_start. */
int forward_socket(struct launch *launch, const struct op_forward *op, struct failure *failure);
/* Has a process of its own, in the monitor's own network namespace, carry what comes in by sockets that lead somewhere. */
int forwarder_start(struct launch *launch, struct failure *failure);
/* Takes note of a child's end: a forwarder that was killed is replaced. */
void forwarder_ended(struct launch *launch, pid_t pid);
void forwarder_stop(struct launch *launch);
/* A socket leads nowhere any more. Connections go on when it was the last one. */
void forwarder_forget(struct launch *launch);

/* Pipes for stdio, or nothing with a terminal. */
int stdio_open(struct launch *launch);
/* Once init is cloned and its ids are mapped: the container's user owns the pipes. */
int stdio_give_to_user(struct launch *launch);
enum { COMMAND_CLONE_FLAGS = CLONE_PARENT | CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD };
/* Whether the command's process belongs into a pid namespace that others are in: it is cloned last, by a stage outside. */
bool joins_others(const struct plan *plan);
/* fork with the flags of clone(2); into a v2 cgroup where the plan has one. `out` gets the pidfd or pid that flags ask for. */
long clone_init(struct launch *launch, uint64_t flags, int *out);
/* Joins the namespaces that the plan gives as paths, except those of pids and the network. */
int join_planned(struct launch *launch);
/* What clone(2) is to make new, for a container. */
uint64_t new_namespaces(const struct launch *launch);
/* Takes the command's process, once it has been cloned, for the one that pid, signals and exit status are about. */
int command_adopt(struct launch *launch);
/* Clones init and its stage; ids are mapped when it returns 0, and init may join its cgroups and go on. */
int launch_clone(struct launch *launch);

/* Messages on the sync socket. */
enum sync_kind { SYNC_HELLO = 1, SYNC_GO, SYNC_TTY, SYNC_WARNING, SYNC_READY, SYNC_FAILED, SYNC_HOOKS };
struct sync_message {
  uint32_t kind;
  struct failure failure; /* FAILED; WARNING uses detail */
};
/* The part of a message that is sent: WARNING and FAILED whole, else the kind. */
int sync_send(int fd, enum sync_kind kind, const struct failure *failure, int passed_fd);
/* A message; its size, 0 when the other end is gone, or -1 and errno. `passed_fd` gets a descriptor that came along, or -1. */
ssize_t sync_receive(int fd, struct sync_message *message, int flags, int *passed_fd);

/* From init: waits for the monitor's go; ends when that has gone. */
void await_monitor(struct launch *launch);
/*
 * Whether init or stage must wait for what the monitor does to it: id maps, or an OOM score that it hands on to the command. What
 * else the monitor does is done before the command may run.
 */
bool awaits_go(const struct plan *plan);
/* From init or stage: says hello, but for an exec, and waits for the monitor's go where it must; ends when that has gone. */
void greet_monitor(struct launch *launch);
/* From init: the warnings the monitor has not heard of yet. */
void sync_send_warnings(struct launch *launch);

/* command-page.c: the monitor's side … */
int command_page_open(struct launch *launch);
/* Waits at most `ms` for the command's process to be ready. */
bool command_ready(const struct launch *launch, unsigned ms);
void command_release(struct launch *launch);
/* Takes the failure that the command's process or its stage left; false when there is none. */
bool command_failure(struct launch *launch);
/* … and that of the command's process. It ends when the monitor has. */
void command_wait(struct launch *launch);
void command_leave_failure(struct launch *launch);

/* The child's whole life up to execve. */
_Noreturn void init_main(struct launch *launch);
/* The stage outside of the pid namespace: all of it up to the clone of the command's process. */
_Noreturn void stage_main(struct launch *launch);
/* docker's exit code of a failed launch */
int failure_exit_code(const struct failure *failure);
/* Ends init or stage with launch->failure reported. */
_Noreturn void give_up(struct launch *launch);
int setup_ops_run(struct launch *launch, int *tty_slave);
/* A terminal of the devpts at `root`/dev/pts, its slave owned by `uid`. */
int tty_open(int root, const struct stdio_plan *stdio, uint32_t uid, int *master, int *slave);
