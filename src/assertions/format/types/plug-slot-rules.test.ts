import { describe, expect, it } from 'vitest';
import { typeRefusal } from '../../../../test/support/check-type.js';

const DECLARATION = `type: snap-declaration
authority-id: canonical
series: 16
snap-id: ${'a'.repeat(32)}
snap-name: hello
publisher-id: acme
timestamp: 2026-01-01T00:00:00Z`;

/** Entries in the notation of assertions, below the rule for one interface. */
function refusal(side: string, lines: readonly string[]): string {
  const rule = lines.map((line) => `    ${line}`).join('\n');
  return typeRefusal(DECLARATION, ['rule', '', `${side}:\n  home:\n${rule}`]);
}

const CONSTRAINTS = (...lines: string[]): string[] => [
  'allow-auto-connection:',
  ...lines.map((line) => `  ${line}`),
];

describe('rules that snapd reads', () => {
  it.each<[string, string, string[]]>([
    ['a shortcut', 'plugs', ['deny-connection: false']],
    ['an unknown part next to a known one', 'plugs', ['x: y', 'allow-connection: true']],
    [
      'alternatives',
      'slots',
      ['allow-connection:', '  -', '    on-classic: true', '  -', '    on-classic: false'],
    ],
    ['attributes', 'plugs', CONSTRAINTS('plug-attributes:', '  content: gtk-3-.*')],
    ['attributes within attributes', 'plugs', CONSTRAINTS('plug-attributes:', '  a:', '    b: c')],
    ['alternatives of attributes', 'plugs', CONSTRAINTS('plug-attributes:', '  a:', '    - x', '    - y')],
    ['a missing attribute', 'plugs', CONSTRAINTS('slot-attributes:', '  a: $MISSING')],
    ['an attribute of the other side', 'plugs', CONSTRAINTS('slot-attributes:', '  a: $PLUG(a)')],
    ['a compatible attribute', 'plugs', CONSTRAINTS('slot-attributes:', '  a: $PLUG_COMPAT(a)')],
    ['a publisher in an attribute', 'plugs', CONSTRAINTS('slot-attributes:', '  a: $PLUG_PUBLISHER_ID')],
    ['names', 'plugs', CONSTRAINTS('plug-names:', '  - $INTERFACE', '  - foo.*')],
    ['a publisher that is resolved later', 'plugs', CONSTRAINTS('slot-publisher-id:', '  - $SOMEONE')],
    ['any number of slots', 'plugs', CONSTRAINTS('slots-per-plug: *')],
    ['one slot', 'plugs', CONSTRAINTS('slots-per-plug: 1')],
    [
      'distributions',
      'plugs',
      CONSTRAINTS('on-classic:', '  - ubuntu', '  - ubuntu/core', '  - fedora/*', '  - x/'),
    ],
    ['core desktop', 'plugs', CONSTRAINTS('on-core-desktop: true')],
    ['a device', 'plugs', CONSTRAINTS('on-store:', '  - My_Store-1', 'on-model:', '  - brand/Model-1')],
    ['a snap type of its own side', 'slots', CONSTRAINTS('slot-snap-type:', '  - core')],
    ['installation constraints that are unknown to snapd', 'plugs', ['allow-installation:', '  x: y']],
    ['installation of a snap type', 'slots', ['allow-installation:', '  slot-snap-type:', '    - gadget']],
  ])('%s', (_what, side, lines) => expect(refusal(side, lines)).toBe(''));
});

describe('rules that snapd refuses', () => {
  it.each<[string, string, string[]]>([
    ['no part', 'plugs', ['x: true']],
    ['a part with another value', 'plugs', ['allow-connection: maybe']],
    ['an alternative that is a shortcut', 'plugs', ['allow-connection:', '  - true']],
    ['no constraint', 'plugs', CONSTRAINTS('x: y')],
    ['constraints only of the other side', 'plugs', CONSTRAINTS('plug-publisher-id:', '  - acme')],
    ['attributes that are a string', 'plugs', CONSTRAINTS('plug-attributes: a')],
    ['an invalid regular expression', 'plugs', CONSTRAINTS('plug-attributes:', '  a: (')],
    ['an unknown operation', 'plugs', CONSTRAINTS('plug-attributes:', '  a: $SNAP(a)')],
    ['two arguments', 'plugs', CONSTRAINTS('plug-attributes:', '  a: $SLOT(a,b)')],
    ['an unknown reference', 'plugs', CONSTRAINTS('plug-attributes:', '  a: $SNAP_ID')],
    ['alternatives in alternatives', 'plugs', CONSTRAINTS('plug-attributes:', '  a:', '    -', '      - x')],
    ['names that are a string', 'plugs', CONSTRAINTS('plug-names: a')],
    ['a name with a space', 'plugs', CONSTRAINTS('plug-names:', '  - a b')],
    ['an invalid mark', 'plugs', CONSTRAINTS('plug-names:', '  - $interface')],
    ['an invalid snap type', 'plugs', CONSTRAINTS('slot-snap-type:', '  - base')],
    ['an invalid snap id', 'plugs', CONSTRAINTS('slot-snap-id:', '  - short')],
    ['an invalid publisher', 'slots', CONSTRAINTS('plug-publisher-id:', '  - A_B')],
    ['no slots', 'plugs', CONSTRAINTS('slots-per-plug: 0')],
    ['slots in a part that denies connections', 'plugs', ['deny-connection:', '  slots-per-plug: *']],
    ['slots in installation', 'plugs', ['allow-installation:', '  slots-per-plug: *']],
    ['another value of on-classic', 'plugs', CONSTRAINTS('on-classic: yes')],
    ['an invalid distribution', 'plugs', CONSTRAINTS('on-classic:', '  - Ubuntu')],
    ['two variants', 'plugs', CONSTRAINTS('on-classic:', '  - ubuntu/a/b')],
    ['another value of on-core-desktop', 'plugs', CONSTRAINTS('on-core-desktop: maybe')],
    ['a model without its brand', 'plugs', CONSTRAINTS('on-model:', '  - model')],
    ['an invalid store', 'plugs', CONSTRAINTS('on-store:', '  - a/b')],
  ])('%s', (_what, side, lines) => expect(refusal(side, lines)).toMatch(/^cannot decode snap-declaration/));
});
