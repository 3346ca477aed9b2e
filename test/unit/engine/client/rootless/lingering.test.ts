import { expect, it } from 'vitest';
import { lingerNotice } from '../../../../../src/engine/client/rootless/lingering.ts';

it('a user whose systemd ends with his last logout is told of it, another is not', () => {
  const has =
    (...paths: readonly string[]) =>
    (path: string) =>
      paths.includes(path);
  expect(lingerNotice('ann', has('/run/systemd/system'))).toContain('loginctl enable-linger');
  expect(lingerNotice('ann', has('/run/systemd/system', '/var/lib/systemd/linger/bob'))).toBeDefined();
  expect(lingerNotice('ann', has('/run/systemd/system', '/var/lib/systemd/linger/ann'))).toBeUndefined();
  expect(lingerNotice('ann', has('/var/lib/systemd/linger/bob'))).toBeUndefined();
});
