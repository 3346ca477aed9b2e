/* A monitor's first steps: its socket, its detachment, and the launch. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "monitor.h"
#include "options.h"
#include "sys.h"

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

void monitor_take_place(struct monitor *m, int listener, int run_dir, unsigned caller_fds) {
  setsid();
  /*
   * the environment of the shell that started the keeper: another process of the container that may trace would find it in a
   * process on its way into the container
   */
  forget_environment();
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  if (chdir("/") < 0) _exit(70);
  int low_listener = fcntl(listener, F_DUPFD, 10), low_dir = fcntl(run_dir, F_DUPFD, 10), null = open("/dev/null", O_RDWR);
  if (low_listener < 0 || low_dir < 0 || null < 0) _exit(70);
  for (int fd = 0; fd < 3; fd++) dup2(null, fd);
  dup3(low_listener, 3, O_CLOEXEC);
  dup3(low_dir, 4, O_CLOEXEC);
  if (caller_fds && sys_close_range(5, CALLER_FDS - 1, 0) < 0) _exit(70);
  if (sys_close_range(caller_fds ? CALLER_FDS + caller_fds : 5, ~0u, 0) < 0) _exit(70);
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
  return 0;
}

int monitor_launch(struct monitor *m) {
  struct launch *l = &m->launch;
  if (open_handles(l) < 0) return -1;
  if (l->plan.log.present && log_open(&m->log, &l->plan.log.value) < 0) {
    m->log.path = NULL;
    return fail(&l->failure, "log", errno, "%s", l->plan.log.value.path);
  }
  if (host_ops_run(l, &l->plan.host) < 0) return -1;
  if (l->plan.oom_counter.present) l->oom_kills = oom_kill_count(l->plan.oom_counter.value);
  if (stdio_open(l) < 0) return -1;
  if (is_foreign(m)) return foreign_launch(m);
  int result = network_enter(l);
  if (result == 0) result = launch_clone(l);
  network_leave(l);
  return result;
}
