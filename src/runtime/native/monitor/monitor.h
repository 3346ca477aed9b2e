/* The shim process: parent of one container's init, keeper of its output, sockets and exit status. */
#pragma once
#include "clients.h"
#include "foreign.h"
#include "launch.h"
#include "log-writer.h"

/* READY: set up, but the command's process is not yet waiting. */
enum state { STATE_SETUP, STATE_READY, STATE_CREATED, STATE_STARTING, STATE_RUNNING, STATE_DRAINING, STATE_EXITED, STATE_FAILED };

/* Stdin of clients that the container has not taken yet. */
enum { STDIN_LIMIT = 64 << 10 };
/* How long output is waited for after the end of a container whose processes may live on. */
enum { DRAIN_MS = 2000 };

struct monitor {
  struct launch launch;
  enum state state;
  int listener, signals;
  struct client *clients;
  bool full; /* no descriptor is left for another client */
  struct log_writer log;
  struct buffer stdin_pending;
  bool stdin_closing;
  int wait_status;
  bool init_reaped;
  bool oom_killed;
  uint64_t started_at, finished_at, drain_until, alone_since, logs_told, leave_by;
  bool log_news, leaving, engine;
  struct foreign foreign;
  bool left; /* the command is no longer ours: it, or what is left of it, goes to the nearest subreaper */
};

/*
 * Never returns. `plan` is an encoded plan that the monitor may keep; so many descriptors of the caller are kept (caller.c).
 * An engine asks the monitor for the pid; whoever starts one without an engine finds it in a file.
 */
_Noreturn void monitor_run(int listener, int run_dir, uint8_t *plan, size_t size, unsigned caller_fds, bool engine);

/* monitor-start.c */
/* Binds and listens on shim.sock in the open directory `run_dir`. */
int monitor_listen(int run_dir);
/* Away from the process it was forked from: session, descriptors, signals. */
void monitor_take_place(struct monitor *m, int listener, int run_dir, unsigned caller_fds);
/* Carries the plan out up to init's clone; -1 with m->launch.failure. */
int monitor_launch(struct monitor *m);

/* monitor-state.c */
/* Runs the command of a container that waits for it; an errno. */
int monitor_start(struct monitor *m);
/* When the command's process waits for its start, after at most `wait_ms`: the launch is created, and started where the plan says so. */
void monitor_created(struct monitor *m, unsigned wait_ms);
/* One message of init or stage. False when there is none, or none will follow. */
bool monitor_sync_readable(struct monitor *m);
void monitor_reap(struct monitor *m);
/* What follows when `pid` has been reaped: nothing, unless it is the container's init. */
void monitor_child_ended(struct monitor *m, pid_t pid, int status);
/* The command runs from now on. */
void monitor_running(struct monitor *m);
void monitor_failed(struct monitor *m);
void monitor_exited(struct monitor *m);

/* monitor-stdio.c */
/* Output of one stream, 1 or 2: to the log's batch and to clients. */
void monitor_output_readable(struct monitor *m, int index);
void monitor_stdin_flush(struct monitor *m);
void monitor_stdin_close(struct monitor *m);
void monitor_stdio_close(struct monitor *m);

/* exit-file.c */
void write_pid_file(const struct monitor *m);
void write_exit_file(const struct monitor *m);
/* exit code and signal of a wait status */
void exit_of(int status, int *code, int *signal);
