import { expect, it } from 'vitest';
import { createIgnoreMatcher } from '../../../../src/build/ignore/matcher.ts';
import { ReadingNote } from '../../../../src/engine/build/files/reading-note.ts';
import type { SourceTree, Visited } from '../../../../src/engine/build/files/source-tree.ts';

const tree = (ignored: boolean) =>
  ({ ownerless: true, ignore: ignored ? createIgnoreMatcher(['*.md']) : undefined }) as unknown as SourceTree;

const file = (path: string) => ({ path, stat: { isFile: () => true, size: 1000n } }) as unknown as Visited;

/** What is said of a context of which each file takes so many milliseconds. */
function told(millisecondsEach: number, ignored = false): readonly string[] {
  let now = 0;
  const said: string[] = [];
  const note = new ReadingNote(
    () => now,
    (text) => said.push(text),
  );
  for (let at = 0; at < 3000; at++) {
    now += millisecondsEach;
    note.add(tree(ignored), file(at % 3 === 0 ? `src/f${at}` : `app/node_modules/p/f${at}`));
  }
  note.end();
  return said;
}

it('says what a large context consists of, once it takes long', () => {
  expect(told(0.1)).toEqual([]);
  expect(told(1)).toEqual([
    'reading the build context: 1024 files, 1.0 MB so far',
    'read the build context: 3000 files, 3.0 MB, most of them in app/node_modules (2000); a .dockerignore file could leave that out',
  ]);
  expect(told(1, true).at(-1)).toMatch(/app\/node_modules \(2000\)$/);
});
