/* `tcompose-shim probe [user]`: tests what the kernel lets this process create, for `tcompose doctor`. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

/*
 * Tests what containers are made of, in namespaces that end with this process, and prints a line for each: its name and the
 * errno of the refusal, 0 for none. `user`: in a new user namespace. After a refusal there are no lines for what depends on it.
 */
int probe_main(bool user);

/* The network's part, in a network namespace that contains nothing else: bridge, veth, nft, nat. */
void probe_network(void);

/* Prints one line and returns whether it succeeded. `result`: negative when errno says why not. */
bool probe_tell(const char *name, int result);
