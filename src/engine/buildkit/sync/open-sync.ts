import type { Session } from '../session/sessions.ts';
import type { OpenCall } from '../wire/call.ts';
import { GrpcError } from '../wire/status.ts';

/** What to request from a client's directory. */
export interface SyncRequest {
  /** The name under which the client offers it: `context`. */
  readonly directory: string;
  /** Patterns of an ignore file. */
  readonly excludes?: readonly string[];
  /** Paths and patterns to send, with the targets of their links; everything if absent. */
  readonly follow?: readonly string[];
}

const path = '/moby.filesync.v1.FileSync/DiffCopy';

/** Requests one of a client's directories. @throws GrpcError */
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

/** Values of one key; percent-encoded and marked as such if they can't be in a header as they are. */
function headers(key: string, values: readonly string[]): Record<string, string[]> {
  if (values.length === 0) return {};
  if (values.every((value) => /^[!-~](?:[ -~]*[!-~])?$/.test(value))) return { [key]: [...values] };
  return { [key]: values.map((value) => encodeURIComponent(value)), [`${key}-encoded`]: ['1'] };
}
