import { readIgnoreFile } from '../../../build/ignore/ignore-file.ts';
import { contextKey } from '../../../build/plan/context-key.ts';
import type { BuildPlan } from '../../../build/plan/types.ts';
import { ConfinedDirectory } from '../../../confined/confined-directory.ts';
import type { SentSources } from '../../build/build-client.ts';
import type { ContextDirectory } from '../../build/build-context.ts';
import type { StatusResponse } from '../messages/control.ts';
import type { Session } from '../session/sessions.ts';
import { MemoryTaker } from '../sync/memory-taker.ts';
import { openSync, type SyncRequest } from '../sync/open-sync.ts';
import { receiveTree, type TreeTaker } from '../sync/receive.ts';
import { TreeTakerInto } from '../sync/tree-taker.ts';
import { GrpcError } from '../wire/status.ts';
import type { AskedBuild } from './attributes.ts';
import { pathsRead } from './follow-paths.ts';
import type { KeptContext, KeptContexts } from './kept-contexts.ts';
import type { Vertices } from './vertices.ts';

/** Whoever follows the preparations of a build. */
interface Told {
  readonly vertices: Vertices;
  readonly tell: (piece: Partial<StatusResponse>) => Promise<void>;
}

/** Sources of a build that are brought from its client. */
export interface BroughtSources {
  readonly sources: SentSources;
  /** The Dockerfile's text. */
  readonly text: string;
  /** Brings what the steps read of the directories. @throws GrpcError */
  readonly fill: (plan: BuildPlan) => Promise<void>;
  readonly release: () => void;
}

/**
 * Brings the Dockerfile and the ignore files, and makes room for the directories.
 * @param sender whose session sends a directory
 * @throws GrpcError
 */
export async function bringSources(
  sender: (directory: string) => Promise<Session>,
  asked: AskedBuild,
  kept: KeptContexts,
  told: Told,
  signal: AbortSignal,
): Promise<BroughtSources> {
  const small = async (directory: string, follow: readonly string[]) =>
    smallFiles(await sender(directory), { directory, follow }, signal);
  const { file, contextDirectory } = asked;
  const first = `[internal] load build definition from ${file}`;
  await told.tell(told.vertices.start(first));
  const lower = file === 'Dockerfile' ? ['dockerfile'] : [];
  const ignoreName = `${file}.dockerignore`;
  const definition = await small(asked.dockerfileDirectory, [file, ignoreName, ...lower]);
  const name = [file, ...lower].find((one) => definition.read(one) !== undefined);
  if (name === undefined)
    throw new GrpcError('unknown', `failed to read dockerfile: open ${file}: no such file or directory`);
  await told.tell(told.vertices.end(first));
  const own = definition.read(ignoreName);
  const ignoring = async (directory: string): Promise<readonly string[]> => {
    const text =
      directory === contextDirectory && own !== undefined
        ? own
        : (await small(directory, ['.dockerignore'])).read('.dockerignore');
    return readIgnoreFile(text ?? '').map(({ pattern }) => pattern);
  };
  const directories = new Map([['', contextDirectory]]);
  for (const [key, directory] of asked.sentContexts) directories.set(contextKey(key), directory);
  const holds = new Map<string, KeptContext>();
  for (const [key, directory] of directories) {
    const { sharedKey, id } = await sender(directory);
    holds.set(key, kept.hold(`${sharedKey || id}\0${directory}\0${asked.file}`));
  }
  return {
    sources: {
      main: {
        dockerfile: { name, isFile: false, text: definition.read(name)! },
        directory: directoryOf(holds.get('')!),
      },
      named: new Map(
        [...holds].flatMap(([key, hold]) => (key === '' ? [] : [[key, directoryOf(hold)] as const])),
      ),
    },
    text: definition.read(name)!,
    async fill(plan) {
      for (const [key, directory] of directories) {
        const paths = pathsRead(plan, key);
        if (paths === undefined) continue;
        const title = `[internal] load build context${key === '' ? '' : ` ${key}`}`;
        await told.tell(told.vertices.start(title));
        const follow = paths === 'all' ? [] : paths;
        const request = { directory, follow, excludes: await ignoring(directory) };
        const bytes = await bringTree(await sender(directory), request, holds.get(key)!.path, signal);
        await told.tell(told.vertices.transfer(title, 'transferring context:', bytes, true));
        await told.tell(told.vertices.end(title));
      }
    },
    release() {
      for (const one of holds.values()) one.release();
    },
  };
}

/** The client leaves out what the ignore file says. */
const directoryOf = ({ path }: KeptContext): ContextDirectory => ({ path, ignore: undefined });

async function smallFiles(session: Session, request: SyncRequest, signal: AbortSignal): Promise<MemoryTaker> {
  const taker = new MemoryTaker();
  await bring(session, request, taker, signal);
  return taker;
}

async function bringTree(
  session: Session,
  request: SyncRequest,
  path: string,
  signal: AbortSignal,
): Promise<number> {
  const root = ConfinedDirectory.at(path);
  const taker = new TreeTakerInto(root);
  try {
    await bring(session, request, taker, signal);
    return taker.transferred.bytes;
  } finally {
    taker.close();
    root.close();
  }
}

async function bring(
  session: Session,
  request: SyncRequest,
  taker: TreeTaker,
  signal: AbortSignal,
): Promise<void> {
  const call = openSync(session, request, signal);
  try {
    await receiveTree(call, taker);
  } finally {
    call.close();
  }
}
