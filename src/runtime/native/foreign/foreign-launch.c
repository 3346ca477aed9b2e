/* From the call of `create` or `exec` to the running command, and to the container's end. */
#include "foreign.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#include "monitor.h"
#include "sys.h"

/* The runtime may have to start a virtual machine. */
enum { CREATE_MS = 120000, START_MS = 60000, DELETE_MS = 10000 };

static const char *const task_names[] = {"", "create", "start", "exec"};

bool is_foreign(const struct monitor *m) { return m->launch.plan.foreign.present; }

bool foreign_busy(const struct monitor *m) { return m->foreign.task != FOREIGN_IDLE; }

static const struct foreign_plan *plan_of(const struct monitor *m) { return &m->launch.plan.foreign.value; }

/* Appends the end of what the runtime has written to `fd` to `text`, as one line. */
static void drain_words(int fd, char *text, size_t size) {
  char part[4096];
  for (ssize_t n; fd >= 0 && (n = read(fd, part, sizeof part)) > 0;) {
    for (ssize_t i = 0; i < n; i++) {
      size_t length = strlen(text);
      if (length + 1 >= size) memmove(text, text + size / 2, size - size / 2), length = strlen(text);
      char one = part[i];
      if (one == '\n' || one == 0) one = ' ';
      text[length] = one;
      text[length + 1] = 0;
    }
  }
}

/* Before the command runs, and if it never will, the runtime's messages are in the container's own pipes. */
static void take_words(struct monitor *m, bool command_runs, char *text, size_t size) {
  text[0] = 0;
  drain_words(m->foreign.words, text, size);
  close_fd(&m->foreign.words);
  if (!command_runs)
    for (int i = 1; i < 3; i++) drain_words(m->launch.monitor_stdio[i], text, size);
  for (size_t length = strlen(text); length > 0 && text[length - 1] == ' '; length--) text[length - 1] = 0;
}

static int begin(struct monitor *m, enum foreign_task task, const struct list *argv, struct foreign_stdio stdio, int ms) {
  struct failure *failure = &m->launch.failure;
  failure->phase = PHASE_RUNTIME;
  failure->step = -1;
  if (stdio.error < 0) {
    int ends[2];
    CHECK(pipe2(ends, O_CLOEXEC), "pipe", "stderr of the runtime");
    m->foreign.words = ends[0];
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    stdio.error = ends[1];
  }
  m->foreign.pid = foreign_run(m, argv, NULL, stdio);
  int error = errno;
  if (m->foreign.words >= 0) close(stdio.error);
  if (m->foreign.pid < 0) return fail(failure, "fork", error, "the runtime");
  m->foreign.task = task;
  m->foreign.deadline = monotonic_ms() + (uint64_t)ms;
  return 0;
}

/* `create` and `exec`: the runtime gets the container's stdio. */
static int begin_with_stdio(struct monitor *m, enum foreign_task task) {
  struct foreign_stdio stdio = {-1, -1, -1};
  if (m->launch.plan.stdio.tty) {
    if (console_socket_open(m) < 0) return -1;
  } else {
    stdio = (struct foreign_stdio){m->launch.stdio[0], m->launch.stdio[1], m->launch.stdio[2]};
  }
  return begin(m, task, &plan_of(m)->create, stdio, CREATE_MS);
}

int foreign_launch(struct monitor *m) {
  struct launch *launch = &m->launch;
  struct failure *failure = &launch->failure;
  if (stdio_give_to_user(launch) < 0) return -1;
  bool exec = launch->plan.kind == KIND_EXEC;
  int result = exec ? 0 : network_enter(launch);
  network_leave(launch);
  if (result < 0) return -1;
  if (launch->plan.namespaces.mount.kind == NS_NEW && foreign_root(m) < 0) return -1;
  /* not earlier: a descriptor stays in the mount namespace in which it was opened */
  m->foreign.bundle = open(plan_of(m)->bundle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  CHECK(m->foreign.bundle, "open", "%s", plan_of(m)->bundle);
  if (!exec) {
    m->foreign.made = true;
    return begin_with_stdio(m, FOREIGN_CREATE);
  }
  m->state = STATE_CREATED;
  if (launch->plan.wait_for_start) return 0; /* clients are told when they subscribe */
  foreign_start(m); /* reports its failure itself */
  return 0;
}

int foreign_start(struct monitor *m) {
  if (m->state != STATE_CREATED) return EBUSY;
  m->state = STATE_STARTING;
  int result = m->launch.plan.kind == KIND_EXEC ? begin_with_stdio(m, FOREIGN_EXEC)
                                                : begin(m, FOREIGN_START, &plan_of(m)->start, (struct foreign_stdio){-1, -1, -1}, START_MS);
  if (result == 0) return 0;
  monitor_failed(m);
  return EIO;
}

/*
 * The container's first process, from the pid file that the runtime has written. It is our child, so its pid can't be reused.
 */
static int take_init(struct monitor *m) {
  struct launch *launch = &m->launch;
  struct failure *failure = &launch->failure;
  char text[32];
  CHECK(read_file_at(m->foreign.bundle, "runtime.pid", text, sizeof text), "open", "the pid file of the runtime");
  long pid = strtol(text, NULL, 10);
  if (pid <= 1) return fail(failure, "pid", EPROTO, "the runtime has written no process id");
  int pidfd = sys_pidfd_open((pid_t)pid);
  CHECK(pidfd, "pidfd_open", "%ld", pid);
  launch->init_pid = (pid_t)pid;
  launch->init_pidfd = pidfd;
  launch->start_time = process_start_time(launch->host_proc, launch->init_pid);
  for (int i = 0; i < 3; i++) close_fd(&launch->stdio[i]);
  if (launch->plan.stdio.tty && console_socket_take(m) < 0) return -1;
  write_pid_file(m);
  return 0;
}

static void task_failed(struct monitor *m, enum foreign_task task, int status, const char *words) {
  struct failure *failure = &m->launch.failure;
  failure->phase = PHASE_RUNTIME;
  failure->step = -1;
  int code, signal;
  exit_of(status, &code, &signal);
  if (m->foreign.late)
    fail(failure, task_names[task], ETIMEDOUT, "it did not answer in time");
  else if (m->foreign.cancelled)
    fail(failure, task_names[task], ECANCELED, "it was interrupted");
  else
    fail(failure, task_names[task], 0, "%.400s", *words ? words : signal ? "it was killed" : "it says nothing of why");
  monitor_failed(m);
}

static void task_done(struct monitor *m, int status) {
  enum foreign_task task = m->foreign.task;
  char words[480];
  take_words(m, status == 0 && task != FOREIGN_CREATE, words, sizeof words);
  m->foreign.task = FOREIGN_IDLE;
  m->foreign.pid = 0;
  if (status != 0) {
    task_failed(m, task, status, words);
    return;
  }
  if (*words) warn(&m->launch, "%s", words);
  if (task != FOREIGN_START && take_init(m) < 0) {
    monitor_failed(m);
    return;
  }
  if (task != FOREIGN_CREATE) {
    monitor_running(m);
    return;
  }
  m->state = STATE_CREATED;
  if (m->launch.plan.wait_for_start)
    clients_tell_state(m);
  else
    foreign_start(m);
}

void foreign_reap(struct monitor *m) {
  struct signalfd_siginfo info[8];
  while (read(m->signals, info, sizeof info) > 0) {}
  for (;;) {
    int status;
    /* until the runtime has named the process, the container's init must not be reaped */
    pid_t pid = waitpid(foreign_busy(m) ? m->foreign.pid : -1, &status, WNOHANG);
    if (pid <= 0) return;
    if (foreign_busy(m)) {
      task_done(m, status);
    } else if (!foreign_kill_ended(m, pid, status)) {
      forwarder_ended(&m->launch, pid);
      monitor_child_ended(m, pid, status);
    }
  }
}

int foreign_overdue(struct monitor *m) {
  uint64_t now = monotonic_ms(), next = UINT64_MAX;
  if (foreign_busy(m) && m->foreign.deadline <= now && !m->foreign.late) {
    m->foreign.late = true;
    kill(m->foreign.pid, SIGKILL);
  } else if (foreign_busy(m) && !m->foreign.late) {
    next = m->foreign.deadline;
  }
  for (struct foreign_kill *one = m->foreign.kills; one; one = one->next) {
    if (one->deadline > now) {
      if (one->deadline < next) next = one->deadline;
    } else {
      kill(one->pid, SIGKILL);
      one->deadline = UINT64_MAX;
    }
  }
  return next == UINT64_MAX ? -1 : (int)(next - now);
}

void foreign_end(struct monitor *m) {
  if (foreign_busy(m)) {
    kill(m->foreign.pid, SIGKILL);
    foreign_wait(m->foreign.pid, DELETE_MS);
    m->foreign.task = FOREIGN_IDLE;
  }
  if (m->foreign.made) {
    pid_t pid = foreign_run(m, &plan_of(m)->delete_args, NULL, (struct foreign_stdio){-1, -1, -1});
    if (pid > 0) foreign_wait(pid, DELETE_MS);
    m->foreign.made = false;
  }
  close_fd(&m->foreign.words);
  close_fd(&m->foreign.console);
  foreign_root_leave(m);
}
