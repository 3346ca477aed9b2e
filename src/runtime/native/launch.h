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

/* Why a launch failed; passed from init to the monitor and on to the engine. */
struct failure {
  int32_t phase, step, error;
  char op[32];
  char detail[480];
};

/*
 * Memory that monitor, stage and the command's process share, instead of descriptors: whoever may trace a process can reach its
 * open descriptors. Another process of the container that may trace can write here too, so nothing in it is trusted beyond a
 * failure.
 */
struct command_page {
  uint32_t ready;   /* set by the command's process: it has no descriptor except stdio, and waits */
  uint32_t go;      /* set by the monitor */
  uint32_t monitor; /* a robust futex of the monitor: the kernel marks it when the monitor ends (get_robust_list(2)) */
  uint32_t pid;     /* the command's process as seen outside, for hooks; set by the monitor */
  uint32_t failed;  /* `failure` is final */
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

/* A held socket, and where the forwarder sends what arrives on it. */
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
  struct way by_ipv6; /* for IPv6 clients whose address has to be visible */
  uint8_t *state;     /* shared with the forwarder */
};

enum { FORWARD_SERVED, FORWARD_RELEASED, FORWARD_LEFT };

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
  uint32_t joined_step; /* the join-cgroup op that the clone itself has done */
  int *sources;   /* trees that the monitor has opened for init, by setup step, or NULL */
  int *join_fds;  /* by host op: an open cgroup.procs or tasks, or -1 */

  int sync[2];     /* SOCK_SEQPACKET: [0] monitor, [1] init or stage */
  int stdio[3];    /* init's ends: read, write, write; with a tty init makes them */
  int monitor_stdio[3];
  struct command_page *page;
  pid_t *command_pid; /* shared only by monitor and stage; the kernel writes it when the command's process is cloned */
  char *stage_stack;  /* its end */
  pid_t stage_pid;    /* 0 once it has ended */
  pid_t init_pid;     /* before there is a command: the stage that does the set-up outside of the pid namespace */
  int init_pidfd;
  uint64_t start_time;

  /* of the process that becomes the command */
  struct rights last_rights; /* without the right to load a filter */
  bool confined;
  struct rlimit *command_nproc; /* its limit of processes, if the stage's is one higher */
  uint64_t oom_kills;
};

/* Records the first failure and returns -1. `format` describes the object of the op. */
__attribute__((format(printf, 4, 5))) int fail(struct failure *failure, const char *op, int error, const char *format, ...);
/* Like fail, with errno. */
#define FAIL(failure, op, ...) fail(failure, op, errno, __VA_ARGS__)
/* Leaves a step of init with a failure. Descriptors stay open, because init ends next. */
#define CHECK(expression, op, ...)                              \
  do {                                                          \
    if ((expression) < 0) return FAIL(failure, op, __VA_ARGS__); \
  } while (0)

__attribute__((format(printf, 2, 3))) void warn(struct launch *launch, const char *format, ...);

/* Carries out host ops; `join-cgroup` files are opened by the monitor before the clone and written by init. */
int host_ops_run(struct launch *launch, const struct list *ops);
int host_ops_open_joins(struct launch *launch);
void host_ops_close_joins(struct launch *launch);
int host_ops_join(struct launch *launch);
/* Each op is tried even if others fail. */
void host_ops_teardown(struct launch *launch);
/*
 * Carries out the teardown's kill-cgroup ops early: without a pid namespace of its own, a container's other processes outlive
 * init.
 */
void host_ops_kill(struct launch *launch);
/* `oom_kill N` of a memory.oom_control or memory.events file; 0 if it is missing. */
uint64_t oom_kill_count(const char *path);

/*
 * Moves the monitor into the container's network namespace and carries out the plan's ops there; does nothing yet if init's
 * clone makes that namespace.
 */
int network_enter(struct launch *launch);
/* Like network_enter, once init has been cloned with a network namespace that its user namespace owns. */
int network_enter_init(struct launch *launch);
/* Whether init's clone makes the network namespace: a new user namespace must own it, or sysfs can't be mounted. */
bool network_by_clone(const struct launch *launch);
/* Returns to the host's; ends the process if that is impossible. */
void network_leave(struct launch *launch);
int network_ops_run(struct launch *launch, const struct list *ops, struct failure *failure);

int hold_socket(struct launch *launch, const struct op_hold_socket *op, struct failure *failure);
/* Keeps a copy of a socket that another process (pid, fd) holds. Returns 0 or an errno. */
int take_socket(struct launch *launch, const char *name, pid_t pid, int fd);
int release_socket(struct launch *launch, const char *name);
void release_all_sockets(struct launch *launch);
/* forward.c: a held socket is forwarded there from now on; nothing is forwarded before forwarder_start. */
int forward_socket(struct launch *launch, const struct op_forward *op, struct failure *failure);
/* Starts a separate process, in the monitor's own network namespace, that forwards what arrives on forwarded sockets. */
int forwarder_start(struct launch *launch, struct failure *failure);
/* Handles a child's end: a forwarder that was killed is replaced. */
void forwarder_ended(struct launch *launch, pid_t pid);
void forwarder_stop(struct launch *launch);
/* A socket is no longer forwarded: on return the forwarder accepts nothing from it. Its connections continue. */
void forwarder_forget(struct launch *launch, uint8_t *state);

/* Opens pipes for stdio; nothing with a terminal. */
int stdio_open(struct launch *launch);
/* Once init is cloned and its ids are mapped: makes the container's user the owner of the pipes. */
int stdio_give_to_user(struct launch *launch);
enum { COMMAND_CLONE_FLAGS = CLONE_PARENT | CLONE_VFORK | CLONE_PARENT_SETTID | SIGCHLD };
/* Whether the command's process is in a pid namespace with others: then a stage outside clones it last. */
bool joins_others(const struct plan *plan);
/* fork with the flags of clone(2); into a v2 cgroup if the plan has one. `out` gets the pidfd or pid that the flags request. */
long clone_init(struct launch *launch, uint64_t flags, int *out);
/* Joins the namespaces that the plan has as paths, except pid and network. */
int join_planned(struct launch *launch);
/* The namespaces that clone(2) has to make, for a container. */
uint64_t new_namespaces(const struct launch *launch);
/* Makes the command's process, once it has been cloned, the one to which pid, signals and exit status refer. */
int command_adopt(struct launch *launch);
/* Clones init and its stage; when it returns 0, ids are mapped, and init may join its cgroups and continue. */
int launch_clone(struct launch *launch);

/* Messages on the sync socket. */
enum sync_kind { SYNC_HELLO = 1, SYNC_GO, SYNC_TTY, SYNC_WARNING, SYNC_READY, SYNC_FAILED, SYNC_HOOKS };
struct sync_message {
  uint32_t kind;
  struct failure failure; /* FAILED; WARNING uses detail */
};
/* Sends a message: WARNING and FAILED in full, else only the kind. */
int sync_send(int fd, enum sync_kind kind, const struct failure *failure, int passed_fd);
/*
 * Receives a message; returns its size, 0 when the other end is gone, or -1 and errno. `passed_fd` gets a descriptor that came
 * with it, or -1.
 */
ssize_t sync_receive(int fd, struct sync_message *message, int flags, int *passed_fd);

/* Called by init: waits for the monitor's go; ends if the monitor has gone. */
void await_monitor(struct launch *launch);
/*
 * Whether init or stage must wait for something that the monitor does to it: id maps, or an OOM score that the command
 * inherits. Everything else that the monitor does is done before the command may run.
 */
bool awaits_go(const struct plan *plan);
/*
 * Called by init or stage: says hello, except for an exec, and waits for the monitor's go where necessary; ends if the monitor
 * has gone.
 */
void greet_monitor(struct launch *launch);
/* Called by init: sends the warnings that the monitor has not received yet. */
void sync_send_warnings(struct launch *launch);

/* command-page.c: the monitor's side … */
int command_page_open(struct launch *launch);
/* Waits at most `ms` for the command's process to be ready. */
bool command_ready(const struct launch *launch, unsigned ms);
void command_release(struct launch *launch);
/* Takes the failure that the command's process or its stage left; false if there is none. */
bool command_failure(struct launch *launch);
/* … and that of the command's process. It ends if the monitor has. */
void command_wait(struct launch *launch);
void command_leave_failure(struct launch *launch);

/* The child's whole life until execve. */
_Noreturn void init_main(struct launch *launch);
/* The stage outside of the pid namespace: everything until the clone of the command's process. */
_Noreturn void stage_main(struct launch *launch);
/* docker's exit code of a failed launch */
int failure_exit_code(const struct failure *failure);
/* Ends init or stage after reporting launch->failure. */
_Noreturn void give_up(struct launch *launch);
int setup_ops_run(struct launch *launch, int *tty_slave);
/* A terminal of the devpts at `root`/dev/pts, whose slave is owned by `uid`. */
int tty_open(int root, const struct stdio_plan *stdio, uint32_t uid, int *master, int *slave);
