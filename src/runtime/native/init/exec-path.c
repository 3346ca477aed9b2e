#include "exec-path.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void exec_path(char *const argv[], char *const env[]) {
  if (!argv[0] || !*argv[0]) {
    errno = ENOENT;
    return;
  }
  if (strchr(argv[0], '/')) {
    execve(argv[0], argv, env);
    return;
  }
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
      execve(candidate, argv, env);
      if (errno == EACCES) denied = 1;
      else if (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG && errno != ELOOP) return;
    }
    if (!path[size]) break;
    path += size + 1;
  }
  errno = denied ? EACCES : ENOENT;
}
