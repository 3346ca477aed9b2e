import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detectDirective, readCheckOptions } from '../../../src/build/dockerfile/directives.ts';
import { parseDockerfile } from '../../../src/build/dockerfile/parse.ts';
import { readDockerfile } from '../../../src/build/instruction/read-dockerfile.ts';
import { lint } from '../../../src/build/lint/lint.ts';
import { type BuildOptions, plainOptions } from '../../../src/build/plan/options.ts';
import { planBuild } from '../../../src/build/plan/planner.ts';
import { newNotes } from '../../../src/build/plan/stages/notes.ts';
import type { BaseImage, BuildPlan } from '../../../src/build/plan/types.ts';
import type { TcomposeError } from '../../../src/errors.ts';
import { buildArgs, buildCases, casesPresent, type NamedCase } from './cases.ts';

const busybox: BaseImage = {
  id: `sha256:${'0'.repeat(64)}`,
  config: {},
  os: 'linux',
  architecture: 'amd64',
  layers: 1,
};
const images = new Map([['docker.io/library/busybox:latest', busybox]]);

function options({ given }: NamedCase): BuildOptions {
  const { flags = [] } = given;
  const value = (flag: string) => flags.flatMap((one, at) => (one === flag ? [flags[at + 1] ?? ''] : []));
  return {
    ...plainOptions,
    buildArgs: buildArgs(given),
    target: given.target,
    noCache: flags.includes('--no-cache'),
    noCacheFilter: new Set(value('--no-cache-filter')),
    extraHosts: value('--add-host'),
    contexts: new Map(
      Object.entries(given.contexts ?? {}).map(([name, source]) => [
        name,
        source.startsWith('docker-image://')
          ? { kind: 'image', reference: source.slice('docker-image://'.length) }
          : { kind: 'directory' },
      ]),
    ),
  };
}

function dockerfileOf({ folder, given }: NamedCase): string | undefined {
  const names = [given.dockerfile ?? given.dockerfile_stdin ?? 'Dockerfile', 'dockerfile'];
  const paths = given.dockerfile_outside
    ? [join(folder, given.dockerfile_outside)]
    : names.map((name) => join(folder, 'context', name));
  return paths.find(existsSync);
}

/** Rules that look at the files of the context or the images. */
const needFiles = /^(?:CopyIgnoredFile|InvalidBaseImagePlatform)/;

/** Each remark once: BuildKit repeats them, and suggests names that have nothing in common with the one that is unknown. */
const once = (texts: readonly string[]): readonly string[] =>
  [...new Set(texts.map((text) => text.replace(/ \(did you mean \$\w\?\)/, '')))].sort();

/** Remarks, as BuildKit words them in a build. */
function remarks(one: NamedCase): readonly string[] {
  const text = readFileSync(dockerfileOf(one)!, 'utf8');
  const parsed = parseDockerfile(text, 'Dockerfile');
  const checks = readCheckOptions(detectDirective('check', text)?.text ?? '');
  const notes = newNotes();
  const dockerfile = readDockerfile(parsed);
  planBuild(dockerfile, options(one), images, notes);
  const found = lint(parsed, dockerfile, notes, checks);
  return found.map(({ rule, message, range }) => `${rule}: ${message} (line ${range.start})`);
}

function planned(one: NamedCase): BuildPlan | TcomposeError {
  try {
    const text = readFileSync(dockerfileOf(one)!, 'utf8');
    const result = planBuild(readDockerfile(parseDockerfile(text, 'Dockerfile')), options(one), images);
    if (result.kind === 'needs') throw new Error(`needs ${result.images[0]?.reference}`);
    return result.plan;
  } catch (error) {
    return error as TcomposeError;
  }
}

/** What the planner cannot see: it happens when the plan is carried out, or needs files. */
const later =
  /^(?:process |failed to compute cache key|cannot copy to non-directory|cannot replace to directory|open \/|mkdir |failed to get build context|illegal exclusion|failed to parse check|invalid syntax|invalid chmod|invalid SOURCE_DATE_EPOCH|the Dockerfile cannot be empty|.*(?:not found|could not be resolved))/;
/** Cases whose Dockerfile is made by their setup, needs images that are built first, or whose outcome is not an image. */
const elsewhere = ({ name, given, folder, expected }: NamedCase): boolean =>
  given.prepare !== undefined ||
  given.steps !== undefined ||
  // BuildKit numbers the steps of a stage that a trigger brings in past their total.
  name === 'onbuild-copy-from-stage' ||
  !['image', 'local', 'tar', undefined].includes(given.output) ||
  dockerfileOf({ folder, given, expected, name: '' }) === undefined;

/** Left out of the expected configuration where empty. */
function shownConfig(plan: BuildPlan): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(plan.result.config).filter(
      ([, value]) =>
        value !== null &&
        value !== '' &&
        value !== undefined &&
        !(Array.isArray(value) && value.length === 0),
    ),
  );
}

describe.skipIf(!casesPresent)('planning, by what BuildKit made of the cases', () => {
  const cases = buildCases().filter((one) => !elsewhere(one));

  test.each(cases.filter(({ expected }) => expected.error === undefined))('$name', (one) => {
    const plan = planned(one);
    if (plan instanceof Error) throw plan;
    const { expected } = one;
    if (expected.config !== undefined) expect(shownConfig(plan)).toEqual(expected.config);
    if (expected.history !== undefined)
      expect(plan.result.history.map(({ createdBy, step }) => [createdBy, step === undefined])).toEqual(
        expected.history.map(({ created_by, empty_layer }) => [created_by, empty_layer]),
      );
    expect(plan.result.author).toBe(expected.author);
    const told = (expected.warnings ?? []).map(({ text }) => text).filter((text) => !needFiles.test(text));
    expect(once(remarks(one))).toEqual(once(told));
    const names = plan.steps.map(({ name }) => name).sort();
    if (expected.vertices !== undefined)
      expect(names).toEqual(
        expect.arrayContaining(expected.vertices.filter((name) => !/LINK|\[context/.test(name))),
      );
  });

  test.each(cases.filter(({ expected }) => expected.error !== undefined && !later.test(expected.error)))(
    '$name',
    (one) => {
      const error = planned(one);
      if (!(error instanceof Error)) throw new Error('was planned');
      expect(error.message).toBe(one.expected.error);
      if (one.expected.where !== undefined)
        expect(`Dockerfile:${error.where?.line}`).toBe(one.expected.where);
    },
  );
});
