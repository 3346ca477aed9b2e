/* The container's log: CRI text, `2026-11-22T02:40:46.123456789Z stdout F line`, rotated. */
#pragma once
#include <time.h>

#include "plan.h"

enum { LOG_LINE = 16384, LOG_IDLE_MS = 100, LOG_STAMP = 30 };

/* A file that is held may grow this much beyond its size before it is rotated nevertheless. */
enum { LOG_HELD = 16 << 20 };
/* A client that holds nothing: every generation may go. */
#define LOG_HOLD_NONE UINT32_MAX

struct log_stream {
  const char *name;
  uint8_t *line; /* an unfinished line, LOG_LINE bytes once one was needed */
  size_t size;
  bool continued; /* the beginning of the line is in the log already, as P */
  uint64_t since; /* when its last byte arrived, monotonic ms */
};

struct log_writer {
  const char *path; /* NULL: no log */
  uint64_t max_size;
  uint32_t max_files;
  int fd;
  uint64_t size; /* of the current file */
  uint32_t generation;
  /* Followers still have to open this generation or a later one: a rotation now could delete what they have not seen. */
  uint32_t hold_from;
  uint64_t await_until; /* monotonic ms: until then a first follower may arrive, and nothing is rotated */
  uint64_t dropped, unreported;
  int error; /* why lines were dropped */
  struct buffer batch;
  struct log_stream streams[2];
  time_t second; /* the second with whose text `stamp` begins */
  char stamp[32]; /* time of the output being recorded; LOG_STAMP bytes */
};

/* Returns 0, or -1 and errno. */
int log_open(struct log_writer *log, const struct log_plan *plan);
/* Adds output to the batch: whole lines, and the start of a line that is longer than LOG_LINE. */
void log_add(struct log_writer *log, int stream, const uint8_t *data, size_t size);
/* Records unfinished lines that have been idle for LOG_IDLE_MS, or all of them. Returns ms until the next is due, or -1. */
int log_flush_idle(struct log_writer *log, bool all);
/* Writes the batch. If the disk is full, lines are dropped and counted, never waited for. */
void log_flush(struct log_writer *log);
/* Writes everything that is left and closes the file: once the end is reported, nothing keeps its file system busy. */
void log_close(struct log_writer *log);
