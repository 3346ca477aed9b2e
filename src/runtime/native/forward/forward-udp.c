/* Datagrams of a published UDP port: one socket towards the container for each client, so that answers reach the right one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "forward.h"
#include "sys.h"

struct bound {
  struct watched watched;
  struct forward *forward;
};

struct session {
  struct watched watched;
  struct session *next;
  const struct forward *forward;
  int fd;
  struct sockaddr_storage client;
  socklen_t client_size;
  uint64_t last_ms, asked_ms; /* of the last datagram; of the last look for somebody who listens */
  bool by_ipv6, answered;
};

/* As long as conntrack keeps a datagram stream that is answered. */
enum { IDLE_MS = 120000, LOOK_AGAIN_MS = 1000, MOST_SESSIONS = 4096, ROUNDS = 64, LARGEST = 65536 };

static struct session *sessions;
static unsigned session_count;
static uint8_t datagram[LARGEST];

static void end_session(struct session **at) {
  struct session *s = *at;
  *at = s->next;
  session_count--;
  close(s->fd);
  s->fd = -1;
  discard(&s->watched);
}

int udp_expire(void) {
  uint64_t now = monotonic_ms(), soonest = UINT64_MAX;
  for (struct session **at = &sessions; *at;) {
    uint64_t until = (*at)->last_ms + IDLE_MS;
    if (until <= now) {
      end_session(at);
      continue;
    }
    if (until < soonest) soonest = until;
    at = &(*at)->next;
  }
  return soonest == UINT64_MAX ? -1 : (int)(soonest - now) + 1;
}

static void end_this(const struct session *s) {
  for (struct session **at = &sessions; *at; at = &(*at)->next)
    if (*at == s) {
      end_session(at);
      return;
    }
}

static void answer(struct watched *self, uint32_t events) {
  (void)events;
  struct session *s = (struct session *)self;
  for (int i = 0; i < ROUNDS && s->fd >= 0; i++) {
    ssize_t n = recv(s->fd, datagram, sizeof datagram, 0);
    if (n < 0 && errno == ECONNREFUSED && s->forward->by_ipv6.size > 0) end_this(s); /* the next datagram may find a listener over IPv6 */
    if (n < 0) return; /* ECONNREFUSED: nothing listens in the container at present */
    s->answered = true;
    s->last_ms = monotonic_ms();
    (void)sendto(s->forward->fd, datagram, (size_t)n, MSG_NOSIGNAL, (struct sockaddr *)&s->client, s->client_size);
  }
}

/* A refusal over IPv6 never arrives here, so a session without answers is checked for a listener. */
static bool is_lost(struct session *s) {
  uint64_t now = monotonic_ms();
  if (!s->by_ipv6 || now < s->asked_ms + LOOK_AGAIN_MS) return false;
  bool lost = !s->answered && !listens_for_datagrams(&s->forward->by_ipv6.target);
  s->asked_ms = now;
  s->answered = false;
  return lost;
}

/* The most recently used session comes first; the one that was idle longest makes room. */
static struct session *session_of(const struct forward *forward, const struct sockaddr_storage *client, socklen_t size) {
  struct session **last = NULL;
  for (struct session **at = &sessions; *at; at = &(*at)->next) {
    struct session *s = *at;
    if (s->forward == forward && s->client_size == size && memcmp(&s->client, client, size) == 0) {
      if (is_lost(s)) {
        end_session(at);
        break;
      }
      *at = s->next;
      s->next = sessions;
      return sessions = s;
    }
    last = at;
  }
  if (session_count >= MOST_SESSIONS && last) end_session(last);
  bool by_ipv6;
  int fd = connect_for(forward, client, &by_ipv6);
  struct session *fresh = fd < 0 ? NULL : calloc(1, sizeof *fresh);
  if (!fresh) {
    if (fd >= 0) close(fd);
    return NULL;
  }
  *fresh = (struct session){.watched = {.ready = answer}, .next = sessions, .forward = forward, .fd = fd, .client = *client,
                            .client_size = size, .asked_ms = monotonic_ms(), .by_ipv6 = by_ipv6};
  session_count++;
  watch(fd, EPOLLIN, &fresh->watched);
  return sessions = fresh;
}

static void carry_in(struct watched *self, uint32_t events) {
  (void)events;
  struct bound *bound = (struct bound *)self;
  for (int i = 0; i < ROUNDS; i++) {
    struct sockaddr_storage client = {0};
    socklen_t size = sizeof client;
    ssize_t n = recvfrom(bound->forward->fd, datagram, sizeof datagram, 0, (struct sockaddr *)&client, &size);
    if (n < 0) return;
    struct session *s = session_of(bound->forward, &client, size);
    if (!s) continue;
    s->last_ms = monotonic_ms();
    (void)send(s->fd, datagram, (size_t)n, MSG_NOSIGNAL);
  }
}

void serve_udp(struct forward *forward) {
  struct bound *bound = calloc(1, sizeof *bound);
  if (!bound) _exit(71);
  bound->watched.ready = carry_in;
  bound->forward = forward;
  watch(forward->fd, EPOLLIN, &bound->watched);
}
