// Writes every generated file of the repository: the compiled schema, types of the compose file, pages of the docs,
// the launch plan's structures and tables in C.
import { writeFileSync } from 'node:fs';
import './compile-schemas.mjs';
import { generateDocs } from './generate-docs.mjs';
import { generatePlan } from './generate-plan.mjs';
import { generateTypes } from './generate-types.mjs';

const root = new URL('../', import.meta.url);
for (const { file, text } of [...generateTypes(), ...(await generateDocs()), ...(await generatePlan())]) {
  writeFileSync(new URL(file, root), text);
}
