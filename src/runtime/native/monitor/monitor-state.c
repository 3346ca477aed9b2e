/* From the first message of init to the recorded exit. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "monitor.h"
#include "options.h"
#include "sys.h"

/* READY_MS: how long the monitor waits for the last steps of the command's process, which can't wake its poll. */
enum { DRAIN_OWN_PIDS_MS = 10000, READY_MS = 2 };

/* The common end of success and failure; `m->state` is the final one. */
static void finish(struct monitor *m) {
  log_close(&m->log);
  monitor_stdio_close(m);
  buffer_free(&m->stdin_pending);
  forwarder_stop(&m->launch);
  release_all_sockets(&m->launch);
  close_fd(&m->launch.netns);
  if (m->launch.plan.oom_counter.present && m->launch.init_pid > 0)
    m->oom_killed = oom_kill_count(m->launch.plan.oom_counter.value) > m->launch.oom_kills;
  foreign_end(m);
  host_ops_teardown(&m->launch);
  write_exit_file(m);
  clients_tell_log(m);
  clients_output_end(m);
  clients_tell_state(m);
  m->alone_since = monotonic_ms();
}

static void end_process(pid_t pid, int *status) {
  kill(pid, SIGKILL);
  while (waitpid(pid, status, 0) < 0 && errno == EINTR) {}
}

/* Whether its caller waits for the command, once that is created. */
static bool outlives(const struct monitor *m) {
  const struct plan *plan = &m->launch.plan;
  return plan->caller.present && plan->caller.value.outlives && m->state >= STATE_CREATED;
}

void monitor_failed(struct monitor *m) {
  struct launch *launch = &m->launch;
  m->left = outlives(m);
  /* the stage first: after it has ended nothing more is cloned */
  pid_t stage = launch->stage_pid;
  if (stage > 0) end_process(stage, &m->wait_status);
  if (stage > 0 && stage == launch->init_pid) m->init_reaped = true;
  launch->stage_pid = 0;
  pid_t former = launch->init_pid;
  command_adopt(launch);
  bool there = launch->init_pid > 0 && (launch->init_pid != former || !m->init_reaped);
  if (there && outlives(m))
    kill(launch->init_pid, SIGKILL);
  else if (there)
    end_process(launch->init_pid, &m->wait_status);
  m->init_reaped = launch->init_pid > 0;
  close_fd(&launch->sync[0]);
  m->finished_at = realtime_ns();
  m->state = STATE_FAILED;
  finish(m);
}

void monitor_exited(struct monitor *m) {
  m->state = STATE_EXITED;
  finish(m);
}

int monitor_start(struct monitor *m) {
  if (is_foreign(m)) return foreign_start(m);
  if (m->state != STATE_CREATED) return EBUSY;
  command_release(&m->launch);
  m->state = STATE_STARTING;
  return 0;
}

void monitor_running(struct monitor *m) {
  close_fd(&m->launch.sync[0]);
  m->started_at = realtime_ns();
  m->state = STATE_RUNNING;
  clients_tell_state(m);
}

void monitor_created(struct monitor *m, unsigned wait_ms) {
  if (m->state != STATE_READY || !command_ready(&m->launch, wait_ms)) return;
  if (command_adopt(&m->launch) < 0) {
    monitor_failed(m);
    return;
  }
  if (m->launch.plan.kind == KIND_RUN && joins_others(&m->launch.plan)) write_pid_file(m); /* nobody needs it for an exec */
  m->state = STATE_CREATED;
  if (m->launch.plan.wait_for_start)
    clients_tell_state(m);
  else
    monitor_start(m);
}

static bool take_terminal_of(struct monitor *m, int master) {
  struct launch *launch = &m->launch;
  if (master < 0) return true;
  if (launch->plan.caller.present && launch->plan.caller.value.console_socket.present) {
    launch->failure.phase = PHASE_SETUP;
    int result = console_socket_send(launch->plan.caller.value.console_socket.value, master, &launch->failure);
    close(master);
    if (result == 0) return true;
    monitor_failed(m);
    return false;
  }
  launch->monitor_stdio[1] = master;
  fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK);
  return true;
}

/* Runs the hooks in the machine's namespaces, while init waits. */
static bool run_own_hooks(struct monitor *m) {
  struct launch *launch = &m->launch;
  uint32_t pid = (uint32_t)launch->init_pid;
  launch->failure.phase = PHASE_SETUP;
  if (run_hooks(&launch->plan, HOOK_PRESTART, pid, &launch->failure) == 0 && run_hooks(&launch->plan, HOOK_CREATE_RUNTIME, pid, &launch->failure) == 0 &&
      sync_send(launch->sync[0], SYNC_GO, NULL, -1) == 0)
    return true;
  monitor_failed(m);
  return false;
}

bool monitor_sync_readable(struct monitor *m) {
  struct launch *launch = &m->launch;
  struct sync_message message;
  int passed;
  ssize_t size = sync_receive(launch->sync[0], &message, MSG_DONTWAIT, &passed);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (size <= 0) {
    close_fd(&launch->sync[0]); /* the stage's end decides what that means */
    return false;
  }
  switch (message.kind) {
    case SYNC_TTY:
      return take_terminal_of(m, passed);
    case SYNC_WARNING:
      warn(launch, "%s", message.failure.detail);
      break;
    case SYNC_READY:
      m->state = STATE_READY;
      /* while init does its last steps */
      if (!joins_others(&launch->plan)) write_pid_file(m);
      monitor_created(m, READY_MS);
      break;
    case SYNC_HOOKS:
      return run_own_hooks(m);
    case SYNC_FAILED:
      launch->failure = message.failure;
      monitor_failed(m);
      return false;
  }
  return true;
}

void monitor_child_ended(struct monitor *m, pid_t pid, int status) {
  if (pid != m->launch.init_pid) return; /* the stage, or an orphan of a container that shares our pid namespace */
  m->init_reaped = true;
  m->wait_status = status;
  m->finished_at = realtime_ns();
  bool own_pids = m->launch.plan.namespaces.pid.kind == NS_NEW && m->launch.plan.kind == KIND_RUN;
  if (!own_pids) host_ops_kill(&m->launch);
  m->drain_until = monotonic_ms() + (own_pids ? DRAIN_OWN_PIDS_MS : DRAIN_MS);
}

/* The command has been executed, or never will be. */
static void stage_ended(struct monitor *m) {
  while (m->launch.sync[0] >= 0 && monitor_sync_readable(m)) {}
  monitor_created(m, 0);
  if (m->state >= STATE_RUNNING) return;
  if (command_failure(&m->launch)) {
    monitor_failed(m);
  } else if (m->state == STATE_STARTING) {
    m->left = outlives(m);
    monitor_running(m);
  } else {
    fail(&m->launch.failure, "init", ESRCH, "the container's first process was killed while it was set up");
    monitor_failed(m);
  }
}

void monitor_reap(struct monitor *m) {
  if (is_foreign(m)) {
    foreign_reap(m);
    return;
  }
  struct signalfd_siginfo info[8];
  while (read(m->signals, info, sizeof info) > 0) {}
  struct launch *launch = &m->launch;
  bool staged = launch->stage_pid > 0;
  for (;;) {
    siginfo_t ended = {0};
    if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) < 0 || ended.si_pid == 0) break;
    command_adopt(launch); /* while it is possible: this may be the command's process */
    int status;
    if (ended.si_pid == launch->init_pid && outlives(m)) {
      if (launch->stage_pid > 0 && waitpid(launch->stage_pid, &status, 0) > 0) launch->stage_pid = 0;
      m->left = true;
      break;
    }
    pid_t pid = waitpid(ended.si_pid, &status, WNOHANG);
    if (pid > 0 && pid == launch->stage_pid) launch->stage_pid = 0;
    if (pid > 0) forwarder_ended(launch, pid);
    if (pid > 0) monitor_child_ended(m, pid, status);
  }
  if (staged && launch->stage_pid == 0) stage_ended(m);
}
