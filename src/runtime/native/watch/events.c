#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "watch.h"

void rescan(struct watch *w, bool polled_only) {
  size_t count = 0;
  for (struct dir *dir = w->first; dir; dir = dir->after) count++;
  uint32_t *ids = watch_alloc((count + 1) * sizeof *ids);
  count = 0;
  for (struct dir *dir = w->first; dir; dir = dir->after)
    if (dir->entered && (dir->polled || !polled_only)) ids[count++] = dir->id;
  /* Examining one may remove others. */
  for (size_t i = 0; i < count; i++) {
    struct dir *dir = map_get(&w->dirs, ids[i]);
    if (dir) scan_dir(w, dir, false);
  }
  free(ids);
  if (!polled_only || w->poll_all) resolve_roots(w);
}

static void self_event(struct watch *w, struct dir *dir) {
  /* For a directory inside another, the other one reports it. */
  if (dir->self->in) return;
  for (size_t i = 0; i < w->root_count; i++)
    if (&w->roots[i]->self == dir->self) resolve_root(w, w->roots[i], false);
}

static void handle(struct watch *w, const struct inotify_event *event) {
  const char *name = event->len ? event->name : "";
  struct wanted *wanted = map_get(&w->wanted, (uint32_t)event->wd);
  if (!wanted) return;
  bool force = event->mask & (IN_CLOSE_WRITE | IN_MOVED_TO);
  if (event->mask & IN_IGNORED) {
    /* The directory is gone or unmounted, and what leads to it has reported that or does so now. */
    struct dir *dir = wanted->dir;
    if (dir) {
      dir->wd = -1;
      w->kernel_count--;
    }
    map_put(&w->wanted, (uint32_t)event->wd, NULL);
    struct anchor *anchor = wanted->anchor;
    free(wanted);
    if (dir) self_event(w, dir);
    if (anchor) anchor_event(w, anchor, "", false);
    free_anchor(anchor);
    return;
  }
  bool settled = force || (event->mask & IN_ATTRIB);
  if (wanted->dir) {
    if (*name)
      look_at_name(w, wanted->dir, name, force, settled);
    else if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT))
      self_event(w, wanted->dir);
  }
  /* The examination may have ended the watch. */
  wanted = map_get(&w->wanted, (uint32_t)event->wd);
  if (wanted && wanted->anchor && (*name || (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF))))
    anchor_event(w, wanted->anchor, name, force);
}

void read_events(struct watch *w) {
  static char data[64 * 1024] __attribute__((aligned(__alignof__(struct inotify_event))));
  bool lost = false;
  for (;;) {
    ssize_t size = read(w->inotify, data, sizeof data);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) break;
    for (char *at = data; at < data + size;) {
      struct inotify_event *event = (void *)at;
      if (event->mask & IN_Q_OVERFLOW)
        lost = true;
      else
        handle(w, event);
      at += sizeof *event + event->len;
    }
  }
  if (!lost) return;
  tell(w, 'O', "");
  rescan(w, false);
}
