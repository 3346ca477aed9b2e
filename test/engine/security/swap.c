/*
 * swap NAME LINK TARGET [wait]: makes NAME (a directory is made) and LINK (a symbolic link to TARGET) change places by
 * renameat2(RENAME_EXCHANGE), without end. With `wait` it begins when somebody else has made NAME.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct stat there;
  if (argc < 4) return 2;
  if (argc == 4) mkdir(argv[1], 0755);
  if (argc > 4) puts("waiting"), fflush(stdout);
  while (lstat(argv[1], &there) < 0) {}
  if (symlink(argv[3], argv[2]) < 0) return perror(argv[2]), 1;
  puts("swapping");
  fflush(stdout);
  for (;;)
    if (renameat2(AT_FDCWD, argv[1], AT_FDCWD, argv[2], RENAME_EXCHANGE) < 0 && errno != ENOENT) return perror("renameat2"), 1;
}
