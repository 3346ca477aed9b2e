import { describe, expect, it } from 'vitest';
import { load, refused } from './project.ts';

describe('extends', () => {
  it('merges the extended service under the extending one, in both forms', async () => {
    const { project } = await load({
      'compose.yaml': `services:
  base: {image: i, command: [a], environment: {A: 1}, ports: ["80:80"]}
  one: {extends: base, environment: {B: 2}, command: [b]}
  two: {extends: {service: one}, image: j, ports: ["81:81"]}
`,
    });
    expect(project.services.two).toMatchObject({
      image: 'j',
      command: ['b'],
      environment: { A: '1', B: '2' },
      ports: [{ published: '80' }, { published: '81' }],
    });
    expect(project.services.two?.extends).toBeUndefined();
  });

  it('leaves the extended service as it was', async () => {
    const { project } = await load({
      'compose.yaml':
        'services: {base: {image: i, cap_add: [A]}, one: {extends: base, cap_add: [B]}, two: {extends: base}}',
    });
    expect(project.services.base?.cap_add).toEqual(['A']);
    expect(project.services.two?.cap_add).toEqual(['A']);
  });

  it('counts paths of another file from that file, along a chain of files', async () => {
    const { project } = await load({
      'compose.yaml':
        'services: {a: {extends: {file: lib/mid.yaml, service: mid}, volumes: ["./here:/here"]}}',
      'lib/mid.yaml': 'services: {mid: {extends: {file: ../other/base.yaml, service: base}, build: ./src}}',
      'other/base.yaml': 'services: {base: {image: b, env_file: [x.env], volumes: ["./there:/there"]}}',
      'other/x.env': 'FROM=other',
    });
    const { a } = project.services;
    expect(a?.volumes?.map((mount) => mount.source)).toEqual(['/project/other/there', '/project/here']);
    expect(a?.build?.context).toBe('/project/lib/src');
    expect(a?.environment).toEqual({ FROM: 'other' });
  });

  it('finds a service that an earlier file defines', async () => {
    const { project } = await load({
      'compose.yaml': 'services: {base: {image: i}}',
      'compose.override.yaml': 'services: {a: {extends: base}}',
    });
    expect(project.services.a?.image).toBe('i');
  });

  it('copies references but not the resources behind them', async () => {
    const files = {
      'compose.yaml': 'services: {a: {extends: {file: b.yaml, service: b}}}',
      'b.yaml': 'services: {b: {image: i, networks: [net]}}\nnetworks: {net: {}}',
    };
    expect(await refused(files)).toEqual([
      expect.stringMatching(/^COMPOSE_UNDEFINED \S+ service "a" refers to undefined network net$/),
    ]);
  });

  it('lets !reset and !override take out of what is inherited', async () => {
    const { project } = await load({
      'compose.yaml': `services:
  base: {image: i, ports: ["80:80"], cap_add: [A], environment: {A: 1, B: 2}}
  one: {extends: base, ports: !reset [], cap_add: !override [B], environment: {A: !reset null}}
`,
    });
    expect(project.services.one?.ports ?? []).toEqual([]);
    expect(project.services.one?.cap_add).toEqual(['B']);
    expect(project.services.base?.ports).toHaveLength(1);
  });

  it('refuses circles, naming the way', async () => {
    expect(
      await refused({
        'compose.yaml': 'services:\n  a: {extends: b}\n  b: {extends: c}\n  c: {extends: a}\n',
      }),
    ).toEqual([
      'COMPOSE_EXTENDS /project/compose.yaml:2:7 Circular reference:\n  a in compose.yaml\n  extends b in compose.yaml\n  extends c in compose.yaml\n  extends a in compose.yaml',
    ]);
    const acrossFiles = {
      'compose.yaml': 'services: {a: {extends: {file: b.yaml, service: b}}}',
      'b.yaml': 'services: {b: {extends: {file: compose.yaml, service: a}}}',
    };
    expect((await refused(acrossFiles))[0]).toContain(
      'Circular reference:\n  a in compose.yaml\n  extends b in b.yaml',
    );
  });

  it.each(['forwards', 'backwards'])('refuses a row longer than anyone needs, written %s', async (order) => {
    const lines = Array.from({ length: 300 }, (_, index) =>
      index === 0 ? '  s0: {image: x}' : `  s${index}: {extends: s${index - 1}}`,
    );
    const services = order === 'forwards' ? lines : lines.reverse();
    expect(await refused({ 'compose.yaml': `services:\n${services.join('\n')}\n` })).toEqual([
      expect.stringMatching(/more than 100 services extend each other in a chain/),
    ]);
  });

  it.each([
    [
      'services:\n  a: {extends: bse}\n  base: {image: i}',
      /2:7 cannot extend service "a" in \/project\/compose.yaml: service "bse" not found$/,
    ],
    [
      'services:\n  a: {extends: {file: no.yaml, service: b}}',
      /2:23 cannot extend service "a": \/project\/no.yaml not found$/,
    ],
    ['services:\n  a: {extends: {service: 1}}', /services.a.extends must be a service name/],
    [
      'services:\n  a: {extends: {file: "oci://x", service: b}}',
      /files from other machines are not fetched here/,
    ],
  ])('refuses %j', async (text, message) => {
    expect(await refused({ 'compose.yaml': text })).toEqual([expect.stringMatching(message)]);
  });
});
