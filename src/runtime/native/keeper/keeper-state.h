/* The keeper's state and its parts. */
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bytes.h"

enum { RAPID_ENDS = 5, UNSERVED_ENDS = 8 };

struct shim {
  struct shim *next;
  pid_t pid;
  char run_dir[];
};

struct options {
  const char *lib, *run, *node, *engine;
  const char *cgroups[32];
  unsigned cgroup_count;
  const char *node_options[8];
  unsigned node_option_count;
};

struct keeper {
  struct options options;
  const char *binary; /* the file this was started from */
  int signals, log;
  struct shim *shims;
  pid_t engine;
  int socket; /* to the engine, -1 without one */
  struct buffer in, out;
  uint64_t engine_since, restart_at;
  uint64_t ends[RAPID_ENDS];
  uint32_t restarts;
  uint32_t unserved; /* consecutive ends of engines that never served */
  int backoff;
  bool shutdown, serves;
};

/* Frames of shim-protocol.ts that the keeper sends. */
enum keeper_event { KEEPER_HELLO = 128, KEEPER_SPAWNED, KEEPER_SPAWN_FAILED, KEEPER_SHIMS, KEEPER_SHIM_GONE };

/* keeper-files.c */
/* Copies the strings of `argv`, because its memory becomes the process title. False when they are invalid. */
bool parse_options(struct options *options, int argc, char **argv);
/* Writes a line to engine.log. */
__attribute__((format(printf, 2, 3))) void say(struct keeper *k, const char *format, ...);
int open_log(const char *run);
int take_lock(const char *run);
void write_pid(const char *run);

/* engine-process.c */
void start_engine(struct keeper *k);
/* The engine has ended with a status of waitpid(2). Returns the keeper's exit status, or -1 to continue. */
int engine_ended(struct keeper *k, int status);

/* engine-socket.c */
void engine_socket_flush(struct keeper *k);
void engine_socket_drop(struct keeper *k);
void engine_socket_readable(struct keeper *k);

/* shims.c */
/* Starts a shim for an encoded plan and answers `seq`. */
void shims_spawn(struct keeper *k, uint32_t seq, const char *run_dir, const uint8_t *plan, uint32_t size);
void shims_list(struct keeper *k, uint32_t seq);
/* A child that is not the engine has ended. */
void shims_ended(struct keeper *k, pid_t pid, int status);
