import { type Out, OutMap, RawNumber } from '../codec/out.ts';

/**
 * A document in the form of Go's `encoding/json` with an indent of two: `<`, `>`, `&` and the line separators are
 * escaped. No line feed at the end. Without `indent`, everything is on one line without blanks.
 */
export function writeJson(document: Out, indent = '  '): string {
  return write(document, '', indent);
}

function write(node: Out, margin: string, step: string): string {
  if (node instanceof RawNumber) return node.digits;
  if (node instanceof OutMap) {
    const entries = node.entries.map(([key, value]) => {
      const text = write(value, margin + step, step);
      return `${quote(key)}:${step === '' ? '' : ' '}${text}`;
    });
    return wrap('{', '}', entries, margin, step);
  }
  if (typeof node === 'string') return quote(node);
  if (typeof node !== 'object' || node === null) return String(node);
  return wrap(
    '[',
    ']',
    node.map((item) => write(item, margin + step, step)),
    margin,
    step,
  );
}

function wrap(open: string, close: string, items: readonly string[], margin: string, step: string): string {
  if (items.length === 0 || step === '') return `${open}${items.join(',')}${close}`;
  const inner = `\n${margin}${step}`;
  return `${open}${inner}${items.join(`,${inner}`)}\n${margin}${close}`;
}

const quote = (text: string): string =>
  JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (char) => {
    return `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
