import { TcomposeError } from '../../errors.ts';
import { type IdSwap, type SwapLine, swapLines } from '../../id-swap.ts';
import type { MachineFacts } from './spec-input.ts';

/** Facts about the user namespace in which the engine is root. */
type Ids = Pick<MachineFacts, 'namespaceIds'>;

/** The ids that the engine's user has in a container, and how the container's ids differ from the engine's. */
export interface KeptId extends IdSwap {
  /** Lines of its uid_map and its gid_map. */
  readonly users: readonly SwapLine[];
  readonly groups: readonly SwapLine[];
}

/**
 * HostConfig.UsernsMode in Podman's form: `keep-id`, `keep-id:uid=U,gid=G`. Undefined for the engine's own namespace.
 * Pure.
 * @throws TcomposeError RUNTIME_NAMESPACE for any other word, and if the ids do not exist
 */
export function keptId(mode: string | undefined, { namespaceIds }: Ids): KeptId | undefined {
  if (mode === undefined || mode === '' || mode === 'host') return undefined;
  const options = /^keep-id(?::(.*))?$/.exec(mode);
  if (options === null)
    throw refused(`invalid user namespace mode: ${mode}`, 'Use host, or as a user who is not root keep-id.');
  if (namespaceIds === undefined)
    throw refused(
      `user namespace mode ${mode} keeps the ids of the user who owns the engine, and root owns this one`,
      'Leave it out: ids in containers are those of the machine.',
    );
  const { owner, users, groups } = namespaceIds;
  const asked = parseOptions(mode, options[1]);
  const uid = checked(mode, 'user', asked.uid ?? owner.uid, users);
  const gid = checked(mode, 'group', asked.gid ?? owner.gid, groups);
  return { uid, gid, users: swapLines(uid, users), groups: swapLines(gid, groups) };
}

function parseOptions(mode: string, text: string | undefined): Partial<IdSwap> {
  const found: { uid?: number; gid?: number } = {};
  for (const word of text === undefined ? [] : text.split(',')) {
    const [, name, id] = /^(uid|gid)=(\d{1,10})$/.exec(word) ?? [];
    if (name === undefined)
      throw refused(
        `invalid option ${JSON.stringify(word)} of user namespace mode ${mode}`,
        'Use keep-id:uid=1000,gid=1000.',
      );
    const kind = name as 'uid' | 'gid';
    if (found[kind] !== undefined)
      throw refused(`user namespace mode ${mode} has ${kind} twice`, 'Use keep-id:uid=1000,gid=1000.');
    found[kind] = Number(id);
  }
  return found;
}

/** An id that is not among the engine's can't exist in a container: an image's files may belong to it, too. */
function checked(mode: string, kind: 'user' | 'group', id: number, ranges: readonly number[]): number {
  const count = ranges.reduce((sum, size) => sum + size, 0);
  if (id < count) return id;
  const file = kind === 'user' ? '/etc/subuid' : '/etc/subgid';
  throw refused(
    `user namespace mode ${mode} asks for ${kind} id ${id} in the container, and you have ${count === 1 ? 'no ids but your own' : `ids up to ${count - 1} there`}`,
    count === 1
      ? `Have ids given to you in ${file}: see \`tcompose doctor sub-ids\`.`
      : `Name one that is there (keep-id:uid=1000,gid=1000), or have more ids given to you in ${file}.`,
  );
}

const refused = (message: string, hint: string): TcomposeError =>
  new TcomposeError('RUNTIME_NAMESPACE', message, { hint });
