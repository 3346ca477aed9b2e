#include <stdlib.h>
#include <string.h>

#include "watch.h"

enum { FULL_OUTPUT = 64 * 1024 };

void push(struct watch *w, struct entry *entry, bool settled) {
  entry->settled = settled;
  if (entry->queued) return;
  if (w->queue_end == w->queue_capacity) {
    size_t used = w->queue_end - w->queue_start;
    /* Items are taken from the front: the rest is moved there before more memory is allocated. */
    if (w->queue_start > w->queue_capacity / 2) {
      memmove(w->queue, w->queue + w->queue_start, used * sizeof(struct entry *));
      for (size_t i = 0; i < used; i++)
        if (w->queue[i]) w->queue[i]->queued = i + 1;
      w->queue_start = 0;
      w->queue_end = used;
    } else {
      w->queue_capacity = w->queue_capacity ? w->queue_capacity * 2 : 256;
      struct entry **larger = realloc(w->queue, w->queue_capacity * sizeof(struct entry *));
      if (!larger) abort();
      w->queue = larger;
    }
  }
  w->queue[w->queue_end++] = entry;
  entry->queued = w->queue_end;
}

void unqueue(struct watch *w, struct entry *entry) {
  if (entry->queued) w->queue[entry->queued - 1] = NULL;
  entry->queued = 0;
}

static char kind_of(uint32_t mode) {
  if (S_ISREG(mode)) return 'f';
  if (S_ISDIR(mode)) return 'd';
  return S_ISLNK(mode) ? 'l' : 'o';
}

static void put_change(struct watch *w, char kind, bool settled, const struct entry *entry) {
  const char head[] = {'=', kind, settled ? '!' : '.'};
  put_raw(&w->out, head, sizeof head);
  if (entry->in) {
    put_raw(&w->out, entry->in->path, strlen(entry->in->path));
    put_u8(&w->out, '/');
  }
  put_raw(&w->out, entry->name, strlen(entry->name) + 1);
}

void tell_gone(struct watch *w, const struct entry *entry) {
  put_change(w, (entry->mode ? S_ISDIR(entry->mode) : entry->was_dir) ? '~' : '-', false, entry);
}

void fill_output(struct watch *w) {
  while (w->queue_start < w->queue_end && buffer_size(&w->out) < FULL_OUTPUT) {
    struct entry *entry = w->queue[w->queue_start++];
    if (!entry) continue;
    entry->queued = 0;
    if (entry->mode) {
      put_change(w, kind_of(entry->mode), entry->settled, entry);
    } else {
      put_change(w, entry->was_dir ? '~' : '-', entry->settled, entry);
      forget_entry(entry);
    }
  }
  if (w->queue_start == w->queue_end) w->queue_start = w->queue_end = 0;
}

void tell(struct watch *w, char what, const char *text) {
  put_u8(&w->out, (uint8_t)what);
  put_raw(&w->out, text, strlen(text) + 1);
}
