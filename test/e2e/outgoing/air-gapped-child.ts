import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { CLIENT, OidcProvider } from '../../support/oidc-provider.js';

/**
 * In a network namespace where there is nothing but loopback: an identity provider, a server of the store whose system
 * calls `strace` writes down, and a browser that signs in. Prints what the store says of it as one line of JSON.
 *
 * Arguments: the program, its data directory, the port of the server, the file for the system calls.
 */
const [program = '', dataDir = '', port = '', calls = ''] = process.argv.slice(2);
const store = `http://127.0.0.1:${port}`;
const provider = await OidcProvider.start([`${store}/admin/v1/session/oidc/callback`]);
provider.person = { sub: 'kim', preferred_username: 'kim', groups: ['admins'] };
const words = (...more: string[]) => [program, '--data', dataDir, ...more];
execFileSync(process.execPath, [
  ...words('config', `proxy.oidc.issuer=${provider.issuer}`, `proxy.oidc.client-id=${CLIENT.id}`),
  `proxy.oidc.client-secret=${CLIENT.secret}`,
  'proxy.oidc.roles=admins=admin',
  `proxy.management.url=${store}`,
  `proxy.port.http=${port}`,
  'proxy.ipaddress=127.0.0.1',
]);
const trace = ['-f', '-qq', '-e', 'trace=connect,sendto,sendmsg,sendmmsg', '-o', calls];
const server = spawn('strace', [...trace, process.execPath, ...words('serve')], {
  stdio: ['ignore', 'ignore', 'inherit'],
});

async function untilAlive(): Promise<void> {
  while (server.exitCode === null) {
    if (
      await fetch(`${store}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    await sleep(50);
  }
  throw new Error('the server ended before it was alive');
}

function cookies(reply: Response): string {
  return reply.headers
    .getSetCookie()
    .map((cookie) => cookie.split(';')[0])
    .join('; ');
}

try {
  await untilAlive();
  const begun = await fetch(`${store}/admin/v1/session/oidc`, { redirect: 'manual' });
  const back = await provider.visit(begun.headers.get('location') ?? '');
  const done = await fetch(back, { redirect: 'manual', headers: { cookie: cookies(begun) } });
  const who = await fetch(`${store}/admin/v1/session`, { headers: { cookie: cookies(done) } });
  process.stdout.write(`${JSON.stringify({ issuer: provider.issuer, who: await who.json() })}\n`);
} finally {
  // strace ends with the program that it watches.
  const ended = once(server, 'exit');
  const traced = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8');
  process.kill(Number(traced.trim()), 'SIGTERM');
  await ended;
  await provider.stop();
}
