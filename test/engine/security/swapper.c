/* swapper DIRECTORY: until it is killed, exchanges the names `real` and `link` in it as fast as it can. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
  if (argc < 2 || chdir(argv[1]) < 0) return 2;
  for (;;) renameat2(AT_FDCWD, "real", AT_FDCWD, "link", RENAME_EXCHANGE);
}
