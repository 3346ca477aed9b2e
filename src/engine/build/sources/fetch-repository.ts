import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RemoteSource } from '../../../build/plan/types.ts';
import { TcomposeError } from '../../../errors.ts';
import type { Instant } from '../../clock.ts';
import { rfc3339 } from '../../time-text.ts';
import type { StepPlace, StepResult } from '../cache/cache-types.ts';
import { shown } from './downloads.ts';
import type { FetchAs, Fetched } from './fetch-types.ts';
import { type GitSurroundings, git, runGit } from './run-git.ts';

type GitSource = Extract<RemoteSource, { kind: 'git' }>;

interface Surroundings {
  readonly now: () => Instant;
  /** Called when the download is complete and not yet kept. */
  readonly fetched: () => void;
  /** File with ssh's known hosts. */
  readonly knownHosts: string;
}

const wholeCommit = /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/;

/**
 * A commit of a repository, checked out, as a tree: once for each commit. A branch or tag is looked up each time; a
 * full commit id that is here needs no request. Programs of the repository (hooks, filters) are not run.
 * @throws TcomposeError BUILD_STEP
 */
export async function fetchRepository(
  source: GitSource,
  as: FetchAs,
  around: Surroundings,
): Promise<Fetched> {
  const { cache } = as;
  refuseOptions(source);
  const wanted = wholeCommit.test(source.ref) ? { commit: source.ref, name: source.ref } : undefined;
  const here = wanted === undefined ? undefined : cache.find(keyOf(source, wanted.commit));
  if (here !== undefined) {
    checkCommit(source, wanted!.commit);
    return { result: here, cached: true };
  }
  const place = await cache.begin();
  try {
    const surroundings: GitSurroundings = {
      home: place.scratch,
      agent: as.agent,
      knownHosts: around.knownHosts,
      authorization: authorizationFor(source.remote, as.secrets),
      signal: as.signal,
    };
    const found = wanted ?? (await resolveRef(source, place, surroundings));
    checkCommit(source, found.commit);
    const known = cache.find(keyOf(source, found.commit));
    if (known !== undefined) return { result: known, cached: true };
    return {
      result: await checkOut(source, found, place, surroundings, (made) => {
        around.fetched();
        return cache.keep(place, { ...made, created: rfc3339(around.now()) });
      }),
      cached: false,
    };
  } finally {
    await cache.drop(place);
  }
}

const keyOf = ({ remote, keepGitDir, submodules }: GitSource, commit: string): string =>
  createHash('sha256')
    .update(JSON.stringify(['git', remote, commit, keepGitDir, submodules]))
    .digest('hex');

/** A name that begins with a dash would be an option of git, or of ssh. */
function refuseOptions({ remote, ref }: GitSource): void {
  const host = remote.replace(/^\w+:\/\//, '');
  for (const word of [remote, host, host.replace(/^[^@/]*@/, ''), ref])
    if (word.startsWith('-')) throw new TcomposeError('BUILD_STEP', `"${word}" begins with a dash`);
}

function checkCommit({ checksum, ref }: GitSource, commit: string): void {
  if (checksum === '' || commit.startsWith(checksum.toLowerCase())) return;
  throw new TcomposeError(
    'BUILD_STEP',
    `expected checksum to match ${checksum}, got ${commit} (ref ${ref === '' ? 'HEAD' : ref})`,
  );
}

/** A token from the build's secrets, by BuildKit's names for them. */
function authorizationFor(remote: string, secrets: ReadonlyMap<string, Buffer>): string | undefined {
  if (!/^https?:\/\//.test(remote) || !URL.canParse(remote)) return undefined;
  const { host } = new URL(remote);
  const header = secrets.get(`GIT_AUTH_HEADER.${host}`) ?? secrets.get('GIT_AUTH_HEADER');
  if (header !== undefined) return header.toString('utf8').trim();
  const token = secrets.get(`GIT_AUTH_TOKEN.${host}`) ?? secrets.get('GIT_AUTH_TOKEN');
  if (token === undefined) return undefined;
  return `basic ${Buffer.from(`x-access-token:${token.toString('utf8').trim()}`).toString('base64')}`;
}

interface FoundRef {
  readonly commit: string;
  /** The name on the server; the commit id if it is one. */
  readonly name: string;
}

/** The commit that a ref refers to now; a possible abbreviated id is looked up after fetching. */
async function resolveRef(source: GitSource, place: StepPlace, around: GitSurroundings): Promise<FoundRef> {
  const ref = source.ref === '' ? 'HEAD' : source.ref;
  const { code, out, err } = await runGit(
    ['ls-remote', '--', source.remote, ref, `${ref}^{}`],
    place.scratch,
    around,
  );
  if (code !== 0)
    throw new TcomposeError(
      'BUILD_STEP',
      `failed to load git repository ${shown(source.remote)}: ${err.trim().split('\n').at(-1) ?? ''}`,
      {
        hint: 'A token goes into the secret GIT_AUTH_TOKEN; ssh needs an agent (--ssh default).',
      },
    );
  const lines = out.split('\n').flatMap((line) => {
    const [commit = '', name = ''] = line.split('\t');
    return wholeCommit.test(commit) ? [{ commit, name }] : [];
  });
  const named = [ref, `refs/tags/${ref}`, `refs/heads/${ref}`].flatMap((name) => {
    const direct = lines.find((line) => line.name === name);
    if (direct === undefined) return [];
    // For an annotated tag, the commit it refers to.
    const peeled = lines.find((line) => line.name === `${name}^{}`);
    return [{ commit: peeled?.commit ?? direct.commit, name }];
  });
  const [found = lines[0]] = named;
  if (found !== undefined) return found;
  throw new TcomposeError(
    'BUILD_STEP',
    `repository ${shown(source.remote)} does not contain ref ${ref}, output: ${JSON.stringify(out.slice(0, 200))}`,
    /^[0-9a-f]{7,39}$/.test(ref) ? { hint: 'A commit must be given with all its digits.' } : {},
  );
}

async function checkOut(
  source: GitSource,
  { commit, name }: FoundRef,
  place: StepPlace,
  around: GitSurroundings,
  keep: (made: Pick<StepResult, 'keys' | 'description' | 'facts'>) => Promise<StepResult>,
): Promise<StepResult> {
  const { remote, keepGitDir, submodules } = source;
  const directory = place.diff;
  const format = commit.length === 64 ? ['--object-format=sha256'] : [];
  await git(['init', '--quiet', ...format], directory, around);
  await git(['remote', 'add', 'origin', shown(remote)], directory, around);
  await fetchCommit(remote, commit, name, directory, around);
  await git(['checkout', '--quiet', '--force', commit], directory, around);
  if (submodules && existsSync(join(directory, '.gitmodules')))
    await git(['submodule', 'update', '--quiet', '--init', '--recursive', '--depth=1'], directory, around);
  if (!keepGitDir) await rm(join(directory, '.git'), { recursive: true, force: true });
  else if (existsSync(join(directory, '.git/hooks')))
    await rm(join(directory, '.git/hooks'), { recursive: true, force: true });
  chmodSync(directory, 0o755);
  mkdirSync(place.scratch, { recursive: true });
  return keep({
    keys: [keyOf(source, commit)],
    description: `${shown(remote)}#${commit}`,
    facts: { commit },
  });
}

/** A server need not provide a commit by its id, nor a part of the history alone. */
async function fetchCommit(
  remote: string,
  commit: string,
  name: string,
  directory: string,
  around: GitSurroundings,
): Promise<void> {
  const shallow = (what: string) =>
    runGit(['fetch', '--quiet', '--depth=1', '--no-tags', '--', remote, what], directory, around);
  const has = async () =>
    (await runGit(['cat-file', '-e', `${commit}^{commit}`], directory, around)).code === 0;
  for (const what of new Set([name, commit])) if ((await shallow(what)).code === 0 && (await has())) return;
  const all = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'];
  await git(['fetch', '--quiet', '--', remote, ...all], directory, around);
  if (await has()) return;
  throw new TcomposeError('BUILD_STEP', `repository ${shown(remote)} does not contain commit ${commit}`);
}
