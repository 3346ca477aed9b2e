import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageInspect } from '../../../src/engine/api/image.ts';
import { imageArchitecture } from '../../../src/image/host/host-config.ts';
import { platformHere } from '../../../src/image/host/machine-platform.ts';
import { startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';
import {
  type FaultyRegistry,
  startFaultyRegistry,
  whyNoFaultyRegistry,
} from '../../support/faulty-registry.ts';
import { errorOf, transfer } from '../../support/transfer.ts';

const here = platformHere(imageArchitecture(process.arch));
const why =
  whyNoEngine() ??
  whyNoFaultyRegistry ??
  (here.architecture === 'amd64' && here.variant !== undefined ? undefined : 'this is no amd64/v2');
if (why) console.log(`skipped: ${why}`);

/** A layout whose index has images without layers for these variants of amd64. */
function layoutOf(directory: string, variants: readonly (string | undefined)[]): string {
  mkdirSync(join(directory, 'blobs', 'sha256'), { recursive: true });
  const put = (value: object, mediaType: string) => {
    const data = JSON.stringify(value);
    const hex = createHash('sha256').update(data).digest('hex');
    writeFileSync(join(directory, 'blobs', 'sha256', hex), data);
    return { mediaType, digest: `sha256:${hex}`, size: data.length };
  };
  const manifests = variants.map((variant) => {
    const platform = { os: 'linux', architecture: 'amd64', ...(variant === undefined ? {} : { variant }) };
    const rootfs = { type: 'layers', diff_ids: [] };
    const config = put({ ...platform, rootfs }, 'application/vnd.oci.image.config.v1+json');
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    return { ...put({ schemaVersion: 2, mediaType, config, layers: [] }, mediaType), platform };
  });
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const index = put({ schemaVersion: 2, mediaType, manifests }, mediaType);
  writeFileSync(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [index] }));
  return directory;
}

describe.skipIf(why)('images for levels of amd64', () => {
  let engine: TestEngine;
  let registry: FaultyRegistry;
  let directory = '';
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'tcompose-levels-'));
    engine = await startTestEngine();
    registry = await startFaultyRegistry({}, [
      { path: layoutOf(join(directory, 'both'), [undefined, 'v9', 'v2']), repo: 'levels/both', tag: '1' },
      { path: layoutOf(join(directory, 'only'), ['v2']), repo: 'levels/only', tag: '1' },
    ]);
  });
  afterAll(async () => {
    registry?.close();
    rmSync(directory, { recursive: true, force: true });
    expect(await engine?.stop()).toEqual([]);
  });

  const pull = (name: string, platform = '') =>
    transfer(engine.socket, `/images/create?fromImage=${registry.host}/levels/${name}&tag=1${platform}`);
  const inspect = async (name: string) =>
    (await engine.api<ImageInspect>('GET', `/images/${registry.host}/levels/${name}:1/json`)).json;

  it('are fetched for the best level that the machine has, and run without a warning', async () => {
    for (const name of ['both', 'only']) {
      expect(errorOf(await pull(name))).toBeUndefined();
      expect((await inspect(name)).Variant).toBe('v2');
      const Image = `${registry.host}/levels/${name}:1`;
      const made = await engine.api<{ Id: string; Warnings: string[] }>('POST', '/containers/create', {
        Image,
        Cmd: ['x'],
      });
      expect([made.status, made.json.Warnings]).toEqual([201, []]);
      await engine.api('DELETE', `/containers/${made.json.Id}`);
    }
  });

  it('are fetched as they are asked for', async () => {
    const asked = '&platform=linux/amd64';
    expect(errorOf(await pull('both', asked))).toBeUndefined();
    const { json } = await engine.api<ImageInspect>(
      'GET',
      `/images/${registry.host}/levels/both:1/json?platform=${encodeURIComponent('{"os":"linux","architecture":"amd64"}')}`,
    );
    expect(json.Variant ?? '').toBe('');
    expect(errorOf(await pull('only', asked))).toMatch(/no matching manifest for linux\/amd64 in/);
    expect((await inspect('both')).Variant).toBe('v2');
  });
});
