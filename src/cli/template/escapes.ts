const entities: Readonly<Record<string, string>> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\0': '\ufffd',
};

/** A text as HTML shows it, in the entities that Go writes. Pure. */
export const escapedHtml = (text: string): string => text.replace(/["'&<>\0]/g, (one) => entities[one]!);

/** A text as it may stand in a string of JavaScript, as Go escapes it. Pure. */
export const escapedScript = (text: string): string =>
  text.replace(/[\\'"<>&=\p{Cc}]/gu, (one) =>
    /[\\'"]/.test(one) ? `\\${one}` : `\\u${one.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );

/** A text as a value in the query of an address. Pure. */
export const queryEscaped = (text: string): string =>
  encodeURIComponent(Buffer.from(text).toString())
    .replaceAll('%20', '+')
    .replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
