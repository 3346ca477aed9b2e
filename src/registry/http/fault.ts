/** Why a request was not answered. Each kind calls for a different remedy. */
export type TransportFault =
  /** The engine's client disconnected, or the work was given up. */
  | { readonly kind: 'aborted' }
  /** The name does not resolve. */
  | { readonly kind: 'name'; readonly code: string }
  /** Nothing listens there, or there is no route. */
  | { readonly kind: 'connect'; readonly code: string }
  | {
      readonly kind: 'timeout';
      readonly phase: 'connect' | 'handshake' | 'answer' | 'stall';
      readonly ms: number;
    }
  /** The connection broke while it was used. */
  | { readonly kind: 'reset'; readonly code: string }
  /** The other end does not use TLS. */
  | { readonly kind: 'not-tls' }
  | { readonly kind: 'handshake'; readonly code: string; readonly detail: string }
  | { readonly kind: 'certificate'; readonly code: string; readonly issuer: string }
  | { readonly kind: 'proxy'; readonly why: string; readonly hint?: string }
  /** It redirects to an address that is not followed. */
  | { readonly kind: 'redirect'; readonly why: string };

/** Errors of a handshake with a server that answers in another protocol. */
const plainAnswer =
  /wrong version number|packet length too long|http request|unknown protocol|record layer failure/i;

const connectCodes = [
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
  'EACCES',
  'EPERM',
];

/** The fault for an error of Node's sockets; `secure`: during the TLS handshake. */
export function faultOf(error: unknown, secure = false): TransportFault {
  const carried = (error as { fault?: TransportFault } | undefined)?.fault;
  if (carried !== undefined) return carried;
  // Several addresses were tried: the last failure represents all.
  const each = (error as { errors?: readonly unknown[] } | undefined)?.errors;
  if (each !== undefined && each.length > 0) return faultOf(each.at(-1), secure);
  const { code = '', message = String(error) } = error as NodeJS.ErrnoException;
  if (code === 'ABORT_ERR') return { kind: 'aborted' };
  if (/^(ENOTFOUND|EAI_|ENODATA|ESERVFAIL)/.test(code)) return { kind: 'name', code };
  if (connectCodes.includes(code)) return { kind: 'connect', code };
  if (code === 'ETIMEDOUT') return { kind: 'timeout', phase: 'connect', ms: 0 };
  if (secure && plainAnswer.test(message)) return { kind: 'not-tls' };
  if (secure && (code === 'EPROTO' || code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS'))) {
    return { kind: 'handshake', code, detail: sslDetail(message) };
  }
  return { kind: 'reset', code: code || message };
}

/** OpenSSL's message without its numbers and file names. */
function sslDetail(message: string): string {
  const parts = message.trim().split(':');
  return (parts.length > 5 ? parts[5] : message)?.trim().slice(0, 200) ?? '';
}

/** An error that transports its fault through code that only knows errors. */
export function faultError(fault: TransportFault): Error {
  return Object.assign(new Error(describeFault(fault)), { fault });
}

/** Whether another attempt may succeed: problems with names, certificates and proxies are permanent. */
export function isPassing(fault: TransportFault): boolean {
  return fault.kind === 'timeout' || fault.kind === 'reset' || fault.kind === 'connect';
}

/** A clause about what happened, to follow a subject and a colon. */
export function describeFault(fault: TransportFault): string {
  switch (fault.kind) {
    case 'aborted':
      return 'it was given up';
    case 'name':
      return fault.code === 'EAI_AGAIN'
        ? 'its name could not be looked up (the name servers do not answer)'
        : `there is no host of that name (${fault.code})`;
    case 'connect':
      return fault.code === 'ECONNREFUSED' ? 'connection refused' : `no connection (${fault.code})`;
    case 'timeout':
      return describeTimeout(fault.phase, fault.ms);
    case 'reset':
      return `the connection broke (${fault.code})`;
    case 'not-tls':
      return 'it speaks plain http, not https';
    case 'handshake':
      return `the TLS handshake failed: ${fault.detail || fault.code}`;
    case 'certificate':
      return certificateWords(fault.code, fault.issuer);
    case 'proxy':
    case 'redirect':
      return fault.why;
  }
}

function describeTimeout(phase: string, ms: number): string {
  const span = ms > 0 ? ` within ${Math.round(ms / 100) / 10} s` : '';
  if (phase === 'connect') return `no connection${span}`;
  if (phase === 'handshake') return `no TLS handshake${span}`;
  return phase === 'answer' ? `no answer${span}` : `nothing more came${span}`;
}

function certificateWords(code: string, issuer: string): string {
  if (code === 'CERT_HAS_EXPIRED') return `its certificate has expired (issued by ${issuer})`;
  if (code === 'CERT_NOT_YET_VALID')
    return 'its certificate is not valid yet: is the clock of this machine right?';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'its certificate is for another host';
  return `its certificate is signed by an authority that is not trusted here: ${issuer} (${code})`;
}
