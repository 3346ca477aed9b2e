import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLayers } from '../../../../../src/engine/containers/host/layered-root.ts';
import { eachInDirectory } from '../../../../support/temporary-directory.ts';

let dir: string;
eachInDirectory((directory) => {
  dir = directory;
});

describe('layers seen as one root', () => {
  it('merge, upper first, and follow links inside the root only', async () => {
    const [upper, lower] = [join(dir, 'upper'), join(dir, 'lower')];
    mkdirSync(join(upper, 'etc'), { recursive: true });
    mkdirSync(join(lower, 'etc'), { recursive: true });
    mkdirSync(join(lower, 'real'));
    writeFileSync(join(upper, 'etc', 'a'), 'upper');
    writeFileSync(join(lower, 'etc', 'a'), 'lower');
    writeFileSync(join(lower, 'etc', 'b'), 'lower');
    writeFileSync(join(lower, 'real', 'file'), 'x');
    symlinkSync('/real', join(lower, 'absolute'));
    symlinkSync('../../../../../../../etc', join(lower, 'climbing'));
    symlinkSync('loop', join(lower, 'loop'));
    chmodSync(join(upper, 'etc'), 0o755);
    const root = openLayers([upper, lower]);
    const etc = await root.find('/etc', false);
    expect((await root.list(etc!)).sort()).toEqual(['a', 'b']);
    expect((await root.find('/etc/a', false))?.real).toBe(join(upper, 'etc', 'a'));
    expect((await root.find('/absolute/file', false))?.real).toBe(join(lower, 'real', 'file'));
    expect((await root.find('/climbing/b', false))?.real).toBe(join(lower, 'etc', 'b'));
    expect((await root.find('/absolute', false))?.stat.isSymbolicLink()).toBe(true);
    expect((await root.find('/absolute', true))?.path).toBe('/real');
    expect(await root.find('/loop/x', false)).toBeUndefined();
    expect(await root.find('/../../etc/passwd-not-here', false)).toBeUndefined();
  });
});
