#include <sys/mount.h>

#include "options.h"
#include "sys.h"

/*
 * The new root is moved over the old one, and becomes this process's. Who leaves it by a trick of chroot(2) arrives at what is on
 * top: at it again. Others of a joined namespace keep the root they have.
 */
int move_root_op(struct setup *setup, struct failure *failure) {
  CHECK(fchdir(setup->root), "move-root", "fchdir");
  CHECK(mount(".", "/", NULL, MS_MOVE, NULL), "move-root", "move the root file system over /");
  CHECK(chroot("."), "move-root", "chroot");
  CHECK(chdir("/"), "move-root", "chdir");
  close(setup->root);
  setup->root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
  CHECK(setup->root, "move-root", "open /");
  return 0;
}
