/* Directories and what was seen in them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "watch.h"

enum {
  WATCHED = IN_CREATE | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF |
            IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK,
};

static uint32_t hash_of(const char *name) {
  uint32_t hash = 2166136261u;
  for (; *name; name++) hash = (hash ^ (uint8_t)*name) * 16777619u;
  return hash;
}

static void more_buckets(struct dir *dir) {
  uint32_t count = dir->bucket_count ? dir->bucket_count * 2 : 8;
  struct entry **buckets = watch_alloc(count * sizeof(struct entry *));
  for (uint32_t i = 0; i < dir->bucket_count; i++)
    for (struct entry *entry = dir->buckets[i], *next; entry; entry = next) {
      next = entry->next;
      struct entry **at = &buckets[entry->hash & (count - 1)];
      entry->next = *at;
      *at = entry;
    }
  free(dir->buckets);
  dir->buckets = buckets;
  dir->bucket_count = count;
}

struct entry *find_entry(struct dir *dir, const char *name, bool make) {
  uint32_t hash = hash_of(name);
  if (dir->bucket_count)
    for (struct entry *entry = dir->buckets[hash & (dir->bucket_count - 1)]; entry; entry = entry->next)
      if (entry->hash == hash && strcmp(entry->name, name) == 0) return entry;
  if (!make) return NULL;
  if (dir->count >= dir->bucket_count) more_buckets(dir);
  struct entry *entry = watch_alloc(sizeof *entry);
  struct entry **at = &dir->buckets[hash & (dir->bucket_count - 1)];
  *entry = (struct entry){.next = *at, .in = dir, .name = watch_text(name), .hash = hash};
  *at = entry;
  dir->count++;
  return entry;
}

void forget_entry(struct entry *entry) {
  struct dir *dir = entry->in;
  if (!dir || entry->queued || entry->mode) return;
  struct entry **at = &dir->buckets[entry->hash & (dir->bucket_count - 1)];
  while (*at != entry) at = &(*at)->next;
  *at = entry->next;
  dir->count--;
  free(entry->name);
  free(entry);
}

static uint64_t nanoseconds(struct timespec at) { return (uint64_t)at.tv_sec * 1000000000u + (uint64_t)at.tv_nsec; }

/* A directory's own times and size change with its entries. */
static bool same(const struct entry *entry, const struct stat *now) {
  if (entry->mode != now->st_mode || entry->ino != now->st_ino) return false;
  return S_ISDIR(now->st_mode) ||
         (entry->size == (uint64_t)now->st_size && entry->mtime == nanoseconds(now->st_mtim) &&
          entry->ctime == nanoseconds(now->st_ctim));
}

static void ask(struct watch *w, struct entry *entry, uint64_t dev, bool quiet) {
  struct dir *dir = watch_alloc(sizeof *dir);
  size_t size = (entry->in ? strlen(entry->in->path) + 1 : 0) + strlen(entry->name) + 1;
  *dir = (struct dir){.self = entry, .path = watch_alloc(size), .dev = dev, .id = ++w->next_id, .wd = -1, .quiet = quiet};
  if (entry->in)
    snprintf(dir->path, size, "%s/%s", entry->in->path, entry->name);
  else
    snprintf(dir->path, size, "%s", entry->name);
  dir->after = w->first;
  if (w->first) w->first->before = dir;
  w->first = dir;
  entry->child = dir;
  map_put(&w->dirs, dir->id, dir);
  w->asked++;
  char head[16];
  snprintf(head, sizeof head, "?%u ", dir->id);
  put_raw(&w->out, head, strlen(head));
  put_raw(&w->out, dir->path, strlen(dir->path) + 1);
}

void look(struct watch *w, struct entry *entry, int dir_fd, bool quiet, bool force, bool settled) {
  struct stat now;
  const char *name = entry->name;
  if (fstatat(dir_fd, name, &now, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0) {
    if (entry->child) drop_dir(w, entry->child, !quiet);
    if (entry->mode) entry->was_dir = S_ISDIR(entry->mode);
    bool was = entry->mode != 0;
    entry->mode = 0;
    entry->refused = false;
    if (was && !quiet) push(w, entry, false);
    forget_entry(entry);
    return;
  }
  bool changed = !same(entry, &now), another = entry->ino != now.st_ino || !S_ISDIR(now.st_mode);
  if (another) entry->refused = false;
  if (another && entry->child) drop_dir(w, entry->child, !quiet);
  entry->mode = now.st_mode;
  entry->ino = now.st_ino;
  entry->size = (uint64_t)now.st_size;
  entry->mtime = nanoseconds(now.st_mtim);
  entry->ctime = nanoseconds(now.st_ctim);
  if (!quiet && (changed || (force && !S_ISDIR(now.st_mode)))) push(w, entry, settled);
  if (!S_ISDIR(now.st_mode) || entry->refused) return;
  if (!entry->child)
    ask(w, entry, now.st_dev, quiet);
  else if (changed && entry->child->unreadable)
    enter_dir(w, entry->child);
}

void look_at_name(struct watch *w, struct dir *dir, const char *name, bool force, bool settled) {
  int fd = open(dir->path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return;
  struct entry *entry = find_entry(dir, name, true);
  struct stat now;
  /* A link, or another name of a file, is complete when it is created; a file that is being written is closed later. */
  if (!settled && fstatat(fd, name, &now, AT_SYMLINK_NOFOLLOW) == 0)
    settled = !S_ISREG(now.st_mode) || now.st_nlink > 1;
  look(w, entry, fd, false, force, settled);
  close(fd);
}

/* The kernel does not report changes by other machines on such a file system. */
static bool tells_nothing(const char *path) {
  struct statfs fs;
  if (statfs(path, &fs) < 0) return false;
  switch ((uint32_t)fs.f_type) {
    case 0x6969:     /* nfs */
    case 0x517b:     /* smb */
    case 0xfe534d42: /* smb2 */
    case 0xff534d42: /* cifs */
    case 0x01021997: /* 9p */
    case 0x65735546: /* fuse: sshfs, virtiofs, shared folders */
    case 0x786f4256: /* vboxsf */
    case 0xbacbacbc: /* vmhgfs */
    case 0x00c36400: /* ceph */
    case 0x5346414f: /* afs */
    case 0x47504653: /* gpfs */
      return true;
    default: return false;
  }
}

static void choose_means(struct watch *w, struct dir *dir) {
  struct dir *parent = dir->self->in;
  if (w->poll_all)
    dir->polled = true;
  else if (parent && parent->dev == dir->dev)
    dir->polled = parent->polled && tells_nothing(dir->path);
  else if (tells_nothing(dir->path)) {
    dir->polled = true;
    tell(w, 'M', dir->path);
  }
}

/* False: the directory is gone. */
static bool watch_dir(struct watch *w, struct dir *dir) {
  int wd = -1;
  errno = ENOSPC;
  if (w->inotify >= 0) wd = inotify_add_watch(w->inotify, dir->path, WATCHED | IN_MASK_ADD);
  if (wd < 0) {
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return false;
    if (errno == ENOSPC && !w->limit_told) {
      w->limit_told = true;
      tell(w, w->inotify < 0 ? 'I' : 'L', dir->path);
    }
    dir->polled = true;
    return true;
  }
  struct wanted *wanted = wanted_of(w, wd);
  /* The same directory at another place: one of them has to be polled. */
  if (wanted->dir && wanted->dir != dir) {
    dir->polled = true;
    return true;
  }
  wanted->dir = dir;
  dir->wd = wd;
  w->kernel_count++;
  return true;
}

void enter_dir(struct watch *w, struct dir *dir) {
  if (!dir->entered) {
    choose_means(w, dir);
    if (!watch_dir(w, dir)) return;
    if (dir->polled) w->polled_count++;
    dir->entered = true;
  }
  scan_dir(w, dir, dir->quiet);
}

void scan_dir(struct watch *w, struct dir *dir, bool quiet) {
  int fd = open(dir->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *stream = fd < 0 ? NULL : fdopendir(fd);
  if (!stream) {
    if (fd >= 0) close(fd);
    if (errno == EACCES && !dir->unreadable) {
      dir->unreadable = true;
      tell(w, 'X', dir->path);
    }
    return;
  }
  dir->unreadable = false;
  uint32_t generation = ++w->generation;
  for (struct dirent *one = readdir(stream); one; one = readdir(stream)) {
    if (strcmp(one->d_name, ".") == 0 || strcmp(one->d_name, "..") == 0) continue;
    struct entry *entry = find_entry(dir, one->d_name, true);
    entry->seen = generation;
    /* A file may still be being written; if the kernel reports changes, its closing is reported. */
    look(w, entry, fd, quiet, false, dir->polled);
  }
  for (uint32_t i = 0; i < dir->bucket_count; i++)
    for (struct entry *entry = dir->buckets[i], *next; entry; entry = next) {
      next = entry->next;
      if (entry->seen != generation && entry->mode) look(w, entry, fd, quiet, false, true);
    }
  closedir(stream);
  dir->quiet = false;
}

void drop_dir(struct watch *w, struct dir *dir, bool gone) {
  for (uint32_t i = 0; i < dir->bucket_count; i++)
    for (struct entry *entry = dir->buckets[i], *next; entry; entry = next) {
      next = entry->next;
      if (entry->child) drop_dir(w, entry->child, gone);
      /* If it is gone already, its report may still be waiting. */
      bool waiting = entry->queued && !entry->mode;
      unqueue(w, entry);
      if (gone && (entry->mode || waiting)) tell_gone(w, entry);
      free(entry->name);
      free(entry);
    }
  if (dir->wd >= 0) {
    struct wanted *wanted = wanted_of(w, dir->wd);
    wanted->dir = NULL;
    /* A directory that is also on the way to another path stays. */
    if (!wanted->anchor) {
      inotify_rm_watch(w->inotify, dir->wd);
      map_put(&w->wanted, (uint32_t)dir->wd, NULL);
      free(wanted);
    }
    w->kernel_count--;
  }
  /* An answer may still arrive: it will find nothing. */
  if (!dir->answered) w->asked--;
  if (dir->entered && dir->polled) w->polled_count--;
  map_put(&w->dirs, dir->id, NULL);
  if (dir->before) dir->before->after = dir->after;
  if (dir->after) dir->after->before = dir->before;
  if (w->first == dir) w->first = dir->after;
  dir->self->child = NULL;
  free(dir->buckets);
  free(dir->path);
  free(dir);
}
