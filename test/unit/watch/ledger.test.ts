import { describe, expect, it } from 'vitest';
import { Ledger } from '../../../src/watch/ledger.ts';

const item = (kind: 'file' | 'link' | 'directory') => ({ source: '/s/x', target: '/x', kind });

describe('what was put into containers', () => {
  it('is the last of each target, by service', () => {
    const ledger = new Ledger();
    ledger.note('web', [item('link'), { ...item('file'), target: '/y' }]);
    ledger.note('web', [item('file')]);
    ledger.note('api', [item('directory')]);
    expect(ledger.of('web')).toEqual([item('file'), { ...item('file'), target: '/y' }]);
  });

  it('tells a directory that takes the place of a link of ours from one that may stand for a link of the image', () => {
    const ledger = new Ledger();
    expect(ledger.note('web', [item('directory')])).toEqual([item('directory')]);
    ledger.note('web', [item('link')]);
    expect(ledger.note('web', [item('directory')])).toEqual([{ ...item('directory'), insteadOfLink: true }]);
    expect(ledger.note('web', [item('directory')])).toEqual([item('directory')]);
  });
});
