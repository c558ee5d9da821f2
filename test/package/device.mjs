// A device without snapd, run by the Node of the installed package: asks a store for a snap as snapd would, and
// prints what it got as one JSON object.
import { createHash } from 'node:crypto';

const [url, name] = process.argv.slice(2);
const json = async (answer) => (await answer).json();

const identity = await fetch(`${url}/v2/auth/store/assertions`);
const [result] = (
  await json(
    fetch(`${url}/v2/snaps/refresh`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'snap-device-architecture': 'amd64',
        'snap-device-series': '16',
      },
      body: JSON.stringify({
        context: [],
        actions: [{ action: 'install', 'instance-key': 'one', name, channel: 'stable', epoch: null }],
        fields: ['download', 'name', 'revision'],
      }),
    }),
  )
).results;
const { download, revision } = result.snap;
const file = Buffer.from(await (await fetch(download.url)).arrayBuffer());
const digest = createHash('sha3-384').update(file).digest();
const path = `/v2/assertions/snap-revision/${digest.toString('base64url')}`;
const assertion = await fetch(`${url}${path}`, { headers: { accept: 'application/x.ubuntu.assertion' } });
// Documentation addresses (RFC 5737): nobody has them, and here there is not even a way to ask.
const outside = await fetch('http://192.0.2.1/').then(
  () => 'reached',
  (error) => error.cause?.code ?? String(error),
);
process.stdout.write(
  JSON.stringify({
    storeId: identity.headers.get('x-assertion-store-id'),
    identity: await identity.text(),
    revision,
    sizeBytes: file.length,
    isWhole: digest.toString('hex') === download['sha3-384'],
    assertion: (await assertion.text()).split('\n')[0],
    outside,
  }),
);
