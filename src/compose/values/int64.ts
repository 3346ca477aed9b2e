/** The largest signed 64-bit integer, and the largest one below it that a double can represent. */
const largest = 2n ** 63n - 1n;
const largestDouble = 2 ** 63 - 1024;

/**
 * An integer of a compose file in the model: exact up to 2^53, beyond it the nearest double that a 64-bit API accepts,
 * where the largest means 2^63 - 1. Undefined if it does not fit 64 bits.
 */
export function toInt64(whole: number | string): number | undefined {
  const exact = typeof whole === 'string' && /^[-+]?\d+$/.test(whole.trim()) ? BigInt(whole) : undefined;
  if (exact !== undefined && (exact > largest || exact < -largest - 1n)) return undefined;
  const number = Number(whole);
  if (Math.abs(number) > 2 ** 63) return undefined;
  return Math.min(number, largestDouble);
}

/** The digits of an integer from `toInt64`. */
export function int64Digits(value: number): string {
  return value >= largestDouble ? String(largest) : String(BigInt(value));
}
