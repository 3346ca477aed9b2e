// Which test files `npm test` runs once more as a user who is not root (scripts/test-as-user.mjs).
import { readdirSync } from 'node:fs';

/** Files of the e2e tier that make users, run dockerd or build this package: all of that takes root. */
const rootsAlone = /^(rootless|doctor-broken|watch-docker|pack)\b/;

export const endToEnd = readdirSync(new URL('../test/e2e', import.meta.url))
  .filter((name) => name.endsWith('.test.ts') && !rootsAlone.test(name))
  .sort()
  .map((name) => `test/e2e/${name}`);

/** In two parts that take about as long, so that they can fill two lanes. */
export const endToEndParts = [0, 1].map((part) => endToEnd.filter((_, index) => index % 2 === part));

/** What of the engine tier goes through an engine, whoever's it is: the rest is about the shim by itself, or about root's firewall and runtimes. */
export const engines = [
  ...['engine', 'security', 'buildkit'].map((folder) => `test/engine/${folder}/`),
  ...[
    'cache',
    'command-surroundings',
    'hostile-contexts',
    'links-and-names',
    'projects',
    'replaced-directories',
  ].map((one) => `test/engine/build/${one}.test.ts`),
  'test/engine/image/archives.test.ts',
];

/** What says most about a user without sub-ids whose containers don't reach out of the machine. */
export const withNothing = [
  ...['build', 'copy', 'healing', 'lifecycle', 'output', 'taken', 'watch-reload'].map(
    (one) => `test/e2e/${one}.test.ts`,
  ),
  ...['lifecycle', 'volumes', 'sync', 'removal', 'damaged-state'].map(
    (one) => `test/engine/engine/${one}.test.ts`,
  ),
  'test/engine/security/users.test.ts',
];
