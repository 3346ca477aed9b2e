import { readArguments } from './arguments.ts';
import { noText, replaced } from './decode.ts';
import { escapeCharacter, readDirectives } from './directives.ts';
import { faultAt, placed, type SourceText } from './fault.ts';
import { heredocsOfLine } from './heredoc.ts';
import { LineReader, type LogicalLine, physicalLines } from './logical-lines.ts';
import type { Heredoc, LineRange, Node, ParsedDockerfile } from './node.ts';
import { splitLine } from './words.ts';

/**
 * Splits a Dockerfile into instructions, by the rules of BuildKit's parser. Their meaning is determined elsewhere; see
 * read-instruction.ts.
 * @param file name for messages
 * @throws TcomposeError BUILD_DOCKERFILE with the lines
 */
export function parseDockerfile(text: string, file: string): ParsedDockerfile {
  if (!text.includes(noText)) return parsed(text, file);
  refuseNoText(parsed(text, file));
  return parsed(replaced(text), file);
}

/** Refuses bytes that are not UTF-8 where they would be passed on, changed, to a command or into a file. */
function refuseNoText(dockerfile: ParsedDockerfile): void {
  for (const { keyword, original, heredocs, start, end } of dockerfile.nodes) {
    const isRun = keyword.toUpperCase() === 'RUN';
    const passedOn = [
      ...(isRun ? [original] : []),
      ...heredocs.filter(({ expand }) => isRun || !expand).map(({ content }) => content),
    ];
    if (!passedOn.some((text) => text.includes(noText))) continue;
    const hint = 'Save the Dockerfile as UTF-8, or COPY the text from a file.';
    throw faultAt(
      dockerfile,
      { start, end },
      'failed to marshal LLB definition: string field contains invalid UTF-8',
      'BUILD_DOCKERFILE',
      hint,
    );
  }
}

function parsed(text: string, file: string): ParsedDockerfile {
  const source: SourceText = { file, lines: physicalLines(text) };
  const directives = readDirectives(source);
  const escapeToken = escapeCharacter(source, directives);
  const reader = new LineReader(source, escapeToken, directives.length);
  const nodes: Node[] = [];
  const emptyContinuations: { original: string; range: LineRange }[] = [];
  for (let line = reader.instruction(); line !== undefined; line = reader.instruction()) {
    const { text: original, range, blankWithin } = line;
    if (blankWithin) emptyContinuations.push({ original, range });
    const node = placed(source, range, () => toNode(original, escapeToken, line));
    const heredocs = takesHeredocs(node)
      ? readHeredocs(source, reader, range, heredocsIn(source, range, original))
      : [];
    nodes.push(withHeredocs(node, heredocs, { start: range.start, end: reader.line }));
  }
  if (nodes.length === 0)
    throw faultAt(source, { start: reader.line, end: reader.line }, 'file with no instructions');
  return { ...source, escapeToken, nodes, emptyContinuations };
}

function toNode(text: string, escapeToken: string, line?: LogicalLine): Node {
  const { keyword, flags, rest } = splitLine(text, escapeToken);
  const common = {
    keyword,
    flags,
    heredocs: [],
    comments: line?.comments ?? [],
    original: text,
    ...(line?.range ?? { start: 0, end: 0 }),
  };
  if (keyword.toUpperCase() !== 'ONBUILD') return { ...common, ...readArguments(keyword, rest, escapeToken) };
  if (rest === '') return { ...common, args: [], json: false };
  return { ...common, args: [], json: false, trigger: toNode(rest, escapeToken) };
}

/** The instruction of an ONBUILD, or the instruction itself. */
function innermost(node: Node): Node {
  return node.trigger === undefined ? node : innermost(node.trigger);
}

function takesHeredocs(node: Node): boolean {
  const { keyword, json } = innermost(node);
  return ['RUN', 'ADD', 'COPY'].includes(keyword.toUpperCase()) && !json && node.original.includes('<<');
}

const heredocsIn = (source: SourceText, range: LineRange, line: string): readonly Heredoc[] =>
  placed(source, range, () => heredocsOfLine(line));

/** Reads the lines of each heredoc, up to the one with its name. */
function readHeredocs(
  source: SourceText,
  reader: LineReader,
  range: LineRange,
  heredocs: readonly Heredoc[],
): readonly Heredoc[] {
  return heredocs.map((heredoc) => {
    let content = '';
    for (let line = reader.raw(); line !== undefined; line = reader.raw()) {
      const bare = line.replace(/[\r\n]+$/, '');
      if ((heredoc.chomp ? bare.replace(/^\t+/, '') : bare) === heredoc.name) return { ...heredoc, content };
      content += line;
    }
    throw faultAt(
      source,
      { start: range.start, end: reader.line },
      'unterminated heredoc',
      'BUILD_DOCKERFILE',
      `A line that is ${heredoc.name} and nothing else ends it.`,
    );
  });
}

/** The node with its heredocs, which belong to the trigger of an ONBUILD, too. */
function withHeredocs(node: Node, heredocs: readonly Heredoc[], range: LineRange): Node {
  const { trigger } = node;
  const inner = trigger === undefined ? {} : { trigger: { ...trigger, heredocs } };
  return { ...node, ...range, heredocs, ...inner };
}
