#include <errno.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "launch.h"
#include "sys.h"

/* One netlink socket for each namespace and protocol, opened when first needed. */
struct channel {
  int fd;
  uint32_t protocol;
  uint8_t from;
  uint32_t seq;
};
enum { MOST_CHANNELS = 8 };
struct channels {
  struct channel list[MOST_CHANNELS];
  unsigned count;
};

static int open_netlink(uint32_t protocol) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, (int)protocol);
  if (fd < 0) return -1;
  int on = 1;
  struct timeval patience = {.tv_sec = 5};
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
  setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return fd;
}

static struct channel *find_channel(struct channels *channels, uint32_t protocol, uint8_t from) {
  for (unsigned i = 0; i < channels->count; i++)
    if (channels->list[i].protocol == protocol && channels->list[i].from == from) return &channels->list[i];
  return NULL;
}

static struct channel *add_channel(struct channels *channels, uint32_t protocol, uint8_t from) {
  if (channels->count == MOST_CHANNELS) {
    errno = EMFILE;
    return NULL;
  }
  int fd = open_netlink(protocol);
  if (fd < 0) return NULL;
  channels->list[channels->count] = (struct channel){.fd = fd, .protocol = protocol, .from = from};
  return &channels->list[channels->count++];
}

static void close_channels(struct channels *channels) {
  for (unsigned i = 0; i < channels->count; i++) close(channels->list[i].fd);
}

/* The kernel's message (NLMSGERR_ATTR_MSG) after an error, or "". */
static const char *kernel_words(const struct nlmsghdr *header) {
  if (!(header->nlmsg_flags & NLM_F_ACK_TLVS)) return "";
  const struct nlmsgerr *answer = NLMSG_DATA(header);
  size_t at = NLMSG_HDRLEN + sizeof *answer;
  if (!(header->nlmsg_flags & NLM_F_CAPPED)) at += answer->msg.nlmsg_len - sizeof answer->msg;
  const uint8_t *base = (const uint8_t *)header;
  while (at + sizeof(struct nlattr) <= header->nlmsg_len) {
    const struct nlattr *attribute = (const struct nlattr *)(base + at);
    if (attribute->nla_len < sizeof *attribute || at + attribute->nla_len > header->nlmsg_len) break;
    const char *text = (const char *)(attribute + 1);
    if (attribute->nla_type == NLMSGERR_ATTR_MSG && memchr(text, 0, attribute->nla_len - sizeof *attribute)) return text;
    at += NLA_ALIGN(attribute->nla_len);
  }
  return "";
}

/*
 * Numbers the messages of a blob (one, or a whole nf_tables batch) and returns the number whose ACK ends the wait: the last one
 * that requests it. A single message is made to request it. 0: the blob contains no messages.
 */
static uint32_t number_messages(struct channel *channel, uint8_t *message, uint32_t size) {
  uint32_t awaited = 0;
  for (uint32_t at = 0; at + sizeof(struct nlmsghdr) <= size;) {
    struct nlmsghdr header;
    memcpy(&header, message + at, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > size - at) return 0;
    uint32_t next = at + NLMSG_ALIGN(header.nlmsg_len);
    header.nlmsg_flags |= NLM_F_REQUEST | (at == 0 && next >= size ? NLM_F_ACK : 0);
    header.nlmsg_seq = ++channel->seq;
    header.nlmsg_pid = 0;
    memcpy(message + at, &header, sizeof header);
    if (header.nlmsg_flags & NLM_F_ACK) awaited = header.nlmsg_seq;
    at = next;
  }
  return awaited;
}

static int transact(struct channel *channel, uint8_t *message, uint32_t size, const char *what, struct failure *failure) {
  uint32_t first = channel->seq + 1;
  uint32_t awaited = number_messages(channel, message, size);
  if (awaited == 0) return fail(failure, "netlink", EINVAL, "%s: not a netlink message", what);
  if (send(channel->fd, message, size, 0) < 0) return FAIL(failure, "netlink", "%s: send", what);
  static _Alignas(8) uint8_t answer[16384];
  for (;;) {
    ssize_t got = recv(channel->fd, answer, sizeof answer, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FAIL(failure, "netlink", "%s: no answer", what);
    unsigned left = (unsigned)got;
    for (struct nlmsghdr *h = (struct nlmsghdr *)answer; NLMSG_OK(h, left); h = NLMSG_NEXT(h, left)) {
      if (h->nlmsg_seq < first || h->nlmsg_seq > channel->seq || h->nlmsg_type != NLMSG_ERROR) continue;
      const struct nlmsgerr *result = NLMSG_DATA(h);
      if (result->error == 0) {
        if (h->nlmsg_seq == awaited) return 0;
        continue;
      }
      const char *words = kernel_words(h);
      return fail(failure, "netlink", -result->error, "%s%s%s", what, *words ? ": " : "", words);
    }
  }
}

static int run_netlink(struct launch *launch, struct channels *channels, const struct network_op *op, struct failure *failure) {
  const struct blob *message = &op->netlink.message;
  if (message->size < sizeof(struct nlmsghdr)) return fail(failure, "netlink", EINVAL, "%s: message too short", op->netlink.what);
  struct channel *channel = find_channel(channels, op->netlink.protocol, op->netlink.from);
  if (!channel) channel = add_channel(channels, op->netlink.protocol, op->netlink.from);
  if (!channel) return FAIL(failure, "netlink", "%s: socket", op->netlink.what);
  uint8_t *copy = malloc(message->size);
  if (!copy) _exit(71);
  memcpy(copy, message->data, message->size);
  int result;
  if (op->netlink.netns_fd_at.present) {
    uint32_t at = op->netlink.netns_fd_at.value, fd = (uint32_t)launch->netns;
    if (at > message->size - 4) {
      free(copy);
      return fail(failure, "netlink", EINVAL, "%s: no place for the namespace", op->netlink.what);
    }
    memcpy(copy + at, &fd, 4);
  }
  result = transact(channel, copy, message->size, op->netlink.what, failure);
  free(copy);
  return result;
}

/* The host's settings are those that a process in its namespace sees in procfs. */
static int write_host(struct launch *launch, const struct op_write *op, struct failure *failure) {
  bool away = launch->netns >= 0;
  if (away) CHECK(setns(launch->host_netns, CLONE_NEWNET), "setns", "the host's network namespace");
  int result = write_file_at(AT_FDCWD, op->path, op->data, strlen(op->data)), error = errno;
  if (away && setns(launch->netns, CLONE_NEWNET) < 0) return FAIL(failure, "setns", "the container's network namespace");
  if (result == 0 || error == ENOENT) return 0;
  return fail(failure, "write-host", error, "%s", op->path);
}

static int run(struct launch *launch, struct channels *channels, const struct network_op *op, struct failure *failure) {
  switch ((enum network_code)op->code) {
    case NETWORK_NETLINK:
      return run_netlink(launch, channels, op, failure);
    case NETWORK_WRITE:
      if (write_file_at(AT_FDCWD, op->write.path, op->write.data, strlen(op->write.data)) == 0) return 0;
      if (!op->write.optional) return FAIL(failure, "write", "%s", op->write.path);
      warn(launch, "write %s to %s: %s", op->write.data, op->write.path, strerror(errno));
      return 0;
    case NETWORK_HOLD_SOCKET:
      return hold_socket(launch, &op->hold_socket, failure);
    case NETWORK_WRITE_HOST:
      return write_host(launch, &op->write, failure);
    case NETWORK_FORWARD:
      return forward_socket(launch, &op->forward, failure);
  }
  return fail(failure, "network-op", ENOSYS, "code %d", (int)op->code);
}

/* Sockets in the host's namespace are opened before it is left. */
static int open_host_channels(struct channels *channels, const struct list *ops, struct failure *failure) {
  for (uint32_t i = 0; i < ops->count; i++) {
    const struct network_op *op = LIST_AT(struct network_op, *ops, i);
    if (op->code != NETWORK_NETLINK || op->netlink.from != FROM_HOST || find_channel(channels, op->netlink.protocol, FROM_HOST)) continue;
    if (!add_channel(channels, op->netlink.protocol, FROM_HOST)) return FAIL(failure, "netlink", "socket of protocol %u", op->netlink.protocol);
  }
  return 0;
}

static int run_all(struct launch *launch, struct channels *channels, const struct list *ops, struct failure *failure) {
  bool forwards = false;
  for (uint32_t i = 0; i < ops->count; i++) {
    failure->phase = PHASE_NETWORK;
    failure->step = (int32_t)i;
    if (run(launch, channels, LIST_AT(struct network_op, *ops, i), failure) < 0) return -1;
    forwards |= LIST_AT(struct network_op, *ops, i)->code == NETWORK_FORWARD;
  }
  return forwards ? forwarder_start(launch, failure) : 0;
}

bool network_by_clone(const struct launch *launch) {
  const struct namespace_plan *ns = &launch->plan.namespaces;
  return launch->plan.kind == KIND_RUN && ns->net.kind == NS_NEW && ns->user.kind != NS_HOST;
}

/* Enters the network namespace at `path` (in the host's procfs, or absolute); a new one when it is NULL. */
static int enter_namespace(struct launch *launch, const char *path) {
  struct failure *failure = &launch->failure;
  if (!path) {
    CHECK(unshare(CLONE_NEWNET), "unshare", "network namespace");
    path = "self/ns/net";
    launch->netns = openat(launch->host_proc, path, O_RDONLY | O_CLOEXEC);
    CHECK(launch->netns, "open", "/proc/%s", path);
    return 0;
  }
  launch->netns = openat(launch->host_proc, path, O_RDONLY | O_CLOEXEC);
  CHECK(launch->netns, "open", "%s", path);
  CHECK(setns(launch->netns, CLONE_NEWNET), "setns", "%s", path);
  return 0;
}

static int enter_and_run(struct launch *launch, const struct namespace_source *source, const char *path) {
  struct failure *failure = &launch->failure;
  struct channels channels = {0};
  int result = open_host_channels(&channels, &launch->plan.network, failure);
  if (result == 0 && source->kind != NS_HOST) result = enter_namespace(launch, path);
  if (result == 0) result = run_all(launch, &channels, &launch->plan.network, failure);
  close_channels(&channels);
  return result;
}

int network_enter(struct launch *launch) {
  const struct namespace_source *source = &launch->plan.namespaces.net;
  struct failure *failure = &launch->failure;
  failure->phase = PHASE_NETWORK;
  failure->step = -1;
  launch->host_netns = openat(launch->host_proc, "self/ns/net", O_RDONLY | O_CLOEXEC);
  CHECK(launch->host_netns, "open", "/proc/self/ns/net");
  if (network_by_clone(launch)) return 0;
  return enter_and_run(launch, source, source->kind == NS_PATH ? source->path : NULL);
}

int network_enter_init(struct launch *launch) {
  char path[40];
  launch->failure.phase = PHASE_NETWORK;
  launch->failure.step = -1;
  snprintf(path, sizeof path, "%d/ns/net", launch->init_pid);
  return enter_and_run(launch, &launch->plan.namespaces.net, path);
}

void network_leave(struct launch *launch) {
  if (launch->netns >= 0 && setns(launch->host_netns, CLONE_NEWNET) < 0) _exit(72);
}

int network_ops_run(struct launch *launch, const struct list *ops, struct failure *failure) {
  struct channels channels = {0};
  int result = open_host_channels(&channels, ops, failure);
  if (result == 0 && launch->netns >= 0 && setns(launch->netns, CLONE_NEWNET) < 0)
    result = FAIL(failure, "setns", "the container's network namespace");
  if (result == 0) result = run_all(launch, &channels, ops, failure);
  network_leave(launch);
  close_channels(&channels);
  return result;
}
