/** Names of the files that operating systems and file managers add, in any case. */
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

/**
 * `._NAME` of macOS, `NAME:Zone.Identifier` of Windows, trash folders, locks of office programs, temporary
 * files of rsync.
 */
const SIDE_PATTERN =
  /^\._|[:.]zone\.identifier$|^\.trash(?:-\d+)?$|^\.~lock\.|^~\$|^\.fuse_hidden|^found\.\d{3}$/i;

/**
 * Whether an operating system added a file or folder by itself, so that it is not meant to be imported.
 *
 * @param path - with `/` between its parts; any part may be such a name
 */
export function isSideFile(path: string): boolean {
  return path.split('/').some((name) => SIDE_NAMES.has(name.toLowerCase()) || SIDE_PATTERN.test(name));
}
