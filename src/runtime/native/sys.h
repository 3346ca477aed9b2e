/* System calls for which glibc of 2022 has no wrapper, and small file helpers. All descriptors are close-on-exec. */
#pragma once
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef MOUNT_ATTR_RDONLY
#error "linux headers of 5.12 or later are needed"
#endif

int sys_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
int sys_open_tree(int dir, const char *path, unsigned flags);
int sys_move_mount(int from, int to);
int sys_mount_setattr(int fd, unsigned flags, struct mount_attr *attr);
int sys_pidfd_open(pid_t pid);
int sys_pidfd_send_signal(int pidfd, int signal);
/* A copy of another process's descriptor (5.6); close-on-exec. */
int sys_pidfd_getfd(int pidfd, int fd);
int sys_close_range(unsigned first, unsigned last, unsigned flags);
int sys_pivot_root(const char *new_root, const char *put_old);
int sys_execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags);

/* Opens, writes all, closes. 0 or -1 and errno. */
int write_file_at(int dir, const char *path, const char *data, size_t size);
/* Reads up to size-1 bytes and terminates them. Bytes read or -1. */
/* Read once for a process and its forks. */
const char *boot_id(void);
ssize_t read_file_at(int dir, const char *path, char *data, size_t size);
int write_all(int fd, const void *data, size_t size);
/* Closes an open descriptor and marks it -1. */
void close_fd(int *fd);
/* /proc as a directory descriptor; -1 and ENOTSUP when it is not procfs. */
int open_proc(void);
/* Field 22 of /proc/<pid>/stat; 0 when there is no such process. */
uint64_t process_start_time(int proc, pid_t pid);
uint64_t realtime_ns(void);
uint64_t monotonic_ms(void);
void set_process_title(const char *title, const char *id);
/* Clears the variables with which this process was started, also in /proc/<pid>/environ. */
void forget_environment(void);
/* Called by main before anything else uses argv. */
void remember_title_area(int argc, char **argv, char **envp);
