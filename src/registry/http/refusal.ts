import { STATUS_CODES } from 'node:http';
import { TcomposeError } from '../../errors.ts';
import { loginHint } from '../auth/authority.ts';
import { expiredSince, isAnonymous, type RegistryCredentials } from '../auth/credentials.ts';
import { describeErrors, parseErrorBody } from './error-body.ts';
import { describeFault, type TransportFault } from './fault.ts';
import { parseRateLimit } from './rate-limit.ts';

/** What a request was for, in messages. */
export interface Errand {
  /** `host[:port]` that the request was sent to. */
  readonly host: string;
  /** What was requested, in the user's terms: `registry.example/app:1`. */
  readonly what: string;
  readonly action: 'pull' | 'push' | 'login' | 'search';
  readonly credentials: RegistryCredentials;
  /** Digest of a requested part of it. */
  readonly blob?: string;
  /** The file in which the machine's owner can say which registries need no TLS. */
  readonly settingsFile: string;
  /** Name of the proxy variable that is only set for http, if the request used https. */
  readonly httpProxyOnly?: boolean;
}

export interface FinalAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/**
 * The error for a registry's answer, when another attempt is not worthwhile. `freeInMs`: when the registry said it
 * would be available again.
 */
export function refusalOf(
  answer: FinalAnswer,
  errand: Errand,
  now: number,
  freeInMs?: number,
): TcomposeError {
  const { status } = answer;
  const { host, what, action, credentials } = errand;
  const errors = parseErrorBody(answer.text);
  const codes = errors.map(({ code }) => code);
  const words = describeErrors(errors);
  const said = words === '' ? `${status} ${STATUS_CODES[status] ?? ''}`.trim() : words;
  const limited = status === 429 || codes.some((code) => code.toUpperCase() === 'TOOMANYREQUESTS');
  if (limited) return limitOf(answer, errand, now, said, freeInMs);
  if (status === 401 || status === 403) {
    const message =
      action === 'login'
        ? `${host} denies access to ${credentials.username ?? 'anonymous users'}: ${said}`
        : `${action} access denied for ${what}, the repository does not exist or may require a login: ${said}`;
    return new TcomposeError('REGISTRY_DENIED', message, { hint: deniedHint(errand, now) });
  }
  if (status === 404 && errand.blob !== undefined)
    return new TcomposeError('REGISTRY_CONTENT', `${host} has no blob ${errand.blob} of ${what}: ${said}`, {
      hint: 'Ask its author to push it again.',
    });
  if (status === 404) {
    return new TcomposeError('REGISTRY_NOT_FOUND', `${host} has no ${what}: ${said}`, {
      ...(isAnonymous(credentials)
        ? { hint: `Some registries answer like that for private images, too: \`tcompose login ${host}\`.` }
        : {}),
    });
  }
  return new TcomposeError('REGISTRY_FAILED', `${host} could not ${action} ${what}: ${said}`, {
    ...(status >= 500 ? { hint: 'The fault is at the registry; try again later.' } : {}),
  });
}

function deniedHint({ credentials, host }: Errand, now: number): string {
  const ended = expiredSince(credentials.password, now) ?? expiredSince(credentials.registryToken, now);
  const expired = ended === undefined ? '' : ` and expired on ${new Date(ended).toISOString()}`;
  return `${loginHint(credentials, host)}${expired}`;
}

function limitOf(
  answer: FinalAnswer,
  { host, credentials }: Errand,
  now: number,
  said: string,
  freeInMs: number | undefined,
): TcomposeError {
  const count = parseRateLimit(answer.headers);
  const free =
    freeInMs === undefined ? '' : `, free again at ${clockTime(now + freeInMs)} (in ${spanOf(freeInMs)})`;
  const left =
    count === undefined
      ? ''
      : ` (${count.remaining}${count.limit === undefined ? '' : ` of ${count.limit}`} pulls left${
          count.windowSeconds === undefined ? '' : ` of each ${spanOf(count.windowSeconds * 1000)}`
        })`;
  return new TcomposeError('REGISTRY_LIMIT', `the limit of ${host} is reached${free}${left}: ${said}`, {
    hint: isAnonymous(credentials) ? `Logging in raises it: \`tcompose login ${host}\`.` : 'Try again later.',
  });
}

/** `14:05` in local time. */
function clockTime(ms: number): string {
  const date = new Date(ms);
  return `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`;
}

function spanOf(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 1) return `${Math.ceil(ms / 1000)} s`;
  return minutes < 90 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** The error for a network fault. `tries`: the number of attempts. */
export function unreachable(fault: TransportFault, errand: Errand, tries = 1): TcomposeError {
  const { host, what, action } = errand;
  const often = tries > 1 ? ` (tried ${tries} times)` : '';
  const purpose = action === 'login' ? 'log in' : `${action} ${what}`;
  const message = `${host} cannot be reached to ${purpose}: ${describeFault(fault)}${often}`;
  switch (fault.kind) {
    case 'aborted':
      return new TcomposeError('CLI_INTERRUPTED', `the ${action} of ${what} was cancelled`);
    case 'proxy':
      return new TcomposeError(
        'REGISTRY_PROXY',
        message,
        fault.hint === undefined ? {} : { hint: fault.hint },
      );
    case 'certificate':
    case 'handshake':
      return new TcomposeError('REGISTRY_TLS', message, {
        hint: `Put the authority's certificate into /etc/tcompose/certs.d/${host}/ca.crt (or /etc/docker/certs.d/${host}/), into the system's certificates, or name its file by SSL_CERT_FILE.`,
      });
    case 'not-tls':
      return new TcomposeError('REGISTRY_TLS', message, {
        hint: `List ${host} under registries.insecure in ${errand.settingsFile} if that is intended.`,
      });
    default:
      return new TcomposeError('REGISTRY_UNREACHABLE', message, {
        ...(errand.httpProxyOnly
          ? { hint: 'HTTP_PROXY is set and HTTPS_PROXY is not: https goes direct.' }
          : {}),
      });
  }
}
