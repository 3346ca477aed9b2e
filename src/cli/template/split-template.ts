import { templateError } from './template-error.ts';

/** A piece of a template: literal text, or what is between braces. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly text: string };

const opening = /\{\{(?:-(?=\s))?/g;

/**
 * Splits a template into text and actions. `{{- ` and ` -}}` remove the white space around an action; comments are
 * dropped. Pure.
 * @throws TcomposeError CLI_USAGE for unclosed braces
 */
export function splitTemplate(template: string): Piece[] {
  const pieces: Piece[] = [];
  let at = 0;
  let trim = false;
  const text = (until: number, trimEnd: boolean): void => {
    let part = template.slice(at, until);
    if (trim) part = part.trimStart();
    if (trimEnd) part = part.trimEnd();
    if (part !== '') pieces.push({ kind: 'text', text: part });
  };
  for (;;) {
    opening.lastIndex = at;
    const open = opening.exec(template);
    if (open === null) break;
    text(open.index, open[0].endsWith('-'));
    const start = open.index + open[0].length;
    const end = endOfAction(template, start);
    const inner = template.slice(start, end);
    trim = /\s-$/.test(inner);
    const action = (trim ? inner.slice(0, -1) : inner).trim();
    if (!/^\/\*[\s\S]*\*\/$/.test(action)) pieces.push({ kind: 'action', text: action });
    at = end + 2;
  }
  text(template.length, false);
  return pieces;
}

/** Position of the `}}` that ends an action; those in quotes don't. */
function endOfAction(template: string, start: number): number {
  const parts = /"(?:[^"\\\n]|\\.)*"|`[^`]*`|'(?:[^'\\\n]|\\.)*'|\}\}/g;
  parts.lastIndex = start;
  for (let part = parts.exec(template); part !== null; part = parts.exec(template))
    if (part[0] === '}}') return part.index;
  throw templateError(`it has a {{ without its }}: ${template}`);
}
