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

/* Of another machine, and of the target's family: an address that answers can be led back for. */
static bool may_be_shown(const struct forward *to, const struct sockaddr_storage *client) {
  if (!to->keep_client || to->target.ss_family != AF_INET || client->ss_family != AF_INET) return false;
  uint32_t address = ntohl(((const struct sockaddr_in *)client)->sin_addr.s_addr);
  return (address >> 24) != 127 && address != 0;
}

static void take_address(int fd, const struct sockaddr_storage *client) {
  int on = 1, off = 0;
  struct sockaddr_in from = *(const struct sockaddr_in *)client;
  if (setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &on, sizeof on) == 0) {
    if (bind(fd, (struct sockaddr *)&from, sizeof from) == 0) return;
    from.sin_port = 0; /* its port is still in use by an earlier connection */
    if (bind(fd, (struct sockaddr *)&from, sizeof from) == 0) return;
  }
  setsockopt(fd, IPPROTO_IP, IP_TRANSPARENT, &off, sizeof off);
}

static bool own_address(const struct sockaddr_storage *client) {
  /* a client on this machine by one of its outer addresses: whether that is ours here, too, bind(2) without the option tells */
  int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in from = *(const struct sockaddr_in *)client;
  from.sin_port = 0;
  bool own = probe >= 0 && bind(probe, (struct sockaddr *)&from, sizeof from) == 0;
  if (probe >= 0) close(probe);
  return own;
}

int connect_for(const struct forward *to, const struct sockaddr_storage *client) {
  int type = to->protocol == PROTOCOL_TCP ? SOCK_STREAM : SOCK_DGRAM;
  int fd = socket(to->target.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (may_be_shown(to, client) && !own_address(client)) take_address(fd, client);
  if (connect(fd, (const struct sockaddr *)&to->target, to->size) == 0 || errno == EINPROGRESS) return fd;
  int error = errno;
  close(fd);
  errno = error;
  return -1;
}

/* A connection takes six descriptors: two sockets and two pipes. */
static void lift_descriptors(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static volatile sig_atomic_t take_no_more;

static void on_signal(int number) {
  (void)number;
  take_no_more = 1;
}

/* The sockets are somebody else's from now on, what has begun is carried to its end. */
static void leave_sockets(struct forward *list) {
  take_no_more = 0;
  for (struct forward *one = list; one; one = one->next) {
    if (one->fd < 0) continue;
    (void)epoll_ctl(poller, EPOLL_CTL_DEL, one->fd, NULL); /* others have the sockets open: closing them takes nothing off */
    if (one->protocol == PROTOCOL_TCP) close_fd(&one->fd); /* answers to datagrams still leave by theirs */
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
  for (struct forward *one = list; one; one = one->next) (one->protocol == PROTOCOL_TCP ? serve_tcp : serve_udp)(one);
  for (;;) {
    struct epoll_event events[64];
    int count = epoll_pwait(poller, events, 64, udp_expire(), &blocked);
    if (count < 0 && errno != EINTR) _exit(74);
    for (int i = 0; i < count; i++) {
      struct watched *what = events[i].data.ptr;
      what->ready(what, events[i].events);
    }
    empty_trash();
    if (take_no_more) leave_sockets(list);
  }
}
