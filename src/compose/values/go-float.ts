/**
 * Shortest decimal of a number in Go's form, with an exponent below 1e-4 and from `limit` on: 1e6 for `strconv`'s
 * format `g`, which `fmt` and YAML use, 1e21 in JSON.
 */
export function formatGoFloat(value: number, limit = 1e6): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  if (Number.isNaN(value)) return 'NaN';
  if (Object.is(value, -0)) return '-0';
  return layOut(value.toExponential(), limit);
}

/**
 * Like `formatGoFloat`, for a number that Go stores in 32 bits: the shortest decimal that reads back to the same 32-bit
 * value.
 */
export function formatGoFloat32(value: number, limit = 1e21): string {
  const single = Math.fround(value);
  for (let digits = 0; digits <= 8; digits += 1) {
    const text = single.toExponential(digits);
    if (Math.fround(Number(text)) === single) return layOut(text, limit);
  }
  return layOut(single.toExponential(8), limit);
}

function layOut(exponential: string, limit: number): string {
  const [mantissa = '0', exponentText = '0'] = exponential.split('e');
  const exponent = Number(exponentText);
  const magnitude = Math.abs(Number(exponential));
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace('-', '').replace('.', '');
  if (magnitude !== 0 && (exponent < -4 || magnitude >= limit)) {
    const fraction = digits.slice(1).replace(/0+$/, '');
    const power = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${digits.charAt(0)}${fraction === '' ? '' : `.${fraction}`}e${exponent < 0 ? '-' : '+'}${power}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`.replace(/\.?0+$/, '');
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1).replace(/0+$/, '');
  return fraction === '' ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}
