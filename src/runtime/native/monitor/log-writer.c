#include "log-writer.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "sys.h"

enum { BATCH = 128 << 10, HEADER = LOG_STAMP + 8 + 2 };

static int open_file(struct log_writer *log) {
  log->fd = open(log->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (log->fd < 0) return -1;
  struct stat st;
  log->size = fstat(log->fd, &st) == 0 ? (uint64_t)st.st_size : 0;
  return 0;
}

int log_open(struct log_writer *log, const struct log_plan *plan) {
  *log = (struct log_writer){.path = plan->path, .max_size = plan->max_size, .max_files = plan->max_files ? plan->max_files : 1,
                             .fd = -1, .second = -1, .hold_from = LOG_HOLD_NONE};
  if (plan->await_follower) log->await_until = monotonic_ms() + plan->await_follower;
  log->streams[0].name = " stdout ";
  log->streams[1].name = " stderr ";
  return open_file(log);
}

/* Number of older files that the next rotation moves or replaces; at most max_files - 1. */
static uint32_t older_files(const struct log_writer *log) {
  char path[PATH_MAX];
  struct stat st;
  for (uint32_t count = 0; count + 1 < log->max_files; count++) {
    snprintf(path, sizeof path, "%s.%u", log->path, count + 1);
    if (lstat(path, &st) < 0) return count;
  }
  return log->max_files - 1;
}

/* Makes an empty file beside the log, which says that its beginning is missing. */
static void mark_dropped(const struct log_writer *log) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s.dropped", log->path);
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd >= 0) close(fd);
}

/*
 * log → log.1 → … ; the last one is dropped. A new file is opened even if only one is kept, so that a follower can read the old
 * one to its end.
 */
static void rotate(struct log_writer *log) {
  char from[PATH_MAX], to[PATH_MAX];
  if (log->max_files == 1) unlink(log->path);
  uint32_t older = older_files(log);
  if (older + 1 == log->max_files) mark_dropped(log);
  for (uint32_t i = older + 1 < log->max_files ? older + 1 : older; i >= 1; i--) {
    snprintf(to, sizeof to, "%s.%u", log->path, i);
    snprintf(from, sizeof from, "%s.%u", log->path, i - 1);
    (void)rename(i == 1 ? log->path : from, to);
  }
  int old = log->fd;
  if (open_file(log) < 0) {
    log->fd = old;
    return;
  }
  close(old);
  log->generation++;
}

static uint64_t count_lines(const uint8_t *data, size_t size) {
  uint64_t lines = 0;
  for (const uint8_t *at = data; size > 0 && (at = memchr(at, '\n', (size_t)(data + size - at))); at++) lines++;
  return lines;
}

/* Lines that were read at once have the same time: that of their reading. */
static void take_stamp(struct log_writer *log) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (now.tv_sec != log->second) {
    struct tm tm;
    gmtime_r(&now.tv_sec, &tm);
    strftime(log->stamp, sizeof log->stamp, "%Y-%m-%dT%H:%M:%S.", &tm);
    log->second = now.tv_sec;
  }
  uint32_t rest = (uint32_t)now.tv_nsec;
  for (int i = 28; i >= 20; i--, rest /= 10) log->stamp[i] = (char)('0' + rest % 10);
  log->stamp[29] = 'Z';
}

/* Whether the current file may be rotated; it would have `after` bytes with the next record. */
static bool may_rotate(const struct log_writer *log, uint64_t after) {
  if (after > log->max_size + LOG_HELD) return true;
  return log->generation < log->hold_from && (log->await_until == 0 || monotonic_ms() >= log->await_until);
}

static void put_record(struct log_writer *log, const char *stream, bool full, const uint8_t *data, size_t size, const uint8_t *more,
                       size_t more_size) {
  size_t record = HEADER + size + more_size + 1;
  uint64_t after = log->size + buffer_size(&log->batch) + record;
  if (log->max_size && after > log->max_size && after > record && may_rotate(log, after)) {
    log_flush(log);
    if (log->size > 0) rotate(log);
  } else if (buffer_size(&log->batch) + record > BATCH) {
    log_flush(log);
  }
  uint8_t *to = buffer_reserve(&log->batch, record);
  memcpy(to, log->stamp, LOG_STAMP);
  memcpy(to + LOG_STAMP, stream, 8);
  to[HEADER - 2] = full ? 'F' : 'P';
  to[HEADER - 1] = ' ';
  if (size) memcpy(to + HEADER, data, size);
  if (more_size) memcpy(to + HEADER + size, more, more_size);
  to[record - 1] = '\n';
  log->batch.end += record;
}

static void keep(struct log_stream *stream, const uint8_t *data, size_t size) {
  if (size == 0) return;
  if (!stream->line && !(stream->line = malloc(LOG_LINE))) _exit(71);
  memcpy(stream->line + stream->size, data, size);
  stream->size += size;
  stream->since = monotonic_ms();
}

void log_add(struct log_writer *log, int index, const uint8_t *data, size_t size) {
  if (!log->path) return;
  struct log_stream *stream = &log->streams[index];
  take_stamp(log);
  while (size > 0) {
    size_t room = LOG_LINE - stream->size;
    size_t look = size < room + 1 ? size : room + 1;
    const uint8_t *newline = memchr(data, '\n', look);
    if (newline) {
      size_t part = (size_t)(newline - data);
      put_record(log, stream->name, true, stream->line, stream->size, data, part);
      stream->size = 0;
      stream->continued = false;
      data += part + 1;
      size -= part + 1;
    } else if (size > room) {
      put_record(log, stream->name, false, stream->line, stream->size, data, room);
      stream->size = 0;
      stream->continued = true;
      data += room;
      size -= room;
    } else {
      keep(stream, data, size);
      return;
    }
  }
}

int log_flush_idle(struct log_writer *log, bool all) {
  int next = -1;
  if (!log->path) return next;
  for (int i = 0; i < 2; i++) {
    struct log_stream *stream = &log->streams[i];
    if (stream->size == 0) continue;
    uint64_t idle = monotonic_ms() - stream->since;
    if (all || idle >= LOG_IDLE_MS) {
      take_stamp(log);
      put_record(log, stream->name, false, stream->line, stream->size, NULL, 0);
      stream->size = 0;
      stream->continued = true;
      free(stream->line);
      stream->line = NULL;
    } else if (next < 0 || (int)(LOG_IDLE_MS - idle) < next) {
      next = (int)(LOG_IDLE_MS - idle);
    }
  }
  return next;
}

/*
 * Writes as much as possible; afterwards the file ends with a complete record again. Returns how many bytes of records are in
 * it.
 */
static size_t write_records(struct log_writer *log, const uint8_t *data, size_t size) {
  size_t done = 0;
  while (done < size) {
    ssize_t n = write(log->fd, data + done, size - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      log->error = n < 0 ? errno : ENOSPC;
      break;
    }
    done += (size_t)n;
  }
  if (done == size) return done;
  size_t whole = done;
  while (whole > 0 && data[whole - 1] != '\n') whole--;
  /* by the file's actual size: somebody may have truncated it meanwhile */
  struct stat st;
  off_t torn = (off_t)(done - whole);
  if (torn > 0 && (fstat(log->fd, &st) < 0 || st.st_size < torn || ftruncate(log->fd, st.st_size - torn) < 0)) {
    /* an incomplete record stays; its missing end is counted below with the rest */
    log->size += done - whole;
  }
  return whole;
}

static void report_dropped(struct log_writer *log) {
  char line[160];
  take_stamp(log);
  size_t length = (size_t)snprintf(line, sizeof line, "%.30s stderr F tcompose: %llu lines of this log were dropped: %s\n", log->stamp,
                             (unsigned long long)log->unreported, strerror(log->error));
  if (write_records(log, (uint8_t *)line, length) == length) {
    log->size += length;
    log->unreported = 0;
  }
}

void log_flush(struct log_writer *log) {
  size_t size = buffer_size(&log->batch);
  if (size == 0) return;
  if (log->unreported) report_dropped(log);
  const uint8_t *data = log->batch.data + log->batch.start;
  size_t written = log->unreported ? 0 : write_records(log, data, size);
  log->size += written;
  if (written < size) {
    uint64_t lost = count_lines(data + written, size - written);
    log->dropped += lost;
    log->unreported += lost;
  }
  buffer_consume(&log->batch, size);
  if (log->batch.capacity / 2 > BATCH) buffer_free(&log->batch);
}

void log_close(struct log_writer *log) {
  if (!log->path || log->fd < 0) return;
  log_flush_idle(log, true);
  log_flush(log);
  close_fd(&log->fd);
}
