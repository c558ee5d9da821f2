/** Changes the text of an assertion's headers, which is then signed as it stands. */
export type Edit = (headers: string) => string;

/** The line of a header with the indented lines that belong to it. */
function headerPattern(name: string): RegExp {
  return new RegExp(`^${name}:.*(?:\\n .*)*\\n`, 'm');
}

function mustChange(headers: string, changed: string, what: string): string {
  if (changed === headers) throw new Error(`cannot ${what}: these headers do not have it\n${headers}`);
  return changed;
}

/** Leaves headers out. */
export function without(...names: string[]): Edit {
  return (headers) =>
    names.reduce(
      (text, name) => mustChange(text, text.replace(headerPattern(name), ''), `leave out ${name}`),
      headers,
    );
}

/** Gives a header, new or not, this text after its colon; it must bring the space, or the new line, along. */
export function withRaw(name: string, afterColon: string): Edit {
  return (headers) => {
    const line = `${name}:${afterColon}\n`;
    const pattern = headerPattern(name);
    if (pattern.test(headers)) return headers.replace(pattern, () => line);
    // Before the last lines, which must stay the last: body-length and sign-key-sha3-384.
    return headers.replace(/^(body-length|sign-key-sha3-384): /m, (last) => `${line}${last}`);
  };
}

/** Gives a header, new or not, this value. */
export function withValue(name: string, value: string): Edit {
  return withRaw(name, ` ${value}`);
}

/** Replaces text wherever it stands first. */
export function replacing(from: string | RegExp, to: string): Edit {
  return (headers) =>
    mustChange(
      headers,
      headers.replace(from, () => to),
      `replace ${String(from)}`,
    );
}

/** One edit after the other. */
export function all(...edits: Edit[]): Edit {
  return (headers) => edits.reduce((text, edit) => edit(text), headers);
}
