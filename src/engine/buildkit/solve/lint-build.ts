import type { BuildEvent } from '../../api/build.ts';
import type { Engine } from '../../context.ts';
import { withHint } from '../../error-body.ts';
import { openBuild } from './open-build.ts';
import { carryOut } from './run-build.ts';
import type { Solve } from './solves.ts';
import { ruleAddress } from './vertices.ts';

type Warning = Extract<BuildEvent, { type: 'warning' }>;
type Failure = Extract<BuildEvent, { type: 'error' }>;

/** The request for checks only: `docker build --check`. */
export const lintQuestion = 'frontend.lint';

/**
 * Checks a Dockerfile; findings are metadata of the answer, and so are errors in the Dockerfile.
 * @throws GrpcError when there is no Dockerfile
 */
export async function lintBuild(
  engine: Engine,
  solve: Solve,
  attributes: ReadonlyMap<string, string>,
  inputs: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, Buffer>> {
  const nothing = { kind: 'nothing' } as const;
  const opened = await openBuild(engine, solve, attributes, inputs, nothing);
  const warnings: Warning[] = [];
  const asked = { ...opened, request: { ...opened.request, only: 'check' as const } };
  const last = await carryOut(engine, solve, asked, nothing, async (event) => {
    if (event.type === 'warning') warnings.push(event);
  });
  return lintAnswer(warnings, opened.brought.text, last?.type === 'error' ? last : undefined);
}

/** What clients print: as JSON in the form of BuildKit's `lint.LintResults`, and as text. Pure. */
export function lintAnswer(
  warnings: readonly Warning[],
  dockerfile: string,
  failure?: Failure,
): ReadonlyMap<string, Buffer> {
  const told = [...warnings, ...(failure === undefined ? [] : [failure])];
  const file = told.find(({ where }) => where !== undefined)?.where?.file ?? 'Dockerfile';
  const json = {
    warnings: warnings.map(({ rule = '', message, where }) => ({
      ruleName: rule,
      description: message,
      url: rule === '' ? '' : ruleAddress(rule),
      detail: message,
      location: locationOf(where),
    })),
    ...(failure === undefined
      ? {}
      : {
          buildError: {
            message: withHint(failure.message, failure.hint),
            location: locationOf(failure.where),
          },
        }),
    sources:
      told.length === 0
        ? []
        : [{ filename: file, data: Buffer.from(dockerfile).toString('base64'), language: 'Dockerfile' }],
  };
  const text = warnings.map(
    ({ rule, message, where }) =>
      `\nWARNING: ${rule === undefined ? '' : `${rule} - ${ruleAddress(rule)}\n`}${message}\n${where === undefined ? '' : `${where.file}:${where.line}\n`}`,
  );
  const metadata = {
    'result.json': JSON.stringify(json),
    'result.txt': [...text, ...(failure === undefined ? [] : [`\nERROR: ${failure.message}\n`])].join(''),
    'result.statuscode': told.length === 0 ? '0' : '1',
    version: '1.0.0',
  };
  return new Map(Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value)]));
}

const locationOf = (where: Warning['where']) =>
  where === undefined
    ? {}
    : { ranges: [{ start: { line: where.line }, end: { line: where.endLine ?? where.line } }] };
