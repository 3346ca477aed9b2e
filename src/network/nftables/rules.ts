import { listAttributes, type NetlinkMessage, parseAttributes, readText } from '../../sys/netlink-message.ts';
import { NFT_MSG, type Rule } from './messages.ts';

const empty = Buffer.alloc(0);

/** Reads the rules of a dump, as far as needed to decide about foreign chains. */
export function parseRules(messages: readonly NetlinkMessage[]): Rule[] {
  return messages
    .filter(({ type }) => type === NFT_MSG.newRule)
    .map(({ body }) => {
      const attributes = parseAttributes(body.subarray(4));
      const expressions: string[] = [];
      const ends: { verdict?: number; target?: string } = {};
      for (const { value } of listAttributes(attributes.get(4) ?? empty)) {
        const expression = parseAttributes(value);
        const name = readText(expression.get(1));
        const data = parseAttributes(expression.get(2) ?? empty);
        expressions.push(name);
        if (name === 'immediate') {
          const verdict = parseAttributes(parseAttributes(data.get(2) ?? empty).get(2) ?? empty).get(1);
          if (verdict) ends.verdict = verdict.readInt32BE(0);
        }
        if (name === 'target') ends.target = readText(data.get(1));
      }
      return {
        handle: attributes.get(3)?.readBigUInt64BE(0) ?? 0n,
        comment: parseComment(attributes.get(7) ?? empty),
        expressions,
        ...ends,
      };
    });
}

/** User data is a list of {type, length, bytes}; type 0 is the comment. */
function parseComment(bytes: Buffer): string {
  let at = 0;
  while (at + 2 <= bytes.length) {
    const length = bytes[at + 1]!;
    if (at + 2 + length > bytes.length) break;
    if (bytes[at] === 0) return readText(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return '';
}
