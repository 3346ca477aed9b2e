/* Connections on shim.sock: accepting, framing, flow, closing. */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clients.h"
#include "monitor.h"

void client_close(struct client *client) {
  if (client->fd < 0) return;
  close(client->fd);
  client->fd = -1;
  buffer_free(&client->in);
  buffer_free(&client->out);
}

void client_flush(struct client *client) {
  while (client->fd >= 0 && buffer_size(&client->out) > 0) {
    ssize_t n = send(client->fd, client->out.data + client->out.start, buffer_size(&client->out), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) {
      client_close(client);
      return;
    }
    buffer_consume(&client->out, (size_t)n);
  }
  if (client->fd < 0) return;
  if (client->out.capacity > 4096) buffer_free(&client->out);
  if (client->finishing) client_close(client);
}

void clients_accept(struct monitor *m) {
  for (;;) {
    int fd = accept4(m->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
      /* the connection stays in the queue and would wake poll for ever: wait until a client disconnects */
      m->full = m->clients && (errno == EMFILE || errno == ENFILE);
      return;
    }
    struct client *client = calloc(1, sizeof *client);
    if (!client) _exit(71);
    client->fd = fd;
    client->hold_from = LOG_HOLD_NONE;
    client->next = m->clients;
    m->clients = client;
    size_t frame = frame_begin(&client->out, CLIENT_HELLO);
    put_u32(&client->out, PROTOCOL_VERSION);
    put_u32(&client->out, (uint32_t)getpid());
    put_u8(&client->out, m->launch.plan.kind);
    put_text(&client->out, m->launch.plan.id ? m->launch.plan.id : "");
    frame_end(&client->out, frame);
    client_flush(client);
  }
}

void clients_sweep(struct monitor *m) {
  for (struct client **at = &m->clients; *at;) {
    struct client *client = *at;
    if (client->fd >= 0) {
      at = &client->next;
      continue;
    }
    *at = client->next;
    m->full = false;
    foreign_forget_client(m, client);
    if (client->attached && client->stdin_open && m->launch.plan.stdio.stdin_once) monitor_stdin_close(m);
    bool held = client->hold_from != LOG_HOLD_NONE;
    free(client);
    if (held) clients_hold_log(m);
  }
}

void clients_hold_log(struct monitor *m) {
  m->log.hold_from = LOG_HOLD_NONE;
  for (const struct client *client = m->clients; client; client = client->next)
    if (client->fd >= 0 && client->hold_from < m->log.hold_from) m->log.hold_from = client->hold_from;
}

static void resume(struct monitor *m, struct client *client) {
  client->blocked = false;
  while (client->fd >= 0 && buffer_size(&client->in) >= 4) {
    struct reader in = {.at = client->in.data + client->in.start, .end = client->in.data + client->in.end};
    uint32_t length = get_u32(&in);
    if (length == 0 || length > MAX_FRAME) {
      client_close(client);
      return;
    }
    if ((size_t)(in.end - in.at) < length) return;
    in.end = in.at + length;
    uint8_t type = get_u8(&in);
    if (!client_request(m, client, type, &in)) {
      client->blocked = true;
      return;
    }
    if (client->fd >= 0) buffer_consume(&client->in, 4 + (size_t)length);
  }
  if (client->fd >= 0 && buffer_size(&client->in) == 0 && client->in.capacity > 4096) buffer_free(&client->in);
}

static void readable(struct monitor *m, struct client *client) {
  uint8_t *at = buffer_reserve(&client->in, 4096);
  ssize_t n = recv(client->fd, at, client->in.capacity - client->in.end, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    /* a client that has shut down its half still reads: only its stdin has ended */
    if (n == 0 && client->attached && client->streams) {
      if (client->stdin_open && m->launch.plan.stdio.stdin_once) monitor_stdin_close(m);
      client->stdin_open = false;
      client->half_closed = true; /* nothing more to read; POLLHUP reports its end */
      return;
    }
    client_close(client);
    return;
  }
  client->in.end += (size_t)n;
  resume(m, client);
}

unsigned clients_count(const struct monitor *m) {
  unsigned count = 0;
  for (const struct client *c = m->clients; c; c = c->next) count++;
  return count;
}

void clients_poll(const struct monitor *m, struct pollfd *set) {
  for (const struct client *c = m->clients; c; c = c->next) {
    /* a client that does not read its answers may not send more requests */
    bool deaf = c->blocked || c->half_closed || buffer_size(&c->out) > CLIENT_LIMIT;
    short events = (short)((buffer_size(&c->out) > 0 ? POLLOUT : 0) | (deaf ? 0 : POLLIN));
    *set++ = (struct pollfd){.fd = c->blocked && events == 0 ? -1 : c->fd, .events = events};
  }
}

void clients_serve(struct monitor *m, const struct pollfd *set) {
  for (struct client *c = m->clients; c; c = c->next, set++) {
    short got = set->revents;
    if (c->fd < 0 || got == 0) continue;
    if (got & POLLOUT) client_flush(c);
    if (c->fd >= 0 && got & (POLLIN | POLLHUP | POLLERR)) {
      if (c->half_closed && got & (POLLHUP | POLLERR))
        client_close(c);
      else if (!c->blocked)
        readable(m, c);
    }
    if (c->fd >= 0 && c->log_news && buffer_size(&c->out) == 0) client_tell_log(m, c);
  }
}

void clients_resume(struct monitor *m) {
  if (buffer_size(&m->stdin_pending) >= STDIN_LIMIT) return;
  for (struct client *c = m->clients; c; c = c->next)
    if (c->blocked && c->fd >= 0) resume(m, c);
}
