/* Starts and restarts the engine, with increasing pauses, until it ends cleanly or too often. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "keeper-state.h"
#include "plan.h"
#include "sys.h"

enum { BACKOFF_FIRST = 100, BACKOFF_MOST = 5000, STEADY_MS = 10000 };

static _Noreturn void become_engine(struct keeper *k, int socket) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  (void)signal(SIGPIPE, SIG_DFL);
  int null = open("/dev/null", O_RDONLY);
  dup2(null, 0);
  dup2(k->log, 1);
  dup2(k->log, 2);
  if (socket == 3)
    fcntl(3, F_SETFD, 0);
  else
    dup2(socket, 3);
  sys_close_range(4, ~0u, 0);
  char fd[] = "TCOMPOSE_KEEPER_FD=3", pid[40], restarts[48];
  snprintf(pid, sizeof pid, "TCOMPOSE_KEEPER_PID=%d", getppid());
  snprintf(restarts, sizeof restarts, "TCOMPOSE_ENGINE_RESTARTS=%u", k->restarts);
  putenv(fd);
  putenv(pid);
  putenv(restarts);
  setenv("TCOMPOSE_SHIM", k->binary, 1);
  const struct options *o = &k->options;
  const char *argv[7 + sizeof o->node_options / sizeof *o->node_options];
  unsigned count = 0;
  argv[count++] = o->node;
  for (unsigned i = 0; i < o->node_option_count; i++) argv[count++] = o->node_options[i];
  const char *rest[] = {o->engine, "--lib", o->lib, "--run", o->run, NULL};
  memcpy(argv + count, rest, sizeof rest);
  execv(o->node, (char **)argv);
  fprintf(stderr, "tcompose keeper: cannot execute %s: %s\n", o->node, strerror(errno));
  _exit(127);
}

void start_engine(struct keeper *k) {
  int pair[2];
  k->restart_at = 0;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
    k->restart_at = monotonic_ms() + BACKOFF_MOST;
    return;
  }
  (void)fflush(NULL);
  pid_t pid = fork();
  if (pid == 0) become_engine(k, pair[1]);
  close(pair[1]);
  if (pid < 0) {
    close(pair[0]);
    k->restart_at = monotonic_ms() + BACKOFF_MOST;
    return;
  }
  fcntl(pair[0], F_SETFL, O_NONBLOCK);
  k->engine = pid;
  k->socket = pair[0];
  k->engine_since = monotonic_ms();
  k->serves = false;
  size_t frame = frame_begin(&k->out, KEEPER_HELLO);
  put_u32(&k->out, PROTOCOL_VERSION);
  put_u32(&k->out, PLAN_VERSION);
  put_u32(&k->out, (uint32_t)getpid());
  put_u32(&k->out, k->restarts);
  frame_end(&k->out, frame);
  engine_socket_flush(k);
}

static void describe_end(int status, char *to, size_t size) {
  if (WIFSIGNALED(status))
    snprintf(to, size, "was killed by signal %d", WTERMSIG(status));
  else
    snprintf(to, size, "exited with %d", WEXITSTATUS(status));
}

int engine_ended(struct keeper *k, int status) {
  uint64_t now = monotonic_ms();
  k->engine = 0;
  engine_socket_drop(k);
  if (k->shutdown || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) return 0;
  char how[64];
  describe_end(status, how, sizeof how);
  if (now - k->engine_since >= STEADY_MS) k->backoff = 0;
  if (k->serves) {
    /* It can start: whatever ended it may not prevent the next one from starting, and clients should not have to wait long. */
    memset(k->ends, 0, sizeof k->ends);
    if (k->backoff > BACKOFF_FIRST) k->backoff = BACKOFF_FIRST;
    k->unserved = 0;
  } else if (++k->unserved == UNSERVED_ENDS) {
    /* each of them was slow enough not to count as rapid: on a slow machine or a full disk that could continue for ever */
    say(k, "the engine %s; %d engines in a row ended before they served, giving up", how, UNSERVED_ENDS);
    return 1;
  }
  memmove(k->ends, k->ends + 1, sizeof k->ends - sizeof *k->ends);
  k->ends[RAPID_ENDS - 1] = now;
  if (k->ends[0] && now - k->ends[0] < STEADY_MS) {
    say(k, "the engine %s; it ended %d times within %d s, giving up", how, RAPID_ENDS, STEADY_MS / 1000);
    return 1;
  }
  say(k, "the engine %s; starting it again%s", how, k->backoff ? " after a pause" : "");
  k->restarts++;
  k->restart_at = now + (uint64_t)k->backoff;
  k->backoff = k->backoff ? k->backoff * 2 : BACKOFF_FIRST;
  if (k->backoff > BACKOFF_MOST) k->backoff = BACKOFF_MOST;
  return -1;
}
