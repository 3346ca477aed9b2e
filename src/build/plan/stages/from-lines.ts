import { TcomposeError } from '../../../errors.ts';
import { faultAt, placed } from '../../dockerfile/fault.ts';
import type { LineRange } from '../../dockerfile/node.ts';
import { expand } from '../../expand/expand.ts';
import type { Dockerfile, Stage } from '../../instruction/types.ts';
import { suggested } from '../../suggest.ts';
import { isReference } from '../plan-images.ts';
import { parsePlatform } from '../platform.ts';
import type { Platform, Warning } from '../types.ts';

/** What a FROM refers to after expansion of its variables. */
export interface FromLine {
  readonly image: string;
  /** Undefined if no platform is named. */
  readonly platform: Platform | undefined;
}

export interface FromSurroundings {
  readonly file: Dockerfile;
  /** The predefined platform arguments. */
  readonly platforms: ReadonlyMap<string, string>;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly buildPlatform: Platform;
  readonly warn: (warning: Warning) => void;
}

type Values = ReadonlyMap<string, string>;

/**
 * Values of ARGs before the first FROM: a build argument, else the default, expanded with the values so far. @throws
 * TcomposeError BUILD_EXPANSION
 */
export function globalArguments({ file, platforms, buildArgs }: FromSurroundings): Values {
  const values = new Map(platforms);
  for (const name of platforms.keys()) {
    const given = buildArgs.get(name);
    if (given !== undefined) values.set(name, given);
  }
  for (const { args, range } of file.globals)
    for (const { name, value } of args) {
      const own = value === undefined ? undefined : expanded(file, value, range, values).result;
      const result = buildArgs.get(name) ?? own;
      if (result !== undefined) values.set(name, result);
    }
  return values;
}

/**
 * What the FROM of each stage refers to, needed or not, in the order of the stages.
 * @throws TcomposeError BUILD_DOCKERFILE, BUILD_EXPANSION
 */
export function fromLines(around: FromSurroundings, globals: Values): readonly FromLine[] {
  checkDefaults(around);
  return around.file.stages.map((stage) => fromLine(stage, around, globals));
}

function expanded(file: Dockerfile, text: string, range: LineRange, values: Values) {
  const { escapeToken } = file;
  return placed(file, range, () => expand(text, values, { escapeToken }));
}

function fromLine({ from }: Stage, around: FromSurroundings, globals: Values): FromLine {
  const { file } = around;
  const { image, range, platform } = from;
  const { result, unmatched } = expanded(file, image, range, globals);
  for (const name of unmatched) undeclared(name, range, around);
  if (result.trim() === '') throw faultAt(file, range, `base name (${image}) should not be blank`);
  if (platform === undefined || platform === '') return { image: result, platform: undefined };
  return { image: result, platform: platformOf(platform, range, around, globals) };
}

function platformOf(text: string, range: LineRange, around: FromSurroundings, globals: Values): Platform {
  const { file, warn, buildPlatform } = around;
  const { result, matched, unmatched } = expanded(file, text, range, globals);
  for (const name of unmatched) undeclared(name, range, around);
  const target = 'TARGETPLATFORM';
  const alone = matched.size === 1 && matched.has(target) && unmatched.size === 0;
  if (alone && result === globals.get(target)) {
    const message = `Setting platform to predefined ${text} in FROM is redundant as this is the default behavior`;
    warn({ rule: 'RedundantTargetPlatform', message, range });
  }
  if (result === '') throw faultAt(file, range, `empty platform value from expression ${text}`);
  return placed(file, range, () => parsePlatform(result, buildPlatform));
}

function undeclared(name: string, range: LineRange, { file, warn }: FromSurroundings): void {
  const declared = file.globals.flatMap(({ args }) => args.map((arg) => arg.name));
  if (declared.includes(name)) return;
  const close = suggested(name, declared, false);
  const meant = close === undefined ? '' : ` (did you mean ${close}?)`;
  const message = `FROM argument '${name}' is not declared${meant}`;
  warn({ rule: 'UndefinedArgInFrom', message, range });
}

/** Checks for image names that are invalid unless an argument is given. */
function checkDefaults(around: FromSurroundings): void {
  for (const { from } of around.file.stages) {
    if (isNamedByDefault(from, around)) continue;
    const message = `Default value for ARG ${from.image} results in empty or invalid base image name`;
    around.warn({ rule: 'InvalidDefaultArgInFrom', message, range: from.range });
  }
}

function isNamedByDefault({ image, range }: Stage['from'], around: FromSurroundings): boolean {
  try {
    const defaults = globalArguments({ ...around, buildArgs: new Map() });
    return isReference(expanded(around.file, image, range, defaults).result);
  } catch (error) {
    // It requires an argument to be given.
    if (error instanceof TcomposeError) return true;
    throw error;
  }
}
