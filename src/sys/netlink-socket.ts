import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import { check, declare, declareAsync, errno, SystemCallError } from './libc.ts';
import {
  HEADER_LENGTH,
  type NetlinkMessage,
  NLMSG_DONE,
  NLMSG_ERROR,
  parseAttributes,
  parseMessages,
  readText,
} from './netlink-message.ts';
import type { NetlinkTransport } from './netlink-transport.ts';
import { type NetworkHome, ownNetwork } from './network-home.ts';

const bind = declare('int bind(int fd, const void *address, uint32_t length)');
const setsockopt = declare('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)');
const send = declare('long send(int fd, const void *data, size_t length, int flags)');
const recv = declare('long recv(int fd, void *data, size_t length, int flags)');
const sendAsync = declareAsync('long send(int fd, const void *data, size_t length, int flags)');
const poll = declare('int poll(void *fds, unsigned long count, int timeout)');

export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOL_NETLINK = 270;
const NETLINK_ADD_MEMBERSHIP = 1;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
/** Size of the largest datagram: a transaction that publishes every port takes 5 MB. */
const SEND_BUFFER = 1 << 24;
const NLMSGERR_ATTR_MSG = 1;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
/** The kernel answers within send(2); this only limits a wait that should never happen. */
const ANSWER_TIMEOUT_MS = 2000;

const { EAGAIN, EINTR, ENOBUFS, ETIMEDOUT } = constants.errno;

/** Opens a bound, non-blocking, CLOEXEC netlink socket in a network namespace. The caller closes the descriptor. */
export function openNetlinkFd(
  protocol: number,
  groups: readonly number[] = [],
  home: NetworkHome = ownNetwork,
): number {
  const fd = home.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, protocol);
  try {
    const address = Buffer.alloc(12);
    address.writeUInt16LE(AF_NETLINK, 0);
    check(bind(fd, address, address.length), 'bind AF_NETLINK');
    const on = Uint32Array.of(1);
    const one = new Uint8Array(on.buffer);
    setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, one, 4);
    setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, one, 4);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, new Uint8Array(Uint32Array.of(1 << 20).buffer), 4);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, new Uint8Array(Uint32Array.of(SEND_BUFFER).buffer), 4);
    for (const group of groups) {
      const value = new Uint8Array(Uint32Array.of(group).buffer);
      check(setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, value, 4), `netlink group ${group}`);
    }
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

/** The next datagram, or undefined when there is none. ENOBUFS (notifications were lost) is reported as 'lost'. */
export function receiveDatagram(fd: number, buffer: Buffer): Buffer | undefined | 'lost' {
  for (;;) {
    const length = recv(fd, buffer, buffer.length, 0);
    if (length >= 0) return Buffer.from(buffer.subarray(0, length));
    const number = errno();
    if (number === EINTR) continue;
    if (number === EAGAIN) return undefined;
    if (number === ENOBUFS) return 'lost';
    throw new SystemCallError('recv on a netlink socket', number);
  }
}

/** Opens a transport for requests to a network namespace. `protocol` is NETLINK_ROUTE or NETLINK_NETFILTER. */
export function openNetlink(protocol: number, home: NetworkHome = ownNetwork): NetlinkTransport {
  const fd = openNetlinkFd(protocol, [], home);
  const buffer = Buffer.alloc(1 << 17);
  let sequence = 0;
  let open = true;

  const next = () => {
    sequence = (sequence + 1) >>> 0 || 1;
    return sequence;
  };

  function sendAll(bytes: Buffer, what: string): void {
    if (check(send(fd, bytes, bytes.length, 0), what) !== bytes.length) {
      throw new SystemCallError(what, constants.errno.EMSGSIZE);
    }
  }

  const receive = (wait: boolean, what: string) => nextDatagram(fd, buffer, wait, what);

  return {
    home,

    request(bytes, what) {
      const number = next();
      sendAll(numbered(bytes, number), what);
      awaitAck(() => receive(true, what), number, what);
    },

    async requestAsync(bytes, what) {
      const own = openNetlinkFd(protocol, [], home);
      try {
        const copy = numbered(bytes, 1);
        if ((await sendAsync(own, copy, copy.length, 0)) !== copy.length) {
          throw new SystemCallError(what, constants.errno.EIO);
        }
        awaitAck(() => nextDatagram(own, buffer, true, what), 1, what);
      } finally {
        closeSync(own);
      }
    },

    query(bytes, what) {
      const number = next();
      sendAll(numbered(bytes, number), what);
      const found: NetlinkMessage[] = [];
      for (;;) {
        for (const message of receive(true, what)) {
          if (message.sequence !== number) continue;
          if (message.type === NLMSG_DONE) {
            if (message.body.length >= 4) throwIfError(message, what);
            return found;
          }
          if (message.type === NLMSG_ERROR) {
            throwIfError(message, what);
            return found;
          }
          found.push(message);
        }
      }
    },

    transact(messages, what) {
      const first = next();
      const numberedMessages = messages.map((message, index) =>
        numbered(message, index === 0 ? first : next()),
      );
      sendAll(Buffer.concat(numberedMessages), what);
      for (;;) {
        const answers = receive(false, what);
        if (answers.length === 0) return;
        for (const answer of answers) if (answer.type === NLMSG_ERROR) throwIfError(answer, what);
      }
    },

    close() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

function numbered(bytes: Uint8Array, number: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt32LE(number, 8);
  return copy;
}

function nextDatagram(fd: number, buffer: Buffer, wait: boolean, what: string): NetlinkMessage[] {
  for (;;) {
    const datagram = receiveDatagram(fd, buffer);
    if (datagram === 'lost') throw new SystemCallError(what, ENOBUFS);
    if (datagram) return parseMessages(datagram);
    if (!wait) return [];
    const fds = Buffer.alloc(8);
    fds.writeInt32LE(fd, 0);
    fds.writeInt16LE(1, 4);
    if (poll(fds, 1, ANSWER_TIMEOUT_MS) === 0) throw new SystemCallError(what, ETIMEDOUT);
  }
}

function awaitAck(receive: () => NetlinkMessage[], number: number, what: string): void {
  for (;;) {
    for (const message of receive()) {
      if (message.type !== NLMSG_ERROR || message.sequence !== number) continue;
      throwIfError(message, what);
      return;
    }
  }
}

/** NLMSG_ERROR: a negative errno (0 = ACK), the header of the request, then the kernel's message, if any. */
function throwIfError(message: NetlinkMessage, what: string): void {
  const number = -message.body.readInt32LE(0);
  if (number === 0) return;
  let words = '';
  if (message.flags & NLM_F_ACK_TLVS) {
    const requestLength = message.flags & NLM_F_CAPPED ? HEADER_LENGTH : message.body.readUInt32LE(4);
    const attributes = parseAttributes(message.body.subarray(4 + ((requestLength + 3) & ~3)));
    words = readText(attributes.get(NLMSGERR_ATTR_MSG));
  }
  throw new SystemCallError(words ? `${what} (${words})` : what, number);
}
