/* Connections to a published TCP port: spliced both ways, half-closes passed on, refused ones reset. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "forward.h"
#include "sys.h"

struct listener {
  struct watched watched;
  struct forward *forward;
};

/* One direction: data that was read but not yet written is in a pipe. */
struct flow {
  int in, out, pipe[2];
  size_t held;
  bool ended, passed, wide;
};

struct connection {
  struct watched watched;
  struct flow flows[2]; /* from the client, from the container */
  const struct forward *otherwise; /* until the container has answered: the forward to use if this one is refused */
  struct sockaddr_storage client;
  bool dead;
};

enum { PIECE = 1 << 20, MUCH = 1 << 16, WIDE_PIPE = 1 << 20, ROUNDS = 64 };

static void reset(int fd) {
  struct linger at_once = {.l_onoff = 1};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(fd);
}

static void finish(struct connection *c, bool broken) {
  if (c->dead) return;
  c->dead = true;
  for (int i = 0; i < 2; i++) {
    close(c->flows[i].pipe[0]);
    close(c->flows[i].pipe[1]);
    if (broken)
      reset(c->flows[i].in);
    else
      close(c->flows[i].in);
  }
  discard(&c->watched);
}

/*
 * Fewer and longer turns for a direction with much data: a user's share of pipe memory (pipe(7)) is used for those, not for
 * every connection.
 */
static void widen(struct flow *flow) {
  flow->wide = true;
  fcntl(flow->pipe[0], F_SETPIPE_SZ, WIDE_PIPE); /* the share may be used up: then the usual size suffices */
}

/* 1: something moved, 0: nothing can move now, -1: the connection is broken. */
static int step(struct flow *flow) {
  int moved = 0;
  if (!flow->ended) {
    ssize_t n = splice(flow->in, NULL, flow->pipe[1], NULL, PIECE, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
    if (n > 0) flow->held += (size_t)n, moved = 1;
    if (n >= MUCH && !flow->wide) widen(flow);
    if (n == 0) flow->ended = true;
    if (n < 0 && errno != EAGAIN && errno != EINTR) return -1;
  }
  if (flow->held > 0) {
    ssize_t n = splice(flow->pipe[0], NULL, flow->out, NULL, flow->held, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
    if (n > 0) flow->held -= (size_t)n, moved = 1;
    if (n < 0 && errno != EAGAIN && errno != EINTR) return -1;
  }
  if (flow->ended && flow->held == 0 && !flow->passed) {
    flow->passed = true;
    shutdown(flow->out, SHUT_WR);
  }
  return moved;
}

static bool same_address(const struct sockaddr_storage *a, const struct sockaddr_storage *b) {
  if (a->ss_family != b->ss_family) return false;
  if (a->ss_family == AF_INET) return ((const struct sockaddr_in *)a)->sin_addr.s_addr == ((const struct sockaddr_in *)b)->sin_addr.s_addr;
  return memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr, &((const struct sockaddr_in6 *)b)->sin6_addr, sizeof(struct in6_addr)) == 0;
}

/* The kernel also uses the destination address as the source address if it belongs to this machine. */
static bool from_this_machine(int client, const struct sockaddr_storage *address) {
  struct sockaddr_storage own = {0};
  socklen_t size = sizeof own;
  return getsockname(client, (struct sockaddr *)&own, &size) == 0 && same_address(&own, address);
}

/*
 * On a path that never leaves the machine there is no queue to measure: congestion control with pacing (BBR) would only cost
 * timers.
 */
static void send_unpaced(int fd) {
  static const char plain[] = "reno"; /* every kernel has it and everybody may use it */
  (void)setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, plain, sizeof plain - 1);
}

static void watch_upstream(struct connection *c) {
  int on = 1, upstream = c->flows[0].out;
  setsockopt(upstream, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  send_unpaced(upstream);
  watch(upstream, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, &c->watched);
}

/* Data that is on its way to the container stays in its pipe. */
static bool lead_otherwise(struct connection *c) {
  int old = c->flows[0].out, fd = c->otherwise ? connect_usual(c->otherwise, &c->client) : -1;
  c->otherwise = NULL;
  if (fd < 0) return false;
  close(old);
  c->flows[0].out = c->flows[1].in = fd;
  c->flows[0].passed = c->flows[1].ended = false;
  watch_upstream(c);
  return true;
}

static bool has_failed(int fd) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error != 0;
}

static bool has_answered(int upstream) {
  struct sockaddr_storage peer;
  socklen_t size = sizeof peer;
  return getpeername(upstream, (struct sockaddr *)&peer, &size) == 0;
}

/*
 * The events are edge-triggered, so both room and data are used up here; a turn is limited, and the rest triggers another
 * event.
 */
static void go_on(struct watched *self, uint32_t events) {
  struct connection *c = (struct connection *)self;
  if (c->dead) return;
  if (c->otherwise && has_answered(c->flows[0].out)) c->otherwise = NULL;
  /* queried, because the event may be about the socket that this one has replaced */
  bool broken = (events & EPOLLERR) && (has_failed(c->flows[0].in) || has_failed(c->flows[0].out));
  for (int i = 0; i < 2 && !broken; i++)
    for (int result; (result = step(&c->flows[i])) != 0 && !broken;) broken = result < 0;
  if (broken) {
    if (!lead_otherwise(c)) finish(c, true);
    return;
  }
  if (c->flows[0].passed && c->flows[1].passed) finish(c, false);
}

static bool make_flow(struct flow *flow, int in, int out) {
  *flow = (struct flow){.in = in, .out = out};
  return pipe2(flow->pipe, O_NONBLOCK | O_CLOEXEC) == 0;
}

static struct connection *make_connection(int client, int upstream) {
  struct connection *c = calloc(1, sizeof *c);
  if (!c) _exit(71);
  c->watched.ready = go_on;
  if (!make_flow(&c->flows[0], client, upstream)) {
    free(c);
    return NULL;
  }
  if (!make_flow(&c->flows[1], upstream, client)) {
    close(c->flows[0].pipe[0]);
    close(c->flows[0].pipe[1]);
    free(c);
    return NULL;
  }
  return c;
}

static void take(const struct forward *forward, int client, const struct sockaddr_storage *address) {
  int on = 1;
  bool otherwise;
  int upstream = connect_for(forward, address, &otherwise);
  struct connection *c = upstream < 0 ? NULL : make_connection(client, upstream);
  if (!c) {
    if (upstream >= 0) close(upstream);
    reset(client);
    return;
  }
  c->otherwise = otherwise ? forward : NULL;
  c->client = *address;
  watch_upstream(c);
  setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (from_this_machine(client, address)) send_unpaced(client);
  watch(client, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, &c->watched);
}

static void accept_some(struct watched *self, uint32_t events) {
  (void)events;
  struct listener *listener = (struct listener *)self;
  for (int i = 0; i < ROUNDS; i++) {
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof address;
    int client = accept4(listener->forward->fd, (struct sockaddr *)&address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client >= 0) {
      take(listener->forward, client, &address);
      continue;
    }
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) usleep(5000); /* wait for others to end */
    if (errno != ECONNABORTED && errno != EINTR) return;
  }
}

void serve_tcp(struct forward *forward) {
  struct listener *listener = calloc(1, sizeof *listener);
  if (!listener) _exit(71);
  listener->watched.ready = accept_some;
  listener->forward = forward;
  watch(forward->fd, EPOLLIN, &listener->watched);
}
