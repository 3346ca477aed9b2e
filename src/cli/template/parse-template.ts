import { type Piece, splitTemplate } from './split-template.ts';
import { templateError } from './template-error.ts';
import { type Token, tokensOf } from './tokens.ts';

/** Something with a value. */
export type Operand =
  | { readonly kind: 'value'; readonly value: string | number | boolean | null }
  | { readonly kind: 'dot' }
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'pipeline'; readonly pipeline: Pipeline }
  | { readonly kind: 'fields'; readonly of: Operand; readonly names: readonly string[] };

/** An operand, and its arguments. */
export type Call = readonly [Operand, ...Operand[]];

export interface Pipeline {
  /** Variables that it is assigned to: `$x :=`, for `range` also `$i, $x :=`. */
  readonly names: readonly string[];
  readonly calls: readonly Call[];
  /** As it was written, for messages. */
  readonly text: string;
}

export type Node =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'print'; readonly pipeline: Pipeline }
  | {
      readonly kind: 'if' | 'range' | 'with';
      readonly pipeline: Pipeline;
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    }
  | { readonly kind: 'template'; readonly name: string; readonly pipeline: Pipeline | undefined }
  | { readonly kind: 'break' | 'continue' };

/** What `define` and `block` define, by name. */
export type Templates = ReadonlyMap<string, readonly Node[]>;

/** What of its surroundings a list of nodes is parsed by. */
interface Around {
  readonly inRange: boolean;
  readonly templates: Map<string, readonly Node[]>;
}

/** Parses a template of Go's text/template. Pure. @throws TcomposeError CLI_USAGE */
export function parseTemplate(template: string): {
  readonly nodes: readonly Node[];
  readonly templates: Templates;
} {
  const templates = new Map<string, readonly Node[]>();
  const { nodes, ended, rest } = parseList(splitTemplate(template), { inRange: false, templates });
  if (ended !== undefined) throw templateError(`{{${ended}}} stands where nothing is open`);
  if (rest.length > 0) throw templateError('it ends in the middle');
  return { nodes, templates };
}

interface Parsed {
  readonly nodes: Node[];
  /** `end`, `else`, `else if …`; undefined at the end of the template. */
  readonly ended: string | undefined;
  readonly rest: readonly Piece[];
}

function parseList(pieces: readonly Piece[], around: Around): Parsed {
  const nodes: Node[] = [];
  let rest = pieces;
  for (;;) {
    const [piece, ...more] = rest;
    if (piece === undefined) return { nodes, ended: undefined, rest: [] };
    rest = more;
    if (piece.kind === 'text') {
      nodes.push(piece);
      continue;
    }
    const [, keyword = '', argument = ''] = /^(\p{L}*)(?!\p{N}|_)\s*([\s\S]*)$/u.exec(piece.text) ?? [];
    if (keyword === 'end' || keyword === 'else') return { nodes, ended: piece.text, rest };
    if (keyword === 'if' || keyword === 'range' || keyword === 'with') {
      const block = parseBlock(keyword, argument, rest, around);
      nodes.push(block.node);
      rest = block.rest;
    } else if ((keyword === 'break' || keyword === 'continue') && argument === '') {
      if (!around.inRange) throw templateError(`{{${keyword}}} stands outside of a {{range}}`);
      nodes.push({ kind: keyword });
    } else if (keyword === 'define' || keyword === 'block' || keyword === 'template') {
      const named = parseNamed(keyword, argument, rest, around);
      if (named.node !== undefined) nodes.push(named.node);
      rest = named.rest;
    } else nodes.push({ kind: 'print', pipeline: parsePipeline(piece.text) });
  }
}

/** `define` and `block` have a body up to their `end`; `template` and `block` put one in this place. */
function parseNamed(
  kind: 'define' | 'block' | 'template',
  argument: string,
  pieces: readonly Piece[],
  { templates }: Around,
): { readonly node: Node | undefined; readonly rest: readonly Piece[] } {
  const [name] = tokensOf(argument);
  if (name?.kind !== 'value' || typeof name.value !== 'string')
    throw templateError(`{{${kind}}} needs a name in quotes`);
  const value = argument.slice(/^(?:"(?:[^"\\]|\\.)*"|`[^`]*`)\s*/.exec(argument)?.[0].length ?? 0);
  let rest = pieces;
  if (kind !== 'template') {
    const body = parseList(pieces, { inRange: false, templates });
    if (body.ended !== 'end') throw templateError(`{{${kind} ${argument}}} has no {{end}}`);
    templates.set(name.value, body.nodes);
    rest = body.rest;
  }
  const pipeline = value === '' ? undefined : parsePipeline(value);
  return { node: kind === 'define' ? undefined : { kind: 'template', name: name.value, pipeline }, rest };
}

function parseBlock(
  kind: 'if' | 'range' | 'with',
  argument: string,
  pieces: readonly Piece[],
  around: Around,
): { readonly node: Node; readonly rest: readonly Piece[] } {
  const pipeline = parsePipeline(argument);
  const body = parseList(pieces, { ...around, inRange: around.inRange || kind === 'range' });
  if (body.ended === undefined) throw templateError(`{{${kind} ${argument}}} has no {{end}}`);
  if (body.ended === 'end')
    return { node: { kind, pipeline, body: body.nodes, otherwise: [] }, rest: body.rest };
  const again = /^else\s+(if|with)\s+([\s\S]*)$/.exec(body.ended);
  if (again !== null) {
    const { node, rest } = parseBlock(again[1] as 'if', again[2]!, body.rest, around);
    return { node: { kind, pipeline, body: body.nodes, otherwise: [node] }, rest };
  }
  const otherwise = parseList(body.rest, around);
  if (otherwise.ended !== 'end')
    throw templateError(`the {{else}} of {{${kind} ${argument}}} has no {{end}}`);
  return { node: { kind, pipeline, body: body.nodes, otherwise: otherwise.nodes }, rest: otherwise.rest };
}

function parsePipeline(text: string): Pipeline {
  const tokens = tokensOf(text);
  const pipeline = pipelineOf(tokens, text);
  if (tokens.length > 0) throw templateError(`{{${text}}} has a ) too many`);
  return pipeline;
}

const isSign = (token: Token | undefined, sign: string): boolean =>
  token?.kind === 'sign' && token.sign === sign;

/** Takes the tokens up to the end or a closing parenthesis, which is not taken. */
function pipelineOf(tokens: Token[], text: string): Pipeline {
  const names = namesOf(tokens);
  const calls: Call[] = [];
  do {
    if (isSign(tokens[0], '|')) tokens.shift();
    const call: Operand[] = [];
    while (tokens.length > 0 && !isSign(tokens[0], '|') && !isSign(tokens[0], ')'))
      call.push(operandOf(tokens, text));
    const [first, ...others] = call;
    if (first === undefined) throw templateError(`a value is missing in {{${text}}}`);
    calls.push([first, ...others]);
  } while (isSign(tokens[0], '|'));
  return { names, calls, text };
}

function namesOf(tokens: Token[]): string[] {
  const end = tokens.findIndex((token) => isSign(token, ':=') || isSign(token, '='));
  if (end < 0) return [];
  return tokens.splice(0, end + 1).flatMap((token) => (token.kind === 'variable' ? [token.name] : []));
}

function operandOf(tokens: Token[], text: string): Operand {
  const token = tokens.shift()!;
  let operand: Operand;
  if (token.kind === 'value') operand = token;
  else if (token.kind === 'variable') operand = token;
  else if (token.kind === 'word') operand = { kind: 'function', name: token.word };
  else if (token.kind === 'fields')
    operand =
      token.names.length === 0
        ? { kind: 'dot' }
        : { kind: 'fields', of: { kind: 'dot' }, names: token.names };
  else if (token.sign === '(') {
    operand = { kind: 'pipeline', pipeline: pipelineOf(tokens, text) };
    if (!isSign(tokens.shift(), ')')) throw templateError(`a ) is missing in {{${text}}}`);
  } else throw templateError(`"${token.sign}" is out of place in {{${text}}}`);
  const [next] = tokens;
  if (next?.kind === 'fields' && next.glued && next.names.length > 0) {
    tokens.shift();
    return { kind: 'fields', of: operand, names: next.names };
  }
  return operand;
}
