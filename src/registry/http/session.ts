import { setTimeout as sleep } from 'node:timers/promises';
import type { TcomposeError } from '../../errors.ts';
import type { Authority, Subject } from '../auth/authority.ts';
import { entranceOf } from '../auth/challenge.ts';
import { isAnonymous, type RegistryCredentials } from '../auth/credentials.ts';
import { offlineRequest, parseIdentityToken, type TokenRequest } from '../auth/token-request.ts';
import { destinationOf } from '../proxy/host-pattern.ts';
import type { ProxySettings } from '../proxy/proxy-settings.ts';
import { addressOf, type Endpoint } from '../settings/endpoints.ts';
import { isInsecure, type RegistrySettings } from '../settings/registry-settings.ts';
import { afterSetback, isPassingStatus, type Setback } from '../transfer/retry.ts';
import { describeErrors, parseErrorBody } from './error-body.ts';
import { faultError, faultOf, isPassing, type TransportFault } from './fault.ts';
import { type Followed, sendFollowing } from './follow.ts';
import type { Timeouts } from './open-socket.ts';
import { readWords } from './read-text.ts';
import { type Errand, refusalOf, unreachable } from './refusal.ts';
import { parseRetryAfter } from './retry-after.ts';
import type { Answer, OutgoingRequest, Transport } from './transport.ts';

/** What all requests of one pull or push share. */
export interface SessionOptions {
  readonly transport: Transport;
  readonly authority: Authority;
  readonly settings: RegistrySettings;
  readonly credentials: RegistryCredentials;
  readonly proxies: ProxySettings;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly userAgent: string;
  /** Hosts that used plain http when both were tried; shared by all pulls. */
  readonly plainHosts: Set<string>;
  /** Called before a wait, and for other information that a user may want. */
  readonly notice: (notice: Notice) => void;
}

export type Notice =
  | { readonly kind: 'waiting'; readonly host: string; readonly ms: number; readonly why: string }
  /** A mirror was skipped. */
  | { readonly kind: 'mirror'; readonly host: string; readonly why: string }
  /** Each request and its result, if the user wants to see them all. */
  | {
      readonly kind: 'asked';
      readonly method: string;
      readonly url: string;
      readonly status: number | string;
    };

/** A request below `/v2/` of an endpoint, or to an address that the endpoint has given. */
export interface Ask {
  readonly method: OutgoingRequest['method'];
  readonly path: string | URL;
  readonly scopes: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** Called for each attempt. */
  readonly body?: () => NonNullable<OutgoingRequest['body']>;
  /** A digest will check the content. */
  readonly verified?: boolean;
  /** Another request does as well: where the server fails at this one (5xx), it is not sent again. A mirror is left instead. */
  readonly dispensable?: boolean;
  /** Instead of the time for other answers. */
  readonly answerMs?: number;
  /** If set, the token server is also asked for an identity token; called with it. */
  readonly offline?: (identityToken: string) => void;
  readonly signal: AbortSignal;
}

export interface WaitOptions {
  /** Most consecutive attempts; default 8. */
  readonly most?: number;
  /** Called before the wait. */
  readonly told?: ((ms: number, why: string) => void) | undefined;
}

/** The result of a request, after tokens and redirects: no status is an error yet. */
export type Reply = Followed;

/** One endpoint, used by one client. */
export interface Session {
  readonly endpoint: Endpoint;
  /** Sends it once, obtaining tokens as needed. @throws TcomposeError REGISTRY_DENIED, REGISTRY_PROXY */
  ask(ask: Ask): Promise<Reply>;
  /**
   * Repeats the request, after waits, as long as that may help. Answers with any other status are returned, and the
   * caller decides which are errors.
   * @throws TcomposeError REGISTRY_UNREACHABLE, REGISTRY_LIMIT, REGISTRY_FAILED, …
   */
  persist(ask: Ask, what: string, action: Errand['action']): Promise<Answer & { readonly away: boolean }>;
  /** Waits as required after a setback, or throws the error for it. `failures` counts from 1. */
  waitAfter(
    setback: Setback,
    failures: number,
    signal: AbortSignal,
    giveUp: (freeInMs?: number) => TcomposeError,
    options?: WaitOptions,
  ): Promise<void>;
  /** The error for an unusable answer. Reads its body. */
  refusal(
    answer: Answer,
    what: string,
    action: Errand['action'],
    more?: { readonly freeInMs?: number; readonly blob?: string },
  ): Promise<TcomposeError>;
  errand(what: string, action: Errand['action']): Errand;
  /** Whether the endpoint has ever answered. */
  readonly answered: boolean;
  isTokenOld(scopes: readonly string[]): boolean;
  /** Forgets the token, so that the next request obtains another. */
  renew(scopes: readonly string[]): void;
  readonly now: () => number;
  readonly settings: RegistrySettings;
}

/** The other end does not use TLS, or nothing listens there. */
const notSecure: readonly TransportFault['kind'][] = ['not-tls', 'handshake', 'reset', 'connect', 'timeout'];

/** A first contact that broke off is tried once more; if nothing listens, trying again is useless. */
const firstTries = 2;
const laterTries = 5;

export function openSession(endpoint: Endpoint, options: SessionOptions): Session {
  const { transport, authority, settings, credentials, proxies, now } = options;
  const mirror = endpoint.kind === 'mirror';
  const hasSubstitute = endpoint.kind === 'mirror' && endpoint.fallback;
  // Credentials belong to the registry, and a mirror is another party.
  const shown = mirror ? {} : credentials;
  const timeouts: Timeouts = {
    connectMs: mirror ? 5000 : 15_000,
    handshakeMs: mirror ? 5000 : 10_000,
    answerMs: settings.stallMs,
    stallMs: settings.stallMs,
  };
  let scheme: string | undefined = endpoint.schemes.length === 1 ? endpoint.schemes[0] : undefined;
  /**
   * The first request, which finds out the scheme: all requests of one pull or push end together, so others may wait
   * for it.
   */
  let finding: Promise<Followed> | undefined;
  let answered = false;
  const subjectOf = (scopes: readonly string[]): Subject => ({
    host: endpoint.host,
    scopes,
    credentials: shown,
  });
  const errand = (what: string, action: Errand['action']): Errand => ({
    host: endpoint.host,
    what,
    action,
    credentials: shown,
    settingsFile: settings.file,
    httpProxyOnly: Boolean(proxies.httpProxy && !proxies.httpsProxy && !proxies.allProxy),
  });

  async function sendTo(url: URL, ask: Ask, authorization: string | undefined): Promise<Followed> {
    const followed = await sendFollowing(
      transport,
      {
        method: ask.method,
        url,
        headers: {
          'user-agent': options.userAgent,
          'accept-encoding': 'identity',
          ...ask.headers,
          ...(authorization === undefined ? {} : { authorization }),
        },
        ...(ask.body === undefined ? {} : { body: ask.body() }),
        signal: ask.signal,
        proxies,
        timeouts: ask.answerMs === undefined ? timeouts : { ...timeouts, answerMs: ask.answerMs },
      },
      ask.verified === true,
    );
    options.notice({
      kind: 'asked',
      method: ask.method,
      url: `${url.origin}${url.pathname}`,
      status: followed.ok ? followed.answer.status : followed.fault.kind,
    });
    return followed;
  }

  /** With the known scheme, or with each possible one. */
  async function sendByScheme(ask: Ask, authorization: string | undefined): Promise<Followed> {
    if (ask.path instanceof URL) {
      const { origin } = ask.path;
      const own = (scheme === undefined ? endpoint.schemes : [scheme]).some(
        (one) => addressOf(endpoint, one, '').origin === origin,
      );
      const sent = await sendTo(ask.path, ask, own ? authorization : undefined);
      // Another host that the endpoint named: what it says about credentials does not concern ours.
      return sent.ok ? { ...sent, away: sent.away || !own } : sent;
    }
    if (scheme === undefined && finding !== undefined) await finding.catch(() => undefined);
    const sent = tryInTurn(ask, ask.path, authorization);
    finding ??= sent;
    return await sent;
  }

  async function tryInTurn(ask: Ask, path: string, authorization: string | undefined): Promise<Followed> {
    const { host } = endpoint;
    const plainFirst = endpoint.schemes.includes('http:') && options.plainHosts.has(host);
    const tried = plainFirst ? endpoint.schemes.toReversed() : endpoint.schemes;
    const schemes = scheme === undefined ? tried : [scheme];
    let plain: Followed | undefined;
    for (const [index, one] of schemes.entries()) {
      const sent = await sendTo(addressOf(endpoint, one, path), ask, authorization);
      if (sent.ok) scheme = one;
      if (one === 'http:') plain = sent;
      // One that has come to speak TLS answers what is not TLS with 400.
      if (sent.ok && one === 'http:' && sent.answer.status !== 400) options.plainHosts.add(host);
      else options.plainHosts.delete(host);
      // What speaks no TLS was right to be asked without: how that ended is what there is to tell.
      if (!sent.ok && sent.fault.kind === 'not-tls' && plain !== undefined) return plain;
      if (sent.ok || index === schemes.length - 1 || !notSecure.includes(sent.fault.kind)) return sent;
    }
    throw new Error('an endpoint has a scheme');
  }

  async function askForToken(given: TokenRequest, signal: AbortSignal, offline: Ask['offline']) {
    const request = offline === undefined ? given : offlineRequest(given);
    const { host } = destinationOf(request.url);
    const secret = !isAnonymous(shown);
    if (secret && request.url.protocol === 'http:' && !isInsecure(request.url.host, settings.insecure)) {
      throw faultError({
        kind: 'redirect',
        why: `it asks for the password to be sent to ${host} without TLS`,
      });
    }
    const body = request.body === undefined ? undefined : Buffer.from(request.body);
    for (let failures = 1; ; failures++) {
      const sent = await sendTo(
        request.url,
        {
          method: request.method,
          path: request.url,
          scopes: [],
          headers: request.headers,
          ...(body === undefined ? {} : { body: () => body }),
          signal,
        },
        request.headers.authorization,
      );
      if (!sent.ok && !isPassing(sent.fault)) throw faultError(sent.fault);
      const status = sent.ok ? sent.answer.status : 0;
      const text = sent.ok ? await readWords(sent.answer) : '';
      const setback = setbackOf(sent, now());
      if (setback === undefined) {
        const identity = offline === undefined ? undefined : parseIdentityToken(text);
        if (status === 200 && identity !== undefined) offline?.(identity);
        return { status, text, words: describeErrors(parseErrorBody(text)) };
      }
      await waitAfter(setback, failures, signal, (freeInMs) =>
        sent.ok
          ? refusalOf({ status, headers: sent.answer.headers, text }, tokenErrand(request), now(), freeInMs)
          : unreachable(sent.fault, tokenErrand(request), failures),
      );
    }
  }

  const tokenErrand = (request: TokenRequest): Errand => ({
    ...errand(`a token for ${endpoint.host}`, 'pull'),
    host: request.url.host,
  });

  async function ask(one: Ask): Promise<Reply> {
    const subject = subjectOf(one.scopes);
    let authorization = authority.current(subject);
    for (let round = 0; ; round++) {
      const sent = await sendByScheme(one, authorization);
      if (sent.ok && !sent.away) answered = true;
      // An object store's 401 is not the registry's: our tokens are not meant for it.
      if (!sent.ok || sent.away || sent.answer.status !== 401 || round === 2) return sent;
      const entrance = entranceOf(sent.answer.headers['www-authenticate']);
      if (entrance === undefined && authorization === undefined) return sent;
      sent.answer.discard();
      try {
        authorization = await authority.enter(subject, entrance, {
          refused: authorization,
          alone: round === 1,
          ask: (request) => askForToken(request, one.signal, one.offline),
        });
      } catch (error) {
        if ((error as { fault?: unknown }).fault === undefined) throw error;
        return { ok: false, fault: faultOf(error) };
      }
    }
  }

  async function waitAfter(
    setback: Setback,
    failures: number,
    signal: AbortSignal,
    giveUp: (freeInMs?: number) => TcomposeError,
    { most, told }: WaitOptions = {},
  ): Promise<void> {
    // The image is available elsewhere: a mirror that fails or is overloaded is not waited for.
    if (hasSubstitute && setback.kind !== 'network') throw giveUp();
    const step = afterSetback(setback, failures, most);
    if (step.kind === 'give-up') throw giveUp(step.freeInMs);
    const why =
      setback.kind === 'limit' ? 'limit' : setback.kind === 'status' ? String(setback.status) : 'network';
    told?.(step.ms, why);
    options.notice({ kind: 'waiting', host: endpoint.host, ms: step.ms, why });
    await sleep(step.ms, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) throw giveUp();
  }

  async function refusal(
    answer: Answer,
    what: string,
    action: Errand['action'],
    { freeInMs, blob }: { readonly freeInMs?: number; readonly blob?: string } = {},
  ) {
    const text = await readWords(answer);
    const { status, headers } = answer;
    const about = { ...errand(what, action), ...(blob === undefined ? {} : { blob }) };
    return refusalOf({ status, headers, text }, about, now(), freeInMs);
  }

  return {
    endpoint,
    settings,
    now,
    errand,
    ask,
    waitAfter,
    refusal,
    get answered() {
      return answered;
    },
    isTokenOld: (scopes) => authority.isOld(subjectOf(scopes)),
    renew: (scopes) => authority.forget(subjectOf(scopes)),
    async persist(one, what, action) {
      // A search is not sent to the registry itself.
      const about = {
        ...errand(what, action),
        ...(one.path instanceof URL ? { host: one.path.host } : {}),
      };
      for (let failures = 1; ; failures++) {
        const reply = await ask(one);
        const setback = setbackOf(reply, now());
        const dispensed = one.dispensable === true && !hasSubstitute && setback?.kind === 'status';
        const failed = setback !== undefined && !dispensed;
        if (reply.ok && !failed) return { ...reply.answer, away: reply.away };
        if (!reply.ok && (setback === undefined || !worthAnotherTry(reply.fault, answered))) {
          throw unreachable(reply.fault, about, failures);
        }
        const refused = reply.ok ? await refusal(reply.answer, what, action) : undefined;
        const giveUp = (freeInMs?: number): TcomposeError => {
          if (one.signal.aborted) return unreachable({ kind: 'aborted' }, errand(what, action));
          if (!reply.ok) return unreachable(reply.fault, about, failures);
          const { status, headers } = reply.answer;
          return freeInMs === undefined || refused === undefined
            ? refused!
            : refusalOf({ status, headers, text: '' }, errand(what, action), now(), freeInMs);
        };
        await waitAfter(setback!, failures, one.signal, giveUp, { most: answered ? laterTries : firstTries });
      }
    },
  };
}

/** Whether the result may be different next time; undefined: it is final. */
export function setbackOf(reply: Reply, now: number): Setback | undefined {
  if (!reply.ok) return isPassing(reply.fault) ? { kind: 'network' } : undefined;
  const { status, headers } = reply.answer;
  const retryAfterMs = parseRetryAfter(headers['retry-after'], now);
  if (status === 429) return { kind: 'limit', retryAfterMs };
  return isPassingStatus(status) ? { kind: 'status', status, retryAfterMs } : undefined;
}

/**
 * If a registry has never answered and nothing listens there, the name is usually wrong, and it is better to report
 * that at once.
 */
function worthAnotherTry(fault: TransportFault, answered: boolean): boolean {
  return answered || fault.kind !== 'connect';
}
