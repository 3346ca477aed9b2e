// Texts of the pages made from tables in the code: docs/errors.md and docs/compatibility.md.
import { readFileSync } from 'node:fs';
import { importTs } from './import-ts.mjs';

const banner = '<!-- Made by `npm run generate`. Do not edit. -->';

/** @returns {Promise<{file: string, text: string}[]>} paths from the project root and what belongs in them */
export async function generateDocs() {
  return [
    { file: 'docs/errors.md', text: await errorsPage() },
    { file: 'docs/compatibility.md', text: await compatibilityPage() },
  ];
}

const areas = {
  BUILD: 'Builds',
  CLI: 'Command line',
  COMPOSE: 'Compose files',
  ENGINE: 'Engine',
  IMAGE: 'Images',
  NETWORK: 'Networks',
  PROJECT: 'Projects',
  RUNTIME: 'Runtime',
  SYS: 'System',
};

async function errorsPage() {
  const { errorCodes } = await importTs('src/error-codes.ts');
  const groups = new Map();
  for (const [code, sentence] of Object.entries(errorCodes)) {
    const prefix = code.split('_')[0];
    const area = areas[prefix] ?? (code.includes('_') ? prefix : 'Other');
    if (!groups.has(area)) groups.set(area, []);
    groups.get(area).push(`| \`${code}\` | ${sentence} |`);
  }
  const parts = [
    banner,
    '# Errors',
    'Every error tcompose reports has a code, a message that says what failed and why, often a hint what to do next, and, when it is about a file you wrote, the file, line and column with the source line and a caret.',
  ];
  for (const [area, rows] of groups) {
    parts.push(`## ${area}`, ['| code | meaning |', '| --- | --- |', ...rows].join('\n'));
  }
  return `${parts.join('\n\n')}\n`;
}

const words = {
  yes: 'supported',
  config: 'read, checked, printed',
  later: 'read, checked, printed; refused by name where it would take effect',
  warning: 'accepted with a warning',
};

async function compatibilityPage() {
  const { nestedSupport, resourceSupport, serviceSupport } = await importTs(
    'src/compose/validate/support.ts',
  );
  const intro = readFileSync(new URL('compatibility-intro.md', import.meta.url), 'utf8').trim();
  const table = (entries) =>
    [
      '| attribute | what tcompose does | note | without root |',
      '| --- | --- | --- | --- |',
      ...Object.entries(entries).map(
        ([attribute, { support, note, rootless }]) =>
          `| \`${attribute}\` | ${words[support]} | ${note ?? ''} | ${rootless ?? ''} |`,
      ),
    ].join('\n');
  return `${[
    banner,
    intro,
    '## Attributes of a service',
    table(serviceSupport),
    '## Inside a service',
    'Attributes that are not named here share what is said of the attribute around them.',
    table(nestedSupport),
    '## Top level and resources',
    table(resourceSupport),
  ].join('\n\n')}\n`;
}
