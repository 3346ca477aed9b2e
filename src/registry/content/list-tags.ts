import { TcomposeError } from '../../errors.ts';
import { faultOf } from '../http/fault.ts';
import { readBytes } from '../http/read-text.ts';
import { unreachable } from '../http/refusal.ts';
import type { Session } from '../http/session.ts';

const mostPages = 100;
const pageSize = 1000;
const mostBytes = 8 * 1024 * 1024;

/** All tags of a repository (distribution specification, "Listing Tags"). @throws TcomposeError REGISTRY_NOT_FOUND, … */
export async function listTags(
  session: Session,
  path: string,
  scopes: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const tags: string[] = [];
  let next: string | URL | undefined = `${path}/tags/list?n=${pageSize}`;
  for (let page = 0; next !== undefined && page < mostPages; page++) {
    const answer = await session.persist({ method: 'GET', path: next, scopes, signal }, path, 'pull');
    if (answer.status !== 200) throw await session.refusal(answer, path, 'pull');
    tags.push(...(await tagsIn(session, answer, path)));
    next = nextPage(String(answer.headers.link ?? ''), answer.url);
  }
  return [...new Set(tags)];
}

async function tagsIn(
  session: Session,
  answer: Parameters<typeof readBytes>[0],
  path: string,
): Promise<string[]> {
  let text: string;
  try {
    text = (await readBytes(answer, mostBytes, `the list of tags of ${path}`)).toString('utf8');
  } catch (error) {
    throw error instanceof TcomposeError ? error : unreachable(faultOf(error), session.errand(path, 'pull'));
  }
  try {
    const { tags } = JSON.parse(text) as { tags?: unknown };
    return Array.isArray(tags) ? tags.filter((one): one is string => typeof one === 'string') : [];
  } catch (cause) {
    throw new TcomposeError('REGISTRY_CONTENT', `the list of tags of ${path} is not JSON`, { cause });
  }
}

/** The address in a `Link: <…>; rel="next"` header; of the same origin alone (RFC 8288). */
export function nextPage(link: string, base: URL): URL | undefined {
  const match = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(link);
  if (match === null || !URL.canParse(match[1]!, base.href)) return undefined;
  const url = new URL(match[1]!, base.href);
  return url.origin === base.origin ? url : undefined;
}
