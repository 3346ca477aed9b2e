/*
 * Runs COUNT launchers (launcher.c), one after the other or all at once, each with the directories upper, work and merged of
 * DIRECTORY/<number>. Prints milliseconds from the first to the last, and their processor time.
 * Usage: launch-many in-turn|at-once COUNT LAUNCHER LOWER DIRECTORY COMMAND
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double ms(struct timeval t)
{
	return (double)t.tv_sec * 1e3 + (double)t.tv_usec / 1e3;
}

static void reap(void)
{
	int status;
	if (wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		fprintf(stderr, "launch-many: a launcher failed\n");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	if (argc != 7) {
		fprintf(stderr, "usage: launch-many in-turn|at-once COUNT LAUNCHER LOWER DIRECTORY COMMAND\n");
		return 2;
	}
	int at_once = strcmp(argv[1], "at-once") == 0, count = atoi(argv[2]);
	double began = now();
	for (int i = 0; i < count; i++) {
		char upper[4096], work[4096], merged[4096];
		snprintf(upper, sizeof upper, "%s/%d/upper", argv[5], i);
		snprintf(work, sizeof work, "%s/%d/work", argv[5], i);
		snprintf(merged, sizeof merged, "%s/%d/merged", argv[5], i);
		pid_t pid = vfork();
		if (pid < 0)
			return 1;
		if (pid == 0) {
			execl(argv[3], argv[3], argv[4], upper, work, merged, argv[6], (char *)NULL);
			_exit(127);
		}
		if (!at_once)
			reap();
	}
	for (int i = 0; at_once && i < count; i++)
		reap();
	double took = now() - began;
	struct rusage used;
	getrusage(RUSAGE_CHILDREN, &used);
	printf("%.3f %.3f\n", took, ms(used.ru_utime) + ms(used.ru_stime));
	return 0;
}
