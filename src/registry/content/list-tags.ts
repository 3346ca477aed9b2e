import { parseBoundedJson } from '../../bounded-json.ts';
import { TcomposeError } from '../../errors.ts';
import { faultOf } from '../http/fault.ts';
import { readBytes } from '../http/read-text.ts';
import { unreachable } from '../http/refusal.ts';
import type { Session } from '../http/session.ts';

const mostTags = 100_000;
const pageSize = 1000;
const mostBytes = 8 * 1024 * 1024;

/** All tags of a repository (distribution specification, "Listing Tags"). @throws TcomposeError REGISTRY_NOT_FOUND, … */
export async function listTags(
  session: Session,
  path: string,
  scopes: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const tags = new Set<string>();
  let next: string | URL | undefined = `${path}/tags/list?n=${pageSize}`;
  while (next !== undefined) {
    const answer = await session.persist({ method: 'GET', path: next, scopes, signal }, path, 'pull');
    if (answer.status !== 200) throw await session.refusal(answer, path, 'pull');
    const before = tags.size;
    for (const tag of await tagsIn(session, answer, path)) tags.add(tag);
    if (tags.size > mostTags)
      throw new TcomposeError('REGISTRY_CONTENT', `${path} has more than ${mostTags} tags`, {
        hint: 'Pull those that you need by their names.',
      });
    // A page that brings nothing new leads round in circles.
    next = tags.size === before ? undefined : nextPage(String(answer.headers.link ?? ''), answer.url);
  }
  return [...tags];
}

async function tagsIn(
  session: Session,
  answer: Parameters<typeof readBytes>[0],
  path: string,
): Promise<string[]> {
  let bytes: Buffer;
  try {
    bytes = await readBytes(answer, mostBytes, `the list of tags of ${path}`);
  } catch (error) {
    throw error instanceof TcomposeError ? error : unreachable(faultOf(error), session.errand(path, 'pull'));
  }
  try {
    const { tags } = parseBoundedJson(bytes) as { tags?: unknown };
    return Array.isArray(tags) ? tags.filter((one): one is string => typeof one === 'string') : [];
  } catch (cause) {
    throw new TcomposeError('REGISTRY_CONTENT', `the list of tags of ${path} is not JSON`, { cause });
  }
}

/** The address in a `Link: <…>; rel="next"` header; only with the same origin (RFC 8288). */
export function nextPage(link: string, base: URL): URL | undefined {
  const match = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(link);
  if (match === null || !URL.canParse(match[1]!, base.href)) return undefined;
  const url = new URL(match[1]!, base.href);
  return url.origin === base.origin ? url : undefined;
}
