import { type Packet, packetShape, packetTypes } from '../messages/session.ts';
import type { OpenCall } from '../wire/call.ts';
import { decode, encode } from '../wire/message.ts';
import { GrpcError } from '../wire/status.ts';
import { type Entry, readStat, TreeOrder } from './stat.ts';

/** Builds something from a tree that is being sent. */
export interface TreeTaker {
  /** Called for every entry in order; returns whether the content of a file is wanted. */
  entry(entry: Entry, id: number): Promise<boolean> | boolean;
  /** A piece of a file's content; an empty piece is its end. */
  data(id: number, piece: Buffer): Promise<void> | void;
  /** Everything was listed, and all requested content has arrived. */
  finish(): Promise<void> | void;
}

/** Most entries of one tree. */
const mostEntries = 2_000_000;
/** Most bytes of names and attributes of one tree. */
const mostTold = 512 * 1024 * 1024;

/**
 * Receives a tree by the protocol of fsutil: the other end lists its entries, and sends the content that is requested.
 * @throws GrpcError for invalid entries, and for errors that the other end reports
 */
export async function receiveTree(call: OpenCall, taker: TreeTaker): Promise<void> {
  const order = new TreeOrder();
  const wanted = new Set<number>();
  const say = (packet: Partial<Packet>) => call.send(encode<Packet>(packetShape, packet));
  let told = false;
  let count = 0;
  let bytes = 0;
  const finishWhenDone = (): void => {
    // These packets are not awaited: the other end may not read while it sends.
    if (told && wanted.size === 0) void say({ type: packetTypes.finish });
  };
  for await (const message of call.answers) {
    const { type, stat, id, data } = decode<Packet>(packetShape, message);
    if (type === packetTypes.stat && stat === undefined) {
      told = true;
      finishWhenDone();
    } else if (type === packetTypes.stat && stat !== undefined && !told) {
      bytes += message.length;
      if (++count > mostEntries || bytes > mostTold)
        throw new GrpcError('resource-exhausted', 'the tree that was sent has too many entries');
      const entry = readStat(stat);
      if (entry === undefined) continue;
      order.take(entry.path, entry.kind === 'directory');
      if (!(await taker.entry(entry, count - 1))) continue;
      wanted.add(count - 1);
      void say({ type: packetTypes.request, id: count - 1 });
    } else if (type === packetTypes.data) {
      if (!wanted.has(id)) throw new GrpcError('invalid-argument', `file ${id} was not asked for`);
      await taker.data(id, data);
      if (data.length > 0) continue;
      wanted.delete(id);
      finishWhenDone();
    } else if (type === packetTypes.finish) {
      if (!told || wanted.size > 0)
        throw new GrpcError('invalid-argument', 'the tree that was sent ends before its files arrived');
      call.end();
      return taker.finish();
    } else if (type === packetTypes.error) {
      throw new GrpcError('unknown', data.toString().slice(0, 4096));
    } else throw new GrpcError('invalid-argument', `a packet of type ${type} is not expected here`);
  }
  throw new GrpcError('invalid-argument', 'the tree that was sent has no end');
}
