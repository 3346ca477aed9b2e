#include <sys/mount.h>

#include "options.h"
#include "sys.h"

/*
 * Moves the new root over the old one, and makes it this process's root. A process that leaves it by a trick with chroot(2)
 * arrives at what is on top, which is the same root. Other processes of a joined namespace keep their root.
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
