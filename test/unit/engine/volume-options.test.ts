import { describe, expect, it } from 'vitest';
import { volumeKind } from '../../../src/engine/volume-options.ts';

describe('options of the local volume driver', () => {
  it.each(['proc', 'sysfs', 'cgroup2', 'debugfs', 'bpf', 'devtmpfs'])(
    'give no view of the kernel: %s',
    (type) => {
      expect(() => volumeKind({ type, device: type })).toThrow(`a volume cannot be of type "${type}"`);
    },
  );

  it.each(['tmpfs', 'nfs', 'ext4', 'cifs'])('mount %s', (type) => {
    expect(volumeKind({ type, device: 'x' })).toMatchObject({ kind: 'mount', fileSystem: { type } });
  });
});
