/** An RFC 3339 time as `seconds.nanoseconds`, with all nine digits; undefined when it is not one. */
export function unixTime(text: string): string | undefined {
  const match = /^(\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?)?)(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})?$/.exec(
    text,
  );
  if (match === null) return undefined;
  const [, stem = '', fraction = '', zone] = match;
  const full = stem.length === 10 ? `${stem}T00:00:00` : stem.length === 16 ? `${stem}:00` : stem;
  const milliseconds = Date.parse(`${full}${zone ?? ''}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return `${Math.floor(milliseconds / 1000)}.${fraction.padEnd(9, '0')}`;
}
