import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commands, groups } from '../../../../../src/cli/arguments/command-table.ts';
import { dispatch } from '../../../../../src/cli/arguments/dispatch.ts';
import type { CliContext } from '../../../../../src/cli/context.ts';
import { TcomposeError } from '../../../../../src/errors.ts';

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tcompose-config-'));
  writeFileSync(
    join(directory, 'compose.yaml'),
    `name: shop
services:
  web: {image: "web:\${TAG:-1}", depends_on: [api], networks: [front], ports: ["80:80"]}
  api: {build: ./api, volumes: ["data:/data"], environment: {KEY: "\${KEY:?no key}", D: "$$x"}, models: [llm]}
  tool: {image: tool, profiles: [tools, more], env_file: no.env}
networks: {front: {}, unused: {}}
volumes: {data: {}, spare: {}}
models: {llm: {model: ai/small}}
`,
  );
});

afterAll(() => rmSync(directory, { recursive: true }));

interface Run {
  readonly out: string;
  readonly warnings: readonly string[];
  readonly code: number | undefined;
}

/** One run of the command line `tcompose …`, in a context that records. */
const tcompose = (...argv: string[]): Promise<Run> => tcomposeWith(undefined, ...argv);

/** The same, with an engine. */
async function tcomposeWith(engine: object | undefined, ...argv: string[]): Promise<Run> {
  const home = { DOCKER_CONFIG: directory, HOME: directory };
  const env = { KEY: 'secret', ...(engine === undefined ? {} : home) };
  const found = await dispatch(argv, env, commands, groups);
  if (found.kind !== 'run') throw new Error(found.text);
  let out = '';
  const warnings: string[] = [];
  const context = {
    env,
    cwd: directory,
    globals: found.globals,
    write: (text: string) => {
      out += text;
    },
    warn: (message: string) => warnings.push(message),
    engine: async () => engine,
  } as unknown as CliContext;
  const code = await found.command.run(found.args, context);
  return { out, warnings, code };
}

const linesOf = async (...argv: string[]) => (await tcompose(...argv)).out.split('\n').slice(0, -1);

describe('tcompose config', () => {
  it('prints the project without what no service uses', async () => {
    const { out, code } = await tcompose('config');
    expect(code).toBe(0);
    expect(out).toContain('image: web:1\n');
    expect(out).toContain('D: $$x\n');
    expect(out).toContain('networks:\n  default:\n    name: shop_default\n  front:\n    name: shop_front\n');
    expect(out).not.toContain('unused');
    expect(out).not.toContain('spare');
    expect(out).not.toContain('tool');
  });

  it('prints everything with --all-resources', async () => {
    expect((await tcompose('--all-resources', 'config')).out).toContain('name: shop_unused');
  });

  it('prints JSON', async () => {
    const project = JSON.parse((await tcompose('config', '--format', 'json')).out);
    expect(project.services.web.image).toBe('web:1');
  });

  it('keeps to the services named and what they need', async () => {
    const project = JSON.parse((await tcompose('config', '--format', 'json', 'api')).out);
    expect(Object.keys(project.services)).toEqual(['api']);
  });

  it.each([
    ['--services', ['api', 'web']],
    ['--volumes', ['data']],
    ['--networks', ['default', 'front']],
    ['--models', ['ai/small']],
    ['--profiles', ['more', 'tools']],
    ['--images', ['shop-api', 'web:1']],
  ])('lists with %s', async (flag, expected) => expect(await linesOf('config', flag)).toEqual(expected));

  it('lists what no service uses with --all-resources, and services not selected from', async () => {
    expect(await linesOf('--all-resources', 'config', '--volumes')).toEqual(['data', 'spare']);
    expect(await linesOf('config', '--services', 'api')).toEqual(['api', 'web']);
    expect(await linesOf('config', '--services', '--no-interpolate')).toEqual(['api', 'tool', 'web']);
    expect(await linesOf('config', '--images', '--no-interpolate')).toEqual(['shop-api', 'web:${TAG:-1}']);
  });

  it('reads no environment files for a list', async () => {
    expect(await linesOf('--profile', '*', 'config', '--services')).toContain('tool');
    await expect(tcompose('--profile', '*', 'config')).rejects.toMatchObject({ code: 'COMPOSE_ENV_FILE' });
    expect((await tcompose('--profile', '*', 'config', '--no-env-resolution')).out).toContain('no.env');
  });

  it('prints no environment of a project whose environment files are missing', () =>
    expect(tcompose('--profile', '*', 'config', '--environment')).rejects.toMatchObject({
      code: 'COMPOSE_ENV_FILE',
    }));

  it('prints hashes of all services, or of some', async () => {
    expect(await linesOf('config', '--hash', '*')).toEqual([
      expect.stringMatching(/^api [0-9a-f]{64}$/),
      expect.stringMatching(/^web [0-9a-f]{64}$/),
    ]);
    expect(await linesOf('config', '--hash', 'web')).toHaveLength(1);
  });

  it('prints variables as a table or as data', async () => {
    expect(await linesOf('config', '--variables')).toEqual([
      'NAME                REQUIRED            DEFAULT VALUE       ALTERNATE VALUE',
      'KEY                 true',
      'TAG                 false               1',
    ]);
    expect(JSON.parse((await tcompose('config', '--variables', '--format', 'json')).out).TAG).toEqual({
      Name: 'TAG',
      Required: false,
      DefaultValue: '1',
      PresenceValue: '',
    });
    expect((await tcompose('config', '--variables', '--format', 'yaml')).out).toContain('defaultvalue: "1"');
  });

  it('prints the environment', async () => {
    expect(await linesOf('config', '--environment')).toEqual([
      'COMPOSE_PROJECT_NAME=shop',
      'KEY=secret',
      `PWD=${directory}`,
    ]);
  });

  it('leaves out what a flag says', async () => {
    expect((await tcompose('config', '--no-interpolate')).out).toContain('image: web:${TAG:-1}');
    expect(await tcompose('config', '--no-interpolate', '-q', 'web')).toMatchObject({
      out: '',
      code: 0,
      warnings: ['services are not selected with --no-interpolate: this is the whole project'],
    });
    expect((await tcompose('config', '--no-path-resolution')).out).toContain('context: ./api');
    expect((await tcompose('config', '--no-normalize')).out).not.toContain('shop_front');
  });

  it('writes to a file, or only checks', async () => {
    expect((await tcompose('config', '-o', 'out.yaml')).out).toBe('');
    expect(readFileSync(join(directory, 'out.yaml'), 'utf8')).toContain('name: shop');
    expect((await tcompose('config', '-q')).out).toBe('');
  });

  describe('with digests', () => {
    const digest = `sha256:${'d'.repeat(64)}`;
    const asked: string[] = [];
    const engine = {
      identity: { server: 'tcompose/1' },
      images: {
        distribution: async (name: string) => {
          asked.push(name);
          if (name.includes('gone')) throw new TcomposeError('ENGINE_API', 'manifest unknown');
          return { Descriptor: { digest } };
        },
      },
    };

    beforeAll(() => {
      writeFileSync(
        join(directory, 'images.yaml'),
        `name: i
services: {a: {image: "nginx"}, b: {image: "reg:5/app:1"}, c: {image: "nginx"}, d: {build: .}, e: {image: "x@${digest}"}}
`,
      );
      writeFileSync(
        join(directory, 'gone.yaml'),
        'name: i\nservices: {a: {image: gone}, b: {image: "gone:2"}}\n',
      );
    });

    it('pins each image by what its registry says, asked once', async () => {
      asked.length = 0;
      const { out } = await tcomposeWith(engine, '-f', 'images.yaml', 'config', '--resolve-image-digests');
      expect(asked.sort()).toEqual(['docker.io/library/nginx:latest', 'reg:5/app:1']);
      expect(out.match(/image: .*/g)).toEqual([
        `image: nginx:latest@${digest}`,
        `image: reg:5/app:1@${digest}`,
        `image: nginx:latest@${digest}`,
        `image: x@${digest}`,
      ]);
    });

    it('prints an override file of the images alone', async () => {
      const { out } = await tcomposeWith(engine, '-f', 'images.yaml', 'config', '--lock-image-digests');
      expect(out).toBe(`services:
  a:
    image: nginx:latest@${digest}
  b:
    image: reg:5/app:1@${digest}
  c:
    image: nginx:latest@${digest}
  e:
    image: x@${digest}
`);
    });

    it('names every image that no registry knows', async () => {
      const failed = tcomposeWith(engine, '-f', 'gone.yaml', 'config', '--resolve-image-digests');
      await expect(failed).rejects.toMatchObject({
        errors: [
          { message: 'no digest of image gone is available from docker.io: manifest unknown' },
          { message: 'no digest of image gone:2 is available from docker.io: manifest unknown' },
        ],
      });
    });
  });

  it('passes on what is wrong', async () => {
    await expect(tcompose('config', 'wbe')).rejects.toMatchObject({ code: 'COMPOSE_NO_SUCH_SERVICE' });
    await expect(tcompose('-f', 'no.yaml', 'config')).rejects.toMatchObject({ code: 'COMPOSE_NO_FILE' });
  });
});
