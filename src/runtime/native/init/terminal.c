#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "root-path.h"
#include "setup.h"
#include "sys.h"

/* A terminal of the container's own devpts: its ttyname is correct inside, and it disappears with the container. */
int tty_open(int root, const struct stdio_plan *stdio, uint32_t uid, int *master, int *slave) {
  struct statfs fs;
  *master = sys_openat2(root, "dev/pts/ptmx", O_RDWR | O_NOCTTY, 0, RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
  if (*master < 0) return -1;
  if (fstatfs(*master, &fs) < 0 || fs.f_type != DEVPTS_SUPER_MAGIC) return errno = ENOTTY, -1;
  int unlock = 0;
  if (ioctl(*master, TIOCSPTLCK, &unlock) < 0) return -1;
  *slave = ioctl(*master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (*slave < 0) return -1;
  struct winsize size = {.ws_row = (unsigned short)stdio->rows, .ws_col = (unsigned short)stdio->columns};
  if (stdio->rows && stdio->columns) ioctl(*slave, TIOCSWINSZ, &size);
  /* EINVAL: the namespace lacks this user, which is reported when a process becomes that user */
  if (fchown(*slave, uid, (gid_t)-1) < 0 && errno != EPERM && errno != EINVAL) return -1;
  return 0;
}

int console_op(struct setup *setup, struct failure *failure) {
  if (!setup->launch->plan.stdio.tty) return 0;
  int master, slave;
  CHECK(tty_open(setup->root, &setup->launch->plan.stdio, setup->launch->plan.process.uid, &master, &slave), "console", "/dev/pts/ptmx");
  /* O_PATH: with a bound /dev this is a device of the host, and opening a device has effects */
  int target = root_open_create(setup->root, "/dev/console", CREATE_FILE);
  CHECK(target, "console", "/dev/console");
  int tree = sys_open_tree(slave, "", OPEN_TREE_CLONE | AT_EMPTY_PATH);
  CHECK(tree, "console", "clone of the terminal's mount");
  CHECK(sys_move_mount(tree, target), "console", "/dev/console");
  close(tree);
  close(target);
  CHECK(sync_send(setup->launch->sync[1], SYNC_TTY, NULL, master), "console", "hand over the terminal");
  close(master);
  *setup->tty_slave = slave;
  return 0;
}
