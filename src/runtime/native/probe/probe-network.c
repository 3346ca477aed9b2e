#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "probe.h"
#include "sys.h"

/* One or more netlink messages, one after the other. */
struct messages {
  _Alignas(8) char data[1024];
  size_t size;
};

static struct nlmsghdr *begin(struct messages *to, uint16_t type, uint16_t flags, const void *head, size_t size) {
  struct nlmsghdr *message = (struct nlmsghdr *)(to->data + to->size);
  *message = (struct nlmsghdr){.nlmsg_type = type, .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags), .nlmsg_seq = 1};
  memcpy(NLMSG_DATA(message), head, size);
  to->size += NLMSG_SPACE(size);
  message->nlmsg_len = (uint32_t)NLMSG_SPACE(size);
  return message;
}

static struct nlattr *attribute(struct messages *to, struct nlmsghdr *message, uint16_t type, const void *data, size_t size) {
  struct nlattr *attr = (struct nlattr *)(to->data + to->size);
  *attr = (struct nlattr){.nla_type = type, .nla_len = (uint16_t)(NLA_HDRLEN + size)};
  if (size > 0) memcpy((char *)attr + NLA_HDRLEN, data, size);
  to->size += NLA_HDRLEN + NLA_ALIGN(size);
  message->nlmsg_len += (uint32_t)(NLA_HDRLEN + NLA_ALIGN(size));
  return attr;
}

static void text(struct messages *to, struct nlmsghdr *message, uint16_t type, const char *value) {
  attribute(to, message, type, value, strlen(value) + 1);
}

/* Sends all and receives the given number of answers; -1 and errno for the first refusal. */
static int ask(int protocol, const struct messages *what, int answers) {
  int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
  if (fd < 0) return -1;
  struct timeval patience = {.tv_sec = 1};
  (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  int error = send(fd, what->data, what->size, 0) < 0 ? errno : 0;
  while (error == 0 && answers > 0) {
    _Alignas(8) char data[4096];
    ssize_t size = recv(fd, data, sizeof data, 0);
    if (size < 0) error = errno;
    for (struct nlmsghdr *at = (struct nlmsghdr *)data; error == 0 && size > 0 && NLMSG_OK(at, (size_t)size); at = NLMSG_NEXT(at, size)) {
      if (at->nlmsg_type != NLMSG_ERROR) continue;
      error = -((struct nlmsgerr *)NLMSG_DATA(at))->error;
      answers--;
    }
  }
  close_fd(&fd);
  errno = error;
  return error == 0 ? 0 : -1;
}

static int try_link(const char *kind, const char *name) {
  struct messages out = {0};
  struct ifinfomsg head = {.ifi_family = AF_UNSPEC};
  struct nlmsghdr *message = begin(&out, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &head, sizeof head);
  text(&out, message, IFLA_IFNAME, name);
  struct nlattr *info = attribute(&out, message, IFLA_LINKINFO, NULL, 0);
  text(&out, message, IFLA_INFO_KIND, kind);
  info->nla_len = (uint16_t)(out.data + out.size - (char *)info);
  return ask(NETLINK_ROUTE, &out, 1);
}

static void nft(struct messages *to, uint16_t type, uint16_t resource) {
  struct nfgenmsg head = {.nfgen_family = NFPROTO_UNSPEC, .version = NFNETLINK_V0, .res_id = htons(resource)};
  begin(to, type, 0, &head, sizeof head);
}

/* Adds a table, and if `nat` a chain in it that translates addresses. */
static int try_nft(const char *table, bool nat) {
  struct messages out = {0};
  struct nfgenmsg head = {.nfgen_family = NFPROTO_INET, .version = NFNETLINK_V0};
  nft(&out, NFNL_MSG_BATCH_BEGIN, NFNL_SUBSYS_NFTABLES);
  struct nlmsghdr *message = begin(&out, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWTABLE, NLM_F_ACK | NLM_F_CREATE, &head, sizeof head);
  text(&out, message, NFTA_TABLE_NAME, table);
  if (nat) {
    message = begin(&out, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWCHAIN, NLM_F_ACK | NLM_F_CREATE, &head, sizeof head);
    text(&out, message, NFTA_CHAIN_TABLE, table);
    text(&out, message, NFTA_CHAIN_NAME, "probe");
    struct nlattr *hook = attribute(&out, message, NFTA_CHAIN_HOOK | NLA_F_NESTED, NULL, 0);
    uint32_t number = htonl(NF_INET_POST_ROUTING), priority = htonl(100);
    attribute(&out, message, NFTA_HOOK_HOOKNUM, &number, sizeof number);
    attribute(&out, message, NFTA_HOOK_PRIORITY, &priority, sizeof priority);
    hook->nla_len = (uint16_t)(out.data + out.size - (char *)hook);
    text(&out, message, NFTA_CHAIN_TYPE, "nat");
  }
  nft(&out, NFNL_MSG_BATCH_END, NFNL_SUBSYS_NFTABLES);
  return ask(NETLINK_NETFILTER, &out, nat ? 2 : 1);
}

void probe_network(void) {
  probe_tell("bridge", try_link("bridge", "probe0"));
  probe_tell("veth", try_link("veth", "probe1"));
  if (probe_tell("nft", try_nft("probe0", false))) probe_tell("nat", try_nft("probe1", true));
}
