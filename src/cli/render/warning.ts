import { visible } from '../../visible.ts';

/** A warning in the form that all human-readable renderers use. */
export function warningText(message: string, hint: string | undefined, color: boolean): string {
  const head = color ? '\u001b[33;1mwarning:\u001b[0m' : 'warning:';
  return `${head} ${visible(message)}\n${hint === undefined ? '' : `hint: ${visible(hint)}\n`}`;
}
