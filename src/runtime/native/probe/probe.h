/* `tcompose-shim probe [user]`: what the kernel lets this process make, for `tcompose doctor`. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/*
 * Tries what containers are made of, in namespaces that end with this process, and prints a line a thing: its name and the errno
 * of the refusal, 0 for none. `user`: in a user namespace of its own. What was refused ends what depends on it: no line.
 */
int probe_main(bool user);

/* The network's part, in a network namespace that holds nothing else: bridge, veth, nft, nat. */
void probe_network(void);

/* Prints one line and gives whether it went well. `result`: negative when errno says why not. */
bool probe_tell(const char *name, int result);
