/*
 * The namespaces of a rootless engine: a user namespace in which its user is root, a mount namespace, and one network namespace
 * for all of its bridges. Engine, keeper and shims are in the first two, and stay in the machine's network; a shim enters the
 * other network once it has what it needs from the machine's.
 */
#pragma once
#include <sys/types.h>

/*
 * `RUN PID -- MODE ARGUMENTS`: enters the namespaces of process PID (0: makes new ones), ensures that a holder runs, and
 * executes itself in MODE. New ones take two messages of one byte: 'u' on standard output once the user namespace exists, and
 * one byte on standard input once its ids are mapped. Exit status 4: the user namespace was refused, 5: something in it was; a
 * sentence is on standard error. 6: another process has made them meanwhile. In MODE, $TCOMPOSE_NETWORK is the path of the
 * network namespace.
 */
int rootless_main(int argc, char **argv, char **envp);

/*
 * Holds the network namespace; see holder.c. Writes one byte to `ready` once it serves. `file` is where the namespace is bound.
 */
_Noreturn void holder_main(const char *run, const char *file, int ready);

/* Whether the holder of `run` answers. */
int holder_serves(const char *run);
