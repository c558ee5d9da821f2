import { replacing, without, withRaw, withValue } from './edits.js';
import { mandatory, rows, type EditedRow } from './rows.js';
import { GATED_SNAP_ID, SNAP_IDS } from './world.js';

/** Models, broken by what the type wants. */
export const MALFORMED_MODELS: readonly EditedRow[] = [
  ...mandatory('model of core 16', 'architecture', 'gadget', 'kernel', 'timestamp'),
  ...rows('model of core 16', {
    'brand of someone else': withValue('brand-id', 'acme'),
    'model with a capital': withValue('model', 'Core-16'),
    'classic that is another word': withValue('classic', 'yes'),
    'gadget with a risk': withValue('gadget', 'pc=18/stable'),
    'kernel with a bad name': withValue('kernel', 'pc_kernel'),
    'required snap with a bad name': withRaw('required-snaps', '\n  - he_llo'),
    'required-snaps that is text': withValue('required-snaps', 'hello'),
    'base with a bad name': withValue('base', 'core_18'),
    'grade without snaps': withValue('grade', 'signed'),
    'storage-safety without snaps': withValue('storage-safety', 'encrypted'),
    'distribution without snaps': withValue('distribution', 'ubuntu'),
    'system-user-authority of another word': withValue('system-user-authority', 'all'),
    'serial-authority that is text': withValue('serial-authority', 'generic'),
    'serial-authority of a bad account': withRaw('serial-authority', '\n  - A_B'),
    'store that is a list': withRaw('store', '\n  - acme-store'),
  }),
  ...mandatory('model of core 20', 'architecture', 'base'),
  ...rows('model of core 20', {
    'gadget beside snaps': withValue('gadget', 'pc'),
    'required-snaps beside snaps': withRaw('required-snaps', '\n  - hello'),
    'unknown grade': withValue('grade', 'safe'),
    'unknown storage-safety': withValue('storage-safety', 'none'),
    'secured but not encrypted': withValue('storage-safety', 'prefer-encrypted'),
    'snaps that is text': withValue('snaps', 'pc'),
    'no gadget': replacing('type: gadget', 'type: app'),
    'no kernel': replacing('type: kernel', 'type: app'),
    'two gadgets': replacing('type: kernel', 'type: gadget'),
    'unknown snap type': replacing('type: kernel', 'type: driver'),
    'a bad channel': replacing('default-channel: 20\n', 'default-channel: 20/bad/x/y\n'),
    'a channel without a track': replacing('default-channel: 20\n', 'default-channel: stable\n'),
    'unknown presence': replacing('presence: optional', 'presence: perhaps'),
    'essential snap with presence': replacing('type: gadget', 'presence: required\n    type: gadget'),
    'snap without id': replacing(`    id: ${SNAP_IDS[0]}\n`, ''),
    'snap with a bad id': replacing(`id: ${SNAP_IDS[0]}`, 'id: short'),
    'snap twice': replacing('name: hello', 'name: pc'),
    'id twice': replacing(`id: ${SNAP_IDS[0]}`, `id: ${GATED_SNAP_ID}`),
    'base that is not well known': withValue('base', 'my-base'),
  }),
  ...rows('model of classic', {
    kernel: withValue('kernel', 'pc-kernel'),
    base: withValue('base', 'core18'),
  }),
  ...rows('model of classic with snaps', {
    'no distribution': without('distribution'),
    'bad distribution': withValue('distribution', 'Ubuntu Linux'),
  }),
];
