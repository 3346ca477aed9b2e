import { expect, it } from 'vitest';
import { whyTooManyLayers } from '../../../src/image/config-facts.ts';

it.each<[number, string, string | undefined]>([
  [340, '5.10.0-1-amd64', undefined],
  [
    341,
    '6.6.87',
    'it has 341 layers, and 340 are the most that an overlay is mounted of before Linux 6.7, which takes 490',
  ],
  [490, '6.7.0', undefined],
  [490, '7.0-rc1', undefined],
  [491, '6.18.5', 'it has 491 layers, and 490 are the most that an overlay is mounted of'],
])('%d layers on Linux %s', (count, kernel, why) => expect(whyTooManyLayers(count, kernel)).toBe(why));
