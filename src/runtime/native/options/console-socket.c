#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "options.h"
#include "sys.h"

int console_socket_send(const char *path, int master, struct failure *failure) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) return fail(failure, "console-socket", ENAMETOOLONG, "%s", path);
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(fd, "console-socket", "%s", path);
  CHECK(connect(fd, (struct sockaddr *)&address, sizeof address), "console-socket", "%s", path);
  static char name[] = "/dev/ptmx";
  struct iovec data = {.iov_base = name, .iov_len = sizeof name - 1};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  struct cmsghdr *c = CMSG_FIRSTHDR(&message);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(c), &master, sizeof(int));
  CHECK(sendmsg(fd, &message, MSG_NOSIGNAL), "console-socket", "%s", path);
  close(fd);
  return 0;
}
