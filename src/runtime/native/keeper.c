#include "keeper.h"

#include <errno.h>
#include <stdarg.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "bytes.h"
#include "monitor.h"
#include "sys.h"

enum { SPAWN = 1, LIST, SHUTDOWN, SERVES };
enum { HELLO = 128, SPAWNED, SPAWN_FAILED, SHIMS, SHIM_GONE };
enum { BACKOFF_FIRST = 100, BACKOFF_MOST = 5000, STEADY_MS = 10000, RAPID_ENDS = 5, LOCK_HELD = 3, LOG_MOST = 4 << 20 };

struct shim {
  struct shim *next;
  pid_t pid;
  char run_dir[];
};

struct options {
  const char *lib, *run, *node, *engine;
  const char *cgroups[32];
  unsigned cgroup_count;
};

struct keeper {
  struct options options;
  const char *binary; /* the file this was started from */
  int signals, log;
  struct shim *shims;
  pid_t engine;
  int socket; /* to the engine, -1 without one */
  struct buffer in, out;
  uint64_t engine_since, restart_at;
  uint64_t ends[RAPID_ENDS];
  uint32_t restarts;
  int backoff;
  bool shutdown, serves;
};

__attribute__((format(printf, 2, 3))) static void say(struct keeper *k, const char *format, ...) {
  struct buffer line = {0};
  char text[512];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  put_format(&line, "tcompose keeper: %s\n", text);
  write_all(k->log, line.data, buffer_size(&line));
  buffer_free(&line);
}

/* Copies: the arguments' memory becomes the process title. */
static bool parse_options(struct options *o, int argc, char **argv) {
  for (int i = 0; i < argc; i++)
    if (!(argv[i] = strdup(argv[i]))) return false;
  for (int i = 0; i < argc;) {
    if (i + 2 < argc && strcmp(argv[i], "--engine") == 0) {
      o->node = argv[i + 1];
      o->engine = argv[i + 2];
      i += 3;
      continue;
    }
    if (i + 1 >= argc) return false;
    if (strcmp(argv[i], "--lib") == 0)
      o->lib = argv[i + 1];
    else if (strcmp(argv[i], "--run") == 0)
      o->run = argv[i + 1];
    else if (strcmp(argv[i], "--cgroup") == 0 && o->cgroup_count < sizeof o->cgroups / sizeof *o->cgroups)
      o->cgroups[o->cgroup_count++] = argv[i + 1];
    else
      return false;
    i += 2;
  }
  return o->lib && o->run && o->node && o->engine;
}

static void flush_out(struct keeper *k) {
  while (k->socket >= 0 && buffer_size(&k->out) > 0) {
    ssize_t n = send(k->socket, k->out.data + k->out.start, buffer_size(&k->out), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;
    buffer_consume(&k->out, (size_t)n);
  }
}

static void drop_socket(struct keeper *k) {
  if (k->socket >= 0) close(k->socket);
  k->socket = -1;
  buffer_free(&k->in);
  buffer_free(&k->out);
}

static _Noreturn void become_engine(struct keeper *k, int socket) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  signal(SIGPIPE, SIG_DFL);
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
  char *argv[] = {(char *)k->options.node, (char *)k->options.engine, "--lib", (char *)k->options.lib, "--run", (char *)k->options.run, NULL};
  execv(k->options.node, argv);
  fprintf(stderr, "tcompose keeper: cannot execute %s: %s\n", k->options.node, strerror(errno));
  _exit(127);
}

static void start_engine(struct keeper *k) {
  int pair[2];
  k->restart_at = 0;
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
    k->restart_at = monotonic_ms() + BACKOFF_MOST;
    return;
  }
  fflush(NULL);
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
  size_t frame = frame_begin(&k->out, HELLO);
  put_u32(&k->out, PROTOCOL_VERSION);
  put_u32(&k->out, PLAN_VERSION);
  put_u32(&k->out, (uint32_t)getpid());
  put_u32(&k->out, k->restarts);
  frame_end(&k->out, frame);
  flush_out(k);
}

static void describe_end(int status, char *to, size_t size) {
  if (WIFSIGNALED(status))
    snprintf(to, size, "was killed by signal %d", WTERMSIG(status));
  else
    snprintf(to, size, "exited with %d", WEXITSTATUS(status));
}

/* Returns the keeper's exit status, or -1 to go on. */
static int engine_ended(struct keeper *k, int status) {
  uint64_t now = monotonic_ms();
  k->engine = 0;
  drop_socket(k);
  if (k->shutdown || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) return 0;
  char how[64];
  describe_end(status, how, sizeof how);
  if (now - k->engine_since >= STEADY_MS) k->backoff = 0;
  if (k->serves) {
    /* It can start: whatever ended it may not keep the next one from starting, or make clients wait for long. */
    memset(k->ends, 0, sizeof k->ends);
    if (k->backoff > BACKOFF_FIRST) k->backoff = BACKOFF_FIRST;
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

static void shim_ended(struct keeper *k, pid_t pid, int status) {
  for (struct shim **at = &k->shims; *at; at = &(*at)->next) {
    struct shim *shim = *at;
    if (shim->pid != pid) continue;
    *at = shim->next;
    if (k->socket >= 0) {
      size_t frame = frame_begin(&k->out, SHIM_GONE);
      put_u32(&k->out, (uint32_t)pid);
      put_text(&k->out, shim->run_dir);
      put_u32(&k->out, (uint32_t)status);
      frame_end(&k->out, frame);
    }
    free(shim);
    return;
  }
}

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
      shim_ended(k, pid, status);
  }
}

static void spawn_failed(struct keeper *k, uint32_t seq, int error, const char *what) {
  size_t frame = frame_begin(&k->out, SPAWN_FAILED);
  put_u32(&k->out, seq);
  put_u32(&k->out, (uint32_t)error);
  put_text(&k->out, what);
  frame_end(&k->out, frame);
}

static void spawn(struct keeper *k, uint32_t seq, const char *path, const uint8_t *plan, uint32_t size) {
  int run_dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (run_dir < 0) {
    spawn_failed(k, seq, errno, path);
    return;
  }
  int listener = monitor_listen(run_dir);
  if (listener < 0) {
    spawn_failed(k, seq, errno, "shim.sock");
    close(run_dir);
    return;
  }
  struct shim *shim = malloc(sizeof *shim + strlen(path) + 1);
  if (!shim) _exit(71);
  strcpy(shim->run_dir, path);
  pid_t pid = fork();
  if (pid == 0) monitor_run(listener, run_dir, (uint8_t *)plan, size);
  int error = errno;
  close(listener);
  close(run_dir);
  if (pid < 0) {
    spawn_failed(k, seq, error, "fork");
    free(shim);
    return;
  }
  shim->pid = pid;
  shim->next = k->shims;
  k->shims = shim;
  size_t frame = frame_begin(&k->out, SPAWNED);
  put_u32(&k->out, seq);
  put_u32(&k->out, (uint32_t)pid);
  frame_end(&k->out, frame);
}

static void list_shims(struct keeper *k, uint32_t seq) {
  uint32_t count = 0;
  for (struct shim *shim = k->shims; shim; shim = shim->next) count++;
  size_t frame = frame_begin(&k->out, SHIMS);
  put_u32(&k->out, seq);
  put_u32(&k->out, count);
  for (struct shim *shim = k->shims; shim; shim = shim->next) {
    put_u32(&k->out, (uint32_t)shim->pid);
    put_text(&k->out, shim->run_dir);
  }
  frame_end(&k->out, frame);
}

static void handle(struct keeper *k, struct reader *in) {
  uint8_t type = get_u8(in);
  if (type == SPAWN) {
    uint32_t seq = get_u32(in);
    const char *run_dir = get_text(in);
    uint32_t size = get_u32(in);
    const uint8_t *plan = get_raw(in, size);
    if (run_dir && plan) spawn(k, seq, run_dir, plan, size);
  } else if (type == LIST) {
    list_shims(k, get_u32(in));
  } else if (type == SHUTDOWN) {
    k->shutdown = true;
  } else if (type == SERVES) {
    k->serves = true;
  } else {
    in->bad = true;
  }
  if (in->bad) {
    say(k, "the engine sent a frame of type %u that is not understood", type);
    drop_socket(k);
  }
}

static void engine_readable(struct keeper *k) {
  uint8_t *at = buffer_reserve(&k->in, 65536);
  ssize_t n = recv(k->socket, at, k->in.capacity - k->in.end, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    drop_socket(k); /* its exit follows */
    return;
  }
  k->in.end += (size_t)n;
  while (k->socket >= 0 && buffer_size(&k->in) >= 4) {
    struct reader in = {.at = k->in.data + k->in.start, .end = k->in.data + k->in.end};
    uint32_t length = get_u32(&in);
    if (length > MAX_FRAME) {
      drop_socket(k);
      return;
    }
    if ((size_t)(in.end - in.at) < length) return;
    in.end = in.at + length;
    handle(k, &in);
    if (k->socket < 0) return;
    /* plans hold environments, and later shims are forks of this memory */
    explicit_bzero(k->in.data + k->in.start, 4 + (size_t)length);
    buffer_consume(&k->in, 4 + (size_t)length);
  }
  if (buffer_size(&k->in) == 0) buffer_free(&k->in);
}

static int serve(struct keeper *k) {
  for (;;) {
    uint64_t now = monotonic_ms();
    if (k->engine == 0 && now >= k->restart_at) start_engine(k);
    flush_out(k);
    int timeout = k->restart_at > now ? (int)(k->restart_at - now) : -1;
    struct pollfd set[2] = {{.fd = k->signals, .events = POLLIN}, {.fd = k->socket, .events = (short)(POLLIN | (buffer_size(&k->out) ? POLLOUT : 0))}};
    if (poll(set, 2, timeout) < 0 && errno != EINTR) return 1;
    if (set[1].revents & (POLLIN | POLLHUP | POLLERR) && k->socket >= 0) engine_readable(k);
    if (set[0].revents) {
      int result = reap(k);
      if (result >= 0) return result;
    }
  }
}

/* A log that has grown large is put aside once a keeper starts. */
static int open_log(const char *run) {
  char path[4096], old[4096 + 2];
  struct stat st;
  snprintf(path, sizeof path, "%s/engine.log", run);
  snprintf(old, sizeof old, "%s.1", path);
  if (stat(path, &st) == 0 && st.st_size > LOG_MOST) rename(path, old);
  return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* The lock lives as long as the keeper: shims and the engine close their copy of the descriptor. */
static int take_lock(const char *run) {
  char path[4096];
  snprintf(path, sizeof path, "%s/keeper.lock", run);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return -1;
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

static void write_pid(const char *run) {
  char path[4096], text[16];
  snprintf(path, sizeof path, "%s/keeper.pid", run);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return;
  write_all(fd, text, (size_t)snprintf(text, sizeof text, "%d\n", getpid()));
  close(fd);
}

/* The keeper proper, in a child of the process that was started; `status` is told once when it stands. */
static int keep(struct keeper *k, int status) {
  setsid();
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
  if (mkdir(k.options.run, 0711) < 0 && errno != EEXIST) {
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
