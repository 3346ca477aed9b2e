/* Connections on shim.sock: the frames of shim-protocol.ts. */
#pragma once
#include <stdbool.h>
#include <sys/poll.h>

#include "bytes.h"

struct monitor;

struct client {
  struct client *next;
  int fd; /* -1 once closed: clients_sweep frees it */
  struct buffer in, out;
  bool subscribed, logs, log_news;
  uint32_t hold_from; /* the log is not rotated from this generation on; LOG_HOLD_NONE: no matter */
  uint8_t streams; /* attached: 1 stdout, 2 stderr */
  bool attached, stdin_open;
  bool holds;     /* output waits until it has read */
  bool finishing; /* closed once `out` is sent */
  bool blocked;   /* its stdin frame waits for room */
  bool half_closed;
};

/* A client for which output does not wait is dropped with this much unread data. */
enum { CLIENT_LIMIT = 4 << 20 };
enum client_event {
  CLIENT_HELLO = 128, CLIENT_CREATED, CLIENT_STARTED, CLIENT_FAILED, CLIENT_EXITED, CLIENT_OUTPUT, CLIENT_OUTPUT_END, CLIENT_LOG_GREW,
  CLIENT_ANSWER, CLIENT_SOCKET_LIST,
};
enum output_end { OUTPUT_ENDED, OUTPUT_TOO_SLOW };

/* clients.c */
void clients_accept(struct monitor *m);
unsigned clients_count(const struct monitor *m);
/* One entry per client, in order. */
void clients_poll(const struct monitor *m, struct pollfd *set);
/* Handles the results of polling `set`, which clients_poll has filled. */
void clients_serve(struct monitor *m, const struct pollfd *set);
/* Handles frames that waited for room in stdin. */
void clients_resume(struct monitor *m);
/* Frees closed ones. */
void clients_sweep(struct monitor *m);
/* Recomputes which generation of the log the clients hold. */
void clients_hold_log(struct monitor *m);
void client_flush(struct client *client);
void client_close(struct client *client);

/* client-requests.c */
/* Answers request `seq`; error 0 means success, otherwise `step` and `what` say what failed. */
void client_answer(struct client *client, uint32_t seq, int error, int step, const char *what);
/* Carries out a frame; false when it has to wait for room in stdin. */
bool client_request(struct monitor *m, struct client *client, uint8_t type, struct reader *in);

/* client-events.c */
void client_tell_state(struct monitor *m, struct client *client);
void client_tell_log(struct monitor *m, struct client *client);
void client_end_output(struct client *client, enum output_end reason);
void clients_tell_state(struct monitor *m);
void clients_tell_log(struct monitor *m);
void clients_output(struct monitor *m, int stream, const uint8_t *data, size_t size);
void clients_output_end(struct monitor *m);
/* true while output is buffered for a client */
bool clients_owed(const struct monitor *m);
/* true while an attached client for which output waits has too much unread data. */
bool clients_hold_back(const struct monitor *m);
