#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "keeper.h"
#include "monitor.h"
#include "options.h"
#include "pid1.h"
#include "probe.h"
#include "rootless.h"
#include "sealed.h"
#include "sys.h"
#include "watch.h"

static void read_to_end(int fd, struct buffer *to) {
  for (;;) {
    uint8_t *at = buffer_reserve(to, 65536);
    ssize_t n = read(fd, at, to->capacity - to->end);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    to->end += (size_t)n;
  }
}

static int complain(const char *what) {
  fprintf(stderr, "tcompose-shim: %s: %s\n", what, strerror(errno));
  return 1;
}

static int print_plan(void) {
  struct buffer in = {0}, out = {0};
  struct plan plan;
  struct arena arena = {0};
  read_to_end(0, &in);
  const char *error = plan_decode(in.data + in.start, buffer_size(&in), &plan, &arena);
  if (error) {
    fprintf(stderr, "tcompose-shim: %s\n", error);
  } else {
    plan_print(&plan, &out);
    write_all(1, out.data, buffer_size(&out));
  }
  arena_free(&arena);
  buffer_free(&in);
  buffer_free(&out);
  return error ? 1 : 0;
}

/* Carries out a plan's teardown, for a container whose shim ended before it. */
static int teardown(void) {
  struct buffer in = {0};
  static struct launch launch;
  read_to_end(0, &in);
  const char *error = plan_decode(in.data + in.start, buffer_size(&in), &launch.plan, &launch.arena);
  if (error)
    fprintf(stderr, "tcompose-shim: %s\n", error);
  else
    host_ops_teardown(&launch);
  arena_free(&launch.arena);
  buffer_free(&in);
  return error ? 1 : 0;
}

/* Sends a signal to a process that is identified by its start time as well, because its pid may have been reused. */
static int send_signal(char **words) {
  pid_t pid = (pid_t)strtol(words[0], NULL, 10);
  int fd = sys_pidfd_open(pid), proc = open_proc();
  if (fd < 0 || proc < 0) return complain(words[0]);
  if (process_start_time(proc, pid) != strtoull(words[1], NULL, 10)) {
    errno = ESRCH;
    return complain(words[0]);
  }
  return sys_pidfd_send_signal(fd, (int)strtol(words[2], NULL, 10)) < 0 ? complain(words[0]) : 0;
}

/*
 * Starts one shim without a keeper; its plan is read from `plan_fd`. `caller_fds` descriptors of the caller are passed to the
 * command (caller.c).
 */
static int spawn(int plan_fd, unsigned caller_fds) {
  struct buffer in = {0};
  struct plan plan;
  struct arena arena = {0};
  read_to_end(plan_fd, &in);
  const char *error = plan_decode(in.data + in.start, buffer_size(&in), &plan, &arena);
  if (error) {
    fprintf(stderr, "tcompose-shim: %s\n", error);
    return 1;
  }
  int run_dir = open(plan.run_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (run_dir < 0) return complain(plan.run_dir);
  int listener = monitor_listen(run_dir);
  if (listener < 0) return complain("shim.sock");
  pid_t pid = fork();
  if (pid < 0) return complain("fork");
  if (pid == 0) monitor_run(listener, run_dir, in.data + in.start, buffer_size(&in), caller_fds, false);
  arena_free(&arena);
  buffer_free(&in);
  return 0;
}

/*
 * Runs a program of the caller's, found by its PATH, with the identity that this process has taken on (rootless_main); 126 and
 * 127 as in a shell.
 */
static int run_command(const char *directory, char **words) {
  unsetenv("TCOMPOSE_NETWORK");
  if (chdir(directory) < 0) {
    complain(directory);
    return 126;
  }
  execvp(words[0], words);
  int status = errno == ENOENT ? 127 : 126;
  complain(words[0]);
  return status;
}

static int usage(void) {
  fprintf(stderr,
          "usage: tcompose-shim keeper --lib DIR --run DIR [--cgroup PROCS_FILE]... [--node-option OPTION]... --engine NODE ENGINE_CJS\n"
          "       tcompose-shim spawn < plan\n"
          "       tcompose-shim spawn-for-caller PRESERVED_FDS (the plan at the descriptor behind those)\n"
          "       tcompose-shim teardown < plan\n"
          "       tcompose-shim signal PID START_TIME SIGNAL\n"
          "       tcompose-shim plan-print < plan\n"
          "       tcompose-shim watch (see watch.h)\n"
          "       tcompose-shim rootless RUN PID -- MODE ... (see rootless.h)\n"
          "       tcompose-shim command DIR PROGRAM ARGUMENTS...\n"
          "       tcompose-shim probe [user] (see probe.h)\n"
          "       tcompose-shim version\n");
  return 2;
}

/* Recognises the name under which it is started, which another runtime derives from the binary's path in the container. */
static bool called_as_init(const char *name) {
  const char *slash = strrchr(name, '/');
  return strcmp(slash ? slash + 1 : name, "tcompose-init") == 0;
}

int main(int argc, char **argv, char **envp) {
  if (argc > 1 && called_as_init(argv[0])) return pid1_main(argv + 1, envp);
  remember_title_area(argc, argv, envp);
  const char *mode = argc > 1 ? argv[1] : "";
  if (strcmp(mode, "version") == 0) {
    printf("plan %d protocol %d\n", PLAN_VERSION, PROTOCOL_VERSION);
    return 0;
  }
  if (strcmp(mode, "plan-print") == 0) return print_plan();
  if (strcmp(mode, "watch") == 0) {
    (void)signal(SIGPIPE, SIG_IGN);
    return watch_main();
  }
  if (strcmp(mode, "probe") == 0) return probe_main(argc > 2 && strcmp(argv[2], "user") == 0);
  if (strcmp(mode, "teardown") == 0) return teardown();
  if (strcmp(mode, "rootless") == 0) return rootless_main(argc - 2, argv + 2, envp);
  if (strcmp(mode, "command") == 0 && argc > 3) return run_command(argv[2], argv + 3);
  if (strcmp(mode, "signal") == 0 && argc == 5) return send_signal(argv + 2);
  bool keeper = strcmp(mode, "keeper") == 0, for_caller = strcmp(mode, "spawn-for-caller") == 0 && argc == 3;
  if (!keeper && !for_caller && strcmp(mode, "spawn") != 0) return usage();
  if (run_sealed(argv, envp) < 0) return complain("cannot run from a sealed memfd");
  umask(022);
  /*
   * whatever the caller ignores: commands must not inherit that, and a process that ignores SIGCHLD never learns how its
   * children ended
   */
  for (int n = 1; n < 65; n++) (void)signal(n, SIG_DFL);
  (void)signal(SIGPIPE, SIG_IGN);
  if (keeper) return keeper_main(argc - 2, argv + 2, strdup(argv[0]));
  if (!for_caller) return spawn(0, 0);
  unsigned preserved = (unsigned)strtoul(argv[2], NULL, 10);
  if (preserved > MOST_PRESERVED || caller_fds_keep(preserved) < 0) return complain("the descriptors to preserve");
  return spawn(3 + (int)preserved, 3 + preserved);
}
