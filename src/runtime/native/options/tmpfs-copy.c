#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "options.h"
#include "root-path.h"
#include "sys.h"

enum { DEPTH = 64 };

static int copy_directory(int from, int to, int depth);

static int copy_content(int from, int to) {
  for (;;) {
    ssize_t n = copy_file_range(from, NULL, to, NULL, 1 << 20, 0);
    if (n == 0) return 0;
    if (n > 0) continue;
    if (errno != EXDEV && errno != EINVAL && errno != EOPNOTSUPP) return -1;
    break;
  }
  char data[65536];
  for (ssize_t n; (n = read(from, data, sizeof data)) != 0;) {
    if (n < 0 || write_all(to, data, (size_t)n) < 0) return -1;
  }
  return 0;
}

/* Owner first: changing it clears set-id bits. */
static int copy_owner_and_mode(int to, const struct stat *st) { return fchown(to, st->st_uid, st->st_gid) < 0 || fchmod(to, st->st_mode & 07777) < 0 ? -1 : 0; }

static int copy_file(int from, int to, const char *name, const struct stat *st) {
  int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
  if (in < 0) return -1;
  int out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  int result = out < 0 || copy_content(in, out) < 0 || copy_owner_and_mode(out, st) < 0 ? -1 : 0;
  int error = errno;
  if (out >= 0) close(out);
  close(in);
  errno = error;
  return result;
}

static int copy_link(int from, int to, const char *name, const struct stat *st) {
  char text[4096];
  ssize_t size = readlinkat(from, name, text, sizeof text - 1);
  if (size < 0) return -1;
  text[size] = 0;
  return symlinkat(text, to, name) < 0 || fchownat(to, name, st->st_uid, st->st_gid, AT_SYMLINK_NOFOLLOW) < 0 ? -1 : 0;
}

static int copy_entry(int from, int to, const char *name, int depth) {
  struct stat st;
  if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0) return -1;
  if (S_ISLNK(st.st_mode)) return copy_link(from, to, name, &st);
  if (S_ISREG(st.st_mode)) return copy_file(from, to, name, &st);
  if (!S_ISDIR(st.st_mode)) return 0; /* sockets, fifos and devices have no meaning in a copy */
  if (depth == DEPTH) return errno = ENAMETOOLONG, -1;
  if (mkdirat(to, name, 0700) < 0) return -1;
  int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  int out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  int result = in < 0 || out < 0 || copy_directory(in, out, depth + 1) < 0 || copy_owner_and_mode(out, &st) < 0 ? -1 : 0;
  int error = errno;
  close_fd(&in);
  close_fd(&out);
  errno = error;
  return result;
}

static int copy_directory(int from, int to, int depth) {
  int own = fcntl(from, F_DUPFD_CLOEXEC, 3);
  DIR *dir = own < 0 ? NULL : fdopendir(own);
  if (!dir) return -1;
  int result = 0;
  for (struct dirent *entry; result == 0 && (entry = readdir(dir));)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) result = copy_entry(from, to, entry->d_name, depth);
  int error = errno;
  closedir(dir);
  errno = error;
  return result;
}

int tmpfs_copy_op(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  const char *target = op->tmpfs_copy.target;
  int place = root_open_mount_point(setup->root, target, CREATE_DIR);
  CHECK(place, "mount", "mount point %s", target);
  int from = openat(place, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  CHECK(from, "mount", "%s", target);
  char path[40];
  snprintf(path, sizeof path, "/proc/self/fd/%d", place);
  /* writable until it is filled */
  CHECK(mount("tmpfs", path, "tmpfs", op->tmpfs_copy.flags & ~(uint32_t)MS_RDONLY, op->tmpfs_copy.data), "mount", "tmpfs on %s", target);
  int to = root_open(setup->root, target);
  CHECK(to, "mount", "%s", target);
  int into = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  CHECK(into, "mount", "%s", target);
  CHECK(copy_directory(from, into, 0), "mount", "copy of %s into its tmpfs", target);
  struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
  if (op->tmpfs_copy.flags & MS_RDONLY) CHECK(sys_mount_setattr(to, 0, &attr), "mount", "read-only %s", target);
  close(into);
  close(to);
  close(from);
  close(place);
  return 0;
}
