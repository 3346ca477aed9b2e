/** Which bytes an answer to `Range: bytes=<offset>-` contains. */
export type RangeAnswer =
  /** From the requested offset, or from an earlier one: then `skip` bytes of it are there already. */
  | { readonly kind: 'usable'; readonly skip: number }
  /** It does not say where it belongs: this server does not support ranges, and the whole blob has to be fetched. */
  | { readonly kind: 'unusable'; readonly why: string }
  /** The server's content does not have the right length: no other attempt helps. */
  | { readonly kind: 'other-size'; readonly total: number };

/**
 * What to do with an answer of status 200, 206 or 416 to a request for everything from `offset` of `size` bytes (RFC
 * 9110, 14.4). Without an offset only 200, or a range from the first byte, is acceptable.
 */
export function readRangeAnswer(
  status: number,
  contentRange: string | undefined,
  { offset, size }: { readonly offset: number; readonly size: number },
): RangeAnswer {
  if (status === 200) return { kind: 'usable', skip: offset };
  if (status === 416) {
    const total = /^\s*bytes\s+\*\/(\d+)\s*$/i.exec(contentRange ?? '')?.[1];
    return total === undefined || Number(total) === size
      ? { kind: 'unusable', why: 'it refused the range' }
      : { kind: 'other-size', total: Number(total) };
  }
  const match = /^\s*bytes\s+(\d+)-(\d+)\/(\d+|\*)\s*$/i.exec(contentRange ?? '');
  if (match === null) return { kind: 'unusable', why: 'it did not declare which part it sent' };
  const [first, last, total] = [
    Number(match[1]),
    Number(match[2]),
    match[3] === '*' ? size : Number(match[3]),
  ];
  if (total !== size) return { kind: 'other-size', total };
  if (first > offset || last < first || last >= size) {
    return { kind: 'unusable', why: `it sent the bytes from ${first} to ${last}, not from ${offset} on` };
  }
  return { kind: 'usable', skip: offset - first };
}

/**
 * Bytes that an upload session has, from its `Range: 0-N` header; undefined when it does not say. `0-0` may mean none
 * or one.
 */
export function readUploadRange(header: string | undefined): number | undefined {
  const match = /^(?:bytes=)?0-(-?\d+)$/.exec(header?.trim() ?? '');
  return match === null ? undefined : Math.max(0, Number(match[1]) + 1);
}
