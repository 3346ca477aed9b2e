/*
 * What a process can do to others of its pid namespace, for the tests beside it.
 *   neighbour quiet            ends at once, with nothing opened
 *   neighbour say TEXT         prints TEXT
 *   neighbour proc             prints the program of process 1 as /proc has it, with nothing opened
 *   neighbour watch CANARY     until SIGTERM: looks at all others through /proc and prints what is not theirs to show;
 *                              CANARY is the path of a file that only the host has. Last: `early N`, how often a process
 *                              was seen before it became its command.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t stop;
static void on_term(int signal) {
  (void)signal;
  stop = 1;
}

enum { MOST = 200 };
static char told[MOST][300];
static int told_count;
static unsigned early;

static void tell(const char *what, const char *text) {
  char line[300];
  snprintf(line, sizeof line, "%s %s", what, text);
  for (int i = 0; i < told_count; i++)
    if (strcmp(told[i], line) == 0) return;
  if (told_count == MOST) return;
  strcpy(told[told_count++], line);
  puts(line);
  fflush(stdout);
}

static int begins(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

static int link_of(const char *path, char *to, size_t size) {
  ssize_t length = readlink(path, to, size - 1);
  to[length < 0 ? 0 : length] = 0;
  return length > 0;
}

/* Every link in a directory but those that `mine` starts; /dev/zero is memory shared with a parent. */
static void look_into(const char *directory, const char *what, const char *const mine[]) {
  DIR *dir = opendir(directory);
  if (!dir) return;
  for (struct dirent *entry; (entry = readdir(dir));) {
    char path[400], target[300];
    snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
    if (entry->d_name[0] == '.' || !link_of(path, target, sizeof target)) continue;
    int known = 0;
    for (const char *const *one = mine; *one; one++) known |= begins(target, *one);
    if (!known) tell(what, target);
  }
  closedir(dir);
}

static void look_for_secrets(const char *pid) {
  char path[40], text[16384];
  snprintf(path, sizeof path, "/proc/%s/environ", pid);
  int fd = open(path, O_RDONLY);
  ssize_t size = fd < 0 ? 0 : read(fd, text, sizeof text);
  if (fd >= 0) close(fd);
  if (size > 0 && memmem(text, (size_t)size, "HOST_SECRET", 11)) tell("environ", "HOST_SECRET");
}

static void look_at(const char *pid, const char *canary) {
  static const char *const stdio[] = {"pipe:", "/dev/null", "/dev/pts/", NULL}, *const maps[] = {"/neighbour", "/memfd:tcompose-shim", "/dev/zero", NULL};
  char path[4300], target[300];
  snprintf(path, sizeof path, "/proc/%s/exe", pid);
  if (link_of(path, target, sizeof target)) {
    if (begins(target, "/memfd:tcompose-shim")) {
      early++;
      look_for_secrets(pid);
      if (open(path, O_RDWR) >= 0) tell("writable", target);
    } else if (strcmp(target, "/neighbour") != 0) {
      tell("exe", target);
    }
  }
  snprintf(path, sizeof path, "/proc/%s/fd", pid);
  look_into(path, "fd", stdio);
  snprintf(path, sizeof path, "/proc/%s/task/%s/fd", pid, pid);
  look_into(path, "task fd", stdio);
  snprintf(path, sizeof path, "/proc/%s/map_files", pid);
  look_into(path, "map", maps);
  for (int i = 0; i < 2; i++) {
    static const char *const ways[] = {"root", "cwd/../../../../../../../../../.."};
    snprintf(path, sizeof path, "/proc/%s/%s%s", pid, ways[i], canary);
    if (access(path, F_OK) == 0) tell("canary by", ways[i]);
  }
}

static int watch(const char *canary) {
  signal(SIGTERM, on_term);
  char self[20];
  snprintf(self, sizeof self, "%d", getpid());
  while (!stop) {
    DIR *proc = opendir("/proc");
    if (!proc) return 1;
    for (struct dirent *entry; (entry = readdir(proc));)
      if (entry->d_name[0] >= '0' && entry->d_name[0] <= '9' && strcmp(entry->d_name, self) != 0) look_at(entry->d_name, canary);
    closedir(proc);
  }
  printf("early %u\n", early);
  return 0;
}

/* By its link: a watcher cannot tell a descriptor that was opened here from one that was given. */
static int first_process(void) {
  char program[64];
  if (!link_of("/proc/1/exe", program, sizeof program)) return 1;
  printf("1 is %s\n", program);
  return 0;
}

int main(int argc, char **argv) {
  if (argc > 2 && strcmp(argv[1], "watch") == 0) return watch(argv[2]);
  if (argc > 1 && strcmp(argv[1], "proc") == 0) return first_process();
  if (argc > 2 && strcmp(argv[1], "say") == 0) puts(argv[2]);
  return 0;
}
