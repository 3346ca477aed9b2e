import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pruneOrder } from '../../../../src/engine/images/prune-images.ts';

const image = (id: string, parent?: string) => ({ id, ...(parent === undefined ? {} : { parent }) });

describe('images that are pruned', () => {
  it('go after all that were made from them, and stay for one that stays', () => {
    const images = [image('base'), image('mid', 'base'), image('top', 'mid'), image('other', 'base')];
    expect(pruneOrder(images, new Set(['base', 'mid', 'top', 'other']))).toEqual([
      'top',
      'mid',
      'other',
      'base',
    ]);
    expect(pruneOrder(images, new Set(['base', 'mid', 'other']))).toEqual(['other']);
    expect(pruneOrder(images, new Set())).toEqual([]);
    expect(pruneOrder([image('gone-parent', 'nowhere')], new Set(['gone-parent']))).toEqual(['gone-parent']);
  });

  it('whatever was made from what, go each once and never before a child', () => {
    const forests = fc
      .array(fc.nat(12), { maxLength: 12 })
      .chain((parents) =>
        fc.tuple(
          fc.constant(
            parents.map((parent, index) => image(`i${index}`, parent === 12 ? undefined : `i${parent}`)),
          ),
          fc.subarray(parents.map((_, index) => `i${index}`)),
        ),
      );
    fc.assert(
      fc.property(forests, ([images, wanted]) => {
        const order = pruneOrder(images, new Set(wanted));
        expect(new Set(order).size).toBe(order.length);
        for (const [at, id] of order.entries()) {
          expect(wanted).toContain(id);
          const children = images.filter(({ parent }) => parent === id).map((one) => one.id);
          for (const child of children) expect(order.slice(0, at)).toContain(child);
        }
      }),
    );
  });
});
