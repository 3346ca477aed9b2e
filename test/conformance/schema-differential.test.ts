import { existsSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { validate } from '../../src/compose/generated/validate-schema.js';
import {
  everyPlace,
  mutate,
  Random,
  randomDocument,
  type Schema,
  strangers,
} from '../support/random-document.ts';

const official = '../shared/conformance/compose-spec.json';
const present = existsSync(official);
if (!present) console.warn(`skipped: ${official} is not here`);

/** How many documents. */
const documents = Number(process.env.TCOMPOSE_FUZZ_DOCUMENTS ?? 6000);

function verdicts(schema: Schema) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const theirs = ajv.compile(schema);
  /** What the two say of a document, when they differ. */
  const disagreement = (document: unknown): string | undefined => {
    const [ours, expected] = [validate(document), theirs(document)];
    if (ours === expected) return undefined;
    const why = ours ? JSON.stringify(theirs.errors?.[0]) : JSON.stringify(validate.errors?.[0]);
    return `${ours ? 'only we accept' : 'only we reject'} ${JSON.stringify(document)}: ${why}`;
  };
  return { theirs, disagreement };
}

test.skipIf(!present)('every place of the official schema takes the same values in ours', () => {
  const schema = JSON.parse(readFileSync(official, 'utf8')) as Schema;
  const { disagreement } = verdicts(schema);
  const places = everyPlace(schema);
  expect(places.length).toBeGreaterThan(400);
  const values = [...strangers, ...specials];
  const found = places.flatMap((place) => values.flatMap((value) => disagreement(place(value)) ?? []));
  expect(found.slice(0, 5)).toEqual([]);
});

/** Values that some attribute allows by an enumeration, pattern or bound, and its neighbours reject. */
const specials = [
  'host',
  'bind',
  'sync',
  'start-first',
  'every_12h',
  'enabled',
  'Z',
  'ab',
  -1000,
  101,
  1001,
  1e300,
];

test.skipIf(!present)('our schema accepts and rejects what the official schema does', () => {
  const schema = JSON.parse(readFileSync(official, 'utf8')) as Schema;
  const { theirs, disagreement } = verdicts(schema);
  const random = new Random(20_260_721);
  const disagreements: string[] = [];
  let accepted = 0;
  for (let index = 0; index < documents && disagreements.length < 5; index += 1) {
    let document = randomDocument(schema, random);
    for (let changes = index % 3; changes > 0; changes -= 1) document = mutate(document, random);
    const difference = disagreement(document);
    if (difference !== undefined) disagreements.push(difference);
    if (theirs(document)) accepted += 1;
  }
  expect(disagreements).toEqual([]);
  // Both verdicts must occur often, or the comparison says nothing.
  expect(accepted).toBeGreaterThan(documents / 20);
  expect(documents - accepted).toBeGreaterThan(documents / 4);
});
