/*
 * Feeds an input to the monitor's end of a client's socket or to the keeper's end of the engine's, in pieces, and carries out
 * what the frames request, for a container without a process. A libFuzzer target. The first byte selects the socket, the kind
 * of the plan, the state and the size of the pieces.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "keeper-state.h"
#include "monitor.h"
#include "sys.h"
#include "replay.h"

unsigned replay_accepted;

/* Replaces shims.c: a fuzzed frame must not start a process. */
void shims_spawn(struct keeper *k, uint32_t seq, const char *run_dir, const uint8_t *plan, uint32_t size) {
  put_u32(&k->out, seq);
  put_text(&k->out, run_dir);
  put_raw(&k->out, plan, size);
}
void shims_list(struct keeper *k, uint32_t seq) { put_u32(&k->out, seq); }
void shims_ended(struct keeper *k, pid_t pid, int status) { (void)k, (void)pid, (void)status; }

static void drain(int fd) {
  static uint8_t sink[65536];
  while (recv(fd, sink, sizeof sink, MSG_DONTWAIT) > 0) {}
}

static void hold(struct monitor *m, const char *name) {
  struct held_socket *held = malloc(sizeof *held + strlen(name) + 1);
  *held = (struct held_socket){.next = m->launch.sockets, .fd = dup(0)};
  strcpy(held->name, name);
  m->launch.sockets = held;
}

static void fuzz_client(const int *pair, uint8_t choice, const uint8_t *data, size_t size, size_t piece) {
  static const enum state states[] = {STATE_CREATED, STATE_RUNNING, STATE_EXITED, STATE_FAILED};
  struct monitor m = {.state = states[choice >> 1 & 3]};
  struct launch *l = &m.launch;
  struct command_page page = {0};
  l->page = &page;
  l->netns = l->host_netns = l->join_pidfd = l->init_pidfd = l->sync[0] = l->sync[1] = -1;
  for (int i = 0; i < 3; i++) l->stdio[i] = l->monitor_stdio[i] = -1;
  l->plan = (struct plan){.kind = choice >> 3 & 1, .id = "fuzz", .run_dir = "", .stdio = {.stdin_open = true, .stdin_once = choice >> 4 & 1}};
  hold(&m, "dns");
  m.clients = calloc(1, sizeof *m.clients);
  m.clients->fd = pair[0];
  for (size_t at = 0; at < size && m.clients; at += piece) {
    if (send(pair[1], data + at, size - at < piece ? size - at : piece, MSG_DONTWAIT) < 0) break;
    struct pollfd set;
    clients_poll(&m, &set);
    set.revents = set.fd >= 0 ? POLLIN : 0;
    clients_serve(&m, &set);
    clients_resume(&m);
    clients_output(&m, 0, data, size);
    clients_tell_log(&m);
    clients_tell_state(&m);
    drain(pair[1]);
    clients_sweep(&m);
  }
  if (m.clients) replay_accepted++, client_close(m.clients);
  clients_sweep(&m);
  release_all_sockets(l);
  buffer_free(&m.stdin_pending);
}

static void fuzz_keeper(const int *pair, const uint8_t *data, size_t size, size_t piece) {
  struct keeper k = {.socket = pair[0], .log = -1};
  for (size_t at = 0; at < size && k.socket >= 0; at += piece) {
    if (send(pair[1], data + at, size - at < piece ? size - at : piece, MSG_DONTWAIT) < 0) break;
    engine_socket_readable(&k);
    engine_socket_flush(&k);
    drain(pair[1]);
  }
  if (k.socket >= 0) replay_accepted++;
  engine_socket_drop(&k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1) return 0;
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) abort();
  uint8_t choice = data[0];
  size_t piece = choice & 0x20 ? 7 : 60000;
  if (choice & 1)
    fuzz_keeper(pair, data + 1, size - 1, piece);
  else
    fuzz_client(pair, choice, data + 1, size - 1, piece);
  close(pair[1]);
  return 0;
}
