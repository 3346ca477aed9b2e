/*
 * The process that keeps network and user namespace alive while nothing else is in them, and through which the engine uses the
 * network without being in it: on RUN/netns.sock (SOCK_SEQPACKET) it makes sockets and reads and writes settings there.
 *
 *   's' i32 domain, i32 type, i32 protocol    answer: i32 errno, i32 a descriptor of this process, open until the next request
 *   'w' path NUL data                         answer: i32 errno
 *   'r' path NUL                              answer: i32 errno, the first 64 KiB
 *
 * Paths are below /proc/sys/net and /proc/net. It ends once no client is connected and nothing else is in its user namespace.
 */
#include <errno.h>
#include <dirent.h>
#include <limits.h>
#include <linux/magic.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/vfs.h>

#include "rootless.h"
#include "sys.h"

enum { LARGEST = 64 << 10, MOST_CLIENTS = 8, FIRST_LOOK_MS = 100, LAST_LOOK_MS = 3000 };

static int lent = -1; /* the socket of the last answer */

static socklen_t socket_address(const char *run, struct sockaddr_un *address) {
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  int size = snprintf(address->sun_path, sizeof address->sun_path, "%s/netns.sock", run);
  return size < (int)sizeof address->sun_path ? sizeof *address : 0;
}

int holder_serves(const char *run) {
  struct sockaddr_un address;
  socklen_t size = socket_address(run, &address);
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  int serves = fd >= 0 && size > 0 && connect(fd, (struct sockaddr *)&address, size) == 0;
  if (fd >= 0) close(fd);
  return serves;
}

static _Noreturn void cannot(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  _exit(1);
}

static void bring_up_loopback(void) {
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
  if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0) cannot("the loopback link");
  close(fd);
}

/*
 * Only the engine has rules here, and none of them concerns traffic between the ports of a bridge, so that need not pass all of
 * them.
 */
static void keep_bridges_plain(void) {
  static const char *const settings[] = {"iptables", "ip6tables", "arptables"};
  for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
    char path[80];
    snprintf(path, sizeof path, "/proc/sys/net/bridge/bridge-nf-call-%s", settings[i]);
    (void)write_file_at(AT_FDCWD, path, "0", 1); /* absent if the module is */
  }
}

/* Takes the namespace that an earlier holder has left at `file`, or binds a new one there. */
static void take_network(const char *file) {
  int fd = open(file, O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
  struct statfs fs;
  if (fd < 0 || fstatfs(fd, &fs) < 0) cannot(file);
  if (fs.f_type == NSFS_MAGIC) {
    if (setns(fd, CLONE_NEWNET) < 0) cannot(file);
  } else {
    if (unshare(CLONE_NEWNET) < 0) cannot("unshare(CLONE_NEWNET)");
    bring_up_loopback();
    keep_bridges_plain();
    if (mount("/proc/self/ns/net", file, NULL, MS_BIND, NULL) < 0) cannot(file);
  }
  close(fd);
}

static int listen_at(const char *run) {
  struct sockaddr_un address;
  socklen_t size = socket_address(run, &address);
  int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd < 0 || size == 0) cannot("netns.sock");
  (void)unlink(address.sun_path);
  mode_t old = umask(0177);
  if (bind(fd, (struct sockaddr *)&address, size) < 0 || listen(fd, MOST_CLIENTS) < 0) cannot(address.sun_path);
  umask(old);
  return fd;
}

static bool is_network_setting(const char *path) {
  return !strstr(path, "/..") && (strncmp(path, "/proc/sys/net/", 14) == 0 || strncmp(path, "/proc/net/", 10) == 0);
}

/* Returns an answer's size. */
static size_t make_socket(const char *question, size_t size, char *answer) {
  int32_t wanted[3], result[2] = {EINVAL, -1};
  if (size == 1 + sizeof wanted) {
    memcpy(wanted, question + 1, sizeof wanted);
    lent = socket(wanted[0], wanted[1] | SOCK_CLOEXEC, wanted[2]);
    result[0] = lent < 0 ? errno : 0;
    result[1] = lent;
  }
  memcpy(answer, result, sizeof result);
  return sizeof result;
}

static size_t use_file(const char *question, size_t size, char *answer) {
  const char *path = question + 1, *end = memchr(path, 0, size - 1);
  int32_t error = EINVAL;
  size_t got = 0;
  if (end && is_network_setting(path)) {
    const char *data = end + 1;
    ssize_t result = question[0] == 'w' ? write_file_at(AT_FDCWD, path, data, size - (size_t)(data - question))
                                        : read_file_at(AT_FDCWD, path, answer + sizeof error, LARGEST);
    error = result < 0 ? errno : 0;
    if (question[0] == 'r' && result > 0) got = (size_t)result;
  }
  memcpy(answer, &error, sizeof error);
  return sizeof error + got;
}

/* False when the client has disconnected. */
static bool serve(int client) {
  static char question[LARGEST + 1], answer[LARGEST + 8];
  ssize_t size = recv(client, question, LARGEST, 0);
  if (size <= 0) return false;
  question[size] = 0;
  if (lent >= 0) close(lent);
  lent = -1;
  size_t length = question[0] == 's' ? make_socket(question, (size_t)size, answer) : use_file(question, (size_t)size, answer);
  return send(client, answer, length, MSG_NOSIGNAL) == (ssize_t)length;
}

static pid_t way_out_of(const char *run) {
  char path[PATH_MAX], text[32];
  snprintf(path, sizeof path, "%s/way-out.pid", run);
  return read_file_at(AT_FDCWD, path, text, sizeof text) > 0 ? (pid_t)strtol(text, NULL, 10) : 0;
}

/* Whether any process except the way out is also in this user namespace; processes that can't be examined are not. */
static bool has_company(const char *run) {
  struct stat own, theirs;
  DIR *dir = opendir("/proc");
  if (!dir || stat("/proc/self/ns/user", &own) < 0) {
    if (dir) closedir(dir);
    return true;
  }
  bool found = false;
  pid_t way_out = way_out_of(run);
  for (struct dirent *entry; !found && (entry = readdir(dir));) {
    char path[NAME_MAX + 16];
    pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
    if (pid <= 0 || pid == getpid() || pid == way_out) continue;
    snprintf(path, sizeof path, "%s/ns/user", entry->d_name);
    found = fstatat(dirfd(dir), path, &theirs, 0) == 0 && theirs.st_ino == own.st_ino;
    snprintf(path, sizeof path, "%s/ns/mnt", entry->d_name);
    found = found && fstatat(dirfd(dir), path, &theirs, 0) == 0; /* a process that has ended but was not reaped has none */
  }
  closedir(dir);
  return found;
}

static void serve_all(const char *run, int listener) {
  struct pollfd set[1 + MOST_CLIENTS] = {{.fd = listener, .events = POLLIN}};
  nfds_t count = 1;
  for (int wait = FIRST_LOOK_MS;;) {
    int ready = poll(set, count, count > 1 ? -1 : wait);
    if (ready == 0 && count == 1 && !has_company(run)) return;
    if (ready == 0) wait = wait * 2 > LAST_LOOK_MS ? LAST_LOOK_MS : wait * 2;
    if (ready <= 0) continue;
    wait = FIRST_LOOK_MS;
    for (nfds_t i = count - 1; i >= 1; i--) {
      if (!set[i].revents || serve(set[i].fd)) continue;
      close(set[i].fd);
      set[i] = set[--count];
    }
    int client = set[0].revents ? accept4(listener, NULL, NULL, SOCK_CLOEXEC) : -1;
    if (client >= 0 && count <= MOST_CLIENTS)
      set[count++] = (struct pollfd){.fd = client, .events = POLLIN};
    else if (client >= 0)
      close(client);
  }
}

static void write_pid_file(const char *run) {
  char path[PATH_MAX], text[16];
  snprintf(path, sizeof path, "%s/holder.pid", run);
  int size = snprintf(text, sizeof text, "%d\n", getpid());
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || write_all(fd, text, (size_t)size) < 0) cannot(path);
  close(fd);
}

/* Finds it by its file: a way out that was made for this namespace has nobody left to serve. */
static void end_way_out(const char *run) {
  char path[64], text[32];
  pid_t pid = way_out_of(run);
  snprintf(path, sizeof path, "/proc/%d/comm", pid);
  if (pid <= 1 || read_file_at(AT_FDCWD, path, text, sizeof text) <= 0) return;
  if (strncmp(text, "pasta", 5) == 0 || strncmp(text, "passt", 5) == 0 || strncmp(text, "slirp4netns", 11) == 0) kill(pid, SIGTERM);
}

static void leave(const char *run) {
  static const char *const files[] = {"netns.sock", "holder.pid", "way-out.pid"};
  end_way_out(run);
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", run, files[i]);
    (void)unlink(path);
  }
}

void holder_main(const char *argument, const char *file, int ready) {
  setsid();
  char *run = strdup(argument); /* the process title is written over its arguments */
  if (!run) _exit(71);
  for (int n = 1; n < 65; n++) (void)signal(n, n == SIGTERM || n == SIGCHLD ? SIG_DFL : SIG_IGN);
  /* the lock of the process that started this is among its open descriptors */
  int say = ready == 3 ? 3 : dup2(ready, 3);
  if (say < 0 || sys_close_range(4, ~0u, 0) < 0) _exit(1);
  take_network(file);
  int listener = listen_at(run);
  write_pid_file(run);
  set_process_title("tcompose-network", run);
  int null = open("/dev/null", O_RDWR);
  for (int fd = 0; fd < 3; fd++) dup2(null, fd);
  if (null > 2) close(null);
  if (chdir("/") < 0 || write_all(say, "r", 1) < 0) _exit(1);
  close(say);
  serve_all(run, listener);
  leave(run);
  _exit(0);
}
