import type { Engine } from '../context.ts';
import { prune, tellDiskUsage } from './disk.ts';
import { builderVersion, workerOf } from './machine.ts';
import {
  infoResponseShape,
  listWorkersResponseShape,
  type SolveRequest,
  type StatusResponse,
  solveRequestShape,
  solveResponseShape,
  statusRequestShape,
  statusResponseShape,
} from './messages/control.ts';
import { callConnection } from './session/call-connection.ts';
import { readOutput } from './solve/outputs.ts';
import { pushTags } from './solve/push-tags.ts';
import { runBuild } from './solve/run-build.ts';
import type { Built, Solve } from './solve/solves.ts';
import { tagImage } from './tag-image.ts';
import { inputsOf } from './tokens.ts';
import { decode, encode } from './wire/message.ts';
import { type Call, type Method, type Methods, onlyRequest } from './wire/serve.ts';
import { GrpcError } from './wire/status.ts';
import { workshop } from './workshop.ts';

const service = '/moby.buildkit.v1.Control/';

/** `moby.buildkit.v1.Control`, as far as it is supported. */
export const controlMethods = (engine: Engine): Methods =>
  new Map<string, Method>([
    [`${service}Solve`, (call) => solve(engine, call)],
    [`${service}Status`, (call) => status(engine, call)],
    [`${service}DiskUsage`, (call) => tellDiskUsage(engine, call)],
    [`${service}Prune`, (call) => prune(engine, call)],
    [`${service}Session`, (call) => session(engine, call)],
    [
      `${service}ListWorkers`,
      async (call) => call.send(encode(listWorkersResponseShape, { record: [workerOf(engine)] })),
    ],
    [
      `${service}Info`,
      async (call) => call.send(encode(infoResponseShape, { version: builderVersion(engine) })),
    ],
  ]);

async function solve(engine: Engine, call: Call): Promise<void> {
  const request = decode<SolveRequest>(solveRequestShape, await onlyRequest(call));
  const { sessions, solves } = workshop(engine);
  const session = request.session === '' ? undefined : await sessions.get(request.session, call.signal);
  const under = solves.begin(request, session, call.signal);
  try {
    const { image, images = [], response } = await outcome(engine, under);
    const output = readOutput(request);
    const names = output.kind === 'image' ? output.names : [];
    const tags = image === undefined ? [] : await tagImage(engine, image, names, images);
    if (output.kind === 'image' && output.push) await pushTags(engine, under, tags, images);
    const all = new Map([
      ...response,
      ...(tags.length === 0 ? [] : [['image.name', tags.join(',')] as const]),
    ]);
    await call.send(encode(solveResponseShape, { exporterResponse: all }));
  } finally {
    solves.end(under);
  }
}

/** A session that runs inside a call. */
async function session(engine: Engine, call: Call): Promise<void> {
  const admit = workshop(engine).sessions.admit(call.headers);
  const connection = callConnection(call);
  const closed = new Promise<void>((resolve) => connection.once('close', () => resolve()));
  await admit(connection);
  await closed;
}

async function outcome(engine: Engine, under: Solve): Promise<Built> {
  const { request } = under;
  const output = readOutput(request);
  if (request.frontend === 'dockerfile.v0' || request.frontend === 'gateway.v0') {
    const inputs = inputsOf(request.frontendInputs);
    return runBuild(engine, under, request.frontendAttrs, inputs, output);
  }
  if (request.frontend !== '')
    throw new GrpcError('unimplemented', `the frontend ${request.frontend} is not supported`);
  if (request.definition !== undefined && (request.definition.def ?? []).length > 0)
    throw new GrpcError('unimplemented', 'graphs of operations (LLB) are not supported, only dockerfile.v0');
  // The client directs the build itself, by LLBBridge.
  const { ref, refs } = await under.returned;
  if ((refs?.refs?.size ?? 0) > 1)
    throw new GrpcError('unimplemented', 'a build is for one platform at a time here');
  const id = ref?.id ?? [...(refs?.refs?.values() ?? [])][0]?.id;
  const built = id === undefined ? undefined : under.results.get(id);
  return built ?? { image: undefined, response: new Map() };
}

async function status(engine: Engine, call: Call): Promise<void> {
  const { ref } = decode<{ ref: string }>(statusRequestShape, await onlyRequest(call));
  const { trace } = await workshop(engine).solves.get(ref, call.signal);
  for await (const piece of trace.follow(call.signal))
    await call.send(encode<StatusResponse>(statusResponseShape, piece));
}
