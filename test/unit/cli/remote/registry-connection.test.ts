import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { registryConnection } from '../../../../src/cli/remote/registry-connection.ts';
import { eachInDirectory } from '../../../support/temporary-directory.ts';

let root = '';
eachInDirectory((made) => {
  root = made;
});

it('what the command fetches itself goes by the settings that the engine has', async () => {
  mkdirSync(join(root, 'etc'));
  const settings = (value: object) =>
    writeFileSync(join(root, 'etc', 'engine.json'), JSON.stringify({ registries: value }));
  const ctx = { env: { TCOMPOSE_ROOT: root, HOME: root }, warn: () => undefined };
  const schemes = async (...insecure: string[]) => {
    const connection = registryConnection(ctx, insecure);
    const { main } = await connection.open('10.9.8.7:5000');
    connection.close();
    return main.endpoint.schemes;
  };
  expect(await schemes()).toEqual(['https:']);
  expect(await schemes('10.9.8.7:5000')).toContain('http:');
  settings({ insecure: ['10.9.0.0/16'] });
  expect(await schemes()).toContain('http:');
  settings({ insecure: 5 });
  await expect(schemes()).rejects.toThrow(/engine\.json: registries\.insecure/);
});
