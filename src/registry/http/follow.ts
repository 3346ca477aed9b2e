import type { Answer, OutgoingRequest, Sent, Transport } from './transport.ts';

const mostRedirects = 10;
const redirecting = [301, 302, 303, 307, 308];
/** What belongs to the host that was asked, and to nobody it leads to. */
const ownHeaders = ['authorization', 'cookie', 'host'];

/** An answer after redirects; `away`: it came from another origin than was asked, an object store mostly. */
export type Followed =
  | (Sent & { readonly ok: false })
  | { readonly ok: true; readonly answer: Answer; readonly away: boolean };

/**
 * Sends a request and follows where it leads (RFC 9110, 15.4). `Authorization` goes on to the same scheme, host and port alone. `verified` says that
 * what comes is checked by a digest, so that it may come without TLS; otherwise no way leads from https to http.
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

/** A body that is a stream has been used up. */
function canRepeat({ method, body }: OutgoingRequest): boolean {
  return method === 'GET' || method === 'HEAD' || body === undefined || body instanceof Uint8Array;
}

function withoutOwn(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ownHeaders.includes(name)));
}
