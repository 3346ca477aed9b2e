/*
 * What a manager of containers such as conmon is to an OCI runtime, for tests: a subreaper that has the runtime create or exec, and
 * waits for the process named in the pid file, whose parent it has become.
 *
 *   caller PID_FILE [-t SOCKET] RUNTIME ARG...
 *
 * Lines on descriptor 9: `created CODE` when the runtime has ended, `terminal SIZE` for a terminal received, `exited CODE` or
 * `killed SIGNAL` of the process. What the terminal says goes to stdout.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int listen_at(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 1) < 0 ? -1 : fd;
}

static int receive_terminal(int listener) {
  int from = accept(listener, NULL, NULL), fd = -1;
  char text[256];
  struct iovec data = {.iov_base = text, .iov_len = sizeof text};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  if (recvmsg(from, &message, 0) <= 0) return -1;
  struct cmsghdr *c = CMSG_FIRSTHDR(&message);
  if (c && c->cmsg_type == SCM_RIGHTS) memcpy(&fd, CMSG_DATA(c), sizeof fd);
  struct winsize size = {0};
  ioctl(fd, TIOCGWINSZ, &size);
  dprintf(9, "terminal %dx%d\n", size.ws_col, size.ws_row);
  return fd;
}

static pid_t read_pid(const char *path) {
  char text[32] = "";
  FILE *file = fopen(path, "r");
  if (!file || !fgets(text, sizeof text, file)) return -1;
  fclose(file);
  return (pid_t)strtol(text, NULL, 10);
}

/* Until nobody has the terminal open any more. */
static void pump(int terminal) {
  char data[4096];
  for (ssize_t n; (n = read(terminal, data, sizeof data)) > 0;)
    if (write(1, data, (size_t)n) != n) return;
}

int main(int argc, char **argv) {
  if (argc < 3) return 2;
  const char *pid_file = argv[1], *socket_path = NULL;
  argv += 2;
  if (strcmp(*argv, "-t") == 0) {
    socket_path = argv[1];
    argv += 2;
  }
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  int listener = socket_path ? listen_at(socket_path) : -1, terminal = -1;
  pid_t runtime = fork();
  if (runtime == 0) {
    close(9);
    execv(argv[0], argv);
    _exit(127);
  }
  if (listener >= 0) {
    struct pollfd set = {.fd = listener, .events = POLLIN};
    siginfo_t ended = {0};
    while (poll(&set, 1, 100) == 0 && waitid(P_PID, (id_t)runtime, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid == 0) {}
    if (set.revents) terminal = receive_terminal(listener);
  }
  int status;
  waitpid(runtime, &status, 0);
  dprintf(9, "created %d\n", WEXITSTATUS(status));
  if (WEXITSTATUS(status) != 0) return 0;
  pid_t pid = read_pid(pid_file), ended;
  while ((ended = waitpid(-1, &status, 0)) > 0 && ended != pid) {}
  if (terminal >= 0) pump(terminal);
  if (ended != pid)
    dprintf(9, "lost %d\n", pid);
  else if (WIFSIGNALED(status))
    dprintf(9, "killed %d\n", WTERMSIG(status));
  else
    dprintf(9, "exited %d\n", WEXITSTATUS(status));
  return 0;
}
