/* The shim process: parent of one container's init, keeper of its output, sockets and exit status. */
#pragma once
#include <sys/poll.h>

#include "launch.h"
#include "log-writer.h"

enum state { STATE_SETUP, STATE_CREATED, STATE_STARTING, STATE_RUNNING, STATE_DRAINING, STATE_EXITED, STATE_FAILED };

struct client {
  struct client *next;
  int fd;
  struct buffer in, out;
  bool subscribed, logs, log_news;
  uint8_t streams; /* attached: 1 stdout, 2 stderr */
  bool attached, stdin_open;
  bool finishing; /* closed once `out` is sent */
  bool blocked;   /* its stdin frame waits for room */
  bool half_closed;
};

enum { LEAVE_MS = 10000, CLIENT_LIMIT = 4 << 20, CLIENT_CALM = 256 << 10, STDIN_LIMIT = 64 << 10 };

struct monitor {
  struct launch launch;
  enum state state;
  int listener, signals;
  struct client *clients;
  struct log_writer log;
  struct buffer stdin_pending;
  bool stdin_closing;
  int wait_status;
  bool init_reaped;
  bool oom_killed;
  uint64_t started_at, finished_at, drain_until, alone_since, logs_told, leave_by;
  bool log_news, leaving;
};

/* Never returns. `plan` is an encoded plan that the monitor may keep. */
_Noreturn void monitor_run(int listener, int run_dir, uint8_t *plan, size_t size);
/* Binds and listens on shim.sock in the open directory `run_dir`. */
int monitor_listen(int run_dir);

/* clients.c */
void clients_accept(struct monitor *m);
void client_readable(struct monitor *m, struct client *client);
void client_flush(struct client *client);
/* Frames of `client` that waited for room in stdin. */
void client_resume(struct monitor *m, struct client *client);
void clients_sweep(struct monitor *m); /* frees closed ones */
void clients_tell_state(struct monitor *m);
void clients_tell_log(struct monitor *m);
void clients_output(struct monitor *m, int stream, const uint8_t *data, size_t size);
void clients_output_end(struct monitor *m);
/* true while output is buffered for a client */
bool clients_owed(const struct monitor *m);
/* exec: true while an attached client has too much unread. */
bool clients_hold_back(const struct monitor *m);

/* What requests do. */
int monitor_start(struct monitor *m);
void monitor_stdin_flush(struct monitor *m);
void monitor_stdin_close(struct monitor *m);

/* exit-file.c */
void write_pid_file(const struct monitor *m);
void write_exit_file(const struct monitor *m);
/* docker's exit code of a failed launch */
int failure_exit_code(const struct failure *failure);
/* exit code and signal of a wait status */
void exit_of(int status, int *code, int *signal);
