#include "options.h"
#include "root-path.h"
#include "sys.h"

int attributes_op(struct setup *setup, const struct setup_op *op, struct failure *failure) {
  int target = root_open(setup->root, op->attributes.target);
  CHECK(target, "attributes", "%s", op->attributes.target);
  unsigned recursive = op->attributes.recursive ? AT_RECURSIVE : 0;
  struct mount_attr attr = {.attr_set = op->attributes.set, .attr_clr = op->attributes.clear, .propagation = op->attributes.propagation};
  CHECK(sys_mount_setattr(target, recursive, &attr), "attributes", "options of the mount on %s", op->attributes.target);
  close(target);
  return 0;
}
