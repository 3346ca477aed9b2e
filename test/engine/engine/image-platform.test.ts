import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestEngine, type TestEngine, whyNoEngine } from '../../support/engine.ts';
import { tarOf } from '../../unit/tar/tar-fixture.ts';

const why = whyNoEngine();
if (why) console.log(`skipped: ${why}`);

const own = process.arch === 'x64' ? 'amd64' : process.arch;
const other = own === 'amd64' ? 'arm64' : 'amd64';

describe.skipIf(why)('a container of an image for another platform', () => {
  let engine: TestEngine;
  beforeAll(async () => {
    engine = await startTestEngine();
    for (const platform of [own, other]) {
      const tar = tarOf([{ name: platform, data: platform }]);
      const path = `/images/create?fromSrc=-&repo=for-${platform}&platform=linux/${platform}`;
      expect((await engine.api('POST', path, tar)).status).toBe(200);
    }
  });
  afterAll(async () => {
    expect(await engine.stop()).toEqual([]);
  });

  const create = async (image: string, platform?: string) => {
    const query = platform === undefined ? '' : `?platform=${platform}`;
    const { status, json } = await engine.api('POST', `/containers/create${query}`, {
      Image: image,
      Cmd: ['x'],
    });
    return { status, ...(json as { readonly Warnings?: readonly string[]; readonly message?: string }) };
  };

  it('comes with a warning when no platform was asked for', async () => {
    const { status, Warnings } = await create(`for-${other}`);
    expect(status).toBe(201);
    expect(Warnings).toContainEqual(
      expect.stringMatching(
        new RegExp(
          `^The requested image's platform \\(linux/${other}\\) does not match the detected host platform \\(linux/${own}(/v\\d)?\\) and no specific platform was requested$`,
        ),
      ),
    );
    for (const [image, platform] of [
      [`for-${other}`, `linux/${other}`],
      [`for-${own}`, undefined],
      [`for-${own}`, `linux/${own}`],
    ] as const) {
      const made = await create(image, platform);
      expect(made.status, made.message).toBe(201);
      expect((made.Warnings ?? []).join()).not.toContain('platform');
    }
  });

  it('is refused when another was asked for, and what is no platform too', async () => {
    expect(await create(`for-${own}`, `linux/${other}`)).toMatchObject({
      status: 404,
      message: expect.stringContaining(
        `image with reference for-${own} was found but its platform (linux/${own}) does not match the specified platform (linux/${other})`,
      ),
    });
    expect(await create('nowhere', `linux/${other}`)).toMatchObject({
      status: 404,
      message: expect.stringContaining('No such image: nowhere:latest'),
    });
    expect((await create(`for-${own}`, 'a/b/c/d')).status).toBe(400);
  });
});
