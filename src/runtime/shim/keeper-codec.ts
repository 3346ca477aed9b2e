import { ByteReader } from '../launch/byte-codec.ts';
import { frame, list } from './frame-codec.ts';
import type { KeeperEvent, KeeperRequest } from './keeper-messages.ts';

/** A complete frame, ready to send. */
export function encodeKeeperRequest(request: KeeperRequest): Buffer {
  switch (request.type) {
    case 'spawn':
      return frame(1, (out) => {
        out.u32(request.seq);
        out.string(request.runDir);
        out.bytes(request.plan);
      });
    case 'list':
      return frame(2, (out) => out.u32(request.seq));
    case 'shutdown':
      return frame(3, () => {});
    case 'serves':
      return frame(4, () => {});
  }
}

/** `payload` is a complete frame without its length. Throws RUNTIME_PROTOCOL for an invalid one. */
export function decodeKeeperEvent(payload: Buffer): KeeperEvent {
  const input = new ByteReader(payload, 'RUNTIME_PROTOCOL');
  const event = readKeeperEvent(input);
  input.end();
  return event;
}

function readKeeperEvent(input: ByteReader): KeeperEvent {
  const type = input.u8();
  switch (type) {
    case 128:
      return {
        type: 'hello',
        protocol: input.u32(),
        planVersion: input.u32(),
        pid: input.u32(),
        restarts: input.u32(),
      };
    case 129:
      return { type: 'spawned', seq: input.u32(), pid: input.u32() };
    case 130:
      return { type: 'spawn-failed', seq: input.u32(), errno: input.i32(), what: input.string() };
    case 131:
      return {
        type: 'list',
        seq: input.u32(),
        shims: list(input, () => ({ pid: input.u32(), runDir: input.string() })),
      };
    case 132:
      return { type: 'shim-gone', pid: input.u32(), runDir: input.string(), status: input.i32() };
    default:
      return input.fail(`the keeper sent a frame of unknown type ${type}`);
  }
}
