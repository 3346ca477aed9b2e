/*
 * swap-made DIRECTORY TARGET: when somebody makes one of `made0` to `made19` there, a link to TARGET takes its place at
 * once. Until it is killed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum { NAMES = 20 };

int main(int argc, char **argv) {
  char made[NAMES][8], link[NAMES][8];
  int done[NAMES] = {0};
  if (argc < 3 || chdir(argv[1]) < 0) return 2;
  for (int i = 0; i < NAMES; i++) {
    snprintf(made[i], sizeof *made, "made%d", i);
    snprintf(link[i], sizeof *link, "link%d", i);
    if (symlink(argv[2], link[i]) < 0) return 2;
  }
  puts("waiting");
  fflush(stdout);
  for (int i = 0;; i = (i + 1) % NAMES) done[i] = done[i] || renameat2(AT_FDCWD, made[i], AT_FDCWD, link[i], RENAME_EXCHANGE) == 0;
}
