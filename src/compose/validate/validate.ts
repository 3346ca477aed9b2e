import type { ErrorCode } from '../../error-codes.ts';
import type { TcomposeError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import type { Shape } from '../generated/attributes.ts';
import { validate as matchesSchema, type SchemaBreach } from '../generated/validate-schema.js';
import { typeHint } from '../interpolate/type-hint.ts';
import type { Positions } from '../positions.ts';
import { inFileOrder, maxProblems, problem } from '../problems.ts';
import { formatPath, isList, isMap, nodeAt, own, type Tree, type TreeMap, type TreePath } from '../tree.ts';
import { attributeHint, resolve } from './attribute-hint.ts';

interface Complaint {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
  /** Its place, if that isn't the node that the violation names. */
  readonly path?: TreePath;
}

/**
 * Every violation of schemas/compose-file.schema.json in a merged tree, in the order of the file, with messages like
 * Docker Compose's, and the nearest attribute for an unknown one. At most `maxProblems`; empty when the tree is
 * well-formed.
 */
export function validate(tree: TreeMap, positions: Positions): TcomposeError[] {
  if (matchesSchema(tree)) return [];
  const found = matchesSchema.errors ?? [];
  const mistyped = new Set(
    found.filter((breach) => breach.keyword === 'type').map((breach) => breach.instancePath),
  );
  const breaches = found.filter((breach) => breach.keyword !== 'enum' || !mistyped.has(breach.instancePath));
  const errors = breaches.slice(0, maxProblems).map((breach) => {
    const path = pathOf(tree, breach.instancePath);
    const complaint = complain(breach, path, tree);
    return problem(complaint.code, complaint.message, positions, complaint.path ?? path, {
      ...(complaint.hint === undefined ? {} : { hint: complaint.hint }),
    });
  });
  return inFileOrder(errors);
}

/** A JSON pointer as a path in the tree, with list indexes as numbers. */
function pathOf(tree: Tree, pointer: string): TreePath {
  const path: (string | number)[] = [];
  let node: Tree | undefined = tree;
  for (const step of pointer.split('/').slice(1)) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    path.push(isList(node) ? Number(key) : key);
    node = nodeAt(node ?? null, [path.at(-1)!]);
  }
  return path;
}

function complain(breach: SchemaBreach, path: TreePath, tree: Tree): Complaint {
  const where = formatPath(path) || 'the file';
  const { params } = breach;
  switch (breach.keyword) {
    case 'additionalProperties':
      return unknownAttribute(path, String(params.additionalProperty), tree);
    case 'type':
      return wrongType(path, where, [params.type].flat() as string[], nodeAt(tree, path));
    case 'required':
      return {
        code: 'COMPOSE_MISSING_ATTRIBUTE',
        message: `${where}: attribute "${String(params.missingProperty)}" is missing`,
      };
    case 'enum':
      return oneOf(where, params.allowedValues as string[], nodeAt(tree, path));
    case 'uniqueItems': {
      const item = [...path, Number(params.duplicate)];
      return {
        code: 'COMPOSE_DUPLICATE',
        message: `${formatPath(item)} repeats an item of the same list`,
        path: item,
      };
    }
    case 'minimum':
      return { code: 'COMPOSE_INVALID_VALUE', message: `${where} must be at least ${String(params.limit)}` };
    case 'maximum':
      return { code: 'COMPOSE_INVALID_VALUE', message: `${where} must be at most ${String(params.limit)}` };
    default:
      return { code: 'COMPOSE_INVALID_VALUE', message: `${where} ${patternSentence(path)}` };
  }
}

function patternSentence(path: TreePath): string {
  switch (path.at(-1)) {
    case 'pull_policy':
      return 'must be always, never, missing, build, daily, weekly or every_<duration>';
    case 'container_name':
      return 'must have two characters or more of [a-zA-Z0-9_.-], the first a letter or digit';
    default:
      return 'must be "all" or a list of device requests';
  }
}

function unknownAttribute(path: TreePath, key: string, tree: Tree): Complaint {
  const shape = shapeAt(path);
  const where = formatPath(path);
  if (shape?.keys === undefined) {
    const code = 'COMPOSE_INVALID_NAME';
    if (key === '') return { code, message: `${where} has an empty key` };
    const hint = 'Letters, digits, ".", "_" and "-" make up a name.';
    return { code, message: `${where}: invalid name "${key}"`, hint, path: [...path, key] };
  }
  const hint =
    attributeHint(path, key, shape) ??
    (path.length === 0 && looksLikeService(nodeAt(tree, [key]))
      ? 'A service belongs under "services".'
      : 'Keys of your own begin with "x-".');
  const message = `${where === '' ? '' : `${where}: `}unknown attribute "${key}"`;
  return { code: 'COMPOSE_UNKNOWN_ATTRIBUTE', message, hint, path: [...path, key] };
}

const looksLikeService = (node: Tree | undefined): boolean =>
  isMap(node) && (own(node, 'image') !== undefined || own(node, 'build') !== undefined);

/** The schema of the node at a path. */
function shapeAt(path: TreePath): Shape | undefined {
  let shape = resolve('ComposeFile');
  for (const step of path) {
    if (shape === undefined) return undefined;
    if (typeof step === 'number') shape = resolve(shape.items);
    else if (shape.keys !== undefined && Object.hasOwn(shape.keys, step)) shape = resolve(shape.keys[step]);
    else shape = resolve(shape.any);
  }
  return shape;
}

const nouns: Readonly<Record<string, string>> = {
  object: 'a mapping',
  array: 'a list',
  string: 'a string',
  number: 'a number',
  integer: 'an integer',
  boolean: 'a boolean',
  null: 'empty',
};

const serviceAttributes = new Set(Object.keys(resolve('Service')?.keys ?? {}));

function wrongType(
  path: TreePath,
  where: string,
  types: readonly string[],
  node: Tree | undefined,
): Complaint {
  // A string is accepted for a boolean or a number because variables are strings; nobody writes one on purpose.
  const wanted = types.filter((type) => type !== 'string' || !types.includes('boolean') || types.length > 2);
  const message = `${where} must be ${wanted.map((type) => nouns[type] ?? type).join(' or ')}`;
  const around = shapeAt(path.slice(0, -1));
  const listMayBeMapping = around?.any !== undefined || around?.keys !== undefined;
  return {
    code: 'COMPOSE_TYPE',
    message,
    hint: typeHint({ path, types, listMayBeMapping, serviceAttributes }, node),
  };
}

function oneOf(where: string, allowed: readonly string[], node: Tree | undefined): Complaint {
  const near = typeof node === 'string' ? nearest(node, allowed) : undefined;
  const message = `${where} must be one of ${allowed.join(', ')}`;
  const hint = near === undefined ? undefined : `Did you mean "${near}"?`;
  return { code: 'COMPOSE_INVALID_VALUE', message, ...(hint === undefined ? {} : { hint }) };
}
