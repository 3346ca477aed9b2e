/* Whether anything in the container accepts datagrams over IPv6: a refusal would not be reported, so it is checked before. */
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "forward.h"
#include "sys.h"

static int list_fd = -1;

int listeners_open(const struct launch *launch) {
  if (launch->netns < 0 || setns(launch->netns, CLONE_NEWNET) < 0) return -1;
  /* the file stays with the network namespace that it was opened in */
  return openat(launch->host_proc, "self/net/udp6", O_RDONLY | O_CLOEXEC);
}

void listeners_use(int fd) {
  list_fd = fd;
}

/* A stream of its own for each question: one that is rewound may answer from what it has read before. */
static FILE *read_anew(void) {
  int fd = list_fd < 0 || lseek(list_fd, 0, SEEK_SET) < 0 ? -1 : fcntl(list_fd, F_DUPFD_CLOEXEC, 0);
  FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
  if (fd >= 0 && !stream) close(fd);
  return stream;
}

/* An address as the file has it: words in the machine's order. */
static void print_address(char text[33], const struct in6_addr *address) {
  uint32_t words[4];
  memcpy(words, address, sizeof words);
  snprintf(text, 33, "%08X%08X%08X%08X", words[0], words[1], words[2], words[3]);
}

bool listens_for_datagrams(const struct sockaddr_storage *target) {
  enum { UNCONNECTED = 7 };
  static const char any[] = "00000000000000000000000000000000";
  const struct sockaddr_in6 *to = (const struct sockaddr_in6 *)target;
  char line[512], own[33], address[33], port[5], state[3];
  FILE *sockets = to->sin6_family == AF_INET6 ? read_anew() : NULL;
  if (!sockets) return false;
  print_address(own, &to->sin6_addr);
  bool found = false;
  while (!found && fgets(line, sizeof line, sockets)) {
    if (sscanf(line, "%*s %32[0-9A-F]:%4[0-9A-F] %*s %2[0-9A-F]", address, port, state) != 3) continue;
    found = strtoul(port, NULL, 16) == ntohs(to->sin6_port) && strtoul(state, NULL, 16) == UNCONNECTED &&
            (strcmp(address, any) == 0 || strcmp(address, own) == 0);
  }
  (void)fclose(sockets);
  return found;
}
