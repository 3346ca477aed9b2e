import type { ShimAttachment } from '../../runtime/shim/attach.ts';
import type { ExecCreateRequest, ExecInspect, ExecStartRequest } from '../api/exec.ts';
import { execCreateShape, execStartShape } from '../api/request-shapes.ts';
import { emitContainer } from '../containers/events.ts';
import type { Engine } from '../context.ts';
import type { ExecProcess } from '../exec/exec.ts';
import { checkExecUser, startExec } from '../exec/exec-process.ts';
import { neededInteger } from '../filters.ts';
import { type Exchange, type Hijacked, outputType } from '../http/exchange.ts';
import { badParameter, conflict, failureOf } from '../http/failure.ts';
import { frame } from '../http/multiplex.ts';
import type { Route } from '../http/router.ts';
import { newId } from '../ids.ts';
import { parseDetachKeys } from './detach-keys.ts';
import { pumpAttachment } from './pump.ts';

/** Routes below /exec, and the route of a container that creates one. */
export function execRoutes(engine: Engine): Route[] {
  return [
    {
      method: 'POST',
      path: '/containers/{id}/exec',
      body: execCreateShape,
      async handler(exchange) {
        const container = engine.containers.need(exchange.params.id!);
        const request = await exchange.json<ExecCreateRequest>();
        parseDetachKeys(request.DetachKeys);
        if (!request.Cmd?.length) throw badParameter('No exec command specified');
        if (container.state.status === 'paused') {
          throw conflict(`Container ${container.name} is paused, unpause the container before exec`);
        }
        if (container.state.status === 'restarting') {
          throw conflict(`Container ${container.id} is restarting, wait until the container is running`);
        }
        if (container.state.status !== 'running') throw conflict(`container ${container.id} is not running`);
        await checkExecUser(engine, container, request);
        const exec: ExecProcess = {
          id: newId(),
          container,
          request,
          state: { status: 'created' },
          shim: undefined,
        };
        engine.execs.add(exec);
        emitContainer(engine, container, `exec_create: ${request.Cmd.join(' ')}`, { execID: exec.id });
        exchange.send(201, { Id: exec.id });
      },
    },
    {
      method: 'POST',
      path: '/exec/{id}/start',
      body: execStartShape,
      handler: (exchange) => start(engine, exchange),
    },
    {
      method: 'POST',
      path: '/exec/{id}/resize',
      query: { h: 'integer', w: 'integer' },
      async handler(exchange) {
        const exec = engine.execs.need(exchange.params.id!);
        const rows = neededInteger(exchange.query, 'h');
        const columns = neededInteger(exchange.query, 'w');
        if (exec.shim === undefined) throw conflict(`exec ${exec.id} is not running`);
        if (exec.request.Tty) await exec.shim.resize(rows, columns);
        exchange.send(200);
      },
    },
    {
      method: 'GET',
      path: '/exec/{id}/json',
      handler: (exchange) => exchange.send(200, inspectExec(engine.execs.need(exchange.params.id!))),
    },
  ];
}

async function start(engine: Engine, exchange: Exchange): Promise<void> {
  const exec = engine.execs.need(exchange.params.id!);
  const request = await exchange.json<ExecStartRequest>();
  if (exec.state.status !== 'created') throw conflict(`exec ${exec.id} has already been started`);
  if (request.Detach) {
    await startExec(engine, exec, { consoleSize: request.ConsoleSize });
    return exchange.send(200);
  }
  const { AttachStdin, AttachStdout, AttachStderr, Tty: tty = false } = exec.request;
  // As with dockerd, the request that starts it decides the form of the output; without frames, the standard error of a
  // command that has no terminal is left out.
  const raw = request.Tty ?? false;
  const withErrors = (AttachStderr ?? true) && (tty || !raw);
  let pumped: Promise<void> | undefined;
  // The stream ends only when the exit code is known, because the client requests it next. An error that keeps the
  // command from running is reported in the stream once the connection is taken over.
  let settle = (_error?: unknown): void => {};
  const takeOver = (): Hijacked => exchange.hijack(outputType(exchange.version, raw));
  const tell = async ({ output }: Hijacked, error: unknown): Promise<void> => {
    const text = Buffer.from(`${failureOf(error).body.message}${tty ? '\r\n' : '\n'}`);
    await output.write(raw ? text : frame('stderr', text));
  };
  const outcome = new Promise<unknown>((resolve) => {
    settle = resolve;
  });
  try {
    const { ended } = await startExec(engine, exec, {
      consoleSize: request.ConsoleSize,
      attached(attachment) {
        const client = takeOver();
        pumped = pumpAttachment(chosen(attachment, AttachStdout ?? true, withErrors), client, {
          tty: raw,
          stdin: AttachStdin ?? false,
          signal: exchange.signal,
          detachKeys: parseDetachKeys(exec.request.DetachKeys),
          detached: () => emitContainer(engine, exec.container, 'exec_detach', { execID: exec.id }),
          async beforeEnd() {
            const error = await outcome;
            if (error !== undefined) await tell(client, error);
          },
        });
      },
    });
    void ended.then(() => settle());
  } catch (error) {
    if (pumped !== undefined) settle(error);
    else if (began(exec)) {
      // Its set-up failed before there was anything to attach to: the client reads why, and requests the exit code.
      const client = takeOver();
      client.input.resume();
      await tell(client, error);
      client.output.end();
    } else throw error;
  }
  await pumped;
}

/** Whether its start got as far as an exit code. */
const began = ({ state }: ExecProcess): boolean => state.status === 'exited';

/** Drops the streams that the client did not ask for. */
function chosen(attachment: ShimAttachment, stdout: boolean, stderr: boolean): ShimAttachment {
  if (stdout && stderr) return attachment;
  return {
    ...attachment,
    onOutput: (listener) =>
      attachment.onOutput((stream, bytes) => {
        if (stream === 'stdout' ? stdout : stderr) listener(stream, bytes);
      }),
  };
}

function inspectExec(exec: ExecProcess): ExecInspect {
  const { request, state } = exec;
  const [entrypoint = '', ...rest] = request.Cmd ?? [];
  return {
    ID: exec.id,
    Running: state.status === 'running',
    ExitCode: state.status === 'exited' ? state.exitCode : null,
    ProcessConfig: {
      tty: request.Tty ?? false,
      entrypoint,
      arguments: rest,
      privileged: request.Privileged ?? false,
      user: request.User || (exec.container.record.config.User ?? ''),
    },
    OpenStdin: request.AttachStdin ?? false,
    OpenStderr: request.AttachStderr ?? false,
    OpenStdout: request.AttachStdout ?? false,
    CanRemove: false,
    ContainerID: exec.container.id,
    DetachKeys: request.DetachKeys ?? '',
    Pid: state.status === 'running' ? state.pid : 0,
  };
}
