import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { authSources, nameOfSource } from '../../../../src/cli/credentials/auth-files.ts';
import {
  authOfEntry,
  encodedAuth,
  expiredSince,
  parseDockerConfig,
} from '../../../../src/cli/credentials/docker-config.ts';
import { createCredentialFinder } from '../../../../src/cli/credentials/find-credentials.ts';
import { explanation, proxiesOf } from '../../../../src/cli/credentials/registry-access.ts';
import { entryFor, keyOfServer, keysOfImage } from '../../../../src/cli/credentials/server-key.ts';

describe('keys', () => {
  it.each([
    ['docker.io', 'https://index.docker.io/v1/'],
    ['index.docker.io', 'https://index.docker.io/v1/'],
    ['https://index.docker.io/v1/', 'https://index.docker.io/v1/'],
    ['localhost:5000', 'localhost:5000'],
    ['https://reg.example/v2/', 'reg.example'],
  ])('of server %s', (server, key) => expect(keyOfServer(server)).toBe(key));

  it('of an image go from its repository to its registry', () => {
    expect(keysOfImage('reg:5/a/b:1')).toEqual(['reg:5/a/b', 'reg:5/a', 'reg:5']);
    expect(keysOfImage('nginx')[0]).toBe('docker.io/library/nginx');
    expect(keysOfImage('nginx')).toContain('https://index.docker.io/v1/');
  });

  it('stand for a host with a scheme or the version of the API, and else for their name space alone', () => {
    const keys = ['reg/team/app', 'reg/team', 'reg'];
    expect(entryFor({ 'https://reg/v2/': 1 }, keys)?.entry).toBe(1);
    expect(entryFor({ 'reg/v2/': 1 }, keys)?.entry).toBe(1);
    expect(entryFor({ 'reg/other': 1 }, keys)).toBeUndefined();
    expect(entryFor({ reg: 1, 'reg/team': 2 }, keys)).toEqual({ key: 'reg/team', entry: 2 });
    expect(entryFor(JSON.parse('{"__proto__":1}'), ['constructor', 'toString'])).toBeUndefined();
  });
});

describe('entries', () => {
  it('keep any password that a user can have', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[^:\0]{1,20}$/),
        fc.stringMatching(/^[^\0]{1,30}$/),
        (username, password) => {
          expect(authOfEntry({ auth: encodedAuth(username, password) }, 'r')).toEqual({
            username,
            password,
            serveraddress: 'r',
          });
        },
      ),
    );
  });

  it('hold a token in place of a password, or nothing', () => {
    expect(authOfEntry({ auth: encodedAuth('me', ''), identitytoken: 't' }, 'r')).toEqual({
      username: 'me',
      identitytoken: 't',
      serveraddress: 'r',
    });
    expect(authOfEntry({}, 'r')).toBeUndefined();
    expect(authOfEntry({ auth: 'bm9jb2xvbg==' }, 'r')).toBeUndefined();
    expect(authOfEntry({ auth: Buffer.from('a:b\0\0').toString('base64') }, 'r')).toMatchObject({
      password: 'b',
    });
  });

  it('are read from files of any content, or refused as a whole', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        try {
          const { auths, credHelpers } = parseDockerConfig(text);
          expect(typeof auths).toBe('object');
          for (const helper of Object.values(credHelpers)) expect(typeof helper).toBe('string');
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
    );
  });
});

describe('a finder', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'tcompose-test-'));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const put = (path: string, content: unknown) => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), typeof content === 'string' ? content : JSON.stringify(content));
  };
  const helper = (name: string, script: string) => {
    put(`bin/docker-credential-${name}`, `#!/bin/sh\n${script}\n`);
    chmodSync(join(home, `bin/docker-credential-${name}`), 0o755);
  };
  const look = (env: Record<string, string> = {}) => {
    const warnings: string[] = [];
    const finder = createCredentialFinder({
      env: { PATH: `${join(home, 'bin')}:${process.env.PATH}`, ...env },
      home,
      uid: 1000,
      warn: (message) => void warnings.push(message),
    });
    return { finder, warnings };
  };
  const entry = (user: string) => ({ auth: encodedAuth(user, 'pw') });

  it('takes the first place that has some, and says which', async () => {
    put('.docker/config.json', { auths: { 'reg:5': entry('docker') } });
    put('.config/containers/auth.json', {
      auths: { 'reg:5': entry('podman'), 'reg:5/ns': entry('ns'), other: entry('o') },
    });
    const { finder } = look();
    expect(await finder.forImage('reg:5/ns/a')).toMatchObject({
      auth: { username: 'docker', password: 'pw' },
      from: `${home}/.docker/config.json (auths["reg:5"])`,
    });
    expect((await finder.forServer('other')).auth?.username).toBe('o');
    const variable = look({ DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { 'reg:5': entry('variable') } }) });
    expect((await variable.finder.forImage('reg:5/a')).auth?.username).toBe('variable');
    expect((await finder.forImage('nobody/a')).auth).toBeUndefined();
  });

  it('knows the hub by its key', async () => {
    put('.docker/config.json', { auths: { 'https://index.docker.io/v1/': entry('hub') } });
    const { finder } = look();
    expect((await finder.forImage('nginx:1')).auth?.username).toBe('hub');
    expect((await finder.forServer('docker.io')).auth?.username).toBe('hub');
  });

  it('asks the helper of the host before the store, and takes a token for what it is', async () => {
    helper('one', 'read s; echo "{\\"ServerURL\\":\\"$s\\",\\"Username\\":\\"one\\",\\"Secret\\":\\"x\\"}"');
    helper('all', `echo '{"Username":"<token>","Secret":"t"}'`);
    put('.docker/config.json', { credsStore: 'all', credHelpers: { 'reg:5': 'one' } });
    const { finder, warnings } = look();
    expect(await finder.forImage('reg:5/a')).toMatchObject({
      auth: { username: 'one', password: 'x' },
      from: `docker-credential-one (credHelpers["reg:5"] in ${home}/.docker/config.json)`,
    });
    expect((await finder.forImage('else/a.b/c')).auth).toMatchObject({ identitytoken: 't' });
    expect(warnings).toEqual([]);
  });

  it.each([
    ['a missing helper', undefined, 'is not on PATH'],
    ['a helper that fails', 'echo "the store is locked"; exit 1', 'the store is locked'],
    ['a helper that ends without reading', 'exec 0<&-; exit 3', 'it ended with 3'],
    ['an answer that is none', 'echo hello', 'does not follow the protocol'],
  ])('is anonymous with one warning for %s', async (_, script, why) => {
    if (script !== undefined) helper('bad', script);
    put('.docker/config.json', { credsStore: 'bad' });
    const { finder, warnings } = look();
    const found = await Promise.all(['nginx', 'reg:5/a', 'nginx'].map((image) => finder.forImage(image)));
    expect(found.map(({ auth }) => auth)).toEqual([undefined, undefined, undefined]);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('docker-credential-bad');
    expect(warnings[0]).toContain(why);
    expect(found[1]!.trouble).toContain(why);
  });

  it('is anonymous without a word when the helper knows nothing, and with one for a file that is no JSON', async () => {
    helper('none', 'echo "credentials not found in native keychain"; exit 1');
    put('.docker/config.json', { credsStore: 'none' });
    const quiet = look();
    expect((await quiet.finder.forImage('nginx')).auth).toBeUndefined();
    expect(quiet.warnings).toEqual([]);
    put('.docker/config.json', '{ "auths": ');
    const loud = look();
    await loud.finder.forImage('nginx');
    await loud.finder.forImage('reg:5/a');
    expect(loud.warnings).toHaveLength(1);
  });

  it('warns of an entry that holds nothing it could have, and of no empty one', async () => {
    put('.docker/config.json', {
      auths: { 'reg:5': { auth: '%%%' }, 'reg:6': {}, 'reg:7': { auth: 'bm9uZQ==' } },
    });
    const { finder, warnings } = look();
    for (const server of ['reg:5', 'reg:6', 'reg:7', 'reg:5'])
      expect((await finder.forServer(server)).auth).toBeUndefined();
    expect(warnings).toEqual([
      expect.stringContaining('for "reg:5" can\'t be decoded'),
      expect.stringContaining('for "reg:7" can\'t be decoded'),
    ]);
  });

  it('does not run a program that a name with a slash leads to', async () => {
    put('.docker/config.json', { credsStore: '../../bin/sh' });
    const { finder, warnings } = look();
    expect((await finder.forImage('nginx')).auth).toBeUndefined();
    expect(warnings[0]).toContain("no helper's name");
  });
});

it('the places that are looked at', () => {
  const env = { DOCKER_CONFIG: '/d', REGISTRY_AUTH_FILE: '/f', XDG_RUNTIME_DIR: '/run/u' };
  expect(authSources(env, '/h', 1000).map(nameOfSource)).toEqual([
    '/f',
    '/d/config.json',
    '/run/u/containers/auth.json',
    '/h/.config/containers/auth.json',
    '/h/.dockercfg',
  ]);
  expect(authSources({}, '/root', 0).map(nameOfSource)).toContain('/run/containers/0/auth.json');
  expect(authSources({ XDG_RUNTIME_DIR: '/run/user/0' }, '/root', 0).map(nameOfSource).slice(1, 3)).toEqual([
    '/run/user/0/containers/auth.json',
    '/run/containers/0/auth.json',
  ]);
  expect(authSources({}, '/h', 1000).map(nameOfSource)).toContain('/run/containers/1000/auth.json');
});

it('proxies go by either case of their variables', () => {
  expect(proxiesOf({ HTTPS_PROXY: 'http://p:1', no_proxy: 'x', HTTP_PROXY: '' })).toEqual({
    httpsProxy: 'http://p:1',
    noProxy: 'x',
  });
});

describe('an explanation of a refusal', () => {
  const none = { auth: undefined, from: undefined, trouble: undefined };
  const token = `h.${Buffer.from('{"exp":1000}').toString('base64url')}.s`;

  it('says that nothing was found, or why', () => {
    expect(explanation(none, 'reg', 0)).toContain('tcompose login reg');
    expect(explanation({ ...none, trouble: 'docker-credential-x is not on PATH' }, 'reg', 0)).toContain(
      'not on PATH',
    );
  });

  it('says where the credentials came from, and that a token has expired', () => {
    expect(expiredSince(token, 999)).toBeUndefined();
    expect(expiredSince('a.b.c', 5)).toBeUndefined();
    expect(explanation({ ...none, auth: { username: 'bot', password: token }, from: 'F' }, 'reg', 2000)).toBe(
      'The credentials were those of user bot from F, and expired at 1970-01-01T00:16:40Z. New ones: tcompose login reg',
    );
  });
});
