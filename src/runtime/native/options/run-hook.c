#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "options.h"
#include "sys.h"

static char **strings_of(const struct list *list, const char *instead) {
  char **strings = calloc(list->count + 2u, sizeof *strings);
  if (!strings) _exit(71);
  for (uint32_t i = 0; i < list->count; i++) strings[i] = (char *)*LIST_AT(const char *, *list, i);
  if (list->count == 0) strings[0] = (char *)instead;
  return strings;
}

/* In the child: nothing of ours except the pipes. */
static _Noreturn void become_hook(const struct hook_plan *hook, int input, int errors) {
  struct sigaction action = {.sa_handler = SIG_DFL};
  for (int n = 1; n < 65; n++) sigaction(n, &action, NULL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setpgid(0, 0);
  if (dup2(input, 0) < 0 || dup2(errors, 1) < 0 || dup2(errors, 2) < 0) _exit(71);
  sys_close_range(3, ~0u, 0);
  execve(hook->path, strings_of(&hook->args, hook->path), strings_of(&hook->env, NULL));
  const char *why = strerror(errno);
  if (write(2, why, strlen(why)) < 0) _exit(126);
  _exit(127);
}

/* The remaining work for the two pipes. */
struct talk {
  int input, errors;
  const char *state;
  char said[300];
  size_t said_size;
};

/* A hook need not read its state, and may print more than is kept. */
static void exchange(struct talk *talk, int timeout) {
  struct pollfd set[] = {{.fd = talk->input, .events = POLLOUT}, {.fd = talk->errors, .events = POLLIN}};
  if (poll(set, 2, timeout) <= 0) return;
  if (set[0].revents) {
    ssize_t n = *talk->state ? write(talk->input, talk->state, strlen(talk->state)) : -1;
    if (n > 0) talk->state += n;
    if ((n < 0 && errno != EAGAIN) || !*talk->state) close_fd(&talk->input);
  }
  if (set[1].revents) {
    char more[512];
    ssize_t n = read(talk->errors, more, sizeof more);
    size_t room = sizeof talk->said - 1 - talk->said_size, size = n > 0 ? (size_t)n : 0;
    if (size > room) size = room;
    memcpy(talk->said + talk->said_size, more, size);
    talk->said_size += size;
    if (n == 0 || (n < 0 && errno != EAGAIN)) close_fd(&talk->errors);
  }
}

/* Returns its wait status, or -1 when its time was over and it was killed. Processes that it left behind may hold the pipes. */
static int await_hook(pid_t pid, struct talk *talk, uint32_t seconds) {
  uint64_t deadline = monotonic_ms() + 1000ull * seconds;
  int status;
  for (;;) {
    pid_t ended = waitpid(pid, &status, WNOHANG);
    if (ended == pid) {
      while (talk->errors >= 0 && poll(&(struct pollfd){.fd = talk->errors, .events = POLLIN}, 1, 0) > 0) exchange(talk, 0);
      return status;
    }
    if (ended < 0 && errno != EINTR) return 0;
    if (seconds && monotonic_ms() >= deadline) {
      kill(-pid, SIGKILL);
      kill(pid, SIGKILL);
      while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
      return -1;
    }
    exchange(talk, 2);
  }
}

int run_hook(const struct hook_plan *hook, const char *point, const char *state, struct failure *failure) {
  int in[2], out[2];
  CHECK(pipe2(in, O_CLOEXEC), "hook", "pipe");
  CHECK(pipe2(out, O_CLOEXEC), "hook", "pipe");
  struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
  sigaction(SIGPIPE, &ignore, &before);
  pid_t pid = fork();
  if (pid == 0) become_hook(hook, in[0], out[1]);
  int error = errno;
  close(in[0]);
  close(out[1]);
  struct talk talk = {.input = in[1], .errors = out[0], .state = state};
  fcntl(in[1], F_SETFL, O_WRONLY | O_NONBLOCK);
  fcntl(out[0], F_SETFL, O_NONBLOCK);
  int status = pid < 0 ? 0 : await_hook(pid, &talk, hook->timeout);
  close_fd(&talk.input);
  close_fd(&talk.errors);
  sigaction(SIGPIPE, &before, NULL);
  if (pid < 0) return fail(failure, "hook", error, "fork for %s", hook->path);
  if (status == 0) return 0;
  if (status == -1) return fail(failure, "hook", ETIME, "%s hook %s took longer than %u s", point, hook->path, hook->timeout);
  talk.said[talk.said_size] = 0;
  bool killed = WIFSIGNALED(status);
  return fail(failure, "hook", ECANCELED, "%s hook %s ended with %s %d%s%s", point, hook->path, killed ? "signal" : "code",
              killed ? WTERMSIG(status) : WEXITSTATUS(status), talk.said_size ? ": " : "", talk.said);
}
