import { TcomposeError } from '../../errors.ts';
import type { ProxySettings } from '../proxy/proxy-settings.ts';
import { describeFault } from './fault.ts';
import { sendFollowing } from './follow.ts';
import type { Answer, Transport } from './transport.ts';

/** The content at an address: its bytes, which must be read to the end or discarded, and their number, if known. */
export interface OpenedAddress extends Pick<Answer, 'body' | 'discard'> {
  readonly size: number | undefined;
}

const timeouts = { connectMs: 15_000, handshakeMs: 15_000, answerMs: 60_000, stallMs: 60_000 };

/**
 * Fetches the content at an http or https address, following redirects, once.
 * @throws TcomposeError REGISTRY_UNREACHABLE, REGISTRY_NOT_FOUND for any answer but 200, REGISTRY_PROXY
 */
export async function openAddress(
  transport: Transport,
  url: URL,
  options: { readonly proxies: ProxySettings; readonly userAgent: string; readonly signal: AbortSignal },
): Promise<OpenedAddress> {
  const { proxies, userAgent, signal } = options;
  const shown = `${url.origin}${url.pathname}`;
  const sent = await sendFollowing(
    transport,
    { method: 'GET', url, headers: { 'user-agent': userAgent }, signal, proxies, timeouts },
    false,
  );
  if (!sent.ok)
    throw new TcomposeError(
      'REGISTRY_UNREACHABLE',
      `${shown} cannot be fetched: ${describeFault(sent.fault)}`,
    );
  const { status, headers, body, discard } = sent.answer;
  if (status !== 200) {
    discard();
    throw new TcomposeError('REGISTRY_NOT_FOUND', `${shown} cannot be fetched: the answer was ${status}`);
  }
  const length = headers['content-length'];
  return { body, discard, size: length === undefined ? undefined : Number(length) };
}
