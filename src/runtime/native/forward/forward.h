/* The process that carries published ports into a network namespace that the machine's packets do not reach. */
#pragma once
#include "launch.h"

/* Never returns. Works with the listed sockets and with descriptors it makes itself. */
_Noreturn void forwarder_main(struct forward *list);

/* What a descriptor in the forwarder's epoll set is about; the first member of what knows how to go on. */
struct watched {
  void (*ready)(struct watched *self, uint32_t events);
  struct watched *discarded; /* the next one that is */
};

/* forwarder.c */
void watch(int fd, uint32_t events, struct watched *what);
/* To be freed once no event of the present turn can be about it. */
void discard(struct watched *what);
/*
 * A non-blocking socket on its way to `to`, from the client's own address where the kernel lets it, else from ours; -1 and errno.
 * `otherwise` is set when it goes by IPv6, where perhaps nobody listens: then connect_usual is the way for the same client.
 */
int connect_for(const struct forward *to, const struct sockaddr_storage *client, bool *otherwise);
int connect_usual(const struct forward *to, const struct sockaddr_storage *client);

/* forward-tcp.c, forward-udp.c: takes up a listening or bound socket. */
void serve_tcp(struct forward *forward);
void serve_udp(struct forward *forward);
/* Ends what has been idle. Milliseconds until there is something to end again, or -1. */
int udp_expire(void);
