import { expect, it } from 'vitest';
import { sentences } from '../../../src/project/sentences.ts';

it.each<[readonly (string | undefined)[], string]>([
  [[], ''],
  [[undefined, 'Do this'], 'Do this'],
  [['Do this', undefined, 'Then that', 'Why?'], 'Do this. Then that. Why?'],
  [['Done.', 'x'], 'Done. x'],
])('%j', (parts, text) => expect(sentences(parts)).toBe(text));
