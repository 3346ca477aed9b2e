import { randomBytes } from 'node:crypto';
import type { Engine } from '../context.ts';
import { workerOf } from './machine.ts';
import {
  type BridgeResult,
  type BridgeSolveRequest,
  bridgeSolveRequestShape,
  bridgeSolveResponseShape,
  pongShape,
  returnRequestShape,
} from './messages/gateway.ts';
import { importsText } from './solve/cache-entries.ts';
import { lintBuild, lintQuestion } from './solve/lint-build.ts';
import { readOutput } from './solve/outputs.ts';
import { runBuild } from './solve/run-build.ts';
import type { Solve } from './solve/solves.ts';
import { definitionOf, inputsOf } from './tokens.ts';
import { decode, encode, type MessageOf } from './wire/message.ts';
import { type Call, type Method, type Methods, onlyRequest } from './wire/serve.ts';
import { errorOfStatus, GrpcError } from './wire/status.ts';
import { workshop } from './workshop.ts';

const service = '/moby.buildkit.v1.frontend.LLBBridge/';

/** What clients may ask of a bridge (frontend/gateway/pb/caps.go); they don't use what is not listed. */
const capabilities = [
  'solve.base',
  'solve.inlinereturn',
  'return',
  'returnmap',
  'proto.refarray',
  'reference.output',
  'frontend.inputs',
  'gateway.solve.metadata',
  'frontend.caps',
  'gateway.solve.evaluate',
  'gateway.evaluate',
  'gateway.warnings',
];

/**
 * Capabilities of build graphs that clients require before they use them (solver/pb/caps.go): without this one, buildx
 * fails a build that asks for attestations. None are made, and the build says so.
 */
const operationCapabilities = ['exporter.image.attestations'];

/** `moby.buildkit.v1.frontend.LLBBridge`: for a client that directs its build itself, by calls that name its solve. */
export const bridgeMethods = (engine: Engine): Methods =>
  new Map<string, Method>([
    [`${service}Ping`, (call) => ping(engine, call)],
    [`${service}Solve`, (call) => solve(engine, call)],
    // Every result that a client can name has been made already.
    [`${service}Evaluate`, async (call) => call.send(Buffer.alloc(0))],
    [`${service}Return`, (call) => giveBack(engine, call)],
  ]);

async function ping(engine: Engine, call: Call): Promise<void> {
  await call.send(
    encode<MessageOf<typeof pongShape>>(pongShape, {
      frontendCapabilities: capabilities.map((id) => ({ id, enabled: true })),
      operationCapabilities: operationCapabilities.map((id) => ({ id, enabled: true })),
      workers: [workerOf(engine)],
    }),
  );
}

const underOf = (engine: Engine, { headers, signal }: Call): Promise<Solve> =>
  workshop(engine).solves.get(String(headers['buildkit-controlapi-buildid'] ?? ''), signal);

async function solve(engine: Engine, call: Call): Promise<void> {
  const request = decode<BridgeSolveRequest>(bridgeSolveRequestShape, await onlyRequest(call));
  const under = await underOf(engine, call);
  if (request.frontend !== 'dockerfile.v0' && request.frontend !== 'gateway.v0')
    throw new GrpcError(
      'unimplemented',
      request.frontend === ''
        ? 'graphs of operations (LLB) are not supported, only dockerfile.v0'
        : `the frontend ${request.frontend} is not supported`,
    );
  const asked = readOutput(under.request);
  // The result may be passed on to another build, so an image is made in any case; it gets its names at the end.
  const output = asked.kind === 'nothing' ? ({ kind: 'image', names: [], push: false } as const) : asked;
  const inputs = inputsOf(request.frontendInputs);
  const question = request.frontendOpt.get('requestid');
  if (question !== undefined) return answerQuestion(engine, call, under, request, question);
  // Clients send these in addition to the attributes.
  const imports =
    request.cacheImports.length === 0 ? [] : [['cache-imports', importsText(request.cacheImports)] as const];
  const attributes = new Map([...request.frontendOpt, ...imports]);
  const built = await runBuild(engine, under, attributes, inputs, output);
  const id = randomBytes(12).toString('hex');
  under.results.set(id, built);
  const def = built.image === undefined ? undefined : definitionOf(built.image);
  await call.send(
    encode<MessageOf<typeof bridgeSolveResponseShape>>(bridgeSolveResponseShape, {
      result: { ref: { id, ...(def === undefined ? {} : { def }) }, metadata: new Map() },
    }),
  );
}

/** Answers a request that is not a build. */
async function answerQuestion(
  engine: Engine,
  call: Call,
  under: Solve,
  { frontendOpt, frontendInputs }: BridgeSolveRequest,
  question: string,
): Promise<void> {
  if (question !== lintQuestion)
    throw new GrpcError('unimplemented', `${question} is not supported here, only builds and checks`);
  const metadata = await lintBuild(engine, under, frontendOpt, inputsOf(frontendInputs));
  await call.send(
    encode<MessageOf<typeof bridgeSolveResponseShape>>(bridgeSolveResponseShape, {
      result: { ref: { id: '' }, metadata },
    }),
  );
}

async function giveBack(engine: Engine, call: Call): Promise<void> {
  const { result, error } = decode<MessageOf<typeof returnRequestShape>>(
    returnRequestShape,
    await onlyRequest(call),
  );
  const under = await underOf(engine, call);
  under.settle(error === undefined ? ((result ?? {}) as Partial<BridgeResult>) : errorOfStatus(error));
  await call.send(Buffer.alloc(0));
}
