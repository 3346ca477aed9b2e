import { closeSync, readFileSync, writeFileSync } from 'node:fs';
import { TcomposeError } from '../errors.ts';
import { check, declare, errno, SystemCallError } from './libc.ts';
import { pidfdGetFd } from './pidfd.ts';

const socket = declare('int socket(int domain, int type, int protocol)');
const connect = declare('int connect(int fd, const void *address, uint32_t length)');
const send = declare('long send(int fd, const void *data, size_t length, int flags)');
const recv = declare('long recv(int fd, void *data, size_t length, int flags)');
const getsockopt = declare('int getsockopt(int fd, int level, int name, void *value, void *length)');

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const MSG_NOSIGNAL = 0x4000;
const EPIPE = 32;
const ECONNRESET = 104;
const LARGEST_ANSWER = 4 + 64 * 1024;

/** The network namespace that holds the engine's bridges, and the operations on it. */
export interface NetworkHome {
  /** A CLOEXEC socket in that namespace. The caller closes it. Throws SystemCallError. */
  socket(domain: number, type: number, protocol: number): number;
  /** A file below /proc/sys/net or /proc/net, as that namespace shows it. Throws SystemCallError, or what node:fs throws. */
  read(path: string): string;
  write(path: string, data: string): void;
  close(): void;
}

/** The network of a holder process, which may end: by SIGKILL, or because memory runs out. */
export interface HeldNetwork extends NetworkHome {
  /** Calls `gone` each time the holder did not answer; the request that failed throws TcomposeError. */
  onGone(gone: () => void): void;
}

/** The namespace this process is in. */
export const ownNetwork: NetworkHome = {
  socket: (domain, type, protocol) =>
    check(socket(domain, type | SOCK_CLOEXEC, protocol), `socket ${domain} ${protocol}`),
  read: (path) => readFileSync(path, 'utf8'),
  write: (path, data) => writeFileSync(path, data),
  close() {},
};

/**
 * The namespace of a holder process (native/rootless/holder.c), reached by its socket's path. It answers each request
 * within the call, in some microseconds.
 */
export function connectNetworkHolder(path: string): HeldNetwork {
  const fd = check(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), 'socket AF_UNIX');
  const address = Buffer.alloc(110);
  address.writeUInt16LE(AF_UNIX, 0);
  address.write(path, 2);
  let holder: number;
  try {
    check(connect(fd, address, address.length), `connect ${path}`);
    holder = peerOf(fd);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  const answer = Buffer.alloc(LARGEST_ANSWER);
  let gone = (): void => {};

  function ask(question: Buffer, what: string): Buffer {
    if (send(fd, question, question.length, MSG_NOSIGNAL) < 0) throw unanswered(what, errno());
    const size = recv(fd, answer, answer.length, 0);
    if (size < 4) throw unanswered(what, size < 0 ? errno() : ECONNRESET);
    const number = answer.readInt32LE(0);
    if (number !== 0) throw new SystemCallError(what, number);
    return answer.subarray(4, size);
  }

  function unanswered(what: string, number: number): TcomposeError {
    if (number !== EPIPE && number !== ECONNRESET) return new SystemCallError(what, number);
    gone();
    return new TcomposeError(
      'SYS_CALL_FAILED',
      'tcompose-network, the process that has the networks, was ended; run the command again, which starts it anew',
    );
  }

  return {
    socket(domain, type, protocol) {
      const question = Buffer.alloc(13);
      question.write('s');
      for (const [index, value] of [domain, type, protocol].entries())
        question.writeInt32LE(value, 1 + 4 * index);
      const lent = ask(question, `socket ${domain} ${protocol}`).readInt32LE(0);
      return pidfdGetFd(holder, lent);
    },
    read: (file) => ask(Buffer.from(`r${file}\0`), `read ${file}`).toString('utf8'),
    write: (file, data) => void ask(Buffer.from(`w${file}\0${data}`), `write ${file}`),
    close: () => closeSync(fd),
    onGone(call) {
      gone = call;
    },
  };
}

/** Pid of the process that listens at the other end of the socket. */
function peerOf(fd: number): number {
  const credentials = Buffer.alloc(12);
  const length = new Uint8Array(Uint32Array.of(credentials.length).buffer);
  check(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, length), 'getsockopt SO_PEERCRED');
  return credentials.readInt32LE(0);
}
