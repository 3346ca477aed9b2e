// Titles of tests as they stand in the source of a test file, without running it.

/** Index after the bracket that closes the one at `open`; strings, templates and comments are passed over. */
function afterClosing(text, open) {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    const char = text[at];
    if (char === '/' && text[at + 1] === '/') at = text.indexOf('\n', at);
    else if (char === "'" || char === '"' || char === '`') at = endOfString(text, at);
    else if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char) && --depth === 0) return at + 1;
  }
  return text.length;
}

/** Index of the quote that closes the string which begins at `start`. */
function endOfString(text, start) {
  let at = start + 1;
  while (at < text.length && text[at] !== text[start]) at += text[at] === '\\' ? 2 : 1;
  return at;
}

/** The first argument of a call chain such as `it.each([…])('title', …)`, when it is a string; else undefined. */
function titleAt(text, start) {
  let at = start;
  for (;;) {
    const member = /^\.\w+/.exec(text.slice(at));
    if (member !== null) at += member[0].length;
    const type = /^<[\s\S]*?>(?=\()/.exec(text.slice(at));
    if (type !== null) at += type[0].length;
    if (text[at] !== '(') {
      if (member === null) return undefined;
      continue;
    }
    const argument = at + 1 + /^\s*/.exec(text.slice(at + 1))[0].length;
    if (`'"\``.includes(text[argument])) {
      const title = text.slice(argument + 1, endOfString(text, argument));
      return title.replace(/\\(.)/g, '$1');
    }
    at = afterClosing(text, at);
  }
}

/**
 * Every `describe`, `it` and `test` of a file in its order: `{kind: 'group' | 'test', title, depth}`, depth by indentation. What
 * depends on a value stands in the title as in the source (`%s`, `${name}`).
 */
export function testTitles(source) {
  return [...source.matchAll(/^( *)(describe|it|test)\b(?=[.(<])/gm)].flatMap((match) => {
    const title = titleAt(source, match.index + match[0].length);
    if (title === undefined) return [];
    const kind = match[2] === 'describe' ? 'group' : 'test';
    return [{ kind, title, depth: match[1].length / 2 }];
  });
}
