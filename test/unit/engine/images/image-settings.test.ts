import { describe, expect, it } from 'vitest';
import { parseImageSettings } from '../../../../src/engine/images/image-settings.ts';

describe('images in engine.json', () => {
  it.each<[string, number | undefined]>([
    ['{}', undefined],
    ['{"images": {}}', undefined],
    ['{"images": {"largestLayerGiB": 2}}', 2 ** 31],
    ['{"images": {"largestLayerGiB": 0.5}}', 2 ** 29],
  ])('%s', (text, largestLayer) => expect(parseImageSettings(text, 'file')).toEqual({ largestLayer }));

  it.each<[string, RegExp]>([
    ['{', /file: this is not JSON/],
    ['{"images": 1}', /images must be an object/],
    ['{"images": {"largest": 1}}', /images.largest is not known; known settings are largestLayerGiB/],
    ['{"images": {"largestLayerGiB": "2"}}', /a number above 0/],
    ['{"images": {"largestLayerGiB": 0}}', /a number above 0/],
  ])('%s is refused', (text, words) => expect(() => parseImageSettings(text, 'file')).toThrow(words));
});
