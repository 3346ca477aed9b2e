import { describe, expect, it } from 'vitest';
import { load, refused } from './project.ts';

describe('include', () => {
  it('gives secrets and configs by variable the value of the included project, unless its includer names another', async () => {
    const files = {
      'compose.yaml':
        'include: [sub/compose.yaml]\nservices: {a: {image: x, secrets: [mine, theirs, both]}}\nsecrets: {mine: {environment: S}, both: {environment: T}}',
      'sub/compose.yaml':
        'services: {b: {image: x, secrets: [theirs], configs: [c]}}\nsecrets: {theirs: {environment: S}, both: {environment: S}}\nconfigs: {c: {environment: S}}',
      'sub/.env': 'S=sub\nT=sub-t',
      '.env': 'T=top-t',
    };
    const { project } = await load(files);
    expect(project.secrets.mine?.content).toBeUndefined();
    expect(project.secrets.theirs?.content).toBe('sub');
    expect(project.secrets.both?.content).toBe('top-t');
    expect(project.configs.c?.content).toBe('sub');
    const outer = {
      'outer.yaml': 'include: [compose.yaml]\nservices: {o: {image: x, configs: [c]}}',
      ...files,
    };
    const nested = await load(outer, { files: ['outer.yaml'], env: { S: 'process' } });
    expect(nested.project.secrets.theirs?.content).toBe('process');
  });

  it('leaves the paths of included projects as relative as its own with noPathResolution', async () => {
    const { project } = await load(
      {
        'compose.yaml': 'include: [sub/a.yaml]\nservices: {}',
        'sub/a.yaml':
          'include: [deep/b.yaml]\nservices: {a: {image: x, build: ./b, volumes: ["./x:/x", "/y:/y"]}}',
        'sub/deep/b.yaml': 'services: {b: {image: x, volumes: ["../x:/x"]}}',
      },
      { noPathResolution: true },
    );
    expect(project.services.a).toMatchObject({
      build: { context: 'sub/b' },
      volumes: [{ source: 'sub/x' }, { source: '/y' }],
    });
    expect(project.services.b?.volumes).toMatchObject([{ source: 'sub/x' }]);
  });

  it('loads each project from its own directory and with its own .env, under the environment', async () => {
    const { project } = await load(
      {
        'compose.yaml': 'include: [sub/compose.yaml]\nservices: {a: {image: "${X:-none}"}}',
        'sub/compose.yaml':
          'name: ignored\nservices: {b: {image: "${X} ${Y}", volumes: ["./v:/v"], environment: [X]}}\nvolumes: {v: {}}',
        'sub/.env': 'X=sub\nY=sub',
      },
      { env: { Y: 'process' } },
    );
    expect(project.name).toBe('project');
    expect(project.services.a?.image).toBe('none');
    expect(project.services.b).toMatchObject({
      image: 'sub process',
      environment: { X: 'sub' },
      volumes: [{ source: '/project/sub/v' }],
    });
    expect(Object.keys(project.volumes)).toEqual(['v']);
  });

  it('takes the long form: several paths, project_directory, env_file', async () => {
    const { project } = await load({
      'compose.yaml':
        'include:\n  - path: [sub/a.yaml, sub/b.yaml]\n    project_directory: dir\n    env_file: sub/x.env\nservices: {}',
      'sub/a.yaml': 'services: {s: {image: "$X", volumes: ["./v:/v"]}}',
      'sub/b.yaml': 'services: {s: {command: [b]}}',
      'sub/x.env': 'X=x',
      'dir/.env': 'X=unused',
    });
    expect(project.services.s).toMatchObject({
      image: 'x',
      command: ['b'],
      volumes: [{ source: '/project/dir/v' }],
    });
  });

  it('goes on through included files, and skips .env for /dev/null', async () => {
    const { project } = await load({
      'compose.yaml': 'include: [{path: a/compose.yaml, env_file: /dev/null}]\nservices: {}',
      'a/compose.yaml': 'include: [b/compose.yaml]\nservices: {a: {image: "${X:-none}"}}',
      'a/.env': 'X=a',
      'a/b/compose.yaml': 'services: {b: {image: b, build: .}}',
    });
    expect(project.services.a?.image).toBe('none');
    expect(project.services.b?.build?.context).toBe('/project/a/b');
  });

  it('lets the including file override what it includes', async () => {
    const { project } = await load({
      'compose.yaml':
        'include: [b.yaml]\nservices: {b: {command: [mine], ports: ["81:81"]}}\nnetworks: {n: {internal: true}}',
      'b.yaml':
        'services: {b: {image: b, command: [theirs], ports: ["80:80"], networks: [n]}}\nnetworks: {n: {driver: d}}',
    });
    expect(project.services.b).toMatchObject({
      image: 'b',
      command: ['mine'],
      ports: [{ target: 80 }, { target: 81 }],
    });
    expect(project.networks.n).toMatchObject({ driver: 'd', internal: true });
  });

  it('lets services depend on and extend included ones', async () => {
    const { project } = await load({
      'compose.yaml': 'include: [b.yaml]\nservices: {a: {extends: b, depends_on: [b]}}',
      'b.yaml': 'services: {b: {image: b}}',
    });
    expect(project.services.a).toMatchObject({
      image: 'b',
      depends_on: { b: { condition: 'service_started' } },
    });
  });

  it('refuses circles', async () => {
    expect(
      await refused({ 'compose.yaml': 'include: [b.yaml]', 'b.yaml': 'include:\n  - compose.yaml' }),
    ).toEqual([
      'COMPOSE_INCLUDE /project/b.yaml:2:5 include cycle detected:\n/project/compose.yaml\n include /project/b.yaml\n include /project/compose.yaml',
    ]);
  });

  it.each([
    ['include: x.yaml', /1:1 include must be a list/],
    ['include:\n  - no.yaml', /2:5 include: open \/project\/no.yaml: no such file/],
    ['include:\n  - {path: a, pth: b}', /2:15 additional properties 'pth' not allowed/],
    ['include: [oci://x/y]', /files from other machines are not fetched here/],
    ['include: [{project_directory: x}]', /an include is a path/],
  ])('refuses %j', async (text, message) => {
    expect(await refused({ 'compose.yaml': text })).toEqual([expect.stringMatching(message)]);
  });

  it('says where in an included file a mistake is', async () => {
    expect(
      await refused({ 'compose.yaml': 'include: [b.yaml]', 'b.yaml': 'services:\n  b:\n    imge: x\n' }),
    ).toEqual([expect.stringMatching(/^COMPOSE_UNKNOWN_ATTRIBUTE \/project\/b.yaml:3:5 /)]);
  });
});
