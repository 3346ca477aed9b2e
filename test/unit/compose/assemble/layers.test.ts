import { describe, expect, it } from 'vitest';
import { LayeredPositions } from '../../../../src/compose/assemble/layers.ts';
import type { TreePath } from '../../../../src/compose/tree.ts';
import { readSource } from '../../../../src/compose/yaml/read-source.ts';

const source = (file: string, text: string) => readSource(file, new TextEncoder().encode(text), () => {});

async function layered(...texts: string[]): Promise<LayeredPositions> {
  const positions = new LayeredPositions();
  for (const [index, text] of texts.entries()) {
    positions.add({ source: await source(`f${index}`, text), document: 0, from: [], to: [] });
  }
  return positions;
}

const at = (positions: LayeredPositions, path: TreePath, part?: 'key' | 'value') => {
  const place = positions.place(path, part);
  return place === undefined ? undefined : `${place.file}:${place.line}:${place.column}`;
};

describe('places in merged trees', () => {
  const base = 'services:\n  a:\n    image: x\n    ports: [one, two]\n    environment:\n      - KEY=value\n';
  const override = 'services:\n  a:\n    image: y\n    ports:\n      - three\n';

  it('are those of the only file', async () => {
    const positions = await layered(base);
    expect(at(positions, ['services', 'a', 'image'])).toBe('f0:3:5');
    expect(at(positions, ['services', 'a', 'image'], 'value')).toBe('f0:3:12');
    expect(at(positions, ['services', 'a', 'ports', 1])).toBe('f0:4:18');
    expect(positions.place(['services', 'a', 'image'])?.sourceLine).toBe('    image: x');
  });

  it('go to the nearest node that was written', async () => {
    const positions = await layered(base);
    expect(at(positions, ['services', 'a', 'healthcheck', 'test'])).toBe('f0:2:3');
    expect(at(positions, ['services', 'a', 'ports', 9, 'target'])).toBe('f0:4:5');
    expect(at(positions, ['services', 'a', 'environment', 'KEY'])).toBe('f0:6:9');
  });

  it('are the last file’s that has the node; items of lists are counted through', async () => {
    const positions = await layered(base, override);
    expect(at(positions, ['services', 'a', 'image'])).toBe('f1:3:5');
    expect(at(positions, ['services', 'a', 'ports', 0])).toBe('f0:4:13');
    expect(at(positions, ['services', 'a', 'ports', 2])).toBe('f1:5:9');
  });

  it('follow a layer to where it was put', async () => {
    const positions = new LayeredPositions();
    const file = await source('base', base);
    positions.add({ source: file, document: 0, from: ['services', 'a'], to: ['services', 'b'] });
    expect(at(positions, ['services', 'b', 'image'])).toBe('base:3:5');
    expect(at(positions, ['services', 'c'])).toBeUndefined();
  });

  it('are unknown without layers', () => expect(new LayeredPositions().place([])).toBeUndefined());
});

describe('readSource', () => {
  it.each([
    ['UTF-8 with a mark', [0xef, 0xbb, 0xbf, 0x61, 0x3a, 0x20, 0x31]],
    ['UTF-16, little end first', [0xff, 0xfe, 0x61, 0, 0x3a, 0, 0x20, 0, 0x31, 0]],
    ['UTF-16, big end first', [0xfe, 0xff, 0, 0x61, 0, 0x3a, 0, 0x20, 0, 0x31]],
  ])('reads %s', async (_, bytes) => {
    const { stream } = await readSource('f', Uint8Array.from(bytes), () => {});
    expect(stream.documents[0]?.value).toEqual({ a: 1 });
  });

  it('refuses what is no text, or too much', async () => {
    await expect(readSource('f', Uint8Array.from([0x61, 0xff, 0xff]), () => {})).rejects.toMatchObject({
      code: 'COMPOSE_YAML',
    });
    await expect(readSource('f', new Uint8Array(20_000_001), () => {})).rejects.toMatchObject({
      code: 'COMPOSE_TOO_LARGE',
    });
  });

  it('reads any line ends', async () => {
    const { stream } = await source('f', 'a: 1\r\nb: |\r\n  x\r\n  y\r\nc: 2\r');
    expect(stream.documents[0]?.value).toEqual({ a: 1, b: 'x\ny\n', c: 2 });
  });
});
