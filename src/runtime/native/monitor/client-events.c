/* What clients of shim.sock are sent: states, output, notices about the log. */
#include "clients.h"
#include "monitor.h"

enum { CLIENT_CALM = 256 << 10 };

static void put_warnings(struct monitor *m, struct buffer *out) {
  put_u32(out, m->launch.warning_count);
  for (struct warning *w = m->launch.warnings; w; w = w->next) put_text(out, w->text);
}

void client_tell_state(struct monitor *m, struct client *client) {
  struct buffer *out = &client->out;
  size_t frame;
  int code, signal;
  switch (m->state) {
    case STATE_SETUP:
    case STATE_READY:
    case STATE_STARTING:
      return;
    case STATE_CREATED:
      frame = frame_begin(out, CLIENT_CREATED);
      put_u32(out, (uint32_t)m->launch.init_pid);
      put_u64(out, m->launch.start_time);
      put_warnings(m, out);
      break;
    case STATE_RUNNING:
    case STATE_DRAINING:
      frame = frame_begin(out, CLIENT_STARTED);
      put_u32(out, (uint32_t)m->launch.init_pid);
      put_u64(out, m->launch.start_time);
      put_u64(out, m->started_at);
      put_warnings(m, out);
      break;
    case STATE_EXITED:
      exit_of(m->wait_status, &code, &signal);
      frame = frame_begin(out, CLIENT_EXITED);
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
      frame = frame_begin(out, CLIENT_FAILED);
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
    if (client->fd >= 0 && client->subscribed) client_tell_state(m, client);
}

void client_tell_log(struct monitor *m, struct client *client) {
  client->log_news = false;
  size_t frame = frame_begin(&client->out, CLIENT_LOG_GREW);
  put_u32(&client->out, m->log.generation);
  put_u64(&client->out, m->log.size);
  put_u64(&client->out, m->log.dropped);
  frame_end(&client->out, frame);
  client_flush(client);
}

/* A client that has not read the last notice gets the next one when it has. */
void clients_tell_log(struct monitor *m) {
  for (struct client *client = m->clients; client; client = client->next) {
    if (client->fd < 0 || !client->logs) continue;
    if (buffer_size(&client->out) > 0)
      client->log_news = true;
    else
      client_tell_log(m, client);
  }
}

void client_end_output(struct client *client, enum output_end reason) {
  client->streams = 0;
  size_t frame = frame_begin(&client->out, CLIENT_OUTPUT_END);
  put_u8(&client->out, (uint8_t)reason);
  frame_end(&client->out, frame);
  client->finishing = true;
  client_flush(client);
}

void clients_output(struct monitor *m, int stream, const uint8_t *data, size_t size) {
  for (struct client *client = m->clients; client; client = client->next) {
    if (client->fd < 0 || !(client->streams & 1 << stream)) continue;
    if (!client->holds && buffer_size(&client->out) + size > CLIENT_LIMIT) {
      client_end_output(client, OUTPUT_TOO_SLOW);
      continue;
    }
    size_t frame = frame_begin(&client->out, CLIENT_OUTPUT);
    put_u8(&client->out, (uint8_t)stream);
    put_raw(&client->out, data, size);
    frame_end(&client->out, frame);
    client_flush(client);
  }
}

void clients_output_end(struct monitor *m) {
  for (struct client *client = m->clients; client; client = client->next)
    if (client->fd >= 0 && client->attached && !client->finishing) client_end_output(client, OUTPUT_ENDED);
}

bool clients_owed(const struct monitor *m) {
  for (const struct client *client = m->clients; client; client = client->next)
    if (client->fd >= 0 && buffer_size(&client->out) > 0) return true;
  return false;
}

bool clients_hold_back(const struct monitor *m) {
  for (const struct client *client = m->clients; client; client = client->next)
    if (client->fd >= 0 && client->holds && client->streams && buffer_size(&client->out) > CLIENT_CALM) return true;
  return false;
}
