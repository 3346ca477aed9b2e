/* The socket through which a runtime passes the master of the terminal it has made (its option --console-socket). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "foreign.h"
#include "monitor.h"
#include "sys.h"

/* Relative to the bundle's directory, in which the runtime is called: an absolute path may be too long for a socket. */
static const char name[] = "terminal.sock";

int console_socket_open(struct monitor *m) {
  struct failure *failure = &m->launch.failure;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", m->foreign.bundle, name);
  m->foreign.console = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  CHECK(m->foreign.console, "socket", "%s", name);
  mode_t old = umask(0177);
  int result = bind(m->foreign.console, (struct sockaddr *)&address, sizeof address);
  umask(old);
  CHECK(result, "bind", "%s", name);
  CHECK(listen(m->foreign.console, 1), "listen", "%s", name);
  return 0;
}

/* The first descriptor of the message that is waiting on `fd`, or -1. */
static int receive_descriptor(int fd) {
  char data[4096];
  struct iovec part = {.iov_base = data, .iov_len = sizeof data};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  if (recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0) return -1;
  struct cmsghdr *c = CMSG_FIRSTHDR(&message);
  errno = EPROTO;
  if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) return -1;
  int got;
  memcpy(&got, CMSG_DATA(c), sizeof got);
  return got;
}

int console_socket_take(struct monitor *m) {
  struct launch *launch = &m->launch;
  struct failure *failure = &launch->failure;
  int fd = accept4(m->foreign.console, NULL, NULL, SOCK_CLOEXEC);
  CHECK(fd, "console", "the runtime has not handed over a terminal");
  int master = receive_descriptor(fd), error = errno;
  close(fd);
  close_fd(&m->foreign.console);
  unlinkat(m->foreign.bundle, name, 0);
  if (master < 0) return fail(failure, "console", error, "the runtime has not handed over a terminal");
  launch->monitor_stdio[1] = master;
  fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK);
  const struct stdio_plan *stdio = &launch->plan.stdio;
  struct winsize size = {.ws_row = (unsigned short)stdio->rows, .ws_col = (unsigned short)stdio->columns};
  if (size.ws_row && size.ws_col) ioctl(master, TIOCSWINSZ, &size);
  return 0;
}
