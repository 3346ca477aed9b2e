import { nearest } from '../../nearest.ts';
import type { Functions } from './functions.ts';
import { isTrue } from './go-value.ts';
import type { Call, Operand, Pipeline, Templates } from './parse-template.ts';
import { templateError } from './template-error.ts';

/** Functions that belong to the data, called like a field: `{{.Label "key"}}`. */
export type Methods = Readonly<Record<string, (data: unknown, ...values: readonly unknown[]) => unknown>>;

/** The context in which a template is evaluated. */
export interface Scope {
  readonly dot: unknown;
  readonly variables: Map<string, unknown>;
  readonly methods: Methods;
  readonly functions: Functions;
  /** What is defined by name. */
  readonly templates: Templates;
  /** How many templates this one is within. */
  readonly depth: number;
  /** The output so far. */
  readonly out: string[];
}

/** A scope inside another one: variables set in it end with it. */
export const within = (scope: Scope, dot: unknown): Scope => ({
  ...scope,
  dot,
  variables: new Map(scope.variables),
});

/** The value of a pipeline, which is also assigned to its variables. @throws TcomposeError CLI_USAGE for a missing field */
export function pipelineValue(pipeline: Pipeline, scope: Scope): unknown {
  let value: unknown;
  for (const [index, call] of pipeline.calls.entries())
    value = called(call, index === 0 ? [] : [value], scope, pipeline.text);
  for (const name of pipeline.names) scope.variables.set(name, value);
  return value;
}

/** A call's value; `piped` is the value of the previous call. */
function called([first, ...others]: Call, piped: readonly unknown[], scope: Scope, text: string): unknown {
  const values = (): unknown[] => [...others.map((one) => operandValue(one, scope, text)), ...piped];
  if (first.kind === 'function') {
    // These evaluate only as many operands as necessary.
    if (first.name === 'and' || first.name === 'or') {
      if (others.length + piped.length === 0) throw templateError(`${first.name} of nothing`);
      let value: unknown;
      for (const one of others) {
        value = operandValue(one, scope, text);
        if (isTrue(value) === (first.name === 'or')) return value;
      }
      return piped.length > 0 ? piped[0] : value;
    }
    return functionNamed(first.name, scope.functions)(...values());
  }
  if (first.kind === 'fields' && first.of.kind === 'dot' && first.names.length === 1) {
    const method = Object.hasOwn(scope.methods, first.names[0]!) ? scope.methods[first.names[0]!] : undefined;
    if (method !== undefined && values().length > 0) return method(scope.dot, ...values());
  }
  if (others.length + piped.length > 0) throw templateError(`{{${text}}} gives arguments to what takes none`);
  return operandValue(first, scope, text);
}

function functionNamed(name: string, functions: Functions): (...values: readonly unknown[]) => unknown {
  if (Object.hasOwn(functions, name)) return functions[name]!;
  const known = [...Object.keys(functions), 'and', 'or'].sort();
  const close = nearest(name, known);
  const meant = close === undefined ? '' : `; did you mean "${close}"?`;
  throw templateError(`function "${name}" not defined${meant}`, `There are ${known.join(', ')}.`);
}

function operandValue(operand: Operand, scope: Scope, text: string): unknown {
  switch (operand.kind) {
    case 'value':
      return operand.value;
    case 'dot':
      return scope.dot;
    case 'variable':
      if (!scope.variables.has(operand.name)) throw templateError(`undefined variable "${operand.name}"`);
      return scope.variables.get(operand.name);
    case 'function':
      return called([operand], [], scope, text);
    case 'pipeline':
      return pipelineValue(operand.pipeline, within(scope, scope.dot));
    case 'fields': {
      let value = operandValue(operand.of, scope, text);
      for (const name of operand.names) value = fieldOf(value, name, text);
      return value;
    }
  }
}

function fieldOf(value: unknown, name: string, text: string): unknown {
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, name))
    return (value as Record<string, unknown>)[name];
  const fields = typeof value === 'object' && value !== null ? Object.keys(value).join(', ') : 'none';
  throw templateError(
    `there is no field "${name}" in {{${text}}}`,
    `The fields there are ${fields || 'none'}.`,
  );
}
