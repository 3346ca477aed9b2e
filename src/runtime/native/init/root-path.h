/* Finds and makes paths inside the container's root without ever leaving it. */
#pragma once
#include "plan.h"

/*
 * An O_PATH descriptor of `path` in the root `root`. Symbolic links are followed only inside the root; below /dev, /proc and
 * /sys none is followed (ELOOP), because an image must not redirect the runtime's own mounts. -1 and errno.
 */
int root_open(int root, const char *path);
/* Like root_open, but makes what is missing: directories on the way (0755) and a directory or empty file at the end. */
int root_open_create(int root, const char *path, enum create_choice create);
/*
 * Like root_open_create, for mount points of mounts from elsewhere. ELOOP when a link of the image leads into /proc, /sys or
 * /dev: a file system there would replace the kernel's (CVE-2019-19921) or ours.
 */
int root_open_mount_point(int root, const char *path, enum create_choice create);
/* The parent directory of `path`, made if missing; `name` gets the last part (inside `path`). */
int root_open_parent(int root, const char *path, const char **name);
