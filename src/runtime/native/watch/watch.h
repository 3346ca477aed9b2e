/*
 * `tcompose-shim watch`: tells which files below some paths have changed. Mechanism only: which directories are entered is
 * asked of the client, by records on stdout and answers on stdin, each ended by a NUL.
 *
 *   stdin   W<path>   watch what is, or comes to be, at an absolute path     G  that was all: say when everything is being watched
 *           +<id>     enter the directory that was asked about               -<id>  leave it alone
 *           P         look again at intervals everywhere, as on file systems that tell nothing
 *           S<path>   stop watching a path that W named                      R  compare everything
 *   stdout  ?<id> <path>   may this directory be entered?
 *           =<kind><settled><path>   a change: what stands there now (f d l o, or, for nothing, - after a
 *                          file and ~ after a directory, behind all that was in it); settled: `!` when its
 *                          writer is done with it, `.` when more is likely to come
 *           R<watches> <polled> <all>   everything is being watched, so many directories by the kernel, so many by looking
 *                          again, or both; and how many there are
 *           L<path>   the limit of inotify watches is reached: this directory is looked at again instead
 *           I<path>   the same for the limit of inotify instances: no directory is watched by the kernel
 *           M<path>   a file system that does not tell changes: it is looked at again
 *           X<path>   no permission to read this directory
 *           O         the kernel lost events: everything is being compared
 *
 * A change says "look here" and is sent once however often it happens before the client takes it.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "bytes.h"

/* A name in a directory, or a path of W; `mode` is 0 if nothing exists there. */
struct entry {
  struct entry *next; /* in its bucket */
  struct dir *in;     /* NULL: `name` is a whole path */
  struct dir *child;  /* of a directory, once the client was asked about it */
  char *name;
  uint64_t ino, size, mtime, ctime;
  uint32_t mode, hash, seen;
  size_t queued; /* position in the queue plus one */
  bool settled, refused, was_dir;
};

struct dir {
  struct dir *before, *after; /* all directories */
  struct entry *self;
  struct entry **buckets;
  char *path;
  uint64_t dev;
  uint32_t id, count, bucket_count;
  int wd; /* -1: not watched by the kernel */
  bool answered, entered, quiet, polled, unreadable;
};

/* Numbers to pointers. */
struct map {
  struct pair {
    uint32_t key;
    void *value;
  } *pairs;
  size_t size, used;
};
void *map_get(const struct map *map, uint32_t key);
/* A NULL value removes the key. */
void map_put(struct map *map, uint32_t key, void *value);
void map_free(struct map *map);

/* An ancestor of a path of W. */
struct anchor {
  struct anchor *next;
  char *path;
};
/* The purpose of one of the kernel's watches; each inode has one. */
struct wanted {
  struct dir *dir;
  struct anchor *anchor;
};

struct root {
  struct entry self;
  bool polled;
};

struct watch {
  int inotify; /* -1: none is available */
  struct map wanted, dirs;
  struct dir *first;
  struct root **roots;
  size_t root_count;
  struct entry **queue;
  size_t queue_start, queue_end, queue_capacity;
  struct buffer out;
  uint32_t next_id, generation;
  size_t asked; /* directories without an answer */
  size_t kernel_count, polled_count;
  bool all_given, ready, poll_all, limit_told;
};

/* tree.c */
struct entry *find_entry(struct dir *dir, const char *name, bool make);
/* Examines what exists there now; a change is queued unless `quiet`. `force`: it has changed, even if it looks the same. */
void look(struct watch *w, struct entry *entry, int dir_fd, bool quiet, bool force, bool settled);
void look_at_name(struct watch *w, struct dir *dir, const char *name, bool force, bool settled);
void enter_dir(struct watch *w, struct dir *dir);
void scan_dir(struct watch *w, struct dir *dir, bool quiet);
/* `gone`: its content is reported as gone, too. */
void drop_dir(struct watch *w, struct dir *dir, bool gone);
/* Frees an entry if nothing exists there and nothing is left to report. */
void forget_entry(struct entry *entry);

/* queue.c */
void push(struct watch *w, struct entry *entry, bool settled);
void unqueue(struct watch *w, struct entry *entry);
/* Moves as much as fits from the queue to the output. */
void fill_output(struct watch *w);
/* For an entry that is about to be freed. */
void tell_gone(struct watch *w, const struct entry *entry);
void tell(struct watch *w, char what, const char *text);

/* roots.c */
void add_root(struct watch *w, const char *path);
void remove_root(struct watch *w, const char *path);
/* Examines a path of W again, and watches what leads to it. */
void resolve_root(struct watch *w, struct root *root, bool quiet);
void resolve_roots(struct watch *w);
/* An event of an ancestor. */
void anchor_event(struct watch *w, const struct anchor *anchor, const char *name, bool force);
void free_anchor(struct anchor *anchor);
struct wanted *wanted_of(struct watch *w, int wd);

/* events.c */
void read_events(struct watch *w);
void rescan(struct watch *w, bool polled_only);

void *watch_alloc(size_t size);
char *watch_text(const char *text);

int watch_main(void);
