import { expect, it } from 'vitest';
import { Transfer } from '../../../../src/cli/render/transfer.ts';

function make() {
  const one = new Transfer();
  const tell = (at: number, layer: string, status: string, current?: number, total?: number) =>
    one.update({
      type: 'layer',
      image: 'i',
      layer,
      status,
      at,
      ...(current === undefined ? {} : { current }),
      ...(total === undefined ? {} : { total }),
    });
  return { one, tell };
}

it('says layers, bytes, speed and the time that is left', () => {
  const { one, tell } = make();
  expect(one.summary(0)).toBe('');
  tell(0, 'a', 'Pulling fs layer');
  tell(0, 'b', 'Already exists');
  tell(0, 'a', 'Downloading', 0, 10_000_000);
  tell(1000, 'a', 'Downloading', 1_000_000, 10_000_000);
  expect(one.summary(1000)).toBe('1/2 layers  1MB/10MB  1MB/s  9s left');
  // Nothing came since.
  expect(one.summary(2000)).toBe('1/2 layers  1MB/10MB  500kB/s  18s left');
  tell(3000, 'a', 'Download complete');
  tell(3000, 'a', 'Extracting', 1, 10_000_000);
  expect(one.summary(3000)).toBe('1/2 layers  10MB/10MB  unpacking');
  tell(4000, 'a', 'Pull complete');
  expect(one.summary(4000)).toBe('2/2 layers  10MB/10MB');
  expect(one.result()).toBe('10MB in 4s');
});

it('does not guess a time while a size is unknown, and counts on after a break', () => {
  const { one, tell } = make();
  tell(0, 'a', 'Downloading', 0, 4_000_000);
  tell(0, 'b', 'Waiting');
  tell(1000, 'a', 'Downloading', 2_000_000, 4_000_000);
  expect(one.summary(1000)).toBe('0/2 layers  2MB/4MB+  2MB/s');
  tell(1500, 'a', 'Retrying in 5 seconds');
  expect(one.summary(1500)).toContain('retrying in 5 seconds');
  tell(2000, 'a', 'Downloading', 500_000, 2_000_000);
  expect(one.summary(2000)).toContain('2.5MB/4MB');
});

it('moves nothing for layers that were there', () => {
  const { one, tell } = make();
  tell(0, 'a', 'Already exists');
  tell(0, 'b', 'Layer already exists');
  expect(one.summary(1)).toBe('2/2 layers');
  expect(one.result()).toBeUndefined();
});
