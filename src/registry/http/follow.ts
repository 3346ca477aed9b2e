import type { Answer, OutgoingRequest, Sent, Transport } from './transport.ts';

const mostRedirects = 10;
const redirecting = [301, 302, 303, 307, 308];
/** Headers meant only for the requested host, and not for hosts that it redirects to. */
const ownHeaders = ['authorization', 'cookie', 'host'];

/** An answer after redirects; `away`: it came from another origin than the requested one, usually an object store. */
export type Followed =
  | (Sent & { readonly ok: false })
  | { readonly ok: true; readonly answer: Answer; readonly away: boolean };

/**
 * Sends a request and follows redirects (RFC 9110, 15.4). `Authorization` is only sent on to the same scheme, host and
 * port. `verified` says that a digest will check the content, so that it may come without TLS; otherwise redirects from
 * https to http are not followed.
 */
export async function sendFollowing(
  transport: Transport,
  outgoing: OutgoingRequest,
  verified: boolean,
): Promise<Followed> {
  let next = outgoing;
  for (let hops = 0; ; hops++) {
    const sent = await transport.send(next);
    if (!sent.ok) return sent;
    const { answer } = sent;
    const away = next.url.origin !== outgoing.url.origin;
    const { location } = answer.headers;
    if (!redirecting.includes(answer.status) || location === undefined || !canRepeat(outgoing)) {
      return { ok: true, answer, away };
    }
    answer.discard();
    const wrong = (why: string): Followed => ({ ok: false, fault: { kind: 'redirect', why } });
    if (hops >= mostRedirects) return wrong(`it redirected more than ${mostRedirects} times`);
    if (!URL.canParse(location, next.url.href))
      return wrong('it redirected to something that is not an address');
    const url = new URL(location, next.url.href);
    if (!/^https?:$/.test(url.protocol))
      return wrong(`it redirected to an address of the kind ${url.protocol}`);
    if (!verified && next.url.protocol === 'https:' && url.protocol === 'http:') {
      return wrong(`it redirected from https to plain http (${url.host})`);
    }
    url.username = '';
    url.password = '';
    url.hash = '';
    next = {
      ...next,
      url,
      headers: url.origin === next.url.origin ? next.headers : withoutOwn(next.headers),
    };
  }
}

/** A body that is a stream can't be sent twice. */
function canRepeat({ method, body }: OutgoingRequest): boolean {
  return method === 'GET' || method === 'HEAD' || body === undefined || body instanceof Uint8Array;
}

function withoutOwn(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ownHeaders.includes(name)));
}
