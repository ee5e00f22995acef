// The syntax tree of a source as the mutants need it: values, no types. The parser is the one that Vite brings.
import { parseSync } from 'vite';

/** A node of ESTree; only what the mutants ask of it. */
export interface Node {
  type: string;
  start: number;
  end: number;
  [field: string]: unknown;
}

/** What surrounds a node, nearest last. */
export type Path = readonly Node[];

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';
}

/** @throws Error when it is no TypeScript */
export function parse(file: string, source: string): Node {
  const { program, errors } = parseSync(file, source, { preserveParens: true });
  if (errors.length > 0) throw new Error(`${file} cannot be parsed: ${errors[0]?.message}`);
  return program as unknown as Node;
}

/** Visits what becomes code: types are passed over, but not the values inside `x as T`. Parents come before children. */
export function walk(node: Node, visit: (node: Node, path: Path) => void, path: Path = []): void {
  visit(node, path);
  const inside = [...path, node];
  for (const [field, child] of Object.entries(node)) {
    if (isType(node, field)) continue;
    for (const one of Array.isArray(child) ? child : [child]) if (isNode(one)) walk(one, visit, inside);
  }
}

const TYPED_VALUES = ['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression'];

function isType(node: Node, field: string): boolean {
  if (node.type.startsWith('TS')) return !(TYPED_VALUES.includes(node.type) && field === 'expression');
  return [
    'typeAnnotation',
    'typeArguments',
    'typeParameters',
    'returnType',
    'superTypeArguments',
    'implements',
  ].includes(field);
}

/** The name of the function, method or constant that holds it: `Outbox.drain`. */
export function placeOf(path: Path): string {
  const names = path.flatMap((node) => {
    const named = {
      ClassDeclaration: 'id',
      FunctionDeclaration: 'id',
      MethodDefinition: 'key',
      PropertyDefinition: 'key',
    };
    const field = named[node.type as keyof typeof named] ?? (node.type === 'VariableDeclarator' ? 'id' : null);
    const name = field === null ? undefined : (node[field] as Node | null);
    return typeof name?.name === 'string' ? [name.name] : [];
  });
  return names.join('.') || 'file';
}
