import { createHash } from 'node:crypto';
import { type definitionShape, operationShape } from './messages/operations.ts';
import { decode, encode, type MessageOf } from './wire/message.ts';

/**
 * When a client passes a build's result on to another of its builds, the result travels as a graph of operations. Ours
 * has a source that names the image, and the final operation, which refers to it.
 */
const prefix = 'docker-image://tcompose.invalid/result@';

type Definition = Partial<MessageOf<typeof definitionShape>>;
type Operation = MessageOf<typeof operationShape>;

export function definitionOf(image: string): Definition {
  const source = encode<Operation>(operationShape, { source: { identifier: prefix + image } });
  const end = encode<Operation>(operationShape, { inputs: [{ digest: digestOf(source), index: 0 }] });
  // Clients treat a graph without metadata as empty.
  return { def: [source, end], metadata: new Map([source, end].map((one) => [digestOf(one), {}])) };
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** The images that inputs of a build name; other inputs are skipped. @throws WireError */
export function inputsOf(inputs: ReadonlyMap<string, Definition>): ReadonlyMap<string, string> {
  const images = new Map<string, string>();
  for (const [name, { def = [] }] of inputs)
    for (const part of def) {
      const { identifier = '' } = decode<Operation>(operationShape, part).source ?? {};
      const image = identifier.startsWith(prefix) ? identifier.slice(prefix.length) : '';
      if (/^sha256:[0-9a-f]{64}$/.test(image)) images.set(name, image);
    }
  return images;
}
