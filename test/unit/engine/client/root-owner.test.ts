import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { refuseForeignRoot } from '../../../../src/engine/client/root-owner.ts';
import { eachInDirectory } from '../../../support/temporary-directory.ts';

const uid = process.getuid!();
let dir: string;
eachInDirectory((directory) => {
  dir = directory;
});

describe('a root for the engine', () => {
  it('may be absent, or a directory of its user in a sticky one', () => {
    expect(() => refuseForeignRoot(join(dir, 'absent/deeper'), uid)).not.toThrow();
    mkdirSync(join(dir, 'own/run'), { recursive: true });
    chmodSync(dir, 0o1777);
    expect(() => refuseForeignRoot(join(dir, 'own'), uid)).not.toThrow();
  });

  it.each(['own', '.'])('is refused when everybody may write %s', (open) => {
    mkdirSync(join(dir, 'own'));
    chmodSync(join(dir, open), 0o777);
    expect(() => refuseForeignRoot(join(dir, 'own'), uid)).toThrow(
      `${join(dir, open)} can be written by every user`,
    );
  });

  const notRoot = uid === 0 ? '' : ' (skipped: only root can give a directory away)';
  it.skipIf(uid !== 0).each(['', 'lib', 'run'])(
    `is refused when another user owns it: "%s"${notRoot}`,
    (part) => {
      const path = join(dir, 'own', part);
      mkdirSync(path, { recursive: true });
      chownSync(path, 65534, 65534);
      expect(() => refuseForeignRoot(join(dir, 'own'), uid)).toThrow(`${path} belongs to user 65534`);
    },
  );
});
