/* The paths of W: what exists there, and the directories that lead there. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "watch.h"

enum {
  MOVES = IN_MOVE_SELF | IN_DELETE_SELF,
  NAMES = IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE | IN_ATTRIB,
  MOST_TRIES = 16,
};

struct wanted *wanted_of(struct watch *w, int wd) {
  struct wanted *wanted = map_get(&w->wanted, (uint32_t)wd);
  if (wanted) return wanted;
  wanted = watch_alloc(sizeof *wanted);
  map_put(&w->wanted, (uint32_t)wd, wanted);
  return wanted;
}

void free_anchor(struct anchor *anchor) {
  while (anchor) {
    struct anchor *next = anchor->next;
    free(anchor->path);
    free(anchor);
    anchor = next;
  }
}

/* False when nothing that can be watched exists there. */
static bool watch_ancestor(struct watch *w, const char *path, uint32_t mask) {
  if (w->inotify < 0) return true;
  int wd = inotify_add_watch(w->inotify, path, mask | IN_ONLYDIR | IN_MASK_ADD);
  if (wd < 0) return errno != ENOENT && errno != ENOTDIR;
  struct wanted *wanted = wanted_of(w, wd);
  for (struct anchor *anchor = wanted->anchor; anchor; anchor = anchor->next)
    if (strcmp(anchor->path, path) == 0) return true;
  struct anchor *anchor = watch_alloc(sizeof *anchor);
  *anchor = (struct anchor){.next = wanted->anchor, .path = watch_text(path)};
  wanted->anchor = anchor;
  return true;
}

/* Watches all ancestors for being moved, and the nearest existing one for the next name on the way. */
static void watch_way(struct watch *w, const struct root *root, bool is_dir) {
  char *path = watch_text(root->self.name);
  bool names = !is_dir;
  for (char *slash = strrchr(path, '/'); slash; slash = strrchr(path, '/')) {
    if (slash == path)
      slash[1] = 0;
    else
      *slash = 0;
    if (watch_ancestor(w, path, names ? MOVES | NAMES : MOVES)) names = false;
    if (slash == path) break;
  }
  free(path);
}

void resolve_root(struct watch *w, struct root *root, bool quiet) {
  struct entry *self = &root->self;
  look(w, self, AT_FDCWD, quiet, false, true);
  for (int tries = 0; tries < MOST_TRIES; tries++) {
    uint32_t mode = self->mode;
    watch_way(w, root, S_ISDIR(mode));
    /* It may have appeared between the examination and the watch. */
    look(w, self, AT_FDCWD, quiet, false, true);
    if ((self->mode & S_IFMT) == (mode & S_IFMT)) return;
  }
}

void add_root(struct watch *w, const char *path) {
  struct root *root = watch_alloc(sizeof *root);
  root->self.name = watch_text(path);
  struct root **larger = realloc(w->roots, (w->root_count + 1) * sizeof(struct root *));
  if (!larger) abort();
  w->roots = larger;
  w->roots[w->root_count++] = root;
  resolve_root(w, root, true);
}

void remove_root(struct watch *w, const char *path) {
  for (size_t i = 0; i < w->root_count; i++) {
    struct root *root = w->roots[i];
    if (strcmp(root->self.name, path) != 0) continue;
    if (root->self.child) drop_dir(w, root->self.child, false);
    unqueue(w, &root->self);
    free(root->self.name);
    free(root);
    w->roots[i] = w->roots[--w->root_count];
    return;
  }
}

void resolve_roots(struct watch *w) {
  for (size_t i = 0; i < w->root_count; i++) resolve_root(w, w->roots[i], false);
}

void anchor_event(struct watch *w, const struct anchor *anchor, const char *name, bool force) {
  for (; anchor; anchor = anchor->next) {
    size_t length = strcmp(anchor->path, "/") == 0 ? 0 : strlen(anchor->path), named = strlen(name);
    for (size_t i = 0; i < w->root_count; i++) {
      const char *path = w->roots[i]->self.name;
      if (strncmp(path, anchor->path, length) != 0 || path[length] != '/') continue;
      if (named == 0) {
        resolve_root(w, w->roots[i], false);
        continue;
      }
      const char *rest = path + length + 1;
      if (strncmp(rest, name, named) != 0 || (rest[named] && rest[named] != '/')) continue;
      if (force && !rest[named]) look(w, &w->roots[i]->self, AT_FDCWD, false, true, true);
      resolve_root(w, w->roots[i], false);
    }
  }
}
