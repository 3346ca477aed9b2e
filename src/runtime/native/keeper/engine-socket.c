/* The keeper's end of the socket to the engine: the frames of shim-protocol.ts. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "keeper-state.h"

enum { SPAWN = 1, LIST, SHUTDOWN, SERVES };

void engine_socket_flush(struct keeper *k) {
  while (k->socket >= 0 && buffer_size(&k->out) > 0) {
    ssize_t n = send(k->socket, k->out.data + k->out.start, buffer_size(&k->out), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;
    buffer_consume(&k->out, (size_t)n);
  }
}

/*
 * Plans are read into pages of their own, which are freed as a whole: a page shared with forked shims would be copied when
 * written, once for every page of a plan.
 */
enum { IN_FIRST = 256 << 10, IN_PIECE = 64 << 10, PAGE = 4096 };

static void in_free(struct buffer *in) {
  if (in->data) munmap(in->data, in->capacity);
  *in = (struct buffer){0};
}

static uint8_t *in_reserve(struct buffer *in) {
  if (in->data && in->capacity - in->end >= IN_PIECE) return in->data + in->end;
  size_t capacity = in->data ? in->capacity * 2 : IN_FIRST;
  void *data = in->data ? mremap(in->data, in->capacity, capacity, MREMAP_MAYMOVE)
                        : mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED) _exit(71);
  in->data = data;
  in->capacity = capacity;
  return in->data + in->end;
}

/* Plans contain environments, and later shims are forks of this memory: nothing that was read is kept. */
static void in_consume(struct buffer *in, size_t size) {
  if (size == buffer_size(in)) {
    in_free(in);
    return;
  }
  size_t first = (in->start + PAGE - 1) / PAGE * PAGE, last = (in->start + size) / PAGE * PAGE;
  if (first < last && madvise(in->data + first, last - first, MADV_DONTNEED) == 0) {
    explicit_bzero(in->data + in->start, first - in->start);
    explicit_bzero(in->data + last, in->start + size - last);
  } else {
    explicit_bzero(in->data + in->start, size);
  }
  in->start += size;
}

void engine_socket_drop(struct keeper *k) {
  if (k->socket >= 0) close(k->socket);
  k->socket = -1;
  in_free(&k->in);
  buffer_free(&k->out);
}

static void handle(struct keeper *k, struct reader *in) {
  uint8_t type = get_u8(in);
  if (type == SPAWN) {
    uint32_t seq = get_u32(in);
    const char *run_dir = get_text(in);
    uint32_t size = get_u32(in);
    const uint8_t *plan = get_raw(in, size);
    if (run_dir && plan) shims_spawn(k, seq, run_dir, plan, size);
  } else if (type == LIST) {
    shims_list(k, get_u32(in));
  } else if (type == SHUTDOWN) {
    k->shutdown = true;
  } else if (type == SERVES) {
    k->serves = true;
  } else {
    in->bad = true;
  }
  if (in->bad) {
    say(k, "the engine sent a frame of type %u that is not understood", type);
    engine_socket_drop(k);
  }
}

void engine_socket_readable(struct keeper *k) {
  uint8_t *at = in_reserve(&k->in);
  ssize_t n = recv(k->socket, at, k->in.capacity - k->in.end, MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) {
    engine_socket_drop(k); /* its exit follows */
    return;
  }
  k->in.end += (size_t)n;
  while (k->socket >= 0 && buffer_size(&k->in) >= 4) {
    struct reader in = {.at = k->in.data + k->in.start, .end = k->in.data + k->in.end};
    uint32_t length = get_u32(&in);
    if (length > MAX_FRAME) {
      engine_socket_drop(k);
      return;
    }
    if ((size_t)(in.end - in.at) < length) return;
    in.end = in.at + length;
    handle(k, &in);
    if (k->socket < 0) return;
    in_consume(&k->in, 4 + (size_t)length);
  }
}
