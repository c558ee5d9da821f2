import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { collect, type Outcome } from '../support/program.js';

/** An account other than root on that machine. */
export const OPERATOR_UID = 1_000;
export const OPERATOR_HOME = '/home/operator';

/**
 * The programs of the packages that every Debian has, as far as the tests need them: dash, coreutils, findutils,
 * grep, sed, tar, gzip, passwd, util-linux.
 */
const PROGRAMS = (
  'sh cat chmod chown chroot cp cut date dirname basename du env false grep gzip head id ls mkdir mv nologin printf pwd readlink rm rmdir ' +
  'sed sha256sum sleep sort stat sync tail tar test touch tr true uname uniq useradd wc find kill ln setpriv'
).split(' ');

/** The rest of libc6, libcrypt1, and the two libraries that Debian's own package tools use. */
const LIBRARIES = [
  'libdl.so.2',
  'libm.so.6',
  'libpthread.so.0',
  'libresolv.so.2',
  'librt.so.1',
  'libutil.so.1',
  'libcrypt.so.1',
  'libgcc_s.so.1',
  'libstdc++.so.6',
];

const ETC = {
  passwd: `root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/nonexistent:/bin/false\noperator:x:${OPERATOR_UID}:${OPERATOR_UID}::${OPERATOR_HOME}:/bin/sh\n`,
  group: `root:x:0:\nnogroup:x:65534:\noperator:x:${OPERATOR_UID}:\n`,
  shadow: 'root:*:::::::\n',
  gshadow: '',
  'login.defs': 'SYS_UID_MIN 100\nSYS_UID_MAX 999\nSYS_GID_MIN 100\nSYS_GID_MAX 999\n',
  hosts: '127.0.0.1 localhost\n',
};

/** Returns why such a machine cannot be made here; undefined if it can. */
export function whyNoBareMachine(): string | undefined {
  if (process.geteuid?.() !== 0) return 'not root';
  if (!existsSync('/etc/debian_version')) return 'not Debian';
  const tried = spawnSync(
    'unshare',
    ['--net', '--mount', '--pid', '--fork', 'ip', 'link', 'set', 'lo', 'up'],
    {
      encoding: 'utf8',
    },
  );
  if (tried.status === 0) return undefined;
  return `cannot make namespaces: ${tried.error?.message ?? tried.stderr.trim()}`;
}

/** The paths of the libraries that a program is linked with, and of its loader. */
function librariesOf(program: string): string[] {
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' });
  return stdout.split('\n').flatMap((line) => /(\/\S+)/.exec(line)?.[1] ?? []);
}

export interface BareMachineOptions {
  /** Programs in addition to those that every Debian has. */
  readonly programs?: readonly string[];
  /** `own` is a network with only loopback; `shared` is the network of the machine that runs the tests. */
  readonly network?: 'own' | 'shared';
  /** Folders of this machine that are mounted there: path here, path there. */
  readonly mounts?: readonly (readonly [here: string, there: string])[];
}

interface Caller {
  readonly uid?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * A root directory with a C library, a shell and the small tools that every Debian has. It has no Node, no
 * PostgreSQL, no npm, and only loopback as its network.
 */
export class BareMachine {
  readonly root = mkdtempSync(join(tmpdir(), 'bare-machine-'));

  constructor(private readonly options: BareMachineOptions = {}) {
    chmodSync(this.root, 0o755);
    for (const folder of [
      'bin',
      'etc',
      'dev',
      'proc',
      'root',
      'run',
      'tmp',
      'usr/local/bin',
      'var/lib',
      'opt',
    ])
      mkdirSync(join(this.root, folder), { recursive: true });
    chmodSync(join(this.root, 'tmp'), 0o1777);
    for (const folder of ['usr/bin', 'usr/sbin', 'sbin']) symlinkSync('/bin', join(this.root, folder));
    for (const [name, text] of Object.entries(ETC)) writeFileSync(join(this.root, 'etc', name), text);
    for (const name of [...PROGRAMS, ...(options.programs ?? [])]) this.addProgram(name);
    for (const name of LIBRARIES) this.addLibrary(name);
    this.addOperator();
  }

  private addOperator(): void {
    const home = join(this.root, OPERATOR_HOME);
    mkdirSync(home, { recursive: true });
    chownSync(home, OPERATOR_UID, OPERATOR_UID);
    chmodSync(home, 0o755);
  }

  private addProgram(name: string): void {
    const path = ['/bin', '/usr/bin', '/usr/sbin']
      .map((folder) => join(folder, name))
      .find((choice) => existsSync(choice));
    if (path === undefined) throw new Error(`no ${name} on this machine`);
    const real = realpathSync(path);
    copyFileSync(real, join(this.root, 'bin', name));
    chmodSync(join(this.root, 'bin', name), 0o755);
    for (const library of librariesOf(real)) this.copyLibrary(library);
  }

  private addLibrary(name: string): void {
    const cache = execFileSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' });
    const path = cache
      .split('\n')
      .find((line) => line.trim().startsWith(`${name} `))
      ?.split('=> ')[1];
    if (path === undefined) throw new Error(`no ${name} on this machine`);
    this.copyLibrary(path.trim());
    for (const library of librariesOf(path.trim())) this.copyLibrary(library);
  }

  private copyLibrary(path: string): void {
    const target = join(this.root, path);
    if (existsSync(target)) return;
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(realpathSync(path), target);
    chmodSync(target, 0o755);
  }

  /** Copies a file or folder there, readable by everyone, as a courier does. @returns its path there */
  carry(path: string, folder = '/tmp'): string {
    const there = join(folder, basename(path));
    cpSync(path, join(this.root, there), { recursive: true, verbatimSymlinks: true });
    execFileSync('chmod', ['-R', 'a+rX', join(this.root, there)]);
    return there;
  }

  /** Runs a shell script there. All processes that it started end with it. */
  async run(script: string, caller: Caller = {}): Promise<Outcome> {
    return await collect(this.start(script, caller));
  }

  /** Starts a shell script there in the background. All its processes end when the returned process is killed. */
  start(script: string, { uid = 0, env = {} }: Caller = {}): ChildProcess {
    const { network = 'own', mounts = [] } = this.options;
    const enter = [
      ...(network === 'own' ? ['/usr/sbin/ip link set lo up'] : []),
      `/usr/bin/mount -t proc proc ${this.root}/proc`,
      `/usr/bin/mount --rbind /dev ${this.root}/dev`,
      ...mounts.map(
        ([here, there]) =>
          `/bin/mkdir -p ${this.root}${there} && /usr/bin/mount --bind ${here} ${this.root}${there}`,
      ),
      `exec /usr/sbin/chroot --userspec=${uid}:${uid} ${this.root} /bin/sh -c "$0"`,
    ].join(' && ');
    const namespaces = [
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      ...(network === 'own' ? ['--net'] : []),
    ];
    return spawn('/usr/bin/unshare', [...namespaces, '/bin/sh', '-c', enter, script], {
      env: {
        PATH: `${uid === 0 ? '/usr/local/bin:' : `${OPERATOR_HOME}/.local/bin:`}/bin:/usr/sbin`,
        HOME: uid === 0 ? '/root' : OPERATOR_HOME,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
