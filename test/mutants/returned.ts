// What a function returns, changed by what its declaration says that it returns: a truth, a number, a text, a list, or null.
import type { Mutant } from './operators.ts';
import type { Node, Path } from './syntax.ts';

type Change = Pick<Mutant, 'start' | 'end' | 'text' | 'form' | 'operator'>;

const FUNCTIONS = ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'];

/** For the value of a `return`, and for the body of an arrow function that is an expression. */
export function* returnValues(node: Node, path: Path, textOf: (node: Node) => string): Generator<Change> {
  const holder = path.findLast(({ type }) => FUNCTIONS.includes(type));
  const parent = path.at(-1);
  if (holder === undefined || parent === undefined) return;
  const isReturned = parent.type === 'ReturnStatement' || (parent === holder && holder.body === node);
  if (!isReturned || node.type === 'BlockStatement') return;
  const now = textOf(node);
  const returned = holder.returnType as Node | null | undefined;
  if (returned === null || returned === undefined) return;
  for (const text of valuesOf(textOf(returned).replace(/^:\s*/, ''), holder.async === true)) {
    if (text !== now && !isTextOf(node, text))
      yield { start: node.start, end: node.end, text, form: 'expression', operator: 'returned value' };
  }
}

/** A literal has its own mutants. */
function isTextOf(node: Node, text: string): boolean {
  return node.type === 'Literal' && text !== 'null' && text !== 'undefined' && text !== '[]';
}

function valuesOf(type: string, isAsync: boolean): string[] {
  const inner = isAsync ? (/^Promise<(.*)>$/s.exec(type)?.[1] ?? type) : type;
  const values: string[] = [];
  if (/^boolean\b|^\w+ is \w/.test(inner)) values.push('true', 'false');
  if (/^number\b(?!\[)/.test(inner)) values.push('0');
  if (/^string\b(?!\[)/.test(inner)) values.push("''");
  if (/\| null$/.test(inner)) values.push('null');
  if (/\| undefined$/.test(inner)) values.push('undefined');
  if (/^(readonly )?[\w<>, ]+\[\]$/.test(inner)) values.push('[]');
  return values;
}
