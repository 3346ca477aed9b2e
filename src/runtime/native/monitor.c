#include "monitor.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "sys.h"

enum { READ_SIZE = 64 << 10, DRAIN_MS = 2000, DRAIN_OWN_PIDS_MS = 10000, LINGER_MS = 60000, LOG_NEWS_MS = 10 };

int monitor_listen(int run_dir) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/shim.sock", run_dir);
  unlinkat(run_dir, "shim.sock", 0);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  mode_t old = umask(0177);
  int result = bind(fd, (struct sockaddr *)&address, sizeof address);
  umask(old);
  if (result == 0 && listen(fd, 64) == 0) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

static void close_fd(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

static void close_stdio(struct monitor *m) {
  for (int i = 0; i < 3; i++) close_fd(&m->launch.monitor_stdio[i]);
}

/* What success and failure have in common at the end; `m->state` is the final one. */
static void finish(struct monitor *m) {
  log_flush_idle(&m->log, true);
  if (m->log.path) log_flush(&m->log);
  close_stdio(m);
  buffer_free(&m->stdin_pending);
  release_all_sockets(&m->launch);
  close_fd(&m->launch.netns);
  if (m->launch.plan.oom_counter.present && m->launch.init_pid > 0) m->oom_killed = oom_kill_count(m->launch.plan.oom_counter.value) > m->launch.oom_kills;
  host_ops_teardown(&m->launch);
  write_exit_file(m);
  clients_tell_log(m);
  clients_output_end(m);
  clients_tell_state(m);
  m->alone_since = monotonic_ms();
}

static void finish_failed(struct monitor *m) {
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

static void finish_exited(struct monitor *m) {
  m->state = STATE_EXITED;
  finish(m);
}

int monitor_start(struct monitor *m) {
  if (m->state != STATE_CREATED) return EBUSY;
  if (sync_send(m->launch.sync[0], SYNC_START, NULL, -1) < 0) return errno;
  m->state = STATE_STARTING;
  return 0;
}

void monitor_stdin_close(struct monitor *m) {
  m->stdin_closing = true;
  monitor_stdin_flush(m);
}

void monitor_stdin_flush(struct monitor *m) {
  int fd = m->launch.plan.stdio.tty ? m->launch.monitor_stdio[1] : m->launch.monitor_stdio[0];
  while (fd >= 0 && buffer_size(&m->stdin_pending) > 0) {
    ssize_t n = write(fd, m->stdin_pending.data + m->stdin_pending.start, buffer_size(&m->stdin_pending));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) {
      buffer_free(&m->stdin_pending); /* nobody reads it any more */
      close_fd(&m->launch.monitor_stdio[0]);
      return;
    }
    buffer_consume(&m->stdin_pending, (size_t)n);
  }
  if (buffer_size(&m->stdin_pending) == 0) {
    if (m->stdin_pending.capacity > 4096) buffer_free(&m->stdin_pending);
    if (m->stdin_closing) close_fd(&m->launch.monitor_stdio[0]);
  }
}

static void running(struct monitor *m) {
  close_fd(&m->launch.sync[0]);
  m->started_at = realtime_ns();
  m->state = STATE_RUNNING;
  clients_tell_state(m);
}

/* One message of init, or the end of them. False when there is none. */
static bool sync_readable(struct monitor *m) {
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
      running(m); /* its end was closed by execve */
      return true;
    }
    fail(&launch->failure, "init", ESRCH, "the container's first process was killed while it was set up");
    finish_failed(m);
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
      finish_failed(m);
      return true;
  }
  return true;
}

static void reap_children(struct monitor *m) {
  struct signalfd_siginfo info[8];
  while (read(m->signals, info, sizeof info) > 0) {}
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return;
    if (pid != m->launch.init_pid) continue; /* an orphan of a container that shares our pid namespace */
    m->init_reaped = true;
    m->wait_status = status;
    m->finished_at = realtime_ns();
    bool own_pids = m->launch.plan.namespaces.pid.kind == NS_NEW && m->launch.plan.kind == KIND_RUN;
    if (!own_pids) host_ops_kill(&m->launch);
    m->drain_until = monotonic_ms() + (own_pids ? DRAIN_OWN_PIDS_MS : DRAIN_MS);
  }
}

/* Output of one stream: to the log's batch and to clients. */
static void output_readable(struct monitor *m, int index) {
  static uint8_t data[READ_SIZE];
  int *fd = &m->launch.monitor_stdio[index];
  ssize_t n = read(*fd, data, sizeof data);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) { /* a terminal without a user gives EIO */
    close_fd(fd);
    return;
  }
  log_add(&m->log, index - 1, data, (size_t)n);
  clients_output(m, index - 1, data, (size_t)n);
}

static int sooner(int timeout, int64_t other) {
  if (other < 0) other = 0;
  return timeout < 0 || other < timeout ? (int)other : timeout;
}

static int next_timeout(struct monitor *m) {
  int64_t now = (int64_t)monotonic_ms();
  int timeout = log_flush_idle(&m->log, false);
  if (m->log_news) timeout = sooner(timeout, (int64_t)m->logs_told + LOG_NEWS_MS - now);
  if (m->init_reaped && m->state < STATE_EXITED && !clients_hold_back(m)) timeout = sooner(timeout, (int64_t)m->drain_until - now);
  if (m->leaving) timeout = sooner(timeout, (int64_t)m->leave_by - now);
  if (m->state >= STATE_EXITED && !m->clients) timeout = sooner(timeout, (int64_t)m->alone_since + LINGER_MS - now);
  return timeout;
}

enum { FIXED = 6 };

static struct pollfd *poll_set(struct monitor *m, nfds_t *count) {
  static struct pollfd *set;
  static size_t capacity;
  size_t needed = FIXED;
  for (struct client *c = m->clients; c; c = c->next) needed++;
  if (needed > capacity) {
    set = realloc(set, (needed + 8) * sizeof *set);
    if (!set) _exit(71);
    capacity = needed + 8;
  }
  struct launch *launch = &m->launch;
  bool hold = clients_hold_back(m);
  bool stdin_waits = buffer_size(&m->stdin_pending) > 0;
  bool tty = launch->plan.stdio.tty;
  set[0] = (struct pollfd){.fd = m->listener, .events = POLLIN};
  set[1] = (struct pollfd){.fd = m->signals, .events = POLLIN};
  set[2] = (struct pollfd){.fd = launch->sync[0], .events = POLLIN};
  set[3] = (struct pollfd){.fd = hold ? -1 : launch->monitor_stdio[1], .events = (short)(POLLIN | (tty && stdin_waits ? POLLOUT : 0))};
  set[4] = (struct pollfd){.fd = hold ? -1 : launch->monitor_stdio[2], .events = POLLIN};
  /* polled even without anything to write, for the error that says that nobody reads */
  set[5] = (struct pollfd){.fd = stdin_waits ? launch->monitor_stdio[0] : -1, .events = POLLOUT};
  size_t n = FIXED;
  for (struct client *c = m->clients; c; c = c->next) {
    short events = (short)((buffer_size(&c->out) > 0 ? POLLOUT : 0) | (c->blocked || c->half_closed ? 0 : POLLIN));
    set[n++] = (struct pollfd){.fd = c->blocked && events == 0 ? -1 : c->fd, .events = events};
  }
  *count = n;
  return set;
}

static void serve_clients(struct monitor *m, const struct pollfd *set) {
  size_t n = FIXED;
  for (struct client *c = m->clients; c; c = c->next, n++) {
    short got = set[n].revents;
    if (c->fd < 0 || got == 0) continue;
    if (got & POLLOUT) client_flush(c);
    if (c->fd >= 0 && got & (POLLIN | POLLHUP | POLLERR)) {
      if (c->half_closed && got & (POLLHUP | POLLERR)) {
        close(c->fd);
        c->fd = -1;
        buffer_free(&c->in);
        buffer_free(&c->out);
      } else if (!c->blocked) {
        client_readable(m, c);
      }
    }
  }
}

static void one_turn(struct monitor *m) {
  int timeout = next_timeout(m);
  bool held_back = clients_hold_back(m);
  nfds_t count;
  struct pollfd *set = poll_set(m, &count);
  if (poll(set, count, timeout) < 0 && errno != EINTR) _exit(74);
  if (set[1].revents) reap_children(m);
  bool output = (set[3].revents | set[4].revents) & (POLLIN | POLLHUP | POLLERR);
  if (set[2].revents) sync_readable(m);
  /* what the command says comes after its start, also by the clock */
  while (output && m->state == STATE_STARTING && sync_readable(m)) {}
  for (int i = 1; i <= 2; i++)
    if (m->launch.monitor_stdio[i] >= 0 && set[2 + i].revents & (POLLIN | POLLHUP | POLLERR)) output_readable(m, i);
  serve_clients(m, set);
  if (set[5].revents || set[3].revents & POLLOUT) monitor_stdin_flush(m);
  if (buffer_size(&m->stdin_pending) < STDIN_LIMIT)
    for (struct client *c = m->clients; c; c = c->next)
      if (c->blocked && c->fd >= 0) client_resume(m, c);
  if (set[0].revents) clients_accept(m);
  clients_sweep(m);

  log_flush_idle(&m->log, false);
  if (m->log.path && buffer_size(&m->log.batch) > 0) {
    log_flush(&m->log);
    m->log_news = true;
  }
  uint64_t now = monotonic_ms();
  if (m->log_news && now - m->logs_told >= LOG_NEWS_MS) {
    m->log_news = false;
    m->logs_told = now;
    clients_tell_log(m);
  }
  /* not before the sync socket has said its last word */
  if (m->init_reaped && m->state < STATE_EXITED && m->launch.sync[0] < 0) {
    bool dry = m->launch.monitor_stdio[1] < 0 && m->launch.monitor_stdio[2] < 0;
    if (held_back || clients_hold_back(m)) m->drain_until = now + DRAIN_MS; /* it is the client that takes its time */
    if (dry || now >= m->drain_until) finish_exited(m);
  }
}

static void take_place(struct monitor *m, int listener, int run_dir) {
  setsid();
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (chdir("/") < 0) _exit(70);
  int low_listener = fcntl(listener, F_DUPFD, 10), low_dir = fcntl(run_dir, F_DUPFD, 10), null = open("/dev/null", O_RDWR);
  if (low_listener < 0 || low_dir < 0 || null < 0) _exit(70);
  for (int fd = 0; fd < 3; fd++) dup2(null, fd);
  dup3(low_listener, 3, O_CLOEXEC);
  dup3(low_dir, 4, O_CLOEXEC);
  if (sys_close_range(5, ~0u, 0) < 0) _exit(70);
  m->listener = 3;
  m->launch.run_dir = 4;
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  m->signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  if (m->signals < 0) _exit(70);
}

static int open_handles(struct launch *launch) {
  struct failure *failure = &launch->failure;
  failure->phase = PHASE_HOST;
  failure->step = -1;
  launch->host_proc = open_proc();
  if (launch->host_proc < 0) return FAIL(failure, "open", "/proc");
  launch->self_exe = open("/proc/self/exe", O_PATH | O_CLOEXEC);
  if (launch->self_exe < 0) return FAIL(failure, "open", "/proc/self/exe");
  launch->host_pidns = openat(launch->host_proc, "self/ns/pid", O_RDONLY | O_CLOEXEC);
  if (launch->host_pidns < 0) return FAIL(failure, "open", "/proc/self/ns/pid");
  return 0;
}

static int launch(struct monitor *m) {
  struct launch *l = &m->launch;
  if (open_handles(l) < 0) return -1;
  if (l->plan.log.present && log_open(&m->log, l->plan.log.value.path, l->plan.log.value.max_size, l->plan.log.value.max_files) < 0) {
    m->log.path = NULL;
    return fail(&l->failure, "log", errno, "%s", l->plan.log.value.path);
  }
  if (host_ops_run(l, &l->plan.host) < 0) return -1;
  if (l->plan.oom_counter.present) l->oom_kills = oom_kill_count(l->plan.oom_counter.value);
  if (stdio_open(l) < 0) return -1;
  int result = network_enter(l);
  if (result == 0) result = launch_clone(l);
  network_leave(l);
  return result;
}

_Noreturn void monitor_run(int listener, int run_dir, uint8_t *plan, size_t size) {
  static struct monitor m;
  take_place(&m, listener, run_dir);
  struct launch *l = &m.launch;
  l->netns = l->host_netns = l->join_pidfd = l->init_pidfd = l->sync[0] = l->sync[1] = -1;
  for (int i = 0; i < 3; i++) l->stdio[i] = l->monitor_stdio[i] = -1;
  const char *error = plan_decode(plan, size, &l->plan, &l->arena);
  set_process_title("tcompose-shim", l->plan.id && !error ? l->plan.id : "?");
  if (error) {
    l->plan = (struct plan){.id = "", .run_dir = ""};
    fail(&l->failure, "plan", EINVAL, "%s", error);
    finish_failed(&m);
  } else if (launch(&m) < 0) {
    finish_failed(&m);
  }
  /* a client that reads slowly still gets what it is owed */
  while (!m.leaving || (clients_owed(&m) && monotonic_ms() < m.leave_by)) {
    one_turn(&m);
    if (m.clients || m.state < STATE_EXITED) m.alone_since = monotonic_ms();
    if (m.state >= STATE_EXITED && monotonic_ms() - m.alone_since >= LINGER_MS) break;
  }
  unlinkat(l->run_dir, "shim.sock", 0);
  _exit(0);
}
