#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "sys.h"
#include "watch.h"

enum {
  SHORTEST_INTERVAL = 1000, /* ms between two polls of what the kernel does not report */
  LONGEST_INTERVAL = 30000,
  SHARE = 20, /* polling takes at most one part in this many of the time */
};

static void answer(struct watch *w, uint32_t id, bool enter) {
  struct dir *dir = map_get(&w->dirs, id);
  if (!dir || dir->answered) return;
  dir->answered = true;
  w->asked--;
  if (enter) {
    enter_dir(w, dir);
    return;
  }
  dir->self->refused = true;
  drop_dir(w, dir, false);
}

static void command(struct watch *w, const char *text) {
  switch (*text) {
    case 'W': add_root(w, text + 1); return;
    case 'S': remove_root(w, text + 1); return;
    case 'G':
      w->all_given = true;
      w->ready = false;
      return;
    case 'P': w->poll_all = true; return;
    case 'R': rescan(w, false); return;
    case '+':
    case '-': answer(w, (uint32_t)strtoul(text + 1, NULL, 10), *text == '+'); return;
    default: return;
  }
}

/* Bytes of stdin to read at once. */
enum { COMMAND_BYTES = 16 * 1024 };

/* False at the end of stdin. */
static bool read_commands(struct watch *w, struct buffer *in) {
  for (;;) {
    uint8_t *at = buffer_reserve(in, COMMAND_BYTES);
    ssize_t size = read(0, at, COMMAND_BYTES);
    if (size < 0 && errno == EINTR) continue;
    if (size == 0 || (size < 0 && errno != EAGAIN)) return false;
    if (size < 0) return true;
    in->end += (size_t)size;
    for (;;) {
      uint8_t *start = in->data + in->start, *end = memchr(start, 0, buffer_size(in));
      if (!end) break;
      command(w, (const char *)start);
      buffer_consume(in, (size_t)(end - start) + 1);
    }
  }
}

static bool write_output(struct watch *w) {
  for (;;) {
    fill_output(w);
    size_t size = buffer_size(&w->out);
    if (size == 0) return true;
    ssize_t sent = write(1, w->out.data + w->out.start, size);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN;
    buffer_consume(&w->out, (size_t)sent);
  }
}

static void tell_ready(struct watch *w) {
  if (w->ready || !w->all_given || w->asked) return;
  w->ready = true;
  size_t entered = 0;
  for (struct dir *dir = w->first; dir; dir = dir->after) entered += dir->entered;
  char counts[72];
  snprintf(counts, sizeof counts, "%zu %zu %zu", w->kernel_count, w->polled_count, entered);
  tell(w, 'R', counts);
}

static void free_all(struct watch *w) {
  while (w->root_count) remove_root(w, w->roots[0]->self.name);
  for (size_t i = 0; i < w->wanted.size; i++) {
    struct wanted *wanted = w->wanted.pairs[i].value;
    if (!wanted) continue;
    free_anchor(wanted->anchor);
    free(wanted);
  }
  map_free(&w->wanted);
  map_free(&w->dirs);
  free(w->roots);
  free(w->queue);
  buffer_free(&w->out);
  close_fd(&w->inotify);
}

static bool nonblocking(int fd) {
  int flags = fcntl(fd, F_GETFL);
  return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

/* Milliseconds until the next poll, -1 for never. */
static int time_left(const struct watch *w, uint64_t next) {
  if (!w->ready || (w->polled_count == 0 && !w->poll_all)) return -1;
  uint64_t now = monotonic_ms();
  return now >= next ? 0 : (int)(next - now);
}

static uint64_t look_again(struct watch *w, uint64_t next) {
  uint64_t now = monotonic_ms();
  if (now < next) return next;
  rescan(w, true);
  uint64_t took = (monotonic_ms() - now) * SHARE;
  uint64_t interval = took < SHORTEST_INTERVAL ? SHORTEST_INTERVAL : took > LONGEST_INTERVAL ? LONGEST_INTERVAL : took;
  return monotonic_ms() + interval;
}

int watch_main(void) {
  static struct watch w;
  struct buffer in = {0};
  w.inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (!nonblocking(0) || !nonblocking(1)) return 1;
  uint64_t next = monotonic_ms() + SHORTEST_INTERVAL;
  bool going = true;
  while (going) {
    tell_ready(&w);
    if (!write_output(&w)) break;
    struct pollfd fds[] = {
        {.fd = 0, .events = POLLIN},
        {.fd = w.inotify, .events = POLLIN},
        {.fd = 1, .events = buffer_size(&w.out) ? POLLOUT : 0},
    };
    int left = time_left(&w, next);
    if (poll(fds, 3, left) < 0 && errno != EINTR) break;
    if (fds[2].revents & (POLLERR | POLLHUP)) break;
    if (fds[1].revents & POLLIN) read_events(&w);
    if (fds[0].revents) going = read_commands(&w, &in);
    if (left >= 0) next = look_again(&w, next);
  }
  buffer_free(&in);
  free_all(&w);
  return 0;
}
