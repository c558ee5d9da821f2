/** What systems and their file managers put beside people's files, by name, in any case. */
const SIDE_NAMES: ReadonlySet<string> = new Set(
  [
    // macOS
    '.DS_Store',
    '.AppleDouble',
    '.LSOverride',
    '.Spotlight-V100',
    '.Trashes',
    '.fseventsd',
    '.TemporaryItems',
    '.DocumentRevisions-V100',
    '.VolumeIcon.icns',
    '.com.apple.timemachine.donotpresent',
    '.apdisk',
    '__MACOSX',
    // Windows
    'Thumbs.db',
    'ehthumbs.db',
    'desktop.ini',
    'autorun.inf',
    '$RECYCLE.BIN',
    'RECYCLER',
    'System Volume Information',
    'IndexerVolumeGuid',
    'WPSettings.dat',
    // Linux and others
    'lost+found',
    '.directory',
    '.nfs',
    '@eaDir',
    '#recycle',
  ].map((name) => name.toLowerCase()),
);

/** `._NAME` of macOS, `NAME:Zone.Identifier` of Windows, trashes, locks of office programs, what rsync writes. */
const SIDE_PATTERN =
  /^\._|[:.]zone\.identifier$|^\.trash(?:-\d+)?$|^\.~lock\.|^~\$|^\.fuse_hidden|^found\.\d{3}$/i;

/**
 * Whether a file or folder is one that a system put there by itself, so that nobody means it.
 *
 * @param path - with `/` between its parts; any part may be such a one
 */
export function isSideFile(path: string): boolean {
  return path.split('/').some((name) => SIDE_NAMES.has(name.toLowerCase()) || SIDE_PATTERN.test(name));
}
