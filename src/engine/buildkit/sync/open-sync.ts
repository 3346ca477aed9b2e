import type { Session } from '../session/sessions.ts';
import type { OpenCall } from '../wire/call.ts';
import { GrpcError } from '../wire/status.ts';

/** What of a client's directory is asked for. */
export interface SyncRequest {
  /** The name by which the client gave it: `context`. */
  readonly directory: string;
  /** Patterns of an ignore file. */
  readonly excludes?: readonly string[];
  /** Paths and patterns that are enough, with what links of theirs lead to; all without any. */
  readonly follow?: readonly string[];
}

const path = '/moby.filesync.v1.FileSync/DiffCopy';

/** Asks a client for one of its directories. @throws GrpcError */
export function openSync(session: Session, request: SyncRequest, signal: AbortSignal): OpenCall {
  if (!session.has(path))
    throw new GrpcError(
      'invalid-argument',
      `no local sources enabled: the client's session does not send files`,
    );
  const { directory, excludes = [], follow = [] } = request;
  const metadata = {
    ...headers('dir-name', [directory]),
    ...headers('exclude-patterns', excludes),
    ...headers('followpaths', follow),
  };
  return session.caller.open(path, metadata, signal);
}

/** Values of one key; as in a query, and marked so, where they would not go into a header as they are. */
function headers(key: string, values: readonly string[]): Record<string, string[]> {
  if (values.length === 0) return {};
  if (values.every((value) => /^[!-~](?:[ -~]*[!-~])?$/.test(value))) return { [key]: [...values] };
  return { [key]: values.map((value) => encodeURIComponent(value)), [`${key}-encoded`]: ['1'] };
}
