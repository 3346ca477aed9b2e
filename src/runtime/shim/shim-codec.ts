import { ByteReader } from '../launch/byte-codec.ts';
import { frame, list, oneOf, strings } from './frame-codec.ts';
import type { ShimEvent, ShimRequest } from './shim-messages.ts';

const phases = ['plan', 'host', 'network', 'clone', 'setup', 'process', 'exec', 'runtime'] as const;

const kinds = ['run', 'exec'] as const;

const streams = ['stdout', 'stderr'] as const;

const endReasons = ['eof', 'slow'] as const;

/** A complete frame, ready to send. */
export function encodeShimRequest(request: ShimRequest): Buffer {
  switch (request.type) {
    case 'subscribe':
      return frame(1, (out) => {
        out.u8((request.logs ? 1 : 0) | (request.holdFrom === undefined ? 0 : 2));
        if (request.holdFrom !== undefined) out.u32(request.holdFrom);
      });
    case 'start':
      return frame(2, (out) => out.u32(request.seq));
    case 'signal':
      return frame(3, (out) => {
        out.u32(request.seq);
        out.u32(request.signal);
      });
    case 'resize':
      return frame(4, (out) => {
        out.u32(request.seq);
        out.u32(request.rows);
        out.u32(request.columns);
      });
    case 'attach':
      return frame(5, (out) => {
        out.u32(request.seq);
        const { stdin, stdout, stderr, holds } = request;
        out.u8((stdin ? 1 : 0) | (stdout ? 2 : 0) | (stderr ? 4 : 0) | (holds ? 8 : 0));
      });
    case 'stdin':
      return frame(6, (out) => out.raw(request.bytes));
    case 'stdin-close':
      return frame(7, () => {});
    case 'sockets':
      return frame(8, (out) => out.u32(request.seq));
    case 'network':
      return frame(9, (out) => {
        out.u32(request.seq);
        out.bytes(request.ops);
      });
    case 'release-socket':
      return frame(10, (out) => {
        out.u32(request.seq);
        out.string(request.name);
      });
    case 'take-socket':
      return frame(12, (out) => {
        out.u32(request.seq);
        out.string(request.name);
        out.u32(request.pid);
        out.u32(request.fd);
      });
    case 'reap':
      return frame(11, (out) => out.u32(request.seq));
  }
}

/** `payload` is a complete frame without its length. Throws RUNTIME_PROTOCOL for an invalid one. */
export function decodeShimEvent(payload: Buffer): ShimEvent {
  const input = new ByteReader(payload, 'RUNTIME_PROTOCOL');
  const event = readShimEvent(input);
  if (event.type !== 'output') input.end();
  return event;
}

function readShimEvent(input: ByteReader): ShimEvent {
  const type = input.u8();
  switch (type) {
    case 128:
      return {
        type: 'hello',
        protocol: input.u32(),
        pid: input.u32(),
        kind: oneOf(input, kinds),
        id: input.string(),
      };
    case 129:
      return { type: 'created', pid: input.u32(), startTime: input.u64(), warnings: strings(input) };
    case 130:
      return {
        type: 'started',
        pid: input.u32(),
        startTime: input.u64(),
        startedAt: input.u64(),
        warnings: strings(input),
      };
    case 131:
      return {
        type: 'failed',
        phase: oneOf(input, phases),
        step: input.i32(),
        op: input.string(),
        errno: input.i32(),
        detail: input.string(),
        exitCode: input.i32(),
        finishedAt: input.u64(),
      };
    case 132:
      return {
        type: 'exited',
        code: input.i32(),
        signal: input.i32(),
        oomKilled: input.u8() !== 0,
        startedAt: input.u64(),
        finishedAt: input.u64(),
        droppedLines: input.u64(),
      };
    case 133:
      return { type: 'output', stream: oneOf(input, streams), bytes: input.rest() };
    case 134:
      return { type: 'output-end', reason: oneOf(input, endReasons) };
    case 135:
      return { type: 'log-grew', generation: input.u32(), size: input.u64(), droppedLines: input.u64() };
    case 136:
      return {
        type: 'answer',
        seq: input.u32(),
        errno: input.i32(),
        step: input.i32(),
        what: input.string(),
      };
    case 137:
      return {
        type: 'sockets',
        seq: input.u32(),
        sockets: list(input, () => ({ name: input.string(), fd: input.u32() })),
      };
    default:
      return input.fail(`the shim sent a frame of unknown type ${type}`);
  }
}
