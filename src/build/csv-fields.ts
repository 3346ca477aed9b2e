/** Fields of a line of comma-separated values; quotes protect commas. */
export function csvFields(text: string): readonly string[] {
  const fields = text.match(/(?:^|,)(?:"(?:[^"]|"")*"|[^,]*)/g) ?? [];
  return fields.map((raw) => {
    const field = raw.startsWith(',') ? raw.slice(1) : raw;
    return field.startsWith('"') && field.endsWith('"') && field.length > 1
      ? field.slice(1, -1).replaceAll('""', '"')
      : field;
  });
}

/** The line for these fields. */
export const csvLine = (fields: readonly string[]): string =>
  fields.map((field) => (/[,"]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
