import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openAgents } from '../../../../src/cli/build/ssh-agents.ts';

const tools = ['ssh-agent', 'ssh-add', 'ssh-keygen'];
const missing = tools.find((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0);
if (missing !== undefined) console.warn(`skipped: agents with keys: there is no ${missing}`);

describe('openAgents', () => {
  let cwd: string;

  beforeAll(() => {
    cwd = mkdtempSync(join(tmpdir(), 'tcompose-keys-'));
  });

  afterAll(() => rmSync(cwd, { recursive: true }));

  it('gives the agent of the user by its ids, and an error without one', async () => {
    const env = { SSH_AUTH_SOCK: join(cwd, 'mine') };
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(env.SSH_AUTH_SOCK, resolve));
    const { sockets } = await openAgents(['default', 'other', 'third=mine'], { env, cwd });
    expect(sockets).toEqual({
      default: env.SSH_AUTH_SOCK,
      other: env.SSH_AUTH_SOCK,
      third: env.SSH_AUTH_SOCK,
    });
    server.close();
    await expect(openAgents(['default'], { env: {}, cwd })).rejects.toMatchObject({
      code: 'BUILD_CONTEXT',
      hint: expect.stringContaining('ssh-add'),
    });
    await expect(openAgents(['a=nowhere'], { env: {}, cwd })).rejects.toThrow(/there is no .*nowhere/);
  });

  it.skipIf(missing !== undefined)('starts an agent for keys, which ends with the build', async () => {
    const key = join(cwd, 'key');
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'deploy', '-f', key]);
    const env = { PATH: process.env.PATH };
    const { sockets, release } = await openAgents(['git=key'], { env, cwd });
    const list = spawnSync('ssh-add', ['-l'], {
      env: { ...env, SSH_AUTH_SOCK: sockets.git },
      encoding: 'utf8',
    });
    expect(list.stdout).toContain('deploy');
    release();
    expect(existsSync(sockets.git ?? '')).toBe(false);
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'words', '-f', join(cwd, 'locked')]);
    await expect(openAgents(['git=locked'], { env, cwd })).rejects.toMatchObject({
      hint: expect.stringContaining('passphrase'),
    });
  });
});
