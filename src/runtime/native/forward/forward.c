/* The monitor's part of published ports that a forwarder serves. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forward.h"
#include "sys.h"

static socklen_t target_of(const struct op_forward *op, struct sockaddr_storage *target) {
  *target = (struct sockaddr_storage){0};
  if (op->family == FAMILY_4) {
    struct sockaddr_in *v4 = (struct sockaddr_in *)target;
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)op->port);
    return inet_pton(AF_INET, op->address, &v4->sin_addr) == 1 ? sizeof *v4 : 0;
  }
  struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)target;
  v6->sin6_family = AF_INET6;
  v6->sin6_port = htons((uint16_t)op->port);
  return inet_pton(AF_INET6, op->address, &v6->sin6_addr) == 1 ? sizeof *v6 : 0;
}

static struct held_socket *held_socket_named(struct launch *launch, const char *name) {
  for (struct held_socket *held = launch->sockets; held; held = held->next)
    if (strcmp(held->name, name) == 0) return held;
  return NULL;
}

static struct forward *forward_of(struct launch *launch, int fd) {
  for (struct forward *one = launch->forwards; one; one = one->next)
    if (one->fd == fd) return one;
  struct forward *fresh = calloc(1, sizeof *fresh);
  if (!fresh) _exit(71);
  fresh->fd = fd;
  fresh->next = launch->forwards;
  launch->forwards = fresh;
  return fresh;
}

int forward_socket(struct launch *launch, const struct op_forward *op, struct failure *failure) {
  struct sockaddr_storage target;
  socklen_t size = target_of(op, &target);
  struct held_socket *held = held_socket_named(launch, op->socket);
  if (size == 0 || op->port > 65535 || !held) return fail(failure, "forward", EINVAL, "%s: %s port %u", op->socket, op->address, op->port);
  struct forward *forward = forward_of(launch, held->fd);
  forward->protocol = held->protocol;
  if (op->family == FAMILY_6 && forward->usual.target.ss_family == AF_INET) {
    forward->by_ipv6 = (struct way){.size = op->keep_client ? size : 0, .target = target};
    return 0;
  }
  forward->keep_client = op->keep_client;
  forward->usual = (struct way){.size = size, .target = target};
  forward->by_ipv6.size = 0;
  return 0;
}

static struct forward *lowest_from(struct forward *list, int low) {
  struct forward *found = NULL;
  for (struct forward *one = list; one; one = one->next)
    if (one->fd >= low && (!found || one->fd < found->fd)) found = one;
  return found;
}

/*
 * Closes everything except the sockets to serve: the monitor's other descriptors lead to the engine and the container. In
 * ascending order a descriptor moves down, and never onto one that has not moved yet.
 */
static void keep_only(struct launch *launch, int listeners) {
  int low = 3, highest = low;
  for (struct forward *one = launch->forwards; one; one = one->next)
    if (one->fd > highest) highest = one->fd;
  listeners = listeners < 0 ? -1 : fcntl(listeners, F_DUPFD_CLOEXEC, highest + 1);
  for (struct forward *one; (one = lowest_from(launch->forwards, low)); one->fd = low++)
    if (one->fd != low && dup3(one->fd, low, O_CLOEXEC) < 0) _exit(70);
  if (listeners >= 0 && listeners != low && dup3(listeners, low, O_CLOEXEC) < 0) _exit(70);
  listeners_use(listeners < 0 ? -1 : low++);
  if (sys_close_range((unsigned)low, ~0u, 0) < 0) _exit(70);
}

/* Serves after `pause_ms`: until then connections wait in the sockets' backlogs. */
static _Noreturn void become_forwarder(struct launch *launch, pid_t monitor, unsigned pause_ms) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != monitor) _exit(0);
  int listeners = listeners_open(launch);
  if (launch->netns >= 0 && setns(launch->host_netns, CLONE_NEWNET) < 0) _exit(72);
  set_process_title("tcompose-ports", launch->plan.id);
  keep_only(launch, listeners);
  usleep(pause_ms * 1000);
  forwarder_main(launch->forwards);
}

static uint64_t serves_since;

static int share_states(struct launch *launch, struct failure *failure) {
  static uint8_t *states;
  static size_t size;
  size_t count = 0;
  for (struct forward *one = launch->forwards; one; one = one->next) count++;
  if (states) munmap(states, size);
  states = mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (states == MAP_FAILED) states = NULL;
  size = count;
  for (struct forward *one = launch->forwards; one; one = one->next) one->state = states ? &states[--count] : NULL;
  return states ? 0 : FAIL(failure, "mmap", "states of published ports");
}

static int start_after(struct launch *launch, unsigned pause_ms, struct failure *failure) {
  forwarder_stop(launch);
  if (!launch->forwards) return 0;
  if (share_states(launch, failure) < 0) return -1;
  pid_t monitor = getpid(), pid = fork();
  if (pid == 0) become_forwarder(launch, monitor, pause_ms);
  CHECK(pid, "fork", "the process that serves published ports");
  launch->forwarder = pid;
  serves_since = monotonic_ms() + pause_ms;
  return 0;
}

int forwarder_start(struct launch *launch, struct failure *failure) {
  return start_after(launch, 0, failure);
}

void forwarder_stop(struct launch *launch) {
  if (launch->forwarder == 0) return;
  kill(launch->forwarder, SIGKILL);
  while (waitpid(launch->forwarder, NULL, 0) < 0 && errno == EINTR) {}
  launch->forwarder = 0;
}

void forwarder_forget(struct launch *launch, uint8_t *state) {
  enum { LONGEST_WAIT_MS = 1000 }; /* it may be stopped, or have been killed: then it accepts nothing either */
  if (launch->forwarder == 0 || !state) return;
  __atomic_store_n(state, FORWARD_RELEASED, __ATOMIC_SEQ_CST);
  kill(launch->forwarder, SIGUSR1);
  for (int tries = 0; tries < LONGEST_WAIT_MS * 5 && __atomic_load_n(state, __ATOMIC_SEQ_CST) != FORWARD_LEFT; tries++) usleep(200);
}

/*
 * Whoever killed it may do so again (the OOM killer): it is replaced at once, and after increasing pauses if none of them
 * lasts.
 */
void forwarder_ended(struct launch *launch, pid_t pid) {
  enum { LASTING_MS = 10000, LONGEST_PAUSE_MS = 16000 };
  static unsigned pause_ms;
  if (pid != launch->forwarder || pid == 0) return;
  launch->forwarder = 0;
  if (monotonic_ms() >= serves_since + LASTING_MS) pause_ms = 0;
  if (start_after(launch, pause_ms, &(struct failure){0}) < 0)
    warn(launch, "the process that serves published ports has ended; they are not served any more");
  pause_ms = pause_ms == 0 ? 250 : pause_ms * 2 > LONGEST_PAUSE_MS ? LONGEST_PAUSE_MS : pause_ms * 2;
}
