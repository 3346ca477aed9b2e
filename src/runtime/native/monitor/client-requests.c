/* What clients of shim.sock may request. */
#include <errno.h>
#include <sys/ioctl.h>

#include "clients.h"
#include "monitor.h"
#include "sys.h"

enum { SUBSCRIBE = 1, START, SIGNAL, RESIZE, ATTACH, STDIN, STDIN_CLOSE, SOCKETS, NETWORK, RELEASE_SOCKET, REAP, TAKE_SOCKET };
enum { LEAVE_MS = 10000 };

void client_answer(struct client *client, uint32_t seq, int error, int step, const char *what) {
  size_t frame = frame_begin(&client->out, CLIENT_ANSWER);
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
    client_answer(client, seq, ESRCH, -1, "the container has exited");
    return;
  }
  struct arena arena = {0};
  struct list ops;
  struct failure failure = {.step = -1};
  const char *error = network_ops_decode(data, size, &ops, &arena);
  if (error)
    client_answer(client, seq, EINVAL, -1, error);
  else if (network_ops_run(&m->launch, &ops, &failure) < 0)
    client_answer(client, seq, failure.error, failure.step, failure.detail);
  else
    client_answer(client, seq, 0, -1, "");
  arena_free(&arena);
}

static void do_sockets(struct monitor *m, struct client *client, uint32_t seq) {
  uint32_t count = 0;
  for (struct held_socket *held = m->launch.sockets; held; held = held->next) count++;
  size_t frame = frame_begin(&client->out, CLIENT_SOCKET_LIST);
  put_u32(&client->out, seq);
  put_u32(&client->out, count);
  for (struct held_socket *held = m->launch.sockets; held; held = held->next) {
    put_text(&client->out, held->name);
    put_u32(&client->out, (uint32_t)held->fd);
  }
  frame_end(&client->out, frame);
  client_flush(client);
}

enum { ATTACH_HOLD = 8 };

static void do_attach(struct monitor *m, struct client *client, uint32_t seq, uint8_t flags) {
  client->attached = true;
  client->holds = flags & ATTACH_HOLD || m->launch.plan.kind == KIND_EXEC;
  client->stdin_open = flags & 1;
  client->streams = flags >> 1 & 3;
  client_answer(client, seq, 0, -1, "");
  if ((m->state == STATE_EXITED || m->state == STATE_FAILED) && client->fd >= 0) client_end_output(client, OUTPUT_ENDED);
}

static void do_reap(struct monitor *m, struct client *client, uint32_t seq) {
  if (m->state != STATE_EXITED && m->state != STATE_FAILED) {
    client_answer(client, seq, EBUSY, -1, "the container has not exited");
    return;
  }
  client_answer(client, seq, 0, -1, "");
  m->leaving = true;
  m->leave_by = monotonic_ms() + LEAVE_MS;
}

enum { SUBSCRIBE_LOGS = 1, SUBSCRIBE_HOLD = 2 };

/*
 * A client that holds the log reports with further requests which generation it has opened; the first one is no longer waited
 * for.
 */
static void do_subscribe(struct monitor *m, struct client *client, struct reader *in) {
  uint8_t flags = get_u8(in);
  uint32_t hold_from = flags & SUBSCRIBE_HOLD ? get_u32(in) : LOG_HOLD_NONE;
  if (in->bad) return;
  if (!client->subscribed) client_tell_state(m, client);
  client->subscribed = true;
  if (client->hold_from != hold_from) {
    client->hold_from = hold_from;
    m->log.await_until = 0;
    clients_hold_log(m);
  }
  if (!(flags & SUBSCRIBE_LOGS) || !m->log.path || client->fd < 0) return;
  bool knows = client->logs && hold_from > m->log.generation;
  client->logs = true;
  if (knows) return;
  /* after a rotation that the last request has just allowed, or to a new client */
  if (buffer_size(&client->out) > 0)
    client->log_news = true;
  else
    client_tell_log(m, client);
}

static void answered_request(struct monitor *m, struct client *client, uint8_t type, struct reader *in);

bool client_request(struct monitor *m, struct client *client, uint8_t type, struct reader *in) {
  size_t left = (size_t)(in->end - in->at);
  switch (type) {
    case SUBSCRIBE:
      do_subscribe(m, client, in);
      if (in->bad) client_close(client);
      return true;
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
  answered_request(m, client, type, in);
  if (in->bad) client_close(client); /* it does not follow the protocol */
  return true;
}

static void answered_request(struct monitor *m, struct client *client, uint8_t type, struct reader *in) {
  uint32_t seq = get_u32(in), a, b;
  const char *text;
  switch (type) {
    case START:
      client_answer(client, seq, monitor_start(m), -1, "start");
      break;
    case SIGNAL:
      a = get_u32(in);
      if (!in->bad && a <= 64 && is_foreign(m))
        foreign_signal(m, client, seq, (int)a);
      else
        client_answer(client, seq, in->bad || a > 64 ? EINVAL : do_signal(m, (int)a), -1, "signal");
      break;
    case RESIZE:
      a = get_u32(in);
      b = get_u32(in);
      client_answer(client, seq, in->bad ? EINVAL : do_resize(m, a, b), -1, "resize");
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
      if (text) client_answer(client, seq, release_socket(&m->launch, text), -1, text);
      break;
    case TAKE_SOCKET:
      text = get_text(in);
      a = get_u32(in);
      b = get_u32(in);
      if (text) client_answer(client, seq, in->bad || !alive(m) ? ESRCH : take_socket(&m->launch, text, (pid_t)a, (int)b), -1, text);
      break;
    case REAP:
      do_reap(m, client, seq);
      break;
    default:
      in->bad = true;
  }
}
