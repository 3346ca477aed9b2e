#include "root-path.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sys.h"

static bool below(const char *path, const char *top) {
  while (*path == '/') path++;
  size_t size = strlen(top);
  return strncmp(path, top, size) == 0 && (path[size] == '/' || path[size] == 0);
}

static bool symlinks_refused(const char *path) { return below(path, "dev") || below(path, "proc") || below(path, "sys"); }

int root_open(int root, const char *path) {
  uint64_t resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (symlinks_refused(path) ? RESOLVE_NO_SYMLINKS : 0);
  return sys_openat2(root, *path ? path : "/", O_PATH, 0, resolve);
}

/*
 * Walks paths that may not exist yet: one component at a time, without letting the kernel follow links. The stack holds every
 * directory from the root down, so that a directory which is moved meanwhile can't mislead "..".
 */
enum { DEPTH = 128, LINKS = 40 };
struct walk {
  int stack[DEPTH];
  int depth; /* stack[0] is the root and is not ours to close */
  int links;
  bool no_links;
};

static void walk_pop_to(struct walk *walk, int depth) {
  while (walk->depth > depth) close(walk->stack[--walk->depth]);
}

static int walk_end(struct walk *walk, int result) {
  int error = errno;
  walk_pop_to(walk, 1);
  errno = error;
  return result;
}

static int make_entry(int dir, const char *name, enum create_choice create) {
  if (create == CREATE_DIR) return mkdirat(dir, name, 0755);
  int fd = openat(dir, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd >= 0) close(fd);
  return fd < 0 ? -1 : 0;
}

/* Walks `path` (modified), which may be a link's text. Returns 0 with the result on top of the stack. */
static int walk_path(struct walk *walk, char *path, enum create_choice create) {
  if (*path == '/') walk_pop_to(walk, 1);
  for (char *next; *path; path = next) {
    while (*path == '/') path++;
    size_t size = strcspn(path, "/");
    next = path + size;
    while (*next == '/') *next++ = 0;
    if (size == 0 || strcmp(path, ".") == 0) continue;
    if (strcmp(path, "..") == 0) {
      if (walk->depth > 1) walk_pop_to(walk, walk->depth - 1);
      continue;
    }
    if (walk->depth == DEPTH) return errno = ENAMETOOLONG, -1;
    int dir = walk->stack[walk->depth - 1];
    enum create_choice kind = *next ? CREATE_DIR : create;
    int fd = openat(dir, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && kind != CREATE_NONE) {
      if (make_entry(dir, path, kind) < 0 && errno != EEXIST) return -1;
      fd = openat(dir, path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    }
    if (fd < 0) return -1;
    struct stat st;
    if (fstat(fd, &st) < 0) return close(fd), -1;
    if (S_ISLNK(st.st_mode)) {
      char text[PATH_MAX];
      ssize_t length = readlinkat(fd, "", text, sizeof text - 1);
      close(fd);
      if (length < 0) return -1;
      if (walk->no_links || ++walk->links > LINKS) return errno = ELOOP, -1;
      text[length] = 0;
      if (walk_path(walk, text, kind) < 0) return -1;
      continue;
    }
    if (*next && !S_ISDIR(st.st_mode)) return close(fd), errno = ENOTDIR, -1;
    walk->stack[walk->depth++] = fd;
  }
  return 0;
}

int root_open_create(int root, const char *path, enum create_choice create) {
  int fd = root_open(root, path);
  if (fd >= 0 || create == CREATE_NONE || errno != ENOENT) return fd;
  char copy[PATH_MAX];
  if (strlen(path) >= sizeof copy) return errno = ENAMETOOLONG, -1;
  strcpy(copy, path);
  struct walk walk = {.stack = {root}, .depth = 1, .no_links = symlinks_refused(path)};
  if (walk_path(&walk, copy, create) < 0) return walk_end(&walk, -1);
  return walk_end(&walk, fcntl(walk.stack[walk.depth - 1], F_DUPFD_CLOEXEC, 3));
}

/* statx's mnt_id for an O_PATH descriptor; 0 when there is none. */
static uint64_t mount_of(int fd) {
  struct statx st;
  return statx(fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) == 0 && st.stx_mask & STATX_MNT_ID ? st.stx_mnt_id : 0;
}

int root_open_mount_point(int root, const char *path, enum create_choice create) {
  static const char *const kernel[] = {"proc", "sys", "dev"};
  int fd = root_open_create(root, path, create);
  if (fd < 0) return -1;
  uint64_t mount = mount_of(fd), own = mount_of(root);
  if (mount == own) return fd; /* none of them is mounted there, or it has no mount of its own */
  for (int i = 0; i < 3; i++) {
    if (below(path, kernel[i])) continue;
    int top = root_open(root, kernel[i]);
    uint64_t there = top < 0 ? 0 : mount_of(top);
    close_fd(&top);
    if (there == 0 || there == own || there != mount) continue;
    close(fd);
    return errno = ELOOP, -1;
  }
  return fd;
}

int root_open_parent(int root, const char *path, const char **name) {
  char parent[PATH_MAX];
  const char *slash = strrchr(path, '/');
  *name = slash ? slash + 1 : path;
  size_t size = slash ? (size_t)(slash - path) : 0;
  if (**name == 0 || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0) return errno = EINVAL, -1;
  if (size >= sizeof parent) return errno = ENAMETOOLONG, -1;
  memcpy(parent, path, size);
  parent[size] = 0;
  return root_open_create(root, size ? parent : "/", CREATE_DIR);
}
