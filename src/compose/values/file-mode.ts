/** A file mode: octal digits in a string, the value itself in a number. Returns a sentence when it is invalid. */
export function parseFileMode(value: string | number): number | { readonly error: string } {
  if (typeof value === 'number') {
    return Number.isInteger(value) && value >= 0 ? value : { error: `${value} is not a file mode` };
  }
  const digits = value.replace(/^0o/, '');
  if (!/^[0-7]+$/.test(digits)) return { error: `"${value}" is not a file mode` };
  return Number.parseInt(digits, 8);
}

/** `0440`. */
export const formatFileMode = (mode: number): string => `0${mode.toString(8)}`;
