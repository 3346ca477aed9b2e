import { errnoName } from '../../errno.ts';
import { TcomposeError } from '../../errors.ts';

/** A failed call of another runtime, as its shim reports it. */
interface ForeignFailure {
  /** `create`, `start` or `exec`. */
  readonly call: string;
  /** ETIMEDOUT: it was killed for taking too long; ECANCELED: a client wanted it to end; 0: it failed by itself. */
  readonly errno: number;
  /** Its output on standard error. */
  readonly words: string;
  /** Text of its log file, JSON lines. */
  readonly log: string;
}

interface ForeignContext {
  readonly runtime: string;
  /** The container's name; absent for an exec. */
  readonly name?: string;
  readonly command: readonly string[];
}

/**
 * The error of a launch by another runtime, with the runtime's own message. RUNTIME_COMMAND with Docker's exit codes
 * 127 and 126 when the message says that the command is missing or can't be run (a command line has no other way to
 * report this), else RUNTIME_FOREIGN.
 */
export function explainForeign(failure: ForeignFailure, context: ForeignContext): TcomposeError {
  const subject = context.name === undefined ? '' : `${context.name}: `;
  const message = loggedError(failure.log) || failure.words;
  // runc begins its messages with the same words.
  const prefix = `${context.runtime} ${failure.call}`;
  const what = `${subject}${message.startsWith(`${prefix} `) ? '' : `${prefix}: `}${message}`;
  if (errnoName(failure.errno) === 'ETIMEDOUT') {
    return new TcomposeError('RUNTIME_FOREIGN', `${what}; it was ended`, {
      exitCode: 128,
      hint: 'The runtime hangs, or the machine is too slow for it; try its program by hand.',
    });
  }
  const exitCode = commandFailure(message, context.command[0] ?? '');
  if (exitCode !== undefined) return new TcomposeError('RUNTIME_COMMAND', what, { exitCode });
  return new TcomposeError('RUNTIME_FOREIGN', what, {
    exitCode: 128,
    hint: `This is what the runtime ${context.runtime} says; without \`runtime\` the built-in one runs the container.`,
  });
}

/** The last error in a log of JSON lines; '' if there is none. */
export function loggedError(log: string): string {
  const lines = log.split('\n').filter((line) => line !== '');
  for (const line of lines.reverse()) {
    const entry = parse(line);
    if (entry === undefined || !['error', 'fatal', 'panic'].includes(String(entry.level))) continue;
    if (typeof entry.msg === 'string' && entry.msg !== '') return entry.msg;
  }
  return '';
}

function parse(line: string): { readonly level?: unknown; readonly msg?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function commandFailure(message: string, command: string): number | undefined {
  if (/executable file (`[^`]*` )?not found in \$?PATH/.test(message)) return 127;
  if (/open executable: permission denied/i.test(message)) return 126;
  if (command === '' || !message.includes(command)) return undefined;
  if (/no such file or directory|not found/i.test(message)) return 127;
  return /permission denied|exec format error/i.test(message) ? 126 : undefined;
}
