import { describe, expect, it } from 'vitest';
import { checkCreate, signalNumber } from '../../../../../src/engine/containers/spec/check-create.ts';

describe('checks of a create request', () => {
  it('read signals by number and name', () => {
    expect(['SIGTERM', 'term', '15', 'SIGRTMIN+3', 'RTMAX-1'].map(signalNumber)).toEqual([
      15, 15, 15, 37, 63,
    ]);
    for (const bad of ['SIGNOPE', '0', '65', 'RTMIN+40'])
      expect(() => signalNumber(bad)).toThrow('invalid signal');
  });

  it('refuse contradictions', () => {
    const config = { Image: 'x' };
    expect(() => checkCreate(config, { AutoRemove: true, RestartPolicy: { Name: 'always' } })).toThrow(
      'AutoRemove',
    );
    expect(() => checkCreate(config, { Memory: 1024 })).toThrow('6MB');
    expect(() => checkCreate(config, { NanoCpus: 1, CpuQuota: 1 })).toThrow('Nano CPUs');
    expect(() => checkCreate({ ...config, WorkingDir: 'rel' }, {})).toThrow('absolute path');
    expect(checkCreate(config, {})).toEqual([]);
  });
});
