/** An error of a registry (distribution's API, "Errors"). */
export interface RegistryErrorEntry {
  /** `MANIFEST_UNKNOWN`; empty when the registry gives none. */
  readonly code: string;
  readonly message: string;
}

/**
 * The errors in an answer's body, at most ten; none for a body in another format. Token servers use `details` or
 * `error_description`.
 */
export function parseErrorBody(text: string): RegistryErrorEntry[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  if (typeof value !== 'object' || value === null) return [];
  const {
    errors,
    details,
    message,
    error_description: description,
  } = value as Readonly<Record<string, unknown>>;
  if (Array.isArray(errors)) {
    return errors.slice(0, 10).flatMap((entry: { code?: unknown; message?: unknown } | null) => {
      const code = oneLine(entry?.code);
      const words = oneLine(entry?.message);
      return code === '' && words === '' ? [] : [{ code, message: words }];
    });
  }
  const words = [details, description, message].map(oneLine).find((one) => one !== '');
  return words === undefined ? [] : [{ code: '', message: words }];
}

/** Text from another machine becomes one short line without control characters in messages. */
function oneLine(value: unknown): string {
  if (typeof value !== 'string') return '';
  return value
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, 300);
}

/** In Docker's form: `manifest unknown`, `denied: requested access to the resource is denied`. */
export function describeErrors(errors: readonly RegistryErrorEntry[]): string {
  return errors
    .map(({ code, message }) => {
      const words = code.toLowerCase().replaceAll('_', ' ');
      if (words === '' || message.toLowerCase().startsWith(words)) return message;
      return message === '' ? words : `${words}: ${message}`;
    })
    .join('; ');
}
