/** The largest whole number of 64 bits, and the largest one below it that a double holds. */
const largest = 2n ** 63n - 1n;
const largestDouble = 2 ** 63 - 1024;

/**
 * A whole number of a compose file in the model: exact up to 2^53, beyond it the nearest double that an API of 64 bits takes, where
 * the largest stands for 2^63 - 1. Undefined for what 64 bits don't hold.
 */
export function toInt64(whole: number | string): number | undefined {
  const exact = typeof whole === 'string' && /^[-+]?\d+$/.test(whole.trim()) ? BigInt(whole) : undefined;
  if (exact !== undefined && (exact > largest || exact < -largest - 1n)) return undefined;
  const number = Number(whole);
  if (Math.abs(number) > 2 ** 63) return undefined;
  return Math.min(number, largestDouble);
}

/** The digits of a whole number that `toInt64` gave. */
export function int64Digits(value: number): string {
  return value >= largestDouble ? String(largest) : String(BigInt(value));
}
