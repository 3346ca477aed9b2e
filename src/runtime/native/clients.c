/* Connections on shim.sock: the frames of shim-protocol.ts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "monitor.h"
#include "sys.h"

enum { SUBSCRIBE = 1, START, SIGNAL, RESIZE, ATTACH, STDIN, STDIN_CLOSE, SOCKETS, NETWORK, RELEASE_SOCKET, REAP };
enum { HELLO = 128, CREATED, STARTED, FAILED, EXITED, OUTPUT, OUTPUT_END, LOG_GREW, ANSWER, SOCKET_LIST };
enum { END_EOF, END_SLOW };

static void close_client(struct client *client) {
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
      close_client(client);
      return;
    }
    buffer_consume(&client->out, (size_t)n);
  }
  if (client->fd < 0) return;
  if (client->out.capacity > 4096) buffer_free(&client->out);
  if (client->finishing) close_client(client);
}

void clients_accept(struct monitor *m) {
  for (;;) {
    int fd = accept4(m->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    struct client *client = calloc(1, sizeof *client);
    if (!client) _exit(71);
    client->fd = fd;
    client->next = m->clients;
    m->clients = client;
    size_t frame = frame_begin(&client->out, HELLO);
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
    if (client->attached && client->stdin_open && m->launch.plan.stdio.stdin_once) monitor_stdin_close(m);
    free(client);
  }
}

static void put_warnings(struct monitor *m, struct buffer *out) {
  put_u32(out, m->launch.warning_count);
  for (struct warning *w = m->launch.warnings; w; w = w->next) put_text(out, w->text);
}

static void tell_state(struct monitor *m, struct client *client) {
  struct buffer *out = &client->out;
  size_t frame;
  int code, signal;
  switch (m->state) {
    case STATE_SETUP:
    case STATE_STARTING:
      return;
    case STATE_CREATED:
      frame = frame_begin(out, CREATED);
      put_u32(out, (uint32_t)m->launch.init_pid);
      put_u64(out, m->launch.start_time);
      put_warnings(m, out);
      break;
    case STATE_RUNNING:
    case STATE_DRAINING:
      frame = frame_begin(out, STARTED);
      put_u32(out, (uint32_t)m->launch.init_pid);
      put_u64(out, m->launch.start_time);
      put_u64(out, m->started_at);
      put_warnings(m, out);
      break;
    case STATE_EXITED:
      exit_of(m->wait_status, &code, &signal);
      frame = frame_begin(out, EXITED);
      put_u32(out, (uint32_t)code);
      put_u32(out, (uint32_t)signal);
      put_u8(out, m->oom_killed);
      put_u64(out, m->started_at);
      put_u64(out, m->finished_at);
      put_u64(out, m->log.dropped);
      break;
    case STATE_FAILED:
    default: {
      const struct failure *failure = &m->launch.failure;
      frame = frame_begin(out, FAILED);
      put_u8(out, (uint8_t)failure->phase);
      put_u32(out, (uint32_t)failure->step);
      put_text(out, failure->op);
      put_u32(out, (uint32_t)failure->error);
      put_text(out, failure->detail);
      put_u32(out, (uint32_t)failure_exit_code(failure));
      put_u64(out, m->finished_at);
    }
  }
  frame_end(out, frame);
  client_flush(client);
}

void clients_tell_state(struct monitor *m) {
  for (struct client *client = m->clients; client; client = client->next)
    if (client->fd >= 0 && client->subscribed) tell_state(m, client);
}

static void tell_log(struct monitor *m, struct client *client) {
  client->log_news = false;
  size_t frame = frame_begin(&client->out, LOG_GREW);
  put_u32(&client->out, m->log.generation);
  put_u64(&client->out, m->log.size);
  put_u64(&client->out, m->log.dropped);
  frame_end(&client->out, frame);
  client_flush(client);
}

/* One that has not read the last notice gets the next when it has. */
void clients_tell_log(struct monitor *m) {
  for (struct client *client = m->clients; client; client = client->next) {
    if (client->fd < 0 || !client->logs) continue;
    if (buffer_size(&client->out) > 0)
      client->log_news = true;
    else
      tell_log(m, client);
  }
}

static void end_output(struct client *client, uint8_t reason) {
  client->streams = 0;
  size_t frame = frame_begin(&client->out, OUTPUT_END);
  put_u8(&client->out, reason);
  frame_end(&client->out, frame);
  client->finishing = true;
  client_flush(client);
}

void clients_output(struct monitor *m, int stream, const uint8_t *data, size_t size) {
  for (struct client *client = m->clients; client; client = client->next) {
    if (client->fd < 0 || !(client->streams & 1 << stream)) continue;
    if (m->launch.plan.kind == KIND_RUN && buffer_size(&client->out) + size > CLIENT_LIMIT) {
      end_output(client, END_SLOW);
      continue;
    }
    size_t frame = frame_begin(&client->out, OUTPUT);
    put_u8(&client->out, (uint8_t)stream);
    put_raw(&client->out, data, size);
    frame_end(&client->out, frame);
    client_flush(client);
  }
}

void clients_output_end(struct monitor *m) {
  for (struct client *client = m->clients; client; client = client->next)
    if (client->fd >= 0 && client->attached && !client->finishing) end_output(client, END_EOF);
}

bool clients_owed(const struct monitor *m) {
  for (const struct client *client = m->clients; client; client = client->next)
    if (client->fd >= 0 && buffer_size(&client->out) > 0) return true;
  return false;
}

bool clients_hold_back(const struct monitor *m) {
  if (m->launch.plan.kind != KIND_EXEC) return false;
  for (const struct client *client = m->clients; client; client = client->next)
    if (client->fd >= 0 && client->streams && buffer_size(&client->out) > CLIENT_CALM) return true;
  return false;
}

static void answer(struct client *client, uint32_t seq, int error, int step, const char *what) {
  size_t frame = frame_begin(&client->out, ANSWER);
  put_u32(&client->out, seq);
  put_u32(&client->out, (uint32_t)error);
  put_u32(&client->out, (uint32_t)step);
  put_text(&client->out, what);
  frame_end(&client->out, frame);
  client_flush(client);
}

static bool alive(const struct monitor *m) { return !m->init_reaped && m->launch.init_pid > 0 && m->state != STATE_FAILED; }

static int do_signal(struct monitor *m, int signal) {
  if (!alive(m)) return ESRCH;
  return sys_pidfd_send_signal(m->launch.init_pidfd, signal) < 0 ? errno : 0;
}

static int do_resize(struct monitor *m, uint32_t rows, uint32_t columns) {
  if (!m->launch.plan.stdio.tty) return ENOTTY;
  if (m->launch.monitor_stdio[1] < 0) return ESRCH;
  struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
  return ioctl(m->launch.monitor_stdio[1], TIOCSWINSZ, &size) < 0 ? errno : 0;
}

static void do_network(struct monitor *m, struct client *client, uint32_t seq, const uint8_t *data, uint32_t size) {
  if (!alive(m)) {
    answer(client, seq, ESRCH, -1, "the container has exited");
    return;
  }
  struct arena arena = {0};
  struct list ops;
  struct failure failure = {.step = -1};
  const char *error = network_ops_decode(data, size, &ops, &arena);
  if (error)
    answer(client, seq, EINVAL, -1, error);
  else if (network_ops_run(&m->launch, &ops, &failure) < 0)
    answer(client, seq, failure.error, failure.step, failure.detail);
  else
    answer(client, seq, 0, -1, "");
  arena_free(&arena);
}

static void do_sockets(struct monitor *m, struct client *client, uint32_t seq) {
  uint32_t count = 0;
  for (struct held_socket *held = m->launch.sockets; held; held = held->next) count++;
  size_t frame = frame_begin(&client->out, SOCKET_LIST);
  put_u32(&client->out, seq);
  put_u32(&client->out, count);
  for (struct held_socket *held = m->launch.sockets; held; held = held->next) {
    put_text(&client->out, held->name);
    put_u32(&client->out, (uint32_t)held->fd);
  }
  frame_end(&client->out, frame);
  client_flush(client);
}

static void do_attach(struct monitor *m, struct client *client, uint32_t seq, uint8_t flags) {
  client->attached = true;
  client->stdin_open = flags & 1;
  client->streams = flags >> 1 & 3;
  answer(client, seq, 0, -1, "");
  if ((m->state == STATE_EXITED || m->state == STATE_FAILED) && client->fd >= 0) end_output(client, END_EOF);
}

static void do_reap(struct monitor *m, struct client *client, uint32_t seq) {
  if (m->state != STATE_EXITED && m->state != STATE_FAILED) {
    answer(client, seq, EBUSY, -1, "the container has not exited");
    return;
  }
  answer(client, seq, 0, -1, "");
  m->leaving = true;
  m->leave_by = monotonic_ms() + LEAVE_MS;
}

/* Returns false when the frame has to wait for room in stdin. */
static bool handle(struct monitor *m, struct client *client, uint8_t type, struct reader *in) {
  size_t left = (size_t)(in->end - in->at);
  uint32_t seq, a, b;
  const char *text;
  switch (type) {
    case SUBSCRIBE: {
      bool logs = get_u8(in) & 1;
      if (!client->subscribed) tell_state(m, client);
      client->subscribed = true;
      if (logs && !client->logs && m->log.path && client->fd >= 0) {
        client->logs = true;
        tell_log(m, client);
      }
      return true;
    }
    case STDIN:
      if (!client->attached || !client->stdin_open || !m->launch.plan.stdio.stdin_open || m->stdin_closing || m->init_reaped) return true;
      if (buffer_size(&m->stdin_pending) > 0 && buffer_size(&m->stdin_pending) + left > STDIN_LIMIT) return false;
      put_raw(&m->stdin_pending, in->at, left);
      monitor_stdin_flush(m);
      return true;
    case STDIN_CLOSE:
      if (client->attached && client->stdin_open && m->launch.plan.stdio.stdin_once) monitor_stdin_close(m);
      client->stdin_open = false;
      return true;
  }
  seq = get_u32(in);
  switch (type) {
    case START:
      answer(client, seq, monitor_start(m), -1, "start");
      break;
    case SIGNAL:
      a = get_u32(in);
      answer(client, seq, in->bad || a > 64 ? EINVAL : do_signal(m, (int)a), -1, "signal");
      break;
    case RESIZE:
      a = get_u32(in);
      b = get_u32(in);
      answer(client, seq, in->bad ? EINVAL : do_resize(m, a, b), -1, "resize");
      break;
    case ATTACH:
      do_attach(m, client, seq, get_u8(in));
      break;
    case SOCKETS:
      do_sockets(m, client, seq);
      break;
    case NETWORK: {
      uint32_t size = get_u32(in);
      const uint8_t *data = get_raw(in, size);
      if (data) do_network(m, client, seq, data, size);
      break;
    }
    case RELEASE_SOCKET:
      text = get_text(in);
      if (text) answer(client, seq, release_socket(&m->launch, text), -1, text);
      break;
    case REAP:
      do_reap(m, client, seq);
      break;
    default:
      in->bad = true;
  }
  if (in->bad) close_client(client); /* it speaks another language */
  return true;
}

void client_resume(struct monitor *m, struct client *client) {
  client->blocked = false;
  while (client->fd >= 0 && buffer_size(&client->in) >= 4) {
    struct reader in = {.at = client->in.data + client->in.start, .end = client->in.data + client->in.end};
    uint32_t length = get_u32(&in);
    if (length == 0 || length > MAX_FRAME) {
      close_client(client);
      return;
    }
    if ((size_t)(in.end - in.at) < length) return;
    in.end = in.at + length;
    uint8_t type = get_u8(&in);
    if (!handle(m, client, type, &in)) {
      client->blocked = true;
      return;
    }
    if (client->fd >= 0) buffer_consume(&client->in, 4 + (size_t)length);
  }
  if (client->fd >= 0 && buffer_size(&client->in) == 0 && client->in.capacity > 4096) buffer_free(&client->in);
}

void client_readable(struct monitor *m, struct client *client) {
  uint8_t *at = buffer_reserve(&client->in, 4096);
  ssize_t n = recv(client->fd, at, client->in.capacity - client->in.end, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    /* a client that has shut its half down still reads: only its stdin is over */
    if (n == 0 && client->attached && client->streams) {
      if (client->stdin_open && m->launch.plan.stdio.stdin_once) monitor_stdin_close(m);
      client->stdin_open = false;
      client->half_closed = true; /* nothing more to read; POLLHUP tells of its end */
      return;
    }
    close_client(client);
    return;
  }
  client->in.end += (size_t)n;
  client_resume(m, client);
  if (client->fd >= 0 && client->log_news && buffer_size(&client->out) == 0) tell_log(m, client);
}
