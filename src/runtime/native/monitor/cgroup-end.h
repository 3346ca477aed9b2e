/* Ends a control group's processes, and removes the group. */
#pragma once

/* Sends SIGKILL to all of cgroup.procs until it is empty; takes at most 2 s. 0, or -1 and errno when there is no such group. */
int kill_cgroup(const char *path);
/*
 * rmdir, including groups that a container made below its own. A group whose last process has just been reaped may be busy for
 * another moment. -1 and errno.
 */
int remove_cgroup(const char *path);
