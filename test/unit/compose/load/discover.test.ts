import { describe, expect, it } from 'vitest';
import { loadProject } from '../../../../src/compose/load.ts';
import { memoryEffects } from '../../../support/memory-files.ts';
import { load, refused } from './project.ts';

const service = (image: string) => `services: {a: {image: "${image}"}}\n`;

describe('finding the compose files', () => {
  it.each([['compose.yaml'], ['compose.yml'], ['docker-compose.yml'], ['docker-compose.yaml']])(
    'takes %s',
    async (name) => {
      const { project } = await load({ [name]: service('x') });
      expect(project.composeFiles).toEqual([`/project/${name}`]);
      expect(project.name).toBe('project');
    },
  );

  it('takes the first of several, and says so', async () => {
    const { project, warnings } = await load({
      'docker-compose.yml': service('b'),
      'compose.yml': service('a'),
    });
    expect(project.services.a?.image).toBe('a');
    expect(warnings).toEqual([
      'Found multiple config files with supported names: /project/compose.yml, /project/docker-compose.yml. Using /project/compose.yml',
    ]);
  });

  it('goes up to the parents', async () => {
    const { project } = await load(
      { 'compose.yaml': service('x'), 'deep/er/file': '' },
      { cwd: '/project/deep/er' },
    );
    expect(project.workingDir).toBe('/project');
  });

  it('merges the override beside it, but not under -f or COMPOSE_FILE', async () => {
    const files = { 'compose.yaml': service('a'), 'compose.override.yml': service('b') };
    expect((await load(files)).project.services.a?.image).toBe('b');
    expect((await load(files, { files: ['compose.yaml'] })).project.services.a?.image).toBe('a');
    expect((await load(files, { env: { COMPOSE_FILE: 'compose.yaml' } })).project.services.a?.image).toBe(
      'a',
    );
  });

  it('merges several -f in order, all paths counting from the first', async () => {
    const { project } = await load(
      {
        'one/a.yaml': 'services: {a: {image: x, volumes: ["./v:/v"]}}',
        'two/b.yaml': 'services: {a: {image: y, volumes: ["./w:/w"]}}',
      },
      { files: ['one/a.yaml', 'two/b.yaml'] },
    );
    expect(project.name).toBe('one');
    expect(project.services.a?.image).toBe('y');
    expect(project.services.a?.volumes?.map((mount) => mount.source)).toEqual([
      '/project/one/v',
      '/project/one/w',
    ]);
  });

  it('reads standard input for -f -', async () => {
    const { project } = await load({}, { files: ['-'], stdin: service('in') });
    expect(project.services.a?.image).toBe('in');
    expect(project.workingDir).toBe('/project');
  });

  it('splits COMPOSE_FILE at COMPOSE_PATH_SEPARATOR', async () => {
    const files = { 'a.yaml': service('a'), 'b.yaml': service('b') };
    const env = { COMPOSE_FILE: 'a.yaml,b.yaml', COMPOSE_PATH_SEPARATOR: ',' };
    expect((await load(files, { env })).project.services.a?.image).toBe('b');
  });

  it('takes --project-directory for paths and name', async () => {
    const { project } = await load(
      { 'a.yaml': 'services: {a: {image: x, volumes: ["./v:/v"]}}', 'Other Dir/.env': '' },
      { files: ['a.yaml'], projectDirectory: 'Other Dir' },
    );
    expect(project.name).toBe('otherdir');
    expect(project.services.a?.volumes?.[0]?.source).toBe('/project/Other Dir/v');
  });

  it.each([
    [{}, {}, 'COMPOSE_NO_FILE - no configuration file provided: not found'],
    [{}, { files: ['x.yaml'] }, 'COMPOSE_NO_FILE - open /project/x.yaml: no such file or directory'],
    [{ 'd/x': '' }, { files: ['d'] }, 'COMPOSE_NO_FILE - read /project/d: is a directory'],
    [
      {},
      { files: ['oci://host/app'] },
      'COMPOSE_REMOTE - oci://host/app: files from other machines are not fetched here',
    ],
    [
      {},
      { files: ['https://github.com/x/y.git'] },
      'COMPOSE_REMOTE - https://github.com/x/y.git: files from other machines are not fetched here',
    ],
  ])('refuses %j with %j', async (files, options, message) => {
    expect(await refused(files, options)).toEqual([message]);
  });
});

describe('the environment', () => {
  const compose = { 'compose.yaml': 'services: {a: {image: "${X:-none} ${Y:-none}"}}' };
  const image = async (files: Record<string, string>, options: Parameters<typeof load>[1] = {}) =>
    (await load({ ...compose, ...files }, options)).project.services.a?.image;

  it('is .env below the process’s variables', async () => {
    expect(await image({ '.env': 'X=file\nY=file' }, { env: { X: 'process' } })).toBe('process file');
  });

  it('is the files of --env-file instead of .env, a later one winning', async () => {
    const files = { '.env': 'X=default', 'a.env': 'X=a\nY=a', 'b.env': 'X=b${Y}' };
    expect(await image(files, { envFiles: ['a.env', 'b.env'] })).toBe('ba a');
    expect(await image(files, { env: { COMPOSE_ENV_FILES: 'a.env' } })).toBe('a a');
  });

  it('takes decorated .env files, and bytes that are no UTF-8', async () => {
    const latin = new TextEncoder().encode('==== app ====\nX=1 # caf\u00e9\nY=2\n');
    const effects = memoryEffects({
      '/project/compose.yaml': compose['compose.yaml'],
      '/project/.env': latin.filter((byte) => byte !== 0xc3),
    });
    const { project } = await loadProject({ effects, env: {} });
    expect(project.services.a?.image).toBe('1 2');
  });

  it('leaves .env out when COMPOSE_DISABLE_ENV_FILE says so', async () => {
    expect(await image({ '.env': 'X=file' }, { env: { COMPOSE_DISABLE_ENV_FILE: '1' } })).toBe('none none');
  });

  it('adds the .env of the project directory when it turns out to be another', async () => {
    const files = {
      '.env': 'COMPOSE_FILE=sub/compose.yaml\nX=outer',
      'sub/compose.yaml': 'services: {a: {image: "${X:-none} ${Y:-none}"}}',
      'sub/.env': 'X=inner\nY=inner',
    };
    expect((await load(files)).project.services.a?.image).toBe('outer inner');
  });

  it('is .env beside the first -f, not that of the working directory', async () => {
    const files = {
      '.env': 'X=outer\nY=outer',
      'sub/compose.yaml': 'services: {a: {image: "${X:-none} ${Y:-none}"}}',
      'sub/.env': 'X=inner',
    };
    const { project } = await load(files, { files: ['-', 'sub/compose.yaml'], stdin: 'services: {}' });
    expect(project.services.a?.image).toBe('inner none');
    expect(project.workingDir).toBe('/project/sub');
    const outer = await load(files, { files: ['sub/compose.yaml'], projectDirectory: '.' });
    expect(outer.project.services.a?.image).toBe('outer outer');
  });

  it('refuses an --env-file that is missing', async () => {
    expect(await refused(compose, { envFiles: ['no.env'] })).toEqual([
      "COMPOSE_ENV_FILE - couldn't find env file: /project/no.env",
    ]);
  });

  it('holds the project name', async () => {
    const { project } = await load({
      'compose.yaml': 'name: shop\nservices: {a: {image: "$COMPOSE_PROJECT_NAME/a"}}',
    });
    expect(project.services.a?.image).toBe('shop/a');
  });
});

describe('the project name', () => {
  const named = { 'compose.yaml': 'name: From-File_${X:-1}\nservices: {}' };

  it('is -p, else COMPOSE_PROJECT_NAME, else name:, else the directory', async () => {
    const env = { COMPOSE_PROJECT_NAME: 'variable' };
    expect((await load(named, { projectName: 'flag', env })).project.name).toBe('flag');
    expect((await load(named, { env })).project.name).toBe('variable');
    expect((await load(named)).project.name).toBe('from-file_1');
    expect(
      (await load({ '/My.App_2/compose.yaml': 'services: {}' }, { cwd: '/My.App_2' })).project.name,
    ).toBe('myapp_2');
  });

  it('is the last of several files and documents', async () => {
    const files = { 'a.yaml': 'name: one\n---\nname: two\n', 'b.yaml': 'services: {}' };
    expect((await load(files, { files: ['a.yaml', 'b.yaml'] })).project.name).toBe('two');
  });

  it.each(['Flag', '-x', 'a b', 'a.b'])('refuses %j by flag', async (projectName) => {
    expect(await refused(named, { projectName })).toEqual([
      `COMPOSE_PROJECT_NAME - invalid project name "${projectName}": must consist only of lowercase alphanumeric characters, hyphens, and underscores as well as start with a letter or number`,
    ]);
  });

  it('is not the value of a variable that is to be left in place', async () => {
    const options = { env: { N: 'secret' }, noInterpolate: true };
    expect((await load({ 'compose.yaml': 'name: a-$N\nservices: {}' }, options)).project.name).toBe('a-n');
  });

  it('must not be empty', async () => {
    expect(await refused({ '/__/compose.yaml': 'services: {}' }, { cwd: '/__' })).toEqual([
      'COMPOSE_PROJECT_NAME - project name must not be empty',
    ]);
  });
});
