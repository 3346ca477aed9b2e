/* The shim process: parent of one container's init, which keeps its output, sockets and exit status. */
#pragma once
#include "clients.h"
#include "foreign.h"
#include "launch.h"
#include "log-writer.h"

/* READY: set up, but the command's process is not waiting yet. */
enum state { STATE_SETUP, STATE_READY, STATE_CREATED, STATE_STARTING, STATE_RUNNING, STATE_DRAINING, STATE_EXITED, STATE_FAILED };

/* Clients' stdin that the container has not taken yet. */
enum { STDIN_LIMIT = 64 << 10 };
/* How long to wait for output after the end of a container whose processes may survive. */
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
  bool left; /* the command is no longer ours: the nearest subreaper becomes the parent of it or of its remains */
};

/*
 * Never returns. `plan` is an encoded plan that the monitor may keep; `caller_fds` descriptors of the caller are kept
 * (caller.c). An engine asks the monitor for the pid; a caller without an engine finds it in a file.
 */
_Noreturn void monitor_run(int listener, int run_dir, uint8_t *plan, size_t size, unsigned caller_fds, bool engine);

/* monitor-start.c */
/* Binds and listens on shim.sock in the open directory `run_dir`. */
int monitor_listen(int run_dir);
/* Detaches from the process it was forked from: session, descriptors, signals. */
void monitor_take_place(struct monitor *m, int listener, int run_dir, unsigned caller_fds);
/* Carries out the plan up to init's clone; -1 with m->launch.failure. */
int monitor_launch(struct monitor *m);

/* monitor-state.c */
/* Runs the command of a container that waits for it; returns an errno. */
int monitor_start(struct monitor *m);
/* If the command's process waits for its start within `wait_ms`, the launch is created, and started if the plan says so. */
void monitor_created(struct monitor *m, unsigned wait_ms);
/* Handles one message of init or stage. False when there is none, or no more will follow. */
bool monitor_sync_readable(struct monitor *m);
void monitor_reap(struct monitor *m);
/* Handles the end of `pid`, which was reaped: does nothing unless it is the container's init. */
void monitor_child_ended(struct monitor *m, pid_t pid, int status);
/* The command runs from now on. */
void monitor_running(struct monitor *m);
void monitor_failed(struct monitor *m);
void monitor_exited(struct monitor *m);

/* monitor-stdio.c */
/* Passes output of one stream, 1 or 2, to the log's batch and to clients. */
void monitor_output_readable(struct monitor *m, int index);
void monitor_stdin_flush(struct monitor *m);
void monitor_stdin_close(struct monitor *m);
void monitor_stdio_close(struct monitor *m);

/* exit-file.c */
void write_pid_file(const struct monitor *m);
void write_exit_file(const struct monitor *m);
/* exit code and signal of a wait status */
void exit_of(int status, int *code, int *signal);
