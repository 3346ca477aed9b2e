/**
 * Compose files from bytes to plain data with places: `readSource` is the way in, and nothing outside this folder
 * imports another file of it.
 *
 * There are two parsers, which give the same data. The direct one (`parse.ts` and its imports) builds no syntax tree
 * and reads what people usually write; what it can't read, and nearly every mistake, goes to the full one
 * (`parse-fully.ts`), the `yaml` package, which is loaded only then. The direct one is worth keeping because every
 * command about a project reads a file:
 *
 *     one of 1,000 services (170 kB)               about a tenth of the full parser's time, loading that one aside
 *     all of `config` of 1,000 services            a fifth of the time Docker Compose takes
 *     a file of 5.5 MB                             within 5 s and 512 MiB, where the full parser takes 6 s and 472 MiB
 *     alone
 *
 * Its results must equal those of the full parser. test/unit/compose/yaml/parse.test.ts checks this with cases, with
 * generated text, and with the package's output in all its styles; `npm run fuzz` continues from there.
 */
export { locate, placeAt } from './locate.ts';
export { readSource, type Source } from './read-source.ts';
export { scalarText } from './resolve-plain.ts';
export { type Removal, splitMarks } from './split-marks.ts';
