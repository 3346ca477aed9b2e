import { readIgnoreFile } from '../../../build/ignore/ignore-file.ts';
import { contextKey } from '../../../build/plan/context-key.ts';
import type { BuildPlan } from '../../../build/plan/types.ts';
import type { BuildRequest } from '../../api/build.ts';
import type { SentSources } from '../../build/build-client.ts';
import type { ContextDirectory } from '../../build/build-context.ts';
import { unpackContext } from '../../build/classic/tar-context.ts';
import type { Engine } from '../../context.ts';
import type { StatusResponse } from '../messages/control.ts';
import type { Session } from '../session/sessions.ts';
import { isUpload, openUpload } from '../session/upload.ts';
import { bringSmall, bringTree } from '../sync/bring.ts';
import { GrpcError } from '../wire/status.ts';
import type { AskedBuild } from './attributes.ts';
import { pathsRead } from './follow-paths.ts';
import type { KeptContext, KeptContexts } from './kept-contexts.ts';
import type { Vertices } from './vertices.ts';

/** What is needed to fetch directories, and who follows the progress. */
export interface Bringing {
  readonly engine: Engine;
  /** The session that sends a directory. */
  readonly sender: (directory: string) => Promise<Session>;
  readonly kept: KeptContexts;
  readonly vertices: Vertices;
  readonly tell: (piece: Partial<StatusResponse>) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Sources of a build that are fetched from its client. */
export interface BroughtSources {
  readonly sources: SentSources;
  /** The part of a request that describes them. */
  readonly request: Pick<BuildRequest, 'context' | 'confined' | 'dockerfile' | 'dockerfileText'>;
  /** The Dockerfile's text; empty if it comes with a context from elsewhere. */
  readonly text: string;
  /** Fetches what the steps read from the directories. @throws GrpcError */
  readonly fill: (plan: BuildPlan) => Promise<void>;
  readonly release: () => Promise<void>;
}

/** Fetches the Dockerfile, and reserves the directories. @throws GrpcError */
export async function bringSources(asked: AskedBuild, bringing: Bringing): Promise<BroughtSources> {
  const { address, contextDirectory } = asked;
  const definition = await bringDefinition(asked, bringing);
  const directories = new Map(address === undefined ? [['', contextDirectory]] : []);
  for (const [key, directory] of asked.sentContexts) directories.set(contextKey(key), directory);
  const holds = new Map<string, KeptContext>();
  for (const [key, directory] of directories) {
    const { sharedKey, id } = await bringing.sender(directory);
    holds.set(key, bringing.kept.hold(`${sharedKey || id}\0${directory}\0${asked.file}`));
  }
  const named = [...holds].flatMap(([key, hold]) => (key === '' ? [] : [[key, directoryOf(hold)] as const]));
  const main = holds.get('');
  const dockerfile = { name: definition?.name ?? '', isFile: false, text: definition?.text ?? '' };
  const fetched = address === undefined ? undefined : await contextAt(address, asked, definition, bringing);
  return {
    sources: {
      main: main === undefined ? undefined : { dockerfile, directory: directoryOf(main) },
      named: new Map(named),
    },
    request: fetched?.request ?? { context: '/' },
    text: dockerfile.text,
    async fill(plan) {
      for (const [key, directory] of directories) {
        const paths = pathsRead(plan, key);
        if (paths === undefined) continue;
        const ignored = directory === contextDirectory ? definition?.ignored : undefined;
        const title = `[internal] load build context${key === '' ? '' : ` ${key}`}`;
        await fillOne(title, directory, paths, ignored, holds.get(key)!, bringing);
      }
    },
    async release() {
      for (const one of holds.values()) one.release();
      await fetched?.release();
    },
  };
}

/** A context that is an archive from the client's standard input, or that the engine downloads. */
async function contextAt(
  address: string,
  { file }: AskedBuild,
  definition: Definition | undefined,
  { engine, sender, signal }: Bringing,
): Promise<{ readonly request: BroughtSources['request']; readonly release: () => Promise<void> }> {
  const dockerfile = definition === undefined ? { dockerfile: file } : { dockerfileText: definition.text };
  if (!isUpload(address))
    return { request: { context: address, ...dockerfile }, release: () => Promise.resolve() };
  const { path, release } = await unpackContext(engine, openUpload(await sender('context'), address, signal));
  return { request: { context: path, confined: true, ...dockerfile }, release };
}

/** The client leaves out what the ignore file excludes. */
const directoryOf = ({ path }: KeptContext): ContextDirectory => ({ path, ignore: undefined });

interface Definition {
  readonly name: string;
  readonly text: string;
  /** The text of the ignore file that belongs to this Dockerfile only. */
  readonly ignored: string | undefined;
}

async function bringDefinition(
  { file, dockerfileDirectory }: AskedBuild,
  { sender, vertices, tell, signal }: Bringing,
): Promise<Definition | undefined> {
  if (dockerfileDirectory === undefined) return undefined;
  const title = `[internal] load build definition from ${file}`;
  await tell(vertices.start(title));
  const names = file === 'Dockerfile' ? [file, 'dockerfile'] : [file];
  const ignoreFile = `${file}.dockerignore`;
  const follow = [...names, ignoreFile];
  const session = await sender(dockerfileDirectory);
  const files = await bringSmall(session, { directory: dockerfileDirectory, follow }, signal);
  const name = names.find((one) => files.read(one) !== undefined);
  if (name === undefined) {
    const message = `failed to read dockerfile: open ${file}: no such file or directory`;
    await tell(vertices.end(title, { error: message }));
    throw new GrpcError('unknown', message);
  }
  const text = files.read(name)!;
  await tell(vertices.transfer(title, 'transferring dockerfile:', Buffer.byteLength(text), true));
  await tell(vertices.end(title));
  return { name, text, ignored: files.read(ignoreFile) };
}

async function fillOne(
  title: string,
  directory: string,
  paths: readonly string[] | 'all',
  ignored: string | undefined,
  hold: KeptContext,
  { sender, vertices, tell, signal }: Bringing,
): Promise<void> {
  await tell(vertices.start(title));
  const session = await sender(directory);
  const ignoreFile = '.dockerignore';
  const text =
    ignored ??
    (await bringSmall(session, { directory, follow: [ignoreFile] }, signal)).read(ignoreFile) ??
    '';
  const excludes = readIgnoreFile(text).map(({ pattern }) => pattern);
  const request = { directory, excludes, follow: paths === 'all' ? [] : paths };
  const { bytes } = await bringTree(session, request, hold.path, signal);
  await tell(vertices.transfer(title, 'transferring context:', bytes, true));
  await tell(vertices.end(title));
}
