import { createReadStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BuildEvent, BuildRequest } from '../../../src/engine/api/build.ts';
import { staticBusybox } from '../../support/busybox.ts';
import { startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';
import { packCaseBusybox } from './case-files.ts';

/** An engine with the image busybox:latest, and a directory for contexts. */
export interface Builder {
  readonly engine: TestEngine;
  readonly place: string;
  /** Writes files of a context below `place` and gives its path. */
  context(name: string, files: Readonly<Record<string, string>>): string;
  build(
    request: Partial<BuildRequest> & { readonly text?: string },
    options?: {
      /** Headers that a question about an image is answered with. */
      readonly registry?: (image: string) => Readonly<Record<string, string>>;
      readonly signal?: AbortSignal;
      readonly onEvent?: (event: BuildEvent) => void;
    },
  ): Promise<Built>;
  /** Ends the engine, and gives what it left behind. */
  close(): Promise<readonly string[]>;
}

export interface Built {
  readonly events: readonly BuildEvent[];
  readonly error: Extract<BuildEvent, { type: 'error' }> | undefined;
  readonly image: string | undefined;
  /** Lines of output of all steps. */
  readonly output: readonly string[];
  /** Names of the steps that were found in the cache. */
  readonly cached: readonly string[];
}

/** Why builds can not be tested here, or undefined. */
export const whyNoBuilder = (): string | undefined =>
  whyNoEngine() ?? (staticBusybox() === undefined ? 'there is no static busybox' : undefined);

export async function startBuilder(env: Record<string, string> = {}): Promise<Builder> {
  const engine = await startTestEngine(env);
  const place = mkdtempSync(join(tmpdir(), 'tcompose-builds-'));
  const tar = packCaseBusybox(staticBusybox()!, place);
  await send(
    engine.socket,
    '/images/create?fromSrc=-&repo=busybox&tag=latest',
    createReadStream(tar),
    () => {},
  );
  const empty = join(place, 'empty');
  mkdirSync(empty);
  return {
    engine,
    place,
    context(name, files) {
      const top = join(place, name);
      mkdirSync(top, { recursive: true });
      for (const [path, content] of Object.entries(files)) {
        mkdirSync(dirname(join(top, path)), { recursive: true });
        writeFileSync(join(top, path), content);
      }
      return top;
    },
    async build({ text, ...request }, { registry, signal, onEvent } = {}) {
      const events: BuildEvent[] = [];
      const body = { context: empty, ...(text === undefined ? {} : { dockerfileText: text }), ...request };
      const answer = (event: Extract<BuildEvent, { type: 'ask' }>) =>
        send(
          engine.socket,
          `/tcompose/build/answers/${event.id}`,
          '',
          () => {},
          undefined,
          registry?.(event.image),
        );
      await send(
        engine.socket,
        '/tcompose/build',
        JSON.stringify(body),
        (line) => {
          const event = JSON.parse(line) as BuildEvent;
          events.push(event);
          onEvent?.(event);
          if (event.type === 'ask') answer(event).catch(() => {});
        },
        signal,
      );
      return {
        events,
        error: events.find((event) => event.type === 'error'),
        image: events.find((event) => event.type === 'done')?.image,
        output: events.flatMap((event) => (event.type === 'log' ? [event.text] : [])),
        cached: events.flatMap((event) =>
          event.type === 'end' && event.outcome === 'cached' ? [event.name] : [],
        ),
      };
    },
    async close() {
      const leaks = await engine.stop();
      rmSync(place, { recursive: true, force: true });
      return leaks;
    },
  };
}

/** Whether commands can be held to less memory here; where not, that is printed with what is skipped. */
export async function limitsMemory({ engine }: Builder, what: string): Promise<boolean> {
  const { json } = await engine.api<{ MemoryLimit: boolean }>('GET', '/info');
  if (!json.MemoryLimit) console.warn(`skipped: ${what}: this engine can not limit memory`);
  return json.MemoryLimit;
}

/** A command that needs about 200 MB, and ends, if slowly, where it gets them. */
export const hungry = 'head -c 300000000 /dev/zero | tail -c 200000000 >/dev/null';

/** Posts a body, and tells of the lines of the answer as they come. */
export function send(
  socketPath: string,
  path: string,
  body: NodeJS.ReadableStream | string,
  line: (text: string) => void,
  signal?: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { socketPath, method: 'POST', path, headers, ...(signal === undefined ? {} : { signal }) },
      (answer) => {
        let rest = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          for (const one of lines) if (one.trim() !== '') line(one);
        });
        answer.on('end', () => {
          if (rest.trim() !== '') line(rest);
          resolve();
        });
        answer.on('error', reject);
      },
    );
    request.on('error', reject);
    if (typeof body === 'string') request.end(body);
    else body.pipe(request);
  });
}
