import { randomBytes } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BuildEvent, BuildRequest } from '../../../src/engine/api/build.ts';
import {
  type BuildAnswer,
  type BuildCase,
  buildArgs,
  buildCases,
  casesPresent,
  type NamedCase,
} from '../../conformance/dockerfile/cases.ts';
import { staticBusybox } from '../../support/busybox.ts';
import { requirements } from '../../support/cli.ts';
import { startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';
import { applySetup, copyCase, packCaseBusybox, treeOf } from './case-files.ts';
import { notCarriedOut } from './not-carried-out.ts';

const busybox = staticBusybox();
// Trees that are compared have files of many owners, which only the machine's root reads.
const unmet =
  requirements({ root: true }) ??
  whyNoEngine() ??
  (busybox === undefined ? 'there is no static busybox' : undefined);
if (unmet !== undefined) console.warn(`skipped: builds of Dockerfile cases: ${unmet}`);

let engine: TestEngine;
let place: string;
let base: Record<string, Record<string, unknown>>;

beforeAll(async () => {
  if (unmet !== undefined || !casesPresent) return;
  engine = await startTestEngine();
  place = mkdtempSync(join(tmpdir(), 'tcompose-builds-'));
  const tar = packCaseBusybox(busybox!, place);
  await send('POST', '/images/create?fromSrc=-&repo=busybox&tag=latest', createReadStream(tar));
  base = treeOf(join(place, 'busybox'));
});

afterAll(async () => {
  if (engine === undefined) return;
  const leaks = await engine.stop();
  rmSync(place, { recursive: true, force: true });
  expect(leaks).toEqual([]);
});

/** Sends a request with a body and gives the answer's text. */
function send(method: string, path: string, body: NodeJS.ReadableStream | string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ socketPath: engine.socket, method, path }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve(text));
      answer.on('error', reject);
    });
    request.on('error', reject);
    if (typeof body === 'string') request.end(body);
    else body.pipe(request);
  });
}

async function build(request: BuildRequest): Promise<readonly BuildEvent[]> {
  const text = await send('POST', '/tcompose/build', JSON.stringify(request));
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as BuildEvent);
}

function requestOf(given: BuildCase, folder: string, output: string): BuildRequest {
  const { flags = [] } = given;
  const values = (name: string) => flags.flatMap((one, at) => (one === name ? [flags[at + 1] ?? ''] : []));
  const text = given.dockerfile_outside ?? (given.dockerfile_stdin && `context/${given.dockerfile_stdin}`);
  return {
    context: join(folder, 'context'),
    ...(given.dockerfile === undefined ? {} : { dockerfile: given.dockerfile }),
    ...(text === undefined ? {} : { dockerfileText: readFileSync(join(folder, text), 'utf8') }),
    ...(given.target === undefined ? {} : { target: given.target }),
    args: Object.fromEntries(buildArgs(given)),
    contexts: Object.fromEntries([
      ...Object.entries(given.contexts ?? {}).map(([name, source]) => [
        name,
        source.includes('://') ? source : join(folder, source),
      ]),
      ...values('--build-context').map((one) => one.split('=')),
    ]),
    secrets: Object.fromEntries(
      (given.secrets ?? []).flatMap(({ id, src, env }) => {
        const value = src === undefined ? given.env?.[env ?? ''] : readFileSync(join(folder, src));
        return value === undefined ? [] : [[id, Buffer.from(value).toString('base64')]];
      }),
    ),
    noCache: flags.includes('--no-cache'),
    noCacheFilter: values('--no-cache-filter').flatMap((one) => one.split(',')),
    extraHosts: values('--add-host'),
    localOutput: output,
  };
}

/** What of an entry is compared; xattrs of a layer and times are not seen in a tree. */
function compared(entry: Record<string, unknown>, like: Record<string, unknown> | undefined = entry) {
  const { type, mode, uid, gid, target, size, sha256 } = entry;
  // A file with a random word in it has neither the size nor the digest of the recording.
  return like.sha256 === undefined
    ? { type, mode, uid, gid, target }
    : { type, mode, uid, gid, size, sha256 };
}

/** What the tree has that the base has not, or has otherwise, and the topmost of what it lacks. */
function difference(output: string, from: string | undefined) {
  const tree = treeOf(output);
  const known = from === 'busybox' ? base : {};
  const files = Object.entries(tree).filter(
    ([path, entry]) => JSON.stringify(known[path]) !== JSON.stringify(entry),
  );
  const removed = Object.keys(known).filter((path) => tree[path] === undefined);
  return {
    files: Object.fromEntries(files),
    removed: removed.filter((path) => !removed.includes(path.slice(0, path.lastIndexOf('/')))),
  };
}

const essence = (message: string): string =>
  message
    .replace(/^failed to compute cache key: failed to calculate checksum of ref .*?: /, '')
    .replaceAll('<mount>', '')
    .replace(/ \(\d+ms\)/, '');

function check(events: readonly BuildEvent[], expected: BuildAnswer, output: string, cached: boolean): void {
  const error = events.find((event) => event.type === 'error');
  if (expected.exit !== 0) {
    expect(error?.message).toBeDefined();
    expect(essence(error!.message)).toContain(essence(expected.error!));
    if (expected.where !== undefined)
      expect(`:${error?.where?.line}`).toBe(expected.where.replace(/^.*:/, ':'));
    return;
  }
  if (error !== undefined) throw new Error(JSON.stringify(error));
  const { files, removed } = difference(output, expected.base);
  expect(
    Object.fromEntries(
      Object.entries(files).map(([path, entry]) => [path, compared(entry, expected.files?.[path])]),
    ),
  ).toEqual(
    Object.fromEntries(Object.entries(expected.files ?? {}).map(([path, entry]) => [path, compared(entry)])),
  );
  expect(removed).toEqual(expected.removed ?? []);
  if (!cached || expected.cached === undefined) return;
  const names = events.flatMap((event) =>
    event.type === 'end' && event.outcome === 'cached' ? [event.name] : [],
  );
  expect(names.sort()).toEqual([...expected.cached].sort());
}

const saltedSteps = <T>(value: T, salt: string): T =>
  value === undefined ? value : (JSON.parse(JSON.stringify(value).replaceAll('@SALT@', salt)) as T);

async function runCase({ name, folder, given, expected }: NamedCase): Promise<void> {
  const copy = join(place, name);
  const salt = randomBytes(4).toString('hex');
  copyCase(folder, copy, salt);
  await applySetup(copy, saltedSteps(given.setup, salt));
  const rounds = given.steps ?? [{}];
  for (const [at, step] of rounds.entries()) {
    const { setup, ...more } = step;
    if (given.steps !== undefined) await applySetup(copy, saltedSteps(setup, salt), at);
    const output = join(place, `${name}-out-${at}`);
    mkdirSync(output);
    const answer = expected.steps?.[at] ?? expected;
    const salted = JSON.parse(JSON.stringify(answer).replaceAll('@SALT@', salt)) as BuildAnswer;
    const events = await build(requestOf({ ...given, ...more }, copy, output));
    check(events, salted, output, given.cached === true);
    rmSync(output, { recursive: true, force: true });
  }
}

const comparable = ({ given, folder }: NamedCase): boolean =>
  ['image', 'local', 'tar', undefined].includes(given.output) && existsSync(folder);

describe.skipIf(unmet !== undefined || !casesPresent)('builds, by what BuildKit made of the cases', () => {
  const cases = buildCases().filter(comparable);

  test.each(cases.filter(({ name }) => notCarriedOut[name] === undefined))('$name', runCase);

  test.each(cases.filter(({ name }) => notCarriedOut[name] !== undefined))(
    '$name is not supported as BuildKit does',
    async (one) => {
      await expect(runCase(one)).rejects.toThrow();
    },
    60_000,
  );

  test('names of what is not supported are names of cases', () => {
    const names = new Set(cases.map(({ name }) => name));
    expect(Object.keys(notCarriedOut).filter((name) => !names.has(name))).toEqual([]);
  });
});
