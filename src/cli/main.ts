import { writeSync } from 'node:fs';
import { basename } from 'node:path';
import { commands, groups } from './arguments/command-table.ts';
import { dispatch } from './arguments/dispatch.ts';
import { withComposeVariables } from './arguments/environment.ts';
import { currentDirectory } from './current-directory.ts';
import { createContext } from './process-context.ts';
import { exitCodeOf, formatError } from './render/print-error.ts';

/** Program entry: command line in, exit code out. The only place that ends the process. */
async function main(): Promise<void> {
  const argv = [...nameAsCommand(process.argv[1]), ...process.argv.slice(2)];
  let verbose = argv.includes('--verbose');
  let exitCode = 0;
  let context: ReturnType<typeof createContext> | undefined;
  process.stdout.on('error', onOutputError);
  process.stderr.on('error', onOutputError);
  try {
    const asked = await dispatch(argv, process.env, commands, groups);
    if (asked.kind === 'help') {
      (asked.exitCode === 0 ? process.stdout : process.stderr).write(asked.text);
      exitCode = asked.exitCode;
    } else {
      verbose = asked.globals.verbose;
      const env = asked.ofProject
        ? await withComposeVariables(asked.globals, process.env, () => currentDirectory(process.env))
        : process.env;
      context = createContext(asked.globalsIn(env), env);
      exitCode = (await asked.command.run(asked.args, context.ctx)) ?? 0;
    }
  } catch (caught) {
    await context?.closeRenderer();
    const { asBrokenAnswer } = await import('../engine/client/api-failure.ts');
    const error = asBrokenAnswer(caught);
    const color = context?.ctx.color.stderr ?? (process.stderr.isTTY === true && !process.env.NO_COLOR);
    process.stderr.write(formatError(error, { color, verbose }));
    const { diagnose } = await import('./doctor/diagnose.ts');
    process.stderr.write(await diagnose(error, process.env));
    exitCode = exitCodeOf(error);
  }
  await context?.close();
  await drain(process.stdout);
  await drain(process.stderr);
  process.exit(exitCode);
}

/**
 * Under the name `tcompose-oci` (a link) the program is an OCI runtime, whose callers don't put a command of tcompose
 * first.
 */
function nameAsCommand(path: string | undefined): string[] {
  return path !== undefined && basename(path) === 'tcompose-oci' ? ['oci'] : [];
}

/** When its reader goes away (`| head`), a command ends quietly, as with SIGPIPE elsewhere; a full disk is reported. */
function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(141);
  try {
    writeSync(2, `error: the output cannot be written: ${error.message}\n`);
  } catch {
    // Standard error itself can't be written to.
  }
  process.exit(1);
}

/** Waits until everything is written. A failed write may not have been reported yet. */
async function drain(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength > 0) await new Promise<void>((resolve) => stream.write('', () => resolve()));
  if (stream.errored) onOutputError(stream.errored);
}

void main();
