/* The socket between monitor and init. Plain write(2) if no descriptor is passed: a seccomp profile allows it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "launch.h"
#include "sys.h"

int sync_send(int fd, enum sync_kind kind, const struct failure *failure, int passed_fd) {
  struct sync_message message = {.kind = kind};
  if (failure) message.failure = *failure;
  size_t size = failure ? sizeof message : sizeof message.kind;
  if (passed_fd < 0) return write(fd, &message, size) == (ssize_t)size ? 0 : -1;
  struct iovec data = {.iov_base = &message, .iov_len = size};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control = {0};
  struct msghdr envelope = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  struct cmsghdr *c = CMSG_FIRSTHDR(&envelope);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof(int));
  memcpy(CMSG_DATA(c), &passed_fd, sizeof(int));
  return sendmsg(fd, &envelope, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

void sync_send_warnings(struct launch *launch) {
  uint32_t index = 0;
  for (struct warning *w = launch->warnings; w; w = w->next, index++) {
    if (index < launch->warnings_sent) continue;
    struct failure text = {0};
    snprintf(text.detail, sizeof text.detail, "%s", w->text);
    sync_send(launch->sync[1], SYNC_WARNING, &text, -1);
  }
  launch->warnings_sent = launch->warning_count;
}

ssize_t sync_receive(int fd, struct sync_message *message, int flags, int *passed_fd) {
  struct iovec data = {.iov_base = message, .iov_len = sizeof *message};
  union {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int))];
  } control;
  struct msghdr envelope = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
  *message = (struct sync_message){0};
  *passed_fd = -1;
  ssize_t size = recvmsg(fd, &envelope, flags | MSG_CMSG_CLOEXEC);
  if (size <= 0) return size;
  struct cmsghdr *c = CMSG_FIRSTHDR(&envelope);
  if (c && c->cmsg_type == SCM_RIGHTS) memcpy(passed_fd, CMSG_DATA(c), sizeof(int));
  message->failure.detail[sizeof message->failure.detail - 1] = 0;
  message->failure.op[sizeof message->failure.op - 1] = 0;
  return size < (ssize_t)sizeof message->kind ? 0 : size;
}

void await_monitor(struct launch *launch) {
  uint32_t got = 0;
  ssize_t n;
  do n = read(launch->sync[1], &got, sizeof got);
  while (n < 0 && errno == EINTR);
  if (n != sizeof got || got != SYNC_GO) _exit(73);
}

void greet_monitor(struct launch *launch) {
  if (launch->plan.kind == KIND_RUN && sync_send(launch->sync[1], SYNC_HELLO, NULL, -1) < 0) _exit(73);
  if (awaits_go(&launch->plan)) await_monitor(launch);
}
