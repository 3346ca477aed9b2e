#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "forward.h"
#include "sys.h"

static int poller = -1;

static struct watched *trash;

void discard(struct watched *what) {
  what->discarded = trash;
  trash = what;
}

static void empty_trash(void) {
  while (trash) {
    struct watched *one = trash;
    trash = one->discarded;
    free(one);
  }
}

void watch(int fd, uint32_t events, struct watched *what) {
  struct epoll_event event = {.events = events, .data = {.ptr = what}};
  if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) < 0) _exit(71);
}

/*
 * Whether the address may belong to another machine, and may be used in another network namespace (a link-local one may not).
 */
static bool of_another_machine(const struct sockaddr_storage *client) {
  if (client->ss_family == AF_INET) {
    uint32_t address = ntohl(((const struct sockaddr_in *)client)->sin_addr.s_addr);
    return (address >> 24) != 127 && address != 0;
  }
  const struct in6_addr *address = &((const struct sockaddr_in6 *)client)->sin6_addr;
  return !IN6_IS_ADDR_LOOPBACK(address) && !IN6_IS_ADDR_UNSPECIFIED(address) && !IN6_IS_ADDR_LINKLOCAL(address) && !IN6_IS_ADDR_V4MAPPED(address);
}

static socklen_t address_size(const struct sockaddr_storage *address) {
  return address->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static struct sockaddr_storage without_port(const struct sockaddr_storage *client) {
  struct sockaddr_storage from = *client;
  if (from.ss_family == AF_INET)
    ((struct sockaddr_in *)&from)->sin_port = 0;
  else
    ((struct sockaddr_in6 *)&from)->sin6_port = 0;
  return from;
}

static int make_transparent(int fd, int family, int on) {
  return family == AF_INET ? setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &on, sizeof on)
                           : setsockopt(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, &on, sizeof on);
}

static bool take_address(int fd, const struct sockaddr_storage *client) {
  struct sockaddr_storage free_port = without_port(client);
  socklen_t size = address_size(client);
  if (make_transparent(fd, client->ss_family, 1) == 0) {
    if (bind(fd, (const struct sockaddr *)client, size) == 0) return true;
    if (bind(fd, (struct sockaddr *)&free_port, size) == 0) return true; /* its port is still in use by an earlier connection */
  }
  make_transparent(fd, client->ss_family, 0);
  return false;
}

static bool own_address(const struct sockaddr_storage *client) {
  /*
   * a client on this machine that uses one of its outer addresses: bind(2) without the option tells whether the address is ours
   * here, too
   */
  int probe = socket(client->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct sockaddr_storage from = without_port(client);
  bool own = probe >= 0 && bind(probe, (struct sockaddr *)&from, address_size(&from)) == 0;
  if (probe >= 0) close(probe);
  return own;
}

static int connect_by(const struct way *way, uint8_t protocol, const struct sockaddr_storage *as, bool must) {
  int type = protocol == PROTOCOL_TCP ? SOCK_STREAM : SOCK_DGRAM;
  int fd = socket(way->target.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  bool taken = as && take_address(fd, as);
  if ((taken || !must) && (connect(fd, (const struct sockaddr *)&way->target, way->size) == 0 || errno == EINPROGRESS)) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

int connect_usual(const struct forward *to, const struct sockaddr_storage *client) {
  bool shown = to->keep_client && client->ss_family == to->usual.target.ss_family && of_another_machine(client) && !own_address(client);
  return connect_by(&to->usual, to->protocol, shown ? client : NULL, false);
}

/* A refusal of a datagram is told by ICMP, which nothing leads back. */
static bool may_go_by_ipv6(const struct forward *to) {
  return to->by_ipv6.size > 0 && (to->protocol == PROTOCOL_TCP || listens_for_datagrams(&to->by_ipv6.target));
}

int connect_for(const struct forward *to, const struct sockaddr_storage *client, bool *otherwise) {
  *otherwise = false;
  if (client->ss_family == AF_INET6 && of_another_machine(client) && !own_address(client) && may_go_by_ipv6(to)) {
    int fd = connect_by(&to->by_ipv6, to->protocol, client, true);
    *otherwise = fd >= 0;
    if (fd >= 0) return fd;
  }
  return connect_usual(to, client);
}

/* A connection takes six descriptors: two sockets and two pipes. */
static void lift_descriptors(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static volatile sig_atomic_t something_released;

static void on_signal(int number) {
  (void)number;
  something_released = 1;
}

static bool is_released(const struct forward *one) {
  return __atomic_load_n(one->state, __ATOMIC_SEQ_CST) == FORWARD_RELEASED;
}

/* Somebody else serves the released sockets from now on; existing connections are finished. */
static void leave_sockets(struct forward *list) {
  something_released = 0;
  for (struct forward *one = list; one; one = one->next) {
    if (!is_released(one)) continue;
    (void)epoll_ctl(poller, EPOLL_CTL_DEL, one->fd, NULL); /* other processes have the sockets open, so closing them does not remove them */
    if (one->protocol == PROTOCOL_TCP) close_fd(&one->fd); /* answers to datagrams still use theirs */
    __atomic_store_n(one->state, FORWARD_LEFT, __ATOMIC_SEQ_CST);
  }
}

void forwarder_main(struct forward *list) {
  sigset_t blocked;
  sigfillset(&blocked);
  sigdelset(&blocked, SIGUSR1);
  sigaction(SIGUSR1, &(struct sigaction){.sa_handler = on_signal}, NULL);
  lift_descriptors();
  poller = epoll_create1(EPOLL_CLOEXEC);
  if (poller < 0) _exit(71);
  for (struct forward *one = list; one; one = one->next)
    if (!is_released(one)) (one->protocol == PROTOCOL_TCP ? serve_tcp : serve_udp)(one);
  for (;;) {
    struct epoll_event events[64];
    int count = epoll_pwait(poller, events, 64, udp_expire(), &blocked);
    if (count < 0 && errno != EINTR) _exit(74);
    for (int i = 0; i < count; i++) {
      struct watched *what = events[i].data.ptr;
      what->ready(what, events[i].events);
    }
    empty_trash();
    if (something_released) leave_sockets(list);
  }
}
