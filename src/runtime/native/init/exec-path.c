#include "exec-path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Called for each candidate; 0 ends the search. */
typedef int attempt(const char *path, char *const argv[], char *const env[]);

static int look(const char *path, char *const argv[], char *const env[]) {
  (void)argv, (void)env;
  struct stat st;
  if (stat(path, &st) < 0) return -1;
  if (!S_ISREG(st.st_mode)) return errno = EACCES, -1;
  /* checked with the ids and rights that will execute it; kernels before 5.8 have to try */
  if (syscall(__NR_faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS) == 0 || errno == ENOSYS) return 0;
  return -1;
}

static int search(attempt *attempt, char *const argv[], char *const env[]) {
  if (!argv[0] || !*argv[0]) return errno = ENOENT, -1;
  if (strchr(argv[0], '/')) return attempt(argv[0], argv, env);
  const char *path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  for (char *const *e = env; *e; e++)
    if (strncmp(*e, "PATH=", 5) == 0) path = *e + 5;
  int denied = 0;
  for (;;) {
    size_t size = strcspn(path, ":");
    char candidate[PATH_MAX];
    /* an empty entry means the working directory */
    if (snprintf(candidate, sizeof candidate, "%.*s/%s", (int)size, size ? path : ".", argv[0]) < (int)sizeof candidate) {
      if (size == 0) snprintf(candidate, sizeof candidate, "./%s", argv[0]);
      if (attempt(candidate, argv, env) == 0) return 0;
      if (errno == EACCES) denied = 1;
      else if (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG && errno != ELOOP) return -1;
    }
    if (!path[size]) break;
    path += size + 1;
  }
  return errno = denied ? EACCES : ENOENT, -1;
}

void exec_path(char *const argv[], char *const env[]) { search(execve, argv, env); }

bool exec_path_exists(char *const argv[], char *const env[]) { return search(look, argv, env) == 0; }
