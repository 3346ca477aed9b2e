/*
 * A launch by another OCI runtime. The monitor calls its command line (`create`, `start`, `kill`, `delete`, or `exec`), becomes
 * the parent of the container's init as a subreaper, and otherwise works as for our own containers.
 */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "plan.h"

struct client;
struct monitor;

enum foreign_task { FOREIGN_IDLE, FOREIGN_CREATE, FOREIGN_START, FOREIGN_EXEC };

/* A signal being sent with the runtime's `kill`; `client` is NULL once it has disconnected. */
struct foreign_kill {
  struct foreign_kill *next;
  struct client *client;
  uint32_t seq;
  int signal;
  pid_t pid;
  uint64_t deadline;
};

struct foreign {
  enum foreign_task task;
  pid_t pid; /* the runtime process that carries out `task` */
  uint64_t deadline;
  bool late;      /* it was killed for having taken too long */
  bool cancelled; /* it was killed because a client wants the container's end */
  bool made;      /* `create` was called, so `delete` is needed */
  int words;      /* the runtime's messages, if stderr is not the container's; else -1 */
  int console;    /* socket that receives the terminal; or -1 */
  int bundle;     /* working directory of the runtime */
  int host_mounts; /* the mount namespace the monitor came from */
  struct foreign_kill *kills;
};

/* All descriptors closed. */
#define FOREIGN_NONE (struct foreign){.words = -1, .console = -1, .bundle = -1, .host_mounts = -1}

bool is_foreign(const struct monitor *m);
/* Whether the runtime is carrying out the container's start: the pipes may contain its own messages. */
bool foreign_busy(const struct monitor *m);

/* Everything up to the call of the runtime, instead of our own clone; -1 with the launch's failure. */
int foreign_launch(struct monitor *m);
/* Runs the command of a container or exec that is set up; an errno. */
int foreign_start(struct monitor *m);
/* Instead of monitor_reap. */
void foreign_reap(struct monitor *m);
/* Ends calls that take too long. Returns ms until the next is due, or -1. */
int foreign_overdue(struct monitor *m);
/* Has the runtime forget the container, and leaves the private mount namespace. */
void foreign_end(struct monitor *m);

/* Sends a signal and answers the client, now or when the runtime is done. */
void foreign_signal(struct monitor *m, struct client *client, uint32_t seq, int signal);
bool foreign_kill_ended(struct monitor *m, pid_t pid, int status);
void foreign_forget_client(struct monitor *m, const struct client *client);

/* runtime-process.c */
/* What a call of the runtime gets as stdin, stdout and stderr; -1: /dev/null. */
struct foreign_stdio {
  int in, out, error;
};
/* Forks and runs `argv` (followed by `last`, unless NULL) in the bundle's directory. Returns the pid or -1. */
pid_t foreign_run(const struct monitor *m, const struct list *argv, const char *last, struct foreign_stdio stdio);
/* Waits at most `ms`, then kills it. Returns its wait status. */
int foreign_wait(pid_t pid, int ms);

/* foreign-root.c */
/*
 * Makes a mount namespace for the monitor with the plan's root file system, and its network namespace as a file of the bundle.
 */
int foreign_root(struct monitor *m);
void foreign_root_leave(struct monitor *m);

/* console-socket.c */
int console_socket_open(struct monitor *m);
/* Takes the terminal that the runtime has sent. */
int console_socket_take(struct monitor *m);
