/* From the first word of init to the recorded end. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "monitor.h"
#include "sys.h"

enum { DRAIN_OWN_PIDS_MS = 10000 };

/* What success and failure have in common at the end; `m->state` is the final one. */
static void finish(struct monitor *m) {
  log_close(&m->log);
  monitor_stdio_close(m);
  buffer_free(&m->stdin_pending);
  release_all_sockets(&m->launch);
  close_fd(&m->launch.netns);
  if (m->launch.plan.oom_counter.present && m->launch.init_pid > 0) m->oom_killed = oom_kill_count(m->launch.plan.oom_counter.value) > m->launch.oom_kills;
  foreign_end(m);
  host_ops_teardown(&m->launch);
  write_exit_file(m);
  clients_tell_log(m);
  clients_output_end(m);
  clients_tell_state(m);
  m->alone_since = monotonic_ms();
}

void monitor_failed(struct monitor *m) {
  struct launch *launch = &m->launch;
  if (launch->init_pid > 0 && !m->init_reaped) {
    kill(launch->init_pid, SIGKILL);
    while (waitpid(launch->init_pid, &m->wait_status, 0) < 0 && errno == EINTR) {}
    m->init_reaped = true;
  }
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
  if (sync_send(m->launch.sync[0], SYNC_START, NULL, -1) < 0) return errno;
  m->state = STATE_STARTING;
  return 0;
}

void monitor_running(struct monitor *m) {
  close_fd(&m->launch.sync[0]);
  m->started_at = realtime_ns();
  m->state = STATE_RUNNING;
  clients_tell_state(m);
}

/* One message of init, or the end of them. False when there is none. */
bool monitor_sync_readable(struct monitor *m) {
  struct launch *launch = &m->launch;
  struct sync_message message = {0};
  struct iovec data = {.iov_base = &message, .iov_len = sizeof message};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr envelope = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  ssize_t n = recvmsg(launch->sync[0], &envelope, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (n < (ssize_t)sizeof message.kind) {
    if (m->state == STATE_STARTING) {
      monitor_running(m); /* its end was closed by execve */
      return true;
    }
    fail(&launch->failure, "init", ESRCH, "the container's first process was killed while it was set up");
    monitor_failed(m);
    return true;
  }
  message.failure.detail[sizeof message.failure.detail - 1] = 0;
  message.failure.op[sizeof message.failure.op - 1] = 0;
  switch (message.kind) {
    case SYNC_TTY: {
      struct cmsghdr *c = CMSG_FIRSTHDR(&envelope);
      if (!c || c->cmsg_type != SCM_RIGHTS) return true;
      memcpy(&launch->monitor_stdio[1], CMSG_DATA(c), sizeof(int));
      fcntl(launch->monitor_stdio[1], F_SETFL, O_RDWR | O_NONBLOCK);
      return true;
    }
    case SYNC_WARNING:
      warn(launch, "%s", message.failure.detail);
      return true;
    case SYNC_READY:
      write_pid_file(m);
      m->state = STATE_CREATED;
      if (launch->plan.wait_for_start)
        clients_tell_state(m);
      else if (monitor_start(m) != 0)
        return true; /* the end of the socket says the rest */
      return true;
    case SYNC_FAILED:
      launch->failure = message.failure;
      monitor_failed(m);
      return true;
  }
  return true;
}

void monitor_child_ended(struct monitor *m, pid_t pid, int status) {
  if (pid != m->launch.init_pid) return; /* an orphan of a container that shares our pid namespace */
  m->init_reaped = true;
  m->wait_status = status;
  m->finished_at = realtime_ns();
  bool own_pids = m->launch.plan.namespaces.pid.kind == NS_NEW && m->launch.plan.kind == KIND_RUN;
  if (!own_pids) host_ops_kill(&m->launch);
  m->drain_until = monotonic_ms() + (own_pids ? DRAIN_OWN_PIDS_MS : DRAIN_MS);
}

void monitor_reap(struct monitor *m) {
  if (is_foreign(m)) {
    foreign_reap(m);
    return;
  }
  struct signalfd_siginfo info[8];
  while (read(m->signals, info, sizeof info) > 0) {}
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return;
    monitor_child_ended(m, pid, status);
  }
}
