/* One call of the other runtime's command line. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "foreign.h"
#include "monitor.h"
#include "sys.h"

static char **strings_of(const struct list *list, const char *last) {
  char **strings = calloc(list->count + 2u, sizeof *strings);
  if (!strings) _exit(71);
  for (uint32_t i = 0; i < list->count; i++) strings[i] = (char *)*LIST_AT(const char *, *list, i);
  strings[list->count] = (char *)last;
  return strings;
}

/* Like a newly started program: only its stdio, no signal ignored or blocked. It ends with the monitor. */
static _Noreturn void become(const struct monitor *m, const struct list *argv, const char *last, const struct foreign_stdio *stdio) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setsid();
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  int from[3] = {stdio->in < 0 ? null : stdio->in, stdio->out < 0 ? null : stdio->out, stdio->error < 0 ? null : stdio->error};
  if (null < 0 || fchdir(m->foreign.bundle) < 0) _exit(126);
  for (int i = 0; i < 3; i++)
    if (dup2(from[i], i) < 0) _exit(126);
  sys_close_range(3, ~0u, 0);
  struct sigaction action = {.sa_handler = SIG_DFL};
  for (int i = 1; i < 65; i++) sigaction(i, &action, NULL);
  umask(022);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  char **args = strings_of(argv, last), **env = strings_of(&m->launch.plan.foreign.value.env, NULL);
  execve(args[0], args, env);
  dprintf(2, "%s: %s\n", args[0], strerror(errno));
  free(args);
  free(env);
  _exit(127);
}

pid_t foreign_run(const struct monitor *m, const struct list *argv, const char *last, struct foreign_stdio stdio) {
  if (argv->count == 0) {
    errno = EINVAL;
    return -1;
  }
  pid_t pid = fork();
  if (pid == 0) become(m, argv, last, &stdio);
  return pid;
}

int foreign_wait(pid_t pid, int ms) {
  int status = 0, pidfd = sys_pidfd_open(pid);
  struct pollfd set = {.fd = pidfd, .events = POLLIN};
  if (pidfd < 0 || poll(&set, 1, ms) <= 0) kill(pid, SIGKILL);
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
  if (pidfd >= 0) close(pidfd);
  return status;
}
