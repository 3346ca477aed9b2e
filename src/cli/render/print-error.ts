import { TcomposeError, TcomposeErrors } from '../../errors.ts';
import { visible, visibleLine } from '../../visible.ts';
import { displayWidth } from './width.ts';

interface ErrorStyle {
  readonly color: boolean;
  /** Also print causes and the stack of an unexpected error. */
  readonly verbose: boolean;
}

const paint = (on: boolean, code: string, text: string) => (on ? `\u001b[${code}m${text}\u001b[0m` : text);

/**
 * The form of every error on a terminal: message, then the place with its source line and a caret, then the hint.
 * Several errors are separated by empty lines. Nothing that a message quotes can control the terminal.
 */
export function formatError(error: unknown, style: ErrorStyle): string {
  if (error instanceof TcomposeErrors)
    return error.errors.map((one) => formatError(one, style)).join(error.errors.length > 1 ? '\n' : '');
  const lines: string[] = [];
  const head = paint(style.color, '31;1', 'error:');
  if (error instanceof TcomposeError) {
    lines.push(`${head} ${visible(error.message)}`);
    if (error.where !== undefined) {
      const { file, line, column, sourceLine } = error.where;
      const gutter = String(line);
      lines.push(`${' '.repeat(gutter.length)} --> ${visibleLine(file)}:${line}:${column}`);
      if (sourceLine !== undefined) {
        // Tabs are kept in the caret's line so that it is under the right character, whatever their width.
        const before = visible(sourceLine.slice(0, column - 1)).split('\t');
        const pad = before.map((part) => ' '.repeat(displayWidth(part))).join('\t');
        lines.push(
          `${gutter} | ${visible(sourceLine)}`,
          `${' '.repeat(gutter.length)} | ${pad}${paint(style.color, '31', '^')}`,
        );
      }
    }
    if (error.hint !== undefined) lines.push(`${paint(style.color, '36', 'hint:')} ${visible(error.hint)}`);
  } else {
    lines.push(`${head} unexpected: ${visible(error instanceof Error ? error.message : String(error))}`);
    if (error instanceof Error && !style.verbose)
      lines.push(
        `${paint(style.color, '36', 'hint:')} This is a bug in tcompose; run again with --verbose for details.`,
      );
    if (error instanceof Error && style.verbose && error.stack !== undefined)
      lines.push(visible(error.stack));
  }
  if (style.verbose && error instanceof Error) {
    for (
      let cause = error.cause;
      cause !== undefined;
      cause = cause instanceof Error ? cause.cause : undefined
    )
      lines.push(
        `caused by: ${visible(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause))}`,
      );
  }
  return `${lines.join('\n')}\n`;
}

/** Exit code of a thrown value: the error's own, else 1. */
export function exitCodeOf(error: unknown): number {
  return error instanceof TcomposeError || error instanceof TcomposeErrors ? error.exitCode : 1;
}
