/* Sockets that the monitor keeps open for the engine, which takes them by pidfd_getfd whenever it is running. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "launch.h"
#include "sys.h"

static socklen_t make_address(const struct op_hold_socket *op, struct sockaddr_storage *address) {
  if (op->family == FAMILY_4) {
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)op->port);
    return inet_pton(AF_INET, op->address, &v4->sin_addr) == 1 ? sizeof *v4 : 0;
  }
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons((uint16_t)op->port);
  return inet_pton(AF_INET6, op->address, &v6->sin6_addr) == 1 ? sizeof *v6 : 0;
}

static void keep(struct launch *launch, const char *name, int fd, uint8_t protocol) {
  struct held_socket *held = malloc(sizeof *held + strlen(name) + 1);
  if (!held) _exit(71);
  held->fd = fd;
  held->protocol = protocol;
  strcpy(held->name, name);
  held->next = launch->sockets;
  launch->sockets = held;
}

int hold_socket(struct launch *launch, const struct op_hold_socket *op, struct failure *failure) {
  struct sockaddr_storage address = {0};
  socklen_t size = make_address(op, &address);
  if (size == 0 || op->port > 65535) return fail(failure, "hold-socket", EINVAL, "%s: %s port %u", op->name, op->address, op->port);
  bool tcp = op->protocol == PROTOCOL_TCP;
  int fd = socket(address.ss_family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return FAIL(failure, "hold-socket", "%s: socket", op->name);
  int on = 1;
  if (tcp) setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (op->family == FAMILY_6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&address, size) < 0 || (tcp && op->backlog > 0 && listen(fd, (int)op->backlog) < 0)) {
    int error = errno;
    close(fd);
    return fail(failure, "hold-socket", error, "%s: %s port %u", op->name, op->address, op->port);
  }
  keep(launch, op->name, fd, op->protocol);
  return 0;
}

static int type_of(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
  return type;
}

int take_socket(struct launch *launch, const char *name, pid_t pid, int fd) {
  int pidfd = sys_pidfd_open(pid);
  if (pidfd < 0) return errno;
  int copy = sys_pidfd_getfd(pidfd, fd), error = errno;
  close(pidfd);
  if (copy < 0) return error;
  release_socket(launch, name);
  keep(launch, name, copy, type_of(copy) == SOCK_STREAM ? 0 : 1);
  return 0;
}

static void forget_forward(struct launch *launch, int fd) {
  for (struct forward **at = &launch->forwards; *at;) {
    struct forward *one = *at;
    if (one->fd != fd) {
      at = &one->next;
      continue;
    }
    *at = one->next;
    forwarder_forget(launch, one->state);
    free(one);
  }
}

int release_socket(struct launch *launch, const char *name) {
  for (struct held_socket **at = &launch->sockets; *at; at = &(*at)->next) {
    struct held_socket *held = *at;
    if (strcmp(held->name, name) != 0) continue;
    *at = held->next;
    forget_forward(launch, held->fd);
    close(held->fd);
    free(held);
    return 0;
  }
  return ENOENT;
}

void release_all_sockets(struct launch *launch) {
  while (launch->sockets) release_socket(launch, launch->sockets->name);
}
