import { Initial1700000000000 } from './migrations/1700000000000-initial.js';
import { BundleSource1700000002000 } from './migrations/1700000002000-bundle-source.js';
import { Overrides1710000000000 } from './migrations/1710000000000-overrides.js';
import { Devices1710000100000 } from './migrations/1710000100000-devices.js';
import { Search1720000000000 } from './migrations/1720000000000-search.js';
import { Registration1740000000000 } from './migrations/1740000000000-registration.js';
import { BrandStores1750000000000 } from './migrations/1750000000000-brand-stores.js';
import { Deltas1760000000000 } from './migrations/1760000000000-deltas.js';
import { DefaultTrack1780000000000 } from './migrations/1780000000000-default-track.js';
import { Rollouts1780000000001 } from './migrations/1780000000001-rollouts.js';
import { Icons1790000000000 } from './migrations/1790000000000-icons.js';
import { Components1800000000000 } from './migrations/1800000000000-components.js';
import { ListedMedia1810000000000 } from './migrations/1810000000000-listed-media.js';
import { DeviceLimits1820000000100 } from './migrations/1820000000100-device-limits.js';
import { CommonIds1820000000200 } from './migrations/1820000000200-common-ids.js';
import { SecretsKey1820000000300 } from './migrations/1820000000300-secrets-key.js';
import { ComponentChannels1830000000100 } from './migrations/1830000000100-component-channels.js';
import { HardwareIdentity1830000000200 } from './migrations/1830000000200-hardware-identity.js';
import { BundleSnaps1830000000400 } from './migrations/1830000000400-bundle-snaps.js';
import { Operators1840000000000 } from './migrations/1840000000000-operators.js';
import { IdempotencyKeys1840000000100 } from './migrations/1840000000100-idempotency-keys.js';
import { Audit1840000000200 } from './migrations/1840000000200-audit.js';
import { RunningSnaps1840000002337 } from './migrations/1840000002337-running-snaps.js';
import { ReleaseActors1850000013100 } from './migrations/1850000013100-release-actors.js';
import { SnapList1850000013200 } from './migrations/1850000013200-snap-list.js';
import { PushJobs1850000023300 } from './migrations/1850000023300-push-jobs.js';
import { Oidc1850000023370 } from './migrations/1850000023370-oidc.js';

/** Every migration, in order. It is a list, not a search, because the released program is one file. */
export const MIGRATIONS = [
  Initial1700000000000,
  BundleSource1700000002000,
  Overrides1710000000000,
  Devices1710000100000,
  Search1720000000000,
  Registration1740000000000,
  BrandStores1750000000000,
  Deltas1760000000000,
  DefaultTrack1780000000000,
  Rollouts1780000000001,
  Icons1790000000000,
  Components1800000000000,
  ListedMedia1810000000000,
  DeviceLimits1820000000100,
  CommonIds1820000000200,
  SecretsKey1820000000300,
  ComponentChannels1830000000100,
  HardwareIdentity1830000000200,
  BundleSnaps1830000000400,
  Operators1840000000000,
  IdempotencyKeys1840000000100,
  Audit1840000000200,
  RunningSnaps1840000002337,
  ReleaseActors1850000013100,
  SnapList1850000013200,
  PushJobs1850000023300,
  Oidc1850000023370,
];

/** The table in which TypeORM records the migrations that were run. */
export const MIGRATIONS_TABLE = 'schema_migration';

/**
 * The names under which they are recorded there. The names of the classes may change when the program is
 * bundled.
 */
export const MIGRATION_NAMES = MIGRATIONS.map((Migration) => new Migration().name);
