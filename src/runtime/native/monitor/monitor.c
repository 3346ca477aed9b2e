/* The monitor's event loop. */
#include "monitor.h"

#include <errno.h>
#include <stdlib.h>

#include "sys.h"

enum { LINGER_MS = 60000, LOG_NEWS_MS = 10 };
/* Init starts on it, too. */
enum { STAGE_STACK = 256 << 10 };

static int sooner(int timeout, int64_t other) {
  if (other < 0) other = 0;
  return timeout < 0 || other < timeout ? (int)other : timeout;
}

static int next_timeout(struct monitor *m) {
  int64_t now = (int64_t)monotonic_ms();
  int timeout = log_flush_idle(&m->log, false);
  if (m->log_news) timeout = sooner(timeout, (int64_t)m->logs_told + LOG_NEWS_MS - now);
  if (m->state == STATE_READY) timeout = sooner(timeout, 1);
  if (m->init_reaped && m->state < STATE_EXITED && !clients_hold_back(m)) timeout = sooner(timeout, (int64_t)m->drain_until - now);
  int overdue = foreign_overdue(m);
  if (overdue >= 0) timeout = sooner(timeout, overdue);
  if (m->leaving) timeout = sooner(timeout, (int64_t)m->leave_by - now);
  if (m->state >= STATE_EXITED && !m->clients) timeout = sooner(timeout, (int64_t)m->alone_since + LINGER_MS - now);
  return timeout;
}

enum { FIXED = 6 };

static struct pollfd *poll_set(struct monitor *m, nfds_t *count) {
  static struct pollfd *set;
  static size_t capacity;
  size_t needed = FIXED + clients_count(m);
  if (needed > capacity) {
    set = realloc(set, (needed + 8) * sizeof *set);
    if (!set) _exit(71);
    capacity = needed + 8;
  }
  struct launch *launch = &m->launch;
  /* output is read once the command is known to run, so that it follows the start, also by the clock */
  bool hold = clients_hold_back(m) || m->state < STATE_RUNNING || foreign_busy(m);
  bool stdin_waits = buffer_size(&m->stdin_pending) > 0;
  bool tty = launch->plan.stdio.tty;
  set[0] = (struct pollfd){.fd = m->full ? -1 : m->listener, .events = POLLIN};
  set[1] = (struct pollfd){.fd = m->signals, .events = POLLIN};
  set[2] = (struct pollfd){.fd = launch->sync[0], .events = POLLIN};
  set[3] = (struct pollfd){.fd = hold ? -1 : launch->monitor_stdio[1], .events = (short)(POLLIN | (tty && stdin_waits ? POLLOUT : 0))};
  set[4] = (struct pollfd){.fd = hold ? -1 : launch->monitor_stdio[2], .events = POLLIN};
  set[5] = (struct pollfd){.fd = stdin_waits ? launch->monitor_stdio[0] : -1, .events = POLLOUT};
  clients_poll(m, set + FIXED);
  *count = needed;
  return set;
}

static void one_turn(struct monitor *m) {
  int timeout = next_timeout(m);
  bool held_back = clients_hold_back(m);
  nfds_t count;
  struct pollfd *set = poll_set(m, &count);
  if (poll(set, count, timeout) < 0 && errno != EINTR) _exit(74);
  if (set[1].revents) monitor_reap(m);
  if (set[2].revents) monitor_sync_readable(m);
  monitor_created(m, 0);
  for (int i = 1; i <= 2; i++)
    if (m->launch.monitor_stdio[i] >= 0 && set[2 + i].revents & (POLLIN | POLLHUP | POLLERR)) monitor_output_readable(m, i);
  clients_serve(m, set + FIXED);
  if (set[5].revents || set[3].revents & POLLOUT) monitor_stdin_flush(m);
  clients_resume(m);
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
  /* not before the stage has sent its last message */
  if (m->init_reaped && m->state < STATE_EXITED && m->launch.stage_pid == 0 && !foreign_busy(m)) {
    bool dry = m->launch.monitor_stdio[1] < 0 && m->launch.monitor_stdio[2] < 0;
    if (held_back || clients_hold_back(m)) m->drain_until = now + DRAIN_MS; /* the delay is the client's */
    if (dry || now >= m->drain_until) monitor_exited(m);
  }
}

_Noreturn void monitor_run(int listener, int run_dir, uint8_t *plan, size_t size, unsigned caller_fds, bool engine) {
  static struct monitor m;
  _Alignas(16) char stage_stack[STAGE_STACK]; /* in this frame, because it lasts as long as the process */
  monitor_take_place(&m, listener, run_dir, caller_fds);
  struct launch *l = &m.launch;
  m.engine = engine;
  m.foreign = FOREIGN_NONE;
  l->netns = l->host_netns = l->joined_pidns = l->join_pidfd = l->init_pidfd = l->sync[0] = l->sync[1] = -1;
  l->stage_stack = stage_stack + sizeof stage_stack;
  for (int i = 0; i < 3; i++) l->stdio[i] = l->monitor_stdio[i] = -1;
  const char *error = plan_decode(plan, size, &l->plan, &l->arena);
  set_process_title("tcompose-shim", l->plan.id && !error ? l->plan.id : "?");
  if (error) {
    l->plan = (struct plan){.id = "", .run_dir = ""};
    fail(&l->failure, "plan", EINVAL, "%s", error);
    monitor_failed(&m);
  } else if (monitor_launch(&m) < 0) {
    monitor_failed(&m);
  }
  /* a client that reads slowly still gets the rest of its data */
  while (!m.leaving || (clients_owed(&m) && monotonic_ms() < m.leave_by)) {
    one_turn(&m);
    if (m.clients || m.state < STATE_EXITED) m.alone_since = monotonic_ms();
    if (m.left && !clients_owed(&m)) break;
    if (m.state >= STATE_EXITED && monotonic_ms() - m.alone_since >= LINGER_MS) break;
  }
  unlinkat(l->run_dir, "shim.sock", 0);
  _exit(0);
}
