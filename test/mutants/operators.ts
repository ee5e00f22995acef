// The faults that are put into a source, one at a time: a boundary moved, a condition turned, a call left out, a constant changed.
// Types are respected where that costs nothing, so that few faults are ones that the type check would have told of.
import { returnValues } from './returned.ts';
import { type Node, type Path, parse, placeOf, walk } from './syntax.ts';

/** One fault: what stands from `start` to `end` becomes `text`. */
export interface Mutant {
  start: number;
  end: number;
  text: string;
  /** A statement can be left out, an expression becomes another. */
  form: 'statement' | 'expression';
  operator: string;
  /** Its name for people and for the list of accepted ones; none of it moves when other lines of the file change. */
  line: string;
  place: string;
  change: string;
}

type Change = Pick<Mutant, 'start' | 'end' | 'text' | 'form' | 'operator'>;

const BINARY: Record<string, readonly string[]> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '&': ['|'],
  '|': ['&'],
  '^': ['&'],
  '<<': ['>>'],
  '>>': ['<<'],
  '>>>': ['<<'],
};
const ASSIGNMENT: Record<string, string> = { '+=': '-=', '-=': '+=', '*=': '/=', '/=': '*=', '|=': '&=', '&=': '|=' };
const SWAPPED_CALLS: Record<string, string> = {
  min: 'max',
  max: 'min',
  some: 'every',
  every: 'some',
  floor: 'ceil',
  ceil: 'floor',
  startsWith: 'endsWith',
};
/** Left out of a chain: the values pass as they are. */
const DROPPED_CALLS = [
  'filter',
  'slice',
  'sort',
  'toSorted',
  'reverse',
  'trim',
  'trimEnd',
  'toLowerCase',
  'replace',
  'replaceAll',
  'flat',
];
/** What is left out whole. */
const REMOVED = ['ExpressionStatement', 'ThrowStatement', 'BreakStatement', 'ContinueStatement'];

/** Every mutant of a source, in the order of the text. */
export function mutantsOf(file: string, source: string): Mutant[] {
  const found: Mutant[] = [];
  walk(parse(file, source), (node, path) => {
    for (const change of changesOf(node, path, source)) found.push(named(change, path, source));
  });
  return found.sort((left, right) => left.start - right.start || right.end - left.end);
}

function named(change: Change, path: Path, source: string): Mutant {
  const from = source.lastIndexOf('\n', change.start - 1) + 1;
  const to = source.indexOf('\n', change.start);
  const line = source.slice(from, to < 0 ? source.length : to).trim();
  const short = (text: string): string => {
    const flat = text.replace(/\s+/g, ' ').trim();
    return flat.length > 100 ? `${flat.slice(0, 80)} … ${flat.slice(-16)}` : flat;
  };
  const before = short(source.slice(change.start, change.end));
  return { ...change, line, place: placeOf(path), change: `${before} → ${short(change.text) || 'nothing'}` };
}

function* changesOf(node: Node, path: Path, source: string): Generator<Change> {
  const parent = path.at(-1);
  const textOf = (part: Node): string => source.slice(part.start, part.end);
  const whole = (text: string, operator: string): Change => {
    return { start: node.start, end: node.end, text, form: 'expression', operator };
  };
  if (parent !== undefined && isCondition(node, parent)) yield* conditions(node, parent, whole);
  yield* returnValues(node, path, textOf);
  if (REMOVED.includes(node.type) && isRemovable(node)) yield { ...whole('', 'statement removed'), form: 'statement' };
  if (node.type === 'ReturnStatement' && node.argument === null)
    yield { ...whole('', 'statement removed'), form: 'statement' };
  switch (node.type) {
    case 'BinaryExpression':
      yield* binary(node, source, whole);
      break;
    case 'LogicalExpression':
      yield* logical(node, textOf, whole);
      break;
    case 'UnaryExpression':
      if (node.operator === '!') yield whole(`(${textOf(node.argument as Node)})`, 'negation removed');
      break;
    case 'UpdateExpression':
      yield whole(
        textOf(node).replace(/\+\+|--/, (now) => (now === '++' ? '--' : '++')),
        'count turned',
      );
      break;
    case 'AssignmentExpression':
      yield* assignment(node, textOf, whole);
      break;
    case 'CallExpression':
      yield* calls(node, path, source, whole);
      break;
    case 'Literal':
      if (isValue(node, path)) yield* constants(node, path, whole);
      break;
    case 'TemplateLiteral':
      if (parent?.type !== 'TaggedTemplateExpression' && !isUnderstoodByPeopleOnly(path) && hasWords(node))
        yield whole("''", 'words removed');
      break;
    case 'ArrayExpression':
      if ((node.elements as unknown[]).length > 0) yield whole('[]', 'list emptied');
      break;
  }
}

type Whole = (text: string, operator: string) => Change;

function isCondition(node: Node, parent: Node): boolean {
  return (
    ['IfStatement', 'ConditionalExpression', 'WhileStatement', 'DoWhileStatement'].includes(parent.type) &&
    parent.test === node
  );
}

/** An operand of && or || is left out below; here is what then remains: the guarded code never or always runs. */
function* conditions(node: Node, parent: Node, whole: Whole): Generator<Change> {
  const operator = node.type === 'LogicalExpression' ? node.operator : null;
  if (operator !== '&&' && !parent.type.includes('While')) yield whole('true', 'condition always');
  if (operator !== '||') yield whole('false', 'condition never');
}

function* binary(node: Node, source: string, whole: Whole): Generator<Change> {
  const [left, right] = [node.left as Node, node.right as Node];
  const operator = String(node.operator);
  if (operator === '+' && [left, right].some(isText)) return;
  for (const other of BINARY[operator] ?? []) {
    const between = source.slice(left.end, right.start).replace(operator, other);
    yield whole(`${source.slice(node.start, left.end)}${between}${source.slice(right.start, node.end)}`, 'operator');
  }
}

function* logical(node: Node, textOf: (part: Node) => string, whole: Whole): Generator<Change> {
  yield whole(`(${textOf(node.left as Node)})`, 'right operand removed');
  yield whole(`(${textOf(node.right as Node)})`, 'left operand removed');
}

function* assignment(node: Node, textOf: (part: Node) => string, whole: Whole): Generator<Change> {
  const other = ASSIGNMENT[String(node.operator)];
  const right = node.right as Node;
  if (other !== undefined && !isText(right))
    yield whole(`${textOf(node.left as Node)} ${other} ${textOf(right)}`, 'operator');
}

function* calls(node: Node, path: Path, source: string, whole: Whole): Generator<Change> {
  const callee = node.callee as Node;
  if (callee.type !== 'MemberExpression' || (callee.object as Node).type === 'Super') return;
  // A switch inside `a?.b().c` would end the chain too early.
  if (path.some(({ type }) => type === 'ChainExpression')) return;
  const property = callee.property as Node;
  const name = String(property.name);
  const other = Object.hasOwn(SWAPPED_CALLS, name) ? SWAPPED_CALLS[name] : undefined;
  if (other !== undefined)
    yield whole(
      `${source.slice(node.start, property.start)}${other}${source.slice(property.end, node.end)}`,
      'call swapped',
    );
  if (DROPPED_CALLS.includes(name)) {
    const object = callee.object as Node;
    yield whole(`(${source.slice(object.start, object.end)})`, 'call removed');
  }
}

function* constants(node: Node, path: Path, whole: Whole): Generator<Change> {
  const { value } = node;
  if (typeof value === 'number') {
    if (value !== 0) yield whole('0', 'constant');
    yield whole(String(value > 10 ? value * 2 : value + 1), 'constant');
  } else if (typeof value === 'boolean') yield whole(String(!value), 'constant');
  else if (typeof value === 'string' && !isUnderstoodByPeopleOnly(path))
    yield whole(value === '' ? "'mutant'" : "''", value === '' ? 'constant' : 'words removed');
  else if (typeof node.regex === 'object') yield* anchors(String(node.raw), whole);
}

/** A pattern without its end accepts more. */
function* anchors(raw: string, whole: Whole): Generator<Change> {
  if (raw.startsWith('/^')) yield whole(`/${raw.slice(2)}`, 'anchor removed');
  const end = raw.lastIndexOf('/');
  if (raw[end - 1] === '$' && raw[end - 2] !== '\\')
    yield whole(`${raw.slice(0, end - 1)}${raw.slice(end)}`, 'anchor removed');
}

const isText = (node: Node): boolean =>
  node.type === 'TemplateLiteral' || (node.type === 'Literal' && typeof node.value === 'string');

const hasWords = (node: Node): boolean =>
  (node.quasis as { value: { raw: string } }[]).some(({ value }) => value.raw !== '');

/** Keys, module names and directives are no values. */
function isValue(node: Node, path: Path): boolean {
  const parent = path.at(-1);
  if (parent === undefined) return false;
  if (/^(Import|Export)/.test(parent.type) || 'directive' in parent) return false;
  return !(parent.key === node && parent.computed !== true);
}

/** Lines of the log and of errors, which no test need pin word for word; and SQL, which fails as a whole. */
function isUnderstoodByPeopleOnly(path: Path): boolean {
  return path.some((node) => {
    if (node.type === 'NewExpression') return /Error$/.test(String((node.callee as Node).name));
    if (node.type !== 'CallExpression') return false;
    const { type, property } = node.callee as Node;
    const name = type === 'MemberExpression' ? String((property as Node).name) : '';
    return ['debug', 'info', 'warn', 'error', 'prepare', 'exec', 'pragma'].includes(name);
  });
}

/** `super()` must be called, and a directive is none. */
function isRemovable(node: Node): boolean {
  if (node.type !== 'ExpressionStatement') return true;
  const expression = node.expression as Node;
  return !('directive' in node && node.directive !== null) && (expression.callee as Node | undefined)?.type !== 'Super';
}
