#include "keeper.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/poll.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "inherited-state.h"
#include "keeper-state.h"
#include "sys.h"

enum { LOCK_HELD = 3 };

static int reap(struct keeper *k) {
  struct signalfd_siginfo info[8];
  while (read(k->signals, info, sizeof info) > 0) {}
  int result = -1;
  for (;;) {
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid <= 0) return result;
    if (pid == k->engine)
      result = engine_ended(k, status);
    else
      shims_ended(k, pid, status);
  }
}

static int serve(struct keeper *k) {
  for (;;) {
    uint64_t now = monotonic_ms();
    if (k->engine == 0 && now >= k->restart_at) start_engine(k);
    engine_socket_flush(k);
    int timeout = k->restart_at > now ? (int)(k->restart_at - now) : -1;
    struct pollfd set[2] = {{.fd = k->signals, .events = POLLIN},
                          {.fd = k->socket, .events = (short)(POLLIN | (buffer_size(&k->out) ? POLLOUT : 0))}};
    if (poll(set, 2, timeout) < 0 && errno != EINTR) return 1;
    if (set[1].revents & (POLLIN | POLLHUP | POLLERR) && k->socket >= 0) engine_socket_readable(k);
    if (set[0].revents) {
      int result = reap(k);
      if (result >= 0) return result;
    }
  }
}

/* The actual keeper, in a child of the process that was started; `status` is written to once when it is ready. */
static int keep(struct keeper *k, int status) {
  setsid();
  drop_inherited_state();
  set_process_title("tcompose-keeper", k->options.run);
  for (unsigned i = 0; i < k->options.cgroup_count; i++)
    if (write_file_at(AT_FDCWD, k->options.cgroups[i], "0", 1) < 0) say(k, "cannot join %s: %s", k->options.cgroups[i], strerror(errno));
  sigset_t blocked;
  sigfillset(&blocked);
  sigdelset(&blocked, SIGTERM); /* ends the keeper; engine and shims stay */
  sigprocmask(SIG_SETMASK, &blocked, NULL);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  k->signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  if (k->signals < 0) return 1;
  write_pid(k->options.run);
  (void)boot_id(); /* for the shims, which are forks of this process */
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd < 3; fd++) dup2(fd == 0 ? null : k->log, fd);
  start_engine(k);
  uint8_t up = 0;
  write_all(status, &up, 1);
  close(status);
  return serve(k);
}

int keeper_main(int argc, char **argv, const char *binary) {
  static struct keeper k;
  k.binary = binary;
  k.socket = -1;
  if (!parse_options(&k.options, argc, argv)) {
    fprintf(stderr, "tcompose-shim keeper: --lib, --run and --engine NODE ENGINE_CJS are needed\n");
    return 1;
  }
  sys_close_range(3, ~0u, 0);
  if (mkdir(k.options.run, 0700) < 0 && errno != EEXIST) {
    fprintf(stderr, "tcompose keeper: %s: %s\n", k.options.run, strerror(errno));
    return 1;
  }
  int lock = take_lock(k.options.run);
  if (lock < 0 && errno == EWOULDBLOCK) return LOCK_HELD;
  k.log = open_log(k.options.run);
  if (lock < 0 || k.log < 0 || chdir("/") < 0) {
    fprintf(stderr, "tcompose keeper: %s: %s\n", k.options.run, strerror(errno));
    return 1;
  }
  int status[2];
  if (pipe2(status, O_CLOEXEC) < 0) return 1;
  pid_t pid = fork();
  if (pid < 0) return 1;
  if (pid == 0) {
    close(status[0]);
    _exit(keep(&k, status[1]));
  }
  close(status[1]);
  uint8_t up;
  return read(status[0], &up, 1) == 1 ? 0 : 1;
}
