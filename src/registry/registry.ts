import { TcomposeError } from '../errors.ts';
import { openSession, type Session, type SessionOptions } from './http/session.ts';
import { endpointsOf } from './settings/endpoints.ts';

/** A registry and its mirrors, for one pull or push. */
export interface Registry {
  /** As in references: `docker.io`, `registry.example:5000`. */
  readonly domain: string;
  /** The registry itself. */
  readonly main: Session;
  /**
   * Does work at the first endpoint where it succeeds: the mirrors in order, then the registry. A mirror that can't be
   * reached, or fails, is skipped for 30 s. Other errors are thrown unchanged.
   */
  across<T>(work: (session: Session) => Promise<T>): Promise<T>;
}

/** Failed mirrors, by host, and until when to skip them, in milliseconds. Shared by all pulls. */
export type DownMirrors = Map<string, number>;

const downMs = 30_000;
/** Errors that concern the mirror and not the image. */
const ill = ['REGISTRY_UNREACHABLE', 'REGISTRY_TLS', 'REGISTRY_FAILED', 'REGISTRY_PROXY', 'REGISTRY_LIMIT'];

/** @throws TcomposeError REGISTRY_BLOCKED */
export function openRegistry(domain: string, options: SessionOptions, down: DownMirrors): Registry {
  const where = options.settings.blocked[domain];
  if (where !== undefined)
    throw new TcomposeError('REGISTRY_BLOCKED', `${domain} is blocked on this machine, by ${where}`, {
      hint: 'Its entry there says blocked = true.',
    });
  const sessions = endpointsOf(domain, options.settings).map((endpoint) => openSession(endpoint, options));
  const main = sessions.at(-1)!;
  const told = new Set<string>();
  const leftOut = new Set<string>();
  return {
    domain,
    main,
    async across(work) {
      for (const session of sessions) {
        const { kind, host, fallback } = session.endpoint;
        if (kind === 'main') break;
        if (fallback && (down.get(host) ?? 0) > options.now()) {
          if (!told.has(host)) leftOut.add(host);
          continue;
        }
        try {
          return await work(session);
        } catch (error) {
          const { code, message } = error as TcomposeError;
          // Errors of the store or of the engine's client are not the mirror's fault.
          if (!fallback || !code?.startsWith('REGISTRY_')) throw error;
          if (ill.includes(code)) down.set(host, options.now() + downMs);
          if (!told.has(host)) options.notice({ kind: 'mirror', host, why: message });
          told.add(host);
        }
      }
      return await work(main).catch((error: unknown) => {
        throw leftOut.size === 0 ? error : withLeftOut(error, [...leftOut]);
      });
    },
  };
}

/** The registry's own error, with a remark about mirrors that were skipped because they failed a moment ago. */
function withLeftOut(error: unknown, hosts: readonly string[]): unknown {
  if (!(error instanceof TcomposeError)) return error;
  const { code, message, hint, exitCode } = error;
  return new TcomposeError(
    code,
    `${message} (not asked, because of a failure less than 30 s ago: ${hosts.join(', ')})`,
    { exitCode, cause: error, ...(hint === undefined ? {} : { hint }) },
  );
}
