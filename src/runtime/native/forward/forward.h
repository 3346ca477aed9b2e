/* The process that forwards published ports to a network namespace that the machine's packets can't reach. */
#pragma once
#include "launch.h"

/* Never returns. Works with the listed sockets, what listeners_open returned, and descriptors that it makes itself. */
_Noreturn void forwarder_main(struct forward *list);

/*
 * listeners.c. The container's list of sockets for datagrams over IPv6, or -1; leaves the process in the container's network
 * namespace. It is read anew for every question, once it is in use.
 */
int listeners_open(const struct launch *launch);
void listeners_use(int fd);
bool listens_for_datagrams(const struct sockaddr_storage *target);

/* What a descriptor in the forwarder's epoll set belongs to; the first member of a structure that knows how to continue. */
struct watched {
  void (*ready)(struct watched *self, uint32_t events);
  struct watched *discarded; /* the next discarded one */
};

/* forwarder.c */
void watch(int fd, uint32_t events, struct watched *what);
/* Frees it once no event of the present turn can refer to it. */
void discard(struct watched *what);
/*
 * A non-blocking socket that connects to `to`, from the client's own address if the kernel allows it, else from ours; -1 and
 * errno. `otherwise` is set when it uses IPv6, on which perhaps nothing listens: then connect_usual serves the same client.
 * Datagrams use IPv6 only when something listens there.
 */
int connect_for(const struct forward *to, const struct sockaddr_storage *client, bool *otherwise);
int connect_usual(const struct forward *to, const struct sockaddr_storage *client);

/* forward-tcp.c, forward-udp.c: start to serve a listening or bound socket. */
void serve_tcp(struct forward *forward);
void serve_udp(struct forward *forward);
/* Ends idle sessions. Returns milliseconds until the next is due, or -1. */
int udp_expire(void);
