/* The end of a control group's processes, and of the group. */
#pragma once

/* SIGKILL to all of cgroup.procs until it is empty; at most 2 s. 0, or -1 and errno when there is no such group. */
int kill_cgroup(const char *path);
/*
 * rmdir, with the groups a container made below its own. One whose last process has just been reaped may be busy for
 * another moment. -1 and errno.
 */
int remove_cgroup(const char *path);
