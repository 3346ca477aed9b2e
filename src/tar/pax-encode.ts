/**
 * One record of an extended header (POSIX.1-2001 pax): `<length> <key>=<value>\n`, where the length counts the whole record.
 * `key` is text; `value` may be any bytes.
 */
export function encodePaxRecord(key: string, value: Uint8Array | string): Buffer {
  const body = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value as Uint8Array), Buffer.from('\n')]);
  let length = body.length;
  while (String(length).length + body.length !== length) length = String(length).length + body.length;
  return Buffer.concat([Buffer.from(String(length)), body]);
}
