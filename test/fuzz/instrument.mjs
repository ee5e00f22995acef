// A step of the bundler for the fuzzer: each place where the program's code can go one way or another counts how often it is
// reached. Beside the bundle lies what was numbered, and which words and numbers the code compares with.
import path from 'node:path';

/** The name under which the counting function is imported; no source has it. */
const COUNT = '__reached';
/** Longer texts are words for people. */
const MAX_WORD = 40;

const isNode = (value) => typeof value === 'object' && value !== null && typeof value.type === 'string';

function* childrenOf(node) {
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) yield* value.filter(isNode);
    else if (isNode(value)) yield value;
  }
}

/** What is to be put in where, of one module. */
class Marks {
  #before = [];
  #after = [];
  #next;
  functions = [];
  words = new Set();
  numbers = new Set();

  constructor(first) {
    this.#next = first;
  }

  get next() {
    return this.#next;
  }

  walk(node, name = '') {
    this.#open(node, name);
    for (const child of childrenOf(node)) this.walk(child, nameFrom(node, child, name));
    this.#close(node);
  }

  applyTo(code) {
    // Of what ends at one place the innermost ends first, as it was walked; of what begins there the outermost begins first.
    const all = [...this.#before, ...this.#after.map((mark, i) => ({ ...mark, order: i - this.#after.length }))];
    all.sort((a, b) => a.at - b.at || a.order - b.order);
    let made = '';
    let at = 0;
    for (const mark of all) {
      made += code.slice(at, mark.at) + mark.text;
      at = mark.at;
    }
    return made + code.slice(at);
  }

  #put(at, text) {
    this.#before.push({ at, text, order: this.#before.length + 1 });
  }

  #end(at, text) {
    this.#after.push({ at, text });
  }

  #count() {
    return `${COUNT}(${this.#next++})`;
  }

  #open(node, name) {
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        if (node.body === null) return;
        if (name !== '') this.functions.push({ name, block: this.#next });
        if (node.body.type === 'BlockStatement') this.#put(node.body.start + 1, `${this.#count()};`);
        else this.#put(node.body.start, `(${this.#count()}, `);
        return;
      case 'IfStatement':
        this.#statement(node.consequent);
        if (node.alternate !== null) this.#statement(node.alternate);
        return;
      case 'ForStatement':
      case 'ForOfStatement':
      case 'ForInStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
        this.#statement(node.body);
        return;
      case 'SwitchCase':
        if (node.consequent.length > 0) this.#put(node.consequent[0].start, `${this.#count()};`);
        return;
      case 'CatchClause':
        this.#put(node.body.start + 1, `${this.#count()};`);
        return;
      case 'ConditionalExpression':
        for (const part of [node.consequent, node.alternate]) this.#put(part.start, `(${this.#count()}, `);
        return;
      case 'LogicalExpression':
        this.#put(node.right.start, `(${this.#count()}, `);
        return;
      case 'Literal':
        if (typeof node.value === 'number' && Number.isInteger(node.value)) this.numbers.add(node.value);
        if (typeof node.value === 'string') this.#word(node.value);
        if (node.regex) for (const word of node.regex.pattern.match(/[\w-]{2,}/g) ?? []) this.#word(word);
        return;
      case 'TemplateElement':
        this.#word(node.value.cooked ?? '');
        return;
      default:
    }
  }

  #close(node) {
    switch (node.type) {
      case 'ArrowFunctionExpression':
        if (node.body.type !== 'BlockStatement') this.#end(node.body.end, ')');
        return;
      case 'IfStatement':
        if (node.consequent.type !== 'BlockStatement') this.#end(node.consequent.end, ' }');
        if (node.alternate === null) this.#end(node.end, ` else { ${this.#count()}; }`);
        else if (node.alternate.type !== 'BlockStatement') this.#end(node.alternate.end, ' }');
        return;
      case 'ForStatement':
      case 'ForOfStatement':
      case 'ForInStatement':
      case 'WhileStatement':
      case 'DoWhileStatement':
        if (node.body.type !== 'BlockStatement') this.#end(node.body.end, ' }');
        return;
      case 'ConditionalExpression':
        for (const part of [node.consequent, node.alternate]) this.#end(part.end, ')');
        return;
      case 'LogicalExpression':
        this.#end(node.right.end, ')');
        return;
      default:
    }
  }

  #statement(node) {
    if (node.type === 'BlockStatement') this.#put(node.start + 1, `${this.#count()};`);
    else this.#put(node.start, `{ ${this.#count()}; `);
  }

  #word(text) {
    if (text.length >= 2 && text.length <= MAX_WORD && !text.startsWith('.')) this.words.add(text);
  }
}

/** What a function is called by whoever reads the file; '' for one within another. */
function nameFrom(node, child, name) {
  if (node.type === 'Program' || node.type === 'ExportNamedDeclaration' || node.type === 'ClassBody') {
    const own = child.id?.name ?? child.key?.name ?? '';
    const place = name === '' || own === '' ? '' : `${name}.`;
    if (child.type === 'ClassDeclaration') return own;
    if (child.type === 'MethodDefinition') return child.key.type === 'PrivateIdentifier' ? '' : `${place}${own}`;
    return node.type === 'ClassBody' ? '' : own;
  }
  const passesOn = ['ClassDeclaration', 'MethodDefinition'].includes(node.type);
  return passesOn && (child.type === 'ClassBody' || child === node.value) ? name : '';
}

/** @param root of the checkout */
export function countingBlocks(root, reportName) {
  const counter = path.join(root, 'test/fuzz/coverage.ts');
  const modules = [];
  let next = 0;
  return {
    name: 'counting-blocks',
    enforce: 'post',
    transform(code, id) {
      const file = path.relative(root, id.split('?', 1)[0]);
      if (!/^(?:sensor|web)\/.*\.ts$/.test(file)) return null;
      const marks = new Marks(next);
      marks.walk(this.parse(code));
      const first = next;
      next = marks.next;
      modules.push({
        file,
        first,
        blocks: next - first,
        functions: marks.functions,
        words: [...marks.words].sort(),
        numbers: [...marks.numbers].sort((a, b) => a - b),
      });
      return { code: `import { ${COUNT} } from ${JSON.stringify(counter)};${marks.applyTo(code)}`, map: null };
    },
    generateBundle() {
      modules.sort((a, b) => (a.file < b.file ? -1 : 1));
      this.emitFile({ type: 'asset', fileName: reportName, source: JSON.stringify({ blocks: next, modules }) });
    },
  };
}
