import { TcomposeError } from '../../../errors.ts';
import type { TransportFault } from '../../../registry/http/fault.ts';
import { sendFollowing } from '../../../registry/http/follow.ts';
import { type Answer, createTransport } from '../../../registry/http/transport.ts';
import type { ProxySettings } from '../../../registry/proxy/proxy-settings.ts';
import { certificatePlaces, createTrust } from '../../../registry/settings/certificates.ts';

/** Milliseconds. */
const timeouts = { connectMs: 30_000, handshakeMs: 30_000, answerMs: 120_000, stallMs: 60_000 };

/**
 * Requests a web address, following redirects.
 * @param verified the content will be checked by a digest
 * @throws TcomposeError BUILD_STEP when there is no answer
 */
export type Downloads = (
  url: string,
  headers: Readonly<Record<string, string>>,
  options: { readonly verified: boolean; readonly signal: AbortSignal },
) => Promise<Answer>;

/** Downloads with the machine's certificate authorities, through the proxies of the engine's environment. */
export function createDownloads(
  env: Readonly<Record<string, string | undefined>>,
  proxies: ProxySettings,
): Downloads {
  const trust = createTrust(() => certificatePlaces(env));
  const transport = createTransport((origin, attempt) => ({
    verify: true,
    ...trust.contextFor(origin.host, attempt),
  }));
  return async (text, headers, { verified, signal }) => {
    if (!URL.canParse(text)) throw new TcomposeError('BUILD_STEP', `${text} is no address`);
    const url = new URL(text);
    const authorization = basicOf(url);
    url.username = '';
    url.password = '';
    url.hash = '';
    const own = { accept: '*/*', 'user-agent': 'tcompose', ...authorization, ...headers };
    const outgoing = { method: 'GET' as const, url, headers: own, signal, proxies, timeouts };
    const sent = await sendFollowing(transport, outgoing, verified);
    if (sent.ok) return sent.answer;
    if (sent.fault.kind === 'aborted') throw new TcomposeError('BUILD_STEP', 'the build was interrupted');
    throw new TcomposeError('BUILD_STEP', `${shown(text)} cannot be fetched: ${explained(sent.fault)}`);
  };
}

/** Name and password in an address. */
function basicOf({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

/** An address without its password. */
export const shown = (url: string): string => url.replace(/^(\w+:\/\/)[^/@]*@/, '$1');

function explained(fault: TransportFault): string {
  switch (fault.kind) {
    case 'aborted':
      return 'it was given up';
    case 'name':
      return `its name has no address (${fault.code})`;
    case 'connect':
      return `nobody answers there (${fault.code})`;
    case 'timeout':
      return `no answer within ${Math.round(fault.ms / 1000)} s (${fault.phase})`;
    case 'reset':
      return `the connection broke (${fault.code})`;
    case 'not-tls':
      return 'it speaks plain http';
    case 'handshake':
      return `the TLS handshake failed: ${fault.detail || fault.code}`;
    case 'certificate':
      return `its certificate, signed by ${fault.issuer}, is not trusted (${fault.code})`;
    case 'proxy':
    case 'redirect':
      return fault.why;
  }
}
