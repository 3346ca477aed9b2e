import { request } from 'node:http';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import { isSocks, type ProxyServer, placeOf, proxyAuthorization, shownProxy } from '../proxy/choose-proxy.ts';
import { type Destination, destinationOf } from '../proxy/host-pattern.ts';
import { faultError, faultOf, type TransportFault } from './fault.ts';
import { throughSocks } from './socks.ts';

/** How to reach an origin. */
export interface Way {
  readonly origin: URL;
  readonly proxy: ProxyServer | undefined;
  /** False: certificates are not checked. */
  readonly verify: boolean;
  /** Undefined: Node's own certificate authorities. */
  readonly context: SecureContext | undefined;
}

export interface Timeouts {
  readonly connectMs: number;
  readonly handshakeMs: number;
  /** Until the head of an answer arrives. */
  readonly answerMs: number;
  /** Without receiving a byte of the body. */
  readonly stallMs: number;
}

/** Time for the first of two addresses before the other is tried as well. */
const attemptMs = 250;

/**
 * A connection to an origin, for https through a proxy's tunnel if there is one, after the TLS handshake and with the
 * certificate checked. Rejects with an error that carries a fault (`faultOf`).
 */
export async function openSocket(way: Way, timeouts: Timeouts): Promise<Socket> {
  const { origin, proxy } = way;
  const secure = origin.protocol === 'https:';
  if (proxy === undefined) {
    const socket = await openTcp(destinationOf(origin), timeouts.connectMs);
    return secure ? await secured(socket, way, timeouts.handshakeMs) : socket;
  }
  const reached = await toProxy(proxy, timeouts);
  if (isSocks(proxy)) {
    const through = await throughSocks(reached, proxy, destinationOf(origin), timeouts.answerMs);
    return secure ? await secured(through, way, timeouts.handshakeMs) : through;
  }
  if (!secure) return reached;
  return await secured(await tunnel(reached, proxy, origin, timeouts), way, timeouts.handshakeMs);
}

/** Both families are tried, a quarter of a second apart, because one of them is often broken. */
function openTcp({ host, port }: Destination, ms: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      noDelay: true,
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: attemptMs,
    });
    within(socket, ms, { kind: 'timeout', phase: 'connect', ms }, false, 'connect', resolve, reject);
  });
}

/** Waits for one event of a socket, for a limited time; on failure the socket is destroyed. */
function within<S extends Socket>(
  socket: S,
  ms: number,
  late: TransportFault,
  secure: boolean,
  event: string,
  resolve: (socket: S) => void,
  reject: (error: Error) => void,
): void {
  const fail = (fault: TransportFault): void => {
    settle();
    socket.destroy();
    reject(faultError(fault));
  };
  const timer = setTimeout(fail, ms, late);
  const onError = (error: Error): void => fail(faultOf(error, secure));
  const onClose = (): void => fail({ kind: 'reset', code: 'closed' });
  const onDone = (): void => {
    settle();
    resolve(socket);
  };
  const settle = (): void => {
    clearTimeout(timer);
    // It may break before whoever gets it listens.
    socket.on('error', () => undefined);
    socket.off('error', onError).off('close', onClose).off(event, onDone);
  };
  socket.on('error', onError).on('close', onClose).on(event, onDone);
}

/**
 * The certificate is checked here and not by Node, so that a refusal can name its issuer. Nothing has been sent at that
 * point.
 */
async function secured(socket: Socket, way: Way, ms: number): Promise<TLSSocket> {
  const { host } = destinationOf(way.origin);
  const tls = await new Promise<TLSSocket>((resolve, reject) => {
    const over = connectTls({
      socket,
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(way.context === undefined ? {} : { secureContext: way.context }),
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
    });
    within(over, ms, { kind: 'timeout', phase: 'handshake', ms }, true, 'secureConnect', resolve, reject);
  });
  if (!way.verify || tls.authorized) return tls;
  const { issuer, subject } = tls.getPeerCertificate();
  const name = issuer?.CN ?? issuer?.O ?? subject?.CN ?? 'unknown';
  tls.on('error', () => undefined);
  tls.destroy();
  // Declared as Error, but it is the error's code.
  const code = String(tls.authorizationError ?? 'unknown');
  throw faultError({ kind: 'certificate', code, issuer: String(name).slice(0, 200) });
}

async function toProxy(proxy: ProxyServer, timeouts: Timeouts): Promise<Socket> {
  const named = `the proxy ${shownProxy(proxy)} (${proxy.variable})`;
  try {
    const socket = await openTcp(placeOf(proxy), timeouts.connectMs);
    if (proxy.url.protocol !== 'https:') return socket;
    const way: Way = { origin: proxy.url, proxy: undefined, verify: true, context: undefined };
    return await secured(socket, way, timeouts.handshakeMs);
  } catch (error) {
    const fault = faultOf(error);
    if (fault.kind === 'not-tls') {
      throw faultError({
        kind: 'proxy',
        why: `${named} speaks plain http`,
        hint: `write ${proxy.variable}=http://${proxy.url.host}`,
      });
    }
    throw faultError({ kind: 'proxy', why: `${named} cannot be used: ${(error as Error).message}` });
  }
}

/** RFC 9110, 9.3.6. */
function tunnel(socket: Socket, proxy: ProxyServer, origin: URL, timeouts: Timeouts): Promise<Socket> {
  const { host, port } = destinationOf(origin);
  const target = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const authorization = proxyAuthorization(proxy);
  const named = `the proxy ${shownProxy(proxy)} (${proxy.variable})`;
  return new Promise((resolve, reject) => {
    const fail = (why: string, hint?: string): void => {
      clearTimeout(timer);
      asked.destroy();
      socket.destroy();
      reject(faultError({ kind: 'proxy', why: `${named} ${why}`, ...(hint === undefined ? {} : { hint }) }));
    };
    const timer = setTimeout(() => fail('does not answer'), timeouts.answerMs);
    const asked = request({
      method: 'CONNECT',
      path: target,
      createConnection: () => socket,
      headers: {
        host: target,
        ...(authorization === undefined ? {} : { 'proxy-authorization': authorization }),
      },
    });
    asked.on('connect', (answer, tunnelled) => {
      if (answer.statusCode !== 200) {
        const hint =
          answer.statusCode === 407
            ? `it requires a user: ${proxy.variable}=http://USER:PASSWORD@…`
            : undefined;
        return fail(
          `refused to connect to ${target}: ${answer.statusCode} ${answer.statusMessage ?? ''}`.trim(),
          hint,
        );
      }
      clearTimeout(timer);
      resolve(tunnelled as Socket);
    });
    asked.on('response', (answer) => fail(`did not understand CONNECT: ${answer.statusCode}`));
    asked.on('error', (error) => fail(`cannot be used: ${error.message}`));
    asked.end();
  });
}
