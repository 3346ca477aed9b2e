import { type Methods, pipelineValue, type Scope, within } from './evaluate.ts';
import { type Functions, functions } from './functions.ts';
import { goText, isTrue } from './go-value.ts';
import { type Node, type Pipeline, parseTemplate } from './parse-template.ts';
import { templateError } from './template-error.ts';

/** Ends a loop or an iteration; never leaves the renderer. */
class Leap extends Error {
  readonly to: 'break' | 'continue';

  constructor(to: 'break' | 'continue') {
    super(to);
    this.to = to;
  }
}

export interface TemplateOptions {
  readonly methods?: Methods;
  /** Default: those that Go and docker's clients have. */
  readonly functions?: Functions;
}

/**
 * A template of Go's text/template as a function of data.
 * @throws TcomposeError CLI_USAGE for a template that can't be parsed; the function for a missing field
 */
export function compileTemplate(
  template: string,
  { methods = {}, functions: given = functions }: TemplateOptions = {},
): (data: unknown) => string {
  const { nodes, templates } = parseTemplate(template);
  return (data) => {
    const out: string[] = [];
    renderAll(nodes, {
      dot: data,
      variables: new Map([['$', data]]),
      methods,
      functions: given,
      templates,
      out,
      depth: 0,
    });
    return out.join('');
  };
}

function renderAll(nodes: readonly Node[], scope: Scope): void {
  for (const node of nodes) render(node, scope);
}

function render(node: Node, scope: Scope): void {
  switch (node.kind) {
    case 'text':
      scope.out.push(node.text);
      return;
    case 'print': {
      const value = pipelineValue(node.pipeline, scope);
      if (node.pipeline.names.length === 0) scope.out.push(goText(value));
      return;
    }
    case 'break':
    case 'continue':
      throw new Leap(node.kind);
    case 'template':
      renderTemplate(node.name, node.pipeline, scope);
      return;
    case 'range':
      renderRange(node.pipeline, node.body, node.otherwise, scope);
      return;
    default: {
      const inside = within(scope, scope.dot);
      const value = pipelineValue(node.pipeline, inside);
      if (!isTrue(value)) renderAll(node.otherwise, inside);
      else renderAll(node.body, node.kind === 'with' ? { ...inside, dot: value } : inside);
    }
  }
}

/** Templates within templates: more are a circle. */
const deepest = 100;

function renderTemplate(name: string, pipeline: Pipeline | undefined, scope: Scope): void {
  const nodes = scope.templates.get(name);
  if (nodes === undefined) throw templateError(`there is no template "${name}"`);
  if (scope.depth >= deepest) throw templateError(`the template "${name}" contains itself`);
  const dot = pipeline === undefined ? undefined : pipelineValue(pipeline, within(scope, scope.dot));
  renderAll(nodes, { ...scope, dot, variables: new Map([['$', dot]]), depth: scope.depth + 1 });
}

function renderRange(
  pipeline: Pipeline,
  body: readonly Node[],
  otherwise: readonly Node[],
  scope: Scope,
): void {
  const { names, text } = pipeline;
  const entries = entriesOf(pipelineValue({ ...pipeline, names: [] }, scope), text);
  if (entries.length === 0) renderAll(otherwise, within(scope, scope.dot));
  for (const [key, one] of entries) {
    const inside = within(scope, one);
    if (names.length > 0) inside.variables.set(names.at(-1)!, one);
    if (names.length > 1) inside.variables.set(names[0]!, key);
    try {
      renderAll(body, inside);
    } catch (error) {
      if (!(error instanceof Leap)) throw error;
      if (error.to === 'break') break;
    }
  }
}

/** What a range iterates over: a list, a map by its sorted keys, or the numbers below a number. */
function entriesOf(value: unknown, text: string): readonly (readonly [unknown, unknown])[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return [...value.entries()];
  if (typeof value === 'object') return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  if (typeof value === 'number') return Array.from({ length: value }, (_, index) => [index, index]);
  throw templateError(`{{range ${text}}} can't go through ${goText(value)}`);
}
