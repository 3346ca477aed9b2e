/* The keeper's command line, and its files in the run directory. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "keeper-state.h"
#include "sys.h"

void say(struct keeper *k, const char *format, ...) {
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

/* The process title is written over the arguments. */
static char *copy_of(const char *argument) {
  char *copy = strdup(argument);
  if (!copy) _exit(71);
  return copy;
}

bool parse_options(struct options *o, int argc, char **argv) {
  for (int i = 0; i < argc;) {
    if (i + 2 < argc && strcmp(argv[i], "--engine") == 0) {
      o->node = copy_of(argv[i + 1]);
      o->engine = copy_of(argv[i + 2]);
      i += 3;
      continue;
    }
    if (i + 1 >= argc) return false;
    if (strcmp(argv[i], "--lib") == 0)
      o->lib = copy_of(argv[i + 1]);
    else if (strcmp(argv[i], "--run") == 0)
      o->run = copy_of(argv[i + 1]);
    else if (strcmp(argv[i], "--cgroup") == 0 && o->cgroup_count < sizeof o->cgroups / sizeof *o->cgroups)
      o->cgroups[o->cgroup_count++] = copy_of(argv[i + 1]);
    else if (strcmp(argv[i], "--node-option") == 0 && o->node_option_count < sizeof o->node_options / sizeof *o->node_options)
      o->node_options[o->node_option_count++] = copy_of(argv[i + 1]);
    else
      return false;
    i += 2;
  }
  return o->lib && o->run && o->node && o->engine;
}

enum { LOG_MOST = 4 << 20 };

/* A log that has grown large is rotated when a keeper starts. */
int open_log(const char *run) {
  char path[4096], old[4096 + 2];
  struct stat st;
  snprintf(path, sizeof path, "%s/engine.log", run);
  snprintf(old, sizeof old, "%s.1", path);
  if (stat(path, &st) == 0 && st.st_size > LOG_MOST) (void)rename(path, old);
  return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* The lock is held as long as the keeper lives: shims and the engine close their copy of the descriptor. */
int take_lock(const char *run) {
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

void write_pid(const char *run) {
  char path[4096], text[16];
  snprintf(path, sizeof path, "%s/keeper.pid", run);
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return;
  write_all(fd, text, (size_t)snprintf(text, sizeof text, "%d\n", getpid()));
  close(fd);
}
