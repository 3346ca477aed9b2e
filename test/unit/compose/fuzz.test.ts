import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { serviceHashInput } from '../../../src/compose/config/hash-input.ts';
import { renderConfig, withoutUnusedResources } from '../../../src/compose/config/index.ts';
import type { TreeMap } from '../../../src/compose/tree.ts';
import { TcomposeError, TcomposeErrors } from '../../../src/errors.ts';
import { mutate, Random, randomDocument, type Schema } from '../../support/random-document.ts';
import { loadTree } from './phases.ts';

/** How many documents. */
const documents = Number(process.env.TCOMPOSE_FUZZ_DOCUMENTS ?? 4000);

test('random documents are loaded and printed, or refused with errors of ours', () => {
  const schema = JSON.parse(readFileSync('schemas/compose-file.schema.json', 'utf8')) as Schema;
  const random = new Random(7);
  let [loaded, refused] = [0, 0];
  for (let index = 0; index < documents; index += 1) {
    let document = randomDocument(schema, random) as TreeMap;
    for (let changes = index % 4; changes > 0; changes -= 1) document = mutate(document, random) as TreeMap;
    if (typeof document !== 'object' || document === null || Array.isArray(document)) continue;
    try {
      const { project } = loadTree(document, { consistency: index % 2 === 0 });
      for (const format of ['yaml', 'json'] as const) {
        expect(renderConfig(withoutUnusedResources(project), { format }).length).toBeGreaterThan(0);
      }
      for (const service of Object.values(project.services)) serviceHashInput(service);
      loaded += 1;
    } catch (error) {
      if (!(error instanceof TcomposeError || error instanceof TcomposeErrors)) {
        throw new Error(`document ${index}: ${JSON.stringify(document)}`, { cause: error });
      }
      for (const each of error instanceof TcomposeErrors ? error.errors : [error]) {
        expect(each.code).not.toBe('INTERNAL');
        expect(each.message).not.toBe('');
      }
      refused += 1;
    }
  }
  expect(loaded).toBeGreaterThan(documents / 100);
  expect(refused).toBeGreaterThan(documents / 4);
});
