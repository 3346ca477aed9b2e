#include "pid1.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec-path.h"

static int run_command(char **argv, char **envp) {
  sigset_t none;
  sigemptyset(&none);
  setpgid(0, 0);
  if (isatty(0)) tcsetpgrp(0, getpgrp()); /* SIGTTOU is still blocked */
  sigprocmask(SIG_SETMASK, &none, NULL);
  exec_path(argv, envp);
  int code = errno == ENOENT || errno == ENOTDIR ? 127 : 126;
  fprintf(stderr, "tcompose-init: %s: %s\n", argv[0], strerror(errno));
  return code;
}

int pid1_main(char **argv, char **envp) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  pid_t child = fork();
  if (child < 0) return 125;
  if (child == 0) return run_command(argv, envp);
  for (;;) {
    int signal;
    if (sigwait(&all, &signal) != 0) continue;
    if (signal != SIGCHLD) {
      kill(child, signal);
      continue;
    }
    for (;;) {
      int status;
      pid_t pid = waitpid(-1, &status, WNOHANG);
      if (pid <= 0) break;
      if (pid == child) return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
  }
}
