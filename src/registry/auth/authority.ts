import { createHash } from 'node:crypto';
import { TcomposeError } from '../../errors.ts';
import type { BearerChallenge, Entrance } from './challenge.ts';
import { basicAuthorization, describeSource, isAnonymous, type RegistryCredentials } from './credentials.ts';
import { isSendable, parseToken, type Token, type TokenRequest, tokenRequests } from './token-request.ts';

/** Which credentials are used for which rights at which host. */
export interface Subject {
  /** `host[:port]` of the endpoint. */
  readonly host: string;
  /** `repository:library/app:pull`. */
  readonly scopes: readonly string[];
  readonly credentials: RegistryCredentials;
}

/** A token server's answer. `words`: its error message. */
export interface TokenReply {
  readonly status: number;
  readonly text: string;
  readonly words: string;
}

/** Sends a request to a token server; network errors are thrown. */
export type AskForToken = (request: TokenRequest) => Promise<TokenReply>;

/** Stores what gives clients access to registries: tokens until they expire, and which hosts require Basic. */
export interface Authority {
  /** Value of `Authorization` for a first attempt; undefined: it is not known whether one is needed. */
  current(subject: Subject): string | undefined;
  /** Whether the token in use has less than a fifth of its lifetime left. */
  isOld(subject: Subject): boolean;
  /**
   * Value of `Authorization` after a 401. `refused` is what was sent. A token that another request has obtained
   * meanwhile is used first; with `alone` a new one is obtained that no other request uses: some servers count the uses
   * of a token.
   * @throws TcomposeError REGISTRY_DENIED
   */
  enter(
    subject: Subject,
    entrance: Entrance | undefined,
    options: { readonly refused: string | undefined; readonly alone: boolean; readonly ask: AskForToken },
  ): Promise<string>;
  /** Forgets what is known about a subject's host, so that it is determined again. */
  forget(subject: Subject): void;
}

/** Most tokens to remember, for all registries; the oldest is dropped. */
const mostTokens = 256;

/** `now` in milliseconds. */
export function createAuthority(now: () => number): Authority {
  const tokens = new Map<string, Token>();
  const basics = new Set<string>();
  const underWay = new Map<string, Promise<Token>>();

  const keep = (key: string, token: Token): void => {
    tokens.delete(key);
    tokens.set(key, token);
    for (const oldest of tokens.keys()) {
      if (tokens.size <= mostTokens) break;
      tokens.delete(oldest);
    }
  };

  const valid = (key: string): Token | undefined => {
    const token = tokens.get(key);
    return token !== undefined && token.expiresAt > now() ? token : undefined;
  };

  function current(subject: Subject): string | undefined {
    const { credentials } = subject;
    if (credentials.registryToken !== undefined) {
      if (!isSendable(credentials.registryToken))
        throw denied(subject, 'the token to be shown has characters that cannot be sent', '');
      return `Bearer ${credentials.registryToken}`;
    }
    if (basics.has(hostKey(subject))) return basicAuthorization(credentials);
    const token = valid(tokenKey(subject));
    return token === undefined ? undefined : `Bearer ${token.text}`;
  }

  async function shared(key: string, fetch: () => Promise<Token>): Promise<Token> {
    let running = underWay.get(key);
    if (running === undefined) {
      running = fetch().finally(() => underWay.delete(key));
      underWay.set(key, running);
    }
    return await running;
  }

  return {
    current,
    isOld(subject) {
      const token = tokens.get(tokenKey(subject));
      return token !== undefined && token.renewAt <= now();
    },
    async enter(subject, entrance, { refused, alone, ask }) {
      const { credentials } = subject;
      if (credentials.registryToken !== undefined) throw denied(subject, 'it rejects the token', '');
      if (entrance === undefined)
        throw denied(subject, 'it offers no way to log in that is supported here', '');
      if (entrance.kind === 'basic') {
        const basic = basicAuthorization(credentials);
        if (basic === undefined) throw denied(subject, 'it requires a user and a password', '');
        if (basic === refused) throw denied(subject, 'it rejects the user or the password', '');
        if (basics.size > mostTokens) basics.clear();
        basics.add(hostKey(subject));
        return basic;
      }
      const key = tokenKey(subject);
      const fetch = () => fetchToken(subject, entrance, ask, now());
      if (alone) return `Bearer ${(await fetch()).text}`;
      const meanwhile = valid(key);
      if (meanwhile !== undefined && `Bearer ${meanwhile.text}` !== refused)
        return `Bearer ${meanwhile.text}`;
      const token = await shared(key, async () => {
        const got = await fetch();
        keep(key, got);
        return got;
      });
      return `Bearer ${token.text}`;
    },
    forget(subject) {
      tokens.delete(tokenKey(subject));
      basics.delete(hostKey(subject));
    },
  };
}

async function fetchToken(
  subject: Subject,
  challenge: BearerChallenge,
  ask: AskForToken,
  now: number,
): Promise<Token> {
  const scopes = [...new Set([...subject.scopes, ...challenge.scopes])];
  const requests = tokenRequests(challenge, scopes, subject.credentials);
  if (requests === undefined) throw denied(subject, 'the address of its token server is not valid', '');
  let reply: TokenReply = { status: 0, text: '', words: '' };
  for (const request of requests) {
    reply = await ask(request);
    if (reply.status !== 404 && reply.status !== 405) break;
  }
  if (reply.status !== 200) {
    const words = reply.words || `status ${reply.status}`;
    throw denied(subject, `its token server (${new URL(challenge.realm).host}) gives no token`, words);
  }
  const token = parseToken(reply.text, now);
  if (token === undefined) throw denied(subject, 'the answer of its token server has no token in it', '');
  return token;
}

function denied({ host, credentials }: Subject, why: string, words: string): TcomposeError {
  return new TcomposeError('REGISTRY_DENIED', `${host}: ${why}${words === '' ? '' : `: ${words}`}`, {
    hint: loginHint(credentials, host),
  });
}

/** What a user who was refused can do. */
export function loginHint(credentials: RegistryCredentials, host: string): string {
  const source = describeSource(credentials);
  return isAnonymous(credentials) ? `${source}; \`tcompose login ${host}\` stores them` : source;
}

function tokenKey({ host, scopes, credentials }: Subject): string {
  return JSON.stringify([host, scopes, fingerprint(credentials)]);
}

function hostKey({ host, credentials }: Subject): string {
  return JSON.stringify([host, fingerprint(credentials)]);
}

/** Secrets are not stored as keys. */
function fingerprint({ username, password, identityToken }: RegistryCredentials): string {
  if (!username && identityToken === undefined) return '';
  return createHash('sha256')
    .update(JSON.stringify([username, password, identityToken]))
    .digest('hex');
}
