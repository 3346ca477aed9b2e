import { TcomposeError } from '../../errors.ts';
import { faultOf } from '../http/fault.ts';
import { readBytes } from '../http/read-text.ts';
import { unreachable } from '../http/refusal.ts';
import type { Session } from '../http/session.ts';

/** A repository that Docker Hub found. */
export interface FoundRepository {
  readonly name: string;
  readonly description: string;
  readonly is_official: boolean;
  readonly is_automated: boolean;
  readonly star_count: number;
}

const mostBytes = 4 * 1024 * 1024;
const address = 'https://index.docker.io/v1/search';

/** Repositories of Docker Hub for a term; no other registry has a standard search. */
export async function searchHub(
  session: Session,
  term: string,
  limit: number,
  signal: AbortSignal,
): Promise<FoundRepository[]> {
  const url = new URL(address);
  url.searchParams.set('q', term);
  url.searchParams.set('n', String(limit));
  const what = `Docker Hub for ${term}`;
  const answer = await session.persist({ method: 'GET', path: url, scopes: [], signal }, what, 'search');
  if (answer.status !== 200) throw await session.refusal(answer, what, 'search');
  let text: string;
  try {
    text = (await readBytes(answer, mostBytes, 'the answer to a search')).toString('utf8');
  } catch (error) {
    throw error instanceof TcomposeError
      ? error
      : unreachable(faultOf(error), session.errand(what, 'search'));
  }
  return parseFound(text, limit);
}

export function parseFound(text: string, limit: number): FoundRepository[] {
  let value: { results?: unknown } | null;
  try {
    value = JSON.parse(text) as { results?: unknown } | null;
  } catch (cause) {
    throw new TcomposeError('REGISTRY_CONTENT', 'the answer to a search is not JSON', { cause });
  }
  const results = Array.isArray(value?.results) ? value.results : [];
  return results.slice(0, limit).flatMap((one: Readonly<Record<string, unknown>> | null) =>
    typeof one?.name !== 'string'
      ? []
      : [
          {
            name: one.name,
            description: typeof one.description === 'string' ? one.description : '',
            is_official: one.is_official === true,
            is_automated: one.is_automated === true,
            star_count: Number(one.star_count) || 0,
          },
        ],
  );
}
