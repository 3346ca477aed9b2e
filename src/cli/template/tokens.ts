import { templateError } from './template-error.ts';

export type Token =
  | { readonly kind: 'value'; readonly value: string | number | boolean | null }
  /** `.A.B`; without names: the dot itself. `glued`: there is no space between it and the previous token. */
  | { readonly kind: 'fields'; readonly names: readonly string[]; readonly glued: boolean }
  /** `$` and `$name`. */
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'sign'; readonly sign: '(' | ')' | '|' | ':=' | '=' | ',' };

const pattern =
  /("(?:[^"\\]|\\.)*"|`[^`]*`|'(?:[^'\\]|\\.)+')|([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|0[xX][\da-fA-F]+)(?![\w.])|((?:\.[\p{L}_][\p{L}\p{N}_]*)+|\.)|(\$[\p{L}\p{N}_]*)|([\p{L}_][\p{L}\p{N}_]*)|(:=|[()|=,])/uy;

/** The tokens of an action. Pure. @throws TcomposeError CLI_USAGE for an invalid one */
export function tokensOf(action: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < action.length; ) {
    if (/\s/.test(action[at]!)) {
      at += 1;
      continue;
    }
    pattern.lastIndex = at;
    const found = pattern.exec(action);
    if (found === null) throw templateError(`{{${action}}} can't be read from ${action.slice(at)} on`);
    tokens.push(tokenOf(found, at > 0 && !/[\s(|,=]/.test(action[at - 1]!)));
    at = pattern.lastIndex;
  }
  return tokens;
}

function tokenOf([all, text, number, fields, variable, word]: RegExpExecArray, glued: boolean): Token {
  if (text !== undefined) return { kind: 'value', value: literal(text) };
  if (number !== undefined) return { kind: 'value', value: Number(number) };
  if (fields !== undefined)
    return { kind: 'fields', names: fields.split('.').filter((name) => name !== ''), glued };
  if (variable !== undefined) return { kind: 'variable', name: variable };
  if (word === 'true' || word === 'false') return { kind: 'value', value: word === 'true' };
  if (word === 'nil') return { kind: 'value', value: null };
  if (word !== undefined) return { kind: 'word', word };
  return { kind: 'sign', sign: all as '(' };
}

/** A constant in Go's syntax: a raw string, a string with escapes, or a character, which is a number. */
function literal(text: string): string | number {
  if (text.startsWith('`')) return text.slice(1, -1);
  const plain = text.slice(1, -1).replace(/\\(x[\da-fA-F]{2}|u[\da-fA-F]{4}|.)/gs, (_, code: string) => {
    if (/^[xu]./.test(code)) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    return { n: '\n', t: '\t', r: '\r' }[code] ?? code;
  });
  return text.startsWith("'") ? (plain.codePointAt(0) ?? 0) : plain;
}
