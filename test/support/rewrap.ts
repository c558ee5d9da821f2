import type { Assertion } from '../../src/assertions/format/assertion.js';

/** The same assertion with its signature in lines of another width and with other line ends: nobody needs a key for that. */
export function rewrap({ content, signature }: Assertion, width: number, lineEnd = '\n'): Buffer {
  const flat = signature.toString('latin1').replaceAll(/\s/g, '');
  const lines = flat.match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
  return Buffer.concat([content, Buffer.from('\n\n'), Buffer.from(`${lines.join(lineEnd)}\n`)]);
}

/** A stream of them. */
export function rewrapStream(assertions: readonly Assertion[], width: number, lineEnd?: string): Buffer {
  return Buffer.concat(
    assertions.flatMap((assertion) => [rewrap(assertion, width, lineEnd), Buffer.from('\n')]),
  );
}
