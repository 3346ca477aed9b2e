/*
 * The floor for "one container": clone3 with six namespaces, an overlay root, /proc, pivot_root, exec, wait. No cgroup,
 * no seccomp, no logs, no state. Usage: launcher LOWER UPPER WORK MERGED COMMAND [ARG...]
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "launcher: %s: %s\n", what, strerror(errno));
	_exit(125);
}

static void child(char **argv)
{
	char options[4096];

	must(mount("", "/", "", MS_REC | MS_PRIVATE, ""), "make / private");
	snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s", argv[1], argv[2], argv[3]);
	must(mount("overlay", argv[4], "overlay", 0, options), "mount overlay");
	must(chdir(argv[4]), "chdir");
	mkdir("proc", 0555);
	must(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, ""), "mount proc");
	must(syscall(SYS_pivot_root, ".", "."), "pivot_root");
	must(umount2(".", MNT_DETACH), "detach the old root");
	must(chdir("/"), "chdir /");
	execv(argv[5], argv + 5);
	must(-1, argv[5]);
}

int main(int argc, char **argv)
{
	if (argc < 6) {
		fprintf(stderr, "usage: launcher LOWER UPPER WORK MERGED COMMAND [ARG...]\n");
		return 125;
	}
	struct clone_args args = {
		.flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP,
		.exit_signal = SIGCHLD,
	};
	long pid = syscall(SYS_clone3, &args, sizeof args);
	must((int)pid, "clone3");
	if (pid == 0)
		child(argv);
	int status;
	must(waitpid((pid_t)pid, &status, 0), "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
