import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** A file of `src`, without the tests. */
export interface SourceFile {
  /** Below `src`. */
  readonly path: string;
  /** The first folder of it; the file itself where it lies in none. */
  readonly room: string;
  readonly ast: ts.SourceFile;
}

/** Every file of the program. */
export function sourceFiles(): SourceFile[] {
  const src = join(ROOT, 'src');
  return readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
    .toSorted()
    .map((path) => ({
      path,
      room: path.split('/')[0] ?? path,
      ast: ts.createSourceFile(path, readFileSync(join(src, path), 'utf8'), ts.ScriptTarget.Latest, true),
    }));
}

function* nodesOf(node: ts.Node): Generator<ts.Node> {
  yield node;
  for (const child of node.getChildren()) yield* nodesOf(child);
}

/** The strings in a file. Of a template, the parts between its expressions, in one. */
export function stringsOf({ ast }: SourceFile): string[] {
  return [...nodesOf(ast)].flatMap((node) => {
    if (ts.isStringLiteralLike(node)) return [node.text];
    if (ts.isTemplateExpression(node))
      return [[node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('$')];
    return [];
  });
}

/** The classes in a file that have a decorator; not the abstract ones, of which nobody makes any. */
export function classesWith(decorator: string, { ast }: SourceFile): string[] {
  return [...nodesOf(ast)]
    .filter((node) => ts.isClassDeclaration(node))
    .filter((node) => !(node.modifiers ?? []).some(({ kind }) => kind === ts.SyntaxKind.AbstractKeyword))
    .filter((node) =>
      (ts.getDecorators(node) ?? []).some(
        ({ expression }) => ts.isCallExpression(expression) && expression.expression.getText() === decorator,
      ),
    )
    .map((node) => node.name?.text ?? '');
}
