/** A reference to a variable in a template. */
export interface VariableUse {
  readonly name: string;
  readonly required: boolean;
  /** The text after `:-` or `-`. */
  readonly defaultValue: string;
  /** The text after `:+` or `+`. */
  readonly alternateValue: string;
}

interface SubstituteOptions {
  readonly lookup: (name: string) => string | undefined;
  /** Called for a plain reference to an unset variable. */
  readonly onUnset: (name: string) => void;
}

/** Thrown for a template with a syntax error, or a required variable without a value. */
export class InvalidTemplate extends Error {
  override readonly name = 'InvalidTemplate';
  readonly kind: 'format' | 'required';
  readonly variable: string | undefined;

  constructor(kind: 'format' | 'required', message: string, variable?: string) {
    super(message);
    this.kind = kind;
    this.variable = variable;
  }
}

type Operator = ':-' | '-' | ':+' | '+' | ':?' | '?';

interface Reference {
  readonly name: string;
  readonly operator: Operator | undefined;
  readonly operand: string;
  /** Offset after the reference. */
  readonly end: number;
}

const nameAt = /[_a-zA-Z][_a-zA-Z0-9]*/y;
/** Most levels of `${a:-${b:-…}}`. */
const maxNesting = 100;

/**
 * Replaces the variables of a template: `$$`, `$NAME`, `${NAME}` and the operators `:-` `-` `:+` `+` `:?` `?`, whose
 * operands are templates themselves and evaluated only when used. Any other `$` is kept. Source: compose-spec,
 * Interpolation.
 * @throws InvalidTemplate
 */
export function substitute(template: string, options: SubstituteOptions, nesting = 0): string {
  let at = template.indexOf('$');
  if (at < 0) return template;
  if (nesting > maxNesting) throw new InvalidTemplate('format', template);
  let result = '';
  let from = 0;
  while (at >= 0) {
    result += template.slice(from, at);
    const reference = readReference(template, at);
    if (reference === undefined) {
      const literal = template[at + 1] === '$';
      result += '$';
      from = at + (literal ? 2 : 1);
    } else {
      result += evaluate(reference, options, nesting);
      from = reference.end;
    }
    at = template.indexOf('$', from);
  }
  return result + template.slice(from);
}

function evaluate(reference: Reference, options: SubstituteOptions, nesting: number): string {
  const { name, operator, operand } = reference;
  const value = options.lookup(name);
  if (operator === undefined) {
    if (value === undefined) options.onUnset(name);
    return value ?? '';
  }
  const present = operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
  switch (operator) {
    case ':-':
    case '-':
      return present ? (value ?? '') : substitute(operand, options, nesting + 1);
    case ':+':
    case '+':
      return present ? substitute(operand, options, nesting + 1) : '';
    case ':?':
    case '?': {
      if (present) return value ?? '';
      const reason = substitute(operand, options, nesting + 1);
      const message = `required variable ${name} is missing a value${reason === '' ? '' : `: ${reason}`}`;
      throw new InvalidTemplate('required', message, name);
    }
  }
}

/** The reference that starts at a `$`, or undefined when the `$` is an ordinary character or half of `$$`. */
function readReference(template: string, at: number): Reference | undefined {
  const next = template[at + 1];
  if (next === '{') return readBraced(template, at);
  nameAt.lastIndex = at + 1;
  const name = nameAt.exec(template)?.[0];
  return name === undefined
    ? undefined
    : { name, operator: undefined, operand: '', end: at + 1 + name.length };
}

function readBraced(template: string, at: number): Reference {
  nameAt.lastIndex = at + 2;
  const name = nameAt.exec(template)?.[0];
  if (name === undefined) throw new InvalidTemplate('format', template);
  const behind = at + 2 + name.length;
  if (template[behind] === '}') return { name, operator: undefined, operand: '', end: behind + 1 };
  const operator = /^(?::[-+?]|[-+?])/.exec(template.slice(behind, behind + 2))?.[0] as Operator | undefined;
  const close = operator === undefined ? -1 : closingBrace(template, behind + operator.length);
  if (operator === undefined || close < 0) throw new InvalidTemplate('format', template);
  return { name, operator, operand: template.slice(behind + operator.length, close), end: close + 1 };
}

/**
 * Offset of the brace that closes a reference whose operand starts at `from`. Every brace that the operand opens, with
 * or without a `$`, must be closed before it; if the line ends before that, its last brace closes the reference.
 */
function closingBrace(template: string, from: number): number {
  let open = 1;
  let last = -1;
  for (let pos = from; pos < template.length; pos += 1) {
    const char = template[pos];
    if (char === '{') open += 1;
    else if (char === '}') {
      open -= 1;
      if (open === 0) return pos;
      last = pos;
    } else if (char === '\n' && last >= 0) return last;
  }
  return last;
}

/** Every variable that a template refers to, including in operands, up to the first syntax error. */
export function variablesOf(template: string, nesting = 0): VariableUse[] {
  const uses: VariableUse[] = [];
  let at = template.indexOf('$');
  while (at >= 0 && nesting <= maxNesting) {
    let reference: Reference | undefined;
    try {
      reference = readReference(template, at);
    } catch {
      return uses;
    }
    if (reference !== undefined) {
      const { name, operator, operand } = reference;
      uses.push({
        name,
        required: operator === ':?' || operator === '?',
        defaultValue: operator === ':-' || operator === '-' ? operand : '',
        alternateValue: operator === ':+' || operator === '+' ? operand : '',
      });
      uses.push(...variablesOf(operand, nesting + 1));
    }
    at = template.indexOf('$', reference?.end ?? at + (template[at + 1] === '$' ? 2 : 1));
  }
  return uses;
}
