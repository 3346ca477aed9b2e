import { describe, expect, test } from 'vitest';
import { type LoadOptions, loadProject } from '../../../src/compose/load.ts';
import { type ErrorCode, errorCodes } from '../../../src/error-codes.ts';
import { TcomposeError, TcomposeErrors } from '../../../src/errors.ts';
import { memoryEffects } from '../../support/memory-files.ts';

/** Files by their absolute paths, /p being the project directory. */
const inProject = (files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`/p/${name}`, text]));

async function errorsOf(
  files: Readonly<Record<string, string>>,
  options: LoadOptions,
): Promise<readonly TcomposeError[]> {
  try {
    await loadProject({
      env: {},
      cwd: '/p',
      effects: memoryEffects(inProject(files), { cwd: '/p' }),
      ...options,
    });
    return [];
  } catch (error) {
    if (error instanceof TcomposeErrors) return error.errors;
    if (error instanceof TcomposeError) return [error];
    throw error;
  }
}

interface Fault {
  readonly code: ErrorCode;
  /** The file with the mistake; default compose.yaml. */
  readonly file?: string;
  /** Its text; `>` in front of the text that the error points at. */
  readonly marked: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly options?: LoadOptions;
}

const web = (rest: string): string => `services:\n  web:\n    image: x\n${rest}`;

/** One mistake for each code that has a place. */
const faults: readonly Fault[] = [
  { code: 'COMPOSE_UNKNOWN_ATTRIBUTE', marked: 'services:\n  web:\n    >imge: x\n' },
  { code: 'COMPOSE_TYPE', marked: web('    >ports: {}\n') },
  { code: 'COMPOSE_MISSING_ATTRIBUTE', marked: web('    volumes:\n      - >source: /x\n') },
  { code: 'COMPOSE_INVALID_VALUE', marked: web('    >cgroup: hots\n') },
  { code: 'COMPOSE_INVALID_VALUE', marked: web('    stop_grace_period: >soon\n') },
  { code: 'COMPOSE_INVALID_NAME', marked: 'services:\n  >my web:\n    image: x\n' },
  { code: 'COMPOSE_DUPLICATE', marked: web('    tmpfs: /t\n    volumes:\n      - >/x:/t\n') },
  { code: 'COMPOSE_SHORT_SYNTAX', marked: web('    ports:\n      - 80:80\n      - >http:x\n') },
  { code: 'COMPOSE_EXCLUSIVE', marked: web('    >network_mode: host\n    networks: [default]\n') },
  {
    code: 'COMPOSE_UNDEFINED',
    marked: web('    depends_on:\n      >db:\n        condition: service_started\n'),
  },
  {
    code: 'COMPOSE_CYCLE',
    marked: web('    depends_on:\n      >web:\n        condition: service_started\n'),
  },
  { code: 'COMPOSE_NO_IMAGE', marked: 'services:\n  >web:\n    command: x\n' },
  { code: 'COMPOSE_YAML', marked: 'services:\n  web: [\n    image: x\n>' },
  { code: 'COMPOSE_YAML', marked: 'services:\n  web:\n    image: x\n   >ports: [80]\n' },
  { code: 'COMPOSE_YAML', marked: 'services:\n  web:\n    image>:x\n    command: y\n' },
  { code: 'COMPOSE_YAML', marked: 'services:\n  web:\n    image: x\n    >}\n' },
  { code: 'COMPOSE_YAML', marked: web('    volumes: [>*]\n') },
  { code: 'COMPOSE_DUPLICATE_KEY', marked: 'services:\n  web:\n    image: x\n    >image: y\n' },
  { code: 'COMPOSE_INTERPOLATION', marked: 'services:\n  web:\n    image: >${a!}\n' },
  { code: 'COMPOSE_VARIABLE_REQUIRED', marked: 'services:\n  web:\n    image: >${A:?needed}\n' },
  { code: 'COMPOSE_INCLUDE', marked: `include:\n  - >missing.yaml\n${web('')}` },
  { code: 'COMPOSE_EXTENDS', marked: web('    >extends: nobody\n') },
  {
    code: 'COMPOSE_MERGE',
    file: 'compose.override.yaml',
    marked: 'services:\n  web:\n    >cap_add: {}\n',
    files: { 'compose.yaml': web('    cap_add: [ALL]\n') },
  },
];

/** One mistake for each code about something that is no line of a compose file, or that leads elsewhere. */
const placeless: readonly Fault[] = [
  { code: 'COMPOSE_NO_FILE', marked: web(''), options: { files: ['missing.yaml'] } },
  { code: 'COMPOSE_PROJECT_NAME', marked: web(''), options: { projectName: 'Not Good' } },
  { code: 'COMPOSE_ENV_FILE', marked: web('    env_file: missing.env\n') },
  { code: 'COMPOSE_TOO_LARGE', marked: `${'['.repeat(20_000)}\n` },
  { code: 'COMPOSE_REMOTE', marked: web(''), options: { files: ['oci://registry.example/app'] } },
  { code: 'COMPOSE_NO_SUCH_SERVICE', marked: web(''), options: { services: ['db'] } },
];

describe('every mistake is shown where it was made', () => {
  test.each(faults)('$code', async ({ code, file = 'compose.yaml', marked, files, options }) => {
    const offset = marked.indexOf('>');
    const before = marked.slice(0, offset).split('\n');
    const text = marked.replace('>', '');
    const errors = await errorsOf({ [file]: text, ...files }, options ?? {});
    expect(errors.map((error) => error.code)).toEqual([code]);
    expect(errors[0]?.where).toEqual({
      file: `/p/${file}`,
      line: before.length,
      column: (before.at(-1) ?? '').length + 1,
      sourceLine: text.split('\n')[before.length - 1],
    });
  });

  test.each(placeless)('$code', async ({ code, marked, files, options }) => {
    const errors = await errorsOf({ 'compose.yaml': marked, ...files }, options ?? {});
    expect(errors.map((error) => error.code)).toEqual([code]);
  });

  test('each code of compose files has its case', () => {
    const codes = Object.keys(errorCodes).filter((code) => code.startsWith('COMPOSE_'));
    const covered = new Set<string>([...faults, ...placeless].map(({ code }) => code));
    expect(codes.filter((code) => !covered.has(code))).toEqual([]);
  });
});

test('values that cannot be read and references that lead nowhere are told together, in the order of the file', async () => {
  const text = web(
    '    depends_on: [db]\n    stop_grace_period: soon\n    volumes: [data:/d]\n    mem_limit: lots\n',
  );
  const errors = await errorsOf({ 'compose.yaml': text }, {});
  expect(errors.map((error) => [error.code, error.where?.line])).toEqual([
    ['COMPOSE_UNDEFINED', 4],
    ['COMPOSE_INVALID_VALUE', 5],
    ['COMPOSE_UNDEFINED', 6],
    ['COMPOSE_INVALID_VALUE', 7],
  ]);
});
