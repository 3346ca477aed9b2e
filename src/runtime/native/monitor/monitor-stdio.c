/* The container's stdio from the monitor's side. */
#include <errno.h>
#include <unistd.h>

#include "monitor.h"
#include "sys.h"

enum { READ_SIZE = 64 << 10 };

void monitor_stdio_close(struct monitor *m) {
  for (int i = 0; i < 3; i++) close_fd(&m->launch.monitor_stdio[i]);
}

void monitor_stdin_close(struct monitor *m) {
  if (m->launch.plan.stdio.tty) return; /* a terminal has no end of input: the next client continues */
  m->stdin_closing = true;
  monitor_stdin_flush(m);
}

void monitor_stdin_flush(struct monitor *m) {
  int fd = m->launch.plan.stdio.tty ? m->launch.monitor_stdio[1] : m->launch.monitor_stdio[0];
  if (fd < 0) buffer_free(&m->stdin_pending); /* its reader has closed it */
  while (fd >= 0 && buffer_size(&m->stdin_pending) > 0) {
    ssize_t n = write(fd, m->stdin_pending.data + m->stdin_pending.start, buffer_size(&m->stdin_pending));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0) {
      buffer_free(&m->stdin_pending); /* nobody reads it any more */
      close_fd(&m->launch.monitor_stdio[0]);
      return;
    }
    buffer_consume(&m->stdin_pending, (size_t)n);
  }
  if (buffer_size(&m->stdin_pending) == 0) {
    if (m->stdin_pending.capacity > 4096) buffer_free(&m->stdin_pending);
    if (m->stdin_closing) close_fd(&m->launch.monitor_stdio[0]);
  }
}

/* Passes output of one stream to the log's batch and to clients. */
void monitor_output_readable(struct monitor *m, int index) {
  static uint8_t data[READ_SIZE];
  int *fd = &m->launch.monitor_stdio[index];
  ssize_t n = read(*fd, data, sizeof data);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) { /* a terminal that nobody has open gives EIO */
    close_fd(fd);
    return;
  }
  log_add(&m->log, index - 1, data, (size_t)n);
  clients_output(m, index - 1, data, (size_t)n);
}
