import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderConfig, withoutUnusedResources } from '../../../../src/compose/config/index.ts';
import { loadProject, loadProjectTree, loadVariables } from '../../../../src/compose/load.ts';
import { projectFiles } from '../../../support/fuzz-load.ts';
import { memoryEffects } from '../../../support/memory-files.ts';
import { load, refused } from './project.ts';

const fixture = join(import.meta.dirname, '../../../../fixtures/compose/load');

describe('a project that uses everything', () => {
  it('comes to the golden file', async () => {
    const { project } = await loadProject({
      effects: memoryEffects(projectFiles(fixture), { cwd: '/project', home: '/HOME' }),
      profiles: ['*'],
    });
    const text = renderConfig(withoutUnusedResources(project), { format: 'yaml' }).replaceAll(
      '/project',
      '/PROJECT',
    );
    expect(text).toBe(readFileSync(join(fixture, 'expected.yaml'), 'utf8'));
  });
});

describe('variables', () => {
  it('are replaced in values, not in keys, and strings of typed places are cast', async () => {
    const { project } = await load(
      {
        'compose.yaml':
          'services: {a: {image: "$I", privileged: "${P}", scale: "${N}", cpus: "${C}", environment: {"$I": "$$I"}, tty: "yes"}}',
      },
      { env: { I: 'img', P: 'TRUE', N: '3', C: '1.5' } },
    );
    expect(project.services.a).toMatchObject({
      image: 'img',
      privileged: true,
      scale: 3,
      cpus: 1.5,
      tty: true,
      environment: { $I: '$I' },
    });
  });

  it('are warned about once each when unset, with the nearest name', async () => {
    const effects = memoryEffects({
      '/project/compose.yaml': 'services: {a: {image: "x:$TGA$TGA${OTHER}"}}',
    });
    const { warnings } = await loadProject({ effects, env: { TAG: '1' } });
    expect(warnings).toEqual([
      {
        message: 'The "TGA" variable is not set. Defaulting to a blank string.',
        where: expect.objectContaining({ file: '/project/compose.yaml', line: 1, column: 23 }),
        hint: 'Did you mean "TAG"?',
      },
      {
        message: 'The "OTHER" variable is not set. Defaulting to a blank string.',
        where: expect.anything(),
      },
    ]);
  });

  it('are complained about all together', async () => {
    const text =
      'services:\n  a:\n    image: ${\n    command: [x, "${A:?tell me}"]\n    scale: many\n    tty: "maybe"\n';
    expect(await refused({ 'compose.yaml': text })).toEqual([
      'COMPOSE_INTERPOLATION /project/compose.yaml:3:12 invalid interpolation format for services.a.image.\nYou may need to escape any $ with another $.\n${',
      'COMPOSE_VARIABLE_REQUIRED /project/compose.yaml:4:18 error while interpolating services.a.command[1]: required variable A is missing a value: tell me',
      'COMPOSE_INVALID_VALUE /project/compose.yaml:5:12 services.a.scale: "many" is not an integer',
      'COMPOSE_INVALID_VALUE /project/compose.yaml:6:10 services.a.tty: "maybe" is not a boolean',
    ]);
  });

  it('can be listed, and the environment they come from', async () => {
    const effects = memoryEffects({
      '/project/compose.yaml':
        'services: {a: {image: "${I:-x}:$TAG", command: "${I} ${R:?needed} ${A:+alt}"}}',
      '/project/.env': 'TAG=1',
    });
    expect(await loadVariables({ effects, env: {} })).toEqual([
      { name: 'A', required: false, defaultValue: '', alternateValue: 'alt' },
      { name: 'I', required: false, defaultValue: 'x', alternateValue: '' },
      { name: 'R', required: true, defaultValue: '', alternateValue: '' },
      { name: 'TAG', required: false, defaultValue: '', alternateValue: '' },
    ]);
  });
});

describe('files and documents', () => {
  it('merges the documents of a file like files, skipping empty ones', async () => {
    const { project } = await load({
      'compose.yaml': 'services: {a: {image: x}}\n---\n---\nservices: {a: {command: [y]}}\n',
    });
    expect(project.services.a).toMatchObject({ image: 'x', command: ['y'] });
  });

  it('drops version with a warning', async () => {
    const { warnings } = await load({ 'compose.yaml': 'version: "3.8"\nservices: {}' });
    expect(warnings).toEqual([
      'the attribute `version` is obsolete, it will be ignored, please remove it to avoid potential confusion',
    ]);
  });

  it('keeps fragments apart: what one alias merges another does not see', async () => {
    const { project } = await load({
      'compose.yaml':
        'x-e: &e {A: "1"}\nservices:\n  a: {image: i, environment: *e}\n  b: {image: i, environment: *e}\n',
      'compose.override.yaml': 'services: {a: {environment: {B: "2"}}}',
    });
    expect(project.services.a?.environment).toEqual({ A: '1', B: '2' });
    expect(project.services.b?.environment).toEqual({ A: '1' });
    expect(project.extensions).toEqual({ 'x-e': { A: '1' } });
  });

  it.each([
    ['- a', /^COMPOSE_TYPE \/project\/compose.yaml:1:1 .*top level must be a mapping, it is a list/],
    ['# nothing\n---\n', /^COMPOSE_YAML - empty compose file: \/project\/compose.yaml$/],
    ['a: [', /^COMPOSE_YAML \/project\/compose.yaml:1:/],
    [
      'services: {}\nservices: {}',
      /^COMPOSE_DUPLICATE_KEY \/project\/compose.yaml:2:1 line 2: mapping key "services" already defined at line 1/,
    ],
    ['services: {1: {image: x}}', /^COMPOSE_YAML \S+:1:12 non-string key: 1/],
    ['services:\n\ta: 1', /^COMPOSE_YAML \S+:2:/],
  ])('refuses %j', async (text, message) => {
    expect(await refused({ 'compose.yaml': text })).toEqual([expect.stringMatching(message)]);
  });

  it('says which file of several has the mistake', async () => {
    expect(
      await refused({
        'compose.yaml': 'services: {a: {image: x, ports: ["80:80"]}}',
        'compose.override.yaml': 'services:\n  a:\n    ports:\n      - "x:y:z:80"\n',
      }),
    ).toEqual([expect.stringMatching(/ \/project\/compose.override.yaml:4:9 /)]);
    expect(
      await refused({
        'compose.yaml': 'services: {a: {image: x, cap_add: [A]}}',
        'compose.override.yaml': 'services:\n  a: {cap_add: A}',
      }),
    ).toEqual([
      'COMPOSE_MERGE /project/compose.override.yaml:2:7 cannot override services.a.cap_add: it is a list in the file before, a string here',
    ]);
  });
});

describe('!reset and !override', () => {
  const base = `services:
  a:
    image: i
    command: [a]
    ports: ["80:80", "127.0.0.1:53:53/udp", "443:443"]
    environment: {A: "1", B: "2"}
    security_opt: [one, two]
    volumes: ["./a:/a", "data:/b"]
    networks: {n: {aliases: [x]}, m: {}}
networks: {n: {}, m: {}}
volumes: {data: {}}
`;
  const overridden = async (yaml: string) =>
    (await load({ 'compose.yaml': base, 'compose.override.yaml': `services:\n  a:\n${yaml}` })).project
      .services.a!;
  const published = (ports: readonly { published?: string }[] | undefined) =>
    ports?.map((port) => port.published);

  it('removes a value, a mapping’s entry, a whole list', async () => {
    expect((await overridden('    command: !reset null')).command).toBeUndefined();
    expect((await overridden('    environment: {A: !reset null}')).environment).toEqual({ B: '2' });
    expect((await overridden('    ports: !reset []')).ports ?? []).toEqual([]);
    expect((await overridden('    networks: {n: !reset {}}')).networks).toEqual({ m: {} });
  });

  it('replaces instead of merging', async () => {
    expect(published((await overridden('    ports: !override ["8080:80"]')).ports)).toEqual(['8080']);
    expect((await overridden('    environment: !override {C: "3"}')).environment).toEqual({ C: '3' });
  });

  it('removes single items of a list, by what makes them the same', async () => {
    expect(published((await overridden('    ports: [!reset "127.0.0.1:53:53/udp"]')).ports)).toEqual([
      '80',
      '443',
    ]);
    expect(published((await overridden('    ports: [!reset {target: 443}]')).ports)).toEqual(['80', '53']);
    expect((await overridden('    security_opt: [!reset one]')).security_opt).toEqual(['two']);
    expect((await overridden('    volumes: [!reset {target: /a}]')).volumes).toHaveLength(1);
    expect((await overridden('    environment: [!reset A]')).environment).toEqual({ B: '2' });
  });

  it('removes an item by position when it has no value', async () => {
    expect((await overridden('    security_opt: [!reset null, three]')).security_opt).toEqual([
      'two',
      'three',
    ]);
  });

  it('replaces single items', async () => {
    const { volumes } = await overridden('    volumes: [!override "./c:/b"]');
    expect(volumes?.map((mount) => mount.source)).toEqual(['/project/a', '/project/c']);
  });

  it('works under a merge key', async () => {
    const service = await load({
      'compose.yaml': base,
      'compose.override.yaml': 'x-r: &r {command: !reset null}\nservices: {a: {<<: *r}}',
    });
    expect(service.project.services.a?.command).toBeUndefined();
  });

  it('warns of other tags', async () => {
    const { warnings } = await load({ 'compose.yaml': 'services: {a: {image: !foo x}}' });
    expect(warnings).toEqual(['the tag !foo has no meaning here and is ignored']);
  });
});

describe('profiles and selection', () => {
  const files = {
    'compose.yaml': `services:
  web: {image: i, depends_on: [api]}
  api: {image: i}
  debug: {image: i, profiles: [debug, all], depends_on: [api]}
  tool-a: {image: i, profiles: [tools]}
  tool-b: {image: i, profiles: [tools]}
`,
  };
  const names = async (options: Parameters<typeof load>[1]) =>
    Object.keys((await load(files, options)).project.services);

  it('leaves out services whose profiles are not active, and keeps their names', async () => {
    const { project } = await load(files);
    expect(Object.keys(project.services)).toEqual(['api', 'web']);
    expect(Object.keys(project.disabledServices)).toEqual(['debug', 'tool-a', 'tool-b']);
  });

  it('activates profiles by flag, which replaces COMPOSE_PROFILES, or all', async () => {
    expect(await names({ profiles: ['debug'] })).toEqual(['api', 'debug', 'web']);
    expect(await names({ env: { COMPOSE_PROFILES: 'all, tools' } })).toEqual([
      'api',
      'debug',
      'tool-a',
      'tool-b',
      'web',
    ]);
    expect(await names({ profiles: ['all'], env: { COMPOSE_PROFILES: 'tools' } })).toEqual([
      'api',
      'debug',
      'web',
    ]);
    expect(await names({ profiles: ['*'] })).toHaveLength(5);
  });

  it('selects by name and pattern with dependencies, activating the profiles of the named', async () => {
    expect(await names({ services: ['web'] })).toEqual(['api', 'web']);
    expect(await names({ services: ['web'], dependencies: false })).toEqual(['web']);
    expect(await names({ services: ['debug'] })).toEqual(['api', 'debug']);
    expect(await names({ services: ['tool-[ab]'] })).toEqual(['tool-a', 'tool-b']);
    expect(await names({ services: ['?eb', 'a*'] })).toEqual(['api', 'web']);
  });

  it('drops optional dependencies that profiles disable from what is selected by name', async () => {
    const optional =
      'depends_on: {b: {condition: service_started, required: false}, c: {condition: service_started}}';
    const text = `services: {a: {image: i, ${optional}}, b: {image: i, profiles: [p]}, c: {image: i}}`;
    const dependencies = async (options: object) =>
      Object.keys((await load({ 'compose.yaml': text }, options)).project.services.a?.depends_on ?? {});
    expect(await dependencies({ services: ['a'] })).toEqual(['c']);
    expect(await dependencies({ services: ['a'], profiles: ['p'] })).toEqual(['b', 'c']);
    expect(await dependencies({})).toEqual(['b', 'c']);
  });

  it('refuses an unknown name, and a dependency that is left out', async () => {
    expect(await refused(files, { services: ['wbe'] })).toEqual([
      'COMPOSE_NO_SUCH_SERVICE - no such service: wbe',
    ]);
    const disabled = {
      'compose.yaml': 'services: {a: {image: i, depends_on: [b]}, b: {image: i, profiles: [p]}}',
    };
    expect((await refused(disabled))[0]).toMatch(
      /depends on undefined service "b"|required by a but is disabled/,
    );
  });
});

describe('environment and label files', () => {
  it('lie under environment and labels, a later file over an earlier', async () => {
    const { project } = await load(
      {
        'compose.yaml':
          'services: {a: {image: i, env_file: [one.env, {path: two.env, format: raw}, {path: no.env, required: false}], environment: {A: service, N: null, GONE: null}, label_file: l, labels: {x: "1"}}}',
        'one.env': 'A=one\nB=one\nC=$P-$A-$B',
        'two.env': 'B="raw $P"',
        l: 'x=file\ny=file',
      },
      { env: { P: 'project', N: 'resolved' } },
    );
    expect(project.services.a?.environment).toEqual({
      A: 'service',
      B: '"raw $P"',
      C: 'project-service-one',
      N: 'resolved',
      GONE: null,
    });
    expect(project.services.a?.labels).toEqual({ x: '1', y: 'file' });
    expect(project.services.a?.env_file).toBeUndefined();
  });

  it('give variables to those after them, which precede them with what they say themselves', async () => {
    const files = { 'one.env': 'A=1\nB=$A', 'two.env': 'C=$A$B\nA=2\nD=$A', 'i.yaml': '' };
    const variables = { A: '2', B: '1', C: '11', D: '2' };
    const ofService = await load({
      ...files,
      'compose.yaml': 'services: {a: {image: i, env_file: [one.env, two.env]}}',
    });
    expect(ofService.project.services.a?.environment).toEqual(variables);
    const text = 'services: {a: {image: i, environment: [A, B, C, D]}}';
    const ofProject = await load({ ...files, 'compose.yaml': text }, { envFiles: ['one.env', 'two.env'] });
    expect(ofProject.project.services.a?.environment).toEqual(variables);
    const ofInclude = await load({
      ...files,
      'compose.yaml': 'include: [{path: i.yaml, env_file: [one.env, two.env]}]',
      'i.yaml': text,
    });
    expect(ofInclude.project.services.a?.environment).toEqual(variables);
  });

  it('say which required variable is missing, and where', async () => {
    const files = { 'compose.yaml': 'services: {a: {image: i, env_file: e}}', e: 'A=1\nB=${GONE:?sorry}' };
    await expect(load(files)).rejects.toMatchObject({
      message: 'failed to read /project/e: line 2: required variable GONE is missing a value: sorry',
      hint: 'Set GONE in the environment, or in the file above this line.',
      where: { file: '/project/e', line: 2, column: 3 },
    });
  });

  it('are not read for services left out, nor when turned off', async () => {
    const files = { 'compose.yaml': 'services: {a: {image: i, env_file: no.env}, b: {image: i}}' };
    expect(await refused(files)).toEqual([
      'COMPOSE_ENV_FILE /project/compose.yaml:1:26 env file /project/no.env not found',
    ]);
    expect(Object.keys((await load(files, { services: ['b'] })).project.services)).toEqual(['b']);
    const { project } = await load(files, { noEnvResolution: true });
    expect(project.services.a?.env_file).toEqual([{ path: '/project/no.env', required: true }]);
  });
});

describe('switches', () => {
  const files = {
    '/project/compose.yaml':
      'services: {a: {image: "i:${T:-1}", build: ./b, volumes: ["~/c:/c", "C:\\\\x:/x"]}}',
  };
  const effects = memoryEffects(files);

  it('leaves paths, or expands ~ and makes them absolute, Windows ones left alone', async () => {
    const left = await loadProject({ effects, env: {}, noPathResolution: true });
    expect(left.project.services.a?.build?.context).toBe('./b');
    const { project } = await loadProject({ effects, env: { HOME: '/home/me' } });
    expect(project.services.a?.volumes?.map((mount) => mount.source)).toEqual(['/home/me/c', 'C:\\x']);
  });

  it('leaves out what normalising adds', async () => {
    const { project } = await loadProject({ effects, env: {}, noNormalize: true });
    expect(project.services.a?.networks).toBeUndefined();
    expect(project.networks).toEqual({});
  });

  it('leaves variables, in a tree', async () => {
    const { tree, name } = await loadProjectTree({ effects, env: {}, noInterpolate: true });
    expect(name).toBe('project');
    expect(tree).toMatchObject({ name: 'project', services: { a: { image: 'i:${T:-1}' } } });
  });

  it('gives no value to what only names a variable, where variables are left in place', async () => {
    const { tree } = await loadProjectTree({
      effects: memoryEffects({
        '/project/compose.yaml':
          'name: a-${N}\nservices: {l: {image: x, environment: [T, A=1]}, m: {build: {context: ., args: [T]}, environment: {T: }}}\nsecrets: {s: {environment: T}}',
      }),
      env: { T: 'hunter2', N: 'n' },
      noInterpolate: true,
    });
    expect(JSON.stringify(tree)).not.toContain('hunter2');
    expect(tree).toMatchObject({
      name: 'a-n',
      services: {
        l: { environment: ['T', 'A=1'] },
        m: { environment: { T: null }, build: { args: [] } },
      },
    });
  });

  it('leaves the name as it is written, or out, where nothing is normalised either', async () => {
    const without = await loadProjectTree({ effects, env: {}, noInterpolate: true, noNormalize: true });
    expect(without.tree).not.toHaveProperty('name');
  });

  it('skips the checks between services', async () => {
    const broken = { 'compose.yaml': 'services: {a: {image: i, networks: [gone]}}' };
    expect(await refused(broken)).toHaveLength(1);
    expect((await load(broken, { noConsistency: true })).project.services.a?.networks).toEqual({
      gone: null,
    });
  });
});

describe('resolved environment', () => {
  it('gives secrets and configs the content of their variable', async () => {
    const { project } = await load(
      { 'compose.yaml': 'services: {}\nsecrets: {s: {environment: S}}\nconfigs: {c: {environment: GONE}}' },
      { env: { S: 'hidden' } },
    );
    expect(project.secrets.s?.content).toBe('hidden');
    expect(project.configs.c?.content).toBeUndefined();
  });
});

describe('mistakes of several kinds', () => {
  it('are told together, one a place', async () => {
    const text = 'services:\n  a:\n    image: ${\n    imge: x\n    scale: "${N:-no}"\n';
    expect(await refused({ 'compose.yaml': text })).toEqual([
      expect.stringMatching(/^COMPOSE_INTERPOLATION \S+:3:12 /),
      expect.stringMatching(/^COMPOSE_UNKNOWN_ATTRIBUTE \S+:4:5 /),
      expect.stringMatching(/^COMPOSE_INVALID_VALUE \S+:5:12 /),
    ]);
  });

  it('stay short whatever the file holds', async () => {
    const files = { 'compose.yaml': `services: {a: {image: "\${${'x'.repeat(100_000)}"}}` };
    expect((await refused(files)).join('').length).toBeLessThan(1000);
  });
});
