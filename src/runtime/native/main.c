#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "keeper.h"
#include "monitor.h"
#include "pid1.h"
#include "sealed.h"
#include "sys.h"

static void read_stdin(struct buffer *to) {
  for (;;) {
    uint8_t *at = buffer_reserve(to, 65536);
    ssize_t n = read(0, at, to->capacity - to->end);
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
  read_stdin(&in);
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

/* One shim without a keeper. */
static int spawn(void) {
  struct buffer in = {0};
  struct plan plan;
  struct arena arena = {0};
  read_stdin(&in);
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
  if (pid == 0) monitor_run(listener, run_dir, in.data + in.start, buffer_size(&in));
  printf("%d\n", pid);
  arena_free(&arena);
  buffer_free(&in);
  return 0;
}

static int usage(void) {
  fprintf(stderr,
          "usage: tcompose-shim keeper --lib DIR --run DIR [--cgroup PROCS_FILE]... --engine NODE ENGINE_CJS\n"
          "       tcompose-shim spawn < plan\n"
          "       tcompose-shim plan-print < plan\n"
          "       tcompose-shim version\n");
  return 2;
}

/* By the name it is started under, which another runtime gives with the path the binary has in the container. */
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
  bool keeper = strcmp(mode, "keeper") == 0;
  if (!keeper && strcmp(mode, "spawn") != 0) return usage();
  if (run_sealed(argv, envp) < 0) return complain("cannot run from a sealed memfd");
  umask(022);
  (void)signal(SIGPIPE, SIG_IGN);
  (void)signal(SIGCHLD, SIG_DFL); /* one that ignores it is never told how its children ended */
  return keeper ? keeper_main(argc - 2, argv + 2, strdup(argv[0])) : spawn();
}
