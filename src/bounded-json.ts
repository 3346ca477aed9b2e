/** Values that a text from elsewhere may have: in memory each takes up to twenty times the room of its text. */
const mostValues = 500_000;
const [comma, bracket, brace] = [0x2c, 0x5b, 0x7b];

/**
 * Parses JSON that somebody else wrote, and that is bounded in its bytes already. Commas and opening brackets count for values,
 * in strings too.
 * @throws Error when it is no JSON, or has so many values that they would take hundreds of megabytes
 */
export function parseBoundedJson(bytes: Uint8Array): unknown {
  let values = 0;
  for (const byte of bytes) if (byte === comma || byte === bracket || byte === brace) values++;
  if (values > mostValues) throw new Error(`it has more than ${mostValues} values`);
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
}
