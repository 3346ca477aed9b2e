/*
 * The namespaces of an engine that is not root: a user namespace in which its user is root, a mount namespace, and one network
 * namespace for all of its bridges. Engine, keeper and shims belong to the first two, and stay in the machine's network; a shim
 * enters the other network once it has what it holds of the machine's.
 */
#pragma once
#include <sys/types.h>

/*
 * `RUN PID -- MODE ARGUMENTS`: enters the namespaces that process PID is in (0: makes new ones), sees to it that a holder runs, and
 * executes itself in MODE. New ones are asked for in two words: 'u' on standard output once the user namespace is there, and what
 * comes back on standard input once its ids are mapped, one byte. Exit status 4: the user namespace was refused, 5: what is in it was;
 * a sentence is on standard error. 6: somebody else has made them meanwhile. In MODE, $TCOMPOSE_NETWORK is the path of the network namespace.
 */
int rootless_main(int argc, char **argv, char **envp);

/* Holds the network namespace; see holder.c. Says one byte on `ready` once it serves. `file` is where the namespace is bound. */
_Noreturn void holder_main(const char *run, const char *file, int ready);

/* Whether the holder of `run` answers. */
int holder_serves(const char *run);
